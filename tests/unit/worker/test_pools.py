"""The pools of the worker's queues."""

from __future__ import annotations

import json
from contextlib import closing
from typing import get_args

import pytest

from safety_detector.job_queue import WAKE_UP_TASK, JobQueue
from safety_detector.settings import Queue, load_settings
from safety_detector.worker.app import create_render_app, create_worker_app, pool_of
from tests.valkey_server import valkey_server


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


@pytest.mark.processes
def test_a_wake_up_brings_no_limits_of_its_sender_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweeper of one queue wakes the workers of all: each keeps the limits of its own queue."""
    with valkey_server() as broker:
        monkeypatch.setenv("SAFETY_REDIS_URL", broker.url)
        settings = load_settings()
        for app in (create_worker_app(settings, "embedded"), create_render_app(settings)):
            app.finalize()  # as a worker does at its start
            assert app.tasks[WAKE_UP_TASK].time_limit
            with closing(JobQueue(app)) as job_queue:
                job_queue.send("render")
            message = json.loads(broker.client.rpop("render"))
            assert message["headers"]["timelimit"] == [None, None]
