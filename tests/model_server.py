"""A stand-in for the model's server: the OpenAI chat protocol over real HTTP on loopback.

It answers as vLLM 0.32 was seen to: one event a token, usage in a last event without choices, image
tokens by the grid of the picture that was really sent, errors as ``{"error": {...}}``.  Answers and
faults are scripted: a ``Reply`` is taken from the list for each request, the last one for ever.
Test pictures (known by their token limits) get the last one too, unless told, and are kept apart.
Questions about one place have a list of their own, ``places``, and get from ``replies`` without it.
"""

from __future__ import annotations

import io
import json
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import PIL.Image

from tests import chat_wire
from tests.chat_wire import MODEL
from tests.ports import free_port

CHARS_PER_TOKEN = 4
TEMPLATE_TOKENS = 22  # what the chat template adds around text and picture
TEST_PICTURE_LIMITS = (128, 16)  # most tokens of the answers about test pictures


@dataclass(frozen=True)
class Reply:
    """What the server does with one request.

    Attributes:
        text: the answer.
        finish_reason: ``stop``, ``length`` (set by itself where the text is longer than the
            limit), or None to end the stream without one.
        status: other than 200, an error with ``text`` as its message.
        tail: repeated behind the text until the token limit.
        ignores_limit: the token limit is not kept.
        refuses_schema: a request with ``response_format`` is answered with 400.
        refuses_lengths: a request whose schema bounds a text is answered with 400.
        refuses_priority: so is one with ``priority``.
        refuses_logprobs: so is one with ``logprobs``.
        refusal: the words of such an answer, in place of the usual.
        logprobs: by the text of a token, how probable it was (its natural logarithm, or anything
            that a server might send) where a request asks; of others 0.0, with no alternative.
            The answer's tokens are cut where these begin and end.  None: nothing is told.
        hang_s: silence before the first byte.
        drip_s: silence between two tokens.
        cut_after: tokens after which the connection is reset.
        give_up_after: tokens after which an error event takes the place of the rest.
        body: raw bytes in place of everything above, with ``content_type``.
        whole: one JSON object in place of a stream.
        without_usage: no tokens are counted.
        token_factor: side of the square of pixels that counts as one image token.
    """

    text: str = "[]"
    finish_reason: str | None = "stop"
    status: int = 200
    tail: str = ""
    ignores_limit: bool = False
    refuses_schema: bool = False
    refuses_lengths: bool = False
    refuses_priority: bool = False
    refuses_logprobs: bool = False
    refusal: str | None = None
    logprobs: dict[str, Any] | None = None
    hang_s: float = 0.0
    drip_s: float = 0.0
    cut_after: int | None = None
    give_up_after: int | None = None
    body: bytes | None = None
    content_type: str = "text/event-stream; charset=utf-8"
    whole: bool = False
    without_usage: bool = False
    token_factor: int = 28
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class SeenRequest:
    """One chat request as it arrived, and how it ended."""

    headers: dict[str, str]
    body: dict[str, Any]
    tokens_sent: int = 0
    closed_by_client: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def picture(self) -> PIL.Image.Image:
        """The picture of the request, decoded."""
        return PIL.Image.open(io.BytesIO(self.jpeg))

    @property
    def jpeg(self) -> bytes:
        """The bytes of the picture of the request."""
        return chat_wire.picture_of(self.body["messages"][-1]["content"])

    @property
    def is_about_test_picture(self) -> bool:
        """Whether the client examines the server."""
        return self.body["max_tokens"] in TEST_PICTURE_LIMITS

    @property
    def is_about_place(self) -> bool:
        """Whether one place of a picture is asked about."""
        return chat_wire.asks_about_place(self.body)


def about_place(word: str, why: str = "") -> Reply:
    """An answer about one place as the model writes it; ``word`` as in ``crop_prompts``."""
    return Reply(json.dumps({"answer": word, "why": why}, ensure_ascii=False))


