"""How old things are, by a clock of the service's own that no setting of a machine's clock moves.

Retention deletes by age, and a clock that is wrong for a moment would make everything old.  So ages
are counted: the age clock goes on by the time that a process measures between two of its rounds,
whatever the machine's clock says meanwhile, and what ends is stamped with it (``aged_from``, by
triggers of the migration).  Time in which no process counted is a *gap*:

* Of a *stop*, between two processes, only the machine's clock tells how long it was.  That is
  believed after it has gone on for as long without another step, a day at most.
* A *step* of the clock while a process measured is no time that passed.  It is noted, and counted
  only where an operator says that it was one (a virtual machine that was paused).

Gaps are rows and not added to the clock: what ended since is not made older by one that is counted
afterwards.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from safety_detector.database.engine import Database
from safety_detector.database.tables import age_clock, age_gaps, audit, events, inspections
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, note_act

_log = logging.getLogger(__name__)

LONGEST_DELAY = timedelta(days=1)
"""So long the clock has to go on before a stop of a day or more is counted."""

COUNTED_AT_ONCE = timedelta(minutes=5)
"""Rounds are seconds apart; a longer silence is a stop."""

TOLD_FROM = timedelta(hours=1)
"""Shorter gaps make no difference to anybody."""

_STEP = timedelta(seconds=5)  # more than a time server corrects in a minute
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Uptime:
    """Time as a process measures it; comparable between processes of the same boot alone."""

    boot: str
    passed: timedelta


class GapKind(StrEnum):
    """Why time was not counted."""

    STOP = "stop"
    STEP = "step"


class GapState(StrEnum):
    """What became of a gap."""

    OPEN = "open"  # a stop that is still to be believed
    COUNTED = "counted"
    LEFT_OUT = "left-out"


@dataclass(frozen=True, slots=True)
class Gap:
    """Time that the machine's clock tells of and that ages do not count, or not yet.

    Attributes:
        length: by how much the clock went ahead.
        noticed_at: when, by the machine's clock.
        counts_in: how long until it is counted; None where nobody but an operator counts it.
        is_new: whether the clock went ahead within the last day that was counted.
    """

    kind: GapKind
    length: timedelta
    noticed_at: datetime
    counts_in: timedelta | None
    is_new: bool = True

    def __str__(self) -> str:
        days = self.length / timedelta(days=1)
        length = f"{days:.1f} days" if days >= 1 else f"{self.length / timedelta(hours=1):.1f} h"
        noticed = self.noticed_at.isoformat(sep=" ", timespec="seconds")
        if self.kind is GapKind.STEP:
            return (
                f"The clock was set ahead by {length} (noticed {noticed}). Nothing grows older by "
                "that. Should the time have passed indeed, as for a paused virtual machine, "
                "safety-detector purge --trust-clock counts it."
            )
        hours = (self.counts_in or timedelta(0)) / timedelta(hours=1)
        return (
            f"By the clock the service stood still for {length} (noticed {noticed}). Nothing is "
            f"deleted for that before the clock has gone on for {hours:.1f} h more. If it is "
            "wrong, set it right meanwhile (NTP); if it is right, safety-detector purge "
            "--trust-clock need not wait."
        )


_CLOCK = select(age_clock)
_TOLD = (
    select(age_gaps)
    .where(age_gaps.c.state != GapState.COUNTED, age_gaps.c.seconds >= TOLD_FROM.total_seconds())
    .order_by(age_gaps.c.id.desc())
)


class AgeClock:
    """Counts the time by which retention goes.

    Args:
        database: where it stands.
        wall: the machine's clock; for several machines the database's, which they share.
        uptime: the time that this process measures.
        at_once: the longest time between two calls of ``advance`` that is no stop.
    """

    def __init__(
        self,
        database: Database,
        wall: Callable[[Connection], datetime],
        uptime: Callable[[], Uptime],
        at_once: timedelta = COUNTED_AT_ONCE,
    ) -> None:
        self._database = database
        self._wall = wall
        self._uptime = uptime
        self._at_once = at_once

    def begin(self) -> None:
        """Starts counting where nothing was ever counted; before a process takes anything in.

        What comes in under a wrong clock must not be what the counting starts from.

        Raises:
            DatabaseUnavailable: ``advance`` starts it.
        """
        with self._database.read() as connection:
            if connection.scalar(select(age_clock.c.id)) is not None:
                return
        self.advance()

    def advance(self) -> None:
        """Counts the time since the last call, in whatever process; call it every few seconds.

        Raises:
            DatabaseUnavailable: the time is counted by the next call.
        """
        with self._database.write(durable=False) as connection:
            row = connection.execute(select(age_clock).with_for_update()).one_or_none()
            wall, uptime = self._wall(connection), self._uptime()
            if row is None:
                row = _begin(connection, wall, uptime)
            moved = wall - row.wall_at
            passed = _passed(row, uptime)
            counted = moved if passed is None else passed
            if not timedelta(0) <= counted <= self._at_once:
                counted = timedelta(0)
            at = row.at + counted
            if passed is None:
                _stop(connection, at, moved - counted, wall)
            elif passed > counted:
                _stop(connection, at, moved, wall)
            elif abs(moved - passed) > _STEP:
                _step(connection, at, moved - passed, wall)
            connection.execute(update(age_clock).values(_values(at, wall, uptime)))
            _settle(connection, at, wall)

    def trust(self, by: Actor) -> timedelta:
        """Counts every gap, since somebody says that the clock is right; returns how much."""
        self.advance()
        with self._database.write() as connection:
            uncounted = age_gaps.c.state != GapState.COUNTED
            gaps = connection.execute(
                select(age_gaps).where(uncounted, age_gaps.c.seconds > 0)
            ).all()
            for gap in gaps:
                _count(connection, gap, by, self._wall(connection))
        return timedelta(seconds=sum(gap.seconds for gap in gaps))

    def gaps(self, connection: Connection | None = None) -> tuple[Gap, ...]:
        """What is not counted, or not yet, of an hour or more; the newest first."""
        if connection is None:
            with self._database.read() as read:
                return self.gaps(read)
        now = self._counted_until(connection)
        return tuple(
            Gap(
                GapKind(row.kind),
                timedelta(seconds=row.seconds),
                row.noticed_at,
                max(row.changed_at + _delay(row.seconds) - now, timedelta(0))
                if row.state == GapState.OPEN
                else None,
                now - row.changed_at < LONGEST_DELAY,
            )
            for row in connection.execute(_TOLD)
        )

    def stamp_before(self, connection: Connection, age: timedelta) -> datetime:
        """What was stamped before this moment of the age clock is older than the age."""
        now = connection.scalar(select(age_clock.c.at))
        if now is None:  # nothing was ever counted
            now = min(
                _newest_evidence(connection) or self._wall(connection), self._wall(connection)
            )
        left, until = age, now
        for gap in _counted(connection):
            if until - gap.at >= left:
                break
            left -= until - gap.at
            until = _moment(gap)
            if gap.seconds >= left.total_seconds():
                return until
            left -= timedelta(seconds=gap.seconds)
        return _earlier(until, left)

    def _counted_until(self, connection: Connection) -> datetime:
        row = connection.execute(_CLOCK).one_or_none()
        if row is not None:
            return _moment(row)
        wall = self._wall(connection)
        return min(_newest_evidence(connection) or wall, wall)

    def plausible_now(self, connection: Connection) -> datetime:
        """The machine's clock, or what was counted where it is ahead of that."""
        wall = self._wall(connection)
        now = self._counted_until(connection)
        seconds = connection.scalar(
            select(func.sum(age_gaps.c.seconds)).where(age_gaps.c.state == GapState.COUNTED)
        )
        return min(wall, now + timedelta(seconds=seconds or 0))

    def excess_of(self, clock: datetime, connection: Connection) -> timedelta:
        """By how much a clock makes files look older than they plausibly are; never negative."""
        return max(clock - self.plausible_now(connection), timedelta(0))


