"""Ordering reports, and their way through the workers."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from safety_detector.domain.inspection import Status
from safety_detector.errors import (
    CursorInvalid,
    InspectionUnfinished,
    PeriodNotBegun,
    ReportFailed,
    ReportTooLarge,
    StorageUnavailable,
    SubmissionRefused,
    TooManyReports,
    UnexpectedFault,
    UnknownCamera,
    UnknownInspection,
)
from safety_detector.jobs.kinds import MOST_LOSSES
from safety_detector.jobs.records import Claim
from safety_detector.message_texts.reason import Reason
from safety_detector.service.access.audit import PROGRAM, Actor
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import Submission
from safety_detector.service.reports.records import (
    RENDER_QUEUE,
    ClaimedReport,
    OrderedReport,
    ReportFile,
    ReportLimits,
    ReportOrder,
    ReportStage,
)
from safety_detector.service.reports.reports import Reports
from safety_detector.service.reports.selection import read_before, read_inspections
from safety_detector.storage.keys import report_group
from tests.pictures import jpeg
from tests.service_stand import FIRE, Stand, fail, put_back

CHINA = timezone(timedelta(hours=8))
FILES = (ReportFile("report.pdf", 4, "ab" * 32),)


def inspected(stand: Stand, seed: int = 0) -> str:
    """The id of a completed inspection."""
    accepted = stand.accept(seed)
    stand.complete(stand.claim(), FIRE)
    return accepted.id


def order_today(stand: Stand) -> OrderedReport:
    """An ordered report on the last hour."""
    since = stand.clock.now.astimezone(CHINA) - timedelta(hours=1)
    return stand.service.reports.orders.order(ReportOrder(since=since, site="Plant 2"), PROGRAM)


def claim(stand: Stand, worker: str = "render-1") -> Claim[ClaimedReport]:
    """Claims a report; one must be due."""
    claimed = next(iter(stand.service.reports.jobs.claim(RENDER_QUEUE, worker)), None)
    assert claimed is not None
    return claimed


def read(stand: Stand, report_id: str) -> OrderedReport:
    """The report as it stands."""
    found = stand.service.reports.orders.get(report_id)
    assert found is not None
    return found


def limited(stand: Stand, limits: ReportLimits) -> Reports:
    """Reports with other limits."""
    service = stand.service
    jobs, wake_up = service.reports.jobs, lambda _: None
    return Reports(
        service.database,
        service.storage,
        service.inspections.results,
        service.incidents.periods,
        jobs,
        limits,
        wake_up,
        stand.clock,
    )


def test_an_order_is_queued_as_it_was_given(stand: Stand) -> None:
    """A worker gets every word of it, and times keep the zone in which they were written."""
    inspected(stand)
    ordered = order_today(stand)
    assert ordered.status is Status.QUEUED
    assert stand.woken[-1] == RENDER_QUEUE
    claimed = claim(stand)
    assert claimed.subject.order == ordered.order
    assert claimed.subject.order.since is not None
    assert claimed.subject.order.since.utcoffset() == timedelta(hours=8)
    assert claimed.subject.requested_at == ordered.requested_at
    assert read(stand, ordered.id).stage is ReportStage.COLLECTING
    assert next(iter(stand.service.reports.jobs.claim("render", "render-2")), None) is None


def test_named_inspections_keep_their_order_and_take_in_those_with_a_notice(stand: Stand) -> None:
    """Each stands in the report once."""
    one, two, three = (inspected(stand, seed) for seed in range(3))
    order = ReportOrder(inspection_ids=(two, one, two), notices=(three, one))
    stand.service.reports.orders.order(order, PROGRAM)
    found = read_inspections(stand.service.inspections.results, order, stand.clock())
    assert [each.id for each in found] == [two, one, three]
    only = ReportOrder(notices=(three,))
    assert [
        one.id for one in read_inspections(stand.service.inspections.results, only, stand.clock())
    ] == [three]


def test_a_period_ends_with_the_order(stand: Stand) -> None:
    """What arrives later is not in the report, however late it is made; the oldest comes first."""
    first, second = inspected(stand, 1), inspected(stand, 2)
    ordered = order_today(stand)
    inspected(stand, 3)
    found = read_inspections(stand.service.inspections.results, ordered.order, ordered.requested_at)
    assert [one.id for one in found] == [first, second]


def test_the_period_before_ends_with_the_order_too(stand: Stand) -> None:
    """A picture of last week that is uploaded meanwhile changes no report that is made again."""
    until = stand.clock.now
    order = ReportOrder(since=until - timedelta(days=1), until=until)
    stand.clock.advance(1)
    earlier = Submission("a.jpg", captured_at=until - timedelta(hours=30))
    first = stand.service.inspections.intake.accept(jpeg(1), earlier)
    stand.clock.advance(1)
    made_at = stand.clock.now
    stand.service.inspections.intake.accept(jpeg(2), earlier)
    compared = read_before(stand.service.inspections.results, order, made_at)
    assert compared is not None
    assert [one.id for one in compared] == [first.id]


def test_what_is_not_there_is_named(stand: Stand) -> None:
    """Unknown and unfinished inspections, cameras and batches are refused when ordering."""
    done, waiting = inspected(stand), stand.accept(7).id
    order = stand.service.reports.orders.order
    with pytest.raises(UnknownInspection, match="'nobody'"):
        order(ReportOrder(inspection_ids=(done, "nobody")), None)
    with pytest.raises(UnknownInspection, match="'nobody'"):
        order(ReportOrder(since=stand.clock.now, notices=("nobody",)), None)
    with pytest.raises(UnknownInspection, match="not of this camera, batch, period"):
        order(ReportOrder(since=stand.clock.now, notices=(done,)), None)
    with pytest.raises(InspectionUnfinished, match=waiting):
        order(ReportOrder(inspection_ids=(waiting,)), None)
    with pytest.raises(UnknownCamera, match="roof"):
        order(ReportOrder(camera_id="roof"), None)
    with pytest.raises(SubmissionRefused, match="batch"):
        order(ReportOrder(batch_id="nightly"), None)
    assert stand.service.reports.orders.list(None, 10).items == ()


def test_a_camera_is_known_by_its_record_or_by_its_pictures(stand: Stand) -> None:
    """One that never sent anything can be reported on, and one that was removed."""
    stand.service.cameras.records.create(CameraSettings("Roof"), "roof")
    silent = stand.service.reports.orders.order(ReportOrder(camera_id="roof"), PROGRAM)
    assert (
        read_inspections(stand.service.inspections.results, silent.order, silent.requested_at) == []
    )
    stand.service.inspections.intake.accept(jpeg(1), Submission("1.jpg", camera_id="roof"))
    stand.service.cameras.records.remove("roof")
    stand.service.reports.orders.order(ReportOrder(camera_id="roof"), PROGRAM)


def test_a_report_has_a_most_of_pictures(stand: Stand) -> None:
    """Named ones and those of a period are counted alike."""
    ids = tuple(inspected(stand, seed) for seed in range(3))
    reports = limited(stand, ReportLimits(max_pictures=2))
    since = stand.clock.now - timedelta(hours=1)
    for order in (ReportOrder(inspection_ids=ids), ReportOrder(since=since)):
        with pytest.raises(ReportTooLarge) as refusal:
            reports.order(order, PROGRAM)
        assert refusal.value.facts == {"limit": 2}
    reports.order(ReportOrder(inspection_ids=ids[:2]), PROGRAM)


def test_each_key_has_a_most_of_reports_at_a_time(stand: Stand) -> None:
    """Another key's do not count, and a finished one makes room."""
    reports = limited(stand, ReportLimits(max_unfinished=1))
    order = ReportOrder(since=stand.clock.now)
    first = reports.order(order, Actor("a", "A" * 26))
    with pytest.raises(TooManyReports):
        reports.order(order, Actor("a", "A" * 26))
    reports.order(order, Actor("b", "B" * 26))
    reports.order(order, PROGRAM)
    assert fail(stand.service.reports.jobs, claim(stand), ReportFailed("no"))
    assert read(stand, first.id).status is Status.FAILED
    reports.order(order, Actor("a", "A" * 26))


