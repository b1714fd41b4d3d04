"""Runs jobs: claim, hold, handle, settle; whatever the kind."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from safety_detector.errors import DatabaseUnavailable, SafetyDetectorError, UnexpectedFault
from safety_detector.jobs.records import Claim, SubjectT
from safety_detector.jobs.store import JobStore

_log = logging.getLogger(__name__)

# A claim costs about as much as 2 ms of work.  Whoever claims more than it can do in this time
# takes jobs from others that have nothing to do, and makes urgent ones wait.
_HORIZON_S = 0.05
_NEWEST_COUNTS = 0.2  # weight of the newest job in the running mean

# An outcome is worth waiting for: while the database restarts it is offered again and again.
# Should the lease end meanwhile, the fence decides whether it still counts.
_INSIST_FOR_S = 60.0
_INSIST_EVERY_S = 1.0

Answer = TypeVar("Answer")


class Handler(Protocol[SubjectT]):
    """Works on the jobs of one kind.  A new kind of jobs needs one, and a ``JobKind``."""

    def handle(self, claim: Claim[SubjectT], begin: Callable[[], None]) -> bool:
        """Works on a claimed job.

        Args:
            claim: the job.
            begin: to be called when the work really begins: from then on it must end in time.

        Returns:
            Whether the job is settled; False if somebody else does that later, and lets go of it.

        Raises:
            SafetyDetectorError: there is no result; what becomes of the job follows from the error.
        """
        ...

    def explain(self, fault: Exception) -> SafetyDetectorError | None:
        """What an exception means that is no error of ours; None: a fault of the program."""
        ...


class Holder(Protocol[SubjectT]):
    """Extends the leases of what is in hand."""

    @property
    def worker(self) -> str:
        """The name under which jobs are claimed."""
        ...

    def hold(self, claim: Claim[SubjectT]) -> None:
        """Extends the claim's lease from now on, and expects an end in time."""
        ...

    def hold_waiting(self, claim: Claim[SubjectT]) -> None:
        """Extends the claim's lease while it waits for its turn, however long that is."""
        ...

    def let_go(self, claim: Claim[SubjectT]) -> None:
        """Extends the claim's lease no more."""
        ...


class Runner(Generic[SubjectT]):
    """Has the jobs of a queue handled; safe to use from several threads.

    Args:
        store: where they are.
        queue: from which they are claimed.
        holder: extends the leases meanwhile.
        handler: does the work.
        most_at_once: so many are claimed together at most, where each takes next to no time.
    """

    def __init__(
        self,
        store: JobStore[SubjectT],
        queue: str,
        holder: Holder[SubjectT],
        handler: Handler[SubjectT],
        *,
        most_at_once: int = 1,
    ) -> None:
        self._store = store
        self._queue = queue
        self._holder = holder
        self._handler = handler
        self._appetite = Appetite(most_at_once)
        self._more_is_likely = False

    def run_next(self) -> int:
        """Has the most urgent due jobs handled; returns how many, 0 if nothing is due.

        Whatever goes wrong with one of them is settled here.

        Raises:
            DatabaseUnavailable: nothing could be claimed, or what was claimed could not be settled;
                its lease will end.
        """
        most = self._appetite.jobs
        claims = self._store.claim(
            self._queue, self._holder.worker, most, looks=not self._more_is_likely
        )
        self._more_is_likely = len(claims) == most
        for claim in claims:
            self._holder.hold_waiting(claim)
        untouched = deque(claims)
        try:
            while untouched:
                started = time.monotonic()
                self._run(untouched.popleft())
                self._appetite.done(time.monotonic() - started)
        finally:
            for claim in untouched:
                self._holder.let_go(claim)
        return len(claims)

    def _run(self, claim: Claim[SubjectT]) -> None:
        is_settled = True
        try:
            is_settled = self._handler.handle(claim, lambda: self._holder.hold(claim))
        except SafetyDetectorError as error:
            settle_error(self._store, claim, error)
        except Exception as fault:  # noqa: BLE001 (the edge: a fault must not stop the worker)
            known = self._handler.explain(fault)
            if known is None:
                extra = {self._store.kind.name: claim.subject_id}
                _log.exception("unexpected fault", extra=extra)
                known = UnexpectedFault("unexpected", kind=type(fault).__name__, cause=fault)
            settle_error(self._store, claim, known)
        finally:
            if is_settled:
                self._holder.let_go(claim)


def settle_error(
    store: JobStore[SubjectT], claim: Claim[SubjectT], error: SafetyDetectorError
) -> None:
    """Decides and writes what becomes of a job without a result.

    Raises:
        DatabaseUnavailable: it stayed away; the lease will end.
    """
    decision = store.kind.decide(claim, error)
    _log.warning(
        "no result: %s",
        error.message,
        extra={
            store.kind.name: claim.subject_id,
            "code": error.code,
            "decision": decision.word,
        },
    )
    insist(lambda: store.settle_error(claim, error, decision))


def insist(write: Callable[[], Answer]) -> Answer:
    """What the write gives, offered again for a minute while the database is away.

    Raises:
        DatabaseUnavailable: it stayed away.
    """
    until = time.monotonic() + _INSIST_FOR_S
    while True:
        try:
            return write()
        except DatabaseUnavailable as exc:
            if time.monotonic() >= until:
                raise
            _log.warning("not written yet: %s", exc)
            time.sleep(_INSIST_EVERY_S)


class Appetite:
    """Learns from how long jobs take how many are worth claiming at once; one at first.

    Args:
        most: never more.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._mean_s = _HORIZON_S

    @property
    def jobs(self) -> int:
        """How many to claim next: what 50 ms suffice for, at least one."""
        return max(1, min(self._most, int(_HORIZON_S / max(self._mean_s, 1e-6))))

    def done(self, seconds: float) -> None:
        """Notes how long one job took."""
        self._mean_s += _NEWEST_COUNTS * (seconds - self._mean_s)
