"""Who may look at which page and do what: every route × every role; signing in in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

import httpx2
import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from safety_detector.console.app import ROUTERS
from safety_detector.domain.people import Role
from safety_detector.service.records import Scope
from safety_detector.web.app import WebOptions
from tests.api_server import Api, ApiRunner
from tests.console_stand import add_incidents

from .conftest import Visits

PASSWORD = "correct horse 9"  # noqa: S105 (of a test)

OPEN = None
_NEEDED: dict[tuple[str, str], Role | None] = {
    ("GET", "/"): Role.VIEWER,
    ("GET", "/wall"): Role.VIEWER,
    ("GET", "/wall/tiles"): Role.VIEWER,
    ("GET", "/review"): Role.REVIEWER,
    ("GET", "/review/labels"): Role.REVIEWER,
    ("GET", "/incidents"): Role.VIEWER,
    ("GET", "/incidents/{incident_id}"): Role.VIEWER,
    ("POST", "/incidents/acts"): Role.REVIEWER,
    ("GET", "/incidents/{incident_id}/sightings"): Role.VIEWER,
    ("POST", "/incidents/{incident_id}/after"): Role.MANAGER,
    ("GET", "/incidents/{incident_id}/after/{inspection_id}"): Role.VIEWER,
    ("GET", "/incidents/{incident_id}/parts"): Role.MANAGER,
    ("POST", "/incidents/{incident_id}/parts"): Role.MANAGER,
    ("GET", "/incidents/{incident_id}/mask"): Role.MANAGER,
    ("POST", "/incidents/{incident_id}/mask"): Role.ADMINISTRATOR,
    ("POST", "/incidents/{incident_id}/acts"): Role.REVIEWER,
    ("POST", "/incidents/{incident_id}/description"): Role.MANAGER,
    ("GET", "/pictures"): Role.VIEWER,
    ("POST", "/pictures"): Role.REVIEWER,
    ("GET", "/pictures/{inspection_id}"): Role.VIEWER,
    ("GET", "/pictures/{inspection_id}/inspection.json"): Role.VIEWER,
    ("GET", "/pictures/{inspection_id}/correction.json"): Role.VIEWER,
    ("POST", "/pictures/{inspection_id}/correction"): Role.REVIEWER,
    ("POST", "/pictures/{inspection_id}/hold"): Role.MANAGER,
    ("POST", "/pictures/{inspection_id}/release"): Role.ADMINISTRATOR,
    ("POST", "/pictures/{inspection_id}/delete"): Role.ADMINISTRATOR,
    ("GET", "/pictures/{inspection_id}/{kind}.jpg"): Role.VIEWER,
    ("GET", "/batches"): Role.VIEWER,
    ("POST", "/batches"): Role.MANAGER,
    ("GET", "/batches/{batch_id}"): Role.VIEWER,
    ("GET", "/batches/{batch_id}/files/{name}"): Role.VIEWER,
    ("GET", "/batches/{batch_id}/errors.jsonl"): Role.VIEWER,
    ("POST", "/batches/{batch_id}/stop"): Role.MANAGER,
    ("GET", "/incidents/statistics"): Role.VIEWER,
    ("GET", "/reports"): Role.VIEWER,
    ("GET", "/reports/new"): Role.VIEWER,
    ("POST", "/reports/new"): Role.VIEWER,
    ("POST", "/reports"): Role.VIEWER,
    ("GET", "/reports/{report_id}"): Role.VIEWER,
    ("GET", "/reports/{report_id}/report.pdf"): Role.VIEWER,
    ("GET", "/reports/{report_id}/volumes/{volume}.pdf"): Role.VIEWER,
    ("POST", "/reports/{report_id}/remove"): Role.ADMINISTRATOR,
    ("GET", "/cameras"): Role.VIEWER,
    ("GET", "/cameras/-/new"): Role.ADMINISTRATOR,
    ("POST", "/cameras/-/new"): Role.ADMINISTRATOR,
    ("GET", "/cameras/-/strays"): Role.ADMINISTRATOR,
    ("GET", "/cameras/{camera_id}"): Role.VIEWER,
    ("POST", "/cameras/{camera_id}/switch"): Role.ADMINISTRATOR,
    ("POST", "/cameras/{camera_id}/reference"): Role.ADMINISTRATOR,
    ("POST", "/cameras/{camera_id}/remove"): Role.ADMINISTRATOR,
    ("GET", "/cameras/{camera_id}/source"): Role.ADMINISTRATOR,
    ("POST", "/cameras/{camera_id}/source"): Role.ADMINISTRATOR,
    ("POST", "/cameras/{camera_id}/device"): Role.ADMINISTRATOR,
    ("GET", "/cameras/{camera_id}/areas"): Role.ADMINISTRATOR,
    ("POST", "/cameras/{camera_id}/areas"): Role.ADMINISTRATOR,
    ("GET", "/cameras/{camera_id}/hours"): Role.ADMINISTRATOR,
    ("POST", "/cameras/{camera_id}/hours"): Role.ADMINISTRATOR,
    ("GET", "/cameras/{camera_id}/rules"): Role.ADMINISTRATOR,
    ("POST", "/cameras/{camera_id}/rules"): Role.ADMINISTRATOR,
    ("GET", "/cameras/{camera_id}/permits"): Role.VIEWER,
    ("POST", "/cameras/{camera_id}/permits"): Role.MANAGER,
    ("POST", "/cameras/{camera_id}/permits/{permit_id}/end"): Role.MANAGER,
    ("GET", "/alerts"): Role.MANAGER,
    ("GET", "/alerts/messages"): Role.MANAGER,
    ("GET", "/alerts/channels/new"): Role.ADMINISTRATOR,
    ("POST", "/alerts/channels/new"): Role.ADMINISTRATOR,
    ("GET", "/alerts/channels/{channel_id}"): Role.MANAGER,
    ("POST", "/alerts/channels/{channel_id}"): Role.ADMINISTRATOR,
    ("POST", "/alerts/channels/{channel_id}/test"): Role.ADMINISTRATOR,
    ("POST", "/alerts/channels/{channel_id}/remove"): Role.ADMINISTRATOR,
    ("GET", "/alerts/channels/{channel_id}/messages/{message_id}"): Role.MANAGER,
    ("POST", "/alerts/channels/{channel_id}/messages/{message_id}/resend"): Role.ADMINISTRATOR,
    ("GET", "/alerts/rules/new"): Role.ADMINISTRATOR,
    ("POST", "/alerts/rules/new"): Role.ADMINISTRATOR,
    ("GET", "/alerts/rules/{rule_id}"): Role.MANAGER,
    ("POST", "/alerts/rules/{rule_id}"): Role.ADMINISTRATOR,
    ("POST", "/alerts/rules/{rule_id}/remove"): Role.ADMINISTRATOR,
    ("GET", "/live"): Role.VIEWER,
    ("GET", "/system"): Role.VIEWER,
    ("GET", "/system/failed"): Role.ADMINISTRATOR,
    ("POST", "/system/failed"): Role.ADMINISTRATOR,
    ("GET", "/system/people"): Role.ADMINISTRATOR,
    ("POST", "/system/people"): Role.ADMINISTRATOR,
    ("GET", "/system/people/{person_id}"): Role.ADMINISTRATOR,
    ("POST", "/system/people/{person_id}"): Role.ADMINISTRATOR,
    ("GET", "/system/keys"): Role.ADMINISTRATOR,
    ("POST", "/system/keys"): Role.ADMINISTRATOR,
    ("POST", "/system/keys/{key_id}/revoke"): Role.ADMINISTRATOR,
    ("GET", "/system/settings"): Role.ADMINISTRATOR,
    ("GET", "/system/audit"): Role.ADMINISTRATOR,
    ("GET", "/system/audit.csv"): Role.ADMINISTRATOR,
    ("GET", "/account"): Role.VIEWER,
    ("POST", "/account/sessions"): Role.VIEWER,
    ("POST", "/account/password"): Role.VIEWER,
    ("GET", "/sign-in"): OPEN,
    ("POST", "/sign-in"): OPEN,
    ("GET", "/sign-in/openid"): OPEN,
    ("GET", "/sign-in/openid/callback"): OPEN,
    ("POST", "/sign-out"): OPEN,
    ("POST", "/language"): OPEN,
    ("GET", "/assets/{digest}/{name}"): OPEN,
}
"""The least role of each page and act; a new one is added here."""

_ACTS = {
    "acknowledge": Role.REVIEWER,
    "confirm": Role.REVIEWER,
    "dismiss": Role.REVIEWER,
    "note": Role.REVIEWER,
    "assign": Role.MANAGER,
    "rectify": Role.MANAGER,
    "verify": Role.MANAGER,
    "close": Role.MANAGER,
}


def test_every_page_is_in_the_table() -> None:
    """A page that is added says here who may look at it."""
    found = {
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert found == set(_NEEDED)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API with an account a role, and three incidents."""
    runner = ApiRunner(tmp_path_factory.mktemp("guarded"))
    api = runner.start()
    add_incidents(api, "Gate 1", "2 号门", "Gate 3")
    for role in Role:
        api.service.access.people.add(f"the {role}", role, PASSWORD)
    yield api
    runner.stop()


