"""Retention of reports: which go, which stay, and what is said of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from safety_detector.errors import ReportFailed, StorageUnavailable
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, AuditFilter
from safety_detector.service.records import Submission
from safety_detector.service.reports.records import ReportFile, ReportOrder
from safety_detector.service.reports.selection import purged_span
from safety_detector.service.retention.retention import KeepPolicy
from tests.pictures import jpeg
from tests.service_stand import FIRE, Stand, fail

DAY_S = 86_400.0
OPERATOR = Actor("ann@gate", None)
A_WEEK = KeepPolicy(age=timedelta(days=7))
BATCH = "01KAJ8W4T0X2V7Q9R5N3M1B6CD"


def made(stand: Stand, order: ReportOrder) -> str:
    """The id of a report that a worker has made, with its file."""
    ordered = stand.service.reports.orders.order(order, PROGRAM)
    claim = next(iter(stand.service.reports.jobs.claim("render", "render-1")), None)
    assert claim is not None
    folder = stand.service.storage.begin_report(claim.subject_id, claim.fence)
    (folder / "report.pdf").write_bytes(b"%PDF")
    assert stand.service.reports.files.complete(claim, [ReportFile("report.pdf", 4, "ab" * 32)], 1)
    return ordered.id


def last_hour(stand: Stand) -> ReportOrder:
    """An order for a report on the last hour."""
    return ReportOrder(since=stand.clock.now - timedelta(hours=1))


def stored_reports(stand: Stand) -> set[str]:
    """The reports of which files are there."""
    return stand.service.storage.report_ids()


def test_a_report_that_is_too_old_goes_with_its_files(stand: Stand) -> None:
    """What is younger stays; the log says who removed it, by which rule, and what it was."""
    old = made(stand, last_hour(stand))
    stand.clock.advance(8 * DAY_S)
    young = made(stand, last_hour(stand))
    retention = stand.service.retention.reports
    assert retention.preview(A_WEEK) == (old,)
    assert stored_reports(stand) == {old, young}
    assert retention.enforce(OPERATOR, A_WEEK) == (old,)
    assert stand.service.reports.orders.get(old) is None
    assert stand.service.reports.orders.get(young) is not None
    assert stored_reports(stand) == {young}
    [entry] = stand.service.access.audit.entries(AuditFilter(action=AuditAction.REPORT_REMOVED), 10)
    assert (entry.actor, entry.subject) == (OPERATOR, old)
    assert (entry.details["keep_days"], entry.details["files"]) == (7.0, 1)
    assert entry.details["wanted"]["since"]
    assert retention.enforce(OPERATOR, A_WEEK) == ()


def test_a_failed_report_goes_like_a_made_one(stand: Stand) -> None:
    """Its row and its reason are kept as long."""
    ordered = stand.service.reports.orders.order(last_hour(stand), PROGRAM)
    claim = next(iter(stand.service.reports.jobs.claim("render", "render-1")), None)
    assert claim is not None
    assert fail(stand.service.reports.jobs, claim, ReportFailed("It cannot be made."))
    assert stand.service.retention.reports.enforce(OPERATOR, A_WEEK) == ()
    stand.clock.advance(8 * DAY_S)
    assert stand.service.retention.reports.enforce(OPERATOR, A_WEEK) == (ordered.id,)


def test_what_is_not_done_stays_however_old_it_is(stand: Stand) -> None:
    """Queued or being made, it is kept until a while after its end."""
    running = stand.service.reports.orders.order(last_hour(stand), PROGRAM)
    claim = next(iter(stand.service.reports.jobs.claim("render", "render-1")), None)
    assert claim is not None
    queued = stand.service.reports.orders.order(last_hour(stand), PROGRAM)
    stand.clock.advance(90 * DAY_S)
    assert stand.service.retention.reports.enforce(OPERATOR, A_WEEK) == ()
    assert stand.service.reports.orders.get(queued.id) is not None
    stand.service.storage.begin_report(claim.subject_id, claim.fence)
    assert stand.service.reports.files.complete(claim, [], 0)
    assert stand.service.retention.reports.enforce(OPERATOR, A_WEEK) == ()
    stand.clock.advance(8 * DAY_S)
    assert stand.service.retention.reports.enforce(OPERATOR, A_WEEK) == (running.id,)


@pytest.mark.parametrize("named", ["by id", "by batch", "by period"])
def test_a_report_on_held_evidence_stays_until_the_hold_ends(stand: Stand, named: str) -> None:
    """However it names the held picture; a report on others goes."""
    held, other = (
        stand.service.inspections.intake.accept(
            jpeg(seed), Submission(f"{seed}.jpg", batch_id=batch)
        )
        for seed, batch in ((1, BATCH), (2, None))
    )
    for _ in range(2):
        assert stand.complete(stand.claim(), FIRE)
    orders = {
        "by id": ReportOrder(inspection_ids=(held.id,)),
        "by batch": ReportOrder(batch_id=BATCH),
        "by period": last_hour(stand),
    }
    about_held = made(stand, orders[named])
    about_other = made(stand, ReportOrder(inspection_ids=(other.id,)))
    before_both = made(stand, ReportOrder(until=stand.clock.now - timedelta(hours=1)))
    stand.service.retention.holds.set([held.id], "police, case 7", OPERATOR)
    stand.clock.advance(8 * DAY_S)
    retention = stand.service.retention.reports
    assert retention.preview(A_WEEK) == (about_other, before_both)
    assert retention.enforce(OPERATOR, A_WEEK) == (about_other, before_both)
    assert stored_reports(stand) == {about_held}
    stand.service.retention.holds.release([held.id], OPERATOR)
    assert retention.enforce(OPERATOR, A_WEEK) == (about_held,)


def test_what_arrived_after_the_order_is_not_in_the_report(stand: Stand) -> None:
    """A hold on it keeps no older report on an open period."""
    report = made(stand, last_hour(stand))
    held = stand.accept(1)
    stand.service.retention.holds.set([held.id], "police, case 7", OPERATOR)
    stand.clock.advance(8 * DAY_S)
    assert stand.service.retention.reports.enforce(OPERATOR, A_WEEK) == (report,)


def test_a_limit_in_bytes_is_about_pictures(stand: Stand) -> None:
    """No report goes for its size, and none where nothing is said."""
    made(stand, last_hour(stand))
    stand.clock.advance(3650 * DAY_S)
    for policy in (KeepPolicy(max_bytes=1), None):
        assert stand.service.retention.reports.enforce(OPERATOR, policy) == ()
        assert stand.service.retention.reports.preview(policy) == ()


def test_many_reports_go_in_one_call(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those behind a page of held ones."""
    monkeypatch.setattr("safety_detector.service.retention.report_retention._AT_ONCE", 2)
    held = stand.accept(1)
    assert stand.complete(stand.claim(), FIRE)
    stand.service.retention.holds.set([held.id], "police, case 7", OPERATOR)
    for _ in range(2):
        made(stand, ReportOrder(inspection_ids=(held.id,)))
    others = []
    for _ in range(3):
        stand.clock.advance(1)
        until = stand.clock.now - timedelta(hours=1)
        others.append(made(stand, ReportOrder(until=until)))
    stand.clock.advance(8 * DAY_S)
    assert stand.service.retention.reports.preview(A_WEEK) == tuple(others)
    assert stand.service.retention.reports.enforce(OPERATOR, A_WEEK) == tuple(others)


