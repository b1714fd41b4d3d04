"""An incident from its page: after-pictures, merging, masks, scrubbing; several at once."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from safety_detector.service.incidents.records import IncidentFilter, StoredIncident
from tests.api_server import Api, make_jpeg
from tests.console_stand import add_incidents
from tests.eventually import eventually

from .conftest import Visits

pytestmark = pytest.mark.processes


def incident_of(api: Api, camera_id: str) -> StoredIncident:
    """The incident of a camera."""
    return api.service.incidents.records.list(IncidentFilter(camera_id=camera_id), 1)[0]


def act(api: Api, incident_id: str, **body: str) -> None:
    """Does something as a program does."""
    with api.client() as client:
        answer = client.post(f"/v1/incidents/{incident_id}/acts", json=body)
        assert answer.is_success, answer.text


def push(api: Api, camera_id: str, *seeds: int) -> None:
    """More pictures of a camera that show the fire."""
    with api.client() as client:
        for seed in seeds:
            answer = client.post(
                f"/v1/cameras/{camera_id}/frames",
                content=make_jpeg(seed, (640, 360)),
                headers={"Content-Type": "image/jpeg"},
            )
            assert answer.status_code == 202
            api.work()


@contextmanager
def working(api: Api) -> Iterator[None]:
    """Inspects what comes in meanwhile, as a worker does."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.1):
            api.work()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def assigned(api: Api, camera_id: str = "camera-1") -> str:
    """An incident that somebody has to put right."""
    incident_id = incident_of(api, camera_id).id
    act(api, incident_id, act="confirm")
    act(api, incident_id, act="assign", assignee="Wang Lei")
    return incident_id


def first_of(held: list[Route], page: Page) -> Route:
    """What the page asks next, held on its way."""
    for _ in range(400):
        if held:
            return held.pop(0)
        page.wait_for_timeout(50)
    raise AssertionError("the page asks nothing")


def rectifying(page: Page) -> Page:
    """Opens the form of what was put right."""
    form = page.locator("details", has=page.locator("[data-drop]"))
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    return page


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_an_after_picture_is_looked_at_before_it_counts(
    visits: Visits, api: Api, tmp_path: Path, locale: str
) -> None:
    """It is sent from the page; what the detector sees in it is said; a person may know better."""
    incident_id = assigned(api)
    picture = tmp_path / "put right.jpg"
    picture.write_bytes(make_jpeg(99, (640, 360)))
    page = visits.page(locale=locale)
    page.goto(f"{api.url}/incidents/{incident_id}")
    rectifying(page)
    form = page.locator("form", has=page.locator("[data-drop]"))
    form.locator("textarea").fill("The cylinders are gone")
    with working(api):
        page.locator('[data-drop] input[type="file"]').set_input_files(picture)
        expect(page.locator("[data-after] .after-said")).to_have_class(re.compile("doubted"))
    assert incident_of(api, "camera-1").state == "assigned"  # nothing counts yet
    expect(form.locator("textarea")).to_have_value("The cylinders are gone")
    expect(page.locator("[data-after] img")).to_be_visible()
    done = form.locator('button[value="rectify"]')
    done.click()  # the detector's doubt is not overridden
    expect(page.get_by_role("alert").first).to_be_visible()
    form = page.locator("form", has=page.locator("[data-drop]"))
    expect(form.locator("textarea")).to_have_value("The cylinders are gone")
    form.locator('[name="override"]').check()
    expect(page.locator(".incident-told")).not_to_contain_text("override")
    form.locator('button[value="rectify"]').click()
    expect(page.locator(".plates .state-rectified")).to_be_visible()
    after = incident_of(api, "camera-1").after
    assert after is not None
    assert after.verdict == "hazard"


def test_what_is_no_picture_is_said_at_once(visits: Visits, api: Api, tmp_path: Path) -> None:
    """A file that is none, or an empty one, does nothing, and what was typed stays."""
    incident_id = assigned(api)
    page = visits.page()
    page.goto(f"{api.url}/incidents/{incident_id}")
    rectifying(page)
    form = page.locator("form", has=page.locator("[data-drop]"))
    form.locator("textarea").fill("done")
    for name, content in (("notes.txt", b"not a picture"), ("empty.jpg", b"")):
        (tmp_path / name).write_bytes(content)
        page.locator('[data-drop] input[type="file"]').set_input_files(tmp_path / name)
        expect(page.locator("[data-drop] .failed")).to_be_visible()
        expect(page.locator('[data-after] [name="inspection_id"]')).to_have_count(0)
    expect(form.locator("textarea")).to_have_value("done")


