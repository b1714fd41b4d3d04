"""Places for pictures that are fetched by URL, shared fairly between cameras' servers and keys.

A server that does not answer keeps its place until the fetch's deadline.  So there are many places,
which cost next to nothing while they wait; one server and one key can have but a part of them; and
what costs memory, the bytes that arrive, is counted over all of them.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import anyio
from anyio import CapacityLimiter, to_thread

from safety_detector.ingest.camera_bodies import Arrived
from safety_detector.ingest.fetching import without_credentials
from safety_detector.web.problems.problem import RequestProblem

_PLACES = 320
_OF_ONE_KEY = 240
_OF_ONE_SERVER = 8
_MOST_WAITING = 64  # for a place of one server or key
_LONGEST_WAIT_S = 10.0
_MOST_BYTES = 512 * 2**20  # sixteen of the largest pictures
_RETRY_AFTER_S = 10


class FetchPlaces:
    """Who may fetch, and how many bytes all fetches hold together."""

    def __init__(self) -> None:
        self._threads = CapacityLimiter(_PLACES)
        self._shares: dict[tuple[str, str], _Share] = {}
        self._lock = threading.Lock()
        self._bytes = 0

    async def fetch(self, url: str, key_id: str | None, fetch: Callable[[Arrived], bytes]) -> bytes:
        """What ``fetch`` gives in a thread, once there is a place for the URL's server and the key.

        Args:
            url: what is fetched.
            key_id: whose request it is; without keys all are one's.
            fetch: is given what it has to call with the number of bytes that have arrived.

        Raises:
            RequestProblem: too many others fetch from that server, with that key, or at all.
            what ``fetch`` raises.
        """
        held = 0

        def arrived(count: int) -> None:
            nonlocal held
            with self._lock:
                if self._bytes + count > _MOST_BYTES:
                    raise _busy("Other fetches hold all the memory that there is for them.")
                self._bytes += count
                held += count

        server = _server_of(url)
        try:
            async with (
                self._place(("server", server), _OF_ONE_SERVER, f"from {server}"),
                self._place(("key", key_id or ""), _OF_ONE_KEY, "with this API key"),
                self._place(("all", ""), _PLACES, "by all together"),
            ):
                return await to_thread.run_sync(fetch, arrived, limiter=self._threads)
        finally:
            with self._lock:
                self._bytes -= held

    @asynccontextmanager
    async def _place(self, name: tuple[str, str], most: int, whose: str) -> AsyncIterator[None]:
        """A place in one share, for which this waits a little; shares that nobody has are gone."""
        share = self._shares.setdefault(name, _Share(most))
        share.users += 1
        try:
            if share.users > most + _MOST_WAITING:
                raise _busy(f"{most} pictures are being fetched {whose}, and others wait.")
            place = object()
            try:
                with anyio.fail_after(_LONGEST_WAIT_S):
                    await share.places.acquire_on_behalf_of(place)
            except TimeoutError:
                raise _busy(
                    f"{most} pictures are being fetched {whose}, none of which came within "
                    f"{_LONGEST_WAIT_S:g} s."
                ) from None
            try:
                yield
            finally:
                share.places.release_on_behalf_of(place)
        finally:
            share.users -= 1
            if share.users == 0:
                del self._shares[name]


class _Share:
    """The places of one server or key."""

    def __init__(self, most: int) -> None:
        self.places = CapacityLimiter(most)
        self.users = 0  # those that wait included


def _server_of(url: str) -> str:
    """Host and port as written; a camera behind a router may have but a port of its own."""
    try:
        return urlsplit(without_credentials(url)).netloc.lower()[:200]
    except ValueError:  # the fetch says what is wrong with it
        return ""


def _busy(detail: str) -> RequestProblem:
    return RequestProblem("fetches-busy", detail, headers={"Retry-After": str(_RETRY_AFTER_S)})
