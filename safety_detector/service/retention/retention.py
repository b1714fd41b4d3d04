"""Retention: what is older, or more, than the operator keeps goes, oldest first, holds excepted.

Only what is final goes, row and files together: the inspection and its annotated picture, and the
submitted picture where no other inspection refers to it.  Rows go first, so that a crash never
leaves a row whose file is gone; the files that it leaves are noted (``purged_files``), or belong to
a picture that nobody refers to (``unused_pictures``), and the sweeper removes them.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    TextClause,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
)

from safety_detector.database.engine import Database
from safety_detector.database.statements import add_to_tally
from safety_detector.database.tables import (
    ANNOTATED,
    corrections,
    holds,
    inspections,
    pictures,
)
from safety_detector.domain.inspection import Status
from safety_detector.errors import InspectionKept, InspectionUnfinished
from safety_detector.service.access.audit import Actor, AuditAction, note_act
from safety_detector.service.records import Source
from safety_detector.service.retention.age_clock import AgeClock
from safety_detector.service.retention.evidence import is_evidence, note_looks_gone
from safety_detector.service.retention.purged_files import note_purged_files, remove_purged_files
from safety_detector.service.retention.unused_pictures import UNUSED_PICTURE_AGE, remove_unused
from safety_detector.storage.storage import Storage

_log = logging.getLogger(__name__)

_Place = tuple[datetime, str]
"""Where an inspection stands in the order of ages: its stamp, and its id."""

_FIRST: _Place = (datetime(1, 1, 1, tzinfo=UTC), "")

_AT_ONCE = 500
"""Inspections that go in one transaction, and stand in one entry of the audit log."""


@dataclass(frozen=True, slots=True)
class KeepPolicy:
    """What is kept; None means without a bound.

    Attributes:
        age: inspections that ended longer ago go; a backlog keeps its results as long as others.
        max_bytes: of submitted and annotated pictures together; beyond it the oldest go.  Held
            ones count, unfinished ones do not.  Where those under hold alone are more, it cannot be
            reached: nothing goes for its size, and the log says so.
    """

    age: timedelta | None = None
    max_bytes: int | None = None


KEEP_EVERYTHING = KeepPolicy()


@dataclass(frozen=True, slots=True)
class Purged:
    """What went, or would go.

    Attributes:
        inspection_ids: oldest first.
        size_bytes: of their annotated pictures, and of the pictures to which nobody refers now.
        oldest, newest: when the one that ended first and the one that ended last arrived; None if
            nothing went.
        just_ended: of a preview, how many more the policy would have go, were they not spared since
            they ended less than ``UNUSED_PICTURE_AGE`` ago.
    """

    inspection_ids: tuple[str, ...] = ()
    size_bytes: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    just_ended: int = 0

    def __add__(self, later: Purged) -> Purged:
        return Purged(
            self.inspection_ids + later.inspection_ids,
            self.size_bytes + later.size_bytes,
            self.oldest or later.oldest,
            later.newest or self.newest,
            self.just_ended + later.just_ended,
        )


@dataclass(slots=True)
class _Excess:
    """How much of what stands in a chunk has to go, and what the chunks before it set free.

    Attributes:
        left_bytes: still too many; None where bytes do not count.
        gone: by picture, inspections that refer to it no more.
    """

    left_bytes: int | None
    gone: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Stored:
    """The size of submitted and annotated pictures; of all that are final, and of those held."""

    final_bytes: int
    held_bytes: int


class Retention:
    """Removes what need not be kept.

    Args:
        database, storage: where inspections and pictures are.
        policy: what is kept unless a call says otherwise.
        clock: the present moment, with its zone, for the audit log.
        age_clock: how old inspections are.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        policy: KeepPolicy,
        clock: Callable[[], datetime],
        age_clock: AgeClock,
    ) -> None:
        self._database = database
        self._storage = storage
        self._policy = policy
        self._clock = clock
        self._age_clock = age_clock

    def enforce(self, by: Actor, policy: KeepPolicy | None = None) -> Purged:
        """Removes one chunk of what goes; call it again until nothing is left.

        A chunk that another process is just removing is passed over.

        Raises:
            DatabaseUnavailable: nothing, or the whole chunk is gone.
            StorageUnavailable: files of what is gone are still there, and nothing more goes until
                they can be removed; the sweeper removes them as well.
        """
        policy = policy or self._policy
        if policy == KEEP_EVERYTHING:
            return Purged()
        with self._database.read() as connection:
            excess = self._excess(connection, policy)
        after = _FIRST
        while True:
            with self._database.read() as connection:
                planned, after = self._next_chunk(connection, policy, excess, after)
            if not planned.inspection_ids:
                return Purged()
            purged = self._remove(planned.inspection_ids, by, policy)
            if purged.inspection_ids:
                return purged

    def preview(self, policy: KeepPolicy | None = None) -> Purged:
        """What would go now; changes nothing."""
        policy = policy or self._policy
        total, after = Purged(), _FIRST
        with self._database.read() as connection:
            excess = self._excess(connection, policy)
            while policy != KEEP_EVERYTHING:
                chunk, after = self._next_chunk(connection, policy, excess, after)
                if not chunk.inspection_ids:
                    break
                total += chunk
            just_ended = self._just_ended(connection, policy, excess)
        return replace(total, just_ended=just_ended)

    def remove(self, inspection_id: str, by: Actor) -> bool:
        """Removes one inspection at somebody's word, with its pictures and what was said of it.

        Returns:
            Whether it was there.

        Raises:
            InspectionUnfinished: it is not final.
            InspectionKept: it is under hold, or evidence of an incident that is not settled.
            DatabaseUnavailable: another transaction was at it for too long; nothing is gone.
            StorageUnavailable: as ``enforce``.
        """
        state = select(inspections.c.status, _is_kept()).where(inspections.c.id == inspection_id)
        while not self._remove([inspection_id], by, KEEP_EVERYTHING, waits=True).inspection_ids:
            with self._database.read() as connection:
                found = connection.execute(state).one_or_none()
            if found is None:
                return False
            status, is_kept = found
            if status in (Status.QUEUED, Status.RUNNING):
                raise InspectionUnfinished("inspection-not-final", inspection_id=inspection_id)
            if is_kept:
                raise InspectionKept("inspection-kept", inspection_id=inspection_id)
            # What kept it ended just now.
        return True

    def _just_ended(self, connection: Connection, policy: KeepPolicy, excess: _Excess) -> int:
        """How many stay for their end alone, once ``excess`` knows what all others set free."""
        just_now = self._age_clock.stamp_before(connection, UNUSED_PICTURE_AGE)
        query = select(func.count()).where(inspections.c.aged_from >= just_now, *_may_go())
        if not excess.left_bytes:
            if policy.age is None:
                return 0
            oldest_kept = self._age_clock.stamp_before(connection, policy.age)
            query = query.where(inspections.c.aged_from <= oldest_kept)
        return connection.scalar(query) or 0

    def _excess(self, connection: Connection, policy: KeepPolicy) -> _Excess:
        if policy.max_bytes is None:
            return _Excess(None)
        stored = _stored(connection)
        if stored.held_bytes > policy.max_bytes:
            _log.warning(
                "%d bytes are under hold or of incidents that are not settled, more than the %d "
                "that may be kept: nothing is purged for its size; release holds or allow more "
                "(SAFETY_KEEP_BYTES)",
                stored.held_bytes,
                policy.max_bytes,
            )
            return _Excess(None)
        return _Excess(max(stored.final_bytes - policy.max_bytes, 0))

    def _next_chunk(
        self, connection: Connection, policy: KeepPolicy, excess: _Excess, after: _Place
    ) -> tuple[Purged, _Place]:
        """The oldest behind ``after`` that have to go, and the place behind which others stand.

        ``excess`` is told what their going sets free.
        """
        # Not what has just ended, so that its sender can fetch the result.
        before = self._age_clock.stamp_before(connection, UNUSED_PICTURE_AGE)
        oldest_kept = None
        if policy.age is not None:
            oldest_kept = self._age_clock.stamp_before(connection, policy.age)
        if not excess.left_bytes:
            if oldest_kept is None:
                return Purged(), after
            before = min(before, oldest_kept)
        rows = connection.execute(_candidates(before, after)).all()
        if rows:
            after = (rows[-1].aged_from, rows[-1].id)
        references = _references(connection, {row.sha256 for row in rows})
        going, freed_bytes = [], 0
        for row in rows:
            is_too_old = oldest_kept is not None and row.aged_from < oldest_kept
            if not is_too_old and not excess.left_bytes:
                continue
            going.append(row)
            excess.gone[row.sha256] += 1
            frees = row.annotated_bytes or 0
            if excess.gone[row.sha256] == references[row.sha256]:
                frees += row.size_bytes or 0
            freed_bytes += frees
            if excess.left_bytes is not None:
                excess.left_bytes = max(excess.left_bytes - frees, 0)
        return _as_purged(going, freed_bytes), after

    def _remove(
        self, planned: Sequence[str], by: Actor, policy: KeepPolicy, *, waits: bool = False
    ) -> Purged:
        """Removes what may go; what another transaction holds is passed over, or waited for."""
        # Rows without their files would set nothing free: for a limit in bytes all would go.
        remove_purged_files(self._database, self._storage)
        locked = (
            select(inspections.c.id)
            .where(inspections.c.id.in_(planned))
            .order_by(inspections.c.id)
            .with_for_update(skip_locked=not waits)
        )
        now = self._clock()
        with self._database.write() as connection:
            ours = connection.scalars(locked).all()
            # A statement of its own: on PostgreSQL only a new one sees holds that were set before
            # the rows were locked here.
            gone = delete(inspections).where(inspections.c.id.in_(ours), *_may_go())
            rows = connection.execute(gone.returning(inspections)).all()
            rows = sorted(rows, key=attrgetter("aged_from", "id"))
            purged = _as_purged(rows, _freed_bytes(connection, rows))
            taken = [row.taken_at or row.received_at for row in rows]
            _note(connection, purged, taken, by, policy, now)
            _count(connection, [row.status for row in rows])
            note_purged_files(connection, rows)
            ids = purged.inspection_ids
            connection.execute(delete(corrections).where(corrections.c.inspection_id.in_(ids)))
            note_looks_gone(connection, _looks(rows))
            unused_at = self._age_clock.plausible_now(connection)
        remove_purged_files(self._database, self._storage)
        remove_unused(self._database, self._storage, {row.sha256 for row in rows}, unused_at)
        return purged


