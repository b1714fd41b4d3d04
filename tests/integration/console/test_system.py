"""The pages about the service itself: people, keys, the audit log, one's own account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from safety_detector.domain.people import Role
from safety_detector.errors import PictureBroken
from safety_detector.service.access.audit import Actor
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.console_stand import add_incidents
from tests.service_stand import fail, next_claim

from .conftest import Visits
from .test_hostile_texts import HOSTILE

PASSWORD = "correct horse 9"  # noqa: S105 (of a test)

SUBPAGES = (
    "/system",
    "/system/failed",
    "/system/people",
    "/system/keys",
    "/system/settings",
    "/system/audit",
    "/account",
)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API with an administrator."""
    runner = ApiRunner(tmp_path_factory.mktemp("system"))
    api = runner.start()
    add_incidents(api, "Gate 1")
    api.service.access.people.add("the admin", Role.ADMINISTRATOR, PASSWORD)
    yield api
    runner.stop()


@pytest.fixture
def api(guarded: Api) -> Api:
    """For the windows: the one with accounts."""
    return guarded


def sign_in(visits: Visits, api: Api, path: str = "/system", **options: object) -> Page:
    """A window of the administrator's."""
    page = visits.page(**options)
    page.goto(f"{api.url}/sign-in?back={path}")
    page.locator("[name=name]").fill("the admin")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(api.url + path)
    return page


@pytest.mark.processes
def test_an_account_is_made_changed_and_ended_in_a_browser(visits: Visits, api: Api) -> None:
    """What is refused keeps what was typed; a new role signs its person out."""
    page = sign_in(visits, api, "/system/people")
    page.get_by_text("Add a person").first.click()
    form = page.locator("details.panel")
    form.get_by_label("Name").fill("Wang Lei")
    form.get_by_label("Role").select_option("viewer")
    form.get_by_label("Password").fill("a fine long one")
    form.get_by_label("once more").fill("another long one")
    form.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("not the same")
    expect(form.get_by_label("Name")).to_have_value("Wang Lei")
    expect(form.get_by_label("Role")).to_have_value("viewer")
    form.get_by_label("Password").fill("a fine long one")
    form.get_by_label("once more").fill("a fine long one")
    form.get_by_role("button").click()
    page.get_by_role("link", name="Wang Lei").click()
    theirs = visits.page()
    theirs.goto(f"{api.url}/sign-in")
    theirs.locator("[name=name]").fill("wang lei")
    theirs.locator("[name=password]").fill("a fine long one")
    theirs.keyboard.press("Enter")
    theirs.wait_for_url(f"{api.url}/")
    page.reload()
    expect(page.get_by_text("Chrome on Linux")).to_be_visible()
    page.get_by_label("Role").select_option("manager")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Nowhere at present.")).to_be_visible()
    with suppress(PlaywrightError):  # the page may be on its way there by itself
        theirs.reload()
    expect(theirs).to_have_url(re.compile("/sign-in"))
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("Disabled since")).to_be_visible()
    page.get_by_role("link", name="What was changed").click()
    expect(page.locator("tbody tr")).to_have_count(4)


@pytest.mark.processes
def test_the_last_administrator_stays(visits: Visits, api: Api) -> None:
    """Nobody locks everybody out by a click, neither by a role nor by disabling."""
    page = sign_in(visits, api, "/system/people")
    page.locator("tbody").get_by_role("link", name="the admin").click()
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("alert")).to_contain_text("only administrator")
    page.get_by_label("Role").select_option("viewer")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("alert")).to_contain_text("only administrator")


@pytest.mark.processes
def test_a_key_is_shown_once_and_works_until_it_is_revoked(visits: Visits, api: Api) -> None:
    """The text stands on one page; the list has none."""
    page = sign_in(visits, api, "/system/keys")
    if not page.get_by_label("Whose it is").is_visible():
        page.get_by_text("Make a key").click()
    page.get_by_label("Whose it is").fill("NVR")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose what the key may do")
    expect(page.get_by_label("Whose it is")).to_have_value("NVR")
    page.get_by_label("read results").check()
    page.get_by_role("button", name="Make the key").click()
    text = page.locator("input.secret").input_value()
    with api.client(text) as client:
        assert client.get("/v1/incidents").status_code == 200
        page.goto(f"{api.url}/system/keys")
        assert text not in page.content()
        row = page.locator("tr", has_text="NVR")
        row.get_by_text("Revoke", exact=True).click()
        row.get_by_role("button", name="Revoke it").click()
        expect(page.locator("h2", has_text="Keys in force")).to_contain_text("0")
        assert client.get("/v1/incidents").status_code == 401


@pytest.mark.processes
def test_somebody_signs_themselves_out_elsewhere(visits: Visits, api: Api) -> None:
    """All browsers but this one, and with another password too."""
    first, second = sign_in(visits, api, "/account"), sign_in(visits, api, "/account")
    second.get_by_role("button", name="everywhere else").click()
    expect(second.locator("tbody tr")).to_have_count(1)
    with suppress(PlaywrightError):  # the page may be on its way there by itself
        first.goto(f"{api.url}/account")
    expect(first).to_have_url(re.compile("/sign-in"))
    second.get_by_label("Present password").fill("not the one")
    second.get_by_label("Password (").fill("brand new words")
    second.get_by_label("once more").fill("brand new words")
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_role("alert")).to_contain_text("present password is wrong")
    second.get_by_label("Present password").fill(PASSWORD)
    second.get_by_label("Password (").fill("brand new words")
    second.get_by_label("once more").fill("brand new words")
    second.get_by_role("button", name="Save").click()
    expect(second).to_have_url(f"{api.url}/account")
    expect(second.locator("tbody tr")).to_have_count(1)
    api.service.access.people.change("the admin", password=PASSWORD)


