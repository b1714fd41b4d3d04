"""Where the states of the model servers are kept: in this process, or in Redis for all of them.

A state is a short text that is read, changed by a pure function, and written back only if nobody
wrote in between.  The rules are therefore written once, in Python, whoever keeps the state.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from safety_detector.detectors.qwen.servers.deferred_closing import DeferredClosing
from safety_detector.errors import BrokerUnavailable
from safety_detector.network.redis_address import why_no_answer

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Change = Callable[[str | None, float], tuple[str, Answer]]
"""From the present text (None: there is none) and moment to the new text and an answer."""
Join = Callable[[str | None, str], str | None]
"""From the text that all share and the one that a process kept alone to the one that it goes on
from when both can be read again."""

_TIMEOUT_S = 1.0  # Redis answers within a millisecond, or something is wrong
_AWAY_S = 5.0  # so long it is not asked again after it failed
_FORGOTTEN_AFTER_S = 24 * 3600
_MOST_CONFLICTS = 200
_LAST_BYTE = 2**18 - 1  # of what is read; states are a hundredth of it
_PREFIX = "safety-detector:model-server:1:"  # the number changes with what a state means

_SWAP = """
local present = redis.pcall('GETRANGE', KEYS[1], 0, ARGV[4])
if type(present) ~= 'string' then present = '' end
if present ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""


class ServerStates(Protocol):
    """Keeps states; safe to use from several threads, and never fails for long."""

    def read(self, keys: Sequence[str]) -> tuple[list[str | None], float]:
        """The texts of several states, and the moment, in seconds of this keeper's clock."""

    def change(self, key: str, change: Change[Answer], join: Join | None = None) -> Answer:
        """Replaces one text; the functions may be called several times.

        Args:
            key: of the text.
            change: makes the new one.
            join: of a text that this process went on with alone for a while; without it, what all
                share counts.
        """

    def close(self) -> None:
        """Closes connections."""


class LocalStates:
    """Keeps them in this process."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()

    def read(self, keys: Sequence[str]) -> tuple[list[str | None], float]:
        """The texts of several states, and the moment."""
        with self._lock:
            return [self._texts.get(key) for key in keys], time.time()

    def change(
        self,
        key: str,
        change: Change[Answer],
        join: Join | None = None,  # noqa: ARG002 (there is one text alone)
    ) -> Answer:
        """Replaces one text."""
        with self._lock:
            self._texts[key], answer = change(self._texts.get(key), time.time())
            return answer

    def close(self) -> None:
        """Nothing is open."""

    def remember(self, texts: Mapping[str, str | None]) -> None:
        """Takes over what another keeper has."""
        with self._lock:
            self._texts.update({key: text for key, text in texts.items() if text is not None})


class RedisStates:
    """Keeps them in Redis or Valkey; its clock is the server's, so that processes agree.

    What others keep under the keys of states is no state, and is overwritten.

    Args:
        url: as for Celery: ``redis://…``, ``rediss://…`` or ``redis+socket:///path``.
    """

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            _client_url(url),
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
            retry=Retry(NoBackoff(), 1),  # a connection that was closed by a restart
        )
        self._swap = self._client.register_script(_SWAP)

    def read(self, keys: Sequence[str]) -> tuple[list[str | None], float]:
        """The texts of several states, and the moment.

        Raises:
            BrokerUnavailable: Redis does not answer.
        """
        found, now = self._read(keys)
        return [_text(one) for one in found], now

    def _read(self, keys: Sequence[str]) -> tuple[list[bytes], float]:
        try:
            with self._client.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.getrange(_PREFIX + key, 0, _LAST_BYTE)
                pipeline.time()
                *found, moment = cast(Any, pipeline.execute(raise_on_error=False))
            if isinstance(moment, redis.RedisError):
                raise moment
        except redis.RedisError as exc:
            raise BrokerUnavailable("redis-silent", cause=why_no_answer(exc)) from exc
        seconds, microseconds = moment
        present = [one if isinstance(one, bytes) else b"" for one in found]
        return present, int(seconds) + int(microseconds) / 1e6

    def change(
        self,
        key: str,
        change: Change[Answer],
        join: Join | None = None,  # noqa: ARG002 (this is what all share)
    ) -> Answer:
        """Replaces one text.

        Raises:
            BrokerUnavailable: Redis does not answer.
        """
        for _ in range(_MOST_CONFLICTS):
            [present], now = self._read([key])
            new_text, answer = change(_text(present), now)
            try:
                if self._swap(
                    keys=[_PREFIX + key],
                    args=[present, new_text, str(_FORGOTTEN_AFTER_S), str(_LAST_BYTE)],
                ):
                    return answer
            except redis.RedisError as exc:
                raise BrokerUnavailable("redis-silent", cause=why_no_answer(exc)) from exc
        raise BrokerUnavailable("redis-too-fast")

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


class SharedStates:
    """Keeps them in Redis, and in this process while Redis is away: work never waits for it.

    A process then goes on from what it knew last, with a limit of its own.
    """

    def __init__(self, kept: RedisStates) -> None:
        self._kept = kept
        self._local = LocalStates()
        self._alone: set[str] = set()
        self._away_until_s = 0.0
        self._closing = DeferredClosing(kept.close)

    def read(self, keys: Sequence[str]) -> tuple[list[str | None], float]:
        """The texts of several states, and the moment."""
        with self._closing.in_use() as is_open:
            if is_open and self._is_asked():
                try:
                    texts, now = self._kept.read(keys)
                except BrokerUnavailable as exc:
                    self._went_away(exc)
                else:
                    self._local.remember(dict(zip(keys, texts, strict=True)))
                    return texts, now
        return self._local.read(keys)

    def change(self, key: str, change: Change[Answer], join: Join | None = None) -> Answer:
        """Replaces one text."""
        with self._closing.in_use() as is_open:
            if is_open and self._is_asked():
                written: dict[str, str | None] = {}
                own = self._local.read([key])[0][0] if key in self._alone else None

                def noted(text: str | None, now: float) -> tuple[str, Answer]:
                    if join is not None and own is not None:
                        text = join(text, own)
                    new_text, answer = change(text, now)
                    written[key] = new_text
                    return new_text, answer

                try:
                    answer = self._kept.change(key, noted)
                except BrokerUnavailable as exc:
                    self._went_away(exc)
                else:
                    self._alone.discard(key)
                    self._local.remember(written)
                    return answer
        if join is not None:
            self._alone.add(key)
        return self._local.change(key, change)

    def close(self) -> None:
        """Closes the connections; who comes later goes on alone."""
        self._closing.close()

    def _is_asked(self) -> bool:
        return time.monotonic() >= self._away_until_s

    def _went_away(self, exc: BrokerUnavailable) -> None:
        self._away_until_s = time.monotonic() + _AWAY_S
        _log.warning("this process keeps its own count of the model servers' pictures: %s", exc)


def _text(present: bytes) -> str | None:
    try:
        return present.decode() or None
    except UnicodeDecodeError:
        return None


def _client_url(url: str) -> str:
    """Celery's way to write an address, as the client wants it."""
    if not url.startswith("redis+socket://"):
        return url
    parts = urlsplit(url)
    database = parse_qs(parts.query).get("virtual_host", ["0"])[0]
    return f"unix://{parts.path}?db={database}"
