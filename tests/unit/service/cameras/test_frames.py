"""Frames of cameras."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from safety_detector.domain.inspection import Status
from safety_detector.errors import AnswerUnreadable, ModelUnreachable, NotAPicture, UnknownCamera
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import (
    EventKind,
    FrameDisposition,
    FrameReceipt,
    Submission,
)
from tests.pictures import jpeg
from tests.service_stand import LEASE, Stand, fail, put_back, release


def push(stand: Stand, seed: int, **known: object) -> FrameReceipt:
    """Pushes a frame of the camera at the gate, a second after the last."""
    stand.clock.advance(1)
    frame = Submission(f"{seed}.jpg", **known)  # type: ignore[arg-type] # keywords of the test
    return stand.service.cameras.frames.push("gate", jpeg(seed), frame)


@pytest.fixture(autouse=True)
def _camera(stand: Stand) -> None:
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")


def test_a_frame_becomes_an_inspection_of_its_camera(stand: Stand) -> None:
    """It is accepted, durable, queued before batches, and names its camera."""
    receipt = push(stand, 1)
    assert receipt.disposition is FrameDisposition.ACCEPTED
    assert receipt.inspection is not None
    assert receipt.inspection.camera_id == "gate"
    assert stand.claim().subject_id == receipt.inspection.id
    assert stand.woken == ["embedded"]


def test_the_newest_frame_takes_the_place_of_one_that_waits(stand: Stand) -> None:
    """The older one says by which frame it was replaced, and is inspected no more."""
    older, newer = push(stand, 1).inspection, push(stand, 2)
    assert older is not None
    assert newer.inspection is not None
    assert newer.replaces == older.id
    assert stand.service.inspections.results.get(older.id) is None
    replaced = stand.service.inspections.results.replaced_frame(older.id)
    assert replaced is not None
    assert replaced.replaced_by == newer.inspection.id
    assert stand.claim().subject_id == newer.inspection.id
    assert stand.next_claim("worker-1") is None
    kinds = [event.kind for event in stand.service.inspections.results.events_after(None, 10)]
    assert EventKind.REPLACED in kinds


def test_a_frame_that_is_being_inspected_is_not_replaced(stand: Stand) -> None:
    """Its result still counts; the newer frame waits behind it."""
    push(stand, 1)
    claim = stand.claim()
    newer = push(stand, 2)
    assert newer.replaces is None
    assert stand.complete(claim)
    assert newer.inspection is not None
    assert stand.claim().subject_id == newer.inspection.id


@pytest.mark.parametrize("ending", ["return", "retry", "release", "lose"])
def test_old_frames_do_not_pile_up_while_nothing_can_be_inspected(
    stand: Stand, ending: str
) -> None:
    """A frame that comes back while a newer one waits is replaced by it, and counted as that."""
    error = ModelUnreachable("No model server answers.")
    push(stand, 1)
    for seed in range(2, 6):
        stand.clock.advance(1000)
        claim = stand.claim()
        newer = push(stand, seed).inspection
        assert newer is not None
        match ending:
            case "return":
                assert put_back(stand.service.inspections.jobs, claim, error, timedelta(0))
            case "retry":
                assert put_back(stand.service.inspections.jobs, claim, error, timedelta(0))
            case "release":
                assert release(stand, claim)
            case "lose":
                stand.clock.advance(LEASE.total_seconds() + 1)
                assert stand.service.inspections.jobs.take_back_lost() == 1
        replaced = stand.service.inspections.results.replaced_frame(claim.subject_id)
        assert replaced is not None
        assert replaced.replaced_by == newer.id
        assert stand.service.inspections.results.get(claim.subject_id) is None
    frames = stand.service.cameras.records.get("gate").frames
    assert (frames.received, frames.in_flight, frames.replaced) == (5, 1, 4)
    counters = stand.service.operation.figures.counters()
    assert (counters.accepted, counters.replaced, counters.lost) == (5, 4, 0)


def test_a_frame_that_comes_back_alone_waits_again(stand: Stand) -> None:
    """It is replaced by the next one that is pushed."""
    push(stand, 1)
    claim = stand.claim()
    assert release(stand, claim)
    assert push(stand, 2).replaces == claim.subject_id


def test_a_failed_frame_that_an_operator_queued_again_is_not_replaced(stand: Stand) -> None:
    """Somebody wants that very picture; its camera counts it once all the same."""
    push(stand, 1)
    failed = stand.claim()
    fail(stand.service.inspections.jobs, failed, AnswerUnreadable("no box can be read"))
    assert stand.service.inspections.recovery.requeue([failed.subject_id]) == (failed.subject_id,)
    assert push(stand, 2).replaces is None
    again = stand.claim()
    assert again.subject_id == failed.subject_id
    assert stand.complete(again)
    assert stand.complete(stand.claim())
    frames = stand.service.cameras.records.get("gate").frames
    assert (frames.received, frames.inspected, frames.in_flight) == (2, 2, 0)
    assert stand.service.operation.figures.counters().lost == 0


@pytest.mark.parametrize("is_running", [False, True])
def test_a_held_frame_is_not_replaced(stand: Stand, is_running: bool) -> None:
    """Neither while it waits nor when it comes back; it is inspected, and counted once."""
    held = push(stand, 1).inspection
    assert held is not None
    claim = stand.claim() if is_running else None
    stand.service.retention.holds.set([held.id], "accident report 17")
    assert push(stand, 2).replaces is None
    if claim is not None:
        assert release(stand, claim)
    stand.clock.advance(1)
    newest = push(stand, 3)
    assert newest.replaces != held.id
    assert stand.service.inspections.results.get(held.id) is not None
    ended = []
    while again := stand.next_claim("worker-1"):
        ended.append(again.subject_id)
        assert stand.complete(again)
    assert newest.inspection is not None
    assert sorted(ended) == [held.id, newest.inspection.id]
    frames = stand.service.cameras.records.get("gate").frames
    assert (frames.received, frames.inspected, frames.replaced, frames.in_flight) == (3, 2, 1, 0)
    assert stand.service.operation.figures.counters().lost == 0


def test_frames_of_different_cameras_do_not_replace_each_other(stand: Stand) -> None:
    """Newest wins per camera."""
    stand.service.cameras.records.create(CameraSettings("Crane"), "crane")
    push(stand, 1)
    other = stand.service.cameras.frames.push("crane", jpeg(2), Submission("2.jpg"))
    assert other.replaces is None


def test_an_upload_is_never_replaced_by_a_frame(stand: Stand) -> None:
    """Only frames give way, even where the upload names the same camera."""
    upload = stand.service.inspections.intake.accept(jpeg(1), Submission("1.jpg", camera_id="gate"))
    assert push(stand, 2).replaces is None
    found = stand.service.inspections.results.get(upload.id)
    assert found is not None
    assert found.status is Status.QUEUED


def test_frames_of_a_camera_that_is_off_are_skipped(stand: Stand) -> None:
    """The sender is told so, and nothing is stored."""
    stand.service.cameras.records.change(
        "gate", lambda was: replace(was, name="Gate 3", enabled=False)
    )
    receipt = push(stand, 1)
    assert receipt.disposition is FrameDisposition.SKIPPED
    assert receipt.inspection is None
    assert "off" in str(receipt.reason)


def test_frames_that_come_too_soon_or_too_late_are_skipped(stand: Stand) -> None:
    """The camera's interval is kept, and an older frame does not replace a newer one."""
    stand.service.cameras.records.change(
        "gate", lambda was: replace(was, name="Gate 3", min_interval_ms=5000)
    )
    taken_at = stand.clock.now
    assert push(stand, 1, captured_at=taken_at).disposition is FrameDisposition.ACCEPTED
    assert push(stand, 2).disposition is FrameDisposition.SKIPPED
    stand.clock.advance(5)
    late = push(stand, 3, captured_at=taken_at - timedelta(seconds=9))
    assert late.disposition is FrameDisposition.SKIPPED
    assert push(stand, 4, captured_at=stand.clock.now).disposition is FrameDisposition.ACCEPTED


