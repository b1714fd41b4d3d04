"""What an OpenAI-compatible server reads and writes, as vLLM 0.32 was seen to; pure.

Shared by the scripted stand-in of the tests and the timed one of the benchmarks.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

MODEL = "Qwen/Qwen2.5-VL-7B-Instruct"

CHAT_PATH = "/v1/chat/completions"
DONE_EVENT = b"data: [DONE]\n\n"


def model_list(names: Iterable[str], **facts: Any) -> dict[str, Any]:
    """The answer of ``/v1/models``; ``facts`` stand in each entry (``max_model_len``)."""
    models = [{"id": name, "object": "model", **facts} for name in names]
    return {"object": "list", "data": models}


def error(status: int, message: str) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"message": message, "type": "Error", "param": None, "code": status}}


def event(content: dict[str, Any]) -> bytes:
    """One event of a streamed answer."""
    whole = {"id": "chatcmpl-1", "object": "chat.completion.chunk", **content}
    return b"data: " + json.dumps(whole, ensure_ascii=False).encode() + b"\n\n"


def text_event(text: str, logprobs: Any = None) -> bytes:
    """The event that adds text to the answer, with the ``logprobs`` of its tokens."""
    choice = {"index": 0, "delta": {"content": text}}
    return event({"choices": [choice if logprobs is None else choice | {"logprobs": logprobs}]})


def token_logprob(text: str, logprob: float, others: Iterable[tuple[str, float]] = ()) -> Any:
    """One entry of ``logprobs.content``: a token, and what might have stood in its place.

    vLLM 0.32 writes -9999 for what the grammar forbids.
    """
    listed = [(text, logprob), *others]
    entries = [
        {"token": one, "logprob": number, "bytes": list(one.encode())} for one, number in listed
    ]
    return entries[0] | {"top_logprobs": entries}


def finish_event(reason: str) -> bytes:
    """The event that says why the answer ends."""
    return event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})


def usage_event(usage: dict[str, Any]) -> bytes:
    """The event with the tokens of the whole request: the last one, without choices."""
    return event({"choices": [], "usage": usage})


def whole_answer(
    text: str, finish_reason: str | None, usage: dict[str, Any], logprobs: Any = None
) -> dict[str, Any]:
    """The answer to a request that did not ask for a stream."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason, "logprobs": logprobs}
    return {"object": "chat.completion", "choices": [choice], "usage": usage}


def usage(prompt_tokens: int, cached_tokens: int, completion_tokens: int) -> dict[str, Any]:
    """The tokens of one request."""
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": cached_tokens},
    }


def wants_usage(body: dict[str, Any]) -> bool:
    """Whether a streaming request asked for its tokens."""
    return bool(body.get("stream_options", {}).get("include_usage"))


def asks_about_place(body: dict[str, Any]) -> bool:
    """Whether a request is a question about one place, and not for every box of a picture."""
    instruction = body["messages"][0]["content"]
    return isinstance(instruction, str) and '"answer"' in instruction


def picture_of(content: Iterable[dict[str, Any]]) -> bytes:
    """The bytes of the picture among the parts of a message.

    Raises:
        StopIteration: there is none.
    """
    url = next(part["image_url"]["url"] for part in content if part["type"] == "image_url")
    return base64.b64decode(url.partition(",")[2])
