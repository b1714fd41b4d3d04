"""How far the clocks of machines that share a PostgreSQL server are from the server's.

What processes tell each other goes by the server's clock, so that nothing is lost by a difference;
but times of arrival are those of the machine that took a picture in.  So each process measures the
difference, and it is said.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from safety_detector.database.engine import Database
from safety_detector.database.statements import upsert
from safety_detector.database.tables import clock_skews
from safety_detector.message_texts.reason import Reason

MOST_SKEW = timedelta(seconds=5)
"""More than machines differ by that ask a time server."""

_LONGEST_ANSWER = timedelta(seconds=2)  # what takes longer tells too little
_WRITTEN_EVERY_S = 30.0
_FORGOTTEN_AFTER = timedelta(seconds=90)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Skew:
    """How far the clock of a process is ahead of the database's; negative where it is behind."""

    process: str
    ahead: timedelta

    @property
    def is_off(self) -> bool:
        """Whether somebody should set the clock."""
        return abs(self.ahead) > MOST_SKEW

    @property
    def reason(self) -> Reason:
        """What is wrong with the clock, and what to do."""
        code = "clock-ahead" if self.ahead > timedelta(0) else "clock-behind"
        return Reason.of(code, process=self.process, seconds=abs(self.ahead).total_seconds())

    def __str__(self) -> str:
        return self.reason.text("en")


def api_process() -> str:
    """A name for this process, where it is none that works."""
    return f"api@{socket.gethostname()[:64]}:{os.getpid()}"


class ClockSkew:
    """Measures this process, and knows what others measured; on SQLite there is one machine.

    Args:
        database: whose clock is the measure, and where the others write.
        clock: of this process.
        shared_clock: the database's.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        shared_clock: Callable[[Connection], datetime],
    ) -> None:
        self._database = database
        self._clock = clock
        self._shared_clock = shared_clock
        self._was_off = False
        self._write_next_s = 0.0

    def measure(self, process: str) -> Skew | None:
        """Compares the clocks; says in the log when they begin to differ, and when they agree.

        Returns:
            The difference; None where there is one clock, or the answer took too long.

        Raises:
            DatabaseUnavailable: nothing was measured.
        """
        if self._database.is_sqlite:
            return None
        with self._database.read() as connection:
            self._shared_clock(connection)  # what opening a connection takes is not measured
            before = self._clock()
            moment = self._shared_clock(connection)
            took = self._clock() - before
        if not timedelta(0) <= took <= _LONGEST_ANSWER:
            return None
        skew = Skew(process, before + took / 2 - moment)
        if skew.is_off != self._was_off or time.monotonic() >= self._write_next_s:
            self._write(skew, moment)
        if skew.is_off and not self._was_off:
            _log.warning("%s", skew)
        elif self._was_off and not skew.is_off:
            _log.info("the clock of %s agrees with the database server's again", process)
        self._was_off = skew.is_off
        return skew

    def measured(self) -> tuple[Skew, ...]:
        """What each process measured lately, by its name."""
        if self._database.is_sqlite:
            return ()
        with self._database.read() as connection:
            since = self._shared_clock(connection) - _FORGOTTEN_AFTER
            query = select(clock_skews).where(clock_skews.c.measured_at >= since)
            rows = connection.execute(query.order_by(clock_skews.c.process)).all()
        return tuple(Skew(row.process, timedelta(seconds=row.ahead_s)) for row in rows)

    def _write(self, skew: Skew, moment: datetime) -> None:
        values = {
            "process": skew.process,
            "ahead_s": skew.ahead.total_seconds(),
            "measured_at": moment,
        }
        statement = upsert(
            "postgresql", clock_skews, on=("process",), overwrite=("ahead_s", "measured_at")
        )
        gone = clock_skews.c.measured_at < moment - _FORGOTTEN_AFTER
        with self._database.write(durable=False) as connection:
            connection.execute(delete(clock_skews).where(gone))
            connection.execute(statement, values)
        self._write_next_s = time.monotonic() + _WRITTEN_EVERY_S
