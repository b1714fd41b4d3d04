"""The stream of the log, at which no process stands still when nobody reads it."""

from __future__ import annotations

import os
import select
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

_PATIENCE_S = 1.0  # for a reader that is merely behind


class LogStream:
    """Writes to a pipe, socket or terminal; drops and counts what is not read within a second.

    A full pipe would stop every process of the service at its next log line, for as long as its
    reader stands still (a pager, a collector that hangs, Ctrl-S in a terminal).

    Args:
        send: writes bytes without waiting, returns how many; raises BlockingIOError.
        descriptor: that it writes to.
        tell_dropped: the line that tells how many lines were dropped.
    """

    def __init__(
        self, send: Callable[[bytes], int], descriptor: int, tell_dropped: Callable[[int], str]
    ) -> None:
        self._tell_dropped = tell_dropped
        self._send = send
        self._descriptor = descriptor
        self._dropped = 0
        self._is_torn = False

    def write(self, text: str) -> None:
        """Writes a line, or drops it.

        Raises:
            OSError: the reader is gone.
        """
        notice = "\n" if self._is_torn else ""
        if self._dropped:
            notice += self._tell_dropped(self._dropped) + "\n"
        line = (notice + text).encode("utf-8", "backslashreplace")
        rest = line
        while rest:
            try:
                rest = rest[self._send(rest) :]
            except BlockingIOError:
                # Once it stands still, no further line waits for it.
                if self._dropped or not self._takes_more():
                    self._dropped += 1
                    self._is_torn |= rest != line
                    return
        self._dropped, self._is_torn = 0, False

    def flush(self) -> None:
        """Does nothing: nothing is kept back."""

    def _takes_more(self) -> bool:
        poller = select.poll()
        poller.register(self._descriptor, select.POLLOUT)
        return bool(poller.poll(_PATIENCE_S * 1000))


def log_stream(stream: TextIO, tell_dropped: Callable[[int], str]) -> TextIO | LogStream:
    """What to write the log to, in place of ``stderr`` where writing to that could wait.

    Args:
        stream: stderr.
        tell_dropped: the line that tells how many lines were dropped.
    """
    with suppress(OSError, ValueError):  # no descriptor, or none that may be opened again
        descriptor = stream.fileno()
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISSOCK(mode):
            # journald's; the flag is of this one call, others who have the socket wait as before.
            sender = socket.socket(fileno=os.dup(descriptor))
            return LogStream(
                lambda data: sender.send(data, socket.MSG_DONTWAIT), sender.fileno(), tell_dropped
            )
        if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
            # Opened again, since the flag would hold for everybody who shares the descriptor.
            flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            opened = os.open(f"/proc/self/fd/{descriptor}", flags)
            return LogStream(lambda data: os.write(opened, data), opened, tell_dropped)
    return stream
