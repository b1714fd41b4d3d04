"""Ordered reports through a real worker of the render queue."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pypdf

from safety_detector.domain.inspection import Status
from safety_detector.service.access.audit import PROGRAM
from safety_detector.service.reports.records import OrderedReport, ReportOrder
from safety_detector.storage.keys import report_group
from tests.eventually import eventually
from tests.integration.worker.conftest import DEADLINE_S, Cluster
from tests.pictures import jpeg
from tests.service_stand import FIRE, finding

RENDER = ("worker", "--queue", "render")
LIMIT_S = 5  # long enough for a busy machine to come to the picture that is held up


def inspected(cluster: Cluster, count: int) -> list[str]:
    """The ids of completed inspections."""
    ids = cluster.accept(count)
    annotated = jpeg(1)
    while claims := cluster.service.inspections.jobs.claim("embedded", "test", at_most=100):
        findings = [replace(finding(one, FIRE), annotated_jpeg=annotated) for one in claims]
        assert all(cluster.service.inspections.findings.record(findings))
    return ids


def read(cluster: Cluster, report: OrderedReport) -> OrderedReport:
    """The report as it stands."""
    found = cluster.service.reports.orders.get(report.id)
    assert found is not None
    return found


def files_below(folder: Path) -> list[str]:
    """Every file below the folder, by its path in it."""
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def check_whole(cluster: Cluster, report: OrderedReport, ids: list[str]) -> None:
    """The report has a sheet for each of the inspections, and nothing lies beside it."""
    assert report.status is Status.COMPLETED
    (file,) = report.files
    path = cluster.service.storage.root / report_group(report.id, report.fence) / file.name
    assert files_below(path.parents[1]) == [f"{path.parent.name}/{path.name}"]
    assert path.stat().st_size == file.size_bytes
    text = "".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    assert all(one in text for one in ids)


@contextmanager
def held_up(cluster: Cluster, inspection_id: str) -> Iterator[Callable[[], bool]]:
    """Lets whoever reads the inspection's picture wait in the block; then it is as it was.

    Yields:
        Whether somebody waits for it.
    """
    picture = cluster.service.inspections.results.original(inspection_id)
    assert picture is not None
    path = cluster.service.storage.root / picture.key
    data = path.read_bytes()
    path.unlink()
    os.mkfifo(path)
    feed = -1

    def is_waited_for() -> bool:
        nonlocal feed
        with suppress(OSError):  # ENXIO: nobody reads
            feed = os.open(path, os.O_WRONLY | os.O_NONBLOCK) if feed < 0 else feed
        return feed >= 0

    try:
        yield is_waited_for
    finally:
        path.unlink()
        path.write_bytes(data)
        if feed >= 0:
            with suppress(BrokenPipeError):  # the reader was killed
                os.write(feed, data)
            os.close(feed)


def test_an_order_is_made_and_the_worker_stops_in_order(cluster: Cluster) -> None:
    """The worker is woken by the order, tells that it is there, and leaves nothing running."""
    ids = inspected(cluster, 5)
    with cluster.worker(*RENDER) as worker:
        eventually(lambda: cluster.service.operation.figures.slots() == {"render": 1})
        report = cluster.service.reports.orders.order(
            ReportOrder(inspection_ids=tuple(ids)), PROGRAM
        )
        eventually(lambda: read(cluster, report).status is Status.COMPLETED)
        worker.terminate()
        assert worker.wait(DEADLINE_S) == 0
    check_whole(cluster, read(cluster, report), ids)
    assert cluster.service.operation.figures.slots() == {}


def test_a_killed_worker_leaves_no_broken_file_and_the_report_is_made_all_the_same(
    cluster: Cluster,
) -> None:
    """Kill -9 half-way: no PDF is there to be read; the next worker begins anew and finishes."""
    ids = inspected(cluster, 120)
    report = cluster.service.reports.orders.order(ReportOrder(inspection_ids=tuple(ids)), PROGRAM)
    with held_up(cluster, ids[60]) as is_waited_for, cluster.worker(*RENDER) as worker:
        eventually(is_waited_for)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    half = read(cluster, report)
    assert half.status is Status.RUNNING
    folder = cluster.service.storage.root / report_group(report.id, half.fence)
    assert [one for one in files_below(folder.parent) if one.endswith(".pdf")] == []
    with cluster.worker(*RENDER):
        eventually(lambda: read(cluster, report).status is Status.COMPLETED)
    done = read(cluster, report)
    assert done.fence > half.fence
    check_whole(cluster, done, ids)


def test_a_report_that_takes_too_long_fails_and_says_so(cluster: Cluster) -> None:
    """The time limit ends it, and what there was of it is removed."""
    ids = inspected(cluster, 5)
    report = cluster.service.reports.orders.order(ReportOrder(inspection_ids=tuple(ids)), PROGRAM)
    with cluster.worker(*RENDER, SAFETY_REPORT_TIME_LIMIT=str(LIMIT_S)):
        with held_up(cluster, ids[2]) as is_waited_for:
            # A machine that is busier still ends the report before it comes to that picture.
            eventually(lambda: is_waited_for() or read(cluster, report).status is Status.FAILED)
            held_since = time.monotonic()
            eventually(lambda: time.monotonic() > held_since + LIMIT_S)
        eventually(lambda: read(cluster, report).status is Status.FAILED)
    failed = read(cluster, report)
    assert failed.error is not None
    assert "took longer than it may; raise SAFETY_REPORT_TIME_LIMIT" in str(failed.error.reason)
    folder = cluster.service.storage.root / report_group(report.id, failed.fence)
    assert files_below(folder.parent) == []
