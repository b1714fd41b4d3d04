"""Stand-ins of 4 × T4 as processes of their own, which can be killed and started again."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.ports import free_port

ROOT = Path(__file__).parents[1]
READY_TIMEOUT_S = 60.0


class T4Process:
    """One ``python -m benchmarks.t4_server`` on a port that it keeps over restarts.

    Args:
        *options: of its command line.
    """

    def __init__(self, *options: str) -> None:
        self.port = free_port()
        self._options: Sequence[str] = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        command = [sys.executable, "-m", "benchmarks.t4_server", "--port", str(self.port)]
        self._process = subprocess.Popen([*command, *self._options], cwd=ROOT)
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the stand-in on port {self.port} did not start")
            time.sleep(0.05)

    def kill(self) -> None:
        """Ends it at once, as a crash does; nothing where it is not running."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def metrics(self) -> dict[str, float]:
        """The present values of ``/metrics`` by name."""
        families = text_string_to_metric_families(self._get("/metrics").decode())
        return {sample.name: sample.value for family in families for sample in family.samples}

    def _answers(self) -> bool:
        try:
            self._get("/health")
        except OSError:
            return False
        return True

    def _get(self, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def running_t4(*options: str) -> Iterator[T4Process]:
    """A stand-in with those options, killed at the end of the block."""
    process = T4Process(*options)
    try:
        process.start()
        yield process
    finally:
        process.kill()
