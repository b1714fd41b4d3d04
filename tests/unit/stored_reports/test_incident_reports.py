"""Reports on incidents that the service keeps: which are in them, and as they stood."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from safety_detector.appearance.fonts import find_fonts
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Level
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.errors import (
    NoticeRefused,
    PeriodNotBegun,
    ReportTooLarge,
    UnknownCamera,
    UnknownIncident,
)
from safety_detector.report.incidents import figures
from safety_detector.report.incidents.records import EvidenceRole, IncidentEntry
from safety_detector.service.access.audit import Actor
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.records import IncidentFilter, NewAct, StoredIncident
from safety_detector.service.records import Submission
from safety_detector.service.reports.records import ReportOrder, ReportSubject
from safety_detector.stored_reports.incidents import PreparedIncidents, prepare_incident_report
from safety_detector.stored_reports.pictures import StoredPictures
from safety_detector.stored_reports.writing import ReportPress
from tests.pictures import jpeg
from tests.service_stand import BARE_HEAD, FIRE, Stand

CHINA = timezone(timedelta(hours=8))
WANG, LI = Actor("Wang Lei"), Actor("Li Na")
FONTS = find_fonts()


def order(stand: Stand, **wanted: object) -> ReportOrder:
    """A report on the incidents of the last hour, unless something else is said."""
    usual = {"since": stand.clock.now - timedelta(hours=1)} if not wanted.get("notices") else {}
    return ReportOrder(about=ReportSubject.INCIDENTS, **{**usual, **wanted})


def prepared(stand: Stand, wanted: ReportOrder, at: datetime | None = None) -> PreparedIncidents:
    """What a report of that moment says, the present one unless another is said."""
    pictures = StoredPictures(stand.service.inspections.results, FONTS)
    made_at = at or stand.clock.now
    return prepare_incident_report(stand.service, wanted, made_at, CHINA, pictures, "en")


def look(stand: Stand, camera_id: str = "gate", *hazards: object, seed: int = 0) -> str:
    """A picture of a camera, and what it shows; its inspection."""
    stand.clock.advance(10)
    intake = stand.service.inspections.intake
    accepted = intake.accept(jpeg(seed), Submission(f"{seed}.jpg", camera_id=camera_id))
    assert stand.complete(stand.claim(), *hazards)
    return accepted.id


def fire(stand: Stand, camera_id: str = "gate") -> str:
    """The id of an incident that a severe fire opens."""
    known = {one.id for one in opened(stand)}
    look(stand, camera_id, FIRE)
    (new,) = [one for one in opened(stand) if one.id not in known]
    return new.id


def opened(stand: Stand) -> Sequence[StoredIncident]:
    """All incidents."""
    return stand.service.incidents.periods.opened(IncidentFilter())


def do(stand: Stand, incident_id: str, kind: ActKind, by: Actor = WANG, **said: object) -> None:
    """Does something about it, a minute later."""
    stand.clock.advance(60)
    assert stand.service.incidents.acts.do(incident_id, NewAct(kind, **said), by) is not None


def close(stand: Stand, incident_id: str) -> None:
    """Walks the whole loop."""
    picture = look(stand, "roof", seed=9)
    do(stand, incident_id, ActKind.CONFIRM)
    do(stand, incident_id, ActKind.ASSIGN, assignee="Zhao", measure="clear it")
    do(stand, incident_id, ActKind.RECTIFY, text="cleared", inspection_id=picture)
    do(stand, incident_id, ActKind.VERIFY, LI)
    do(stand, incident_id, ActKind.CLOSE, LI)


@pytest.fixture
def cameras(stand: Stand) -> Stand:
    """A gate and a roof."""
    for camera_id in ("gate", "roof"):
        stand.service.cameras.records.create(CameraSettings(camera_id.title()), camera_id)
    return stand


def test_an_incident_is_told_with_its_pictures_and_what_was_done(cameras: Stand) -> None:
    """The picture after is among them; people's words are those of their acts."""
    incident_id = fire(cameras)
    close(cameras, incident_id)
    (entry,) = prepared(cameras, order(cameras)).entries
    handled = entry.incident.handled
    assert handled.state is HandlingState.CLOSED
    assert (handled.assignee, handled.measure) == ("Zhao", "clear it")
    assert [one.by for one in handled.acts] == ["Wang Lei"] * 3 + ["Li Na"] * 2
    assert [one.role for one in entry.pictures] == [EvidenceRole.BEST, EvidenceRole.AFTER]
    assert all(one.entry.original() is not None for one in entry.pictures)


