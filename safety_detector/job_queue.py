"""Wake-ups through the broker: a message says "there may be work", never what the work is.

The database is the record.  A wake-up that is lost, doubled or late costs nothing but time: the
sweeper sends new ones, and a worker that finds nothing to claim goes back to sleep.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar, cast

import redis
from celery import Celery
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from kombu.transport.redis import Channel

from safety_detector.errors import BrokerUnavailable
from safety_detector.network.redis_address import why_no_answer

_log = logging.getLogger(__name__)

WAKE_UP_TASK = "safety_detector.wake_up"
"""Name of the task that claims and works; it takes no arguments.

What the work is depends on the queue: pictures of a backend, or reports.
"""

WAKE_UPS_AT_ONCE = 3
"""Wake-ups that may wait in a queue for each slot of its workers, and for a queue of unknown slots.

Each slot that is busy may add its successor: at most four a slot.
"""

_CONNECT_TIMEOUT_S = 2.0
_ANSWER_TIMEOUT_S = 5.0
_RETRY_PAUSE_S = 1.0
_PROBE, _PROBE_KEPT_S = "safety_detector.probe", 60
_GATHER_S = 0.02  # the first notice is passed on at once; those right behind it go together

_DROPPED = "safety_detector.dropped"
_SET_ASIDE = "safety_detector.set-aside."
_MOST_WAITING = 1000  # far more than are ever sent
_MOST_COUNTED = 2**53

_TRANSPORT_OPTIONS = {
    # Redis would keep what a worker fetched until it is acknowledged, under keys that are read
    # again later.  A wake-up that is lost with its worker costs nothing.
    "ack_emulation": False,
    "socket_connect_timeout": _CONNECT_TIMEOUT_S,
    "socket_timeout": _ANSWER_TIMEOUT_S,
    "socket_keepalive": True,
    "health_check_interval": 10,
    # For whoever sends: one more attempt, then the error.  The workers' own connection has its own
    # rule and is tried for ever.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
}


def create_celery(redis_url: str) -> Celery:
    """A Celery application on that broker; opens no connection yet.

    Args:
        redis_url: ``redis://…``, ``rediss://…`` or ``redis+socket:///path``.
    """
    app = Celery("safety_detector", broker=redis_url, set_as_current=False)
    app.conf.update(
        broker_transport_options=_TRANSPORT_OPTIONS,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_ignore_result=True,
        task_create_missing_queues=True,
        task_serializer="json",
        accept_content=["json"],
        event_queue_expires=60,
    )
    return app


# kombu raises AttributeError where a channel outlives its connection.
_BROKER_ERRORS = (OperationalError, redis.RedisError, OSError, AttributeError)

Answer = TypeVar("Answer")


# In one step: another process may rename it as well, and put ours in its place meanwhile.
_RENAME_FOREIGN = """
local kind = redis.call('TYPE', KEYS[1])['ok']
if kind == ARGV[1] or kind == 'none' then return 0 end
redis.call('RENAME', KEYS[1], KEYS[2])
return 1
"""


def set_aside_foreign_keys(client: redis.Redis, queue: str) -> None:
    """Renames what others keep under the keys of a queue, if it is of another type.

    Redis refuses every command on such a key, so that nobody could be woken any more.  Nothing is
    deleted, but for what was set aside from the same key before.

    Raises:
        redis.RedisError: the server does not answer, or refuses.
    """
    for key, kind in _keys_of(queue):
        if client.eval(_RENAME_FOREIGN, 2, key, _SET_ASIDE + key, kind):
            _log.warning(
                "somebody else uses the broker: %r is no %s; it was renamed to %r. Give the "
                "service a broker, or a database of one, of its own.",
                key,
                kind.decode(),
                _SET_ASIDE + key,
            )


def note_dropped(client: redis.Redis, queue_key: bytes | str) -> None:
    """Counts a message that is no wake-up, and shortens a queue that is too long to be ours.

    Raises:
        redis.RedisError: the server does not answer, or refuses.
    """
    surplus = client.llen(queue_key) - _MOST_WAITING
    if surplus > 0:
        client.ltrim(queue_key, 0, _MOST_WAITING - 1)  # the newest
    try:
        client.incrby(_DROPPED, 1 + max(surplus, 0))
    except redis.ResponseError:  # others' as well
        client.set(_DROPPED, 1)


def _keys_of(queue: str) -> list[tuple[str, bytes]]:
    """Keys of kombu 5, and of what they are."""
    lists = [queue, *(f"{queue}{Channel.sep}{step}" for step in Channel.priority_steps[1:])]
    tables = (Channel.keyprefix_queue, Channel.keyprefix_binding_permanent)
    exchanges = (queue, "celery.pidbox", "reply.celery.pidbox")
    return [
        *((key, b"list") for key in lists),
        *((table % exchange, b"set") for table in tables for exchange in exchanges),
        (Channel.keyprefix_binding_deadlines, b"zset"),
    ]


def is_of_another_type(exc: redis.ResponseError) -> bool:
    """Whether Redis refused a command because of what others keep under its key."""
    return "WRONGTYPE" in str(exc)


class JobQueue:
    """Sends wake-ups and counts those that wait; safe to share between threads.

    Args:
        app: from ``create_celery``.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def send(self, queue: str) -> None:
        """Puts one wake-up into a queue.

        Raises:
            BrokerUnavailable: the broker does not answer.
        """
        self._use(lambda connection: self._send(connection, queue), queue)

    def check(self) -> None:
        """Writes something small that nobody reads.

        A server that has no memory left, cannot save, or is a replica answers whoever reads.

        Raises:
            BrokerUnavailable: the broker does not answer, or takes nothing.
        """
        self._use(_write_probe)

    def length(self, queue: str) -> int:
        """How many wake-ups wait in a queue, those that a worker has fetched not included.

        Raises:
            BrokerUnavailable: the broker does not answer.
        """
        return self._use(lambda connection: _length(connection, queue), queue)

    def take_dropped(self) -> int:
        """How many messages that were no wake-ups were dropped since this was asked last.

        Raises:
            BrokerUnavailable: the broker does not answer.
        """
        return self._use(_take_dropped)

    def top_up(self, queue: str, wanted: int) -> int:
        """Sends as many wake-ups as are missing to ``wanted`` waiting ones; returns how many.

        Raises:
            BrokerUnavailable: the broker does not answer.
        """
        missing = max(wanted - self.length(queue), 0)
        for _ in range(missing):
            self.send(queue)
        return missing

    def close(self) -> None:
        """Closes the connection."""
        with self._lock:
            self._drop_connection()

    def _send(self, connection: Connection, queue: str) -> None:
        self._app.send_task(
            WAKE_UP_TASK,
            queue=queue,
            connection=connection,
            retry=False,
            ignore_result=True,
            # Celery would write the sender's own limits into the message, which go before those of
            # whoever works on it: a sweeper of one queue wakes the workers of all.
            time_limit=None,
            soft_time_limit=None,
        )

    def _use(self, ask: Callable[[Connection], Answer], queue: str | None = None) -> Answer:
        with self._lock:
            try:
                return self._ask(ask)
            except redis.ResponseError as exc:
                if queue is None or not is_of_another_type(exc):
                    raise _refusal(exc) from exc
            try:
                self._ask(lambda connection: set_aside_foreign_keys(_client(connection), queue))
                return self._ask(ask)
            except redis.ResponseError as exc:
                raise _refusal(exc) from exc

    def _ask(self, ask: Callable[[Connection], Answer]) -> Answer:
        if self._connection is not None:
            try:
                return ask(self._connection)
            except redis.ResponseError:
                raise
            except _BROKER_ERRORS:
                # Most likely a connection to a server that was restarted since.
                self._drop_connection()
        self._connection = self._app.connection_for_write()
        try:
            return ask(self._connection)
        except redis.ResponseError:
            raise
        except _BROKER_ERRORS as exc:
            self._drop_connection()
            raise BrokerUnavailable("broker-silent", cause=why_no_answer(exc)) from exc

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with suppress(*_BROKER_ERRORS):
                self._connection.close()  # type: ignore[no-untyped-call] # kombu is half typed
            self._connection = None