class StandInServer(ThreadingHTTPServer):
    """Listens on loopback, on a free port unless told, from the moment that it is made.

    Attributes:
        canary: what test pictures are answered with; None for the last reply.
        choose: takes the reply for each request about a picture, in place of the lists.
        places: replies for questions about one place, taken as those for pictures; without any
            they get those.
        health: status of ``/health``.
        gate: pictures are answered while it is set; test pictures always.
        seen: requests about pictures.
        examined: requests about test pictures.
        most_in_flight: requests about pictures at the same time, at most.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *replies: Reply, models: tuple[str, ...] = (MODEL,), port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.replies = list(replies) or [Reply()]
        self.models = models
        self.api_key: str | None = None
        self.has_model_list = True
        self.health = 200
        self.canary: Reply | None = None
        self.places: list[Reply] = []
        self.choose: Callable[[SeenRequest], Reply] | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.seen: list[SeenRequest] = []
        self.examined: list[SeenRequest] = []
        self.most_in_flight = 0
        self.stopping = threading.Event()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def take_reply(self, request: SeenRequest) -> Reply:
        """The reply for the next request."""
        with self._lock:
            if request.is_about_test_picture:
                self.examined.append(request)
                return self.canary or self.replies[-1]
            self.seen.append(request)
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            if self.choose is not None:
                return self.choose(request)
            line = self.places if self.places and request.is_about_place else self.replies
            return line.pop(0) if len(line) > 1 else line[0]

    @property
    def in_flight(self) -> int:
        """Requests about pictures that have not ended."""
        return sum(not request.ended.is_set() for request in list(self.seen))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that closes early is no error worth a traceback."""