def test_reports_are_listed_newest_first_page_by_page(stand: Stand) -> None:
    """By status too; a foreign cursor is refused."""
    ids = []
    for _ in range(3):
        stand.clock.advance(1)
        ids.append(order_today(stand).id)
    page = stand.service.reports.orders.list(None, 2)
    assert [one.id for one in page.items] == ids[:0:-1]
    page = stand.service.reports.orders.list(None, 2, page.next_cursor)
    assert [one.id for one in page.items] == ids[:1]
    assert page.next_cursor is None
    claim(stand)
    running = stand.service.reports.orders.list(Status.RUNNING, 10).items
    assert [one.id for one in running] == ids[:1]
    with pytest.raises(CursorInvalid):
        stand.service.reports.orders.list(None, 2, "x")


def content_of(stand: Stand, report: OrderedReport) -> bytes:
    """What the first file of a completed report holds."""
    file = stand.service.reports.orders.open_file(report, report.files[0])
    assert file is not None
    with file:
        return file.read(file.size_bytes)


def test_a_report_is_made_and_its_files_are_found(stand: Stand) -> None:
    """Progress is seen meanwhile; at the end the files lie in the folder of the claim."""
    ordered = order_today(stand)
    made, held = stand.service.reports.files, claim(stand)
    assert made.note_progress(held, 3, 10)
    seen = read(stand, ordered.id)
    assert (seen.stage, seen.done, seen.total) == (ReportStage.DRAWING, 3, 10)
    folder = stand.service.storage.begin_report(ordered.id, held.fence)
    (folder / "report.pdf").write_bytes(b"%PDF")
    assert made.complete(held, FILES, 10)
    done = read(stand, ordered.id)
    assert (done.status, done.stage, done.done, done.total) == (Status.COMPLETED, None, 10, 10)
    assert done.files == FILES
    assert content_of(stand, done) == b"%PDF"


