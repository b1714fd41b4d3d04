"""How working processes are named, so that each can be told from all others."""

from __future__ import annotations

import os
import socket
import time

from safety_detector.service.records import WorkerSeen

_MOST_HOST_CHARS = 64


def worker_name(queue: str) -> str:
    """A name that no other process has: queue, machine, process, and the moment of its start."""
    return f"{_prefix(queue)}{os.getpid()}:{time.time_ns() // 1_000_000:x}"


def works_here(worker: WorkerSeen, queue: str) -> bool:
    """Whether that worker serves the queue on this machine, or in this container."""
    return worker.id.startswith(_prefix(queue))


def _prefix(queue: str) -> str:
    return f"{queue}@{socket.gethostname()[:_MOST_HOST_CHARS]}:"
