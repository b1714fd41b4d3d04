"""The signs of life of one working process: leases, presence, and the sweeper's role.

It runs in every process that inspects and not in one of its own, so that no process is special:
whichever holds the sweeper's lease sweeps, and another takes over when it is gone.  Sweeping has a
thread of its own: a round may take longer than a lease, and leases have to be extended meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic

from safety_detector.errors import ServiceUnavailable
from safety_detector.jobs.records import Claim, SubjectT
from safety_detector.service.core import Service
from safety_detector.worker.sweeper import Sweeper

_log = logging.getLogger(__name__)

_TICK_S = 1.0
_LONGEST_REPORT_PAUSE_S = 5.0  # a fifth of what a worker may be silent (figures.PRESENCE)
_SWEEPER_LEASE = timedelta(seconds=15)
_LONGEST_ROUND_S = 60.0  # then another process may sweep as well: whatever this one waits for hangs


@dataclass(frozen=True, slots=True)
class Presence:
    """How a process is known to the others.

    Attributes:
        worker: unique name.
        queue: what it works on.
        slots: pictures that it can have in hand.
    """

    worker: str
    queue: str
    slots: int


class Pulse(Generic[SubjectT]):
    """Extends the leases of what is in hand, and sweeps if it is this one's turn.

    Args:
        service: where the process reports itself.
        extend: renews leases; gives the ids of what is still held.
        presence: who this is.
        sweeper: what is done while the sweeper's lease is held.
        heartbeat: how often leases are extended.
        claim_limit: a claim worked on for longer is not extended any more: whatever holds it hangs.
        on_hang: called when there is such a claim.
        listens: told whether this process is idle, now and then; looks whether it is deaf.
        is_present: whether this process can be woken, so that others may count on it.
    """

    def __init__(
        self,
        service: Service,
        extend: Callable[[Sequence[Claim[SubjectT]]], frozenset[str]],
        presence: Presence,
        sweeper: Sweeper,
        *,
        heartbeat: timedelta,
        claim_limit: timedelta,
        on_hang: Callable[[Claim[SubjectT]], None],
        listens: Callable[[bool], None],
        is_present: Callable[[], bool],
    ) -> None:
        self._service = service
        self._extend = extend
        self._presence = presence
        self._sweeper = sweeper
        self._heartbeat_s = heartbeat.total_seconds()
        self._claim_limit_s = claim_limit.total_seconds()
        self._on_hang = on_hang
        self._listens = listens
        self._is_present = is_present
        self._held: dict[str, tuple[Claim[SubjectT], float | None]] = {}
        self._lock = threading.Lock()
        self._next_beat_s = 0.0
        self._next_report_s = 0.0
        self._stopping = threading.Event()
        self._is_sweeper = False
        self._round_since_s: float | None = None
        self._threads = [
            threading.Thread(target=self._repeat, args=(step,), name=name, daemon=True)
            for name, step in (("pulse", self.tick), ("sweeper", self.sweep))
        ]

    @property
    def worker(self) -> str:
        """The name under which pictures are claimed."""
        return self._presence.worker

    def start(self) -> None:
        """Reports the process and starts the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the threads and reports that the process is gone."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=5)
        with suppress(ServiceUnavailable):
            self._service.operation.upkeep.forget_worker(self.worker)

    def hold(self, claim: Claim[SubjectT]) -> None:
        """Extends the claim's lease from now on, and expects an end within the limit."""
        with self._lock:
            self._held[claim.subject_id] = (claim, time.monotonic())

    def hold_waiting(self, claim: Claim[SubjectT]) -> None:
        """Extends the claim's lease while it waits for its turn, however long that is."""
        with self._lock:
            self._held[claim.subject_id] = (claim, None)

    def let_go(self, claim: Claim[SubjectT]) -> None:
        """Extends the claim's lease no more."""
        with self._lock:
            self._held.pop(claim.subject_id, None)

    def tick(self) -> None:
        """What is due now: the heartbeat, and who sweeps.

        Raises:
            ServiceUnavailable: it could not be finished.
        """
        with suppress(OSError):  # what needs the disk says why it cannot
            self._service.storage.room.keep()
        if time.monotonic() >= self._next_beat_s:
            self._beat()
            self._next_beat_s = time.monotonic() + self._heartbeat_s
        if time.monotonic() >= self._next_report_s:
            self._report()
            self._next_report_s = time.monotonic() + min(self._heartbeat_s, _LONGEST_REPORT_PAUSE_S)
        self._is_sweeper = (
            not self._sweeps_for_long()
            and self._service.operation.upkeep.hold_lease("sweeper", self.worker, _SWEEPER_LEASE)
        )

    def sweep(self) -> None:
        """A round, if it is this process's turn.

        Raises:
            ServiceUnavailable: it could not be finished.
        """
        if not self._is_sweeper:
            return
        self._round_since_s = time.monotonic()
        try:
            self._sweeper.sweep()
        finally:
            self._round_since_s = None

    def _sweeps_for_long(self) -> bool:
        since_s = self._round_since_s
        return since_s is not None and time.monotonic() - since_s > _LONGEST_ROUND_S

    def _beat(self) -> None:
        with self._lock:
            held = list(self._held.values())
        latest_s = time.monotonic() - self._claim_limit_s
        hung = [claim for claim, since_s in held if since_s is not None and since_s < latest_s]
        alive = [claim for claim, _ in held if claim not in hung]
        still_ours = self._extend(alive)
        for claim in alive:
            if claim.subject_id not in still_ours and claim.subject_id in self._held:
                _log.warning("lease lost", extra={"subject": claim.subject_id})
        for claim in hung:
            self._on_hang(claim)
        self._service.operation.clock_skew.measure(self.worker)
        self._listens(not held)

    def _report(self) -> None:
        presence = self._presence
        if self._is_present():
            self._service.operation.upkeep.report_worker(
                presence.worker, presence.queue, presence.slots
            )

    def _repeat(self, step: Callable[[], None]) -> None:
        while True:
            try:
                step()
            except ServiceUnavailable as exc:
                _log.warning("%s: %s", threading.current_thread().name, exc)
            except Exception:  # noqa: BLE001 (the edge of a thread that must not end)
                _log.exception("%s failed", threading.current_thread().name)
            if self._stopping.wait(_TICK_S):
                return