def read_uptime() -> Uptime:
    """The time since this machine was started, suspensions included, and which start that was."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return Uptime(_boot(), timedelta(seconds=time.clock_gettime(clock)))


@cache
def _boot() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()[:64]
    except OSError:  # then no other process can know either
        return uuid4().hex


def _begin(connection: Connection, wall: datetime, uptime: Uptime) -> Row[tuple[object, ...]]:
    """The first row: from now on, or from the last moment that the database of before tells of."""
    evidence = _newest_evidence(connection)
    if evidence is not None and evidence < wall:
        wall, uptime = evidence, Uptime("", timedelta(0))
    connection.execute(insert(age_clock).values(id=1, **_values(wall, wall, uptime)))
    return connection.execute(select(age_clock)).one()


def _passed(row: Row[tuple[object, ...]], uptime: Uptime) -> timedelta | None:
    """What was measured since; None where only the machine's clock can tell."""
    passed: timedelta = uptime.passed - timedelta(seconds=row.boot_s)
    return passed if uptime.boot == row.boot and passed >= timedelta(0) else None


def _values(at: datetime, wall: datetime, uptime: Uptime) -> dict[str, object]:
    boot_s = uptime.passed.total_seconds()
    return {"at": at, "wall_at": wall, "boot": uptime.boot, "boot_s": boot_s}


