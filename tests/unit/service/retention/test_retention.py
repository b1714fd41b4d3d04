"""Retention: what goes, what stays, and what is said of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text

from safety_detector.database.tables import holds, inspections
from safety_detector.domain.inspection import Inspection
from safety_detector.errors import InspectionKept, PictureBroken, StorageUnavailable
from safety_detector.service.access.audit import Actor, AuditAction, AuditFilter
from safety_detector.service.retention.retention import KeepPolicy
from tests.eventually import eventually
from tests.service_stand import FIRE, Stand, fail

DAY_S = 86_400.0
OPERATOR = Actor("ann@gate", None)
A_WEEK = KeepPolicy(age=timedelta(days=7))


def completed(stand: Stand, seed: int) -> Inspection:
    """An inspection with a result."""
    accepted = stand.accept(seed)
    assert stand.complete(stand.claim(), FIRE)
    return accepted


def stored_files(stand: Stand) -> list[str]:
    """Every picture in the data folder."""
    return sorted(path.name for path in _pictures(stand))


def stored_bytes(stand: Stand) -> int:
    """The size of every picture in the data folder."""
    return sum(path.stat().st_size for path in _pictures(stand))


def _pictures(stand: Stand) -> list[Path]:
    found = stand.folder.glob("*images/**/*")
    return [path for path in found if path.is_file()]


def test_what_is_too_old_goes_with_its_files_and_the_counters_reconcile(stand: Stand) -> None:
    """Row, submitted and annotated picture; what is younger stays as it is."""
    old = completed(stand, 1)
    broken = stand.accept(2)
    assert fail(stand.service.inspections.jobs, stand.claim(), PictureBroken("Cannot be decoded."))
    stand.clock.advance(8 * DAY_S)
    young = completed(stand, 3)
    purged = stand.service.retention.inspections.enforce(OPERATOR, A_WEEK)
    assert purged.inspection_ids == (old.id, broken.id)
    assert stand.service.inspections.results.get(old.id) is None
    assert stand.service.inspections.results.get(young.id) is not None
    assert stored_files(stand) == sorted([str(young.picture.sha256), f"{young.id}-1.jpg"])
    counters = stand.service.operation.figures.counters()
    assert (counters.accepted, counters.completed, counters.failed) == (3, 1, 0)
    assert (counters.purged, counters.purged_failed, counters.lost) == (2, 1, 0)
    assert (counters.ever_completed, counters.ever_failed) == (2, 1)
    assert stand.service.retention.inspections.enforce(OPERATOR, A_WEEK).inspection_ids == ()


def test_it_says_what_it_deleted_and_for_whom(stand: Stand) -> None:
    """The log names who, how many, which, how much and by which rule."""
    done = [completed(stand, seed) for seed in (1, 2)]
    ids = [one.id for one in done]
    stand.clock.advance(8 * DAY_S)
    preview = stand.service.retention.inspections.preview(A_WEEK)
    assert stand.service.access.audit.entries(AuditFilter(), 10) == ()
    purged = stand.service.retention.inspections.enforce(OPERATOR, A_WEEK)
    assert purged == preview
    [entry] = stand.service.access.audit.entries(AuditFilter(action=AuditAction.PURGED), 10)
    assert entry.actor == OPERATOR
    assert entry.details == {
        "inspections": 2,
        "first": ids[0],
        "last": ids[1],
        "first_taken": done[0].when_taken.at.isoformat(),
        "last_taken": done[1].when_taken.at.isoformat(),
        "bytes": purged.size_bytes,
        "keep_days": 7.0,
        "keep_bytes": None,
    }


def test_what_somebody_deleted_is_found_in_the_log_by_its_id(stand: Stand) -> None:
    """As what was done to it before; many that went together are not one thing."""
    one, *others = (completed(stand, seed).id for seed in range(3))
    assert stand.service.retention.inspections.remove(one, OPERATOR)
    [entry] = stand.service.access.audit.entries(AuditFilter(subject=one), 10)
    assert (entry.action, entry.actor) == (AuditAction.PURGED, OPERATOR)
    stand.clock.advance(8 * DAY_S)
    stand.service.retention.inspections.enforce(OPERATOR, A_WEEK)
    for other in others:
        assert stand.service.access.audit.entries(AuditFilter(subject=other), 10) == ()


def test_beyond_the_bytes_the_oldest_go_first_and_no_more_than_needed(stand: Stand) -> None:
    """The preview says what the deletion then does."""
    ids = [completed(stand, seed).id for seed in range(5)]
    everything = stored_bytes(stand)
    stand.clock.advance(3600)
    policy = KeepPolicy(max_bytes=everything * 3 // 5)
    preview = stand.service.retention.inspections.preview(policy)
    purged = stand.service.retention.inspections.enforce(OPERATOR, policy)
    assert preview == purged
    assert purged.inspection_ids == tuple(ids[:2]) or purged.inspection_ids == tuple(ids[:3])
    left = stored_bytes(stand)
    assert everything - left == purged.size_bytes
    assert left <= everything * 3 // 5
    assert stand.service.retention.inspections.enforce(OPERATOR, policy).inspection_ids == ()


def test_evidence_under_hold_stays_with_a_picture_that_others_share(stand: Stand) -> None:
    """Two inspections of the same bytes: the held one keeps them when the other goes."""
    held, other = completed(stand, 1), completed(stand, 1)
    stand.service.retention.holds.set([held.id], "police, case 7", OPERATOR)
    stand.clock.advance(30 * DAY_S)
    purged = stand.service.retention.inspections.enforce(OPERATOR, A_WEEK)
    assert purged.inspection_ids == (other.id,)
    assert stand.service.storage.read_picture(str(held.picture.sha256))
    annotated = stand.service.inspections.results.annotated(held.id)
    assert annotated is not None
    assert stand.service.inspections.results.read(annotated)
    assert stand.service.retention.holds.release([held.id], OPERATOR) == (held.id,)
    assert stand.service.retention.inspections.enforce(OPERATOR, A_WEEK).inspection_ids == (
        held.id,
    )
    assert stored_files(stand) == []


def test_a_backlog_does_not_push_out_what_is_done(stand: Stand) -> None:
    """What waits cannot go, so that nothing else goes for it; the preview says the same."""
    done = completed(stand, 1)
    again = stand.accept(1)  # the same bytes wait once more
    size_bytes = stored_bytes(stand)
    for seed in range(2, 6):
        stand.accept(seed)
    stand.clock.advance(3600)
    policy = KeepPolicy(max_bytes=size_bytes)
    assert stand.service.retention.inspections.preview(policy).inspection_ids == ()
    assert stand.service.retention.inspections.enforce(OPERATOR, policy).inspection_ids == ()
    assert stand.service.inspections.results.get(done.id) is not None
    assert stand.service.inspections.results.get(again.id) is not None


def test_held_evidence_counts_but_does_not_push_out_everything_else(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    """Where holds alone are more than the limit, nothing goes for its size and the log says why."""
    held, old, young = (completed(stand, seed) for seed in (1, 2, 3))
    stand.service.retention.holds.set([held.id], "police, case 7", OPERATOR)
    stand.clock.advance(3600)
    everything = stored_bytes(stand)
    roomy, tight = KeepPolicy(max_bytes=everything - 1), KeepPolicy(max_bytes=1)
    assert stand.service.retention.inspections.preview(roomy).inspection_ids == (old.id,)
    assert caplog.text == ""
    assert stand.service.retention.inspections.enforce(OPERATOR, tight).inspection_ids == ()
    assert "under hold" in caplog.text
    assert stand.service.inspections.results.get(young.id) is not None
    stand.clock.advance(8 * DAY_S)
    by_age = KeepPolicy(age=timedelta(days=7), max_bytes=1)
    assert stand.service.retention.inspections.enforce(OPERATOR, by_age).inspection_ids == (
        old.id,
        young.id,
    )


def test_a_chunk_that_another_process_is_removing_is_passed_over(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest goes all the same, and the log names the bytes of what really went."""
    if stand.service.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    monkeypatch.setattr("safety_detector.service.retention.retention._AT_ONCE", 2)
    ids = [completed(stand, seed).id for seed in range(4)]
    stand.clock.advance(8 * DAY_S)
    retention, before = stand.service.retention.inspections, stored_bytes(stand)
    theirs = select(inspections.c.id).where(inspections.c.id.in_(ids[:3])).with_for_update()
    with stand.service.database.write() as connection:
        connection.execute(theirs).all()
        purged = retention.enforce(OPERATOR, A_WEEK)
        assert purged.inspection_ids == (ids[3],)
        assert retention.enforce(OPERATOR, A_WEEK).inspection_ids == ()
    [entry] = stand.service.access.audit.entries(AuditFilter(action=AuditAction.PURGED), 10)
    assert entry.details["bytes"] == purged.size_bytes == before - stored_bytes(stand)
    assert retention.enforce(OPERATOR, A_WEEK).inspection_ids == tuple(ids[:2])


