"""How each model server stands, in ``/readyz`` and ``/metrics``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from safety_detector.detectors.qwen.servers.server_board import ServerStatus
from safety_detector.detectors.qwen.servers.server_state import Phase
from safety_detector.domain.inspection import timestamp
from safety_detector.message_texts.reason import Reason


def ejected_servers(statuses: Sequence[ServerStatus]) -> Reason | None:
    """A sentence for each server that gets no pictures, None if there is none."""
    sentences = tuple(
        Reason.of(
            "model-server-unused",
            address=one.address,
            since=timestamp(one.ejected_since),
            reason=one.reason,
        )
        for one in statuses
        if one.ejected_since is not None
    )
    return Reason.of("sentences", reasons=sentences) if sentences else None


def server_metrics(statuses: Sequence[ServerStatus]) -> Iterator[Metric]:
    """In flight, limit, and whether it is in use."""
    in_use = GaugeMetricFamily(
        "safety_model_server_in_use", "1 while the server gets pictures", labels=["server"]
    )
    in_flight = GaugeMetricFamily(
        "safety_model_server_in_flight", "Pictures that the server has in hand", labels=["server"]
    )
    limit = GaugeMetricFamily(
        "safety_model_server_limit", "Pictures that the server may have in hand", labels=["server"]
    )
    ejected = GaugeMetricFamily(
        "safety_model_server_ejected_since_seconds",
        "Since when the server gets no pictures, as Unix time; absent while it does",
        labels=["server"],
    )
    for one in statuses:
        in_use.add_metric([one.address], one.phase is Phase.IN_USE)
        in_flight.add_metric([one.address], one.in_flight)
        limit.add_metric([one.address], one.limit)
        if one.ejected_since is not None:
            ejected.add_metric([one.address], one.ejected_since.timestamp())
    yield from (in_use, in_flight, limit, ejected)