def session_of(api: Api, role: Role | None) -> httpx2.Client:
    """A browser of somebody with a role; of nobody for None."""
    client = api.client()
    if role is not None:
        person = next(one for one in api.service.access.people.list() if one.role is role)
        client.cookies.set("safety_session", api.service.access.sessions.begin(person))
    return client


def token_of(client: httpx2.Client) -> str:
    """What this browser's forms send along."""
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', client.get("/sign-in").text)
    assert found is not None
    return found[1]


def filled(template: str, api: Api) -> str:
    """The path with something that is there in the place of each parameter."""
    with api.client(api.key(Scope.READ)) as client:
        (incident, *_) = client.get("/v1/incidents").json()["incidents"]
    names = {
        "incident_id": incident["id"],
        "inspection_id": incident["best"]["inspection_id"],
        "kind": "small",
        "camera_id": "camera-1",
    }
    return re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], "x"), template)


@pytest.mark.attack("authorisation")
@pytest.mark.parametrize("role", [None, *Role])
def test_role_decides_about_every_page(guarded: Api, role: Role | None) -> None:
    """Nobody is led to sign in; whoever is known but may not is told 403 and whom to ask."""
    with session_of(guarded, role) as client:
        for (method, template), needed in _NEEDED.items():
            if template in ("/sign-out", "/sign-in", "/language") and method == "POST":
                continue
            fields = {"form_token": token_of(client), "act": "note", "text": "x"}
            path = filled(template, guarded)
            with client.stream(method, path, data=fields) as answer:
                if answer.headers.get("Content-Type") != "text/event-stream; charset=utf-8":
                    answer.read()
            if needed is OPEN or (role is not None and role.includes(needed)):
                assert answer.status_code not in (401, 403), template
                continue
            if role is None and method == "GET":
                assert answer.status_code == 303, template
                assert answer.headers["Location"].startswith("/sign-in?back=")
                continue
            assert answer.status_code == (401 if role is None else 403), template
            if role is not None:
                assert "the administrator" in answer.text


