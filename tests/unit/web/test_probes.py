"""Questions about what the service stands on, and who waits for their answers."""

from __future__ import annotations

import asyncio
import threading

from safety_detector.web.health.probes import Probe


def test_an_earlier_answer_is_given_while_a_new_one_is_looked_for() -> None:
    """Whoever opens a page does not wait for what changes slowly; the next one gets the new one."""
    go_on, numbers = threading.Event(), iter(range(10))

    def ask() -> int:
        number = next(numbers)
        if number:
            go_on.wait(60)
        return number

    async def look() -> None:
        probe = Probe(ask, timeout_s=60, earlier_will_do=True)
        assert await probe.answer() == 0
        assert await probe.answer() == 0
        go_on.set()
        while await probe.answer() == 0:
            await asyncio.sleep(0)

    asyncio.run(look())
