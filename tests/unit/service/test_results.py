"""Reading inspections and events."""

from __future__ import annotations

from datetime import timedelta

import pytest

from safety_detector.domain.hazards import Label
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.errors import CursorInvalid
from safety_detector.service.records import EventKind, InspectionFilter, Submission
from tests.pictures import jpeg
from tests.service_stand import BARE_HEAD, FIRE, Stand


def ids(stand: Stand, **wanted: object) -> list[str]:
    """Ids of what matches, newest first."""
    found = InspectionFilter(**wanted)  # type: ignore[arg-type] # keywords of the test
    return [one.id for one in stand.service.results.list(found, 100).inspections]


def test_pages_show_each_inspection_once_newest_first(stand: Stand) -> None:
    """Whatever is accepted between two pages does not shift what is shown."""
    accepted = [stand.accept(number).id for number in range(7)]
    first = stand.service.results.list(InspectionFilter(), 3)
    stand.accept(99)
    second = stand.service.results.list(InspectionFilter(), 3, first.next_cursor)
    third = stand.service.results.list(InspectionFilter(), 3, second.next_cursor)
    shown = [one.id for page in (first, second, third) for one in page.inspections]
    assert shown == accepted[::-1]
    assert third.next_cursor is None


def test_a_full_last_page_has_no_next(stand: Stand) -> None:
    """The cursor is there only if something stands behind it."""
    for number in range(3):
        stand.accept(number)
    assert stand.service.results.list(InspectionFilter(), 3).next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "'; DROP TABLE inspections", "01M8" * 7])
def test_a_cursor_that_is_none_of_ours_is_refused(stand: Stand, cursor: str) -> None:
    """It neither gives a wrong page nor reaches the database."""
    with pytest.raises(CursorInvalid):
        stand.service.results.list(InspectionFilter(), 3, cursor)


def test_filters_find_what_they_name(stand: Stand) -> None:
    """By status, verdict, label, batch and time."""
    burning, bare, clear, waiting = (stand.accept(number).id for number in range(4))
    stand.complete(stand.claim(), FIRE)
    stand.complete(stand.claim(), BARE_HEAD)
    stand.complete(stand.claim())
    batch = stand.service.intake.accept(jpeg(9), Submission("9.jpg", batch_id="B" * 26)).id
    assert ids(stand, status=Status.COMPLETED) == [clear, bare, burning]
    assert ids(stand, status=Status.QUEUED) == [batch, waiting]
    assert ids(stand, verdict=Verdict.HAZARD) == [bare, burning]
    assert ids(stand, label=Label.FIRE) == [burning]
    assert ids(stand, label=Label.PERSON, verdict=Verdict.HAZARD) == [bare]
    assert ids(stand, label=Label.SMOKE) == []
    assert ids(stand, batch_id="B" * 26) == [batch]
    assert ids(stand, camera_id="gate") == []


def test_since_is_included_and_until_is_not(stand: Stand) -> None:
    """Two neighbouring periods share no inspection and lose none, to the microsecond."""
    inspections = [stand.accept(number) for number in range(3)]
    middle = inspections[1].received_at
    assert ids(stand, since=middle) == [inspections[2].id, inspections[1].id]
    assert ids(stand, until=middle) == [inspections[0].id]
    later = middle + timedelta(microseconds=1)
    assert ids(stand, since=later) == [inspections[2].id]
    assert ids(stand, since=middle, until=later) == [inspections[1].id]


def test_what_is_not_there_is_none(stand: Stand) -> None:
    """An unknown id is no error here; the web layer says 404."""
    assert stand.service.results.get("x") is None
    assert stand.service.results.original("x") is None
    assert stand.service.results.annotated("x") is None
    assert stand.service.results.replaced_frame("x") is None


def test_the_original_is_served_as_what_it_is(stand: Stand) -> None:
    """Bytes, media type and name are the submitted ones."""
    accepted = stand.accept(1)
    original = stand.service.results.original(accepted.id)
    assert original is not None
    assert original.path.read_bytes() == jpeg(1)
    assert (original.media_type, original.name) == ("image/jpeg", "1.jpg")
    assert stand.service.results.annotated(accepted.id) is None


def test_events_tell_each_change_in_order_and_can_be_taken_up_again(stand: Stand) -> None:
    """A reader that gives back the last id it saw misses nothing and sees nothing twice."""
    accepted = stand.accept()
    stand.complete(stand.claim(), FIRE)
    events = stand.service.results.events_after(None, 10)
    assert [event.kind for event in events] == [
        EventKind.QUEUED,
        EventKind.RUNNING,
        EventKind.COMPLETED,
    ]
    assert {event.inspection_id for event in events} == {accepted.id}
    assert stand.service.results.events_after(events[0].id, 1) == events[1:2]
    assert stand.service.results.events_after(events[-1].id, 10) == ()
    assert stand.service.results.newest_event_id() == events[-1].id


def test_a_new_reader_can_begin_behind_everything(stand: Stand) -> None:
    """It sees only what happens from then on, in an empty feed too."""
    start = stand.service.results.newest_event_id()
    assert stand.service.results.events_after(start, 10) == ()
    stand.accept()
    assert len(stand.service.results.events_after(start, 10)) == 1


@pytest.mark.parametrize("last_id", ["", "x", "1", "-", "1-", "-1", "1-x"])
def test_an_event_id_that_is_none_of_ours_is_refused(stand: Stand, last_id: str) -> None:
    """A reader learns that it cannot go on from there."""
    with pytest.raises(CursorInvalid):
        stand.service.results.events_after(last_id, 10)
