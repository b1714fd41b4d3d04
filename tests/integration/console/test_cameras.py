"""Cameras in a real browser: added with a test picture, drawn on, changed by two, removed."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from playwright.sync_api import Page, expect

from safety_detector.domain.people import Role
from safety_detector.service.access.audit import AuditFilter
from tests.api_server import Api
from tests.console_stand import add_incidents
from tests.rtsp_server import rtsp_server

from .conftest import Visits
from .test_weight import counted

pytestmark = pytest.mark.processes

SECRET = "s3cret-of-a-camera"  # noqa: S105 (of a test)
ZONE = {
    "id": "tanks",
    "name": "Tank farm",
    "polygon": [[0.123456, 0.2], [0.6, 0.2], [0.6, 0.9]],
    "watch": ["fire"],
    "severity": "severe",
}
MASK = {"polygon": [[0.7, 0.1], [0.9, 0.1], [0.9, 0.4]], "reason": "flare stack"}


@pytest.fixture
def client(api: Api) -> Iterator[httpx2.Client]:
    """A program beside the browser."""
    with api.client() as client:
        yield client


def stored(client: httpx2.Client, camera_id: str) -> Any:
    """A camera as REST tells it."""
    answer = client.get(f"/v1/cameras/{camera_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def put(client: httpx2.Client, camera_id: str, **said: object) -> None:
    """Changes a camera as a program does."""
    answer = client.put(f"/v1/cameras/{camera_id}", json={"name": "Gate 1", **said})
    assert answer.is_success, answer.text


@pytest.mark.parametrize(
    ("locale", "add", "name", "address", "user", "password", "test", "came", "save"),
    [
        ("en-US", "Add a camera", "Name, for people", "Address or path", "User", "Password",
         "Take a test picture", "A picture came after", "Add the camera"),
        ("zh-CN", "添加摄像头", "名称", "地址或路径", "用户名", "密码",
         "获取测试图片", "秒后取得图片", "添加"),
    ],
)  # fmt: skip
def test_a_camera_is_added_after_a_look_at_its_picture(
    visits: Visits,
    api: Api,
    client: httpx2.Client,
    locale: str,
    add: str,
    name: str,
    address: str,
    user: str,
    password: str,
    test: str,
    came: str,
    save: str,
) -> None:
    """A wrong password is told, what was typed stays; then a picture, then it is saved."""
    page = visits.page(locale=locale)
    with rtsp_server(username="viewer", password=SECRET) as server:
        page.goto(f"{api.url}/cameras")
        page.get_by_role("link", name=add).click()
        page.get_by_label(name, exact=True).fill("堆场 3")
        page.get_by_label(address).fill(server.url())
        page.get_by_label(user, exact=True).fill("viewer")
        page.get_by_label(password, exact=True).fill("wrong")
        page.get_by_role("button", name=test).click()
        expect(page.locator(".trial-failed")).to_be_visible()
        expect(page.get_by_label(name, exact=True)).to_have_value("堆场 3")
        expect(page.get_by_label(password, exact=True)).to_have_value("wrong")
        page.get_by_label(password, exact=True).fill(SECRET)
        page.get_by_role("button", name=test).click()
        trial = page.locator(".trial")
        expect(trial).to_contain_text(came)
        picture = trial.locator("img")
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
        assert len(client.get("/v1/cameras").json()["cameras"]) == 3, "nothing is saved by a test"
        page.get_by_role("button", name=save, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("堆场 3")
    camera = stored(client, page.url.partition("?")[0].rsplit("/", 1)[1])
    assert camera["login"] == "kept"
    page.goto(f"{page.url.partition('?')[0]}/source")
    assert SECRET not in page.content()


def test_a_kept_password_stays_and_is_shown_to_no_other_server(
    visits: Visits, api: Api, client: httpx2.Client
) -> None:
    """Another path keeps it; another host is refused at the form, which keeps what was typed."""
    source = {"url": "rtsp://10.0.0.7/1", "username": "viewer", "password": SECRET}
    assert client.post("/v1/cameras", json={"id": "y", "name": "Y", "source": source}).is_success
    page = visits.page()
    page.goto(f"{api.url}/cameras/y/source")
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    page.get_by_label("Address or path").fill("rtsp://10.0.0.8/1")
    page.get_by_label("Where it hangs").fill("roof")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator("[data-save-failed]").first).to_contain_text("password")
    expect(page.get_by_label("Where it hangs")).to_have_value("roof")
    page.get_by_label("Address or path").fill("rtsp://10.0.0.7/2")
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_url(f"{api.url}/cameras/y?saved=1")
    camera = stored(client, "y")
    assert (camera["login"], camera["location"]) == ("kept", "roof")
    assert "10.0.0.7/2" in str(camera["source"])


def draw(page: Page, corners: list[tuple[float, float]]) -> None:
    """Clicks on places of the picture, in fractions."""
    box = page.locator("[data-canvas]").bounding_box()
    assert box is not None
    for x, y in corners:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def test_a_zone_is_drawn_on_the_picture(visits: Visits, api: Api, client: httpx2.Client) -> None:
    """Corner by corner; a crossing is told before anything is sent; another zone stays exact."""
    put(client, "camera-1", zones=[ZONE], masks=[MASK])
    page = visits.page()
    page.goto(f"{api.url}/cameras/camera-1/areas")
    page.get_by_role("button", name="Add a zone").click()
    fields = page.locator('[data-area-fields="zones.1"]')
    fields.get_by_label("Name").fill("Loading")
    fields.get_by_role("button", name="Draw").click()
    page.locator("[data-canvas]").scroll_into_view_if_needed()
    draw(page, [(0.1, 0.5), (0.5, 0.95), (0.5, 0.5), (0.1, 0.95), (0.1, 0.5)])
    expect(fields.locator("[data-outline-fault]")).to_contain_text("crosses")
    page.get_by_role("button", name="Save").click()
    assert len(stored(client, "camera-1")["zones"]) == 1
    fields.get_by_role("button", name="Draw").click()
    draw(page, [(0.1, 0.5), (0.5, 0.5), (0.5, 0.9), (0.1, 0.9)])
    page.keyboard.press("Escape")
    expect(fields.locator("[data-outline-fault]")).to_be_empty()
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    first, second = stored(client, "camera-1")["zones"]
    assert first == ZONE
    assert (second["id"], second["name"]) == ("zone-1", "Loading")
    for corner, wanted in zip(
        second["polygon"], [[0.1, 0.5], [0.5, 0.5], [0.5, 0.9], [0.1, 0.9]], strict=True
    ):
        assert corner == pytest.approx(wanted, abs=0.01)


def test_areas_are_changed_by_keys_alone(visits: Visits, api: Api, client: httpx2.Client) -> None:
    """Arrows move a corner, Enter on the dot between two adds one, Delete removes one."""
    put(client, "camera-1", masks=[MASK])
    page = visits.page()
    page.goto(f"{api.url}/cameras/camera-1/areas")
    page.get_by_label("Why, for whoever wonders").focus()
    corners = page.locator(".corner")
    expect(corners).to_have_count(3)
    corners.first.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowDown")
    page.locator(".midpoint").first.focus()
    page.keyboard.press("Enter")
    expect(corners).to_have_count(4)
    page.keyboard.press("ArrowUp")
    corners.last.focus()
    page.keyboard.press("Delete")
    expect(corners).to_have_count(3)
    expect(page.locator("[data-outline]")).to_have_value("72 10.25\n81 9.88\n90 10")
    page.get_by_label("Corners:").fill("10 10\n30 10\n30 40")
    expect(page.locator('[data-area="masks.0"]')).to_have_attribute(
        "points", re.compile(r"^64,36 192,36 192,144$")
    )


def test_whoever_was_slower_is_told_and_loses_nothing(
    visits: Visits, api: Api, client: httpx2.Client
) -> None:
    """The second of two does not overwrite the first unknowingly; a second save does."""
    put(client, "camera-1", masks=[MASK])
    page = visits.page()
    page.goto(f"{api.url}/cameras/camera-1/areas")
    put(client, "camera-1", masks=[{**MASK, "reason": "theirs"}], location="elsewhere")
    page.get_by_label("Why, for whoever wonders").fill("mine")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-save-failed]")).to_contain_text("Somebody else changed this")
    expect(page.get_by_label("Why, for whoever wonders")).to_have_value("mine")
    assert "theirs" in str(stored(client, "camera-1")["masks"])
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    camera = stored(client, "camera-1")
    assert "mine" in str(camera["masks"])
    assert camera["location"] == "elsewhere", "another part stays as the other left it"


def test_forms_work_without_scripts(visits: Visits, api: Api, client: httpx2.Client) -> None:
    """Zones are typed as numbers, hours added by a button; what is wrong is told at its field."""
    page = visits.page(java_script_enabled=False, locale="zh-CN")
    page.goto(f"{api.url}/cameras/camera-1/areas")
    page.get_by_role("button", name="添加区域").click()
    page.get_by_label("名称").fill("罐区")
    page.get_by_label("顶点").fill("10 10\n90 90\n90 10\n10 60")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("[data-outline-fault]")).to_contain_text("边线相交")
    expect(page.get_by_label("名称")).to_have_value("罐区")
    page.get_by_label("顶点").fill("10 10\n90 10\n90%，90%")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("保存成功")).to_be_visible()
    (zone,) = stored(client, "camera-1")["zones"]
    assert (zone["name"], zone["polygon"][2]) == ("罐区", [0.9, 0.9])
    page.goto(f"{api.url}/cameras/camera-1/hours")
    page.get_by_role("button", name="添加时段").click()
    expect(page.get_by_text("保存成功")).to_have_count(0)
    page.get_by_label("止").fill("00:00")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("保存成功")).to_be_visible()
    expect(page.get_by_text("时区：UTC。")).to_be_visible()
    (hours,) = stored(client, "camera-1")["schedule"]
    assert (hours["from"], hours["to"]) == ("07:00", "24:00")
    expect(page.locator(".week td.on").first).to_be_attached()


_LEFT_OF_WORDS = """label => {
  const range = document.createRange();
  range.selectNodeContents(label);
  return range.getBoundingClientRect().left;
}"""
_LINE = "one => getComputedStyle(one).borderLeft"


def test_hours_stand_at_their_own_line(visits: Visits, api: Api, client: httpx2.Client) -> None:
    """Each label begins at a line that goes through the week, on screens of either size."""
    put(client, "camera-1")
    page = visits.page(locale="en-US")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{api.url}/cameras/camera-1/hours")
        week = page.locator(".week table").first
        labels = week.locator("thead th")
        assert labels.all_inner_texts() == ["00:00", "06:00", "12:00", "18:00"]
        cells = week.locator("tbody tr").first.locator("td")
        for number in range(4):
            cell = cells.nth(6 * number).bounding_box()
            assert cell is not None
            left = labels.nth(number).evaluate(_LEFT_OF_WORDS)
            assert cell["x"] - 1 <= left <= cell["x"] + cell["width"] / 2
            line = labels.nth(number).evaluate(_LINE)
            assert cells.nth(6 * number).evaluate(_LINE) == line
            assert cells.nth(6 * number + 1).evaluate(_LINE) != line


def test_rules_say_what_differs_and_what_is_wrong(
    visits: Visits, api: Api, client: httpx2.Client
) -> None:
    """An emptied field is as for the site again; nonsense is told at its field in Chinese."""
    put(client, "camera-1", zones=[ZONE])
    page = visits.page(locale="zh-CN")
    page.goto(f"{api.url}/cameras/camera-1/rules")
    page.locator('[name="opening.fire.sightings"]').fill("1")
    page.locator('[name="opening.smoke.looks"]').fill("sometimes")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".field-fault")).to_have_text("需要填写整数，例如 8")
    expect(page.locator('[name="opening.fire.sightings"]')).to_have_value("1")
    page.locator('[name="opening.smoke.looks"]').fill("")
    page.locator("summary").click()
    page.locator('[name="zones.tanks.smoke.window_s"]').fill("30")
    with page.expect_navigation():
        page.get_by_role("button", name="保存").click()
    rules = stored(client, "camera-1")["incident_rules"]
    assert rules["opening"]["fire"]["sightings"] == 1
    assert rules["zones"]["tanks"]["smoke"]["window_s"] == 30
    page.locator('[name="opening.fire.sightings"]').fill("")
    page.locator('[name="zones.tanks.smoke.window_s"]').fill("")
    with page.expect_navigation():
        page.get_by_role("button", name="保存").click()
    assert stored(client, "camera-1")["incident_rules"] is None


def test_a_permit_is_entered_and_taken_back(
    visits: Visits, api: Api, client: httpx2.Client
) -> None:
    """With its place by a rectangle; times are the camera's."""
    put(client, "camera-1", timezone="Asia/Shanghai")
    page = visits.page()
    page.goto(f"{api.url}/cameras/camera-1/permits")
    page.get_by_label("Number").fill("DH-2026-114")
    page.get_by_label("Who answers").fill("王磊")
    page.get_by_label("From").fill("2030-01-01T08:00")
    page.get_by_label("Until").fill("2030-01-01T07:00")
    page.get_by_role("button", name="Rectangle").click()
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("[data-save-failed]")).to_contain_text("later than from")
    page.get_by_label("Until").fill("2030-01-01T17:00")
    with page.expect_navigation():
        page.get_by_role("button", name="Enter").click()
    (permit,) = client.get("/v1/permits").json()["permits"]
    assert (permit["from"], permit["until"]) == (
        "2030-01-01T00:00:00.000Z",
        "2030-01-01T09:00:00.000Z",
    )
    page.get_by_role("button", name="Take back").click()
    expect(page.locator(".permit")).to_have_text("taken back")


