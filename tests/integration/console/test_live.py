"""Pages follow what happens, and say when they do not."""

from __future__ import annotations

import json
import re
import socket

import pytest
from playwright.sync_api import Page, expect

from tests.api_server import Api, ApiRunner
from tests.console_stand import add_incidents

from .conftest import Visits

pytestmark = pytest.mark.processes


def is_live(page: Page) -> None:
    """Waits until the page says that it is live."""
    expect(page.locator(".live")).to_have_attribute("data-live-state", "on")


def shows(page: Page, number: int) -> None:
    """Waits until the page shows so many incidents."""
    expect(page.locator("h1 .count")).to_have_text(str(number))
    expect(page.locator("[data-card]")).to_have_count(number)


def test_what_opens_is_there_by_itself(visits: Visits, api: Api) -> None:
    """A new incident appears, and one that somebody else judged goes, without a reload."""
    page = visits.page()
    page.goto(api.url)
    is_live(page)
    page.evaluate("window.same = true")
    (new,) = add_incidents(api, "Gate 4", first=4)
    shows(page, 4)
    with api.client() as client:
        assert client.post(f"/v1/incidents/{new}/acts", json={"act": "acknowledge"}).is_success
    shows(page, 3)
    assert page.evaluate("window.same")


def test_seven_windows_of_a_browser_are_live(visits: Visits, api: Api) -> None:
    """They share one connection, of which a browser has six to a host."""
    context = visits.context()
    pages = [context.new_page() for _ in range(7)]
    for page in pages:
        page.goto(api.url)
    for page in pages:
        is_live(page)
    add_incidents(api, "Gate 4", first=4)
    for page in pages:
        shows(page, 4)
    assert sum(url.endswith("/live") for url in visits.asked) <= 1


def test_without_shared_workers_each_window_follows_itself(visits: Visits, api: Api) -> None:
    """As in browsers of telephones."""
    context = visits.context()
    context.add_init_script("delete window.SharedWorker")
    page = context.new_page()
    page.goto(api.url)
    is_live(page)
    add_incidents(api, "Gate 4", first=4)
    shows(page, 4)


def test_where_streams_are_cut_pages_ask_and_say_so(visits: Visits, api: Api) -> None:
    """A proxy that lets no stream through costs seconds, not news."""
    context = visits.context()
    context.add_init_script("delete window.SharedWorker")
    context.route("**/live", lambda route: route.abort())
    page = context.new_page()
    page.goto(api.url)
    expect(page.locator(".live")).to_have_attribute("data-live-state", "asking")
    add_incidents(api, "Gate 4", first=4)
    expect(page.locator("[data-card]")).to_have_count(4)


def test_a_lost_service_is_seen(visits: Visits, api: Api, runner: ApiRunner) -> None:
    """Old pictures do not look like new ones: the page says that it is not live."""
    page = visits.page()
    page.goto(api.url)
    is_live(page)
    runner.stop()
    expect(page.locator(".live")).to_have_attribute("data-live-state", "off")
    expect(page.locator(".live")).to_have_text(re.compile("Not live"))


def test_a_service_that_comes_back_is_followed_again(
    visits: Visits, api: Api, runner: ApiRunner
) -> None:
    """By itself, with what happened meanwhile; and it said so while it was away."""
    page = visits.page()
    page.goto(api.url)
    is_live(page)
    page.evaluate("window.same = true")
    runner.stop()
    with socket.socket() as kept:  # bound and not listening, so that nobody else gets the port
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", api.port))
        expect(page.locator(".live")).to_have_attribute("data-live-state", "off")
        expect(page.locator(".live-off")).to_contain_text("What you see is from")
        again = runner.start(port=api.port)
    add_incidents(again, "Gate 4", first=4)
    is_live(page)
    shows(page, 4)
    expect(page.locator(".live-off")).to_be_hidden()
    assert page.evaluate("window.same")


def test_a_stream_goes_on_where_it_was_cut(api: Api) -> None:
    """Who comes back with the last event's id is told at once of what changed since."""

    def first_changed(headers: dict[str, str]) -> tuple[str, str]:
        with api.client() as client, client.stream("GET", "/live", headers=headers) as answer:
            found: dict[str, str] = {}
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                found[name] = value
                if not line and found.get("event") == "changed":
                    return found["id"], found["data"]
        raise AssertionError("the stream ended")

    last_id, _ = first_changed({})
    add_incidents(api, "Gate 4", first=4)
    new_id, news = first_changed({"Last-Event-ID": last_id})
    assert new_id != last_id
    assert set(json.loads(news)) == {"acts", "incidents", "pictures"}