@pytest.mark.parametrize("meanwhile", ["nothing", "held", "gone"])
def test_what_somebody_deletes_is_waited_for_while_others_write_of_it(
    stand: Stand, meanwhile: str
) -> None:
    """A correction that is just being saved is no hold; a hold that is just being set is one."""
    if stand.service.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    one, retention = completed(stand, 1).id, stand.service.retention.inspections

    def waits() -> bool:
        locks = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        with stand.service.database.read() as connection:
            return bool(connection.scalar(text(locks)))

    with ThreadPoolExecutor(1) as threads:
        with stand.service.database.write() as connection:
            its = inspections.c.id == one
            connection.execute(select(inspections.c.id).where(its).with_for_update()).all()
            removed = threads.submit(retention.remove, one, OPERATOR)
            eventually(lambda: removed.done() or waits())
            if meanwhile == "held":
                hold = {"inspection_id": one, "reason": "police", "set_by": "ann"}
                connection.execute(insert(holds).values(**hold, set_at=stand.clock()))
            elif meanwhile == "gone":
                connection.execute(delete(inspections).where(its))
        if meanwhile == "held":
            with pytest.raises(InspectionKept):
                removed.result(30)
        else:
            assert removed.result(30) is (meanwhile == "nothing")


def test_what_is_not_final_stays_however_old_it_is(stand: Stand) -> None:
    """A picture that waits for a model which is away for months is not thrown away."""
    queued, running = stand.accept(1), stand.accept(2)
    stand.claim()
    stand.clock.advance(90 * DAY_S)
    policy = KeepPolicy(age=timedelta(days=1), max_bytes=1)
    assert stand.service.retention.inspections.enforce(OPERATOR, policy).inspection_ids == ()
    assert stand.service.inspections.results.get(queued.id) is not None
    assert stand.service.inspections.results.get(running.id) is not None