def test_a_mask_is_proposed_where_a_false_alarm_was(
    visits: Visits, api: Api, client: httpx2.Client
) -> None:
    """It is drawn, can be changed, and is saved like any other."""
    (incident,) = client.get("/v1/incidents?camera_id=camera-1").json()["incidents"]
    act = {"act": "dismiss", "text": "sun on the tank"}
    assert client.post(f"/v1/incidents/{incident['id']}/acts", json=act).is_success
    page = visits.page()
    page.goto(f"{api.url}/cameras/camera-1/areas")
    page.get_by_text("Lately a false alarm").click()
    page.get_by_role("link", name="Propose a mask there").click()
    expect(page.locator(".proposal")).to_contain_text("1 false alarms")
    expect(page.get_by_label("Why, for whoever wonders")).to_have_value("sun on the tank")
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    (mask,) = stored(client, "camera-1")["masks"]
    assert mask["reason"] == "sun on the tank"


def test_a_camera_is_removed_once_no_rule_names_it(
    visits: Visits, api: Api, client: httpx2.Client
) -> None:
    """The rule is named before and after; ticked and free of rules it goes, its incidents stay."""
    channel = {"kind": "webhook", "name": "x", "url": "https://example.com/x"}
    made = client.post("/v1/channels", json=channel)
    assert made.is_success, made.text
    rule = {"name": "nights", "camera_ids": ["camera-1"], "channel_ids": [made.json()["id"]]}
    ruled = client.post("/v1/alert-rules", json=rule)
    assert ruled.is_success, ruled.text
    page = visits.page()
    page.goto(f"{api.url}/cameras/camera-1")
    page.get_by_text("Remove the camera").first.click()
    expect(page.locator("main")).to_contain_text("nights")
    page.get_by_label("Yes, remove").check()
    page.get_by_role("button", name="Remove the camera").click()
    expect(page.get_by_role("alert")).to_contain_text("nights")
    assert client.delete(f"/v1/alert-rules/{ruled.json()['id']}").is_success
    page.get_by_label("Yes, remove").check()
    page.get_by_role("button", name="Remove the camera").click()
    page.wait_for_url(f"{api.url}/cameras")
    assert client.get("/v1/cameras/camera-1").status_code == 404
    assert client.get("/v1/incidents?camera_id=camera-1").json()["incidents"]