def test_the_first_choice_of_a_select_is_somebodys_too(visits: Visits, api: Api) -> None:
    """Level taken away in the form, and not sent yet: an event does not bring it back."""
    (incident,) = add_incidents(api, "Gate 4", first=4)
    page = visits.page()
    with api.client() as client:
        assert client.patch(f"/v1/incidents/{incident}", json={"level": "major"}).is_success
        page.goto(f"{api.url}/incidents/{incident}")
        is_live(page)
        form = page.locator("details.act", has=page.locator("[name=level]"))
        form.locator("summary").click()
        level = page.locator("[name=level]")
        level.select_option("")
        level.blur()
        note = {"act": "note", "text": "the next event"}
        assert client.post(f"/v1/incidents/{incident}/acts", json={"act": "confirm"}).is_success
        assert client.post(f"/v1/incidents/{incident}/acts", json=note).is_success
    expect(page.locator("[data-refresh=history]")).to_contain_text("the next event")
    expect(level).to_have_value("")


def test_an_open_menu_holds_its_own_card_alone(visits: Visits, api: Api) -> None:
    """What opens meanwhile is shown, what others judged goes, and the menu stays open."""
    page = visits.page()
    page.goto(api.url)
    is_live(page)
    card = page.locator("[data-card]", has_text="2 号门")
    card.locator("details.menu summary").click()
    add_incidents(api, "Gate 4", first=4)
    shows(page, 4)
    expect(card.locator("details.menu")).to_have_attribute("open", "")
    expect(card.locator("img")).to_be_visible()
    expect(card.locator("summary")).to_be_focused()
    other = incident_id(page, "Gate 1")
    with api.client() as client:
        assert client.post(f"/v1/incidents/{other}/acts", json={"act": "confirm"}).is_success
    shows(page, 3)
    with api.client() as client:
        own = f"/v1/incidents/{incident_id(page, '2 号门')}/acts"
        assert client.post(own, json={"act": "confirm"}).is_success
    expect(page.locator("h1 .count")).to_have_text("2")
    expect(card.locator("details.menu")).to_have_attribute("open", "")
    card.get_by_role("button", name="Steam").click()
    expect(card.locator(".failed")).to_be_visible()


@pytest.mark.parametrize("view", ["table", "pictures"])
def test_a_ticked_box_holds_its_own_row_alone(visits: Visits, api: Api, view: str) -> None:
    """The rest of the list goes on."""
    page = visits.page()
    page.goto(f"{api.url}/incidents?view={view}")
    is_live(page)
    row = page.locator("[data-card]", has_text="2 号门")
    row.get_by_role("checkbox").check()
    add_incidents(api, "Gate 4", first=4)
    expect(page.locator("[data-card]")).to_have_count(4)
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(row).to_have_count(1)


def incident_id(page: Page, camera_name: str) -> str:
    """The incident of a camera's card."""
    found = page.locator("[data-card]", has_text=camera_name).get_attribute("data-card")
    assert found is not None
    return found


def test_focus_and_marked_words_outlive_news(visits: Visits, api: Api) -> None:
    """Keys go on from where they were, also outside of cards; marked words stay marked."""
    (incident,) = add_incidents(api, "Gate 4", first=4)
    page = visits.page()
    page.goto(f"{api.url}/incidents/{incident}")
    is_live(page)
    with api.client() as client:

        def act(**body: str) -> None:
            assert client.post(f"/v1/incidents/{incident}/acts", json=body).is_success

        act(act="confirm")
        summary = page.locator("details.act summary", has_text="Assign")
        summary.focus()
        act(act="assign", assignee="Li")
        expect(page.locator("[data-refresh=facts]")).to_contain_text("Li")
        expect(page.locator("[data-refresh=acts]")).to_contain_text("Put right")
        expect(summary).to_be_focused()
        number = page.locator("[data-refresh=facts] code")
        number.evaluate("one => getSelection().selectAllChildren(one)")
        act(act="note", text="the next event")
        act(act="assign", assignee="Wang")
        expect(page.locator("[data-refresh=history]")).to_contain_text("Wang")
        assert page.evaluate("String(getSelection())") == incident