def test_a_completion_whose_answer_was_lost_keeps_its_files(stand: Stand) -> None:
    """The worker says again what it is not sure of, or clears up: the report and its files stay."""
    ordered = order_today(stand)
    made, held = stand.service.reports.files, claim(stand)
    folder = stand.service.storage.begin_report(ordered.id, held.fence)
    (folder / "report.pdf").write_bytes(b"%PDF")
    assert made.complete(held, FILES, 10)
    assert made.complete(held, FILES, 10)
    made.discard(held)
    done = read(stand, ordered.id)
    assert done.status is Status.COMPLETED
    assert content_of(stand, done) == b"%PDF"


def test_a_lost_worker_s_report_is_made_by_the_next(stand: Stand) -> None:
    """The late one writes nothing: neither progress nor an end, and its files go."""
    ordered = order_today(stand)
    jobs, storage = stand.service.reports.jobs, stand.service.storage
    made = stand.service.reports.files
    late = claim(stand)
    storage.begin_report(ordered.id, late.fence)
    stand.clock.advance(20)
    assert jobs.extend([late]) == {ordered.id}
    stand.clock.advance(20)
    assert jobs.take_back_lost() == 0
    stand.clock.advance(20)
    assert jobs.take_back_lost() == 1
    assert "ended without a word" in str(read(stand, ordered.id).waiting_reason)
    second = claim(stand, "render-2")
    assert second.fence == late.fence + 1
    assert jobs.extend([late]) == frozenset()
    assert not made.note_progress(late, 1, 2)
    assert not fail(jobs, late, ReportFailed("no"))
    storage.begin_report(ordered.id, second.fence)
    late_folder = storage.root / report_group(ordered.id, late.fence)
    late_folder.mkdir()
    assert not made.complete(late, FILES, 1)
    assert not late_folder.exists()
    assert made.complete(second, FILES, 1)
    assert read(stand, ordered.id).fence == second.fence


def test_a_report_that_takes_its_workers_along_fails(stand: Stand) -> None:
    """It does not go round for ever; it says why."""
    ordered = order_today(stand)
    for _ in range(MOST_LOSSES):
        claim(stand)
        stand.clock.advance(31)
        assert stand.service.reports.jobs.take_back_lost() == 1
    found = read(stand, ordered.id)
    assert found.status is Status.FAILED
    assert found.error is not None
    assert found.error.code == "worker-lost"
    assert stand.service.reports.jobs.claim(RENDER_QUEUE, "render-1") == []


def test_faults_are_counted_and_outages_are_not(stand: Stand) -> None:
    """Both wait for their delay and say why."""
    ordered = order_today(stand)
    jobs = stand.service.reports.jobs
    assert put_back(jobs, claim(stand), StorageUnavailable("full"), timedelta(seconds=5))
    assert read(stand, ordered.id).waiting_reason == Reason("full")
    assert jobs.claim(RENDER_QUEUE, "render-1") == []
    stand.clock.advance(6)
    again = claim(stand)
    assert (again.failures, again.outages) == (0, 1)
    assert put_back(jobs, again, UnexpectedFault("odd"))
    assert str(read(stand, ordered.id).waiting_reason) == "Tried 1 times, last: odd"
    last = claim(stand)
    assert last.failures == 1
    assert fail(jobs, last, ReportFailed("odd"))
    found = read(stand, ordered.id)
    assert found.error is not None
    assert (found.error.code, found.error.attempts) == ("report-failed", 2)
    assert found.finished_at is not None


def test_due_reports_are_work_of_the_render_queue(stand: Stand) -> None:
    """The sweeper and the readiness probe see them."""
    assert stand.service.operation.figures.count_due(RENDER_QUEUE, 5) == 0
    order_today(stand)
    order_today(stand)
    assert stand.service.operation.figures.count_due(RENDER_QUEUE, 5) == 2
    assert stand.service.operation.figures.count_due(RENDER_QUEUE, 1) == 1
    assert stand.service.operation.figures.health().due_queues == (RENDER_QUEUE,)


def test_a_period_that_has_not_begun_is_refused(stand: Stand) -> None:
    """Its report would be empty and call every camera silent; one that has begun is made."""
    now = stand.clock.now.astimezone(CHINA)
    soon, later = now + timedelta(seconds=1), now + timedelta(days=12)
    for order in (
        ReportOrder(since=soon),
        ReportOrder(since=later, until=later + timedelta(days=1), camera_id=None),
        ReportOrder(since=later, notices=(inspected(stand),)),
    ):
        with pytest.raises(PeriodNotBegun, match=r"has not begun: it starts at .*\+08:00, and now"):
            stand.service.reports.orders.order(order, PROGRAM)
    for order in (ReportOrder(since=now, until=later), ReportOrder(until=later)):
        stand.service.reports.orders.order(order, PROGRAM)
