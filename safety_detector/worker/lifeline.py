"""Ties the processes of one worker together: each notices when another runs no more.

A pool process that is stopped or hangs keeps the wake-up that was sent to it, and its place in the
pool; a stopped main process hands out none, while its pool processes look alive.  Either is killed:
the pool, or whoever started the worker, starts it anew, and leases bring back what it had in hand.
"""

from __future__ import annotations

import logging
import mmap
import os
import signal
import socket
import struct
import threading
import time
from contextlib import suppress

from safety_detector.host.signs_of_life import Silence

_log = logging.getLogger(__name__)

_EVERY_S = 1.0
# Of a pool process, which may have stopped with the database's lock.
_LONGEST_SILENCE_S = 20.0
# The same from its fork until it has begun to give signs.
_LONGEST_START_S = 60.0
# Of the main process: whoever started it, and looks itself, goes first.
_LONGEST_SILENCE_OF_MAIN_S = 30.0
# Earlier, so that the worker is not counted as present.
_DOUBT_AFTER_S = 5.0

_PID, _MOMENT = struct.Struct("=i"), struct.Struct("=d")


class Lifeline:
    """Made in the main process, before it forks."""

    def __init__(self) -> None:
        self._main_pid = os.getpid()
        self._main_moment = mmap.mmap(-1, _MOMENT.size)  # shared with all forks
        self._from_pool, self._to_main = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._from_pool.setblocking(False)
        self._to_main.setblocking(False)
        self._pool: dict[int, Silence] = {}
        self._show()

    def watch_pool(self) -> None:
        """In the main process: begins to show that it runs, and to listen to the others.

        Each gives a sign as it is forked, or one that stops before it is ready would not be missed.
        """
        os.register_at_fork(after_in_child=self._give_sign)
        threading.Thread(target=self._watch_pool, name="lifeline", daemon=True).start()

    def watch_main(self) -> None:
        """In a pool process, after the fork: the same the other way round."""
        threading.Thread(target=self._watch_main, name="lifeline", daemon=True).start()

    def main_runs(self) -> bool:
        """Whether the main process ran a moment ago."""
        return time.monotonic() - self._shown() < _DOUBT_AFTER_S

    def _watch_pool(self) -> None:
        pause = threading.Event()
        while not pause.wait(_EVERY_S):
            self._show()
            self._listen()
            for pid in self._silent():
                del self._pool[pid]
                if _is_child(pid):
                    _log.error("pool process %d gives no sign of life; killing it", pid)
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)

    def _watch_main(self) -> None:
        pause = threading.Event()
        silence = Silence(_LONGEST_SILENCE_OF_MAIN_S, time.monotonic())
        shown = self._shown()
        while not pause.wait(_EVERY_S):
            self._give_sign()
            if shown != self._shown():
                shown = self._shown()
                silence.heard(time.monotonic())
            if silence.lasts_too_long(time.monotonic()):
                self._end_with_main()

    def _give_sign(self) -> None:
        with suppress(OSError):  # as many signs wait as there is room for
            self._to_main.send(_PID.pack(os.getpid()))

    def _end_with_main(self) -> None:
        _log.critical(
            "the worker's main process gave no sign of life for %.0f s; both end, to be started "
            "anew",
            _LONGEST_SILENCE_OF_MAIN_S,
        )
        if os.getppid() == self._main_pid:
            with suppress(ProcessLookupError):
                os.kill(self._main_pid, signal.SIGKILL)
        logging.shutdown()
        os._exit(os.EX_SOFTWARE)

    def _show(self) -> None:
        self._main_moment[:] = _MOMENT.pack(time.monotonic())

    def _shown(self) -> float:
        (moment,) = _MOMENT.unpack(self._main_moment[:])
        return float(moment)

    def _listen(self) -> None:
        now_s = time.monotonic()
        while True:
            try:
                (pid,) = _PID.unpack(self._from_pool.recv(_PID.size))
            except BlockingIOError:
                return
            if pid in self._pool:
                self._pool[pid].heard(now_s)
            else:
                self._pool[pid] = Silence(_LONGEST_SILENCE_S, now_s, _LONGEST_START_S)

    def _silent(self) -> list[int]:
        now_s = time.monotonic()
        return [pid for pid, silence in self._pool.items() if silence.lasts_too_long(now_s)]


def _is_child(pid: int) -> bool:
    """Whether that process is ours and was not waited for; its number may be another's by now."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