@pytest.mark.attack("authorisation")
@pytest.mark.parametrize("role", list(Role))
def test_role_decides_about_every_act(guarded: Api, role: Role) -> None:
    """A viewer's browser may send what it likes; a reviewer judges and does not close."""
    path = filled("/incidents/{incident_id}/acts", guarded)
    with session_of(guarded, role) as client:
        fields = {"form_token": token_of(client), "text": "x", "assignee": "me"}
        for act, needed in _ACTS.items():
            answer = client.post(path, data={**fields, "act": act}, headers={"X-In-Place": "1"})
            assert (answer.status_code != 403) == role.includes(needed), (act, answer.text)


def test_a_role_that_somebody_else_gave_is_not_taken_back_unseen(guarded: Api) -> None:
    """Whoever saves a page of before is told first, and may insist then."""
    people = guarded.service.access.people
    person = next(one for one in people.list() if one.role is Role.REVIEWER)
    path = f"/system/people/{person.id}"
    with session_of(guarded, Role.ADMINISTRATOR) as client:
        data = {"form_token": token_of(client), "act": "role", "role": "manager"}
        data["seen"] = seen_in(client.get(path).text)
        people.change(person.name, role=Role.VIEWER)
        answer = client.post(path, data=data)
        assert "Somebody else changed this meanwhile" in answer.text
        now = people.get(person.id)
        assert now is not None
        assert now.role is Role.VIEWER
        assert client.post(path, data={**data, "seen": seen_in(answer.text)}).status_code == 303
        now = people.get(person.id)
        assert now is not None
        assert now.role is Role.MANAGER


def seen_in(text: str) -> str:
    """What a form of a page brings back as seen."""
    found = re.search(r'name="seen" value="([^"]+)"', text)
    assert found is not None
    return found[1]


@pytest.mark.attack("forged forms")
@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({}, {}),
        ({"form_token": ""}, {}),
        ({"form_token": "0" * 64}, {}),
        ({"form_token": None}, {"Origin": "https://evil.example"}),
        ({"form_token": None}, {"Sec-Fetch-Site": "cross-site"}),
        ({"form_token": None}, {"Sec-Fetch-Site": "same-site"}),
        ({"form_token": None}, {"Origin": "null"}),
    ],
)
def test_a_form_of_another_page_does_nothing(
    guarded: Api, fields: dict[str, str | None], headers: dict[str, str]
) -> None:
    """Neither without the browser's token nor, with it, from another site."""
    with session_of(guarded, Role.ADMINISTRATOR) as client:
        token = token_of(client)
        data = {name: token if value is None else value for name, value in fields.items()}
        path = filled("/incidents/{incident_id}/acts", guarded)
        answer = client.post(path, data={"act": "confirm", **data}, headers=headers)
        assert answer.status_code == 403


