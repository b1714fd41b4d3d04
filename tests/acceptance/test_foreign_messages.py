"""A broker that others write to as well."""

from __future__ import annotations

import base64
import json
from typing import Any

import redis

from safety_detector.job_queue import WAKE_UP_TASK

from .conftest import ROOT, StartServe

FIRE = ROOT / "samples" / "fire-in-laboratory.jpg"


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
GARBAGE = [
    b"garbage",
    b"",
    b"\x00\xff",
    b"null",
    b"1e999",
    b"[]",
    b"{}",
    b'"text"',
    b'{"body": 1}',
    b'{"__type__": "decimal", "__value__": "x"}',
    b"[" * 100_000,
    b"x" * 3_000_000,
    _message(),
    _message("!!!"),
    _message(7),
    _message(headers=[]),
    _message(properties=None),
    _message(properties={}),
    _message(**{"content-encoding": "no-such-codec"}),
    _message("cos\nsystem\n(S'true'\ntR.", **{"content-type": "application/x-python-serialize"}),
    # They say that they are wake-ups, and more.
    _message("!!!", _OURS),
    _message(headers={"task": WAKE_UP_TASK}),
    _message(headers={**_OURS, "eta": "9999-12-31T23:59:59+00:00"}),
    _message(headers={**_OURS, "eta": 5, "expires": []}),
    _message(headers={**_OURS, "timelimit": "x", "shadow": 3}),
    _message(base64.b64encode(b'[[1, 2], {"a": 1}, {}]').decode(), _OURS),
    _message(headers=_OURS, properties=None),
]


def test_what_others_put_into_the_queues_ends_no_worker(start_serve: StartServe) -> None:
    """It is dropped and told once; the next picture is inspected by the same processes."""
    serve = start_serve()
    serve.wait_for(serve.submit(FIRE)["id"])
    before = {process.pid for process in serve.workers()}
    broker = redis.Redis(unix_socket_path=str(serve.data_dir / "run" / "broker.sock"))
    with broker:
        for garbage in GARBAGE:
            for queue in ("embedded", "render"):
                broker.lpush(queue, garbage)
            broker.publish("/0.celery.pidbox", garbage)
        done = serve.wait_for(serve.submit(FIRE)["id"])
        assert done["status"] == "completed"
        assert serve.client.get(done["links"]["report"]).content.startswith(b"%PDF-")
        assert broker.llen("embedded") < len(GARBAGE)
    assert before <= {process.pid for process in serve.workers()}
    assert serve.health()["status"] == "ok"
    log = serve.log.read_text()
    assert log.count("what lies in the queue embedded is no wake-up") == 1
    assert "Traceback" not in log
