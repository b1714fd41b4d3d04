"""A model server that can be spoiled, stopped and started again while pictures go through."""

from __future__ import annotations

from contextlib import ExitStack

from tests.model_server import MODEL, Reply, StandInServer, running
from tests.ports import free_port

FIRE = '{"bbox_2d": [10, 10, 40, 40], "label": "fire", "sub_label": "严重"}'
SOUND = Reply(f"[{FIRE}]")
DEADLINE_S = 3.0  # for an answer, so that what hangs does not take the whole time

# Its health stays green and it answers test pictures meanwhile, but for "away".
MISDEEDS = {
    "502": Reply("bad gateway", status=502),
    "500": Reply("boom", status=500),
    "429": Reply("busy", status=429),
    "slow drip": Reply("[", tail="\n", drip_s=0.5),
    "hang": Reply(hang_s=60),
    "cut in the middle": Reply(SOUND.text * 4, cut_after=4),
    "half a JSON": Reply('[{"bbox_2d": [581, 58'),
    "prose": Reply("I see nothing dangerous in this picture."),
    "white space": Reply("", tail=" "),
    "NaN": Reply('[{"bbox_2d": [1, NaN, 3, 4], "label": "fire"}]'),
    "!!!!": Reply("", tail="!"),
    "no JSON at all": Reply(body=b"data: nonsense\n\n"),
}


class SpoiltModel:
    """A stand-in for vLLM on one port.

    Attributes:
        environment: settings of a service that uses it.
    """

    def __init__(self) -> None:
        self._port = free_port()
        self._opened = ExitStack()
        self._server: StandInServer | None = None
        self.environment = {
            "SAFETY_BACKEND": "qwen",
            "SAFETY_QWEN_URLS": f"http://127.0.0.1:{self._port}/v1",
            "SAFETY_QWEN_MODEL": MODEL,
            "SAFETY_QWEN_DEADLINE": str(DEADLINE_S),
        }

    def start(self) -> None:
        """Answers soundly."""
        self._server = self._opened.enter_context(running(SOUND, port=self._port))
        self._server.canary = SOUND

    def stop(self) -> None:
        """Refuses connections."""
        self._opened.close()
        self._server = None

    def spoil(self, reply: Reply) -> None:
        """Answers every picture like that."""
        if self._server is not None:
            self._server.replies = [reply]
