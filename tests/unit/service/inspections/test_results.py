"""Reading inspections and events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from safety_detector.database.tables import inspections
from safety_detector.documents.results import ResultDocument
from safety_detector.domain.capture_time import ClockNoteCode, TakenFrom
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.errors import CursorInvalid, PictureBroken
from safety_detector.service.inspections.listing import filtered, ordered
from safety_detector.service.records import EventKind, InspectionFilter, ListOrder, Submission
from tests.pictures import jpeg, taken_by_a_camera
from tests.service_stand import BARE_HEAD, FIRE, Stand, fail


def ids(stand: Stand, **wanted: object) -> list[str]:
    """Ids of what matches, newest first."""
    found = InspectionFilter(**wanted)  # type: ignore[arg-type] # keywords of the test
    return [one.id for one in stand.service.inspections.results.list(found, 100).items]


def test_pages_show_each_inspection_once_newest_first(stand: Stand) -> None:
    """Whatever is accepted between two pages does not shift what is shown."""
    accepted = [stand.accept(number).id for number in range(7)]
    first = stand.service.inspections.results.list(InspectionFilter(), 3)
    stand.accept(99)
    second = stand.service.inspections.results.list(InspectionFilter(), 3, first.next_cursor)
    third = stand.service.inspections.results.list(InspectionFilter(), 3, second.next_cursor)
    shown = [one.id for page in (first, second, third) for one in page.items]
    assert shown == accepted[::-1]
    assert third.next_cursor is None


def test_a_full_last_page_has_no_next(stand: Stand) -> None:
    """The cursor is there only if something stands behind it."""
    for number in range(3):
        stand.accept(number)
    assert stand.service.inspections.results.list(InspectionFilter(), 3).next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "'; DROP TABLE inspections", "01M8" * 7])
def test_a_cursor_that_is_none_of_ours_is_refused(stand: Stand, cursor: str) -> None:
    """It neither gives a wrong page nor reaches the database."""
    with pytest.raises(CursorInvalid):
        stand.service.inspections.results.list(InspectionFilter(), 3, cursor)


def test_filters_find_what_they_name(stand: Stand) -> None:
    """By status, verdict, label, batch and time."""
    burning, bare, clear, waiting = (stand.accept(number).id for number in range(4))
    stand.complete(stand.claim(), FIRE)
    stand.complete(stand.claim(), BARE_HEAD)
    stand.complete(stand.claim())
    batch = stand.service.inspections.intake.accept(
        jpeg(9), Submission("9.jpg", batch_id="B" * 26)
    ).id
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


def accept_taken(stand: Stand, seed: int, captured_at: datetime, camera: str | None = None) -> str:
    """The id of a picture that was taken then, and arrives now."""
    said = Submission(f"{seed}.jpg", captured_at=captured_at, camera_id=camera)
    stand.clock.advance(0.001)
    return stand.service.inspections.intake.accept(jpeg(seed), said).id


def test_periods_are_about_when_pictures_were_taken(stand: Stand) -> None:
    """A picture of last week that arrives today is in last week and not in today."""
    today, last_week = stand.clock.now, stand.clock.now - timedelta(days=7)
    old = accept_taken(stand, 1, last_week)
    new = stand.accept(2).id
    assert ids(stand, since=last_week, until=last_week + timedelta(hours=1)) == [old]
    assert ids(stand, since=today) == [new]
    assert ids(stand) == [new, old]
    document = ResultDocument.of(stand.service.inspections.results.get_many([old])[old]).as_json()
    assert (document["taken_at"], document["taken_from"]) == (
        document["captured_at"],
        "captured_at",
    )


def test_a_camera_s_own_time_counts_where_its_sender_said_none(stand: Stand) -> None:
    """EXIF with an offset, and without one in the zone of the site, with a note that says so."""
    exact = taken_by_a_camera("2026:11:14 16:00:00", "+08:00")
    assumed = taken_by_a_camera("2026:11:14 09:00:00 ")
    accepted = [
        stand.service.inspections.intake.accept(one, Submission("x.jpg"))
        for one in (exact, assumed)
    ]
    at = datetime(2026, 11, 14, 8, 0, tzinfo=UTC)
    assert ids(stand, since=at, until=at + timedelta(minutes=1)) == [accepted[0].id]
    stored = stand.service.inspections.results.get(accepted[1].id)
    assert stored is not None
    assert stored.taken == accepted[1].taken
    assert stored.when_taken.source is TakenFrom.EXIF
    assert stored.when_taken.at == at + timedelta(hours=1)
    assert [(one.code.value, one.zone) for one in stored.when_taken.notes] == [
        ("zone-assumed", "UTC")
    ]


def test_a_clock_that_is_wrong_moves_no_picture_into_another_period(stand: Stand) -> None:
    """It is listed by its arrival, and its note tells what was stated."""
    arrived = stand.clock.now
    future = accept_taken(stand, 1, arrived + timedelta(days=3650))
    unset = accept_taken(stand, 2, datetime(1970, 1, 1, tzinfo=UTC))
    assert ids(stand, since=arrived, until=arrived + timedelta(minutes=1)) == [unset, future]
    found = stand.service.inspections.results.get(unset)
    assert found is not None
    (note,) = found.when_taken.notes
    assert (note.code, note.stated) == (
        ClockNoteCode.CLOCK_NEVER_SET,
        "1970-01-01T00:00:00+00:00",
    )


def test_pages_by_time_hold_together_where_times_are_equal(stand: Stand) -> None:
    """Each picture is shown once, also where a hundred were taken at the same moment."""
    moment = stand.clock.now - timedelta(days=1)
    accepted = {accept_taken(stand, seed, moment) for seed in range(7)}
    shown: list[str] = []
    cursor = None
    while True:
        page = stand.service.inspections.results.list(InspectionFilter(since=moment), 3, cursor)
        shown += [one.id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        accepted_meanwhile = accept_taken(stand, len(shown) + 100, moment - timedelta(days=1))
        assert accepted_meanwhile not in shown
    assert len(shown) == 7
    assert set(shown) == accepted


def test_order_by_arrival_and_by_urgency(stand: Stand) -> None:
    """The most urgent first; what failed before what is clear, and what is not done last."""
    clear, bare, burning, waiting = (stand.accept(number).id for number in range(4))
    stand.complete(stand.claim())
    stand.complete(stand.claim(), BARE_HEAD)
    stand.complete(stand.claim(), BARE_HEAD, FIRE)
    late = accept_taken(stand, 9, stand.clock.now - timedelta(days=30))
    assert listed(stand, ListOrder.URGENCY) == [burning, bare, clear, waiting, late]
    assert listed(stand, ListOrder.TAKEN) == [waiting, burning, bare, clear, late]
    assert listed(stand, ListOrder.ARRIVAL) == [late, waiting, burning, bare, clear]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_is_the_same_in_every_order(stand: Stand, verdict: Verdict) -> None:
    """By urgency the verdict is looked for in another column, which tells the same ones."""
    unsure, helmet = (Hazard(Label.PERSON, one) for one in (SubLabel.UNCERTAIN, SubLabel.HELMET))
    for number, hazards in enumerate(((), (BARE_HEAD,), (FIRE,), (unsure,), (helmet, FIRE))):
        stand.accept(number)
        stand.complete(stand.claim(), *hazards)
    stand.accept(8)
    assert fail(stand.service.inspections.jobs, stand.claim(), PictureBroken("Cannot be decoded."))
    stand.accept(9)
    by_order = {
        order: {
            one.id
            for one in stand.service.inspections.results.list(
                InspectionFilter(verdict=verdict), 50, None, order
            ).items
        }
        for order in ListOrder
    }
    assert by_order[ListOrder.TAKEN]
    assert by_order[ListOrder.URGENCY] == by_order[ListOrder.TAKEN]


def listed(stand: Stand, order: ListOrder) -> list[str]:
    """All ids in that order, read in pages of two."""
    shown: list[str] = []
    cursor = None
    while True:
        page = stand.service.inspections.results.list(InspectionFilter(), 2, cursor, order)
        shown += [one.id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return shown


def test_a_cursor_belongs_to_its_order(stand: Stand) -> None:
    """Taken for one of another order it would leave pictures out without a word."""
    for number in range(3):
        stand.accept(number)
    cursor = stand.service.inspections.results.list(InspectionFilter(), 1).next_cursor
    for order in (ListOrder.ARRIVAL, ListOrder.URGENCY):
        with pytest.raises(CursorInvalid, match="another order"):
            stand.service.inspections.results.list(InspectionFilter(), 1, cursor, order)


def test_states_and_names_are_found(stand: Stand) -> None:
    """A state alone, with its label of one box, or with another box's; a name by any part of it."""
    severe, bare, both = (stand.accept(number).id for number in range(3))
    stand.complete(stand.claim(), FIRE)
    stand.complete(stand.claim(), BARE_HEAD)
    stand.complete(stand.claim(), BARE_HEAD, Hazard(Label.FIRE, SubLabel.MINOR))
    assert ids(stand, sub_label=SubLabel.NO_HELMET) == [both, bare]
    assert ids(stand, sub_label=SubLabel.SEVERE) == [severe]
    assert ids(stand, label=Label.FIRE, sub_label=SubLabel.SEVERE) == [severe]
    assert ids(stand, label=Label.FIRE, sub_label=SubLabel.NO_HELMET) == [both]
    assert ids(stand, label=Label.SMOKE, sub_label=SubLabel.SEVERE) == []
    assert ids(stand, sub_label=SubLabel.UNCERTAIN) == []
    odd = [
        stand.service.inspections.intake.accept(jpeg(seed), Submission(name)).id
        for seed, name in enumerate(("Gate_3/100%.JPG", "北门/gate.jpg", "gateX3/1000.jpg"), 50)
    ]
    assert ids(stand, name="gate") == odd[::-1]
    assert ids(stand, name="gate_3") == odd[:1]
    assert ids(stand, name="100%.") == odd[:1]
    assert ids(stand, name="北门") == odd[1:2]
    assert ids(stand, name="%") == odd[:1]
    assert ids(stand, name="\\") == []


