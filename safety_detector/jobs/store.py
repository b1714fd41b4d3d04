"""The jobs of one kind: added, claimed, extended, settled, and taken back from lost workers.

All times are the database's (``database/clock.py``), so that machines whose clocks differ agree on
when a job is due and a lease ends.

Long on purpose: the statements stand beside the only code that executes them, and what may happen
to a job is read as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Generic

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from safety_detector.database.engine import Database
from safety_detector.database.tables import COALESCED, QUEUED, RUNNING, jobs, outages
from safety_detector.domain.inspection import Problem
from safety_detector.errors import SafetyDetectorError, WorkerLost
from safety_detector.jobs.kinds import MOST_LOSSES, Decision, JobKind, is_outage, lacks_room
from safety_detector.jobs.outages import note_outage
from safety_detector.jobs.records import (
    Claim,
    Done,
    Job,
    JobState,
    Kept,
    NewJob,
    Outcome,
    SubjectT,
)
from safety_detector.jobs.turns import NEXT_TURN, turn_values
from safety_detector.message_texts.reason import Reason

# Built once and executed with values: building a statement costs more than SQLite takes to run it.

_INSERT = insert(jobs).values(
    {
        **{
            column: bindparam(column)
            for column in (
                "kind", "subject_id", "queue", "priority", "sender", "due_at", "fence",
                "coalesce_key",
            )
        },
        "turn": func.coalesce(bindparam("turn"), NEXT_TURN),
        "state": JobState.QUEUED,
        "failures": 0,
        "losses": 0,
        "outages": 0,
    }
)  # fmt: skip

# The index of what is queued holds them in this order, so that only what is claimed is read, and
# before it what waits for a later moment, however long the queue is.
_DUE = select(jobs.c.subject_id).where(
    jobs.c.queue == bindparam("of_queue"),
    jobs.c.kind == bindparam("of_kind"),  # another kind at the front stands in nobody's way
    jobs.c.due_at <= bindparam("now"),
    QUEUED,
)

# While it is known that what they need is away nothing is claimed.
_IS_AWAY = exists().where(
    outages.c.backend == bindparam("of_queue"), outages.c.paused_until > bindparam("now")
)


def _claim_of(due: Select[tuple[str]]) -> ReturningUpdate[Any]:
    # Looked for once.  As a subquery PostgreSQL may ask for it again for each row that it compares,
    # find others each time, since those before are locked, and claim them all.
    first_due = (
        due.order_by(jobs.c.priority, jobs.c.turn, jobs.c.due_at)
        .limit(bindparam("at_most"))
        # Rendered on PostgreSQL only: rows that another claim holds are passed over.
        .with_for_update(skip_locked=True)
        .cte("first_due")
    )
    return (
        update(jobs)
        .where(
            jobs.c.kind == bindparam("of_kind"),
            jobs.c.subject_id.in_(select(first_due.c.subject_id)),
        )
        .values(
            state=JobState.RUNNING,
            fence=jobs.c.fence + 1,
            worker=bindparam("by_worker"),
            due_at=bindparam("lease_end"),
            waiting_reason=None,
        )
        .returning(jobs)
    )


_AFTER_OTHER_CLAIMS = select(func.pg_advisory_xact_lock(func.hashtext(bindparam("of_kind"))))
_CLAIM_NEWEST = _claim_of(_DUE.where(COALESCED))
_IS_NEWEST_DUE = _DUE.where(COALESCED).limit(1)

_IS_HELD = (
    jobs.c.kind == bindparam("held_kind"),
    jobs.c.subject_id == bindparam("held_subject"),
    jobs.c.fence == bindparam("held_fence"),
    jobs.c.worker == bindparam("held_worker"),
    jobs.c.state == JobState.RUNNING,
)
_END = delete(jobs).where(*_IS_HELD)
_KEEP = update(jobs).where(*_IS_HELD)
_REQUEUE = update(jobs).where(*_IS_HELD).values(turn=NEXT_TURN)

# Looked for with the index of what runs, which is never much.
_LOST = select(jobs.c.subject_id).where(
    jobs.c.kind == bindparam("of_kind"), jobs.c.due_at <= bindparam("now"), RUNNING
)
_TAKE_BACK = (
    update(jobs)
    .where(
        jobs.c.kind == bindparam("of_kind"),
        jobs.c.subject_id.in_(
            select(_LOST.with_for_update(skip_locked=True).cte("lost").c.subject_id)
        ),
    )
    .values(
        state=JobState.QUEUED,
        losses=jobs.c.losses + 1,
        worker=None,
        waiting_reason=bindparam("lost_reason"),
    )
    .returning(jobs)
)
_DELAY = (
    update(jobs)
    .where(jobs.c.kind == bindparam("of_kind"), jobs.c.subject_id == bindparam("of_subject"))
    .values(due_at=bindparam("due"), turn=NEXT_TURN)
)
_REMOVE = delete(jobs).where(
    jobs.c.kind == bindparam("of_kind"), jobs.c.subject_id == bindparam("of_subject")
)
_CLAIM_HOLDS = select(jobs.c.subject_id).where(*_IS_HELD)
_OFFER_ANEW = (
    update(jobs)
    .where(jobs.c.kind == bindparam("of_kind"), jobs.c.subject_id == bindparam("of_subject"))
    .values(
        state=JobState.QUEUED,
        worker=None,
        due_at=bindparam("due"),
        turn=NEXT_TURN,
        failures=0,
        losses=0,
        outages=0,
        waiting_reason=None,
    )
)


class JobStore(Generic[SubjectT]):
    """Keeps the jobs of one kind.

    Args:
        database: where they are.
        kind: what is particular about them.
        clock: the present moment by the clock that all processes share.
    """

    def __init__(
        self,
        database: Database,
        kind: JobKind[SubjectT],
        clock: Callable[[Connection], datetime],
    ) -> None:
        self._database = database
        self._clock = clock
        self.kind = kind
        due = _DUE.where(~_IS_AWAY)
        if kind.claimable is not None:
            due = due.where(kind.claimable)
        self._claim_due, self._is_any_due = _claim_of(due), due.limit(1)

    def add(self, connection: Connection, *new: NewJob) -> None:
        """Queues jobs as part of a transaction: they are there when it is, or not at all."""
        now = self._clock(connection)
        for one in new:
            values = {
                "kind": self.kind.name,
                "subject_id": one.subject_id,
                "queue": one.queue,
                "priority": one.priority,
                "sender": one.sender,
                "due_at": min(now, one.place.due_at) if one.place else now + one.delay,
                "turn": one.place.turn if one.place else None,
                "fence": one.fence,
                "coalesce_key": one.coalesce_key,
            }
            turn = turn_values(one.queue, one.priority, one.sender, now)
            connection.execute(_INSERT, values | turn)

    def offer_anew(self, connection: Connection, job: NewJob) -> None:
        """Queues a job whatever stands: whoever works on it notices that its claim is lost.

        For work that has to begin again because what it is about was changed.
        """
        now = self._clock(connection)
        values = {"of_kind": self.kind.name, "of_subject": job.subject_id, "due": now}
        turn = turn_values(job.queue, job.priority, job.sender, now)
        if connection.execute(_OFFER_ANEW, values | turn).rowcount == 0:
            self.add(connection, job)

    def make_due(
        self,
        connection: Connection,
        subject_ids: Sequence[str],
        delay: timedelta,
    ) -> None:
        """Has queued jobs claimed so soon that wait for a later moment; others stay as they are."""
        statement = (
            update(jobs)
            .where(jobs.c.kind == self.kind.name, jobs.c.subject_id.in_(subject_ids), QUEUED)
            .values(due_at=self._clock(connection) + delay)
        )
        connection.execute(statement)

    def remove(self, connection: Connection, subject_ids: Sequence[str]) -> None:
        """Removes jobs of subjects that are no longer wanted; see ``remove_jobs``."""
        remove_jobs(connection, self.kind.name, subject_ids)

    def claim(
        self, queue: str, worker: str, at_most: int = 1, *, looks: bool = True
    ) -> list[Claim[SubjectT]]:
        """The most urgent due jobs of this kind; none if nothing is due, or the queue pauses.

        Args:
            queue: whose jobs.
            worker: who claims.
            at_most: how many; several save time where each takes next to none.
            looks: whether it looks first if there is anything; the right to write costs others
                more.  Not worth it where something was left a moment ago.
        """
        if looks and not self.is_any_due(queue):
            return []
        with self._database.write(durable=False) as connection:
            if self.kind.claimable is not None and not self._database.is_sqlite:
                # What others claim at this moment counts; on SQLite one writes at a time anyway.
                connection.execute(_AFTER_OTHER_CLAIMS, {"of_kind": self.kind.name})
            now = self._clock(connection)
            values = {
                "of_kind": self.kind.name,
                "of_queue": queue,
                "by_worker": worker,
                "now": now,
                "lease_end": now + self.kind.lease,
                "at_most": at_most,
            }
            rows = connection.execute(self._claim_due, values).mappings().all()
            if not rows and self.kind.newest_pass_pauses:
                rows = connection.execute(_CLAIM_NEWEST, values).mappings().all()
            if not rows:
                return []
            rows = sorted(rows, key=lambda row: (row["priority"], row["turn"], row["subject_id"]))
            ids = [row["subject_id"] for row in rows]
            subjects = self.kind.begun(connection, ids, now)
            self.remove(connection, [one for one in ids if one not in subjects])
        return [
            Claim(
                **_job_values(row),
                worker=worker,
                claimed_at=now,
                subject=subjects[row["subject_id"]],
            )
            for row in rows
            if row["subject_id"] in subjects
        ]

    def is_any_due(self, queue: str) -> bool:
        """Whether a claim would get something."""
        with self._database.read() as connection:
            look = {"of_queue": queue, "now": self._clock(connection), "of_kind": self.kind.name}
            if connection.scalar(self._is_any_due, look) is not None:
                return True
            passes = self.kind.newest_pass_pauses
            return passes and connection.scalar(_IS_NEWEST_DUE, look) is not None

    def extend(self, claims: Sequence[Claim[SubjectT]]) -> frozenset[str]:
        """Renews the leases; returns the subjects that are still held.

        What is missing from the answer was claimed by somebody else or is no longer there.
        """
        if not claims:
            return frozenset()
        # Fences begin anew where a subject is removed and added again: workers tell claims apart.
        held = tuple_(jobs.c.subject_id, jobs.c.fence, jobs.c.worker).in_(
            [(claim.subject_id, claim.fence, claim.worker) for claim in claims]
        )
        with self._database.write(durable=False) as connection:
            statement = (
                update(jobs)
                .where(jobs.c.kind == self.kind.name, held, jobs.c.state == JobState.RUNNING)
                .values(due_at=self._clock(connection) + self.kind.lease)
                .returning(jobs.c.subject_id)
            )
            return frozenset(connection.scalars(statement))

    def holds(self, claim: Claim[SubjectT], *, within: Connection) -> bool:
        """Whether a claim still holds, for what is written without settling the job.

        It takes no lock: whoever writes under one that later claims need as well (such as the
        camera's row) never writes behind a later claim.
        """
        return within.execute(_CLAIM_HOLDS, self._held(claim)).first() is not None

    def settle(self, claim: Claim[SubjectT], outcome: Outcome, *, within: Connection) -> bool:
        """Writes what becomes of a claimed job, if the claim still holds.

        What belongs to the outcome is written in the same transaction, and only if this says True.

        Args:
            claim: the right to do so.
            outcome: what becomes of the job.
            within: a writing transaction.

        Returns:
            False if the claim was lost; then nothing is written.
        """
        held = self._held(claim)
        if isinstance(outcome, Done):
            return within.execute(_END, held).rowcount == 1
        now = self._clock(within)
        changes: dict[str, Any] = {"waiting_reason": outcome.waiting_reason}
        if isinstance(outcome, Kept):
            changes["due_at"] = now + self.kind.lease
            if outcome.forgets:
                changes |= {"losses": 0, "outages": 0}
            return within.execute(_KEEP, held | changes).rowcount == 1
        changes |= {
            "state": JobState.QUEUED,
            "worker": None,
            "due_at": now + outcome.delay,
            "failures": outcome.failures,
            "losses": outcome.losses,
            "outages": outcome.outages,
        }
        turn = turn_values(claim.queue, claim.priority, claim.sender, now)
        if within.execute(_REQUEUE, held | changes | turn).rowcount != 1:
            return False
        self.kind.requeued(within, [claim], now)
        return True

    def settle_error(
        self, claim: Claim[SubjectT], error: SafetyDetectorError, decision: Decision
    ) -> bool:
        """Writes what becomes of a job without a result; False if the claim was lost.

        Args:
            claim: the right to do so.
            error: why there is no result.
            decision: of the kind, ``JobKind.decide``.
        """
        if self.kind.pauses_queue and is_outage(error) and not lacks_room(error):
            with self._database.write() as connection:
                note_outage(connection, claim.queue, error.reason, self._clock(connection))
        with self._database.write() as connection:
            held = self.settle(claim, decision.again or Done(), within=connection)
            if held and decision.again is None:
                problem = Problem(error.code, error.reason, claim.failures + 1)
                self.kind.given_up(connection, [(claim, problem)], self._clock(connection))
        if held:
            self.kind.counted(claim, decision)
        return held

    def take_back_lost(self) -> int:
        """Queues what runs under a lease that has ended: its worker is lost.

        A job that was with too many lost workers is given up.

        Returns:
            How many jobs were taken back.
        """
        with self._database.read() as connection:
            look = {"of_kind": self.kind.name, "now": self._clock(connection)}
            if connection.scalar(_LOST, look) is None:
                return 0
        with self._database.write() as connection:
            now = self._clock(connection)
            values = {
                "of_kind": self.kind.name,
                "now": now,
                "lost_reason": self.kind.lost_reason,
            }
            rows = connection.execute(_TAKE_BACK, values).mappings().all()
            lost = [Job(**_job_values(row)) for row in rows]
            # Before anything is written for any of them, so that all is locked in one order.
            self.kind.lock(connection, lost)
            self._give_up_lost(connection, [one for one in lost if self._is_given_up(one)], now)
            self._requeue(connection, [one for one in lost if not self._is_given_up(one)], now)
        return len(lost)

    def _held(self, claim: Claim[SubjectT]) -> dict[str, Any]:
        return {
            "held_kind": self.kind.name,
            "held_subject": claim.subject_id,
            "held_fence": claim.fence,
            "held_worker": claim.worker,
        }

    def _is_given_up(self, job: Job) -> bool:
        return self.kind.is_given_up and job.losses >= MOST_LOSSES

    def _give_up_lost(self, connection: Connection, lost: Sequence[Job], now: datetime) -> None:
        if not lost:
            return
        self.remove(connection, [one.subject_id for one in lost])
        why = self.kind.given_up_as_lost
        problems = [
            Problem(WorkerLost.code, Reason.of(why, losses=one.losses), one.losses) for one in lost
        ]
        self.kind.given_up(connection, list(zip(lost, problems, strict=True)), now)

    def _requeue(self, connection: Connection, lost: Sequence[Job], now: datetime) -> None:
        if not lost:
            return
        delays = [
            {
                "of_kind": self.kind.name,
                "of_subject": one.subject_id,
                "due": now + self.kind.spread_over(one.losses - 1),
                **turn_values(one.queue, one.priority, one.sender, now),
            }
            for one in lost
        ]
        connection.execute(_DELAY, delays)
        self.kind.requeued(connection, lost, now)


def remove_jobs(connection: Connection, kind: str, subject_ids: Sequence[str]) -> None:
    """Removes jobs as part of a transaction; whoever works on one of them notices.

    Before the subjects themselves are changed: all transactions lock them in this order.
    """
    if subject_ids:
        connection.execute(_REMOVE, [{"of_kind": kind, "of_subject": one} for one in subject_ids])


def _job_values(row: RowMapping) -> dict[str, Any]:
    return {one.name: row[one.name] for one in fields(Job)}
