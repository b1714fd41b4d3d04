"""What a worker takes from its queue: wake-ups, and nothing that another sender put there.

A broker may be shared, and Celery believes what lies in a queue: a message that kombu cannot decode
ends the worker, and headers of others would have it wait for years or call back.  So a message is
looked at before either sees it.  What is no wake-up is dropped, and a wake-up is made anew, since
it says nothing but that there may be work.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

import redis
from kombu.transport import redis as kombu_redis
from kombu.transport.virtual import Empty
from kombu.utils.json import loads

from safety_detector.job_queue import (
    WAKE_UP_TASK,
    is_of_another_type,
    note_dropped,
    set_aside_foreign_keys,
)

_log = logging.getLogger(__name__)

_LONGEST_WAKE_UP = 64 * 1024  # bytes; ours have less than 1,000
_LONGEST_QUESTION = 2**20  # bytes, of Celery's own tools
_NO_ARGUMENTS = json.dumps([[], {}, {}])

Answer = TypeVar("Answer")


def take_only_wake_ups(queue: str) -> None:
    """Lets Celery's worker in this process take wake-ups from a queue.

    Whatever comes by other ways, such as the questions of Celery's tools and the answers to them,
    comes as before, if it can be read.
    """
    channel: Any = type("WakeUpChannel", (_Channel,), {"queue": queue})
    kombu_redis.Transport.Channel = channel


def is_wake_up(message: bytes) -> bool:
    """Whether a message from a queue is a wake-up, whatever else it says."""
    if len(message) > _LONGEST_WAKE_UP:
        return False
    try:
        return bool(json.loads(message)["headers"]["task"] == WAKE_UP_TASK)
    except (ValueError, TypeError, LookupError, RecursionError):
        return False


# kombu is half typed: what is called of it below has no types.
class _Channel(kombu_redis.Channel):
    # When the broker goes away, kombu 5.7 closes the connection and would put prefetched messages
    # back through it; that raises AttributeError, and now and then ends the worker.  Wake-ups need
    # not be put back.
    do_restore = False
    queue: str

    def _get_client(self) -> type:
        base: type = super()._get_client()  # type: ignore[no-untyped-call]
        return type("WakeUpClient", (_Filtering, base), {"queue": self.queue})

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call] # kombu's
        except redis.ResponseError as exc:
            if not is_of_another_type(exc):
                raise
            self._set_aside()
            raise Empty from exc

    def _queue_bind(self, *args: Any) -> Any:
        return self._asked_again(lambda: super(_Channel, self)._queue_bind(*args))  # type: ignore[no-untyped-call]

    def get_table(self, exchange: str) -> list[tuple[str, ...]]:
        """Where messages to an exchange go: routing key, pattern, queue; what is none is left out.

        kombu fails at the first member that is none, for everybody who asks.
        """
        key = self.keyprefix_queue % exchange
        with self.conn_or_acquire() as client:
            members = self._asked_again(lambda: client.smembers(key))
        routes = [tuple(_text(member).split(self.sep)) for member in members]
        return [route for route in routes if len(route) == 3]

    def _asked_again(self, ask: Callable[[], Answer]) -> Answer:
        """Asks once more after others' keys are out of the way."""
        try:
            return ask()
        except redis.ResponseError as exc:
            if not is_of_another_type(exc):
                raise
        self._set_aside()
        return ask()

    def _set_aside(self) -> None:
        with self.conn_or_acquire() as client:
            set_aside_foreign_keys(client, self.queue)

    # What Celery's own tools ask is published, and comes by another way than from a queue.
    def _handle_message(self, client: Any, r: Any) -> dict[str, Any]:
        payload: dict[str, Any] = super()._handle_message(client, r)  # type: ignore[no-untyped-call]
        # Other answers than messages have a number there.
        if isinstance(payload["data"], bytes) and not self._is_question(payload["data"]):
            _tell_once("what was asked of the workers cannot be read")
            payload["data"] = None
        return payload

    def _is_question(self, data: bytes) -> bool:
        """Whether Celery can take it; else it begins its listening anew, and misses others."""
        if len(data) > _LONGEST_QUESTION:
            return False
        try:
            message: Any = self.Message(loads(data), channel=self, accept={"application/json"})  # type: ignore[no-untyped-call]
            question = message.decode()
            ticket = question.get("reply_to") or {"exchange": "", "routing_key": ""}
            texts = (question["method"], ticket["exchange"], ticket["routing_key"])
            targets = question.get("destination") or []
        except Exception:  # noqa: BLE001 (kombu and its types in JSON raise what they like)
            return False
        return all(isinstance(text, str) for text in texts) and isinstance(targets, list)


class _Filtering:
    """A client of which ``BRPOP`` brings wake-ups, or nothing as after its time."""

    queue: str

    def parse_response(self, connection: Any, command_name: str, **options: Any) -> Any:
        """The server's answer."""
        answer = super().parse_response(connection, command_name, **options)  # type: ignore[misc]
        if command_name != "BRPOP" or not answer:
            return answer
        key, message = answer
        if _text(key).partition(_Channel.sep)[0] != self.queue:
            return answer
        if is_wake_up(message):
            return key, _made_anew(self.queue)
        _tell_once(f"what lies in the queue {self.queue} is no wake-up")
        with suppress(redis.RedisError):  # it is dropped all the same
            note_dropped(self, key)  # type: ignore[arg-type] # the base is Redis
        return None


@cache
def _tell_once(what: str) -> None:
    _log.warning(
        "somebody else uses the broker: %s; it is dropped, and so are further ones. Give the "
        "service a broker, or a database of one, of its own.",
        what,
    )


def _made_anew(queue: str) -> bytes:
    number = str(uuid.uuid4())
    message = {
        "body": _NO_ARGUMENTS,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": WAKE_UP_TASK, "id": number, "root_id": number},
        "properties": {
            "correlation_id": number,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "delivery_tag": number,
        },
    }
    return json.dumps(message).encode()


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