def test_acts_carry_their_person(api: Api) -> None:
    """A change by a page stands in the audit log as one by REST, with who did it."""
    person = api.service.access.people.add("Wang Lei", Role.ADMINISTRATOR, "correct horse 9")
    session = api.service.access.sessions.begin(person)
    with api.client() as browser:
        browser.cookies.set("safety_session", session)
        token = re.search(r'name="form_token" value="(\w+)"', browser.get("/cameras/camera-1").text)
        assert token is not None
        fields = {"form_token": token[1], "enabled": "0"}
        assert browser.post("/cameras/camera-1/switch", data=fields).status_code == 303
    latest = api.service.access.audit.entries(AuditFilter(), 1)[0]
    assert "Wang Lei" in str(latest)
    assert api.service.cameras.records.get("camera-1").enabled is False


def test_what_came_from_nobody_and_what_was_read_is_shown(
    visits: Visits, api: Api, client: httpx2.Client
) -> None:
    """Of a camera and of none, with the reason, markup in it as text."""
    event = (
        b"<EventNotificationAlert><eventType>fireDetection</eventType><channelID>1</channelID>"
        b"<x>&lt;script&gt;window.hit=1&lt;/script&gt;</x></EventNotificationAlert>"
    )
    headers = {"Content-Type": "application/xml"}
    for path in ("/v1/receivers/hikvision/camera-1", "/v1/receivers/hikvision"):
        client.post(path, content=event, headers=headers)
    page = visits.page()
    page.goto(f"{api.url}/cameras/camera-1")
    row = page.locator(".deliveries tbody tr")
    expect(row).to_contain_text("No picture in it")
    expect(row).to_contain_text("fireDetection")
    page.goto(f"{api.url}/cameras/-/strays")
    expect(page.locator(".deliveries tbody tr")).to_contain_text("No known camera")
    assert page.evaluate("window.hit") is None