def test_an_after_picture_without_scripts(visits: Visits, api: Api, tmp_path: Path) -> None:
    """Sent by the form's own button, it comes back with its result and what was typed."""
    incident_id = assigned(api)
    picture = tmp_path / "after.jpg"
    picture.write_bytes(make_jpeg(98, (640, 360)))
    page = visits.page(java_script_enabled=False)
    page.goto(f"{api.url}/incidents/{incident_id}")
    rectifying(page)
    form = page.locator("form", has=page.locator("[data-drop]"))
    form.locator("textarea").fill("as it should be")
    form.locator('input[type="file"]').set_input_files(picture)
    with working(api):
        form.locator("[data-send]").click()
        expect(page.locator("[data-after] .after-said")).to_be_visible()
    form = page.locator("form", has=page.locator("[data-drop]"))
    expect(form.locator("textarea")).to_have_value("as it should be")
    form.locator('[name="override"]').check()
    form.locator('button[value="rectify"]').click()
    expect(page.locator(".plates .state-rectified")).to_be_visible()


def test_two_incidents_are_merged_and_parted_again(visits: Visits, api: Api) -> None:
    """Chosen by its picture, the other one becomes part of this one, and is parted by a click."""
    first, second = incident_of(api, "camera-1"), incident_of(api, "camera-2")
    page = visits.page()
    page.goto(f"{api.url}/incidents/{first.id}")
    page.get_by_role("link", name="Merge or split").click()
    page.get_by_role("button", name=re.compile("merge: 2 号门")).click()
    expect(page.get_by_role("heading", name="Merged into this one")).to_be_visible()
    assert api.service.incidents.records.get(second.id).id == first.id
    page.get_by_role("button", name=re.compile("Part it again")).click()
    expect(page.get_by_role("heading", name="Merged into this one")).to_have_count(0)
    assert api.service.incidents.records.get(second.id).id == second.id


def test_pictures_of_something_else_become_an_incident(visits: Visits, api: Api) -> None:
    """They are chosen, a row of them with the shift key; all of them is refused, and said."""
    push(api, "camera-1", 61, 62, 63)
    incident = incident_of(api, "camera-1")
    page = visits.page()
    page.goto(f"{api.url}/incidents/{incident.id}/parts")
    boxes = page.locator('[name="inspection_ids"]')
    expect(boxes).to_have_count(4)
    boxes.first.click()
    boxes.last.click(modifiers=["Shift"])
    expect(page.locator("[data-chosen]").last).to_have_text("(4)")
    page.get_by_role("button", name=re.compile("Make an incident")).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator('[name="inspection_ids"]:checked')).to_have_count(4)
    boxes.first.uncheck()
    boxes.nth(1).uncheck()
    page.get_by_role("button", name=re.compile("Make an incident")).click()
    expect(boxes).to_have_count(2)
    listed = api.service.incidents.records.list(IncidentFilter(camera_id="camera-1"), 5)
    assert sorted(one.sightings for one in listed) == [2, 4]


def test_a_mask_is_proposed_and_accepted(visits: Visits, api: Api) -> None:
    """A false alarm leads to the mask that would keep it away, drawn on its picture."""
    incident = incident_of(api, "camera-3")
    page = visits.page()
    page.goto(f"{api.url}/incidents/{incident.id}/mask")
    expect(page.locator(".empty")).to_contain_text("false alarm")
    act(api, incident.id, act="dismiss", text="sun on the tank")
    page.goto(f"{api.url}/incidents/{incident.id}")
    page.get_by_role("link", name="Keep this false alarm").click()
    expect(page.locator("polygon")).to_have_count(1)
    expect(page.get_by_label("Why")).to_have_value("sun on the tank")
    page.get_by_role("button", name="Add the mask").click()
    expect(page.locator(".empty")).to_contain_text("sun on the tank")
    with api.client() as client:
        assert len(client.get("/v1/cameras/camera-3").json()["masks"]) == 1


