"""The pools of the worker's queues."""

from __future__ import annotations

from typing import get_args

import pytest

from safety_detector.settings import Queue, load_settings
from worker.app import pool_of


@pytest.mark.parametrize("queue", [queue for queue in get_args(Queue) if queue != "qwen"])
def test_processes_of_their_own_are_bounded_in_time_and_memory(queue: Queue) -> None:
    """None keeps a picture for ever, and two of them fit into the memory of a small machine."""
    pool = pool_of(queue, load_settings())
    assert pool.kind == "prefork"
    assert pool.time_limit is not None
    assert pool.max_memory_kib <= 2 * 2**20


def test_threads_that_wait_for_model_servers_share_one_process() -> None:
    """Celery's limits do nothing there; the adapter's deadline and the pulse bound each picture."""
    pool = pool_of("qwen", load_settings())
    assert (pool.kind, pool.processes, pool.time_limit) == ("threads", 1, None)