def test_the_head_of_a_delivery_stays_open_below_newer_ones(
    visits: Visits, api: Api, client: httpx2.Client
) -> None:
    """Their titles are all the same; who reads one goes on reading that one."""
    event = b"<EventNotificationAlert><eventType>%s</eventType></EventNotificationAlert>"

    def send(kind: bytes) -> None:
        headers = {"Content-Type": "application/xml"}
        client.post("/v1/receivers/hikvision", content=event % kind, headers=headers)

    send(b"older")
    page = visits.page()
    page.goto(f"{api.url}/cameras/-/strays")
    rows = page.locator(".deliveries tbody tr")
    rows.locator("summary").click()
    send(b"newer")
    add_incidents(api, "Gate 4", first=4)
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="older").locator("pre")).to_be_visible()
    expect(rows.filter(has_text="newer").locator("pre")).to_be_hidden()


def test_the_list_shows_what_needs_somebody_first(
    visits: Visits, api: Api, client: httpx2.Client
) -> None:
    """Filters stand in the address; one that is off says so."""
    assert client.post("/v1/cameras", json={"id": "new", "name": "A & B"}).is_success
    put(client, "camera-1", enabled=False)
    page = visits.page()
    page.goto(f"{api.url}/cameras")
    names = page.locator("tbody th a").all_inner_texts()
    assert names[0] == "A & B"
    assert names[-1] == "Gate 1"
    page.get_by_label("How it is").select_option("off")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(f"{api.url}/cameras?q={quote('2 号')}")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(f"{api.url}/cameras/new")
    expect(page.get_by_role("heading", level=1)).to_have_text("A & B")


