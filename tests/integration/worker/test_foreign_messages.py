"""A broker that others write to as well."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest
import redis

from safety_detector.job_queue import WAKE_UP_TASK, set_aside_foreign_keys
from safety_detector.service.operation.metrics import service_metrics
from tests.eventually import eventually

from .conftest import Cluster


def _message(body: object = None, headers: object = None, **members: Any) -> bytes:
    """A message as Celery writes it, but for what is said otherwise."""
    content = base64.b64encode(b"[[], {}, {}]").decode() if body is None else body
    properties = {
        "body_encoding": "base64",
        "delivery_info": {"exchange": "", "routing_key": "embedded"},
        "delivery_tag": "t",
    }
    whole = {
        "body": content,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"task": "a.task", "id": "i"} if headers is None else headers,
        "properties": properties,
    }
    return json.dumps({**whole, **members}).encode()


_OURS = {"task": WAKE_UP_TASK, "id": "i"}
NO_WAKE_UPS = [
    b"garbage",
    b"",
    b"\x00\xff",
    b"null",
    b"1e999",
    b"[]",
    b"{}",
    b'"text"',
    b'{"body": 1}',
    b'{"headers": {"task": ["safety_detector.wake_up"]}}',
    b'{"__type__": "decimal", "__value__": "x"}',
    b"[" * 100_000,
    b"x" * 3_000_000,
    b'{"headers": {"task": "safety_detector.wake_up"}, "x": "' + b"x" * 3_000_000 + b'"}',
    _message(),
    _message("!!!"),
    _message(7),
    _message(headers=[]),
    _message(properties=None),
    _message(properties={}),
    _message(**{"content-encoding": "no-such-codec"}),
    _message("cos\nsystem\n(S'true'\ntR.", **{"content-type": "application/x-python-serialize"}),
]
MORE_THAN_WAKE_UPS = [
    _message("!!!", _OURS),
    _message(headers={"task": WAKE_UP_TASK}),
    _message(headers={**_OURS, "eta": "9999-12-31T23:59:59+00:00"}),
    _message(headers={**_OURS, "eta": 5, "expires": []}),
    _message(headers={**_OURS, "timelimit": "x", "shadow": 3}),
    _message(headers={**_OURS, "compression": "zlib"}),
    _message(base64.b64encode(b'[[1, 2], {"a": 1}, {}]').decode(), _OURS),
    _message(headers=_OURS, properties=None),
    _message(headers=_OURS, properties={"priority": "high", "delivery_info": 3}),
    _message(headers=_OURS, **{"content-type": "application/x-python-serialize"}),
]
QUESTIONS = [
    *NO_WAKE_UPS,
    *MORE_THAN_WAKE_UPS,
    _message(json.dumps({"method": 7}), properties={"delivery_info": {}}),
    _message(base64.b64encode(b'{"method": "no such", "reply_to": 3}').decode()),
    _message(base64.b64encode(b'["ping"]').decode()),
]


def _processes(pid: int) -> set[int]:
    return {pid, *(child.pid for child in psutil.Process(pid).children())}


def _dropped(cluster: Cluster) -> int:
    metrics = {one.name: one for one in service_metrics(cluster.service.operation.figures)}
    return int(metrics["safety_foreign_messages"].samples[0].value)


def test_what_others_put_into_a_queue_ends_no_worker(cluster: Cluster) -> None:
    """It is dropped and counted; pictures are inspected by the same processes."""
    broker = cluster.broker.client
    with cluster.worker() as worker:
        accepted = cluster.accept(2)
        eventually(cluster.all_completed(2))
        before = _processes(worker.pid)
        for garbage in NO_WAKE_UPS:
            broker.lpush("embedded", garbage)
            broker.lpush("embedded\x06\x166", garbage)
        for strange in MORE_THAN_WAKE_UPS:
            broker.lpush("embedded", strange)
        accepted += cluster.accept(3)
        eventually(cluster.all_completed(5))
        eventually(lambda: _dropped(cluster) == 2 * len(NO_WAKE_UPS))
        assert _processes(worker.pid) == before
    cluster.check_nothing_lost(accepted)


def test_good_wake_ups_do_not_wait_behind_a_hundred_thousand_others(cluster: Cluster) -> None:
    """Of a queue that is longer than ours ever get the oldest are dropped unseen."""
    broker = cluster.broker.client
    for _ in range(100):
        broker.lpush("embedded", *[b"garbage"] * 1000)
    with cluster.worker():
        accepted = cluster.accept(2)
        eventually(cluster.all_completed(2))
        eventually(lambda: _dropped(cluster) == 100_000)
    cluster.check_nothing_lost(accepted)


def test_what_cannot_be_read_is_asked_of_the_workers(cluster: Cluster) -> None:
    """No worker ends by it, and Celery's own tools are answered afterwards."""
    broker = cluster.broker.client
    with cluster.worker() as worker:
        accepted = cluster.accept(2)
        eventually(cluster.all_completed(2))
        before = _processes(worker.pid)
        for garbage in QUESTIONS:
            broker.publish("/0.celery.pidbox", garbage)
        broker.sadd("_kombu.binding.reply.celery.pidbox", b"garbage", b"\xff\xfe", b"")
        [answer] = cluster.control.ping(timeout=60, limit=1)
        assert list(answer.values()) == [{"ok": "pong"}]
        accepted += cluster.accept(2)
        eventually(cluster.all_completed(4))
        assert _processes(worker.pid) == before
    cluster.check_nothing_lost(accepted)


