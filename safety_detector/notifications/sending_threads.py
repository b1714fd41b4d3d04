"""The threads that send messages, in every process of the API: so no process is special."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from safety_detector.errors import ServiceUnavailable
from safety_detector.jobs.records import Claim
from safety_detector.jobs.runner import Runner
from safety_detector.jobs.store import JobStore
from safety_detector.notifications.sender import Sender
from safety_detector.service.notifications.due import DueAlerts
from safety_detector.service.notifications.records import NOTIFY_QUEUE, ClaimedMessage
from safety_detector.service.operation.presence import worker_name

_log = logging.getLogger(__name__)

# Messages are written by other processes: how soon they are seen is part of how soon people know.
_LOOK_EVERY_S = 0.5
_DUE_EVERY_S = 1.0
_THREADS = 4  # receivers that hang hold one each, for seconds
_END_WITHIN_S = 5.0


class SendingThreads:
    """Sends messages in the background of a process.

    Args:
        jobs: where they come from.
        sender: sends one.
        due: writes those that nothing but the clock gives rise to.
    """

    def __init__(self, jobs: JobStore[ClaimedMessage], sender: Sender, due: DueAlerts) -> None:
        self._stopping = threading.Event()
        self._due = due
        self._threads = [
            threading.Thread(
                target=self._run,
                args=(Runner(jobs, NOTIFY_QUEUE, _Holder(number), sender),),
                name=f"notify-{number}",
                daemon=True,
            )
            for number in range(_THREADS)
        ]
        self._threads.append(threading.Thread(target=self._look, name="notify-due", daemon=True))

    def start(self) -> None:
        """Begins to look for messages."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the threads behind what they are sending; what is not noted is sent again."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=_END_WITHIN_S)

    def _run(self, runner: Runner[ClaimedMessage]) -> None:
        while not self._stopping.is_set():
            if not self._try(lambda: runner.run_next() > 0):
                self._stopping.wait(_LOOK_EVERY_S)

    def _look(self) -> None:
        while not self._stopping.is_set():
            if not self._try(self._due.run):
                self._stopping.wait(_DUE_EVERY_S)

    def _try(self, step: Callable[[], bool]) -> bool:
        try:
            return step()
        except ServiceUnavailable as exc:
            _log.warning("no message is sent: %s", exc)
        except Exception:  # noqa: BLE001 (the edge of a thread that must not end)
            _log.exception("the sending of messages failed")
        return False


class _Holder:
    """Extends nothing: a try ends long before its lease does."""

    def __init__(self, number: int) -> None:
        self.worker = f"{worker_name(NOTIFY_QUEUE)}-{number}"

    def hold(self, claim: Claim[ClaimedMessage]) -> None:
        """Nothing to do."""

    def hold_waiting(self, claim: Claim[ClaimedMessage]) -> None:
        """Nothing to do."""

    def let_go(self, claim: Claim[ClaimedMessage]) -> None:
        """Nothing to do."""
