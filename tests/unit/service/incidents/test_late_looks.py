"""A look that becomes known late comes to its place, at a bounded cost, and nothing is lost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from safety_detector.database.tables import (
    incident_changes,
    incident_sightings,
    incident_states,
    incidents,
    inspections,
    late_looks,
)
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.handling import ActKind, HandlingState
from safety_detector.domain.incidents.incident import ChangeKind, Stage
from safety_detector.domain.inspection import decide_verdict
from safety_detector.service.access.audit import PROGRAM, Actor
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents import folding, refolding
from safety_detector.service.incidents.records import IncidentFilter, NewAct
from safety_detector.service.records import Finding, Submission
from safety_detector.service.retention.evidence import note_looks_gone
from tests.pictures import jpeg
from tests.service_stand import PictureClaim, Stand

FIRE = Hazard(Label.FIRE, SubLabel.MINOR)
BARE = Hazard(Label.PERSON, SubLabel.NO_HELMET)
LEFT, RIGHT = Box(4, 10, 20, 30), Box(44, 10, 60, 30)
Seen = Sequence[tuple[Hazard, Box]]
KINDS: Sequence[Seen] = ((), (), [(FIRE, LEFT)], [(BARE, RIGHT)], [(FIRE, LEFT), (BARE, RIGHT)])


@pytest.fixture(autouse=True)
def _camera(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is small, so that a hundred looks are what thousands are elsewhere."""
    monkeypatch.setattr(refolding, "_CHECKPOINT_OF", 5)
    monkeypatch.setattr(refolding, "_SLICE", 10)
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction of a late look folds no more than a few once more."""
    monkeypatch.setattr(folding, "_MOST_AT_ONCE", 20)


def taken(stand: Stand, at: datetime) -> PictureClaim:
    """A picture of then that a worker has."""
    frame = Submission("f.jpg", camera_id="gate", captured_at=at)
    stand.service.inspections.intake.accept(jpeg(), frame)
    return stand.claim()


def complete(stand: Stand, claim: PictureClaim, seen: Seen) -> None:
    """Its result."""
    runs = (DetectorRun("embedded", "a model"),)
    found = tuple(Detection(box, hazard, 0.9) for hazard, box in seen)
    finding = Finding(claim, found, runs, decide_verdict(found, runs), b"annotated")
    assert stand.service.inspections.findings.record([finding]) == [True]


def what_is_stored(stand: Stand) -> dict[str, Any]:
    """Incidents, what happened to them, and where they were seen."""
    with stand.service.database.read() as connection:
        return {
            table.name: sorted(
                [dict(row) for row in connection.execute(select(table)).mappings()],
                key=lambda row: [str(row[column.name]) for column in table.primary_key],
            )
            for table in (incidents, incident_changes, incident_sightings)
        } | {"state": connection.scalars(select(incident_states.c.state)).all()}


def in_order(stand: Stand) -> dict[str, Any]:
    """What one gets who forgets all and folds every look in its order."""
    before = what_is_stored(stand)
    with stand.service.database.write() as connection:
        for table in (incidents, incident_changes, incident_sightings, incident_states):
            connection.execute(table.delete())
        query = select(inspections.c.id).order_by(inspections.c.taken_at, inspections.c.id)
        ids = connection.scalars(query).all()
        for inspection_id in ids:
            stand.service.incidents.folding.fold_in(connection, [inspection_id])
    after = what_is_stored(stand)
    assert before.keys() == after.keys()
    return after


def day(looks: int, seed: int) -> list[Seen]:
    """What a camera sees: fires and bare heads that come and go, and mostly nothing."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    seen: list[Seen] = []
    while len(seen) < looks:
        kind = chance.choice(KINDS)
        seen += [kind if chance.random() < 0.8 else () for _ in range(chance.randrange(1, 60))]
    return seen[:looks]


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """The state may number its looks otherwise; everything else is equal."""
    for name in ("incidents", "incident_changes", "incident_sightings"):
        assert one[name] == other[name], name


@pytest.mark.parametrize("seed", [1, 2])
def test_late_looks_come_to_what_they_would_have_come_to_in_time(stand: Stand, seed: int) -> None:
    """However late each is: incidents, changes and sightings are those of the right order."""
    begin = stand.clock()
    seen = day(200, seed)
    stand.clock.advance(2 * len(seen) + 10)
    claims = [taken(stand, begin + timedelta(seconds=2 * number)) for number in range(len(seen))]
    order = list(range(len(seen)))
    chance = random.Random(seed)  # noqa: S311 (no secret)
    late = set(chance.sample(order, 12))
    order = [one for one in order if one not in late] + sorted(late, key=lambda _: chance.random())
    for number in order:
        complete(stand, claims[number], seen[number])
    stand.service.incidents.folding.fold_late_looks()
    same(what_is_stored(stand), in_order(stand))


