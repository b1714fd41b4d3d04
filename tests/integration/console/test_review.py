"""Judging one incident after the other by keys alone, in real browsers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from safety_detector.domain.incidents.handling import HandlingState
from safety_detector.service.incidents.records import IncidentFilter
from tests.api_server import Api
from tests.console_stand import add_incidents
from tests.eventually import eventually

from .conftest import Visits

pytestmark = pytest.mark.processes


def states(api: Api) -> dict[str, HandlingState]:
    """The state of every incident, by its camera."""
    found = api.service.incidents.records.list(IncidentFilter(), 500)
    return {str(one.camera_name): one.state for one in found}


def current(page: Page) -> str:
    """The incident that is shown."""
    slide = page.locator('[data-slide][aria-current="true"]')
    expect(slide).to_be_visible()
    return str(slide.get_attribute("data-card"))


def test_judging_by_keys_alone(visits: Visits, api: Api) -> None:
    """One key confirms, one dismisses with its reason, one leaves it; each shows the next."""
    add_incidents(api, "Gate 4", "Gate 5", "Gate 6", first=4)
    page = visits.page()
    page.goto(f"{api.url}/review")
    seen = []
    for key in ("c", "1", "u", "n", "c", "2"):
        incident_id = current(page)
        assert incident_id not in seen
        seen.append(incident_id)
        page.keyboard.press(key)
    expect(page.locator("[data-empty]")).to_be_visible()
    eventually(
        lambda: (
            sorted(states(api).values())
            == ["acknowledged", "confirmed", "confirmed", "false_alarm", "false_alarm", "open"]
        ),
        "the judgements",
    )
    dismissed = api.service.incidents.acts.list(seen[1])
    assert [one.text for one in dismissed] == ["Light, sun, reflection"]
    shown = api.service.incidents.records.get(seen[1])
    assert shown is not None
    assert dismissed[0].shown_inspection_id == shown.best_inspection_id
    expect(page.locator("[data-left]")).to_have_text("1")


def test_a_judgement_is_taken_back(visits: Visits, api: Api) -> None:
    """The last one comes back, to be judged again."""
    page = visits.page()
    page.goto(f"{api.url}/review")
    first = current(page)
    page.keyboard.press("c")
    second = current(page)
    assert first != second
    eventually(lambda: "confirmed" in states(api).values(), "the judgement")
    page.keyboard.press("z")
    expect(page.locator(f'[data-slide][data-card="{first}"]')).to_be_visible()
    eventually(lambda: "confirmed" not in states(api).values(), "its end")
    page.keyboard.press("3")
    eventually(lambda: "false_alarm" in states(api).values(), "the other judgement")
    assert current(page) == second


def test_what_was_only_looked_at_is_no_judgement_to_take_back(visits: Visits, api: Api) -> None:
    """The key takes back the judgement before it, and then there is none any more."""
    page = visits.page()
    page.goto(f"{api.url}/review")
    confirmed = current(page)
    page.keyboard.press("c")
    unsure = current(page)
    page.keyboard.press("u")
    eventually(
        lambda: sorted(states(api).values()) == ["acknowledged", "confirmed", "open"], "both"
    )
    assert current(page) not in (confirmed, unsure)
    page.keyboard.press("z")
    expect(page.locator(f'[data-slide][data-card="{confirmed}"]')).to_be_visible()
    assert sorted(states(api).values()) == ["acknowledged", "acknowledged", "open"]
    expect(page.locator("[data-undo]")).to_be_disabled()
    # What others do about it since is told to whoever judges it anew.
    with api.client() as client:
        path = f"/v1/incidents/{confirmed}/acts"
        assert client.post(path, json={"act": "note", "text": "a fire drill"}).is_success
    page.keyboard.press("1")
    expect(page.locator("[data-failed]")).to_contain_text("note")
    assert "false_alarm" not in states(api).values()


def test_what_others_went_on_with_is_not_taken_back(visits: Visits, api: Api) -> None:
    """That is said, and the judgement before it can still be taken back."""
    page = visits.page()
    page.goto(f"{api.url}/review")
    first = current(page)
    page.keyboard.press("c")
    second = current(page)
    page.keyboard.press("c")
    eventually(lambda: sorted(states(api).values())[:2] == ["confirmed"] * 2, "both")
    with api.client() as client:
        path = f"/v1/incidents/{second}/acts"
        assert client.post(path, json={"act": "assign", "assignee": "Li"}).is_success
    page.keyboard.press("z")
    expect(page.locator("[data-failed]")).to_contain_text("assign")
    assert sorted(states(api).values()) == ["assigned", "confirmed", "open"]
    page.keyboard.press("z")
    expect(page.locator(f'[data-slide][data-card="{first}"]')).to_be_visible()
    expect(page.locator("[data-failed]")).to_be_hidden()
    assert sorted(states(api).values()) == ["acknowledged", "assigned", "open"]


def test_two_people_never_get_the_same_one(visits: Visits, api: Api) -> None:
    """What one of them has in hand the other is not shown; what is left lying comes back later."""
    add_incidents(api, *(f"Gate {number}" for number in range(4, 10)), first=4)
    pages = [visits.page() for _ in range(2)]
    shown: list[set[str]] = []
    for page in pages:
        page.goto(f"{api.url}/review")
        slides = page.locator("[data-slide]").all()
        shown.append({str(one.get_attribute("data-card")) for one in slides})
    assert [len(one) for one in shown] == [4, 4]
    assert not shown[0] & shown[1]


def test_who_comes_second_is_told(visits: Visits, api: Api) -> None:
    """Of two who judge the same one is told what the other did, and has lost nothing."""
    page = visits.page()
    page.goto(f"{api.url}/review")
    incident_id = current(page)
    with api.client() as client:
        path = f"/v1/incidents/{incident_id}/acts"
        assert client.post(path, json={"act": "dismiss", "text": "steam"}).is_success
        assert client.post(path, json={"act": "close"}).is_success
    page.keyboard.press("c")
    expect(page.get_by_role("alert").first).to_contain_text(re.compile("dismiss"))
    expect(page.locator(f'[data-slide][data-card="{incident_id}"]')).to_have_count(0)
    assert current(page) != incident_id


@pytest.mark.parametrize("path", ["/", "/review", "/incidents?state=open"])
def test_a_key_that_is_held_judges_one(visits: Visits, api: Api, path: str) -> None:
    """The incidents behind it wait for a press of their own."""
    page = visits.page()
    page.goto(f"{api.url}{path}")
    expect(page.locator("[data-card]").first).to_be_attached()
    if path != "/review":
        page.keyboard.press("j")
    for _ in range(5):
        page.keyboard.down("1")
    page.keyboard.up("1")
    eventually(lambda: "false_alarm" in states(api).values(), "the judgement")
    if path != "/review":
        expect(page.locator("[data-cards] [data-card]:not(.leaving)")).to_have_count(2)
        page.keyboard.press("j")
    page.keyboard.press("c")
    eventually(
        lambda: sorted(states(api).values()) == ["confirmed", "false_alarm", "open"],
        "the other press",
    )
