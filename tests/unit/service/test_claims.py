"""The life of a claim."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.detections import AskedPlace, DetectorRun, Role
from safety_detector.domain.geometry import Box
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.errors import AnswerUnreadable, ModelUnreachable, PictureBroken, ServerFailure
from safety_detector.jobs.kinds import MOST_LOSSES
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import InspectionFilter, Source, Submission
from tests.pictures import jpeg
from tests.service_stand import (
    BARE_HEAD,
    FIRE,
    LEASE,
    PictureClaim,
    Stand,
    fail,
    finding,
    put_back,
    release,
)


def test_urgent_pictures_are_claimed_before_batches_and_the_oldest_first(stand: Stand) -> None:
    """A backlog of a batch never delays an alarm."""
    batch = [stand.accept(number, Source.BATCH).id for number in range(3)]
    urgent = [stand.accept(number).id for number in range(2)]
    claimed = [stand.claim().subject_id for _ in range(5)]
    assert claimed == urgent + batch
    assert stand.next_claim("worker-1") is None


def test_a_backend_claims_only_its_own_pictures(stand: Stand) -> None:
    """A qwen worker finds nothing in the embedded detector's queue."""
    stand.accept()
    assert stand.next_claim(backend="qwen") is None


def test_a_picture_is_claimed_by_one_worker_only(stand: Stand) -> None:
    """Eight workers claim forty pictures at once; each picture goes to one of them."""
    accepted = {stand.accept(number).id for number in range(40)}

    def work(number: int) -> list[str]:
        found = []
        while claim := stand.next_claim(f"worker-{number}"):
            found.append(claim.subject_id)
        return found

    with ThreadPoolExecutor(8) as threads:
        claimed = [one for found in threads.map(work, range(8)) for one in found]
    assert sorted(claimed) == sorted(accepted)


def test_a_result_completes_the_inspection(stand: Stand) -> None:
    """Detections, verdict, provenance and the annotated picture are there together."""
    accepted = stand.accept()
    claim = stand.claim()
    running = stand.service.inspections.results.get(accepted.id)
    assert running is not None
    assert running.status is Status.RUNNING
    assert stand.complete(claim, FIRE, BARE_HEAD)
    done = stand.service.inspections.results.get(accepted.id)
    assert done is not None
    assert (done.status, done.verdict) == (Status.COMPLETED, Verdict.HAZARD)
    assert [one.hazard for one in done.detections] == [FIRE, BARE_HEAD]
    assert done.detections[0].box.xyxy == (1, 2, 30, 40)
    assert done.runs[0].timings_ms == {"model": 1.5}
    annotated = stand.service.inspections.results.annotated(accepted.id)
    assert annotated is not None
    assert stand.service.inspections.results.read(annotated) == b"annotated"


def test_a_worker_that_lost_its_lease_writes_nothing(stand: Stand) -> None:
    """Its result comes after somebody else claimed: the fence has risen."""
    accepted = stand.accept()
    lost = stand.claim("slow")
    stand.clock.advance(LEASE.total_seconds() + 1)
    assert stand.service.inspections.jobs.take_back_lost() == 1
    current = stand.claim("quick")
    assert current.fence == lost.fence + 1
    assert not stand.complete(lost, FIRE)
    assert not fail(stand.service.inspections.jobs, lost, AnswerUnreadable("x"))
    assert not put_back(stand.service.inspections.jobs, lost, AnswerUnreadable("x"), timedelta(0))
    assert not release(stand, lost)
    assert stand.complete(current)
    done = stand.service.inspections.results.get(accepted.id)
    assert done is not None
    assert done.verdict is Verdict.CLEAR
    marked = [path.name for path in (stand.folder / "marked_images").rglob("*.jpg")]
    assert marked == [f"{accepted.id}-{current.fence}.jpg"]


def test_what_a_killed_worker_had_drawn_goes_with_the_next_result(stand: Stand) -> None:
    """It ended between its file and its record; only the file of the result is left."""
    accepted = stand.accept()
    killed = stand.claim("killed")
    stand.service.storage.store_annotated([(accepted.id, killed.fence, b"never recorded")])
    stand.clock.advance(LEASE.total_seconds() + 1)
    assert stand.service.inspections.jobs.take_back_lost() == 1
    current = stand.claim()
    assert stand.complete(current, FIRE)
    marked = [path.name for path in (stand.folder / "marked_images").rglob("*.jpg")]
    assert marked == [f"{accepted.id}-{current.fence}.jpg"]


