"""One watching process: its threads, from the start to a clean stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from safety_detector.errors import ServiceUnavailable
from safety_detector.host.signs_of_life import Signs
from safety_detector.jobs.records import Claim
from safety_detector.service.cameras.watching import WATCH_QUEUE, WatchedCamera
from safety_detector.service.core import Service, now_utc
from safety_detector.service.operation.presence import worker_name
from safety_detector.watcher.handing_over import HandOver
from safety_detector.watcher.reporting import Reporter
from safety_detector.watcher.stream import CameraStream, OpenPuller
from safety_detector.watcher.watcher import LOOK_EVERY_S, Watcher

_log = logging.getLogger(__name__)

_REPORT_EVERY_S = 2.0
_SUPERVISE_EVERY_S = 0.5
# A look that waits for the database ends before: it waits 20 s for others at most, at each of a few
# statements.
_LONGEST_LOOK_S = 120.0
_STOP_WITHIN_S = 8.0  # of this, streams get three


def watch_until(
    stop: threading.Event,
    service: Service,
    open_puller: OpenPuller,
    *,
    slots: int,
    grace: timedelta,
    signs: Signs,
) -> None:
    """Watches cameras until it is asked to stop, then frees them for others.

    Args:
        stop: set when it is to end.
        service: where the cameras are and their frames go.
        open_puller: gives what pulls a camera's pictures.
        slots: most cameras at a time.
        grace: for so long a camera may be away before it counts as not connected.
        signs: given as long as cameras are looked after.
    """
    hand_over = HandOver(service)

    def open_stream(claim: Claim[WatchedCamera]) -> CameraStream:
        watchers = service.cameras.watchers
        return CameraStream(claim, open_puller, hand_over, watchers, grace, now_utc)

    name = worker_name(WATCH_QUEUE)
    watcher = Watcher(service, name, slots, open_stream)
    reporter = Reporter(service.cameras.sightings)
    looking = _Repeated("watcher", watcher.look, LOOK_EVERY_S, stop, at_end=watcher.close)
    reporting = _Repeated(
        "sightings", lambda: reporter.report(watcher.streams), _REPORT_EVERY_S, stop
    )
    _log.info("watching up to %d cameras as %s", slots, name)
    looking.start()
    reporting.start()
    signs.say_ready()
    while not stop.wait(_SUPERVISE_EVERY_S):
        if looking.hangs_for_s() < _LONGEST_LOOK_S:
            signs.give_in_time()
    looking.join(_STOP_WITHIN_S)
    _log.info("stopped watching")


class _Repeated:
    """A step that a thread takes again and again, whatever becomes of it.

    Args:
        name: of the thread.
        step: taken again and again.
        every_s: between two.
        stop: set when the thread is to end.
        at_end: its last step.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], None],
        every_s: float,
        stop: threading.Event,
        at_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._name = name
        self._step = step
        self._every_s = every_s
        self._stop = stop
        self._at_end = at_end
        self._began_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Waits for its end, not longer than that."""
        self._thread.join(timeout_s)

    def hangs_for_s(self) -> float:
        """How long ago the last step began."""
        return time.monotonic() - self._began_s

    def _run(self) -> None:
        while not self._stop.is_set():
            self._began_s = time.monotonic()
            self._take(self._step)
            self._stop.wait(self._every_s)
        self._take(self._at_end)

    def _take(self, step: Callable[[], None]) -> None:
        try:
            step()
        except ServiceUnavailable as exc:
            _log.warning("%s: %s", self._name, exc)
        except Exception:  # noqa: BLE001 (the edge of a thread that must not end)
            _log.exception("%s failed", self._name)
