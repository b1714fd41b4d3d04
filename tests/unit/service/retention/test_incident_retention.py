"""Retention of incidents and messages: what goes, what stays, and what history keeps its sense."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, select, update

from safety_detector.database.tables import (
    deliveries,
    incident_acts,
    incident_changes,
    incident_checkpoints,
    incident_sightings,
    incidents,
    messages,
)
from safety_detector.domain.incidents.handling import ActKind
from safety_detector.domain.incidents.incident import Stage
from safety_detector.service.access.audit import Actor, AuditAction, AuditFilter
from safety_detector.service.incidents.records import IncidentFilter, NewAct, StoredIncident
from safety_detector.service.notifications.records import (
    NOTIFY_QUEUE,
    Attempt,
    ChannelKind,
    NewChannel,
)
from safety_detector.service.retention.incident_retention import PurgedIncidents
from safety_detector.service.retention.retention import KeepPolicy, Purged
from tests.seen_incidents import fire_at, see
from tests.service_stand import FIRE, Stand

DAY_S = 86_400.0
ANN, BOB = Actor("ann@gate"), Actor("bob@gate")
A_WEEK = KeepPolicy(age=timedelta(days=7))


def over(stand: Stand, camera_id: str = "gate") -> StoredIncident:
    """An incident that cameras see no more."""
    incident = fire_at(stand, camera_id)
    for _ in range(30):
        see(stand, camera_id=camera_id, after_s=30)
    found = stand.service.incidents.records.get(incident.id)
    assert found is not None
    assert found.stage is Stage.ENDED
    return found


def act(
    stand: Stand, incident: StoredIncident, kind: ActKind, by: Actor = ANN, **said: Any
) -> None:
    """Somebody does something about it."""
    assert stand.service.incidents.acts.do(incident.id, NewAct(kind, **said), by)


def dismiss(stand: Stand, incident: StoredIncident) -> None:
    """It was nothing."""
    act(stand, incident, ActKind.DISMISS, text="the sun")


def set_columns(stand: Stand, incident_id: str, **values: str) -> None:
    """Makes of an incident what looks would make of it."""
    with stand.service.database.write() as connection:
        connection.execute(update(incidents).where(incidents.c.id == incident_id).values(**values))


def see_until_checkpoint(stand: Stand) -> None:
    """Looks at nothing until one is kept; chance chooses about one look in a hundred."""
    before = count(stand, incident_checkpoints)
    for _ in range(2000):
        see(stand, after_s=30)
        if count(stand, incident_checkpoints) > before:
            return
    raise AssertionError("no checkpoint was kept")


def count(stand: Stand, table: Table) -> int:
    """Rows of a table."""
    with stand.service.database.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def purge(stand: Stand, policy: KeepPolicy = A_WEEK) -> PurgedIncidents:
    """Removes all that goes."""
    total = PurgedIncidents()
    while (one := stand.service.retention.incidents.enforce(BOB, policy)) != PurgedIncidents():
        total += one
    return total


def purge_pictures(stand: Stand, policy: KeepPolicy = A_WEEK) -> set[str]:
    """Removes all inspections that go."""
    gone: set[str] = set()
    while (one := stand.service.retention.inspections.enforce(BOB, policy)) != Purged():
        gone |= set(one.inspection_ids)
    return gone


def test_what_is_settled_and_old_goes_with_all_that_belongs_to_it(stand: Stand) -> None:
    """What is younger stays; the log says who removed how many, and by which rule."""
    old = over(stand)
    dismiss(stand, old)
    stand.clock.advance(8 * DAY_S)
    young = over(stand)
    dismiss(stand, young)
    assert stand.service.retention.incidents.preview(A_WEEK).incident_ids == (old.id,)
    assert purge(stand).incident_ids == (old.id,)
    assert stand.service.incidents.records.get(old.id) is None
    assert stand.service.incidents.records.get(young.id) is not None
    assert count(stand, incident_acts) == 1
    with stand.service.database.read() as connection:
        for table in (incident_changes, incident_sightings):
            assert set(connection.scalars(select(table.c.incident_id))) == {young.id}
    wanted = AuditFilter(action=AuditAction.INCIDENTS_PURGED)
    [entry] = stand.service.access.audit.entries(wanted, 10)
    assert (entry.actor.name, entry.details["incidents"]) == (BOB.name, 1)
    assert (entry.details["first"], entry.details["keep_days"]) == (old.id, 7.0)


def test_without_a_bound_everything_stays(stand: Stand) -> None:
    """A limit in bytes is about pictures alone."""
    dismiss(stand, over(stand))
    stand.clock.advance(5000 * DAY_S)
    for policy in (KeepPolicy(), KeepPolicy(max_bytes=1)):
        assert stand.service.retention.incidents.preview(policy) == PurgedIncidents()
        assert purge(stand, policy) == PurgedIncidents()


def test_what_cameras_see_stays_however_old(stand: Stand) -> None:
    """Also where somebody called it a false alarm long ago."""
    seen = fire_at(stand)
    dismiss(stand, seen)
    stand.clock.advance(5000 * DAY_S)
    assert purge(stand) == PurgedIncidents()
    assert stand.service.incidents.records.get(seen.id) is not None


@pytest.mark.parametrize("acts", [1, 2, 3])
def test_what_people_are_at_work_on_stays(stand: Stand, acts: int) -> None:
    """Acknowledged, confirmed, assigned: it is kept, and so is its best picture."""
    incident = over(stand)
    steps = [
        NewAct(ActKind.ACKNOWLEDGE),
        NewAct(ActKind.CONFIRM),
        NewAct(ActKind.ASSIGN, assignee="Wang", due_at=stand.clock() + timedelta(days=3)),
    ]
    for step in steps[:acts]:
        assert stand.service.incidents.acts.do(incident.id, step, ANN)
    stand.clock.advance(5000 * DAY_S)
    assert purge(stand) == PurgedIncidents()
    gone = purge_pictures(stand)
    assert gone
    assert incident.best_inspection_id not in gone
    best = stand.service.inspections.results.annotated(str(incident.best_inspection_id))
    assert best is not None
    assert purge_pictures(stand, KeepPolicy(max_bytes=0)) == set()


def test_a_picture_goes_once_its_incident_is_settled(stand: Stand) -> None:
    """What was kept for those at work goes as every other."""
    incident = over(stand)
    act(stand, incident, ActKind.ACKNOWLEDGE)
    stand.clock.advance(8 * DAY_S)
    assert incident.best_inspection_id not in purge_pictures(stand)
    dismiss(stand, incident)
    assert incident.best_inspection_id in purge_pictures(stand)
    assert purge(stand) == PurgedIncidents()
    stand.clock.advance(8 * DAY_S)
    assert purge(stand).incident_ids == (incident.id,)


def test_what_nobody_dealt_with_is_in_the_register_for_a_year(stand: Stand) -> None:
    """Its picture goes by the rule; that there was something, and nobody looked, does not."""
    incident = over(stand)
    stand.clock.advance(370 * DAY_S)
    assert incident.best_inspection_id in purge_pictures(stand)
    assert purge(stand) == PurgedIncidents()
    stand.clock.advance(40 * DAY_S)
    assert purge(stand).incident_ids == (incident.id,)


@pytest.mark.parametrize("picture", ["best", "sighting"])
def test_evidence_under_hold_keeps_its_incident(stand: Stand, picture: str) -> None:
    """Whichever of its pictures is held; once that is released it goes."""
    see(stand, FIRE)
    incident = over(stand)
    with stand.service.database.read() as connection:
        seen = connection.scalars(select(incident_sightings.c.inspection_id)).all()
    held = incident.best_inspection_id if picture == "best" else seen[-1]
    assert held is not None
    stand.service.retention.holds.set([held], "the police ask")
    dismiss(stand, incident)
    stand.clock.advance(8 * DAY_S)
    assert purge(stand) == PurgedIncidents()
    stand.service.retention.holds.release([held])
    assert purge(stand).incident_ids == (incident.id,)


def test_a_wrong_clock_makes_nothing_old(stand: Stand) -> None:
    """Ages are counted, and not read from a clock that somebody set ahead."""
    dismiss(stand, over(stand))
    stand.clock.now += timedelta(days=300)
    assert purge(stand) == PurgedIncidents()


def test_messages_go_by_their_own_end(stand: Stand) -> None:
    """With every try; what still waits stays, and so does what was told lately."""
    wanted = NewChannel(ChannelKind.WEBHOOK, "SOC", "https://soc.example.com/")
    channel = stand.service.notifications.channels.create(wanted)[0]

    def tell(attempt: Attempt) -> None:
        assert stand.service.notifications.channels.test(channel.id)
        (claim,) = stand.service.notifications.jobs.claim(NOTIFY_QUEUE, "sender")
        assert stand.service.notifications.outcomes.record(claim, attempt)

    tell(Attempt(True, 5, 204))
    tell(Attempt(False, 5, 410, is_gone=True))
    assert stand.service.notifications.channels.test(channel.id)
    stand.clock.advance(8 * DAY_S)
    assert stand.service.retention.incidents.preview(A_WEEK).messages == 2
    assert purge(stand).messages == 2
    assert (count(stand, messages), count(stand, deliveries)) == (1, 0)


def test_a_late_picture_undoes_no_incident_whose_pictures_are_gone(stand: Stand) -> None:
    """Folded anew without them, incidents would be taken for ones that never were."""
    old = over(stand)
    act(stand, old, ActKind.ACKNOWLEDGE)
    stand.clock.advance(8 * DAY_S)
    assert purge_pictures(stand)
    young = over(stand)
    before = stand.service.incidents.records.list(IncidentFilter(), 10)
    stand.clock.now -= timedelta(days=9)
    see(stand, FIRE)  # taken before everything that is known
    stand.clock.now += timedelta(days=9)
    assert stand.service.incidents.records.list(IncidentFilter(), 10) == before
    assert [one.id for one in before] == [young.id, old.id]
    assert len(stand.service.incidents.acts.list(old.id)) == 1


def test_a_late_picture_counts_where_all_looks_are_there(stand: Stand) -> None:
    """Behind the checkpoint that is left nothing is missing."""
    see_until_checkpoint(stand)
    stand.clock.advance(8 * DAY_S)
    see_until_checkpoint(stand)
    assert purge_pictures(stand)
    assert count(stand, incident_checkpoints)
    see(stand, after_s=600)
    stand.clock.now -= timedelta(seconds=300)
    taken_at = stand.clock.now + timedelta(seconds=2)
    late = fire_at(stand)
    assert abs(late.opened_at - taken_at) < timedelta(seconds=1)


def test_what_a_person_merged_goes_with_the_whole(stand: Stand) -> None:
    """Not before it, however nobody dealt with the part itself; evidence of a part keeps both."""
    whole, part = over(stand), over(stand, "yard")
    act(stand, whole, ActKind.MERGE, incident_id=part.id)
    stand.clock.advance(30 * DAY_S)
    assert purge(stand).incident_ids == ()
    dismiss(stand, whole)
    assert part.best_inspection_id is not None
    stand.service.retention.holds.set([part.best_inspection_id], "accident 17", BOB)
    stand.clock.advance(30 * DAY_S)
    assert purge(stand).incident_ids == ()
    stand.service.retention.holds.release([part.best_inspection_id], BOB)
    assert set(purge(stand).incident_ids) == {whole.id, part.id}
    assert stand.service.incidents.records.get_own(part.id) is None


@pytest.mark.parametrize("state", [ActKind.DISMISS, None])
def test_what_is_seen_keeps_the_whole_that_it_is_part_of(
    stand: Stand, state: ActKind | None
) -> None:
    """Both stay while a camera sees either, and for as long after as if it were the whole."""
    whole, part = over(stand), fire_at(stand, "yard")
    act(stand, whole, ActKind.MERGE, incident_id=part.id)
    if state is None:  # as it is where nobody ever dealt with it but for the merge
        set_columns(stand, whole.id, state="open")
    else:
        dismiss(stand, whole)
    bound = 7 if state else 400
    stand.clock.advance(1000 * DAY_S)
    assert purge(stand).incident_ids == ()
    for _ in range(30):
        see(stand, camera_id="yard", after_s=30)
    stand.clock.advance((bound - 1) * DAY_S)
    assert purge(stand).incident_ids == ()
    stand.clock.advance(2 * DAY_S)
    assert set(purge(stand).incident_ids) == {whole.id, part.id}


def test_what_grew_into_another_goes_with_it(stand: Stand) -> None:
    """However far people were with the part: how the whole is handled counts, over many steps."""
    first, second, whole = over(stand), over(stand), over(stand)
    act(stand, first, ActKind.ACKNOWLEDGE)
    act(stand, second, ActKind.ACKNOWLEDGE)
    set_columns(stand, first.id, stage="merged", merged_into=second.id)
    set_columns(stand, second.id, stage="merged", merged_into=whole.id)
    act(stand, whole, ActKind.ACKNOWLEDGE)
    pictures = {one.best_inspection_id for one in (first, second, whole)}
    stand.clock.advance(500 * DAY_S)
    assert purge(stand).incident_ids == ()
    assert not pictures & purge_pictures(stand)
    dismiss(stand, whole)
    assert pictures <= purge_pictures(stand)
    stand.clock.advance(8 * DAY_S)
    assert set(purge(stand).incident_ids) == {first.id, second.id, whole.id}
    assert count(stand, incidents) == 0


def test_evidence_of_what_grew_into_another_keeps_it(stand: Stand) -> None:
    """Over however many steps; once it is released all go."""
    first, second, whole = over(stand), over(stand), over(stand)
    set_columns(stand, first.id, stage="merged", merged_into=second.id)
    set_columns(stand, second.id, stage="merged", merged_into=whole.id)
    dismiss(stand, whole)
    assert first.best_inspection_id is not None
    stand.service.retention.holds.set([first.best_inspection_id], "accident 17", BOB)
    stand.clock.advance(500 * DAY_S)
    assert purge(stand).incident_ids == ()
    stand.service.retention.holds.release([first.best_inspection_id], BOB)
    assert len(purge(stand).incident_ids) == 3


def test_pictures_of_a_part_are_kept_for_those_at_work_on_the_whole(stand: Stand) -> None:
    """The other camera's picture is there until the whole is settled, and goes then."""
    whole, part = over(stand), over(stand, "yard")
    act(stand, whole, ActKind.MERGE, incident_id=part.id)
    stand.clock.advance(30 * DAY_S)
    assert part.best_inspection_id not in purge_pictures(stand)
    dismiss(stand, whole)
    assert part.best_inspection_id in purge_pictures(stand)