@contextmanager
def running(*replies: Reply, **options: Any) -> Iterator[StandInServer]:
    """A server with those replies, stopped at the end of the block."""
    server = StandInServer(*replies, **options)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> int:
    """A port of loopback on which nothing listens."""
    return free_port()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StandInServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        if self.path == "/health":
            self._send(self.server.health, b"")
        elif self.path == "/v1/models" and self.server.has_model_list:
            if self._is_allowed():
                self._send_json(200, chat_wire.model_list(self.server.models))
        else:
            self._send_error(404, "Not Found")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != chat_wire.CHAT_PATH:
            self._send_error(404, "Not Found")
            return
        if not self._is_allowed():
            return
        request = SeenRequest(dict(self.headers), body)
        reply = self.server.take_reply(request)
        try:
            if self._is_time_to_answer(request, reply):
                self._answer(request, reply)
        except ConnectionError:
            request.closed_by_client = True
            self.close_connection = True
        finally:
            request.ended.set()

    def _is_time_to_answer(self, request: SeenRequest, reply: Reply) -> bool:
        """Waits as it should; False if the server stops meanwhile, without a word."""
        self.server.stopping.wait(reply.hang_s)
        while not (request.is_about_test_picture or self.server.gate.wait(0.05)):
            if self.server.stopping.is_set():
                break
        self.close_connection = self.server.stopping.is_set()
        return not self.close_connection

    def _is_allowed(self) -> bool:
        key = self.server.api_key
        if key is not None and self.headers["Authorization"] != f"Bearer {key}":
            self._send_json(401, {"error": "Unauthorized"})
            return False
        return True

    def _answer(self, request: SeenRequest, reply: Reply) -> None:
        if reply.body is not None:
            self._send(reply.status, reply.body, reply.content_type, reply.headers)
        elif reply.status != HTTPStatus.OK:
            self._send_error(reply.status, reply.text, reply.headers)
        elif request.body["model"] not in self.server.models:
            self._send_error(404, f"The model `{request.body['model']}` does not exist.")
        elif reply.refuses_schema and "response_format" in request.body:
            self._send_error(400, reply.refusal or "response_format is not supported")
        elif reply.refuses_lengths and "maxLength" in str(request.body.get("response_format")):
            self._send_error(400, "The provided JSON schema contains features not supported.")
        elif reply.refuses_priority and "priority" in request.body:
            usual = "Got priority 1 but Priority scheduling is not enabled."
            self._send_error(400, reply.refusal or usual)
        elif reply.refuses_logprobs and "logprobs" in request.body:
            self._send_error(400, reply.refusal or "logprobs is not supported")
        elif reply.whole or not request.body.get("stream"):
            self._send_whole(request, reply)
        else:
            self._send_stream(request, reply)

    def _send_whole(self, request: SeenRequest, reply: Reply) -> None:
        usage = _usage(request, reply, len(reply.text) // CHARS_PER_TOKEN)
        logprobs = _logprobs(request, reply, _parts_of_text(reply))
        whole = chat_wire.whole_answer(reply.text, reply.finish_reason, usage, logprobs)
        self._send_json(200, whole)

    def _send_stream(self, request: SeenRequest, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        limit = None if reply.ignores_limit else request.body["max_tokens"]
        cut_short = False
        for number, token in enumerate(_tokens(reply)):
            if number == limit:
                cut_short = True
                break
            if number == reply.cut_after:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                self.close_connection = True
                return
            if number == reply.give_up_after:
                self._chunk(chat_wire.event({"error": {"message": "EngineCore died", "code": 500}}))
                self._chunk(chat_wire.DONE_EVENT)
                self._chunk(b"")
                return
            self._chunk(chat_wire.text_event(token, _logprobs(request, reply, [token])))
            request.tokens_sent += 1
            if self.server.stopping.wait(reply.drip_s):
                self.close_connection = True
                return
        # Set before the client can know it, or its next request would be counted beside this one.
        request.ended.set()
        reason = "length" if cut_short else reply.finish_reason
        if reason is not None:
            self._chunk(chat_wire.finish_event(reason))
        if chat_wire.wants_usage(request.body) and not reply.without_usage:
            self._chunk(chat_wire.usage_event(_usage(request, reply, request.tokens_sent)))
        self._chunk(chat_wire.DONE_EVENT)
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _send_error(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        self._send_json(status, chat_wire.error(status, message), headers)

    def _send_json(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(content).encode(), "application/json", headers)

    def _send(
        self,
        status: int,
        body: bytes,
        content_type: str = "text/plain",
        headers: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _logprobs(request: SeenRequest, reply: Reply, tokens: Iterable[str]) -> Any:
    if reply.logprobs is None or not request.body.get("logprobs"):
        return None
    return {"content": [_entry(reply.logprobs.get(token), token) for token in tokens]}


def _entry(number: Any, token: str) -> Any:
    if number is None:
        return chat_wire.token_logprob(token, 0.0, [("?", -9999.0)])
    if isinstance(number, float):
        return chat_wire.token_logprob(token, number, [("?", -3.0)])
    return number


def _tokens(reply: Reply) -> Iterator[str]:
    yield from _parts_of_text(reply)
    while reply.tail:
        yield from _pieces(reply.tail)


def _parts_of_text(reply: Reply) -> Iterator[str]:
    """The tokens of the text, those whose probability is scripted among them."""
    scripted = reply.logprobs or {}
    longest_first = sorted(map(re.escape, scripted), key=len, reverse=True)
    pattern = f"({'|'.join(longest_first)})" if scripted else "(?!)"
    for part in re.split(pattern, reply.text):
        yield from [part] if part in scripted else _pieces(part)


def _pieces(text: str) -> Iterator[str]:
    for at in range(0, len(text), CHARS_PER_TOKEN):
        yield text[at : at + CHARS_PER_TOKEN]


def _usage(request: SeenRequest, reply: Reply, completion_tokens: int) -> dict[str, Any]:
    width, height = request.picture.size
    image = (width // reply.token_factor) * (height // reply.token_factor)
    messages = json.dumps(request.body["messages"][0], ensure_ascii=False)
    text = len(messages) // CHARS_PER_TOKEN + TEMPLATE_TOKENS
    return chat_wire.usage(text + image, text // 16 * 16, completion_tokens)
