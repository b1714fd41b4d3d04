"""Channels, alert rules, who is on duty and what was sent, as people set them up in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from safety_detector.network.permitted import LOOPBACK_NETWORKS
from safety_detector.notifications.senders import SendingOptions
from safety_detector.web.app import WebOptions
from tests.api_server import Api, ApiRunner
from tests.console_stand import add_incidents
from tests.eventually import eventually
from tests.webhook_receiver import Receiver, webhook_receiver

from .conftest import Visits
from .test_hostile_texts import HOSTILE
from .test_weight import counted

pytestmark = pytest.mark.processes

ALERTING = re.compile(r"FROM (channels|alert_rules|messages|cameras)\b")


@pytest.fixture
def api(runner: ApiRunner) -> Api:
    """An API that may send to this machine."""
    sending = SendingOptions(allow=LOOPBACK_NETWORKS)
    return runner.start(WebOptions(open_without_keys=True, sending=sending))


@pytest.fixture
def robot() -> Iterator[Receiver]:
    """A robot of a group, on this machine."""
    with webhook_receiver() as receiver:
        receiver.statuses, receiver.answers = [200], [b'{"errcode":0,"errmsg":"ok"}']
        yield receiver


def add_robot(api: Api, robot: Receiver, name: str = "On duty") -> str:
    """The id of a channel."""
    body = {"kind": "wecom", "name": name, "url": f"{robot.url}?key=geheim"}
    with api.client() as client:
        made = client.post("/v1/channels", json=body)
        assert made.is_success, made.text
        return str(made.json()["id"])


def tick(page: Page, group: str, *labels: str) -> None:
    """Ticks boxes of a group."""
    for label in labels:
        page.get_by_role("group", name=group).get_by_label(label, exact=True).check()


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en-US", ("Alerts", "Add a channel", "WeCom group", "Name", "Address", "Add it",
                   "Send a test message", "delivered")),
        ("zh-CN", ("告警通知", "添加通知渠道", "企业微信群", "名称", "地址", "添加",
                   "发送测试通知", "已送达")),
    ],
)  # fmt: skip
def test_a_channel_is_added_and_tried(
    visits: Visits, api: Api, robot: Receiver, locale: str, words: tuple[str, ...]
) -> None:
    """From the empty page to a test that arrives, said on the spot; no secret comes back."""
    alerts, add, kind, name, address, save, test, delivered = words
    page = visits.page(locale=locale)
    page.goto(api.url)
    page.get_by_role("link", name=alerts).click()
    page.get_by_role("link", name=add).click()
    page.get_by_role("link", name=kind).click()
    page.get_by_label(name).first.fill("值班群")
    page.get_by_label(address).first.fill(f"{robot.url}?key=geheim")
    page.get_by_role("button", name=save, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("值班群")
    page.get_by_role("button", name=test).click()
    expect(page.locator("#tried")).to_contain_text(delivered)
    assert "geheim" not in page.content()
    page.goto(f"{api.url}/alerts")
    expect(page.locator("#channels")).to_contain_text(delivered)
    assert len(robot.received) == 1


def wait_until_delivered(api: Api, **which: str) -> None:
    """Until the latest message of a channel or about an incident has arrived."""
    with api.client() as client:

        def is_delivered() -> bool:
            found = client.get("/v1/messages", params=which).json()["messages"]
            return bool(found) and found[0]["status"] == "delivered"

        eventually(is_delivered, "the message")


def test_why_a_message_does_not_arrive_is_said_and_it_is_sent_again(
    visits: Visits, api: Api, robot: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The robot's own words and what to do; the incident's page and the log say the same."""
    # So that nothing is sent again but what is asked for.
    later = (timedelta(hours=1),)
    monkeypatch.setattr("safety_detector.service.notifications.outcomes.RETRY_AFTER", later)
    robot.answers = [b'{"errcode":93000,"errmsg":"invalid webhook url"}']
    channel_id = add_robot(api, robot)
    page = visits.page()
    page.goto(f"{api.url}/alerts/channels/{channel_id}")
    page.get_by_role("button", name="Send a test message").click()
    expect(page.locator("#tried")).to_contain_text("not delivered yet")
    expect(page.locator("#tried")).to_contain_text("93000: invalid webhook url")
    robot.answers = [b'{"errcode":0,"errmsg":"ok"}']
    page.get_by_role("button", name="Send again").click()
    wait_until_delivered(api, channel_id=channel_id)
    page.reload()
    expect(page.locator("#tried")).to_contain_text("delivered")
    expect(page.locator("#tried")).not_to_contain_text("not delivered")
    page.locator(".messages a").first.click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody")).to_contain_text("invalid webhook url")
    page.goto(f"{api.url}/alerts/messages?status=failed")
    expect(page.get_by_text("No message.")).to_be_visible()


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    visits: Visits, api: Api
) -> None:
    """But for secrets, which no page holds."""
    page = visits.page()
    page.goto(f"{api.url}/alerts/channels/new?kind=mail")
    page.get_by_label("Name").fill("Safety office")
    page.get_by_label("Address", exact=True).fill("smtp://mail.example.com")
    page.get_by_label("User (not needed)").fill("alarm")
    page.get_by_label("Password").fill("geheim")
    page.get_by_label("Sender").fill("alarm@example.com")
    page.get_by_label("Receivers").fill("ehs@example.com\nnobody")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert")).to_contain_text("Not saved.")
    receivers = page.get_by_label("Receivers")
    expect(receivers).to_have_attribute("aria-invalid", "true")
    expect(receivers).to_have_value("ehs@example.com\nnobody")
    expect(page.locator("#wrong-receivers")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Safety office")
    assert "geheim" not in page.content()
    receivers.fill("ehs@example.com，guard@example.com")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert")).to_contain_text("username and password belong together")
    page.get_by_label("Password").fill("geheim")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Safety office")
    expect(page.get_by_label("Receivers")).to_have_value("ehs@example.com\nguard@example.com")


def test_a_webhook_s_secret_is_shown_once(visits: Visits, api: Api) -> None:
    """Where it is made, not where it is kept; made anew it is shown once more."""
    page = visits.page()
    page.goto(f"{api.url}/alerts/channels/new?kind=webhook")
    page.get_by_label("Name").fill("SOC")
    page.get_by_label("Address", exact=True).fill("https://soc.example.com/h")
    page.get_by_role("button", name="Add it").click()
    first = page.locator(".once").inner_text()
    assert first.startswith("whsec_")
    page.get_by_role("link", name="I have kept it").click()
    page.get_by_label("Name").fill("SOC 2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("SOC 2")
    assert "whsec_" not in page.content()
    page.get_by_label("Make a new one").check()
    page.get_by_role("button", name="Save").click()
    assert page.locator(".once").inner_text() not in ("", first)


def test_one_is_switched_off_and_removed(visits: Visits, api: Api, robot: Receiver) -> None:
    """Said on its page and in the week; removed only by whoever says so twice."""
    channel_id = add_robot(api, robot)
    page = visits.page(java_script_enabled=False)
    page.goto(f"{api.url}/alerts/channels/{channel_id}")
    page.get_by_label("Switched on").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Nothing is sent: Somebody has switched it off.")).to_be_visible()
    page.goto(f"{api.url}/alerts")
    expect(page.locator(".duty")).to_contain_text("switched off")
    expect(page.get_by_text("Fire: nobody would be told at these hours")).to_be_visible()
    with api.client() as client:
        path = f"/alerts/channels/{channel_id}"
        token = re.search(r'name="form_token" value="(\w+)"', client.get(path).text)
        assert token is not None
        once = client.post(f"{path}/remove", data={"form_token": token[1]})
        assert (once.status_code, client.get(path).status_code) == (303, 200)
    page.goto(f"{api.url}/alerts/channels/{channel_id}")
    page.get_by_text("Remove it").first.click()
    page.get_by_label("Yes, I am sure").check()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("Nobody is told of anything yet.")).to_be_visible()


def test_renaming_leaves_off_by_the_receiver_s_word_what_it_switched_off(
    visits: Visits, api: Api
) -> None:
    """The box of what people switch stays ticked, and a test that arrives switches it on again."""
    with webhook_receiver() as receiver, api.client() as client:
        body = {"kind": "webhook", "name": "SOC", "url": receiver.url}
        channel_id = client.post("/v1/channels", json=body).json()["id"]
        receiver.statuses = [410]
        client.post(f"/v1/channels/{channel_id}/test")

        def code() -> str | None:
            details = client.get(f"/v1/channels/{channel_id}").json()["disabled_details"]
            return details and str(details["code"])

        eventually(lambda: code() == "receiver-gone", "that it is off")
        page = visits.page()
        page.goto(f"{api.url}/alerts/channels/{channel_id}")
        expect(page.get_by_text("A test message that is delivered")).to_be_visible()
        expect(page.get_by_label("Switched on")).to_be_checked()
        page.get_by_label("Name").fill("SOC night")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("SOC night")
        assert code() == "receiver-gone"
        receiver.statuses = [200]
        page.get_by_role("button", name="Send a test message").click()
        eventually(lambda: code() is None, "that it is on again")


def test_a_rule_is_tried_saved_read_and_changed(visits: Visits, api: Api, robot: Receiver) -> None:
    """It says what it would have told before it counts, then what it says; the week shows it."""
    add_robot(api, robot)
    add_robot(api, robot, "Chief")
    add_incidents(api, "Gate 1", "Gate 2")
    page = visits.page()
    page.goto(f"{api.url}/alerts")
    page.get_by_role("link", name="Add a rule").click()
    page.get_by_label("Name of the rule").fill("nights")
    tick(page, "Tell these channels", "On duty")
    tick(page, "of these", "Fire", "Smoke")
    tick(page, "at these cameras", "Gate 1")
    page.get_by_label("then hold back").fill("a while")
    page.get_by_role("button", name="Try it on the last week").click()
    expect(page.get_by_label("then hold back")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("then hold back").fill("15")
    page.get_by_role("button", name="Try it on the last week").click()
    expect(page.locator("#tried")).to_contain_text(
        "Incidents in these days: 2. It would have told of 1"
    )
    expect(page.locator("#tried")).to_contain_text("Gate 1")
    expect(page.locator("#tried")).to_contain_text("not saved yet")
    expect(page.get_by_text("else UTC.")).to_be_visible()
    row = page.get_by_role("group", name="Hours 1")
    row.get_by_label("Fri").check()
    row.get_by_label("Sat").check()
    row.get_by_label("from").fill("19:00")
    row.get_by_label("to").fill("07:00")
    page.get_by_role("group", name="If nobody").get_by_label("after so many").fill("10")
    tick(page, "If nobody acknowledges", "Chief")
    page.get_by_role("button", name="Save").click()
    rules = page.locator("#rules")
    expect(rules).to_contain_text("Tells On duty of fire, smoke, at Gate 1, Fri–Sat 19:00–07:00.")
    expect(rules).to_contain_text("For 15 min after that")
    expect(rules).to_contain_text("If nobody acknowledges within 10 min: Chief.")
    expect(page.locator(".duty tbody tr").first).to_contain_text("19:00–24:00")
    expect(page.locator(".duty tbody tr").nth(1)).to_contain_text("if nobody acknowledges (nights)")
    page.get_by_role("link", name="nights").last.click()
    row = page.get_by_role("group", name="Hours 1")
    expect(row.get_by_label("to")).to_have_value("07:00")
    page.get_by_role("button", name="Try it on the last week").click()
    expect(page.locator("#tried")).to_contain_text("Incidents in these days")
    expect(page.locator("#tried")).not_to_contain_text("not saved yet")
    row.get_by_label("from").fill("")
    row.get_by_label("to").fill("")
    page.get_by_role("button", name="Save").click()
    expect(rules).to_contain_text("Fri–Sat the whole day")


def test_a_rule_that_could_tell_nobody_is_refused(
    visits: Visits, api: Api, robot: Receiver
) -> None:
    """It is said why, and what was filled in stays."""
    add_robot(api, robot)
    page = visits.page()
    page.goto(f"{api.url}/alerts/rules/new")
    page.get_by_label("Name of the rule").fill("faults")
    page.get_by_role("button", name="Save").click()
    group = page.get_by_role("group", name="Tell these channels")
    expect(group).to_have_attribute("aria-invalid", "true")
    tick(page, "Tell these channels", "On duty")
    tick(page, "of these", "camera silent")
    page.get_by_label("as severe at least").select_option("severe")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("could never tell anybody")
    expect(page.get_by_label("camera silent")).to_be_checked()
    expect(page.get_by_label("Name of the rule")).to_have_value("faults")


@pytest.mark.parametrize("what", ["channels", "rules"])
def test_two_who_change_the_same_overwrite_nothing_unseen(
    visits: Visits, api: Api, robot: Receiver, what: str
) -> None:
    """The later one is told, keeps what was typed, also behind another fault, and may insist."""
    thing = add_robot(api, robot)
    with api.client() as client:
        if what == "rules":
            rule = {"name": "nights", "channel_ids": [thing]}
            thing = client.post("/v1/alert-rules", json=rule).json()["id"]
    first, second = visits.page(), visits.page()
    for page in (first, second):
        page.goto(f"{api.url}/alerts/{what}/{thing}")
    name = "Name of the rule" if what == "rules" else "Name"
    first.get_by_label(name).fill("of the first")
    first.get_by_role("button", name="Save").click()
    second.get_by_label(name).fill("of the second")
    if what == "rules":
        second.get_by_label("then hold back").fill("a while")
        second.get_by_role("button", name="Save").click()
        expect(second.get_by_label("then hold back")).to_have_attribute("aria-invalid", "true")
        second.get_by_label("then hold back").fill("7")
        second.get_by_role("button", name="Try it on the last week").click()
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_role("alert")).to_contain_text("Somebody else changed this meanwhile")
    expect(second.get_by_label(name)).to_have_value("of the second")
    first.goto(f"{api.url}/alerts/{what}/{thing}")
    expect(first.get_by_role("heading", level=1)).to_have_text("of the first")
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_role("alert")).to_have_count(0)
    first.reload()
    expect(first.get_by_role("heading", level=1)).to_have_text("of the second")