def _candidates(before: datetime, after: _Place) -> Select[Any]:
    """The oldest that may go, between two places."""
    row = inspections.c
    return (
        select(
            row.id,
            row.sha256,
            row.received_at,
            row.aged_from,
            row.annotated_bytes,
            pictures.c.size_bytes,
        )
        .outerjoin(pictures, pictures.c.sha256 == row.sha256)
        .where(row.aged_from < before, *_may_go())
        .where(tuple_(row.aged_from, row.id) > tuple_(*after))
        .order_by(row.aged_from, row.id)
        .limit(_AT_ONCE)
    )


def _stored(connection: Connection) -> _Stored:
    """What lies in the data folder, as the database knows it.

    A picture that an unfinished inspection needs cannot go, even if a final one shows it as well.
    """
    submitted, annotated = pictures.c.size_bytes, inspections.c.annotated_bytes
    unfinished = select(inspections.c.sha256).where(
        inspections.c.status.in_((Status.QUEUED, Status.RUNNING))
    )
    is_held = and_(
        or_(inspections.c.id.in_(select(holds.c.inspection_id)), is_evidence(inspections.c.id)),
        inspections.c.finished_at.is_not(None),
    )
    held = select(inspections.c.sha256).where(is_held)
    return _Stored(
        final_bytes=_sum(connection, submitted)
        - _sum(connection, submitted, pictures.c.sha256.in_(unfinished))
        + _sum(connection, annotated, ANNOTATED),
        held_bytes=_sum(connection, submitted, pictures.c.sha256.in_(held))
        + _sum(connection, annotated, is_held),
    )


