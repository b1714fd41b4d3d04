"""A stand-in for vLLM with Qwen2.5-VL-7B on 4 × T4: its protocol over HTTP, its timing, no GPU.

    python -m benchmarks.t4_server --port 8000 [--speed 4] [--no-prefix-cache] [--refuse-schema]

``safety_detector.capacity.gpu_timing`` holds the constants and where they are from, ``t4_engine``
the scheduler, ``t4_machine`` its clock, ``t4_prompt`` the tokens and ``t4_answers`` what it says.
Requests are read and answers written as vLLM does it: one event a token, early close frees the
place, ``/health``, ``/v1/models``, ``/metrics``.
``tests/model_server.py`` is its sibling with scripted answers and faults.

``--speed 4`` divides every time of the machine by 4, so that benchmarks end in minutes.  What runs
on our side of the wire is *not* divided, so a high speed makes the client look worse than it is:
see the benchmark for what is honest on how many cores.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import PIL.Image
import uvicorn

from benchmarks.t4_answers import answer, answer_about_place, answer_by_colour
from benchmarks.t4_engine import Engine, Request
from benchmarks.t4_machine import Machine
from benchmarks.t4_prompt import BadRequest, prompt_tokens, tokens_of
from safety_detector.capacity.gpu_timing import CONTEXT_TOKENS
from tests import chat_wire

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class T4Server:
    """The ASGI application.

    Args:
        speed: every time of the machine is divided by it.
        reuses_prefixes: whether it has a prefix cache.
        refuses_schema: whether ``response_format`` is answered with 400.
        first_answer: with which of its answers it begins.
        by_colour: whether it answers by what the picture shows: fire where it glows.
    """

    def __init__(
        self,
        speed: float = 1.0,
        *,
        reuses_prefixes: bool = True,
        refuses_schema: bool = False,
        first_answer: int = 0,
        by_colour: bool = False,
    ) -> None:
        self.machine = Machine(Engine(reuses_prefixes=reuses_prefixes), speed)
        self._refuses_schema = refuses_schema
        self._next_answer = first_answer
        self._by_colour = by_colour
        self._asked = {"whole": 0, "place": 0}
        self._received_bytes = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answers one request."""
        match scope["method"], scope["path"]:
            case "GET", "/health":
                await _send(send, 200, b"", "text/plain")
            case "GET", "/metrics":
                await _send(send, 200, self._metrics().encode(), "text/plain; version=0.0.4")
            case "GET", "/v1/models":
                models = chat_wire.model_list([chat_wire.MODEL], max_model_len=CONTEXT_TOKENS)
                await _send_json(send, 200, models)
            case "POST", chat_wire.CHAT_PATH:
                await self._chat(receive, send)
            case _:
                await _send_json(send, 404, chat_wire.error(404, "Not Found"))

    async def _chat(self, receive: Receive, send: Send) -> None:
        data = await _read(receive)
        self._received_bytes += len(data)
        body = json.loads(data)
        if body["model"] != chat_wire.MODEL:
            said = f"The model `{body['model']}` does not exist."
            await _send_json(send, 404, chat_wire.error(404, said))
            return
        try:
            request, text = self._understand(body)
        except BadRequest as exc:
            await _send_json(send, 400, chat_wire.error(400, str(exc)))
            return
        respond = self._stream if body.get("stream") else self._send_whole
        answering = asyncio.ensure_future(respond(body, request, text, send))
        leaving = asyncio.ensure_future(_until_closed(receive))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in (answering, leaving):
                one.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
        if not answering.cancelled():
            answering.result()

    def _understand(self, body: dict[str, Any]) -> tuple[Request, str]:
        """The work that a request is, and the answer to it."""
        with_schema = "response_format" in body
        if with_schema and self._refuses_schema:
            raise BadRequest("response_format is not supported")
        prompt, seen = prompt_tokens(body)
        picture = _picture(body) if self._by_colour else None
        if chat_wire.asks_about_place(body):
            instruction = body["messages"][0]["content"]
            text = answer_about_place(
                instruction, self._next_answer, picture, with_schema=with_schema
            )
        elif picture is not None:
            text = answer_by_colour(picture, seen, with_schema=with_schema)
        else:
            text = answer(self._next_answer, seen, with_schema=with_schema)
        self._next_answer += 1
        self._asked["place" if chat_wire.asks_about_place(body) else "whole"] += 1
        room = CONTEXT_TOKENS - len(prompt.tokens)
        limit = min(body.get("max_tokens") or room, room)
        return Request(prompt, min(limit, len(tokens_of(text)))), text

    async def _stream(self, body: dict[str, Any], request: Request, text: str, send: Send) -> None:
        await _start(send, 200, "text/event-stream; charset=utf-8")
        tokens, sent = tokens_of(text), 0
        async with aclosing(self.machine.write(request)) as writing:
            async for written in writing:
                events = [chat_wire.text_event(token) for token in tokens[sent:written]]
                await _body(send, b"".join(events), more=True)
                sent = written
        last = [chat_wire.finish_event(_finish_reason(request, text))]
        if chat_wire.wants_usage(body):
            last.append(chat_wire.usage_event(_usage(request)))
        await _body(send, b"".join([*last, chat_wire.DONE_EVENT]))

    async def _send_whole(
        self, body: dict[str, Any], request: Request, text: str, send: Send
    ) -> None:
        async with aclosing(self.machine.write(request)) as writing:
            async for _ in writing:
                pass
        said = "".join(tokens_of(text)[: request.written])
        whole = chat_wire.whole_answer(said, _finish_reason(request, text), _usage(request))
        await _send_json(send, 200, whole)

    def _metrics(self) -> str:
        engine = self.machine.engine
        counts = engine.counts
        values = {
            "vllm:num_requests_running": len(engine.running),
            "vllm:num_requests_waiting": len(engine.waiting),
            "vllm:kv_cache_usage_perc": engine.kv_usage,
            "vllm:prefix_cache_queries_total": counts.prompt,
            "vllm:prefix_cache_hits_total": counts.cached,
            "vllm:prompt_tokens_cached_total": counts.cached,
            "vllm:generation_tokens_total": counts.written,
            "stand_in:late_seconds_total": self.machine.late_s,
            "stand_in:busy_seconds_total": self.machine.busy_s,
            "stand_in:whole_pictures_total": self._asked["whole"],
            "stand_in:places_total": self._asked["place"],
            "stand_in:received_bytes_total": self._received_bytes,
        }
        labels = f'{{engine="0",model_name="{chat_wire.MODEL}"}}'
        return "".join(f"{name}{labels} {value}\n" for name, value in values.items())