def test_what_is_done_after_the_order_is_not_in_the_report(cameras: Stand) -> None:
    """A worker that begins again says the same, whatever people did meanwhile."""
    incident_id = fire(cameras)
    do(cameras, incident_id, ActKind.CONFIRM)
    changed = {"level": Level.MAJOR.value, "location": "tank 4"}
    do(cameras, incident_id, ActKind.DESCRIBE, changed=changed)
    ordered_at, wanted = cameras.clock.now, order(cameras)
    before = prepared(cameras, wanted, ordered_at)
    cameras.clock.advance(60)
    do(cameras, incident_id, ActKind.ASSIGN, assignee="Zhao")
    do(cameras, incident_id, ActKind.DESCRIBE, changed={"location": "elsewhere"})
    fire(cameras, "roof")
    after = prepared(cameras, wanted, ordered_at)
    assert [one.incident for one in after.entries] == [one.incident for one in before.entries]
    assert after.scope == before.scope
    handled = after.entries[0].incident.handled
    assert (handled.state, handled.level) == (HandlingState.CONFIRMED, Level.MAJOR)
    assert (handled.location, handled.assignee) == ("tank 4", None)


def test_a_period_whose_incidents_are_closed_reads_the_same_for_good(
    cameras: Stand, tmp_path: Path
) -> None:
    """The same order makes the same bytes whenever it is made; an open one tells the moment."""
    incident_id = fire(cameras)
    since = cameras.clock.now - timedelta(hours=1)
    until = cameras.clock.now + timedelta(minutes=2)
    wanted = order(cameras, since=since, until=until)
    cameras.clock.advance(600)
    first = prepared(cameras, wanted)
    cameras.clock.advance(60)
    assert prepared(cameras, wanted).scope.as_of > first.scope.as_of
    close(cameras, incident_id)
    press = ReportPress(cameras.service, FONTS, CHINA)
    written = []
    for name in ("one", "two"):
        cameras.clock.advance(3600)
        (path,) = press.write(tmp_path / f"{name}.pdf", wanted, cameras.clock.now, "zh").paths
        written.append(path.read_bytes())
    assert written[0] == written[1]


def test_what_was_open_before_is_carried_over(cameras: Stand) -> None:
    """Until it is closed, and never as one of the period's own; a false alarm is not."""
    cameras.service.cameras.records.create(CameraSettings("Yard"), "yard")
    old, gone = fire(cameras), fire(cameras, "roof")
    close(cameras, gone)
    cameras.clock.advance(3600)
    since = cameras.clock.now
    false = fire(cameras, "yard")
    do(cameras, false, ActKind.DISMISS, text="steam")
    made = prepared(cameras, order(cameras, since=since))
    assert [one.incident.id for one in made.entries] == [false]
    assert [one.id for one in made.scope.carried] == [old]
    assert {one.camera_id for one in made.scope.earlier} == {"gate", "roof"}


def test_a_choice_leaves_the_others_out(cameras: Stand) -> None:
    """By camera, hazard and people's state; each is named on the first page."""
    at_gate, on_roof = fire(cameras), fire(cameras, "roof")
    do(cameras, on_roof, ActKind.ACKNOWLEDGE)
    for wanted, expected in (
        ({"camera_id": "gate"}, [at_gate]),
        ({"hazard": IncidentHazard.FIRE}, [at_gate, on_roof]),
        ({"hazard": IncidentHazard.NO_HELMET}, []),
        ({"state": HandlingState.ACKNOWLEDGED}, [on_roof]),
        ({"assignee": "Zhao"}, []),
        ({"incident_ids": (on_roof, at_gate), "since": None}, [on_roof, at_gate]),
    ):
        made = prepared(cameras, order(cameras, **wanted))
        assert [one.incident.id for one in made.entries] == expected, wanted
        named = {name: str(value) for name, value in wanted.items()}
        assert made.scope.filters.items() <= named.items()


def test_cameras_that_sent_nothing_are_in_the_coverage(cameras: Stand) -> None:
    """Counts and times are those of the pictures; batches are not of a camera."""
    fire(cameras)
    look(cameras)
    coverage = prepared(cameras, order(cameras)).scope.coverage
    counts = {one.camera_id: one.outcomes for one in coverage}
    assert (counts["gate"].submitted, counts["gate"].hazard, counts["gate"].clear) == (2, 1, 1)
    assert counts["roof"].submitted == 0
    named = prepared(cameras, order(cameras, incident_ids=(opened(cameras)[0].id,), since=None))
    assert named.scope.coverage == ()


def test_an_order_that_cannot_be_carried_out_is_refused(cameras: Stand) -> None:
    """With what is wrong about it, before anything is made."""
    false = fire(cameras)
    do(cameras, false, ActKind.DISMISS, text="steam")
    check = cameras.service.reports.orders.check
    with pytest.raises(UnknownIncident, match="'nobody'"):
        check(order(cameras, incident_ids=("nobody",), since=None), None)
    with pytest.raises(UnknownIncident, match="'nobody'"):
        check(order(cameras, notices=("nobody",)), None)
    with pytest.raises(NoticeRefused, match="false alarm"):
        check(order(cameras, notices=(false,)), None)
    since = cameras.clock.now
    cameras.clock.advance(1)
    later = order(cameras, since=since, notices=(false,))
    with pytest.raises(UnknownIncident, match="not of this period"):
        check(later, None)
    with pytest.raises(UnknownCamera, match="nowhere"):
        check(order(cameras, camera_id="nowhere"), None)
    with pytest.raises(PeriodNotBegun):
        check(order(cameras, since=cameras.clock.now + timedelta(days=1)), None)
    fire(cameras, "roof")
    with pytest.raises(ReportTooLarge):
        check(order(cameras), 1)


