"""Which cameras this process holds: claimed, kept, shared with other watchers, given back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from safety_detector.errors import ServiceUnavailable
from safety_detector.jobs.records import Claim
from safety_detector.service.cameras.watchers import WatchStanding
from safety_detector.service.cameras.watching import LEASE, WATCH_QUEUE, WatchedCamera
from safety_detector.service.core import Service
from safety_detector.watcher.sharing import fair_share
from safety_detector.watcher.stream import CameraStream

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
"""So soon a camera is found that was added, changed, or left by another watcher."""

_BEAT_EVERY_S = LEASE.total_seconds() / 4  # two beats may fail
_CLAIMED_A_LOOK = 16  # so that those who start at the same time get about as many each
_GIVEN_A_LOOK = 8  # so that a newcomer opens these before it gets the next
# What others left although they had room they will leave again; it is not offered at once.
_KEPT_FOR_S = 60.0
_END_WITHIN_S = 3.0  # of a stream that was stopped; one that hangs is left behind

OpenStream = Callable[[Claim[WatchedCamera]], CameraStream]


@dataclass(slots=True)
class _Leaving:
    stream: CameraStream
    until_s: float


class Watcher:
    """Holds cameras; one thread calls ``look`` again and again, and ``close`` at the end.

    Args:
        service: where the cameras are.
        name: of this process, that no other has.
        slots: most cameras at a time.
        open_stream: gives what watches a camera.
    """

    def __init__(self, service: Service, name: str, slots: int, open_stream: OpenStream) -> None:
        self._service = service
        self._jobs = service.cameras.jobs
        self._name = name
        self._slots = slots
        self._open_stream = open_stream
        self._held: dict[str, CameraStream] = {}
        self._leaving: list[_Leaving] = []
        self._next_beat_s = self._leave_next_s = 0.0

    @property
    def streams(self) -> tuple[CameraStream, ...]:
        """Those that are watched at present."""
        return tuple(self._held.values())

    def look(self) -> None:
        """Keeps what is held, and brings this process to its share.

        Raises:
            ServiceUnavailable: it could not be finished; what is held is watched on.
        """
        if time.monotonic() >= self._next_beat_s:
            self._keep()
        self._release_ended()
        # After the own leases: nobody's are taken back because this process was slow.
        self._jobs.take_back_lost()
        standing = self._service.cameras.watchers.standing()
        if standing.held_by(self._name) < self._in_hand:  # one was changed, removed or taken over
            self._keep()
            self._release_ended()
        share = self._share_of(standing)
        if standing.overdue and len(self._held) >= share:
            if self._claim(self._slots - self._in_hand):
                self._leave_next_s = time.monotonic() + _KEPT_FOR_S
        elif standing.waiting:
            self._claim(share - self._in_hand)
        elif len(self._held) > share and time.monotonic() >= self._leave_next_s:
            self._leave(min(len(self._held) - share, _GIVEN_A_LOOK))

    def close(self) -> None:
        """Stops everything, and frees the cameras for others at once."""
        for stream in self.streams:
            self._stop(stream)
        until_s = time.monotonic() + _END_WITHIN_S
        for one in self._leaving:
            one.stream.join(max(until_s - time.monotonic(), 0.0))
        try:
            self._service.cameras.watchers.give_back([one.stream.claim for one in self._leaving])
            self._service.operation.upkeep.forget_worker(self._name)
        except ServiceUnavailable as exc:
            _log.warning("cameras are free when their leases end: %s", exc)

    @property
    def _in_hand(self) -> int:
        return len(self._held) + len(self._leaving)

    def _share_of(self, standing: WatchStanding) -> int:
        others = [one.slots for one in standing.watchers if one.id != self._name]
        return fair_share(standing.cameras, self._slots, others)

    def _keep(self) -> None:
        """Extends the leases, and lets go of what is another's by now."""
        claims = [one.claim for one in (*self.streams, *(one.stream for one in self._leaving))]
        still_held = self._jobs.extend(claims)
        for stream in self.streams:
            if stream.camera_id not in still_held:
                _log.info("watched here no longer", extra={"camera": stream.camera_id})
                self._stop(stream)
        self._service.operation.upkeep.report_worker(self._name, WATCH_QUEUE, self._slots)
        self._service.operation.clock_skew.measure(self._name)
        self._next_beat_s = time.monotonic() + _BEAT_EVERY_S

    def _claim(self, at_most: int) -> int:
        at_most = min(at_most, _CLAIMED_A_LOOK)
        if at_most <= 0:
            return 0
        claims = self._jobs.claim(WATCH_QUEUE, self._name, at_most)
        for claim in claims:
            old = self._held.get(claim.subject_id)
            if old is not None:  # changed since the last beat
                self._stop(old)
            stream = self._open_stream(claim)
            self._held[claim.subject_id] = stream
            stream.start()
        return len(claims)

    def _leave(self, number: int) -> None:
        """Gives some back: first those that show nothing anyway, then those that came last."""
        latest_first = sorted(self.streams, key=lambda one: one.claim.claimed_at, reverse=True)
        for stream in sorted(latest_first, key=lambda one: one.is_connected)[:number]:
            _log.info("left to another watcher", extra={"camera": stream.camera_id})
            self._stop(stream)

    def _stop(self, stream: CameraStream) -> None:
        stream.stop()
        self._held.pop(stream.camera_id, None)
        self._leaving.append(_Leaving(stream, time.monotonic() + _END_WITHIN_S))

    def _release_ended(self) -> None:
        """Frees those whose streams have ended, so that no camera is pulled twice at a time.

        A stream ends by itself where the service says that its claim was lost.
        """
        for stream in self.streams:
            if stream.has_ended:
                self._stop(stream)
        now_s = time.monotonic()
        ended = [one for one in self._leaving if one.stream.has_ended or now_s >= one.until_s]
        self._service.cameras.watchers.give_back([one.stream.claim for one in ended])
        self._leaving = [one for one in self._leaving if one not in ended]
