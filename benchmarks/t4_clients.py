"""What asks the stand-in: our client, the straightforward script, and nothing but HTTP.

Each is opened together with a stand-in of its own, so that none finds in the prefix cache what
another one left there.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import openai

from benchmarks import first_script
from benchmarks.rates import Inspect
from benchmarks.t4_processes import T4Process, running_t4
from benchmarks.t4_prompt import DIALECT
from safety_detector.appearance.fonts import find_fonts
from safety_detector.detectors.qwen.detector import DEFAULT_MAX_PIXELS, QwenVlDetector
from safety_detector.detectors.qwen.servers.examination import CANARY_SIZES
from safety_detector.ingest.admission import Limits
from safety_detector.pipeline import inspect_picture
from tests.chat_wire import CHAT_PATH, MODEL
from tests.model_server import running

TIMEOUT_S = 600.0  # nobody is to give up while the machine catches up

Client = Callable[..., AbstractContextManager[tuple[T4Process, Inspect]]]
"""Options of the stand-in → the stand-in, and what inspects a picture with it."""


@contextmanager
def our_client(
    *options: str, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Iterator[tuple[T4Process, Inspect]]:
    """The whole way of a picture through the library, without a store."""
    fonts, limits = find_fonts(), Limits()
    with running_t4(*options) as t4, _detector_of(t4.url, max_pixels) as detector:

        def inspect(data: bytes) -> bytes:
            inspected = inspect_picture(data, "picture.jpg", detector, limits)
            return inspected.annotated_jpeg(fonts, "zh")

        yield t4, inspect


@contextmanager
def script_client(*options: str) -> Iterator[tuple[T4Process, Inspect]]:
    """The straightforward script."""
    with (
        running_t4(*options) as t4,
        openai.OpenAI(base_url=t4.url, api_key="none", timeout=TIMEOUT_S) as client,
    ):
        yield t4, lambda data: first_script.inspect(client, data)


def bare_client(pictures: Sequence[bytes]) -> Client:
    """A client that sends what ours sends about these pictures, and does nothing else."""
    requests = dict(zip(pictures, _requests(pictures), strict=True))

    @contextmanager
    def client(*options: str) -> Iterator[tuple[T4Process, Inspect]]:
        with running_t4(*options) as t4:
            connections = _Connections(t4.port)
            yield t4, lambda data: connections.ask(requests[data])

    return client


class _Connections:
    """One connection a thread, with nothing around it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._local = threading.local()

    def ask(self, body: bytes) -> bytes:
        """Sends a request and reads the answer to its end."""
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection("127.0.0.1", self._port)
        connection: http.client.HTTPConnection = self._local.connection
        connection.request("POST", CHAT_PATH, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != http.HTTPStatus.OK or b"[DONE]" not in text:
            raise SystemExit(f"a bare request failed: {answer.status} {text[:300]!r}")
        return text


def _requests(pictures: Sequence[bytes]) -> list[bytes]:
    """What our client sends about each picture, as a listener got it."""
    canaries = {(size.width, size.height) for size in CANARY_SIZES}
    with running() as listener, _detector_of(listener.url, DEFAULT_MAX_PIXELS) as detector:
        for data in pictures:
            inspect_picture(data, "picture.jpg", detector, Limits())
        seen = [one for one in listener.seen if one.picture.size not in canaries]
    return [json.dumps(one.body).encode() for one in seen]


@contextmanager
def _detector_of(url: str, max_pixels: int) -> Iterator[QwenVlDetector]:
    detector = QwenVlDetector([url], MODEL, DIALECT, max_pixels=max_pixels, timeout_s=TIMEOUT_S)
    try:
        yield detector
    finally:
        detector.close()