def _stop(connection: Connection, at: datetime, length: timedelta, wall: datetime) -> None:
    """Opens a gap, or lengthens the one that is open."""
    seconds = length.total_seconds()
    if _change_open(connection, at, seconds):
        return
    _add(connection, GapKind.STOP, GapState.OPEN, at, seconds, wall)
    if length >= TOLD_FROM:
        _log.warning("%s", Gap(GapKind.STOP, length, wall, _delay(seconds)))


def _step(connection: Connection, at: datetime, length: timedelta, wall: datetime) -> None:
    """Corrects the gap that is open, or else steps before it, or is noted."""
    seconds = length.total_seconds()
    if _change_open(connection, at, seconds):
        return
    earlier = (
        select(age_gaps)
        .where(age_gaps.c.kind == GapKind.STEP, age_gaps.c.state == GapState.LEFT_OUT)
        .order_by(age_gaps.c.id.desc())
    )
    for gap in connection.execute(earlier).all():
        if gap.seconds * seconds > 0:
            break
        seconds += gap.seconds
        connection.execute(delete(age_gaps).where(age_gaps.c.id == gap.id))
        if abs(seconds) <= _STEP.total_seconds():
            return
    _add(connection, GapKind.STEP, GapState.LEFT_OUT, at, seconds, wall)
    if seconds >= TOLD_FROM.total_seconds():
        _log.warning("%s", Gap(GapKind.STEP, timedelta(seconds=seconds), wall, None))


def _change_open(connection: Connection, at: datetime, seconds: float) -> bool:
    statement = update(age_gaps).where(age_gaps.c.state == GapState.OPEN)
    values = {"seconds": age_gaps.c.seconds + seconds, "changed_at": at}
    return connection.execute(statement.values(values)).rowcount > 0


def _add(
    connection: Connection,
    kind: GapKind,
    state: GapState,
    at: datetime,
    seconds: float,
    wall: datetime,
) -> None:
    connection.execute(
        insert(age_gaps).values(
            kind=kind, state=state, at=at, seconds=seconds, changed_at=at, noticed_at=wall
        )
    )


def _settle(connection: Connection, at: datetime, wall: datetime) -> None:
    """Believes the open gap once the clock has gone on for long enough."""
    row = connection.execute(
        select(age_gaps).where(age_gaps.c.state == GapState.OPEN)
    ).one_or_none()
    if row is None or at - row.changed_at < _delay(row.seconds):
        return
    if row.seconds > 0:
        _count(connection, row, PROGRAM, wall)
    else:
        connection.execute(delete(age_gaps).where(age_gaps.c.id == row.id))


def _delay(seconds: float) -> timedelta:
    """A clock that is not ahead may still be set right: it is looked at for a day."""
    return min(timedelta(seconds=seconds), LONGEST_DELAY) if seconds > 0 else LONGEST_DELAY


def _count(connection: Connection, gap: Row[tuple[object, ...]], by: Actor, wall: datetime) -> None:
    statement = update(age_gaps).where(age_gaps.c.id == gap.id)
    connection.execute(statement.values(state=GapState.COUNTED))
    if gap.seconds >= TOLD_FROM.total_seconds():
        _log.warning("ages count %.1f h more, in which nobody counted", gap.seconds / 3600)
        note_act(connection, by, AuditAction.TIME_COUNTED, wall, seconds=round(gap.seconds))


def _counted(connection: Connection) -> list[Row[tuple[object, ...]]]:
    query = select(age_gaps).where(age_gaps.c.state == GapState.COUNTED)
    return list(connection.execute(query.order_by(age_gaps.c.at.desc(), age_gaps.c.id.desc())))


def _newest_evidence(connection: Connection) -> datetime | None:
    """The last moment of which the database tells; each is found by an index."""
    moments = (
        connection.scalar(select(func.max(events.c.at))),
        connection.scalar(
            select(inspections.c.received_at).order_by(inspections.c.id.desc()).limit(1)
        ),
        connection.scalar(select(func.max(audit.c.at))),
    )
    return max((one for one in moments if one is not None), default=None)


def _moment(row: Row[tuple[object, ...]]) -> datetime:
    moment: datetime = row.at
    return moment


def _earlier(moment: datetime, by: timedelta) -> datetime:
    """The moment so long before, or the first that there is."""
    try:
        return moment - by
    except OverflowError:
        return datetime.min.replace(tzinfo=moment.tzinfo)