def test_hundreds_of_pictures_are_gone_through_with_a_slider(visits: Visits, api: Api) -> None:
    """The slider knows all of them, shows each, its place in the map, and the way to its page."""
    push(api, "camera-1", *range(200, 270))
    incident = incident_of(api, "camera-1")
    page = visits.page()
    page.goto(f"{api.url}/incidents/{incident.id}")
    slider = page.locator("#scrub")
    expect(slider).to_have_attribute("max", "71")
    expect(page.locator("[data-places] rect")).to_have_count(71)
    slider.focus()
    page.keyboard.press("End")
    expect(page.locator(".scrub output")).to_contain_text("71 / 71")
    last = str(page.locator("[data-places] rect").last.get_attribute("data-of"))
    expect(page.locator("[data-annotated]")).to_have_attribute("src", re.compile(last))
    expect(page.locator("[data-picture-page]")).to_have_attribute("href", f"/pictures/{last}")
    expect(page.locator("[data-place-shown] rect")).to_have_attribute("data-of", last)
    expect(page.locator("[data-strip] [data-show]")).to_have_count(60)


def test_a_comment_stays_in_the_history(visits: Visits, api: Api) -> None:
    """It stands there without a reload, and what is typed meanwhile elsewhere is not lost."""
    incident_id = assigned(api)
    page = visits.page()
    page.goto(f"{api.url}/incidents/{incident_id}")
    rectifying(page)
    page.locator("form", has=page.locator("[data-drop]")).locator("textarea").fill("half a sent")
    page.locator("[data-comment] textarea").fill("Smells of solvent")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".history")).to_contain_text("Smells of solvent")
    act(api, incident_id, act="note", text="from elsewhere")
    expect(page.locator(".history")).to_contain_text("from elsewhere")
    typed = page.locator("form", has=page.locator("[data-drop]")).locator("textarea")
    expect(typed).to_have_value("half a sent")


def test_a_comment_begun_while_another_is_on_its_way_stays(visits: Visits, api: Api) -> None:
    """A second click sends nothing twice; what is refused comes back before what was begun."""
    incident_id = assigned(api)
    page = visits.page()
    page.goto(f"{api.url}/incidents/{incident_id}")
    held: list[Route] = []
    page.route("**/acts", lambda route: held.append(route))
    field, add = page.get_by_label("Comment"), page.get_by_role("button", name="Add", exact=True)
    field.fill("the first")
    add.dblclick()
    expect(add).to_be_disabled()
    field.fill("the second")
    first_of(held, page).continue_()
    expect(page.locator(".history")).to_contain_text("the first")
    expect(field).to_have_value("the second")
    assert held == []
    add.click()
    expect(add).to_be_disabled()
    field.fill("the third")
    first_of(held, page).fulfill(status=409, body="refused")
    expect(page.locator("[data-comment] .failed")).to_contain_text("refused")
    expect(field).to_have_value("the second\nthe third")
    page.unroute("**/acts")
    assert [one.text for one in api.service.incidents.acts.list(incident_id) if one.text] == [
        "the first"
    ]


def test_what_happens_while_an_after_picture_is_sent_costs_it_not(visits: Visits, api: Api) -> None:
    """It was dropped, so that no field holds it; it is there all the same once it was seen."""
    incident_id = assigned(api)
    page = visits.page()
    page.goto(f"{api.url}/incidents/{incident_id}")
    rectifying(page)
    held: list[Route] = []
    page.route("**/after", lambda route: held.append(route))
    page.locator("[data-drop]").evaluate(
        """(drop, bytes) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([new Uint8Array(bytes)], "a.jpg", {type: "image/jpeg"}));
          const how = { dataTransfer, bubbles: true, cancelable: true };
          drop.dispatchEvent(new DragEvent("drop", how));
        }""",
        list(make_jpeg(77, (640, 360))),
    )
    expect(page.locator("[data-drop] progress")).to_be_visible()
    act(api, incident_id, act="assign", assignee="Qian")
    expect(page.locator("[data-refresh=history]")).to_contain_text("Qian")
    with working(api):
        first_of(held, page).continue_()
        expect(page.locator("[data-after] .after-said")).to_be_visible()
    expect(page.locator('[data-after] [name="inspection_id"]')).to_have_count(1)


