"""The threads in which uploads are checked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from starlette.requests import ClientDisconnect, Request

from safety_detector.web.accept_places import AcceptPlaces, while_there

LARGE, SMALL = 30 * 2**20, 100_000


def request_of(*, gone: bool) -> Request:
    """A request whose body has come, of somebody who is there or gone."""

    async def receive() -> dict[str, str]:
        if not gone:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http"}, receive)


def test_who_is_gone_when_it_is_his_turn_costs_nothing() -> None:
    """The picture of a client that has disconnected is not looked at."""
    begun: list[int] = []

    async def submit() -> None:
        places = AcceptPlaces()
        with pytest.raises(ClientDisconnect):
            await places.run(request_of(gone=True), SMALL, lambda: begun.append(1))
        await places.run(request_of(gone=False), SMALL, lambda: begun.append(2))

    asyncio.run(submit())
    assert begun == [2]


def test_large_pictures_wait_for_each_other_and_nobody_else_for_them() -> None:
    """Forty dear uploads at once: a camera's frame and every other thread are free meanwhile."""
    release, running, together = threading.Event(), 0, 0
    lock = threading.Lock()

    def check() -> None:
        nonlocal running, together
        with lock:
            running += 1
            together = max(together, running)
        release.wait(20)
        with lock:
            running -= 1

    async def submit() -> None:
        places = AcceptPlaces()

        async def one(size_bytes: int, work: Callable[[], object]) -> None:
            await places.run(request_of(gone=False), size_bytes, work)

        large = [asyncio.create_task(one(LARGE, check)) for _ in range(40)]
        await asyncio.wait_for(one(SMALL, lambda: None), 10)
        # The pool of all other requests.
        await asyncio.wait_for(asyncio.to_thread(lambda: None), 10)
        assert not any(task.done() for task in large)
        release.set()
        await asyncio.wait_for(asyncio.gather(*large), 20)

    asyncio.run(submit())
    assert 1 <= together <= 4


def test_what_is_left_of_a_form_or_zip_is_not_looked_at_for_nobody() -> None:
    """The client goes while the third of its pictures is checked; the fourth is not begun."""
    begun: list[int] = []

    async def submit() -> None:
        gone = asyncio.Event()
        loop = asyncio.get_running_loop()

        async def receive() -> dict[str, str]:
            await gone.wait()
            return {"type": "http.disconnect"}

        request = Request({"type": "http"}, receive)

        def leave(seen: threading.Event) -> None:
            gone.set()
            seen.set()

        def check() -> None:
            for number in while_there(request, range(10)):
                begun.append(number)
                if number == 2:
                    left = threading.Event()
                    loop.call_soon_threadsafe(leave, left)
                    assert left.wait(20)

        with pytest.raises(ClientDisconnect):
            await AcceptPlaces().run(request, SMALL, check)

    asyncio.run(submit())
    assert begun == [0, 1, 2]