def _sum(
    connection: Connection, column: Column[int], *conditions: ColumnElement[bool] | TextClause
) -> int:
    return int(connection.scalar(select(func.sum(column)).where(*conditions)) or 0)


def _may_go() -> tuple[ColumnElement[bool], ...]:
    return (inspections.c.status.in_((Status.COMPLETED, Status.FAILED)), ~_is_kept())


def _is_kept() -> ColumnElement[bool]:
    """Whether it is under hold, or evidence of an incident that is not settled."""
    is_held = exists().where(holds.c.inspection_id == inspections.c.id)
    return or_(is_held, is_evidence(inspections.c.id))


def _references(connection: Connection, hashes: set[str]) -> dict[str, int]:
    """By picture, how many inspections refer to it, held and unfinished ones included."""
    query = (
        select(inspections.c.sha256, func.count())
        .where(inspections.c.sha256.in_(hashes))
        .group_by(inspections.c.sha256)
    )
    return {sha256: int(count) for sha256, count in connection.execute(query)}


def _freed_bytes(connection: Connection, gone: Sequence[Row[Any]]) -> int:
    """Of inspections whose rows are gone: annotated pictures, and those nobody refers to now."""
    is_unused = ~exists().where(inspections.c.sha256 == pictures.c.sha256)
    of_them = pictures.c.sha256.in_({row.sha256 for row in gone})
    submitted = _sum(connection, pictures.c.size_bytes, of_them, is_unused)
    return submitted + sum(row.annotated_bytes or 0 for row in gone)


