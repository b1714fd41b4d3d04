"""Processes of streams, as the one who watches them sees them."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress

from safety_detector.camera_sources.stream_host import STATUS
from safety_detector.errors import CameraStreamBroken
from safety_detector.message_texts.reason import system_cause

# All else of the environment, secrets among it, is none of a decoder's business.
_KEPT_VARIABLES = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "SSL_CERT_FILE"),
    *("SSL_CERT_DIR", "SYSTEMROOT", "TMPDIR", "TZ"),
)
_OWN_VARIABLES = {
    # Of 400 processes with a thread each none needs memory or threads in store.
    "MALLOC_ARENA_MAX": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_READ_ATTEMPTS": str(1 << 30),
    "OPENCV_FFMPEG_DECODE_ATTEMPTS": str(1 << 30),
}


class StreamProcess:
    """A process that was forked for a stream.

    Attributes:
        channel: what it says, and is told.
    """

    def __init__(self, channel: socket.socket, keeper: socket.socket) -> None:
        self.channel = channel
        self._keeper = keeper

    def wait(self, timeout_s: float) -> int | None:
        """Its wait status if it ends in time; None where it does not, or nobody knows."""
        with suppress(OSError):  # of one that was ended nobody knows
            self._keeper.settimeout(timeout_s)
            status = self._keeper.recv(STATUS.size)
            if len(status) == STATUS.size:
                return int(STATUS.unpack(status)[0])
        return None

    def end(self) -> None:
        """Has it killed."""
        for one in (self.channel, self._keeper):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


class StreamProcesses:
    """Starts processes of streams, from a program that has what they need in memory already.

    That program is started with the first of them, and again where it has died.  It ends with this
    process, and ends its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._program: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def start(self) -> StreamProcess:
        """A new process.

        Raises:
            CameraStreamBroken: there is no room for another one.
        """
        try:
            channel, theirs = socket.socketpair()
            keeper, kept = socket.socketpair()
            with theirs, kept:
                self._hand_over([theirs.fileno(), kept.fileno()])
        except OSError as exc:
            raise CameraStreamBroken("camera-no-process", cause=system_cause(exc)) from exc
        return StreamProcess(channel, keeper)

    def close(self) -> None:
        """Ends the program, and with it all processes; the next stream starts it again."""
        with self._lock:
            if self._owner == os.getpid():  # after a fork it is the parent's
                self._stop()

    def _hand_over(self, descriptors: list[int]) -> None:
        with self._lock:
            for attempt in (1, 2):
                control = self._running()
                try:
                    socket.send_fds(control, [b"+"], descriptors)
                except OSError:
                    self._stop()
                    if attempt == 2:
                        raise
                else:
                    return

    def _running(self) -> socket.socket:
        """The socket of the program, which is started unless it runs."""
        if self._owner != os.getpid():  # after a fork it is the parent's
            self._control = self._program = None
        if self._control is not None and self._program is not None and self._program.poll() is None:
            return self._control
        self._stop()
        self._owner = os.getpid()
        self._control, theirs = socket.socketpair()
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        with theirs:
            self._program = subprocess.Popen(  # noqa: S603 (our own program)
                [
                    *(sys.executable, "-X", "utf8", "-P", "-m"),
                    "safety_detector.camera_sources.stream_host",
                ],
                env=kept | _OWN_VARIABLES,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self._control

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._program is not None:
            self._program.kill()
            self._program.wait()
        self._control = self._program = None


STREAM_PROCESSES = StreamProcesses()
"""Those of this process; nothing is started before the first stream is."""

atexit.register(STREAM_PROCESSES.close)
