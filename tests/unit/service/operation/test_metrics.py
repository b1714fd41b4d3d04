"""The database's figures as metrics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from safety_detector.errors import AnswerUnreadable, ModelUnreachable
from safety_detector.observability.metrics import Metrics
from safety_detector.service.operation.metrics import camera_metrics, service_metrics
from safety_detector.service.records import Camera
from tests.service_stand import Stand, put_back


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