def test_what_was_taken_out_of_a_form_is_gone(visits: Visits, api: Api) -> None:
    """The form of an assignment shows when it is due; what is emptied in any stays empty."""
    incident_id = assigned(api)
    due = datetime.now(UTC).replace(hour=10, minute=0, second=30, microsecond=0)
    due += timedelta(days=24)
    said = {"measure": "move the cylinders", "due_at": due.isoformat()}
    act(api, incident_id, act="assign", assignee="Li", **said)
    with api.client() as client:
        described = {"location": "Hall", "level": "major"}
        assert client.patch(f"/v1/incidents/{incident_id}", json=described).is_success
    page = visits.page()
    page.goto(f"{api.url}/incidents/{incident_id}")
    form = page.locator("details.act", has=page.locator("[name=assignee]"))
    form.locator("summary").click()
    expect(form.locator("[name=due_at]")).to_have_value(re.compile(f"^{due:%Y-%m-%d}T"))
    form.locator("[name=measure]").fill("")
    form.locator("[name=responsible_unit]").fill("Unit 7")
    form.locator("button.primary").click()
    expect(page.locator("[data-refresh=history]")).to_be_visible()
    expect(page.locator("[name=responsible_unit]")).to_have_value("Unit 7")
    incident = incident_of(api, "camera-1")
    assert (incident.measure, incident.responsible_unit) == (None, "Unit 7")
    assert incident.due_at is not None
    assert incident.due_at == due
    assert api.service.incidents.acts.list(incident_id)[-1].due_at is None  # it may be past
    form = page.locator("details.act", has=page.locator("[name=level]"))
    form.locator("summary").click()
    form.locator("[name=location]").fill("")
    form.locator("[name=level]").select_option("")
    act(api, incident_id, act="assign", assignee="Zhao")
    form.locator("button.primary").click()
    expect(page.locator(".incident-told > .failed")).to_be_visible()
    expect(form.locator("[name=location]")).to_be_visible()
    expect(form.locator("[name=location]")).to_have_value("")
    expect(form.locator("[name=level]")).to_have_value("")


@pytest.mark.parametrize("name", ["measure", "description"])
def test_words_of_a_refused_form_stay_whatever_happens(visits: Visits, api: Api, name: str) -> None:
    """A form that came back refused is left alone by what happens after; and is sent again."""
    incident_id = assigned(api)
    page = visits.page()
    page.goto(f"{api.url}/incidents/{incident_id}")
    field = page.locator(f"[name={name}]")
    form = page.locator("details.act", has=page.locator(f"[name={name}]"))
    form.locator("summary").click()
    field.fill("Oil rags burn beside the pump")
    act(api, incident_id, act="assign", assignee="Zhao")
    form.locator("button.primary").click()
    expect(page.locator(".incident-told > .failed")).to_be_visible()
    expect(field).to_have_value("Oil rags burn beside the pump")
    act(api, incident_id, act="note", text="the next event")
    expect(page.locator("[data-refresh=history]")).to_contain_text("the next event")
    expect(field).to_be_visible()
    expect(field).to_have_value("Oil rags burn beside the pump")


@pytest.mark.parametrize("view", ["table", "pictures"])
def test_several_are_judged_at_once_and_taken_back(visits: Visits, api: Api, view: str) -> None:
    """Chosen by keys and judged by one; what somebody else did meanwhile is said of that one."""
    page = visits.page()
    page.goto(f"{api.url}/incidents?state=open&view={view}")
    expect(page.locator('[name="chosen"]')).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("2")
    expect(page.locator("[data-several]")).to_contain_text("2")
    expect(page.locator('[type="checkbox"][name="chosen"]')).to_have_count(1)
    counts = [one.state for one in api.service.incidents.records.list(IncidentFilter(), 9)]
    assert sorted(counts) == ["false_alarm", "false_alarm", "open"]
    for one in api.service.incidents.records.list(IncidentFilter(), 9):
        acts = api.service.incidents.acts.list(one.id)
        assert all(act.shown_inspection_id == one.best_inspection_id for act in acts)
    page.keyboard.press("z")
    expect(page.locator("[data-several]")).to_contain_text("Opened again")
    eventually(
        lambda: "false_alarm" not in [
            one.state for one in api.service.incidents.records.list(IncidentFilter(), 9)
        ],
        "the judgements are taken back",
    )  # fmt: skip