def test_a_result_is_recorded_once(stand: Stand) -> None:
    """A worker that did not hear of its commit records again: nothing changes, nothing is lost."""
    accepted = stand.accept()
    claim = stand.claim()
    assert stand.complete(claim, FIRE)
    assert stand.complete(claim)
    assert stand.service.operation.figures.counters().completed == 1
    done = stand.service.inspections.results.get(accepted.id)
    annotated = stand.service.inspections.results.annotated(accepted.id)
    assert done is not None
    assert annotated is not None
    assert done.verdict is Verdict.HAZARD
    assert stand.service.inspections.results.read(annotated) == b"annotated"


def test_workers_that_record_much_at_once_do_not_stop_each_other(stand: Stand) -> None:
    """Four of them record frames of the same cameras in different orders; all are counted."""
    cameras = [f"camera-{number}" for number in range(8)]
    for camera in cameras:
        stand.service.cameras.records.create(CameraSettings(camera), camera)

    def claim_frames(worker: int) -> list[PictureClaim]:
        for camera in cameras[worker:] + cameras[:worker]:
            stand.clock.advance(0.001)
            stand.service.cameras.frames.push(camera, jpeg(worker), Submission("frame.jpg"))
        return stand.service.inspections.jobs.claim("embedded", f"worker-{worker}", len(cameras))

    def record(claims: list[PictureClaim]) -> list[bool]:
        return stand.service.inspections.findings.record([finding(claim) for claim in claims])

    with ThreadPoolExecutor(4) as threads:
        for _ in range(4):
            claimed = [claim_frames(worker) for worker in (0, 2, 4, 6)]
            assert [sum(one) for one in threads.map(record, claimed)] == [8, 8, 8, 8]
    assert stand.service.operation.figures.counters().completed == 128
    assert [camera.frames.inspected for camera in stand.service.cameras.records.list()] == [16] * 8


def test_a_heartbeat_keeps_the_lease(stand: Stand) -> None:
    """A claim that is extended outlives its lease; one that is not is taken back."""
    stand.accept(1)
    stand.accept(2)
    kept, dropped = stand.claim("alive"), stand.claim("dead")
    stand.clock.advance(20)
    assert stand.service.inspections.jobs.extend([kept]) == {kept.subject_id}
    stand.clock.advance(20)
    assert stand.service.inspections.jobs.take_back_lost() == 1
    assert stand.service.inspections.jobs.extend([kept, dropped]) == {kept.subject_id}


def test_a_fault_is_counted_and_tried_again_later(stand: Stand) -> None:
    """The picture is due again after the delay, with its fault counted."""
    accepted = stand.accept()
    error = AnswerUnreadable("no box can be read")
    assert put_back(stand.service.inspections.jobs, stand.claim(), error, timedelta(seconds=10))
    waiting = stand.service.inspections.results.get(accepted.id)
    assert waiting is not None
    assert waiting.waiting_reason is not None
    assert "no box can be read" in str(waiting.waiting_reason)
    assert stand.next_claim("worker-1") is None
    stand.clock.advance(10)
    assert stand.claim().failures == 1


def test_a_failed_inspection_says_why_and_is_never_clear(stand: Stand) -> None:
    """Its verdict is inconclusive, and it can be run again from the start."""
    accepted = stand.accept()
    fail(stand.service.inspections.jobs, stand.claim(), AnswerUnreadable("no box can be read"))
    failed = stand.service.inspections.results.get(accepted.id)
    assert failed is not None
    assert (failed.status, failed.verdict) == (Status.FAILED, Verdict.INCONCLUSIVE)
    assert failed.error is not None
    assert (failed.error.code, failed.error.attempts) == ("answer-unreadable", 1)
    assert stand.service.inspections.recovery.requeue([accepted.id, "unknown"]) == (accepted.id,)
    again = stand.claim()
    assert (again.subject_id, again.failures) == (accepted.id, 0)
    assert stand.service.inspections.recovery.requeue([accepted.id]) == ()
    counters = stand.service.operation.figures.counters()
    assert (counters.failed, counters.running, counters.lost) == (0, 1, 0)


