"""The metrics of one process, as Prometheus scrapes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector


class Metrics:
    """The metrics of one process; ``registry`` is what ``/metrics`` shows.

    Attributes:
        requests: HTTP requests by method, route and status.
        request_seconds: their duration.
        accept_seconds: from the first byte of a submission to its 202.
        deliveries: what devices sent to the receivers, by make and what became of it.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "safety_http_requests_total",
            "HTTP requests",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "safety_http_request_seconds",
            "Duration of HTTP requests",
            ["method", "route"],
            registry=self.registry,
        )
        self.accept_seconds = Histogram(
            "safety_accept_seconds",
            "From a submission's first byte to its 202",
            buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
            registry=self.registry,
        )

        self.deliveries = Counter(
            "safety_camera_deliveries_total",
            "Deliveries of cameras to the receivers",
            ["make", "outcome"],
            registry=self.registry,
        )

    def add_source(self, read: Callable[[], Iterable[Metric]]) -> None:
        """Adds metrics that are read anew at each scrape."""
        self.registry.register(_ReadAtScrape(read))


class _ReadAtScrape(Collector):
    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        """Nothing: without it the registry would read once when this is registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """One reading."""
        yield from self._read()
