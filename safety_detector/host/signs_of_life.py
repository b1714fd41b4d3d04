"""Signs of life between processes: one that gives none for too long is started anew.

The protocol is systemd's (sd_notify(3)): datagrams ``WATCHDOG=1`` to the socket that
``NOTIFY_SOCKET`` names, so often that none is missed within ``WATCHDOG_USEC``.  ``serve`` listens
to its children so, and systemd to whichever role it started.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_SIGN = b"WATCHDOG=1"
_READY = b"READY=1"
_SIGNS_IN_LIMIT = 4  # some may come late


class Silence:
    """Whether somebody has been silent for too long; pure.

    Time in which nobody listened hardly counts: after a stop of the listener, or of the whole
    machine, everybody is heard anew first.

    Args:
        limit_s: longest silence.
        first_limit_s: until the first sign, which comes when the process has started.
        now_s: when it began, by a clock that only goes forward.
    """

    def __init__(self, limit_s: float, now_s: float, first_limit_s: float | None = None) -> None:
        self._limit_s = limit_s
        self._current_limit_s = limit_s if first_limit_s is None else first_limit_s
        self._heard_s = now_s
        self._listened_s = now_s

    def heard(self, now_s: float) -> None:
        """A sign of life came."""
        self._heard_s = max(self._heard_s, now_s)
        self._current_limit_s = self._limit_s

    def lasts_too_long(self, now_s: float) -> bool:
        """Whether it does; ask often, and hear whatever came before asking."""
        unheard_s = now_s - self._listened_s
        # Of a long absence a little counts, so that one who listens rarely still finds out.
        self._heard_s += max(unheard_s - self._limit_s / _SIGNS_IN_LIMIT, 0.0)
        self._listened_s = now_s
        return now_s - self._heard_s > self._current_limit_s


class SignSocket:
    """Where one child's signs of life arrive.

    Args:
        path: of the socket; what lies there is replaced.

    Raises:
        OSError: there can be no socket.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.bind(str(path))
        except OSError:
            self._socket.close()
            raise

    def environment(self, limit_s: float) -> Mapping[str, str]:
        """What tells the child where, and how often."""
        return {"NOTIFY_SOCKET": str(self._path), "WATCHDOG_USEC": str(int(limit_s * 1e6))}

    def receive(self) -> bool:
        """Whether a sign of life came since the last time."""
        came = False
        while True:
            try:
                came = self._socket.recv(256).startswith(_SIGN) or came
            except BlockingIOError:
                return came

    def close(self) -> None:
        """Listens no more."""
        self._socket.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


class Signs:
    """Gives signs of life to whoever started this process and listens, if anybody does."""

    def __init__(self) -> None:
        self._socket = _connected(os.environ.get("NOTIFY_SOCKET", ""))
        self.every_s = _watchdog_s() / _SIGNS_IN_LIMIT
        """Seconds between two signs; 0 where none are wanted."""
        self._next_s = 0.0

    def give(self) -> None:
        """One sign of life; never waits, never raises."""
        self._send(_SIGN)

    def give_in_time(self) -> None:
        """One sign of life if it is time for it; for loops that turn often."""
        now_s = time.monotonic()
        if self.every_s and now_s >= self._next_s:
            self._next_s = now_s + self.every_s
            self.give()

    def say_ready(self) -> None:
        """Says that the start is over."""
        self._send(_READY)

    def give_from_thread(self) -> None:
        """Gives signs until the process ends or is stopped."""
        if self._socket is not None and self.every_s:
            threading.Thread(target=self._repeat, name="signs of life", daemon=True).start()

    async def give_from_loop(self) -> None:
        """Gives signs as long as the event loop turns; until it is cancelled."""
        try:
            while self._socket is not None and self.every_s:
                self.give()
                await asyncio.sleep(self.every_s)
        finally:
            self.close()

    def close(self) -> None:
        """Gives no more."""
        if self._socket is not None:
            self._socket.close()

    def _repeat(self) -> None:
        pause = threading.Event()
        while True:
            self.give()
            pause.wait(self.every_s)

    def _send(self, word: bytes) -> None:
        if self._socket is not None:
            # Nobody listens for the moment: what is in the queue already says the same.
            with suppress(OSError):
                self._socket.send(word)


def without_listener(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child that is not to speak to its grandparent."""
    own = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
    return {name: value for name, value in environment.items() if name not in own}


def _connected(address: str) -> socket.socket | None:
    """Connected once, so that it lasts where a cleaner of folders removes the name."""
    if not address:
        return None
    speaker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    speaker.setblocking(False)
    try:
        # systemd writes a name that is in no folder with an @.
        speaker.connect("\0" + address[1:] if address.startswith("@") else address)
    except OSError:
        speaker.close()
        return None
    return speaker


def _watchdog_s() -> float:
    """Longest silence that the listener bears; 0 if it does not care."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    meant_for = os.environ.get("WATCHDOG_PID", "")
    if not microseconds.isdecimal() or meant_for not in ("", str(os.getpid())):
        return 0.0
    return int(microseconds) / 1e6
