"""What a worker takes from its queue: wake-ups, and nothing that another sender put there.

A broker may be shared, and Celery believes what lies in a queue: a message that kombu cannot decode
ends the worker, and headers of others would have it wait for years or call back.  So a message is
looked at before either sees it: no wake-up is dropped, and a wake-up is made anew, since it says
nothing but that there may be work.
"""

from __future__ import annotations

import json
import logging
import uuid
from functools import cache
from typing import Any

from kombu.transport import redis as kombu_redis

from safety_detector.job_queue import WAKE_UP_TASK

_log = logging.getLogger(__name__)

# Of json.loads, of kombu's own types in JSON, and of members that are missing or something else.
_UNREADABLE = (ValueError, TypeError, LookupError, RecursionError, ArithmeticError)
_NO_ARGUMENTS = json.dumps([[], {}, {}])


def take_only_wake_ups() -> None:
    """Lets every Celery worker in this process take wake-ups, and questions of Celery's tools."""
    kombu_redis.Transport.Channel = _Channel


def wake_up_in(message: bytes) -> bool:
    """Whether a message from a queue is a wake-up, whatever else it says."""
    try:
        said = json.loads(message)
        return bool(said["headers"]["task"] == WAKE_UP_TASK)
    except _UNREADABLE:
        return False


class _Channel(kombu_redis.Channel):
    # When the broker goes away, kombu 5.7 closes the connection and would put prefetched messages
    # back through it; that raises AttributeError, and now and then ends the worker.  Wake-ups need
    # not be put back.
    do_restore = False

    def _get_client(self) -> type:
        base: type = super()._get_client()  # type: ignore[no-untyped-call] # kombu is half typed
        return type("WakeUpClient", (_Filtering, base), {})

    # What Celery's own tools ask comes by other ways than a queue's.
    def _receive_one(self, c: Any) -> Any:
        try:
            return super()._receive_one(c)  # type: ignore[no-untyped-call]
        except _UNREADABLE:
            _tell_once("what was asked of the workers cannot be read")
            return None

    def _deliver_fanout_message(self, message: Any, exchange: str) -> Any:
        try:
            deliver = super()._deliver_fanout_message
            return deliver(message, exchange)  # type: ignore[no-untyped-call]
        except (*_UNREADABLE, AttributeError):
            _tell_once("what was asked of the workers cannot be read")
            return None


class _Filtering:
    """A client of which ``BRPOP`` brings wake-ups, or nothing as after its time."""

    def parse_response(self, connection: Any, command_name: str, **options: Any) -> Any:
        """The server's answer."""
        answer = super().parse_response(connection, command_name, **options)  # type: ignore[misc]
        if command_name != "BRPOP" or not answer:
            return answer
        queue, message = answer
        if wake_up_in(message):
            return queue, _made_anew(queue)
        _tell_once(f"what lies in the queue {_text(queue)[:80]} is no wake-up")
        return None


@cache
def _tell_once(what: str) -> None:
    _log.warning(
        "somebody else uses the broker: %s; it is dropped, and so are further ones. Give the "
        "service a broker, or a database of one, of its own.",
        what,
    )


def _made_anew(queue: bytes | str) -> bytes:
    number = str(uuid.uuid4())
    message = {
        "body": _NO_ARGUMENTS,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": WAKE_UP_TASK, "id": number, "root_id": number},
        "properties": {
            "correlation_id": number,
            "delivery_info": {"exchange": "", "routing_key": _text(queue)},
            "delivery_tag": number,
        },
    }
    return json.dumps(message).encode()


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
