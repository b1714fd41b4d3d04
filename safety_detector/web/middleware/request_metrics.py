"""Counts requests and times them, by route and status, in this process."""

from __future__ import annotations

import time
from http import HTTPMethod

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safety_detector.observability.metrics import Metrics

_METHODS = frozenset(method.value for method in HTTPMethod)
_SUBMISSIONS = frozenset({"/v1/inspections", "/v1/cameras/{camera_id}/frames"})


class RequestMetrics:
    """ASGI middleware that notes each answer when it begins; streams have no end worth timing."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves the request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s = time.perf_counter()

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(scope, message["status"], time.perf_counter() - started_s)
            await send(message)

        await self._app(scope, receive, send_and_note)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        # Names that clients make up must not become labels: each would stay for ever.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = getattr(scope.get("route"), "path", "none")
        count, times = self._series(method, route, status)
        count.inc()
        times.observe(seconds)
        if status == 202 and method == "POST" and route in _SUBMISSIONS:
            self._metrics.accept_seconds.observe(seconds)

    def _series(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        """Those of this kind of answer, of which there are some hundred; looked up once."""
        known = self._known.get((method, route, status))
        if known is None:
            known = (
                self._metrics.requests.labels(method, route, str(status)),
                self._metrics.request_seconds.labels(method, route),
            )
            self._known[method, route, status] = known
        return known
