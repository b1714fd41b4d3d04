"""Child processes that are watched, restarted when they end, and stopped in order."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

_log = logging.getLogger(__name__)

# A child that ends is started again after 1 s, then 2 s, … up to this; a minute of good running
# forgets earlier ends.
_LONGEST_PAUSE_S = 30.0
_GOOD_RUN_S = 60.0

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """How to run one child.

    Attributes:
        name: for logs.
        command: program and arguments.
        environment: the whole environment of the child.
        stop_signal: asks it to finish what it has in hand.
        grace_s: seconds until it is killed if it does not end after ``stop_signal``.
        is_sound: whether a running child can do its work; quick, since it is asked at every look.
            One that never could since its start is still starting.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 10.0
    is_sound: Callable[[], bool] = lambda: True


@dataclass(slots=True)
class Child:
    """A running child and its history.

    Attributes:
        restarts: how often it was started again since the beginning.
    """

    spec: ChildSpec
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    _started_at: float = 0.0
    _ends_in_a_row: int = 0
    _start_again_at: float = field(default=0.0)
    _stopping_since: float | None = None
    _was_sound: bool = False

    def start(self) -> None:
        """Starts the process in a session of its own.

        Its own session keeps a terminal's Ctrl-C away from it: children are stopped in order, by
        their parent, so that workers do not lose the broker while they finish.
        """
        self._started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 (our own program and arguments)
            list(self.spec.command),
            env=dict(self.spec.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        _log.info("%s started, process %d", self.spec.name, self.process.pid)

    def watch(self) -> None:
        """Starts the child again if it has ended and its pause is over; call it often.

        One that runs and is not sound any more is ended first, killed if it takes too long.
        """
        now = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            self._end_if_unsound(self.process, now)
            return
        self._stopping_since, self._was_sound = None, False
        if self.process is not None:
            self._plan_restart(now, self.process.returncode)
            self.process = None
        if now >= self._start_again_at:
            self.restarts += 1
            self.start()

    def _end_if_unsound(self, process: subprocess.Popen[bytes], now: float) -> None:
        if self._stopping_since is None:
            if self.spec.is_sound():
                self._was_sound = True
            elif self._was_sound:
                _log.error("%s runs and cannot be used; starting it anew", self.spec.name)
                self._stopping_since = now
                self.ask_to_stop()
        elif now - self._stopping_since >= self.spec.grace_s:
            _kill_session(process.pid)

    def _plan_restart(self, now: float, return_code: int) -> None:
        good_run = now - self._started_at >= _GOOD_RUN_S
        self._ends_in_a_row = 1 if good_run else self._ends_in_a_row + 1
        pause_s = min(2.0 ** (self._ends_in_a_row - 1), _LONGEST_PAUSE_S)
        self._start_again_at = now + pause_s
        _log.error(
            "%s ended with code %d; starting it again in %.0f s",
            self.spec.name,
            return_code,
            pause_s,
        )

    def ask_to_stop(self) -> None:
        """Sends the stop signal; returns at once."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.spec.stop_signal)

    def wait_until_stopped(self) -> None:
        """Waits for the end for ``grace_s``, then kills the child and all that it started."""
        if self.process is None:
            return
        try:
            self.process.wait(self.spec.grace_s)
        except subprocess.TimeoutExpired:
            _log.warning("%s did not stop in %.0f s; killing it", self.spec.name, self.spec.grace_s)
        _kill_session(self.process.pid)
        self.process.wait()
        self.process = None


def _kill_session(leader_pid: int) -> None:
    """Kills what is left of the child's session: pool processes that outlived their parent."""
    try:
        os.killpg(leader_pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # the usual case: nothing is left


def _end_with_parent() -> None:
    """Runs in the child before exec: asks the kernel for SIGTERM when the parent dies.

    Without it a killed ``serve`` would leave its workers behind, and the next ``serve`` would add
    a second set.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