def _as_purged(rows: Sequence[Row[Any]], size_bytes: int) -> Purged:
    """Of rows in the order of their ages."""
    if not rows:
        return Purged()
    ids = tuple(row.id for row in rows)
    return Purged(ids, size_bytes, rows[0].received_at, rows[-1].received_at)


def _note(
    connection: Connection,
    purged: Purged,
    taken: Sequence[datetime],
    by: Actor,
    policy: KeepPolicy,
    now: datetime,
) -> None:
    if not purged.inspection_ids:
        return
    details: dict[str, Any] = {
        "inspections": len(purged.inspection_ids),
        "first": purged.inspection_ids[0],
        "last": purged.inspection_ids[-1],
        "first_taken": min(taken).isoformat(),
        "last_taken": max(taken).isoformat(),
        "bytes": purged.size_bytes,
        "keep_days": policy.age.total_seconds() / 86_400 if policy.age is not None else None,
        "keep_bytes": policy.max_bytes,
    }
    one = purged.inspection_ids[0] if len(purged.inspection_ids) == 1 else None
    note_act(connection, by, AuditAction.PURGED, now, one, **details)


def _looks(rows: Sequence[Row[Any]]) -> list[tuple[str, datetime]]:
    """Of inspections those that incidents were folded from: the camera, and when."""
    return [
        (row.camera_id, row.taken_at)
        for row in rows
        if row.camera_id is not None
        and row.status == Status.COMPLETED
        and row.source != Source.BATCH
    ]


def _count(connection: Connection, statuses: Sequence[str]) -> None:
    """Moves them to ``purged``, in the order that ``add_to_tally`` wants."""
    failed = statuses.count(Status.FAILED)
    changes = {
        "completed": failed - len(statuses),
        "failed": -failed,
        "purged": len(statuses),
        "purged_failed": failed,
    }
    for name, amount in changes.items():
        if amount:
            add_to_tally(connection, name, amount)
