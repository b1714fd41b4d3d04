"""The database's figures as metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from safety_detector.detectors.second_look.planning import LeftOut
from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.detections import AskedPlace, DetectorRun, Role
from safety_detector.domain.geometry import Box
from safety_detector.domain.incomplete_reasons import IncompleteCode
from safety_detector.domain.inspection import Verdict, decide_verdict
from safety_detector.errors import AnswerUnreadable, ModelUnreachable
from safety_detector.message_texts.reason import Reason
from safety_detector.observability.metrics import Metrics
from safety_detector.service.operation.metrics import camera_metrics, service_metrics
from safety_detector.service.records import Camera, Finding, Source, Submission
from tests.pictures import jpeg
from tests.service_stand import FIRE, Stand, put_back


def test_the_metrics_reconcile(stand: Stand) -> None:
    """Accepted is the sum of what ended and what is in flight; nothing is lost."""
    for number in range(4):
        stand.accept(number)
    stand.complete(stand.claim())
    stand.claim()
    stand.service.operation.upkeep.report_worker("a", "embedded", 2)
    metrics = Metrics()
    metrics.add_source(lambda: service_metrics(stand.service.operation.figures))
    value = metrics.registry.get_sample_value
    assert value("safety_inspections_accepted_total") == 4
    assert value("safety_inspections_ended_total", {"outcome": "completed"}) == 1
    assert value("safety_inspections_ended_total", {"outcome": "failed"}) == 0
    states = ("queued", "running", "completed", "failed", "purged", "replaced")
    assert sum(value("safety_inspections", {"state": state}) or 0 for state in states) == 4
    assert value("safety_inspections_in_flight", {"status": "queued"}) == 2
    assert value("safety_inspections_in_flight", {"status": "running"}) == 1
    assert value("safety_inspections_lost") == 0
    assert value("safety_worker_slots", {"queue": "embedded"}) == 2
    assert value("safety_oldest_due_seconds") is not None


def test_the_workers_tell_what_they_did(stand: Stand) -> None:
    """Results, retries and times of the stages, as soon as the worker reports itself."""
    for number in range(3):
        stand.accept(number)
    assert stand.complete(stand.claim())
    claim = stand.claim()
    assert put_back(stand.service.inspections.jobs, claim, AnswerUnreadable("?"), timedelta(0))
    claim = stand.claim()
    assert put_back(stand.service.inspections.jobs, claim, ModelUnreachable("away"), timedelta(0))
    metrics = Metrics()
    metrics.add_source(lambda: service_metrics(stand.service.operation.figures))
    name, value = "safety_worker_pictures_total", metrics.registry.get_sample_value
    assert value(name, {"backend": "embedded", "outcome": "inspected"}) is None
    stand.service.operation.upkeep.report_worker("a", "embedded", 2)
    stand.service.operation.upkeep.report_worker("a", "embedded", 2)
    for outcome in ("inspected", "retried", "returned"):
        assert value(name, {"backend": "embedded", "outcome": outcome}) == 1
    labels = {"backend": "embedded", "stage": "model"}
    assert value("safety_worker_stage_seconds_total", labels) == 0.0015
    assert value("safety_inspections_lost") == 0


def test_no_more_than_a_thousand_cameras_have_series() -> None:
    """However many cameras there are, what Prometheus must keep is bounded; how many is told."""
    added = datetime(2026, 11, 1, tzinfo=UTC)
    cameras = [Camera(f"camera-{number:05}", "Gate", added) for number in range(1200)]
    metrics = Metrics()
    metrics.add_source(lambda: camera_metrics(cameras))
    value = metrics.registry.get_sample_value
    assert value("safety_cameras") == 1200
    assert value("safety_camera_enabled", {"camera": "camera-00999"}) == 1
    assert value("safety_camera_enabled", {"camera": "camera-01000"}) is None


def screened_run(**changes: Any) -> DetectorRun:
    """The run of a screen whose frame was meant for the language model."""
    return replace(DetectorRun("embedded", "a model", role=Role.SCREEN), **changes)


def tell(stand: Stand, *runs: DetectorRun) -> Callable[..., float | None]:
    """What the metrics say after a frame that is meant for the language model had these runs."""
    stand.service.inspections.intake.accept(
        jpeg(1), Submission("1.jpg", source=Source.UPLOAD, backend="qwen")
    )
    claim = stand.next_claim(backend="qwen")
    assert claim is not None
    verdict = decide_verdict((), runs)
    findings = stand.service.inspections.findings
    assert findings.record([Finding(claim, (), runs, verdict, b"annotated")]) == [True]
    stand.service.operation.upkeep.report_worker("a", "qwen", 2)
    metrics = Metrics()
    metrics.add_source(lambda: service_metrics(stand.service.operation.figures))
    return metrics.registry.get_sample_value


@pytest.mark.parametrize("why", list(LeftOut))
def test_suspected_places_that_nobody_is_asked_about_are_counted_by_why(
    stand: Stand, why: LeftOut
) -> None:
    """Who watches the budget sees that it is spent, without opening a picture."""
    facts = {"count": 2, "why": Reason(why.value)}
    run = screened_run().with_reasons([Reason(IncompleteCode.LEFT_OUT, facts)])
    value = tell(stand, run)
    answer = why.value.replace("second-look-", "left_out_")
    assert value("safety_second_looks_total", {"backend": "qwen", "answer": answer}) == 2


def test_whole_looks_that_failed_or_had_no_room_are_told_from_those_that_answered(
    stand: Stand,
) -> None:
    """A model that says nothing does not look like one that sees everything."""
    failed = DetectorRun("qwen", "a model", complete=False, error="model-unreachable")
    tell(stand, screened_run(), failed)
    value = tell(stand, screened_run(full_left_out="second-look-budget"))
    name = "safety_detector_runs_total"
    of = {"backend": "qwen", "role": "full"}
    assert value(name, {**of, "outcome": "failed"}) == 1
    assert value(name, {**of, "outcome": "left_out"}) == 1
    assert value(name, {**of, "outcome": "answered"}) is None
    screen = {"backend": "embedded", "role": "screen", "outcome": "answered"}
    assert value(name, screen) == 2


@pytest.mark.parametrize(
    ("full", "judge"),
    [
        ((), "embedded"),
        ((DetectorRun("qwen", "a model"),), "qwen"),
        ((DetectorRun("qwen", "a model", complete=False, error="timed-out"),), "embedded"),
    ],
)
def test_a_verdict_counts_for_whoever_looked_at_the_whole_picture(
    stand: Stand, full: tuple[DetectorRun, ...], judge: str
) -> None:
    """What only the screen saw is no verdict of the language model."""
    asked = AskedPlace(Box(1, 2, 30, 40), FIRE, 0.5, CropQuestion.FIRE_SMOKE, CropAnswer.NEITHER)
    look = DetectorRun("qwen", "a model", role=Role.SECOND_LOOK, asked=asked)
    value = tell(stand, screened_run(), look, *full)
    verdicts = {
        backend: sum(
            value("safety_verdicts_total", {"backend": backend, "verdict": one}) or 0
            for one in Verdict
        )
        for backend in ("embedded", "qwen")
    }
    assert verdicts == {"embedded": 0, "qwen": 0, judge: 1}