@pytest.mark.attack("open redirects")
@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)",
             "/\t/evil.example", "\\\\evil.example"],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(guarded: Api, back: str) -> None:
    """A link with somebody else's address in it leads to our pages."""
    with guarded.client() as client:
        data = {
            "form_token": token_of(client),
            "name": "the viewer",
            "password": PASSWORD,
            "back": back,
        }
        answer = client.post("/sign-in", data=data)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_cookies_are_for_the_server_alone(guarded: Api) -> None:
    """No script reads them, no other site sends them along."""
    with guarded.client() as client:
        data = {"form_token": token_of(client), "name": "the viewer", "password": PASSWORD}
        cookie = client.post("/sign-in", data=data).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_with_accounts_programs_need_a_key(guarded: Api) -> None:
    """The first account closes the open door of REST as the first key does."""
    with guarded.client() as client:
        assert client.get("/v1/incidents").status_code == 401


@pytest.mark.processes
def test_signing_in_acting_and_coming_back(visits: Visits, guarded: Api) -> None:
    """A link is followed, signed in for, judged; an ended session asks again and leads back."""
    page = visits.page()
    path = filled("/incidents/{incident_id}", guarded)
    page.goto(guarded.url + path)
    page.get_by_label("Name").fill("the reviewer")
    page.get_by_label("Password").fill("wrong horse 9")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    expect(page.get_by_label("Name")).to_have_value("the reviewer")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(guarded.url + path)
    page.get_by_label("Comment").fill("looked at it")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".history")).to_contain_text("by the reviewer")
    guarded.service.access.people.change("the reviewer", disabled=False)
    with suppress(PlaywrightError):  # the page may be on its way there by itself
        page.reload()
    expect(page).to_have_url(re.compile("/sign-in"))
    page.get_by_label("Name").fill("the reviewer")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(guarded.url + path)
    page.get_by_role("button", name="Sign out").click()
    page.goto(guarded.url + path)
    expect(page).to_have_url(re.compile("/sign-in"))


@pytest.mark.processes
def test_signed_out_elsewhere_costs_no_words(
    visits: Visits, guarded: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where something is filled in the page stays, says so, and sends it once signed in again."""
    # The stream looks at each chance whether the session still holds, not after ten seconds.
    monkeypatch.setattr("safety_detector.console.live.routes._TRUSTED_S", 0.0)
    page = visits.page()
    path = filled("/incidents/{incident_id}", guarded)

    def sign_in(where: Page) -> None:
        where.get_by_label("Name").fill("the reviewer")
        where.get_by_label("Password").fill(PASSWORD)
        where.keyboard.press("Enter")

    page.goto(guarded.url + path)
    sign_in(page)
    expect(page.locator(".live")).to_have_attribute("data-live-state", re.compile("on|asking"))
    page.get_by_label("Comment").fill("words that took an hour")
    page.get_by_label("Comment").blur()
    guarded.service.access.people.change("the reviewer", disabled=False)
    expect(page.locator(".live")).to_have_attribute("data-live-state", "out")
    with page.expect_popup() as opened:
        page.locator(".live-out a").click()
    sign_in(opened.value)
    expect(page.locator(".live")).to_have_attribute("data-live-state", re.compile("on|asking"))
    expect(page.get_by_label("Comment")).to_have_value("words that took an hour")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".history")).to_contain_text("words that took an hour")
    guarded.service.access.people.change("the reviewer", disabled=False)
    expect(page).to_have_url(re.compile("/sign-in"))


@pytest.fixture
def api(guarded: Api) -> Api:
    """For the windows: the one with accounts."""
    return guarded


def test_without_accounts_a_key_signs_in(runner: ApiRunner) -> None:
    """Whoever installed it with a first key gets to the pages; the page says how to do better."""
    api = runner.start(WebOptions(open_without_keys=False))
    key = api.key(Scope.ADMIN)
    with api.client() as client:
        assert "safety-detector users add" in client.get("/sign-in").text
        data = {"form_token": token_of(client), "password": key}
        assert client.post("/sign-in", data=data).status_code == 303
        assert client.get("/").status_code == 200