def test_what_waited_for_long_is_kept_as_long_as_others_after_its_result(stand: Stand) -> None:
    """The model was away for a month; the results of the backlog are not purged at once."""
    late = [stand.accept(seed) for seed in (1, 2)]
    stand.clock.advance(30 * DAY_S)
    quick = completed(stand, 3)  # claimed first is what waits for longest
    assert stand.complete(stand.claim(), FIRE)
    assert stand.complete(stand.claim(), FIRE)
    policies = (KeepPolicy(max_bytes=1), A_WEEK)
    assert [
        stand.service.retention.inspections.preview(one).inspection_ids for one in policies
    ] == [(), ()]
    assert stand.service.retention.inspections.enforce(OPERATOR, A_WEEK).inspection_ids == ()
    stand.clock.advance(6 * DAY_S)
    assert stand.service.retention.inspections.enforce(OPERATOR, A_WEEK).inspection_ids == ()
    stand.clock.advance(2 * DAY_S)
    ids = (late[0].id, late[1].id, quick.id)
    assert stand.service.retention.inspections.enforce(OPERATOR, A_WEEK).inspection_ids == ids


def test_what_ended_early_goes_although_something_older_ended_late(stand: Stand) -> None:
    """One picture that waited for long does not keep those that came after it."""
    late = stand.accept(1)
    slow = stand.claim()
    early = completed(stand, 2)
    stand.clock.advance(30 * DAY_S)
    assert stand.complete(slow, FIRE)
    assert stand.service.retention.inspections.enforce(OPERATOR, A_WEEK).inspection_ids == (
        early.id,
    )
    assert stand.service.inspections.results.get(late.id) is not None