def test_what_failed_in_a_span_of_time_runs_again(stand: Stand) -> None:
    """What failed before it, and what fails anew meanwhile, is left."""
    ids = []
    for seed in range(3):
        ids.append(stand.accept(seed).id)
        assert fail(stand.service.inspections.jobs, stand.claim(), PictureBroken("broken"))
        stand.clock.advance(3600)
    since = stand.clock.now - timedelta(hours=2, seconds=1)
    assert stand.service.inspections.recovery.requeue_failed(since) == tuple(ids[1:])
    assert stand.service.inspections.recovery.requeue_failed(since) == ()
    assert stand.service.operation.figures.counters().requeued == 2
    assert stand.service.operation.figures.counters().ever_failed == 3
    earlier = since - timedelta(hours=1)
    assert stand.service.inspections.recovery.requeue_failed(earlier, until=since) == (ids[0],)


def test_an_outage_counts_no_fault_and_pauses_the_backend(stand: Stand) -> None:
    """The picture goes back and says why it waits; nobody knocks again until the pause is over."""
    first, second = stand.accept(1), stand.accept(2)
    claim = stand.claim()
    unreachable = ModelUnreachable("No model server answers.")
    assert put_back(stand.service.inspections.jobs, claim, unreachable, timedelta(seconds=1))
    for inspection in (first, second):
        waiting = stand.service.inspections.results.get(inspection.id)
        assert waiting is not None
        assert waiting.status is Status.QUEUED
        assert "No model server answers" in str(waiting.waiting_reason)
    assert stand.next_claim("worker-1") is None
    assert stand.service.operation.figures.count_due("embedded", 10) == 0
    assert [outage.backend for outage in stand.service.operation.figures.health().outages] == [
        "embedded"
    ]
    stand.clock.advance(2)
    after = [stand.claim(), stand.claim()]
    assert {one.subject_id for one in after} == {first.id, second.id}
    assert all(one.failures == 0 for one in after)
    stand.complete(after[0])
    assert stand.service.operation.figures.health().outages == ()


def test_frames_do_not_wait_for_a_model_that_is_away(stand: Stand) -> None:
    """What another detector saw of them ends no outage; an answer of the model itself does."""
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")

    def frame() -> PictureClaim:
        """The newest frame of the camera, claimed."""
        submission = Submission("frame.jpg", camera_id="gate", source=Source.FRAME)
        stand.service.inspections.intake.accept(jpeg(7), submission)
        assert stand.service.operation.figures.count_due("embedded", 10) == 1
        return stand.claim()

    upload = stand.accept(1)
    away = ModelUnreachable("No model server answers.")
    put_back(stand.service.inspections.jobs, stand.claim(), away)
    claim = frame()
    own = DetectorRun("embedded", "the model", complete=False, error=ModelUnreachable.code)
    instead = finding(claim, FIRE)
    seen = replace(instead, runs=(own, DetectorRun("another", "small")))
    assert stand.service.inspections.findings.record([seen]) == [True]
    assert [one.backend for one in stand.service.operation.figures.health().outages] == ["embedded"]
    assert stand.next_claim() is None
    stand.complete(frame())
    assert stand.service.operation.figures.health().outages == ()
    assert stand.claim().subject_id == upload.id


def test_an_outage_of_which_frames_alone_know_is_told(stand: Stand) -> None:
    """It pauses nothing."""
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")
    submission = Submission("frame.jpg", camera_id="gate", source=Source.FRAME)
    stand.service.inspections.intake.accept(jpeg(7), submission)
    claim = stand.claim()
    own = DetectorRun("embedded", "the model", complete=False, error=ModelUnreachable.code)
    seen = replace(finding(claim), runs=(own, DetectorRun("another", "small")))
    assert stand.service.inspections.findings.record([seen]) == [True]
    (outage,) = stand.service.operation.figures.health().outages
    assert "embedded detector looks" in outage.reason.text("en")
    upload = stand.accept(1)
    assert stand.claim().subject_id == upload.id


def test_a_frame_that_was_only_screened_ends_no_outage(stand: Stand) -> None:
    """Nor does an answer that stands from earlier: nobody asked the model now."""
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")

    def look(*runs: DetectorRun) -> int:
        """The outages after a frame that these runs looked at."""
        submission = Submission("frame.jpg", camera_id="gate", source=Source.FRAME)
        stand.service.inspections.intake.accept(jpeg(7), submission)
        seen = replace(finding(stand.claim()), runs=runs)
        assert stand.service.inspections.findings.record([seen]) == [True]
        return len(stand.service.operation.figures.health().outages)

    asked = AskedPlace(
        Box(1, 2, 9, 9), FIRE, 0.5, CropQuestion.FIRE_SMOKE, CropAnswer.FIRE, age_s=8.0
    )
    screened = DetectorRun("another", "small", role=Role.SCREEN)
    away = DetectorRun(
        "embedded",
        "the model",
        complete=False,
        error=ModelUnreachable.code,
        role=Role.SECOND_LOOK,
        asked=replace(asked, answer=None, age_s=0.0),
    )
    standing = DetectorRun("embedded", "the model", role=Role.SECOND_LOOK, asked=asked)
    answered = replace(standing, asked=replace(asked, age_s=0.0))
    assert look(screened, away) == 1
    assert look(screened) == 1
    assert look(screened, standing) == 1
    assert look(screened, answered) == 0
    assert look(screened, away) == 1
    assert look(screened, away, answered) == 0, "one of two questions was answered"


