"""Presence, roles, leftovers, counts of the queue."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from safety_detector.errors import NotAPicture
from safety_detector.service.access.audit import PROGRAM, Actor
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.folders.records import FOLDER_QUEUE, FolderOrder
from safety_detector.service.records import Source, Submission
from safety_detector.service.reports.records import ReportOrder
from tests.pictures import jpeg
from tests.service_stand import Stand

QUARTER_MINUTE = timedelta(seconds=15)


def test_one_process_at_a_time_holds_a_role_and_another_takes_over(stand: Stand) -> None:
    """While the holder keeps coming nobody else gets it; when it is gone, somebody does."""
    hold = stand.service.operation.upkeep.hold_lease
    assert hold("sweeper", "a", QUARTER_MINUTE)
    for _ in range(10):
        stand.clock.advance(5)
        assert not hold("sweeper", "b", QUARTER_MINUTE)
        assert hold("sweeper", "a", QUARTER_MINUTE)
    stand.clock.advance(16)
    assert hold("sweeper", "b", QUARTER_MINUTE)
    assert not hold("sweeper", "a", QUARTER_MINUTE)


def test_of_many_that_want_a_role_at_once_one_gets_it(stand: Stand) -> None:
    """Eight processes start together."""
    with ThreadPoolExecutor(8) as threads:
        held = list(
            threads.map(
                lambda name: stand.service.operation.upkeep.hold_lease(
                    "sweeper", name, QUARTER_MINUTE
                ),
                "abcdefgh",
            )
        )
    assert held.count(True) == 1


def test_slots_are_those_of_workers_that_were_seen_lately(stand: Stand) -> None:
    """A worker that ended, in order or not, is not counted."""
    upkeep, figures = stand.service.operation.upkeep, stand.service.operation.figures
    upkeep.report_worker("a", "qwen", 16)
    upkeep.report_worker("b", "embedded", 1)
    upkeep.report_worker("c", "embedded", 1)
    assert figures.slots() == {"qwen": 16, "embedded": 2}
    upkeep.forget_worker("c")
    stand.clock.advance(40)
    upkeep.report_worker("b", "embedded", 1)
    stand.clock.advance(10)
    assert figures.slots() == {"embedded": 1}
    assert [worker.id for worker in figures.health().workers] == ["b"]


def test_due_pictures_are_counted_up_to_the_bound(stand: Stand) -> None:
    """The sweeper need not count a backlog of a million."""
    for number in range(4):
        stand.accept(number, Source.BATCH if number % 2 else Source.UPLOAD)
    assert stand.service.operation.figures.count_due("embedded", at_most=3) == 3
    assert stand.service.operation.figures.count_due("embedded", at_most=10) == 4
    assert stand.service.operation.figures.count_due("qwen", at_most=10) == 0
    assert stand.service.operation.figures.health().oldest_due_at is not None


def test_a_picture_that_nobody_uses_any_more_is_removed_after_a_while(stand: Stand) -> None:
    """The bytes of a replaced frame go; those of an inspection stay."""
    stand.service.cameras.records.create(CameraSettings("Gate"), "gate")
    kept = stand.accept(1)
    for seed in (1, 2, 3):
        stand.service.cameras.frames.push("gate", jpeg(seed), Submission(f"{seed}.jpg"))
    assert stand.service.operation.upkeep.remove_leftovers() == 0
    stand.clock.advance(3600)
    assert stand.service.operation.upkeep.remove_leftovers() == 1
    stored = {path.name for path in (stand.folder / "images").rglob("*") if path.is_file()}
    assert len(stored) == 2
    assert kept.picture.sha256 in stored


def test_a_picture_whose_removal_raced_with_its_new_upload_is_there(stand: Stand) -> None:
    """Whoever comes first: what was accepted can be read."""
    data = jpeg(5)
    stand.service.cameras.records.create(CameraSettings("Gate"), "gate")
    for _ in range(20):
        stand.service.cameras.frames.push("gate", data, Submission("5.jpg"))
        stand.service.cameras.frames.push("gate", jpeg(6), Submission("6.jpg"))  # nobody uses 5 now
        stand.clock.advance(3600)
        with ThreadPoolExecutor(2) as threads:
            removal = threads.submit(stand.service.operation.upkeep.remove_leftovers)
            upload = threads.submit(
                stand.service.cameras.frames.push, "gate", data, Submission("5.jpg")
            )
            removal.result()
            inspection = upload.result().inspection
        assert inspection is not None
        assert stand.service.storage.read_picture(str(inspection.picture.sha256)) == data


def test_files_of_a_removed_report_go_and_those_of_an_unknown_one_stay(stand: Stand) -> None:
    """The worker was killed before it noticed; what a restored database does not know is kept."""
    service = stand.service
    since = stand.clock.now - timedelta(hours=1)
    folders = []
    for _ in range(2):
        service.reports.orders.order(ReportOrder(since=since), PROGRAM)
        claim = next(iter(service.reports.jobs.claim("render", "render-1")), None)
        assert claim is not None
        if not folders:
            assert service.reports.orders.remove(claim.subject_id, PROGRAM)
        folders.append(service.storage.begin_report(claim.subject_id, claim.fence))
    folders.append(service.storage.begin_report("01KAJ8W4T0X2V7Q9R5N3M1B6CD", 1))
    service.operation.upkeep.remove_leftovers()
    assert [folder.exists() for folder in folders] == [False, True, True]


def test_old_events_are_removed(stand: Stand) -> None:
    """The feed holds a week."""
    stand.accept(1)
    stand.service.operation.upkeep.remove_leftovers()
    stand.clock.advance(8 * 24 * 3600)
    stand.accept(2)
    stand.service.operation.upkeep.remove_leftovers()
    assert len(stand.service.inspections.results.events_after(None, 10)) == 1


def test_errors_of_a_folder_go_when_nothing_of_it_is_left(stand: Stand) -> None:
    """Not those of a batch whose inspections are kept, and how the reading ended stays."""
    service, by = stand.service, Actor("test", None)
    kept, gone = "01KB5V4Q2W9GZT3XJ8N7R6M5HD", "01KB5V4Q2W9GZT3XJ8N7R6M5HE"
    for batch_id in (kept, gone):
        service.folders.orders.begin(FolderOrder(batch_id=batch_id, folder="/drive"), by)
        claim = next(iter(service.folders.jobs.claim(FOLDER_QUEUE, "reader")), None)
        assert claim is not None
        progress = replace(claim.subject.progress, rejected=1)
        service.folders.intake.reject(claim, progress, "notes.jpg", NotAPicture("No picture."))
        if batch_id == kept:
            progress = replace(progress, accepted=1)
            service.folders.intake.accept(claim, progress, "1.jpg", jpeg(1))
        service.folders.intake.complete(claim, progress)
    stand.clock.advance(29 * 24 * 3600)
    service.operation.upkeep.remove_leftovers()
    assert len(service.folders.orders.errors(gone, 0, 10)) == 1
    stand.clock.advance(2 * 24 * 3600)
    service.operation.upkeep.remove_leftovers()
    assert [len(service.folders.orders.errors(one, 0, 10)) for one in (kept, gone)] == [1, 0]
    reading = service.folders.orders.get(gone)
    assert reading is not None
    assert reading.progress.rejected == 1