def test_a_picture_that_has_just_arrived_stays_whatever_the_limit(stand: Stand) -> None:
    """Whoever sent it can still fetch the result."""
    completed(stand, 1)
    for policy in (KeepPolicy(max_bytes=1), KeepPolicy(age=timedelta(0))):
        preview = stand.service.retention.inspections.preview(policy)
        assert (preview.inspection_ids, preview.just_ended) == ((), 1)
        assert stand.service.retention.inspections.enforce(OPERATOR, policy).inspection_ids == ()
    assert stand.service.operation.figures.counters().completed == 1


def test_without_a_rule_nothing_goes(stand: Stand) -> None:
    """Retention is off unless the operator sets it."""
    completed(stand, 1)
    stand.clock.advance(3650 * DAY_S)
    assert stand.service.retention.inspections.enforce(OPERATOR).inspection_ids == ()
    assert stand.service.retention.inspections.preview().inspection_ids == ()


def test_a_picture_uploaded_again_is_there_after_its_first_inspection_is_purged(
    stand: Stand,
) -> None:
    """The new inspection refers to the same bytes, so that they stay."""
    completed(stand, 1)
    stand.clock.advance(8 * DAY_S)
    again = stand.accept(1)
    assert len(stand.service.retention.inspections.enforce(OPERATOR, A_WEEK).inspection_ids) == 1
    assert stand.service.storage.read_picture(str(again.picture.sha256))


@pytest.mark.parametrize("finisher", ["sweeper", "next purge"])
def test_files_that_a_crash_leaves_after_a_purge_are_removed(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, finisher: str
) -> None:
    """Submitted and annotated picture, by the sweeper or the next purge; nobody has to ask."""
    completed(stand, 1)
    stand.clock.advance(8 * DAY_S)

    def lost(*_: object) -> None:
        raise StorageUnavailable("The data folder is gone.")

    with monkeypatch.context() as broken:
        broken.setattr(stand.service.storage, "delete_annotated", lost)
        with pytest.raises(StorageUnavailable):
            stand.service.retention.inspections.enforce(OPERATOR, A_WEEK)
    assert stand.service.operation.figures.counters().purged == 1
    assert len(stored_files(stand)) == 2
    if finisher == "next purge":
        completed(stand, 2)
        stand.clock.advance(8 * DAY_S)
        assert (
            len(stand.service.retention.inspections.enforce(OPERATOR, A_WEEK).inspection_ids) == 1
        )
        assert not any(name.endswith(".jpg") for name in stored_files(stand))
    stand.service.operation.upkeep.remove_leftovers()
    assert stored_files(stand) == []


def test_no_more_goes_while_files_cannot_be_removed(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would set no bytes free, so that in the end nothing would be left."""
    kept = [completed(stand, seed) for seed in range(4)]
    stand.clock.advance(8 * DAY_S)
    monkeypatch.setattr("safety_detector.service.retention.retention._AT_ONCE", 1)
    half = KeepPolicy(max_bytes=stored_bytes(stand) // 2)

    def lost(*_: object) -> None:
        raise StorageUnavailable("The data folder is read-only.")

    with monkeypatch.context() as outage:
        outage.setattr(stand.service.storage, "delete_annotated", lost)
        for _ in range(4):
            with pytest.raises(StorageUnavailable):
                stand.service.retention.inspections.enforce(OPERATOR, half)
    assert stand.service.operation.figures.counters().purged == 1
    while stand.service.retention.inspections.enforce(OPERATOR, half).inspection_ids:
        pass
    left = [one.id for one in kept if stand.service.inspections.results.get(one.id) is not None]
    assert left == [one.id for one in kept[-len(left) :]]
    assert len(left) in (1, 2)
    assert stored_bytes(stand) <= (half.max_bytes or 0)
