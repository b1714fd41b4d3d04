"""Machines whose clocks differ from the database server's: measured, and said."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from safety_detector.database.clock import database_now
from safety_detector.database.engine import Database
from safety_detector.service.operation.clock_skew import ClockSkew


class OwnClock:
    """A machine's clock, so many seconds beside the right time."""

    def __init__(self, ahead_s: float) -> None:
        self.ahead_s = ahead_s

    def __call__(self) -> datetime:
        """The present moment as this machine takes it to be."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead_s)


@pytest.mark.parametrize("ahead_s", [45, -45, 400 * 86_400, -20_000 * 86_400])
def test_a_clock_that_is_off_is_named_by_whose_it_is_and_by_how_much(
    database: Database, ahead_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    """Once in the log, and for whoever asks about the processes; until it is right again."""
    if database.is_sqlite:
        pytest.skip("a SQLite file is used on one machine, which has one clock")
    clock = OwnClock(ahead_s)
    worker = ClockSkew(database, clock, database_now)
    other = ClockSkew(database, OwnClock(0.1), database_now)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            worker.measure("render@gate")
            other.measure("qwen@gate")
    sane, off = other.measured()
    assert (sane.process, sane.is_off) == ("qwen@gate", False)
    assert (off.process, off.is_off) == ("render@gate", True)
    assert abs(off.ahead - timedelta(seconds=ahead_s)) < timedelta(seconds=5)
    [record] = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert "render@gate" in record.getMessage()
    assert "NTP" in record.getMessage()
    assert ("ahead of" if ahead_s > 0 else "behind") in record.getMessage()
    clock.ahead_s = 0
    with caplog.at_level(logging.INFO):
        worker.measure("render@gate")
    assert "agrees" in caplog.text
    assert not any(skew.is_off for skew in other.measured())


def test_on_one_machine_there_is_nothing_to_measure(database: Database) -> None:
    """A SQLite file has no clock of its own."""
    if not database.is_sqlite:
        pytest.skip("about SQLite")
    skew = ClockSkew(database, OwnClock(400 * 86_400), database_now)
    assert skew.measure("api@gate") is None
    assert skew.measured() == ()
