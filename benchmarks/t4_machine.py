"""The engine in time: steps that last as long as they would on the machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from benchmarks.t4_engine import Engine, Request


class Machine:
    """Runs an engine in time, on one event loop.

    Args:
        engine: what is run.
        speed: every time is divided by it.

    Attributes:
        late_s: by how much its timers fired too late, in all.
        busy_s: for how long it computed anything, in the machine's own time.
    """

    def __init__(self, engine: Engine, speed: float) -> None:
        self.engine = engine
        self.late_s = 0.0
        self.busy_s = 0.0
        self._speed = speed
        self._work = asyncio.Event()
        self._news: dict[Request, asyncio.Event] = {}

    async def run(self) -> None:
        """Makes step after step; never returns.

        The end of each step is reckoned from the end of the one before, so that a timer that fires
        late makes the machine no slower.
        """
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            step = self.engine.begin_step()
            if step is None:
                self._work.clear()
                await self._work.wait()
                due = loop.time()
                continue
            due += step.duration_s / self._speed
            self.busy_s += step.duration_s
            await asyncio.sleep(max(0.0, due - loop.time()))
            self.late_s += max(0.0, loop.time() - due)
            for request in self.engine.end_step(step):
                self._news[request].set()

    async def write(self, request: Request) -> AsyncGenerator[int, None]:
        """How many tokens of the answer there are, each time that there are more.

        Closing the iterator takes the request out of the machine.
        """
        news = self._news[request] = asyncio.Event()
        self.engine.add(request)
        self._work.set()
        try:
            while not request.is_done:
                await news.wait()
                news.clear()
                yield request.written
        finally:
            self.engine.abort(request)
            del self._news[request]