def test_files_that_a_crash_leaves_are_removed_by_the_next_round(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is gone, the process too; nobody has to ask for it."""
    report = made(stand, last_hour(stand))
    stand.clock.advance(8 * DAY_S)
    with monkeypatch.context() as broken:
        broken.setattr(stand.service.storage, "delete_reports", _lost)
        with pytest.raises(StorageUnavailable):
            stand.service.retention.reports.enforce(OPERATOR, A_WEEK)
    assert stand.service.reports.orders.get(report) is None
    assert stored_reports(stand) == {report}
    stand.service.operation.upkeep.remove_leftovers()
    assert stored_reports(stand) == set()


def test_a_report_is_told_what_retention_removed_from_its_period(stand: Stand) -> None:
    """By the times of arrival; nothing where the period is another, or inspections are named."""
    before = stand.clock.now
    first, last = (stand.accept(seed) for seed in (1, 2))
    for _ in range(2):
        assert stand.complete(stand.claim(), FIRE)
    stand.clock.advance(8 * DAY_S)
    left = stand.accept(3)
    assert len(stand.service.retention.inspections.enforce(OPERATOR, A_WEEK).inspection_ids) == 2
    an_hour = timedelta(hours=1)
    for order in (
        ReportOrder(since=before),
        ReportOrder(until=left.received_at),
        ReportOrder(camera_id="gate"),
        ReportOrder(since=before - an_hour, until=before + an_hour),
    ):
        span = purged_span(stand.service.access.audit, order, before=stand.clock.now)
        assert span is not None
        assert abs(span[0] - first.received_at) < timedelta(milliseconds=1)
        assert abs(span[1] - last.received_at) < timedelta(milliseconds=1)
    for order in (
        ReportOrder(since=before + an_hour),
        ReportOrder(until=before - an_hour),
        ReportOrder(inspection_ids=(left.id,)),
        ReportOrder(batch_id=left.id),  # begun when that picture came
    ):
        assert purged_span(stand.service.access.audit, order, before=stand.clock.now) is None


def test_what_was_taken_in_a_period_and_is_gone_is_missing_from_it(stand: Stand) -> None:
    """Whenever it arrived: a late upload of last month was last month's."""
    long_ago = stand.clock.now - timedelta(days=30)
    said = Submission("1.jpg", captured_at=long_ago)
    stand.service.inspections.intake.accept(jpeg(1), said)
    stand.complete(stand.claim(), FIRE)
    stand.clock.advance(8 * DAY_S)
    stand.service.retention.inspections.enforce(OPERATOR, A_WEEK)
    log, day = stand.service.access.audit, timedelta(days=1)
    of_then = ReportOrder(since=long_ago - day, until=long_ago + day)
    assert purged_span(log, of_then, before=stand.clock.now) == (long_ago, long_ago)
    of_the_arrival = ReportOrder(since=long_ago + day)
    assert purged_span(log, of_the_arrival, before=stand.clock.now) is None


# As made of an idempotency key: the first says the year 5165, the second 10889.
@pytest.mark.parametrize("batch_id", ["2VPZRK9W5N3T7Q1X8M6J4H0GDC", "7ZZZZZZZZZ3T7Q1X8M6J4H0GDC"])
def test_a_batch_whose_id_tells_no_time_may_have_lost_pictures(stand: Stand, batch_id: str) -> None:
    """What was removed is told of, as far back as it goes: silence would say that all is there."""
    gone = stand.accept(1)
    stand.complete(stand.claim(), FIRE)
    stand.clock.advance(8 * DAY_S)
    stand.service.retention.inspections.enforce(OPERATOR, A_WEEK)
    order = ReportOrder(batch_id=batch_id)
    span = purged_span(stand.service.access.audit, order, before=stand.clock.now)
    assert span is not None
    assert abs(span[0] - gone.received_at) < timedelta(milliseconds=1)


def _lost(*_: object) -> None:
    raise StorageUnavailable("The data folder is gone.")