def _picture(body: dict[str, Any]) -> PIL.Image.Image:
    contents = [one["content"] for one in body["messages"]]
    parts = [part for one in contents if isinstance(one, list) for part in one]
    return PIL.Image.open(io.BytesIO(chat_wire.picture_of(parts)))


def _finish_reason(request: Request, text: str) -> str:
    return "stop" if request.output_tokens == len(tokens_of(text)) else "length"


def _usage(request: Request) -> dict[str, Any]:
    return chat_wire.usage(len(request.prompt.tokens), request.cached, request.written)


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _until_closed(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _start(send: Send, status: int, content_type: str) -> None:
    headers = [(b"content-type", content_type.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _body(send: Send, data: bytes, *, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def _send(send: Send, status: int, data: bytes, content_type: str) -> None:
    await _start(send, status, content_type)
    await _body(send, data)


async def _send_json(send: Send, status: int, content: Any) -> None:
    await _send(send, status, json.dumps(content).encode(), "application/json")


async def serve(server: T4Server, port: int) -> None:
    """Serves on that port of loopback until the process is asked to stop."""
    config = uvicorn.Config(
        server,
        host="127.0.0.1",
        port=port,
        # Timers of uvloop are exact to a millisecond only, as those of asyncio are, and it is one
        # thing less between the machine's time and ours.
        loop="asyncio",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
    running = asyncio.ensure_future(server.machine.run())
    await uvicorn.Server(config).serve()
    running.cancel()


def main() -> None:
    """Serves until it is stopped."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--speed", type=float, default=1.0, help="divides every time")
    parser.add_argument("--no-prefix-cache", action="store_true", help="compute every prompt anew")
    parser.add_argument("--refuse-schema", action="store_true", help="400 to response_format")
    parser.add_argument("--first-answer", type=int, default=0, help="where its answers begin")
    parser.add_argument("--by-colour", action="store_true", help="fire where a picture glows")
    options = parser.parse_args()
    server = T4Server(
        options.speed,
        reuses_prefixes=not options.no_prefix_cache,
        refuses_schema=options.refuse_schema,
        first_answer=options.first_answer,
        by_colour=options.by_colour,
    )
    asyncio.run(serve(server, options.port))


if __name__ == "__main__":
    main()