def test_a_camera_and_a_period_are_read_from_an_index(stand: Stand) -> None:
    """A page of one camera's day does not go through all pictures that there are."""
    since = stand.clock.now
    wanted = InspectionFilter(camera_id="gate", since=since, until=since + timedelta(days=1))
    query = ordered(filtered(select(inspections), wanted), ListOrder.TAKEN, None).limit(51)
    with stand.service.database.write() as connection:
        for number in range(2000):
            row = {**ROW, "id": f"{number:026d}", "camera_id": f"camera-{number % 20}"}
            row["taken_at"] = since + timedelta(minutes=number)
            connection.execute(insert(inspections), row)
        if connection.dialect.name != "sqlite":
            connection.execute(text("ANALYZE inspections"))
    with stand.service.database.read() as connection:
        dialect = connection.dialect
        written = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        plan = "EXPLAIN QUERY PLAN " if dialect.name == "sqlite" else "EXPLAIN "
        lines = [str(row) for row in connection.exec_driver_sql(plan + written.replace("%", "%%"))]
    assert any("ix_inspections_camera_taken_at" in line for line in lines), lines
    assert not any("TEMP B-TREE" in line or "Sort" in line for line in lines), lines


ROW: dict[str, object] = {
    "status": "completed", "name": "x.jpg", "sha256": "0" * 64, "width": 640, "height": 480,
    "received_at": datetime(2026, 11, 21, tzinfo=UTC), "metadata": {}, "source": "upload",
    "backend": "embedded", "priority": 0, "fence": 0, "failures": 0, "losses": 0, "outages": 0,
    "detections": [], "runs": [],
}  # fmt: skip


