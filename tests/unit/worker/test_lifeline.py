"""What ties the processes of one worker together."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import os, signal
from safety_detector.worker import lifeline

lifeline._EVERY_S = lifeline._LONGEST_SILENCE_S = lifeline._LONGEST_START_S = 0.2
line = lifeline.Lifeline()
line.watch_pool()
pid = os.fork()
if pid == 0:
    os.kill(os.getpid(), signal.SIGSTOP)
    os._exit(0)
_, status = os.waitpid(pid, 0)
print(os.WTERMSIG(status))
"""


@pytest.mark.processes
def test_a_pool_process_that_stops_before_it_has_begun_is_killed() -> None:
    """It has its place in the pool from the fork on, and gives no sign of its own."""
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "9\n", done.stderr