@pytest.mark.usefixtures("few_at_once")
def test_what_would_take_long_is_done_in_the_background(stand: Stand) -> None:
    """The late look's own transaction ends at once; on-time looks go on; then all is right."""
    begin = stand.clock()
    stand.clock.advance(2000)
    claims = [taken(stand, begin + timedelta(seconds=2 * number)) for number in range(80)]
    for claim in [*claims[:3], *claims[4:70]]:
        complete(stand, claim, [(FIRE, LEFT)])
    complete(stand, claims[3], [(FIRE, LEFT), (BARE, RIGHT)])
    with stand.service.database.read() as connection:
        assert connection.scalars(select(late_looks.c.camera_id)).all() == ["gate"]
    for claim in claims[70:]:
        complete(stand, claim, [(FIRE, LEFT)])
    (incident,) = what_is_stored(stand)["incidents"]
    assert incident["sightings"] == 79
    stand.service.incidents.folding.fold_late_looks()
    (incident,) = what_is_stored(stand)["incidents"]
    assert incident["sightings"] == 80
    with stand.service.database.read() as connection:
        assert connection.scalars(select(late_looks.c.camera_id)).all() == []
    same(what_is_stored(stand), in_order(stand))


def test_what_people_handle_does_not_go_when_it_would_not_have_been_announced(
    stand: Stand,
) -> None:
    """A late clear picture makes it two of four: it is over, with all that was done about it."""
    at = stand.clock() - timedelta(minutes=5)
    moments = [at + timedelta(seconds=2 * number) for number in range(8)]
    claims = [taken(stand, moment) for moment in moments]
    fire, clear = KINDS[2], KINDS[0]
    for number, seen in ((0, fire), (1, clear), (3, fire)):
        complete(stand, claims[number], seen)
    records, acts = stand.service.incidents.records, stand.service.incidents.acts
    (told,) = records.list(IncidentFilter(), 10)
    assign = NewAct(ActKind.ASSIGN, assignee="Li Na", due_at=stand.clock() + timedelta(days=1))
    for act in (NewAct(ActKind.CONFIRM), assign):
        acts.do(told.id, act, Actor("safety office", None))
    complete(stand, claims[2], clear)
    (incident,) = records.list(IncidentFilter(), 10)
    assert (incident.id, incident.stage) == (told.id, Stage.ENDED)
    assert (incident.state, incident.assignee) == (HandlingState.ASSIGNED, "Li Na")
    *done, noted = acts.list(incident.id)
    assert [one.kind for one in done] == [ActKind.CONFIRM, ActKind.ASSIGN]
    assert (noted.kind, noted.by) == (ActKind.NOTE, PROGRAM)
    assert "became known late" in (noted.text or "")
    # It may arise again, and is the same.
    for number in (4, 5):
        complete(stand, claims[number], fire)
    (incident,) = records.list(IncidentFilter(), 10)
    assert (incident.id, incident.stage) == (told.id, Stage.OPEN)
    assert incident.assignee == "Li Na"
    assert [one.kind for one in records.changes(told.id)] == [ChangeKind.OPENED]


def test_a_late_look_of_a_calm_time_costs_little(stand: Stand) -> None:
    """However many looks came since: it is folded in up to the next kept state alone."""
    begin = stand.clock()
    stand.clock.advance(2 * 200)
    claims = [taken(stand, begin + timedelta(seconds=2 * number)) for number in range(120)]
    for claim in [*claims[:5], *claims[6:]]:
        complete(stand, claim, [])
    read = 0

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal read
        read += "FROM inspections" in statement and "ORDER BY inspections.taken_at" in statement

    event.listen(Engine, "after_cursor_execute", count)
    complete(stand, claims[5], [])
    event.remove(Engine, "after_cursor_execute", count)
    with stand.service.database.read() as connection:
        assert connection.scalars(select(late_looks.c.camera_id)).all() == []
    assert 1 <= read <= 8


def test_what_retention_removed_is_not_folded_once_more(stand: Stand) -> None:
    """An incident of looks that are gone stays, whatever becomes known late of that time."""
    begin = stand.clock()
    stand.clock.advance(100)
    claims = [taken(stand, begin + timedelta(seconds=2 * number)) for number in range(8)]
    for claim in [*claims[:3], *claims[4:]]:
        complete(stand, claim, [(FIRE, LEFT)])
    with stand.service.database.write() as connection:
        rows = connection.execute(
            inspections.delete().where(inspections.c.status == "completed").returning(inspections)
        ).all()
        note_looks_gone(connection, [("gate", row.taken_at) for row in rows])
    before = what_is_stored(stand)
    complete(stand, claims[3], [])
    stand.service.incidents.folding.fold_late_looks()
    assert what_is_stored(stand)["incidents"] == before["incidents"]
