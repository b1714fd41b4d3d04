"""One picture from its claim to its record."""

from __future__ import annotations

import io
from contextlib import closing

import numpy as np
import PIL.Image
import pytest
from celery.exceptions import SoftTimeLimitExceeded

from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.domain.inspection import Inspection, Status, Verdict
from safety_detector.errors import AnswerTimedOut, AnswerUnreadable, ModelUnreachable
from safety_detector.jobs.kinds import MOST_FAILURES
from safety_detector.service.records import Source, Submission
from tests.model_server import MODEL, Reply, StandInServer, running
from tests.unit.worker.conftest import Bench


def state(bench: Bench, inspection: Inspection) -> Inspection:
    """The inspection as it stands."""
    found = bench.stand.service.inspections.results.get(inspection.id)
    assert found is not None
    return found


def test_a_due_picture_is_inspected_and_recorded(bench: Bench) -> None:
    """With its detections and an annotated picture that can be opened."""
    accepted = bench.stand.accept()
    assert bench.inspect_next()
    done = state(bench, accepted)
    assert (done.status, done.verdict) == (Status.COMPLETED, Verdict.HAZARD)
    assert "decode" in done.runs[0].timings_ms
    annotated = bench.stand.service.inspections.results.annotated(accepted.id)
    assert annotated is not None
    stored = bench.stand.service.inspections.results.read(annotated)
    assert stored is not None
    with PIL.Image.open(io.BytesIO(stored)) as picture:
        assert picture.width * 48 == picture.height * 64  # enlarged, since it is small
    assert not bench.inspect_next()


def test_a_picture_whose_model_is_away_waits_and_then_completes(bench: Bench) -> None:
    """No fault is counted, however often it happens."""
    accepted = bench.stand.accept()
    bench.detector.script += [ModelUnreachable("No model server answers.")] * 10
    for _ in range(10):
        assert bench.inspect_next()
        waiting = state(bench, accepted)
        assert waiting.status is Status.QUEUED
        assert "No model server answers" in str(waiting.waiting_reason)
        bench.stand.clock.advance(61)
    assert bench.inspect_next()
    assert state(bench, accepted).status is Status.COMPLETED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AnswerUnreadable("no box"), "answer-unreadable"),
        (AnswerTimedOut("no end"), "answer-timed-out"),
        (ZeroDivisionError("a bug"), "unexpected-fault"),
        (MemoryError(), "unexpected-fault"),
        (SoftTimeLimitExceeded(), "time-limit-exceeded"),
    ],
)
def test_a_faulty_picture_ends_failed_after_five_faults(
    bench: Bench, error: Exception, code: str
) -> None:
    """It says why, is inconclusive, and the worker lives on."""
    accepted = bench.stand.accept()
    bench.detector.script += [error] * MOST_FAILURES
    for _ in range(MOST_FAILURES):
        assert bench.inspect_next()
        bench.stand.clock.advance(100)
    failed = state(bench, accepted)
    assert (failed.status, failed.verdict) == (Status.FAILED, Verdict.INCONCLUSIVE)
    assert failed.error is not None
    assert (failed.error.code, failed.error.attempts) == (code, MOST_FAILURES)


def detector_of(server: StandInServer) -> QwenVlDetector:
    """The real adapter, which waits five seconds for an answer."""
    return QwenVlDetector([server.url], MODEL, dialect_named("qwen2.5-vl"), timeout_s=5.0)


def test_a_picture_that_hangs_a_sound_model_server_is_counted(bench: Bench) -> None:
    """The server answers test pictures meanwhile: what hangs it must not wait for ever."""
    bench.stand.accept()
    with running(Reply(hang_s=60)) as server, closing(detector_of(server)) as detector:
        server.canary = Reply("[]")
        assert bench.runner_with(detector).run_next()
        assert len(server.seen) == 1
    bench.stand.clock.advance(100)
    assert bench.stand.claim().failures == 1


def test_a_picture_that_times_out_on_a_hanging_server_waits(bench: Bench) -> None:
    """Nothing is counted: any other picture would hang as well."""
    accepted = bench.stand.accept()
    with running(Reply("[]")) as server, closing(detector_of(server)) as detector:
        detector.detect(np.zeros((56, 56, 3), np.uint8))
        server.replies = [Reply(hang_s=60)]
        assert bench.runner_with(detector).run_next()
    waiting = state(bench, accepted)
    assert waiting.status is Status.QUEUED
    assert "in time" in str(waiting.waiting_reason)
    bench.stand.clock.advance(100)
    assert bench.stand.claim().failures == 0