FOREIGN_KEYS: list[Callable[[redis.Redis], object]] = [
    lambda broker: broker.set("embedded", "theirs"),
    lambda broker: broker.hset("embedded\x06\x169", "a", "theirs"),
    lambda broker: broker.set("_kombu.binding.embedded", "theirs"),
    lambda broker: broker.lpush("_kombu.binding.celery.pidbox", "theirs"),
    lambda broker: broker.set("_kombu.binding_permanent.embedded", "theirs"),
    lambda broker: broker.set("_kombu.binding_deadlines", "theirs"),
    lambda broker: broker.set("unacked", "theirs"),
    lambda broker: broker.lpush("unacked_index", "theirs"),
    lambda broker: broker.lpush("safety_detector.dropped", "theirs"),
]


@pytest.mark.parametrize("is_running", [False, True], ids=["before", "while"])
def test_what_others_keep_under_our_keys_stops_nobody(cluster: Cluster, is_running: bool) -> None:
    """It is there before a worker starts, or comes while it waits; it is renamed, not deleted."""
    broker = cluster.broker.client

    def spoil() -> None:
        # In one step: a running worker writes its own keys again as soon as they are gone.
        with broker.pipeline(transaction=True) as at_once:
            at_once.flushall()
            for put in FOREIGN_KEYS:
                put(at_once)
            at_once.execute()

    if not is_running:
        spoil()
    with cluster.worker() as worker:
        accepted = cluster.accept(1)
        eventually(cluster.all_completed(1))
        before = _processes(worker.pid)
        if is_running:
            spoil()
        broker.lpush("embedded\x06\x163", "garbage")
        accepted += cluster.accept(2)
        eventually(cluster.all_completed(3))
        assert _processes(worker.pid) == before
    cluster.check_nothing_lost(accepted)
    assert broker.get("safety_detector.set-aside.embedded") == b"theirs"
    assert broker.get("unacked") == b"theirs"


def test_processes_that_set_the_same_key_aside_disturb_nobody(cluster: Cluster) -> None:
    """Whoever comes second finds nothing to do, or the key that is ours by then."""
    broker = cluster.broker.client

    def set_aside(_: int) -> None:
        set_aside_foreign_keys(broker, "embedded")
        broker.lpush("embedded", "ours")

    with ThreadPoolExecutor(8) as threads:
        for _ in range(50):
            broker.flushall()
            broker.set("embedded", "theirs")
            list(threads.map(set_aside, range(8)))
            assert broker.get("safety_detector.set-aside.embedded") == b"theirs"
            assert broker.llen("embedded") == 8
