"""One camera that this process holds: opened again and again, its frames handed over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

from safety_detector.camera_sources.puller import PulledFrame, Puller, StreamFacts
from safety_detector.camera_sources.source import SourceKind
from safety_detector.errors import SafetyDetectorError, UnexpectedFault
from safety_detector.jobs.records import Claim
from safety_detector.service.cameras.watchers import Watchers
from safety_detector.service.cameras.watching import WatchedCamera
from safety_detector.service.operation.work_counters import WatchCount
from safety_detector.service.records import CameraSighting
from safety_detector.watcher.handing_over import HandOver, WatchLost
from safety_detector.watcher.reconnecting import Reconnecting

_log = logging.getLogger(__name__)

_READ_FOR_S = 1.0  # so soon a thread notices that it is to end
_TRY_AGAIN_S = 1.0  # with what must not be dropped

# Their frames are files, which stay until they are taken; of all others the newest alone matters.
_KEEPS_ALL = (SourceKind.FOLDER,)

OpenPuller = Callable[[WatchedCamera], Puller]
"""Gives what pulls the pictures of a camera.

Raises:
    CameraUnavailable: its address is refused.
"""


class CameraStream:
    """Watches one camera in a thread of its own, so that no other camera waits for it.

    Args:
        claim: the right to do so.
        open_puller: gives what pulls its pictures.
        hand_over: where they go.
        watchers: to count what happens.
        grace: for so long a camera may be away before it counts as not connected.
        now: the present moment, with its zone.
    """

    def __init__(
        self,
        claim: Claim[WatchedCamera],
        open_puller: OpenPuller,
        hand_over: HandOver,
        watchers: Watchers,
        grace: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self.claim = claim
        self._open_puller = open_puller
        self._hand_over = hand_over
        self._watchers = watchers
        self._grace = grace
        self._now = now
        self._keeps_all = claim.subject.source_kind in _KEEPS_ALL
        self._reconnecting = Reconnecting()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._puller: Puller | None = None
        self._began_at = now()
        self._connected_at: datetime | None = None
        self._last_frame_at: datetime | None = None
        self._facts = StreamFacts()
        self._error: SafetyDetectorError | None = None
        self._thread = threading.Thread(
            target=self._run, name=f"camera {claim.subject_id}", daemon=True
        )

    @property
    def camera_id(self) -> str:
        """The camera."""
        return self.claim.subject_id

    @property
    def has_ended(self) -> bool:
        """Whether nothing is pulled any more, nor ever will."""
        return not self._thread.is_alive()

    @property
    def is_connected(self) -> bool:
        """Whether pictures came since the last failure."""
        return self._connected_at is not None

    def start(self) -> None:
        """Begins; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it; returns at once, and the thread ends soon after."""
        self._stopping.set()
        with self._lock:
            puller = self._puller
        if puller is not None:
            puller.stop()

    def join(self, timeout_s: float) -> None:
        """Waits until the thread has ended, not longer than that."""
        self._thread.join(timeout_s)

    def sighting(self) -> CameraSighting | None:
        """How the camera is; None while that is what is known of it already.

        One that was connected and is away counts as connected for as long as the grace says.
        """
        with self._lock:
            seen = CameraSighting(
                connected=self._connected_at is not None,
                since=self._connected_at or self._last_frame_at or self._began_at,
                last_frame_at=self._last_frame_at,
                last_error=self._error.reason if self._error else None,
                **asdict(self._facts),
            )
        if seen.connected:
            return seen
        was_connected = seen.last_frame_at is not None or self.claim.subject.was_connected
        is_blip = was_connected and self._now() - seen.since < self._grace
        return None if seen.last_error is None or is_blip else seen

    def _run(self) -> None:
        while not self._stopping.is_set():
            error: SafetyDetectorError
            try:
                self._pull()
            except WatchLost:
                return
            except SafetyDetectorError as exc:  # nothing comes, or its password cannot be read
                error = exc
            except Exception as exc:  # noqa: BLE001 (the edge: one camera must not end the others)
                _log.exception("unexpected fault", extra={"camera": self.camera_id})
                error = UnexpectedFault("unexpected", kind=type(exc).__name__, cause=exc)
            if self._stopping.is_set():  # the end of a puller that was stopped is no failure
                return
            self._stopping.wait(self._failed(error))

    def _failed(self, error: SafetyDetectorError) -> float:
        """Notes it; seconds until the next attempt."""
        self._watchers.count(WatchCount.FAILED)
        with self._lock:
            was_told = self._error is not None and self._error.code == error.code
            self._connected_at, self._error = None, error
        if not was_told:
            _log.warning(
                "no pictures: %s", error, extra={"camera": self.camera_id, "code": error.code}
            )
        return self._reconnecting.pause_after(error)

    def _pull(self) -> None:
        """Hands over frame after frame, until it is to end.

        Raises:
            CameraUnavailable: nothing comes any more.
            WatchLost: the camera is another's.
        """
        puller = self._open_puller(self.claim.subject)
        with self._lock:
            self._puller = puller
        try:
            if not self._stopping.is_set():
                puller.start()
            while not self._stopping.is_set():
                frame = puller.read(_READ_FOR_S)
                if frame is not None:
                    self._came(frame)
                    self._take(puller, frame)
        finally:
            puller.stop()

    def _came(self, frame: PulledFrame) -> None:
        with self._lock:
            self._last_frame_at, self._facts = frame.received_at, frame.facts
            if self._connected_at is not None:
                return
            self._connected_at, self._error = frame.received_at, None
        self._reconnecting.connected()
        self._watchers.count(WatchCount.OPENED)
        _log.info("pictures come", extra={"camera": self.camera_id})

    def _take(self, puller: Puller, frame: PulledFrame) -> None:
        def newer() -> PulledFrame | None:
            if self._stopping.is_set():
                raise WatchLost
            return None if self._keeps_all else puller.read(0)

        while True:
            taken = self._hand_over.take(self.claim, frame, newer)
            if taken is not None:
                puller.accepted(taken)
            if taken is not None or not self._keeps_all:
                return
            if self._stopping.wait(_TRY_AGAIN_S):
                raise WatchLost
