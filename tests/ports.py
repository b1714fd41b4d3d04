"""Ports on which nothing listens."""

from __future__ import annotations

import os
import random
import socket

# Below those that systems give out by themselves (from 32,768 on Linux, from 49,152 elsewhere): no
# connection of anybody's gets one between the moment it is chosen and the moment it is used.  And
# each process of the tests chooses among its own.
_PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 12
_PORTS = range(20_000 + 1_000 * _PROCESS, 21_000 + 1_000 * _PROCESS)


def free_port() -> int:
    """A port of loopback that nobody uses, and that nobody gets who did not ask for it."""
    while True:
        port = random.SystemRandom().choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
