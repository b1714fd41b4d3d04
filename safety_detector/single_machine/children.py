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
from pathlib import Path

from safety_detector.host.signs_of_life import SignSocket, Silence, without_listener

_log = logging.getLogger(__name__)

# A child that ends is started again after 1 s, then 2 s, … up to this; a minute of good running
# forgets earlier ends.
_LONGEST_PAUSE_S = 30.0
_GOOD_RUN_S = 60.0

# A child that cannot do its work is asked to end, and killed so soon after.
_UNSOUND_GRACE_S = 5.0
# A child gives its first sign of life within seconds; on a machine that is old and busy, later.
_LONGEST_START_S = 180.0

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
        silence_s: how long it may give no sign of life before it is started anew; None where
            nobody expects any.
        signs: the socket on which it gives signs of life; None where somebody else hears them.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 10.0
    is_sound: Callable[[], bool] = lambda: True
    silence_s: float | None = None
    signs: Path | None = None


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
    _asked_to_stop_at: float = 0.0
    _listener: SignSocket | None = None
    _silence: Silence | None = None

    def start(self) -> None:
        """Starts the process in a session of its own.

        Its own session keeps a terminal's Ctrl-C away from it: children are stopped in order, by
        their parent, so that workers do not lose the broker while they finish.
        """
        self._started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 (our own program and arguments)
            list(self.spec.command),
            env=self._listen(),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        _log.info("%s started, process %d", self.spec.name, self.process.pid)

    def _listen(self) -> dict[str, str]:
        """Begins to wait for signs of life; the environment that tells the child where."""
        environment = without_listener(self.spec.environment)
        self._stop_listening()
        if self.spec.silence_s is None:
            return environment
        if self.spec.signs is not None:
            try:
                self._listener = SignSocket(self.spec.signs)
            except OSError as exc:
                _log.warning("%s is not watched for hanging: %s", self.spec.name, exc)
                return environment
            environment |= self._listener.environment(self.spec.silence_s)
        self._silence = Silence(self.spec.silence_s, time.monotonic(), _LONGEST_START_S)
        return environment

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
        self._listener = self._silence = None

    def heard(self) -> None:
        """Notes a sign of life."""
        silence = self._silence
        if silence is not None:
            silence.heard(time.monotonic())

    def watch(self) -> None:
        """Starts the child again if it has ended and its pause is over; call it often.

        One that runs and cannot do its work any more is ended first, killed if it takes too long.
        """
        now = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            if self._stopping_since is None:
                self._stopping_since = self._end_if_unsound(now)
            elif now - self._stopping_since >= min(self.spec.grace_s, _UNSOUND_GRACE_S):
                _kill_session(self.process.pid)
            return
        self._stopping_since, self._was_sound = None, False
        if self.process is not None:
            _kill_session(self.process.pid)  # a pool that outlived its parent would be a second one
            self._plan_restart(now, self.process.returncode)
            self.process = None
        if now >= self._start_again_at:
            self.restarts += 1
            self.start()

    def _end_if_unsound(self, now: float) -> float | None:
        """Asks a child to end that cannot do its work; since when, None where it can."""
        trouble = None
        if self.spec.is_sound():
            self._was_sound = True
        elif self._was_sound:
            trouble = "runs and cannot be used"
        if self._listener is not None and self._listener.receive():
            self.heard()
        if self._silence is not None and self._silence.lasts_too_long(now):
            trouble = f"gave no sign of life for {self.spec.silence_s:.0f} s"
        if trouble is None:
            return None
        _log.error("%s %s; starting it anew", self.spec.name, trouble)
        self.ask_to_stop()
        return now

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
        """Sends the stop signal, also to one that is stopped; returns at once."""
        self._asked_to_stop_at = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.spec.stop_signal)
            # Only what runs can end in order; its pool's processes as well.
            _signal_session(self.process.pid, signal.SIGCONT)

    def wait_until_stopped(self) -> None:
        """Waits until ``grace_s`` after it was asked, then kills the child and all its own."""
        if self.process is None:
            return
        left_s = self._asked_to_stop_at + self.spec.grace_s - time.monotonic()
        try:
            self.process.wait(max(left_s, 0.0))
        except subprocess.TimeoutExpired:
            _log.warning("%s did not stop in %.0f s; killing it", self.spec.name, self.spec.grace_s)
        _kill_session(self.process.pid)
        self.process.wait()
        self.process = None
        self._stop_listening()


def _signal_session(leader_pid: int, sent: signal.Signals) -> None:
    try:
        os.killpg(leader_pid, sent)
    except ProcessLookupError:
        return  # nothing is left


def _kill_session(leader_pid: int) -> None:
    """Kills what is left of the child's session: pool processes that outlived their parent."""
    _signal_session(leader_pid, signal.SIGKILL)


def _end_with_parent() -> None:
    """Runs in the child before exec: asks the kernel for SIGTERM when the parent dies.

    Without it a killed ``serve`` would leave its workers behind, and the next ``serve`` would add
    a second set.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
