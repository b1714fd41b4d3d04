"""Waits for a model server that is away, instead of failing the pictures that come meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from safety_detector.detectors.qwen.servers.blame import of_a_breaker
from safety_detector.errors import ModelUnreachable
from safety_detector.host.local_time import in_local_zone
from safety_detector.message_texts.reason import Reason

_Result = TypeVar("_Result")

_MOST_BREAKS = 6  # as in the service: the first is not counted, and five faults are too many
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0


class Stopped(Exception):
    """The run is to stop, and what it was at is left for the next one."""


class Patience:
    """Lets calls to the model through, one at a time while it is away.  Safe to share.

    Args:
        longest: how long it may be away; then the run ends.
        stop: set when the run is asked to stop.
    """

    def __init__(self, longest: timedelta, stop: threading.Event) -> None:
        self._longest_s = longest.total_seconds()
        self._stop = stop
        self._probing = threading.Lock()
        self._away_since_s: float | None = None
        self._reason: Reason | None = None

    @property
    def waiting_reason(self) -> Reason | None:
        """Since when it is away and why, while it is."""
        return self._reason

    def ask(self, call: Callable[[], _Result]) -> _Result:
        """The result of the call, as soon as the model can give one.

        Raises:
            ModelUnreachable: the model was away for too long.
            ModelFault: its servers broke down again and again while they were asked this.
            Stopped: the run is to stop.
        """
        breaks = 0
        while True:
            try:
                result = self._attempt(call)
            except ModelUnreachable as exc:
                breaks += exc.server_broke_down
                if breaks == _MOST_BREAKS:
                    raise of_a_breaker(exc) from exc
                self._wait(exc)
            else:
                self._away_since_s = self._reason = None
                return result

    def _attempt(self, call: Callable[[], _Result]) -> _Result:
        if self._away_since_s is not None:
            with self._probing:  # while it is away one call is enough to find out
                if self._stop.is_set():
                    raise Stopped
                if self._away_since_s is not None:
                    return call()
        return call()

    def _wait(self, error: ModelUnreachable) -> None:
        now = time.monotonic()
        since_s = self._away_since_s
        if since_s is None:
            since_s = self._away_since_s = now
            moment = in_local_zone(datetime.now(UTC))
            self._reason = Reason.of(
                "model-away-since", since=f"{moment:%H:%M:%S}", reason=error.reason
            )
        elapsed_s = now - since_s
        if elapsed_s >= self._longest_s:
            raise error
        pause_s = min(max(elapsed_s / 2, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)
        if self._stop.wait(min(pause_s, self._longest_s - elapsed_s)):
            raise Stopped from error