def test_servers_without_room_are_no_outage(stand: Stand) -> None:
    """The picture waits its time and says why; others are claimed, and the backend is sound."""
    first, second = stand.accept(1), stand.accept(2)
    crowded = ModelUnreachable("No model server had room in 120 s.", failure=ServerFailure.NO_ROOM)
    assert put_back(stand.service.inspections.jobs, stand.claim(), crowded, timedelta(seconds=2))
    waiting = stand.service.inspections.results.get(first.id)
    assert waiting is not None
    assert "room" in str(waiting.waiting_reason)
    assert stand.service.operation.figures.health().outages == ()
    assert stand.claim().subject_id == second.id
    stand.clock.advance(3)
    again = stand.claim()
    assert (again.subject_id, again.failures) == (first.id, 0)


def test_an_outage_of_a_day_ends_no_inspection(stand: Stand) -> None:
    """The pauses grow, to half a minute at most, and then everything completes."""
    accepted = [stand.accept(number).id for number in range(3)]
    attempts = 0
    end = stand.clock.now + timedelta(days=1)
    while stand.clock.now < end:
        while claim := stand.next_claim("worker-1"):
            attempts += 1
            put_back(
                stand.service.inspections.jobs,
                claim,
                ModelUnreachable("away"),
                timedelta(minutes=1),
            )
        stand.clock.advance(600)
    assert attempts >= 144
    stand.clock.advance(60)
    while claim := stand.next_claim("worker-1"):
        stand.complete(claim)
    done = stand.service.inspections.results.list(
        InspectionFilter(status=Status.COMPLETED), 10
    ).items
    assert {one.id for one in done} == set(accepted)


def test_many_workers_that_notice_an_outage_at_once_pause_it_once(stand: Stand) -> None:
    """Sixteen calls in flight fail together: that is one attempt, not sixteen."""
    claims = [(stand.accept(number), stand.claim())[1] for number in range(16)]
    for claim in claims:
        put_back(stand.service.inspections.jobs, claim, ModelUnreachable("away"), timedelta(0))
    stand.clock.advance(1.1)
    assert stand.claim() is not None


def lose(stand: Stand, claim: PictureClaim) -> None:
    """Lets the lease of the only claim end."""
    assert claim is not None
    stand.clock.advance(LEASE.total_seconds() + 1)
    assert stand.service.inspections.jobs.take_back_lost() == 1


def test_a_picture_that_brings_down_its_workers_fails_in_the_end(stand: Stand) -> None:
    """It is claimed a few times, later each time, and then says that workers were lost with it."""
    accepted = stand.accept()
    for _ in range(MOST_LOSSES):
        lose(stand, stand.claim())
        stand.clock.advance(1000)
    assert stand.next_claim("worker-1") is None
    failed = stand.service.inspections.results.get(accepted.id)
    assert failed is not None
    assert failed.error is not None
    assert failed.error.code == "worker-lost"
    assert stand.service.operation.figures.counters().lost == 0


@pytest.mark.parametrize("ending", ["complete", "fail", "retry", "return", "lose"])
def test_the_counters_reconcile_whatever_becomes_of_a_claim(stand: Stand, ending: str) -> None:
    """Accepted is always completed + failed + in flight + purged + replaced."""
    for number in range(3):
        stand.accept(number)
    claim = stand.claim()
    match ending:
        case "complete":
            stand.complete(claim)
        case "fail":
            fail(stand.service.inspections.jobs, claim, AnswerUnreadable("x"))
        case "retry":
            put_back(stand.service.inspections.jobs, claim, AnswerUnreadable("x"), timedelta(0))
        case "return":
            put_back(stand.service.inspections.jobs, claim, ModelUnreachable("x"), timedelta(0))
        case "lose":
            lose(stand, claim)
    counters = stand.service.operation.figures.counters()
    assert (counters.accepted, counters.lost) == (3, 0)
