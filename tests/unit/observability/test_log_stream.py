"""Logs that nobody reads."""

from __future__ import annotations

import os
import pty
import socket
import subprocess
import sys

import pytest

_WRITES_MUCH = """
import logging, sys
from safety_detector.observability.logs import configure_logging
configure_logging("text", "INFO")
for number in range(4_000):
    logging.info("line %d, %s", number, "x" * (9_000 if number % 1000 == 5 else 40))
print("done", flush=True)
sys.stdin.read(1)
logging.info("read on")
"""


@pytest.mark.parametrize("kind", ["pipe", "socket", "terminal"])
def test_a_log_that_nobody_reads_stops_no_process(kind: str) -> None:
    """What does not fit is dropped, and counted once the reader goes on; no line is torn apart."""
    if kind == "pipe":
        reading, writing = os.pipe()
    elif kind == "terminal":
        reading, writing = pty.openpty()
    else:
        near, far = socket.socketpair()
        reading, writing = near.detach(), far.detach()
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITES_MUCH],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=writing,
    )  # fmt: skip
    os.close(writing)
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        try:
            assert process.stdout.readline() == b"done\n"  # nothing of the log was read before
            seen = os.read(reading, 1000)
            assert b"line 0, " in seen
            os.set_blocking(reading, False)
            try:
                while piece := os.read(reading, 65536):
                    seen += piece
            except BlockingIOError:
                pass
            os.set_blocking(reading, True)
            process.stdin.write(b"x")
            process.stdin.close()
            while b"read on" not in seen:
                seen += os.read(reading, 65536)
        finally:
            process.kill()
            os.close(reading)
    assert b"lines of the log were dropped: its reader stood still" in seen
    last = seen.decode().splitlines()[-1]
    assert last.endswith("read on")
