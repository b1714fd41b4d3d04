"""Pauses of a queue while what its jobs need is away, as part of other transactions.

A backend's queue has its name.  The broker has a row of its own: while it is away all jobs wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select, update

from safety_detector.database.statements import insert_unless_there
from safety_detector.database.tables import outages
from safety_detector.jobs.kinds import Backoff
from safety_detector.message_texts.reason import Reason

BROKER = "broker"
"""Stands where a queue does in the row of the broker's outage."""

# At most so late is it noticed that the model is back.
_PAUSE = Backoff(timedelta(seconds=1), growth=2, longest=timedelta(seconds=30))


@dataclass(frozen=True, slots=True)
class Outage:
    """A backend whose model cannot be reached."""

    backend: str
    since: datetime
    reason: Reason


_OF_MODELS = select(outages).where(outages.c.backend != BROKER).order_by(outages.c.since)
_END = delete(outages).where(outages.c.backend == bindparam("ended"))


def note_outage(connection: Connection, backend: str, reason: Reason, now: datetime) -> None:
    """Pauses the backend; each pause is twice as long as the one before, up to half a minute."""
    row = connection.execute(select(outages).where(outages.c.backend == backend)).one_or_none()
    if row is None:
        values = {
            "backend": backend,
            "since": now,
            "paused_until": now + _PAUSE.after(0),
            "attempts": 1,
            "reason": Reason.of("waiting-since", reason=reason, since=f"{now:%Y-%m-%d %H:%M:%S}"),
        }
        # Two workers may notice at once; the first one's row will do.
        connection.execute(
            insert_unless_there(connection.dialect.name, outages, on=("backend",)), values
        )
    elif row.paused_until <= now:
        # Else the call began before the pause did, and says nothing new.
        connection.execute(
            update(outages)
            .where(outages.c.backend == backend, outages.c.attempts == row.attempts)
            .values(paused_until=now + _PAUSE.after(row.attempts), attempts=row.attempts + 1)
        )


def note_stand_in(connection: Connection, backend: str, reason: Reason, now: datetime) -> None:
    """Notes that the backend's model is away, and pauses nothing: something stood in for it."""
    values = {"backend": backend, "since": now, "paused_until": now, "attempts": 0}
    connection.execute(
        insert_unless_there(connection.dialect.name, outages, on=("backend",)),
        values | {"reason": reason},
    )


def end_outage(connection: Connection, backend: str) -> None:
    """The backend's model answers."""
    connection.execute(_END, {"ended": backend})


def is_paused(connection: Connection, backend: str, now: datetime) -> bool:
    """Whether nothing of the backend is to be claimed at present."""
    query = select(outages.c.backend).where(
        outages.c.backend == backend, outages.c.paused_until > now
    )
    return connection.scalar(query) is not None


def read_outages(connection: Connection) -> Sequence[Outage]:
    """Every backend whose model is away."""
    rows = connection.execute(_OF_MODELS)
    return [Outage(row.backend, row.since, row.reason) for row in rows]