def test_an_order_keeps_every_word_until_a_worker_reads_it(cameras: Stand) -> None:
    """Also as an earlier version stored one, which knew inspections alone."""
    wanted = ReportOrder(
        about=ReportSubject.INCIDENTS,
        since=cameras.clock.now.astimezone(CHINA),
        hazard=IncidentHazard.SMOKE,
        level=Level.MAJOR,
        state=HandlingState.ASSIGNED,
        zone_id="tanks",
        assignee="Zhao",
        notices=("01KAJ8W4T02M5QCZXK1D7H3R9N",),
    )
    assert ReportOrder.from_json(wanted.as_json()) == wanted
    stored = ReportOrder(inspection_ids=("A",)).as_json()
    for name in ("about", "incident_ids", "hazard", "severity", "state", "level", "zone_id"):
        del stored[name]
    assert ReportOrder.from_json(stored) == ReportOrder(inspection_ids=("A",))


def test_helmets_open_an_incident_of_their_own_category(cameras: Stand) -> None:
    """Three looks of five; the report counts it once, with the picture that opened it."""
    for seed in range(3):
        look(cameras, "gate", BARE_HEAD, seed=seed)
    entries: list[IncidentEntry] = prepared(cameras, order(cameras)).entries
    (entry,) = entries
    assert [one.value for one in entry.incident.hazards] == ["no_helmet"]
    assert entry.incident.sightings == 3


def test_reports_and_rest_count_alike(cameras: Stand) -> None:
    """Found, false alarms, put right, closed, overdue, and how fast: one definition for both."""
    cameras.service.cameras.records.create(CameraSettings("Yard"), "yard")
    closed, false, late = fire(cameras), fire(cameras, "roof"), fire(cameras, "yard")
    close(cameras, closed)
    do(cameras, false, ActKind.DISMISS, text="steam")
    do(cameras, late, ActKind.CONFIRM)
    due_at = cameras.clock.now + timedelta(minutes=5)
    do(cameras, late, ActKind.ASSIGN, assignee="Zhao", due_at=due_at)
    cameras.clock.advance(3600)
    since = cameras.clock.now - timedelta(hours=4)
    made = prepared(cameras, order(cameras, since=since))
    incidents = [one.incident for one in made.entries]
    ours = figures.count(incidents, made.scope.as_of, frozenset())
    theirs = cameras.service.incidents.statistics.of(IncidentFilter(since=since)).total
    for name in ("found", "false_alarms", "unjudged", "solved", "closed", "overdue"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert (ours.found, ours.closed, ours.overdue) == (2, 1, 1)
    respond, until_closed = figures.time_to_acknowledge(incidents), figures.time_to_close(incidents)
    assert respond is not None
    assert until_closed is not None
    means = (respond.mean.total_seconds(), until_closed.mean.total_seconds())
    assert means == pytest.approx((theirs.mean_s_to_acknowledge, theirs.mean_s_to_close), abs=0.01)


def test_a_report_made_again_knows_what_a_merge_took_over(cameras: Stand) -> None:
    """How far people were with the part is how far they were with the whole."""
    gate, roof = fire(cameras), fire(cameras, "roof")
    do(cameras, roof, ActKind.CONFIRM)
    do(cameras, roof, ActKind.ASSIGN, assignee="Zhao")
    merge = NewAct(ActKind.MERGE, incident_id=roof)
    assert cameras.service.incidents.acts.do(gate, merge, WANG) is not None
    ordered_at, wanted = cameras.clock.now, order(cameras)
    before = prepared(cameras, wanted, ordered_at).entries[0].incident.handled
    assert before.state is HandlingState.ASSIGNED
    do(cameras, gate, ActKind.NOTE, text="two extinguishers")
    after = prepared(cameras, wanted, ordered_at).entries[0].incident.handled
    assert (after.state, after.review) == (before.state, before.review)


def test_a_report_made_again_knows_what_the_program_took_up(cameras: Stand) -> None:
    """A false alarm that grew was open, and nobody had judged it."""
    small = Hazard(Label.FIRE, SubLabel.MINOR)
    for _ in range(3):
        look(cameras, "gate", small)
    (incident,) = opened(cameras)
    do(cameras, incident.id, ActKind.DISMISS, text="a lamp")
    look(cameras, "gate", FIRE)
    ordered_at, wanted = cameras.clock.now, order(cameras)
    before = prepared(cameras, wanted, ordered_at).entries[0].incident.handled
    assert (before.state, before.review) == (HandlingState.OPEN, None)
    do(cameras, incident.id, ActKind.CONFIRM)
    after = prepared(cameras, wanted, ordered_at).entries[0].incident.handled
    assert (after.state, after.review) == (HandlingState.OPEN, None)