@pytest.mark.parametrize(
    "death",
    [Reply("[]" * 20, cut_after=2, drip_s=0.2), Reply("engine died", status=500, hang_s=0.3)],
    ids=["cut", "500"],
)
def test_a_picture_that_brings_down_the_only_model_server_fails_in_the_end(
    bench: Bench, death: Reply
) -> None:
    """The first time is an outage; from the second on it is counted, five times at most."""
    accepted = bench.stand.accept()
    for broken in range(1 + MOST_FAILURES):
        assert state(bench, accepted).status is Status.QUEUED
        with running(Reply("[]")) as server, closing(detector_of(server)) as detector:
            detector.detect(np.zeros((56, 56, 3), np.uint8))
            server.replies, server.health = [death, Reply("gone", status=503)], 503
            assert bench.runner_with(detector).run_next(), broken
        bench.stand.clock.advance(200)
    failed = state(bench, accepted)
    assert failed.status is Status.FAILED
    assert failed.error is not None
    assert (failed.error.code, failed.error.attempts) == ("model-fault", MOST_FAILURES)


def test_a_server_that_dies_under_a_picture_once_is_an_outage(bench: Bench) -> None:
    """So is one that was not there from the beginning, however often."""
    bench.stand.accept()
    broken = ModelUnreachable("cut")
    broken.server_broke_down = True
    bench.detector.script += [broken]
    bench.detector.script += [ModelUnreachable("away")] * 11
    for _ in range(12):
        assert bench.inspect_next()
        bench.stand.clock.advance(61)
    claim = bench.stand.claim()
    assert (claim.failures, claim.losses) == (0, 1)


def test_pictures_of_a_batch_let_others_go_first_at_the_server(bench: Bench) -> None:
    """The detector is told which can wait."""
    bench.stand.accept(1)
    bench.stand.accept(2, Source.BATCH)
    assert bench.inspect_next()
    assert bench.inspect_next()
    assert bench.detector.urgent == [True, False]


def test_a_picture_that_turns_out_broken_fails_at_once(bench: Bench) -> None:
    """Its header was sound when it was accepted; its pixels are not."""
    written = io.BytesIO()
    PIL.Image.radial_gradient("L").save(written, "PNG")
    data = bytearray(written.getvalue())
    middle = data.index(b"IDAT") + 100
    data[middle : middle + 500] = bytes(500)
    accepted = bench.stand.service.inspections.intake.accept(bytes(data), Submission("broken.png"))
    assert bench.inspect_next()
    failed = state(bench, accepted)
    assert failed.status is Status.FAILED
    assert failed.error is not None
    assert failed.error.code in ("picture-broken", "picture-truncated")


def test_a_faulty_picture_does_not_hold_up_the_next(bench: Bench) -> None:
    """The other one completes while the faulty one waits for its next attempt."""
    faulty, sound = bench.stand.accept(1), bench.stand.accept(2)
    bench.detector.script.append(AnswerUnreadable("no box"))
    assert bench.inspect_next()
    assert bench.inspect_next()
    assert state(bench, faulty).status is Status.QUEUED
    assert state(bench, sound).status is Status.COMPLETED


def test_a_missing_file_is_that_pictures_fault_and_nobody_elses(bench: Bench) -> None:
    """The backend does not pause for it."""
    missing, sound = bench.stand.accept(1), bench.stand.accept(2)
    bench.stand.service.storage.delete_picture(str(missing.picture.sha256))
    assert bench.inspect_next()
    assert bench.inspect_next()
    assert state(bench, sound).status is Status.COMPLETED
    assert "gone" in str(state(bench, missing).waiting_reason)


@pytest.mark.parametrize("folder", ["images", "marked_images"])
def test_a_data_folder_that_is_away_ends_nothing(bench: Bench, folder: str) -> None:
    """Whether it cannot be read or not be written: the picture waits, says why, and completes."""
    accepted = bench.stand.accept()
    here = bench.stand.folder / folder
    away = here.with_name("away")
    here.rename(away)
    here.write_text("no folder")
    for _ in range(MOST_FAILURES + 1):
        assert bench.inspect_next()
        waiting = state(bench, accepted)
        assert waiting.status is Status.QUEUED
        assert "data folder" in str(waiting.waiting_reason)
        bench.stand.clock.advance(61)
    here.unlink()
    away.rename(here)
    assert bench.inspect_next()
    assert state(bench, accepted).status is Status.COMPLETED


def test_a_result_that_comes_too_late_is_dropped(bench: Bench) -> None:
    """Somebody else took the picture while this one was with the detector."""
    accepted = bench.stand.accept()

    def lose_the_lease() -> None:
        bench.stand.clock.advance(60)
        bench.stand.service.inspections.jobs.take_back_lost()

    bench.detector.script.append(lose_the_lease)
    assert bench.inspect_next()
    assert state(bench, accepted).status is Status.QUEUED
    assert bench.inspect_next()
    assert state(bench, accepted).status is Status.COMPLETED
    assert bench.stand.service.operation.figures.counters().completed == 1