@pytest.mark.attack("markup in texts")
@pytest.mark.processes
def test_markup_in_names_does_nothing(visits: Visits, api: Api) -> None:
    """As a key's and a person's name, in the log, in the address."""
    for number, text in enumerate(HOSTILE):
        api.service.access.keys.create(text, ())
        name = "".join(one for one in text if one.isprintable())[:60]
        api.service.access.people.add(f"{name}{number}", Role.VIEWER, "a fine long one")
    page = sign_in(visits, api)
    for path in (*SUBPAGES, "/system/audit?actor=%3Cscript%3Ewindow.hit%3D1%3C%2Fscript%3E"):
        page.goto(api.url + path)
        assert page.evaluate("window.hit") is None, path
        expect(page.locator("main")).to_be_visible()


@pytest.mark.attack("formulas in tables")
def test_the_exported_log_holds_no_formulas(guarded: Api) -> None:
    """What somebody calls their key is text in a spreadsheet."""
    person = guarded.service.access.people.list()[0]
    with guarded.client() as client:
        client.cookies.set("safety_session", guarded.service.access.sessions.begin(person))
        guarded.service.access.keys.create("x", (), by=Actor("=cmd|'/c calc'!A1"))
        answer = client.get("/system/audit.csv", params={"actor": "=cmd"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = answer.text.splitlines()
    assert lines[0].endswith("at,actor,action,subject,details,id")
    assert len(lines) == 2
    assert ",'=cmd" in lines[1]


@pytest.mark.parametrize(
    "query", ["cursor=%00", "cursor=-1", "action=nothing", "since=yesterday", "actor=%00"]
)
def test_an_address_of_the_log_is_understood_or_refused(guarded: Api, query: str) -> None:
    """A mistake of the address is none of the program."""
    person = guarded.service.access.people.list()[0]
    with guarded.client() as client:
        client.cookies.set("safety_session", guarded.service.access.sessions.begin(person))
        assert client.get(f"/system/audit?{query}").status_code == 422
        assert client.get("/system/people/%00").status_code in (404, 422)


def test_the_first_account_is_made_in_the_browser(runner: ApiRunner) -> None:
    """Whoever opens a new service makes themselves its administrator, and signs in then."""
    api = runner.start()
    with api.client() as client:
        shown = client.get("/system/people").text
        token = re.search(r'name="form_token" value="([0-9a-f]{64})"', shown)
        assert token is not None
        fields = {"name": "me", "password": PASSWORD, "again": PASSWORD, "form_token": token[1]}
        answer = client.post("/system/people", data=fields)
        assert answer.headers["Location"] == "/sign-in?back=/system/people"
        assert client.get("/system/people").status_code == 303
    (person,) = api.service.access.people.list()
    assert person.role is Role.ADMINISTRATOR


def test_pages_ask_as_often_for_many_rows(guarded: Api) -> None:
    """Queries do not grow with people, keys and acts."""
    from .test_weight import counted

    def asked() -> dict[str, int]:
        found = {}
        person = guarded.service.access.people.list()[0]
        with guarded.client() as client:
            client.cookies.set("safety_session", guarded.service.access.sessions.begin(person))
            for path in SUBPAGES:
                client.get(path)
                with counted(guarded) as said:
                    assert client.get(path).status_code == 200, path
                found[path] = len(said)
        return found

    few = asked()
    for number in range(30):
        guarded.service.access.keys.create(f"key {number}", ())
    assert asked() == few


def test_failed_pictures_are_tried_again(runner: ApiRunner) -> None:
    """The chosen ones, or all of a span; none chosen does nothing."""
    api = runner.start()
    with api.client() as client:
        for seed in (1, 2):
            assert client.post("/v1/inspections", content=make_jpeg(seed)).status_code == 202
            claim = next_claim(api.service, "worker-1")
            assert claim is not None
            fail(api.service.inspections.jobs, claim, PictureBroken("jpeg-not-encoded"))
        shown = client.get("/system/failed").text
        token = re.search(r'name="form_token" value="([0-9a-f]{64})"', shown)
        first, second = re.findall(r'name="id-(\w+)"', shown)
        assert token is not None
        for fields, number in (({}, 0), ({f"id-{first}": "1"}, 1), ({"within": "1"}, 1)):
            answer = client.post("/system/failed", data={"form_token": token[1], **fields})
            assert answer.headers["Location"].endswith(f"?requeued={number}"), fields
        assert client.get(f"/v1/inspections/{second}").json()["status"] == "queued"


def test_every_character_of_a_password_counts(guarded: Api) -> None:
    """Spaces at its ends too: what was typed when it was made lets in, and nothing else."""
    guarded.service.access.people.add("spaced", Role.VIEWER, "  a fine one here ")
    with guarded.client() as client:
        shown = client.get("/sign-in").text
        token = re.search(r'name="form_token" value="([0-9a-f]{64})"', shown)
        assert token is not None
        fields = {"form_token": token[1], "name": "spaced"}
        for password, status in (("a fine one here", 401), ("  a fine one here ", 303)):
            answer = client.post("/sign-in", data={**fields, "password": password})
            assert answer.status_code == status
