"""A labelled set as a zip, and clients that do not wait for it."""

from __future__ import annotations

import asyncio
import threading

from starlette.types import Message, Scope

from safety_detector.web.datasets.streaming import ZipAnswer, ZipFiles
from tests.eventually import eventually

SCOPE: Scope = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.0"}}


def test_a_client_that_leaves_at_once_leaves_nothing_behind() -> None:
    """Neither its thread, nor an archive that is finished when nobody can read it any more.

    What is left of one fails when it is collected, and pytest fails the test that runs by then.
    """

    def make(files: ZipFiles) -> None:
        for number in range(50):
            files.write(f"{number}.txt", b"x" * 1000)

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        return

    for _ in range(40):
        ended = threading.Event()
        asyncio.run(ZipAnswer(make, ended.set, {})(SCOPE, gone, send))
        eventually(ended.is_set)
    eventually(lambda: not any(one.name == "dataset" for one in threading.enumerate()))