def test_what_is_not_there_is_none(stand: Stand) -> None:
    """An unknown id is no error here; the web layer says 404."""
    assert stand.service.inspections.results.get("x") is None
    assert stand.service.inspections.results.original("x") is None
    assert stand.service.inspections.results.annotated("x") is None
    assert stand.service.inspections.results.replaced_frame("x") is None


def test_the_original_is_served_as_what_it_is(stand: Stand) -> None:
    """Bytes, media type and name are the submitted ones."""
    accepted = stand.accept(1)
    original = stand.service.inspections.results.original(accepted.id)
    assert original is not None
    assert stand.service.inspections.results.read(original) == jpeg(1)
    assert (original.media_type, original.name) == ("image/jpeg", "1.jpg")
    assert stand.service.inspections.results.annotated(accepted.id) is None


def test_events_tell_each_change_in_order_and_can_be_taken_up_again(stand: Stand) -> None:
    """A reader that gives back the last id it saw misses nothing and sees nothing twice."""
    accepted = stand.accept()
    stand.complete(stand.claim(), FIRE)
    events = stand.service.inspections.results.events_after(None, 10)
    assert [event.kind for event in events] == [
        EventKind.QUEUED,
        EventKind.RUNNING,
        EventKind.COMPLETED,
    ]
    assert {event.inspection_id for event in events} == {accepted.id}
    assert stand.service.inspections.results.events_after(events[0].id, 1) == events[1:2]
    assert stand.service.inspections.results.events_after(events[-1].id, 10) == ()
    assert stand.service.inspections.results.newest_event_id() == events[-1].id


def test_a_new_reader_can_begin_behind_everything(stand: Stand) -> None:
    """It sees only what happens from then on, in an empty feed too."""
    start = stand.service.inspections.results.newest_event_id()
    assert stand.service.inspections.results.events_after(start, 10) == ()
    stand.accept()
    assert len(stand.service.inspections.results.events_after(start, 10)) == 1


@pytest.mark.parametrize("last_id", ["", "x", "1", "-", "1-", "-1", "1-x"])
def test_an_event_id_that_is_none_of_ours_is_refused(stand: Stand, last_id: str) -> None:
    """A reader learns that it cannot go on from there."""
    with pytest.raises(CursorInvalid):
        stand.service.inspections.results.events_after(last_id, 10)