@pytest.mark.attack("markup in texts")
@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_names_does_nothing(visits: Visits, api: Api, robot: Receiver, text: str) -> None:
    """As a channel's, a rule's, a camera's name, as what a receiver answers, in the address."""
    robot.statuses, robot.answers = [500], [text.encode()]
    channel_id = add_robot(api, robot, text)
    with api.client() as client:
        assert client.post("/v1/cameras", json={"id": "gate", "name": text}).is_success
        rule = {"name": text, "channel_ids": [channel_id], "camera_ids": ["gate"]}
        rule_id = client.post("/v1/alert-rules", json=rule).json()["id"]
    page = visits.page()
    page.goto(f"{api.url}/alerts/channels/{channel_id}")
    page.get_by_role("button", name="Send a test message").click()
    expect(page.locator("#tried .cause")).to_be_visible()
    message = page.locator(".messages tbody a").first.get_attribute("href")
    for path in (
        "/alerts",
        f"/alerts/channels/{channel_id}",
        f"/alerts/rules/{rule_id}",
        "/alerts/messages",
        message or "",
        '/alerts/messages?status="><script>window.hit=1</script>',
        "/alerts/channels/new?kind=<script>window.hit=1</script>",
        f"/alerts/channels/{channel_id}?message=<script>window.hit=1</script>",
    ):
        page.goto(api.url + path)
        assert page.evaluate("window.hit") is None, path
        assert page.locator("main").is_visible()