def current(page: Page) -> str:
    """The incident that keys are about."""
    return str(page.locator('[data-card][aria-current="true"]').get_attribute("data-card"))


def state_of(api: Api, incident_id: str) -> str:
    """How it stands."""
    with api.client() as client:
        return str(client.get(f"/v1/incidents/{incident_id}").json()["state"])


def test_a_key_that_failed_leaves_nothing_chosen(visits: Visits, api: Api) -> None:
    """The next key is for the incident that is current then."""
    page = visits.page()
    page.goto(f"{api.url}/incidents?state=open")
    page.route("**/incidents/acts", lambda route: route.fulfill(status=503, body="not now"))
    page.keyboard.press("j")
    first = current(page)
    page.keyboard.press("1")
    expect(page.locator("#several .failed")).to_contain_text("not now")
    expect(page.locator('[name="chosen"]:checked')).to_have_count(0)
    page.unroute("**/incidents/acts")
    page.keyboard.press("j")
    second = current(page)
    page.keyboard.press("u")
    eventually(lambda: state_of(api, second) == "acknowledged", "the second key")
    assert state_of(api, first) == "open"


def test_keys_in_quick_succession_judge_each_its_own(visits: Visits, api: Api) -> None:
    """However late the answers come, and in whichever order; what is chosen meanwhile stays so."""
    add_incidents(api, "Gate 4", first=4)
    page = visits.page()
    page.goto(f"{api.url}/incidents?state=open")
    held: list[Route] = []
    page.route("**/incidents/acts", lambda route: held.append(route))
    page.keyboard.press("j")
    first = current(page)
    page.keyboard.press("c")
    page.keyboard.press("1")  # not twice of the same one
    page.keyboard.press("j")
    second = current(page)
    page.keyboard.press("1")
    eventually(lambda: page.evaluate("true") and len(held) == 2, "both are sent")
    page.keyboard.press("j")
    page.keyboard.press("x")
    third = current(page)
    for one in reversed(held):
        one.continue_()
    eventually(lambda: state_of(api, first) == "confirmed", "the first key")
    eventually(lambda: state_of(api, second) == "false_alarm", "the second key")
    expect(page.locator("[data-several]")).to_contain_text("1")
    expect(page.locator('[name="chosen"]:checked')).to_have_count(1)
    expect(page.locator('[name="chosen"]:checked')).to_have_value(re.compile(third))
    expect(page.locator("[data-chosen]")).to_have_text("(1)")


def test_what_is_chosen_is_told_on_coming_back(visits: Visits, api: Api) -> None:
    """No box is ticked that nobody ticked, and none without being counted."""
    page = visits.page()
    page.goto(f"{api.url}/incidents?state=open")
    box = page.locator('[name="chosen"]').first
    ticked = str(box.get_attribute("value"))
    box.check()
    page.locator("a.row-link").first.click()
    page.wait_for_url("**/incidents/*")
    add_incidents(api, "Gate 4", first=4)
    page.go_back()
    expect(page.locator("#several")).to_be_visible()
    page.wait_for_load_state()
    chosen = page.locator('[name="chosen"]:checked').evaluate_all("all => all.map(o => o.value)")
    assert chosen in ([], [ticked])
    expect(page.locator("[data-chosen]")).to_have_text("(1)" if chosen else "")


def test_of_several_the_one_that_changed_is_named(visits: Visits, api: Api) -> None:
    """The others are judged all the same; without scripts too."""
    page = visits.page(java_script_enabled=False)
    page.goto(f"{api.url}/incidents?state=open")
    for box in page.locator('[name="chosen"]').all():
        box.check()
    act(api, incident_of(api, "camera-2").id, act="note", text="I look at it")
    page.locator("#several button", has_text="Confirm").click()
    expect(page.locator(".done-several li")).to_have_count(1)
    expect(page.locator(".done-several li")).to_contain_text("2 号门")
    states = {one.camera_id: one.state for one in api.service.incidents.records.list(
        IncidentFilter(), 9)}  # fmt: skip
    assert states == {"camera-1": "confirmed", "camera-2": "open", "camera-3": "confirmed"}