def test_a_frame_from_the_future_does_not_keep_out_the_later_ones(stand: Stand) -> None:
    """A camera whose clock was wrong is heard when it is right again, and meanwhile too."""
    accepted = FrameDisposition.ACCEPTED
    future = stand.clock.now + timedelta(days=365)
    assert push(stand, 1, captured_at=future).disposition is accepted
    assert push(stand, 2, captured_at=stand.clock.now).disposition is accepted
    assert push(stand, 3, captured_at=future - timedelta(days=1)).disposition is accepted
    assert push(stand, 4, captured_at=stand.clock.now).disposition is accepted


def test_a_frame_is_late_only_where_it_would_overtake_one_in_flight(stand: Stand) -> None:
    """While the newer one waits or runs it is skipped; a camera whose clock is set back goes on."""
    taken_at = stand.clock.now
    push(stand, 1, captured_at=taken_at)
    earlier = taken_at - timedelta(seconds=9)
    assert push(stand, 2, captured_at=earlier).disposition is FrameDisposition.SKIPPED
    claim = stand.claim()
    assert push(stand, 3, captured_at=earlier).disposition is FrameDisposition.SKIPPED
    assert stand.complete(claim)
    assert push(stand, 4, captured_at=earlier).disposition is FrameDisposition.ACCEPTED