def test_the_list_asks_as_often_for_many_as_for_few(api: Api, client: httpx2.Client) -> None:
    """Neither more cameras nor more zones cost more queries; a page stays light."""
    paths = (
        "/cameras",
        "/cameras/camera-1",
        "/cameras/camera-1/areas",
        "/cameras/camera-1/permits",
    )

    def asked() -> list[int]:
        numbers = []
        for path in paths:
            client.get(path)
            with counted(api) as said:
                assert client.get(path).status_code == 200
            numbers.append(len([one for one in said if "cameras" in one or "inspections" in one]))
        return numbers

    few = asked()
    for number in range(60):
        camera = {"id": f"many-{number}", "name": f"多 {number}", "zones": [ZONE], "masks": [MASK]}
        assert client.post("/v1/cameras", json=camera).is_success
    zones = [{**ZONE, "id": f"zone-{number}"} for number in range(10)]
    put(client, "camera-1", zones=zones, masks=[MASK] * 10)
    assert asked() == few
    assert all(len(client.get(path).content) < 150_000 for path in paths)


def test_fifty_zones_and_masks_of_fifty_corners_can_be_saved(client: httpx2.Client) -> None:
    """What REST takes the form takes as well; what is one too many is said, and nothing is lost."""
    corners = [(0.5 + 0.4 * math.cos(t / 8), 0.5 + 0.4 * math.sin(t / 8)) for t in range(50)]
    zones = [{**ZONE, "id": f"z{number}", "polygon": corners} for number in range(50)]
    masks = [{**MASK, "polygon": corners} for _ in range(50)]
    put(client, "camera-1", zones=zones, masks=masks)
    before = stored(client, "camera-1")
    page = client.get("/cameras/camera-1/areas").text
    fields = fields_of(page)
    saved = client.post("/cameras/camera-1/areas", data=fields)
    assert saved.status_code == 303, saved.text[-2000:]
    after = stored(client, "camera-1")
    assert (after["zones"], after["masks"]) == (before["zones"], before["masks"])
    fields = fields_of(client.get("/cameras/camera-1/areas").text)
    extra = {"zones.50.id": "z50", "zones.50.name": "x", "zones.50.polygon": "0 0\n9 0\n9 9"}
    refused = client.post("/cameras/camera-1/areas", data={**fields, **extra})
    assert refused.status_code == 409
    assert "there are too many; 50 at most are taken" in refused.text
    assert 'value="z50"' in refused.text
    assert stored(client, "camera-1")["zones"] == before["zones"]


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of the form of a page without a change."""
    form = page[page.index("data-kept-form") :]
    form = form[: form.index("</form>")]
    fields = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf'\b{one}="([^"]*)"', tag) for one in ("name", "value"))
        if name is None or value is None or ('type="checkbox"' in tag and "checked" not in tag):
            continue
        fields[name[1]] = html.unescape(value[1])
    for name_of, text in re.findall(r'<textarea name="([^"]*)"[^>]*>([^<]*)<', form):
        fields[name_of] = html.unescape(text)
    for name_of, options in re.findall(r'<select name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name_of] = chosen[1] if chosen else ""
    return fields