def test_the_list_is_grouped_and_filtered_by_its_address(visits: Visits, api: Api) -> None:
    """Words, judgement and grouping stand in the address, and in the form after it."""
    act(api, incident_of(api, "camera-1").id, act="confirm")
    page = visits.page(locale="zh-CN")
    page.goto(f"{api.url}/incidents?group=camera")
    expect(page.locator(".group-head")).to_have_count(3)
    page.get_by_role("link", name="2 号门").first.click()
    expect(page).to_have_url(re.compile("camera_id=camera-2"))
    page.goto(f"{api.url}/incidents?review=confirmed&group=day")
    expect(page.locator(".group-head")).to_contain_text("今天")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_label("判定结果")).to_have_value("confirmed")
    page.goto(f"{api.url}/incidents?q=号门")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_camera_is_chosen_by_its_name(visits: Visits, api: Api) -> None:
    """Lists, numbers and orders offer cameras by name; a typed id that none has stays."""
    page = visits.page(locale="zh-CN")
    for path in (
        "/incidents?camera_id=nobody",
        "/incidents/statistics?camera_id=nobody",
        "/reports/new?kind=incidents&camera_id=nobody",
        "/reports/new?kind=notices&camera_id=nobody",
    ):
        page.goto(api.url + path)
        choice = page.locator('select[name="camera_id"]').first
        expect(choice).to_have_value("nobody")
        choice.select_option(label="2 号门")
        expect(choice).to_have_value("camera-2")


def test_a_camera_among_very_many_is_typed(api: Api) -> None:
    """No drop-down of hundreds; a name that somebody types means the camera that has it."""
    with api.client() as client:
        for number in range(201):
            camera = {"id": f"more-{number}", "name": f"More {number}"}
            answer = client.post("/v1/cameras", json=camera)
            assert answer.is_success, answer.text
        for path in ("/incidents", "/incidents/statistics"):
            told = client.get(path, params={"camera_id": "2 号门"}).text
            assert '<select name="camera_id"' not in told
            assert re.search('<input name="camera_id" value="camera-2"', told)


def test_every_choice_of_the_list_has_a_name(api: Api) -> None:
    """No code of the program stands among what a person may choose."""
    with api.client() as client:
        told = client.get("/incidents", headers={"Accept-Language": "zh-CN"}).text
    names = re.findall(r'<option value="[^"]*"(?: selected)?>([^<]*)</option>', told)
    assert names
    assert [one for one in names if re.match("[a-z]+-", one)] == []


def test_what_was_assigned_is_told(api: Api) -> None:
    """Measure, unit, money and plan stand among the facts, and the measure in the history."""
    said = {
        "measure": "remove the rags",
        "responsible_unit": "Maintenance",
        "funds": "500 CNY",
        "contingency_plan": "a fire watch",
    }
    incident_id = incident_of(api, "camera-1").id
    act(api, incident_id, act="confirm")
    act(api, incident_id, act="assign", assignee="Wang Lei", **said)
    with api.client() as client:
        told = client.get(f"/incidents/{incident_id}").text
    facts = told.split('<section data-refresh="facts">')[1].split("</section>")[0]
    history = told.split('<section data-refresh="history">')[1].split("</section>")[0]
    assert [one for one in said.values() if one not in facts] == []
    assert said["measure"] in history


def test_what_is_refused_speaks_of_the_page(visits: Visits, api: Api) -> None:
    """A date that has passed is told in the page's words, without the names that programs send."""
    incident_id = incident_of(api, "camera-1").id
    act(api, incident_id, act="confirm")
    page = visits.page(locale="zh-CN")
    page.goto(f"{api.url}/incidents/{incident_id}")
    form = page.locator("form", has=page.locator('button[value="assign"]'))
    form.locator('[name="assignee"]').fill("王磊")
    form.locator('[name="due_at"]').fill("2020-01-01T08:00")
    form.locator('button[value="assign"]').click()
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("整改期限须晚于现在")
    expect(alert).not_to_contain_text("due_at")