def test_frames_that_come_at_once_keep_the_interval(stand: Stand) -> None:
    """Of eight one is taken; the bytes of the others are removed like any that nobody wants."""
    stand.service.cameras.records.change(
        "gate", lambda was: replace(was, name="Gate 3", min_interval_ms=5000)
    )
    start = Barrier(8)

    def push_at_once(seed: int) -> FrameReceipt:
        start.wait(120)
        return stand.service.cameras.frames.push("gate", jpeg(seed), Submission("frame.jpg"))

    with ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(push_at_once, range(8)))
    taken = [one.inspection for one in receipts if one.inspection is not None]
    assert len(taken) == 1
    frames = stand.service.cameras.records.get("gate").frames
    assert (frames.received, frames.in_flight, frames.skipped) == (8, 1, 7)
    stand.clock.advance(3600)
    stand.service.operation.upkeep.remove_leftovers()
    stored = [path.name for path in (stand.folder / "images").rglob("*") if path.is_file()]
    assert stored == [taken[0].picture.sha256]


def test_every_frame_is_counted_once(stand: Stand) -> None:
    """Received is inspected + in flight + skipped + replaced + refused, by camera and in all."""
    push(stand, 1)
    push(stand, 2)
    stand.complete(stand.claim())
    with pytest.raises(NotAPicture):
        stand.service.cameras.frames.push("gate", b"text", Submission("x"))
    push(stand, 3)
    stand.service.cameras.records.change(
        "gate", lambda was: replace(was, name="Gate 3", enabled=False)
    )
    push(stand, 4)
    for frames in (
        stand.service.cameras.records.get("gate").frames,
        stand.service.cameras.records.list()[0].frames,
        stand.service.operation.figures.counters().frames,
    ):
        assert (frames.received, frames.inspected, frames.in_flight) == (5, 1, 1)
        assert (frames.skipped, frames.replaced, frames.refused) == (1, 1, 1)
    counters = stand.service.operation.figures.counters()
    assert (counters.accepted, counters.replaced, counters.lost) == (3, 1, 0)


def test_a_frame_of_an_unknown_camera_is_refused(stand: Stand) -> None:
    """Cameras are added by the operator, not by whoever pushes."""
    with pytest.raises(UnknownCamera):
        stand.service.cameras.frames.push("nowhere", jpeg(), Submission("1.jpg"))