def _refusal(exc: redis.ResponseError) -> BrokerUnavailable:
    return BrokerUnavailable("broker-refuses", cause=str(exc).rstrip("."))


def _take_dropped(connection: Connection) -> int:
    client = _client(connection)
    try:
        said = client.get(_DROPPED) and client.getset(_DROPPED, 0)
        return min(max(int(said or 0), 0), _MOST_COUNTED)
    except (redis.ResponseError, ValueError):  # others' as well
        client.delete(_DROPPED)
        return 0


def _length(connection: Connection, queue: str) -> int:
    return _client(connection).llen(queue)


def _write_probe(connection: Connection) -> None:
    _client(connection).set(_PROBE, "1", ex=_PROBE_KEPT_S)


def _client(connection: Connection) -> redis.Redis:
    return cast(redis.Redis, getattr(connection.default_channel, "client"))  # noqa: B009 (Redis' own)


class WakeUps:
    """Sends wake-ups in the background, so that nobody who submits waits for the broker.

    Any number of notices become at most ``WAKE_UPS_AT_ONCE`` waiting wake-ups: each that finds
    work sends its successor, and the sweeper adds what more slots can use.  While the broker is
    away notices are dropped; the sweeper makes up for them.
    """

    def __init__(self, job_queue: JobQueue) -> None:
        self._job_queue = job_queue
        self._noticed: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="wake-ups", daemon=True)

    def start(self) -> None:
        """Starts sending."""
        self._thread.start()

    def notify(self, queue: str) -> None:
        """Notes that there is work for a queue; returns at once."""
        with self._changed:
            self._noticed[queue] += 1
            self._changed.notify()

    def stop(self) -> None:
        """Sends what was noted and ends."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout=_CONNECT_TIMEOUT_S + _ANSWER_TIMEOUT_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._noticed or self._stopping)
                if not self._noticed:
                    return
                noticed, self._noticed = self._noticed, Counter()
            pause_s = _GATHER_S
            try:
                self._send(noticed.items())
            except BrokerUnavailable as exc:
                _log.warning("wake-ups were not sent: %s", exc)
                pause_s = _RETRY_PAUSE_S
            except Exception:  # noqa: BLE001 (the edge of a thread that must not end)
                _log.exception("wake-ups were not sent")
                pause_s = _RETRY_PAUSE_S
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, timeout=pause_s)

    def _send(self, noticed: Iterable[tuple[str, int]]) -> None:
        for queue, count in noticed:
            room = max(WAKE_UPS_AT_ONCE - self._job_queue.length(queue), 0)
            for _ in range(min(count, room)):
                self._job_queue.send(queue)
