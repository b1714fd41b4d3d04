"""Metrics."""

from __future__ import annotations

from prometheus_client import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily

from safety_detector.observability.metrics import Metrics


def test_a_source_is_read_at_each_scrape_and_not_before() -> None:
    """The database is not asked when the program starts."""
    metrics = Metrics()
    readings = iter([1.0, 2.0])
    metrics.add_source(lambda: [GaugeMetricFamily("queue", "length", value=next(readings))])
    metrics.requests.labels("GET", "/livez", "200").inc()
    assert b"queue 1.0" in generate_latest(metrics.registry)
    shown = generate_latest(metrics.registry)
    assert b"queue 2.0" in shown
    assert b'safety_http_requests_total{method="GET",route="/livez",status="200"} 1.0' in shown
