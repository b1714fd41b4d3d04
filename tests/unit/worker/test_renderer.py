"""Claimed reports into files, and what becomes of those that cannot be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from safety_detector.appearance.fonts import FontFiles, find_fonts
from safety_detector.domain.inspection import Status
from safety_detector.errors import FontInvalid
from safety_detector.jobs.runner import Runner
from safety_detector.service.access.audit import PROGRAM
from safety_detector.service.reports.jobs import report_job
from safety_detector.service.reports.records import (
    ClaimedReport,
    OrderedReport,
    ReportOrder,
)
from safety_detector.worker.renderer import Renderer
from tests.render_queue import render_runner
from tests.service_stand import FIRE, Stand
from tests.unit.worker.conftest import Bench


def renderer(bench: Bench, fonts: Callable[[], FontFiles] = find_fonts) -> Runner[ClaimedReport]:
    """Has reports made; its pulse is not started."""
    service = bench.stand.service
    return render_runner(service, service.reports.jobs, Renderer(service, fonts, "en"))


def ordered(stand: Stand) -> OrderedReport:
    """An order of a report on one inspection."""
    accepted = stand.accept()
    stand.complete(stand.claim(), FIRE)
    return stand.service.reports.orders.order(ReportOrder(inspection_ids=(accepted.id,)), PROGRAM)


def read(stand: Stand, report: OrderedReport) -> OrderedReport:
    """The report as it stands."""
    found = stand.service.reports.orders.get(report.id)
    assert found is not None
    return found


def failing(error: BaseException) -> Callable[[], FontFiles]:
    """Fonts that cannot be had."""

    def find() -> FontFiles:
        raise error

    return find


def test_without_an_order_there_is_nothing_to_do(bench: Bench) -> None:
    """The worker goes back to sleep."""
    assert not renderer(bench).run_next()


def test_the_same_order_gives_the_same_bytes(bench: Bench) -> None:
    """A report that is made a second time by another worker is the same file."""
    report = ordered(bench.stand)
    service = bench.stand.service
    hashes = []
    for _ in range(2):
        assert renderer(bench).run_next()
        hashes.append(read(bench.stand, report).files[0].sha256)
        with service.database.write() as connection:
            service.reports.jobs.add(connection, replace(report_job(report.id, None), fence=1))
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (FontInvalid("The font has no Chinese."), "font-invalid", "no Chinese"),
        (
            SoftTimeLimitExceeded(),
            "report-failed",
            "took longer than it may; raise SAFETY_REPORT_TIME_LIMIT",
        ),
    ],
)
def test_what_another_try_would_not_help_fails_at_once(
    bench: Bench, error: BaseException, code: str, reason: str
) -> None:
    """The report says why it cannot be had."""
    report = ordered(bench.stand)
    assert renderer(bench, failing(error)).run_next()
    found = read(bench.stand, report)
    assert found.status is Status.FAILED
    assert found.error is not None
    assert found.error.code == code
    assert reason in str(found.error.reason)


def test_a_fault_of_the_program_is_tried_again_and_then_given_up(bench: Bench) -> None:
    """Five times in all."""
    report = ordered(bench.stand)
    broken = renderer(bench, failing(ZeroDivisionError("odd")))
    for _ in range(5):
        assert read(bench.stand, report).status is Status.QUEUED
        assert broken.run_next()
        bench.stand.clock.advance(100)
    found = read(bench.stand, report)
    assert found.status is Status.FAILED
    assert found.error is not None
    assert (found.error.code, found.error.attempts) == ("unexpected-fault", 5)


def test_a_folder_that_cannot_be_written_is_an_outage(bench: Bench) -> None:
    """The report waits and says so; when the disk is back it is made."""
    report = ordered(bench.stand)
    folder = Path(bench.stand.folder) / "reports"
    folder.rmdir()
    folder.write_bytes(b"in the way")
    assert renderer(bench).run_next()
    waiting = read(bench.stand, report)
    assert waiting.status is Status.QUEUED
    assert "The data folder cannot" in str(waiting.waiting_reason)
    folder.unlink()
    bench.stand.clock.advance(100)
    assert renderer(bench).run_next()
    assert read(bench.stand, report).status is Status.COMPLETED


def test_a_claim_that_is_lost_meanwhile_writes_nothing(bench: Bench) -> None:
    """Somebody else's report stays as it is, and the late files are removed."""
    report = ordered(bench.stand)
    service = bench.stand.service

    def lose() -> FontFiles:
        bench.stand.clock.advance(31)
        assert service.reports.jobs.take_back_lost() == 1
        return find_fonts()

    assert renderer(bench, lose).run_next()
    assert read(bench.stand, report).status is Status.QUEUED
    assert list((Path(bench.stand.folder) / "reports").iterdir()) == []