def test_whom_an_incident_was_told_stands_on_its_page(
    visits: Visits, api: Api, robot: Receiver
) -> None:
    """With what came of it; of one that nobody was told of that is said."""
    (before,) = add_incidents(api, "Gate 1")
    add_robot(api, robot, "On duty")
    (after,) = add_incidents(api, "Gate 2", first=2)
    page = visits.page()
    page.goto(f"{api.url}/incidents/{before}")
    expect(page.get_by_text("Nobody was told of it.")).to_be_visible()
    wait_until_delivered(api, incident_id=after)
    page.goto(f"{api.url}/incidents/{after}")
    told = page.locator('[data-refresh="messages"]')
    expect(told).to_contain_text("On duty · New incident · delivered")
    told.get_by_role("link", name="delivered").click()
    expect(page.get_by_text("Gate 2：发现火焰").first).to_be_visible()
    page.goto(f"{api.url}/alerts/messages?incident_id={before}")
    expect(page.get_by_text("No message.")).to_be_visible()


def test_pages_ask_as_often_whatever_there_is(api: Api, robot: Receiver) -> None:
    """Many channels, rules, cameras and messages cost as many queries as one, and stay light."""

    def add(number: int) -> str:
        channel_id = add_robot(api, robot, f"Channel {number}")
        with api.client() as client:
            camera = {"id": f"gate-{number}", "name": f"Gate {number}"}
            assert client.post("/v1/cameras", json=camera).is_success
            rule = {"name": f"rule {number}", "channel_ids": [channel_id]}
            rule_id = client.post("/v1/alert-rules", json=rule).json()["id"]
            client.post(f"/v1/channels/{channel_id}/test")
        return str(rule_id)

    rule_id = add(1)
    pages = ("/alerts", "/alerts/messages", f"/alerts/rules/{rule_id}", "/alerts/rules/new")

    def asked() -> dict[str, int]:
        found = {}
        with api.client() as client:
            for path in pages:
                client.get(path)  # what is looked at once is looked at
                with counted(api) as said:
                    page = client.get(path)
                assert page.status_code == 200
                assert len(page.content) < 150_000
                found[path] = len([one for one in said if ALERTING.search(one)])
        return found

    few = asked()
    assert all(few.values())
    for number in range(2, 13):
        add(number)
    assert asked() == few
