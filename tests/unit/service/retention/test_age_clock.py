"""Clocks that are wrong, and what retention does: nothing that was not old goes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from safety_detector.database.engine import Database
from safety_detector.ingest.admission import Limits
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, AuditFilter
from safety_detector.service.core import Service, build_service
from safety_detector.service.records import Submission
from safety_detector.service.reports.records import ReportOrder
from safety_detector.service.retention.age_clock import AgeClock, GapKind, Uptime
from safety_detector.service.retention.retention import KeepPolicy
from safety_detector.storage.storage import Storage
from tests.pictures import jpeg
from tests.service_stand import FIRE, finding, next_claim

OPERATOR = Actor("ann@gate", None)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
KEPT = KeepPolicy(age=90 * DAY)


class Machine:
    """A machine whose clock can be set while time passes."""

    def __init__(self, wall: datetime = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)) -> None:
        self.wall = wall
        self.passed = HOUR
        self.boots = 1

    def clock(self) -> datetime:
        """What the clock says; no two calls at the same moment."""
        self.let_pass(timedelta(microseconds=1))
        return self.wall

    def uptime(self) -> Uptime:
        """What a process measures."""
        return Uptime(f"boot {self.boots}", self.passed)

    def let_pass(self, time: timedelta) -> None:
        """Time passes, and the clock goes on."""
        self.wall += time
        self.passed += time

    def set(self, step: timedelta) -> None:
        """The clock is set, in no time."""
        self.wall += step

    def stop(self, real: timedelta, clock: timedelta | None = None) -> None:
        """The machine is off; its clock goes on by ``clock``."""
        self.wall += real if clock is None else clock
        self.passed = MINUTE
        self.boots += 1


@dataclass
class Running:
    """A service on the machine whose sweeper makes its rounds."""

    service: Service
    machine: Machine
    seeds: Iterator[int]

    def run(self, time: timedelta) -> None:
        """The service runs for a while; rounds are made, and what is old goes."""
        self.service.retention.age_clock.advance()
        machine = self.machine
        # For a service that runs a silence of hours is a stop; here it is many rounds in one.
        many = AgeClock(self.service.database, lambda _: machine.clock(), machine.uptime, DAY)
        rounds = max(time // (4 * HOUR), 10)
        for _ in range(rounds):
            machine.let_pass(time / rounds)
            many.advance()
        self.purge()

    def purge(self) -> None:
        """What the sweeper does."""
        self.service.retention.age_clock.advance()
        while self.service.retention.inspections.enforce(OPERATOR, KEPT).inspection_ids:
            pass
        self.service.retention.reports.enforce(OPERATOR, KEPT)
        self.service.operation.upkeep.remove_leftovers()

    def inspect(self) -> str:
        """A picture comes in and is inspected; the id."""
        seed = next(self.seeds)
        self.machine.let_pass(timedelta(milliseconds=1))
        accepted = self.service.inspections.intake.accept(
            jpeg(seed % 200), Submission(f"{seed}.jpg")
        )
        while (claim := next_claim(self.service)) is None:
            assert self.service.operation.clock_steps.mend(), "nothing is due"
        assert self.service.inspections.findings.record([finding(claim, FIRE)]) == [True]
        return accepted.id

    def report(self) -> str:
        """A report is ordered and made; the id."""
        order = ReportOrder(since=self.machine.wall - HOUR)
        ordered = self.service.reports.orders.order(order, PROGRAM)
        claim = next(iter(self.service.reports.jobs.claim("render", "render-1")), None)
        assert claim is not None
        self.service.storage.begin_report(claim.subject_id, claim.fence)
        assert self.service.reports.files.complete(claim, [], 0)
        return ordered.id

    def left(self, ids: list[str]) -> list[str]:
        """Those that are still there, with their pictures."""
        found = [self.service.inspections.results.get(one) for one in ids]
        for one in found:
            assert one is None or self.service.storage.read_picture(str(one.picture.sha256))
        return [one.id for one in found if one is not None]


@pytest.fixture
def start(database: Database, quick_path: Path) -> Callable[..., Running]:
    """Starts the service on a machine."""

    def begin(machine: Machine | None = None) -> Running:
        machine = machine or Machine()
        storage = Storage(quick_path / "data")
        storage.prepare()
        service = build_service(
            database,
            storage,
            limits=Limits(),
            default_backend="embedded",
            wake_up=lambda _: None,
            clock=machine.clock,
            uptime=machine.uptime,
        )
        running = Running(service, machine, iter(range(10_000)))
        # The row that the migration makes; on PostgreSQL tests empty all tables.
        with database.write() as connection:
            connection.exec_driver_sql("DELETE FROM age_clock")
        service.retention.age_clock.advance()
        return running

    return begin


FAR = [30 * DAY, 100 * DAY, 400 * DAY, 3650 * DAY, 20_000 * DAY]


@pytest.mark.parametrize("ahead", FAR, ids=lambda ahead: f"{ahead.days} days")
def test_a_clock_that_is_ahead_for_a_moment_deletes_nothing(
    start: Callable[..., Running], ahead: timedelta
) -> None:
    """Nor does it leave anything that is never deleted."""
    running = start()
    ids = [running.inspect() for _ in range(4)]
    report = running.report()
    running.run(MINUTE)
    running.machine.set(ahead)
    ids += [running.inspect() for _ in range(2)]
    running.run(timedelta(seconds=15))
    ids += [running.inspect() for _ in range(2)]
    running.machine.set(-ahead)
    ids += [running.inspect() for _ in range(2)]
    running.run(HOUR)
    assert running.left(ids) == ids
    assert running.service.reports.orders.get(report) is not None
    assert running.service.retention.age_clock.gaps() == ()
    running.run(90 * DAY)
    assert running.left(ids) == []
    assert running.service.reports.orders.get(report) is None


@pytest.mark.parametrize("ahead", FAR, ids=lambda ahead: f"{ahead.days} days")
def test_a_clock_that_is_set_ahead_for_good_deletes_nothing_and_is_told(
    start: Callable[..., Running], ahead: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    """A step while the service runs is no time that passed; what becomes old goes all the same."""
    running = start()
    ids = [running.inspect() for _ in range(3)]
    running.run(MINUTE)
    running.machine.set(ahead)
    with caplog.at_level(logging.WARNING):
        running.run(2 * DAY)
    assert running.left(ids) == ids
    [gap] = running.service.retention.age_clock.gaps()
    assert (gap.kind, gap.counts_in) == (GapKind.STEP, None)
    assert abs(gap.length - ahead) < MINUTE
    assert "set ahead" in caplog.text
    running.run(89 * DAY)
    assert running.left(ids) == []


def test_a_restart_while_the_clock_is_wrong_changes_nothing(start: Callable[..., Running]) -> None:
    """Another process of the same start of the machine knows how much time passed."""
    running = start()
    ids = [running.inspect()]
    running.run(MINUTE)
    running.machine.set(400 * DAY)
    restarted = start_again(running)
    ids.append(restarted.inspect())
    restarted.run(3 * DAY)
    assert restarted.left(ids) == ids
    running.machine.set(-400 * DAY)
    again = start_again(restarted)
    ids.append(again.inspect())
    again.run(HOUR)
    assert again.left(ids) == ids


@pytest.mark.parametrize("back", [HOUR, 10 * DAY, 3650 * DAY, 20_000 * DAY], ids=str)
def test_a_clock_that_was_behind_makes_nothing_old(
    start: Callable[..., Running], back: timedelta
) -> None:
    """What came in 1970 is minutes old when the clock is right again, whatever it says itself."""
    running = start()
    ids = [running.inspect()]
    running.run(MINUTE)
    running.machine.set(-back)
    ids += [running.inspect() for _ in range(3)]
    report = running.report()
    running.run(2 * HOUR)
    running.machine.set(back)
    ids.append(running.inspect())
    running.run(HOUR)
    assert sorted(running.left(ids)) == sorted(ids)
    assert running.service.reports.orders.get(report) is not None
    assert running.service.retention.age_clock.gaps() == ()


def test_after_a_battery_is_lost_the_clock_is_set_right_by_the_network(
    start: Callable[..., Running],
) -> None:
    """Started in 1970, right some minutes later: the two hours for which it was off are counted."""
    running = start()
    old = running.inspect()
    running.run(MINUTE)
    now = running.machine.wall
    running.machine.stop(2 * HOUR, datetime(1970, 1, 1, tzinfo=UTC) - now)
    started = start_again(running)
    in_1970 = started.inspect()
    started.run(10 * MINUTE)
    running.machine.wall = now + 2 * HOUR + 10 * MINUTE
    started.run(3 * HOUR)
    assert sorted(started.left([old, in_1970])) == sorted([old, in_1970])
    started.run(90 * DAY - 5 * HOUR - 5 * MINUTE)
    assert started.left([old, in_1970]) == [in_1970]


def test_after_a_long_stop_ages_go_on_by_themselves_after_a_day_that_is_announced(
    start: Callable[..., Running], caplog: pytest.LogCaptureFixture
) -> None:
    """Off for 100 days: first nothing, a day later what is old indeed, and nothing of that day."""
    running = start()
    old = running.inspect()
    running.run(HOUR)
    running.machine.stop(100 * DAY)
    with caplog.at_level(logging.WARNING):
        started = start_again(running)
        started.run(MINUTE)
    assert "stood still for 100.0 days" in caplog.text
    assert "--trust-clock" in caplog.text
    young = started.inspect()
    started.run(23 * HOUR)
    assert started.left([old, young]) == [old, young]
    [gap] = started.service.retention.age_clock.gaps()
    assert gap.kind is GapKind.STOP
    assert gap.counts_in is not None
    assert timedelta(0) < gap.counts_in < 2 * HOUR
    started.run(2 * HOUR)
    assert started.left([old, young]) == [young]
    assert started.service.retention.age_clock.gaps() == ()
    [entry] = started.service.access.audit.entries(AuditFilter(action=AuditAction.TIME_COUNTED), 5)
    assert abs(entry.details["seconds"] - 100 * 86_400) < 60
    started.run(88 * DAY)
    assert started.left([young]) == [young]
    started.run(2 * DAY)
    assert started.left([young]) == []


def test_a_clock_that_is_wrong_after_a_start_and_set_right_within_the_day_deletes_nothing(
    start: Callable[..., Running],
) -> None:
    """Off for an hour, started 400 days ahead, put right 20 hours later."""
    running = start()
    ids = [running.inspect()]
    running.run(HOUR)
    running.machine.stop(HOUR, 400 * DAY)
    started = start_again(running)
    ids.append(started.inspect())
    started.run(20 * HOUR)
    running.machine.set(-400 * DAY + HOUR)
    started.run(10 * DAY)
    ids.append(started.inspect())
    assert sorted(started.left(ids)) == sorted(ids)
    assert started.service.retention.age_clock.gaps() == ()


def test_steps_that_go_on_put_the_day_off(start: Callable[..., Running]) -> None:
    """A clock that jumps about is never believed."""
    running = start()
    ids = [running.inspect()]
    running.run(HOUR)
    running.machine.stop(100 * DAY)
    started = start_again(running)
    for _ in range(6):
        started.run(20 * HOUR)
        running.machine.set(HOUR)
    assert started.left(ids) == ids


def test_an_operator_who_trusts_the_clock_need_not_wait(start: Callable[..., Running]) -> None:
    """For a stop, and for a step that was a pause of the virtual machine; the log names who."""
    running = start()
    first = running.inspect()
    running.run(HOUR)
    running.machine.stop(60 * DAY)
    started = start_again(running)
    started.run(MINUTE)
    assert abs(started.service.retention.age_clock.trust(OPERATOR) - 60 * DAY) < HOUR
    second = started.inspect()
    started.run(MINUTE)
    running.machine.set(31 * DAY)
    started.run(MINUTE)
    assert started.left([first, second]) == [first, second]
    assert abs(started.service.retention.age_clock.trust(OPERATOR) - 31 * DAY) < HOUR
    started.purge()
    assert started.left([first, second]) == [second]
    assert started.service.retention.age_clock.gaps() == ()
    entries = started.service.access.audit.entries(AuditFilter(action=AuditAction.TIME_COUNTED), 5)
    assert [entry.actor for entry in entries] == [OPERATOR, OPERATOR]


def test_what_a_clock_ahead_from_the_first_start_wrote_goes_in_its_time(
    start: Callable[..., Running],
) -> None:
    """Installed 400 days ahead, put right later: both kinds are kept 90 days and no longer."""
    running = start(Machine(datetime(2028, 1, 1, tzinfo=UTC)))
    ahead = [running.inspect() for _ in range(2)]
    running.run(10 * DAY)
    running.machine.set(-400 * DAY)
    right = [running.inspect() for _ in range(2)]
    running.run(79 * DAY)
    assert sorted(running.left(ahead + right)) == sorted(ahead + right)
    running.run(2 * DAY)
    assert running.left(ahead + right) == right
    running.run(10 * DAY)
    assert running.left(right) == []


def test_beyond_the_bytes_the_oldest_go_first_whatever_their_times_say(
    start: Callable[..., Running],
) -> None:
    """One that came in 1970 came last; one stamped in the future can go, too."""
    running = start()
    running.machine.set(400 * DAY)
    first = running.inspect()
    running.run(HOUR)
    running.machine.set(-400 * DAY)
    second = running.inspect()
    running.run(HOUR)
    running.machine.set(-20_000 * DAY)
    third = running.inspect()
    running.run(HOUR)
    running.machine.set(20_000 * DAY)
    running.run(HOUR)
    retention = running.service.retention.inspections
    everything = running.service.storage.root
    size = sum(one.stat().st_size for one in everything.glob("*images/**/*") if one.is_file())
    for oldest in (first, second, third):
        gone = retention.enforce(OPERATOR, KeepPolicy(max_bytes=size - 1)).inspection_ids
        assert gone == (oldest,)
        size = sum(one.stat().st_size for one in everything.glob("*images/**/*") if one.is_file())


@pytest.mark.parametrize("step", [400 * DAY, -20_000 * DAY], ids=str)
def test_readers_of_the_feed_miss_nothing_by_a_clock(
    start: Callable[..., Running], step: timedelta
) -> None:
    """Events stay for a week, also those that tell a wrong time; then they go."""
    running = start()

    def told() -> set[str]:
        events = running.service.inspections.results.events_after("0-0", 100)
        return {event.inspection_id for event in events}

    ids = [running.inspect()]
    running.run(HOUR)
    running.machine.set(step)
    ids.append(running.inspect())
    running.run(HOUR)
    running.machine.set(-step)
    ids.append(running.inspect())
    running.run(HOUR)
    running.run(6 * DAY)
    assert told() == set(ids)
    running.run(2 * DAY)
    assert told() == set()


def test_uploads_on_their_way_survive_a_wrong_reading(start: Callable[..., Running]) -> None:
    """A clock that is a day ahead takes nobody's half of an upload away."""
    running = start(Machine(datetime.now(UTC)))
    with running.service.storage.new_upload() as upload:
        upload.write(jpeg(1))
        running.machine.set(DAY)
        running.run(MINUTE)
        accepted = running.service.inspections.intake.accept(upload, Submission("slow.jpg"))
    assert running.service.inspections.results.get(accepted.id) is not None


def start_again(running: Running) -> Running:
    """A new process on the same database."""
    old = running.service
    service = build_service(
        old.database,
        old.storage,
        limits=Limits(),
        default_backend="embedded",
        wake_up=lambda _: None,
        clock=running.machine.clock,
        uptime=running.machine.uptime,
    )
    again = Running(service, running.machine, running.seeds)
    service.retention.age_clock.advance()
    return again
