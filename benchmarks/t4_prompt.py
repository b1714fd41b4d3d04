"""From a chat request to the tokens that the model gets, as vLLM and Qwen2.5-VL's template do it.

Text is cut into tokens as ``safety_detector.capacity.text_tokens`` does it.
"""

from __future__ import annotations

import hashlib
import io
from typing import Any

import PIL.Image

from benchmarks.t4_engine import PromptTokens
from safety_detector.capacity.gpu_timing import CONTEXT_TOKENS
from safety_detector.capacity.text_tokens import tokens_of
from safety_detector.detectors.qwen.dialects import dialect_named, smart_resize
from safety_detector.domain.geometry import ImageSize
from tests.chat_wire import picture_of

DIALECT = dialect_named("qwen2.5-vl")

_SYSTEM = "You are a helpful assistant."  # what the template says where the request says nothing


class BadRequest(Exception):
    """The request is one that vLLM answers with 400."""


def prompt_tokens(body: dict[str, Any]) -> tuple[PromptTokens, ImageSize]:
    """The prompt of a request, and the size at which the model sees its picture.

    Raises:
        BadRequest: no picture, not a picture, or more than the context holds.
    """
    before, after = _around_the_picture(body["messages"])
    picture, seen = _picture(body["messages"])
    tokens = [*tokens_of(before)]
    visual = range(len(tokens), len(tokens) + DIALECT.visual_tokens(seen))
    tokens += [picture] * len(visual)
    tokens += tokens_of(after)
    if len(tokens) >= CONTEXT_TOKENS:
        raise BadRequest(
            f"The decoder prompt (length {len(tokens)}) is longer than the maximum model length of "
            f"{CONTEXT_TOKENS}."
        )
    return PromptTokens(tokens, visual), seen


def _around_the_picture(messages: list[dict[str, Any]]) -> tuple[str, str]:
    if messages[0]["role"] != "system":
        messages = [{"role": "system", "content": _SYSTEM}, *messages]
    turns = "".join(
        f"<|im_start|>{message['role']}\n{_content(message['content'])}<|im_end|>\n"
        for message in messages
    )
    before, _, after = f"{turns}<|im_start|>assistant\n".partition("<|image_pad|>")
    return before, after


def _content(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    picture = "<|vision_start|><|image_pad|><|vision_end|>"
    return "".join(part["text"] if part["type"] == "text" else picture for part in content)


def _picture(messages: list[dict[str, Any]]) -> tuple[str, ImageSize]:
    parts = [
        part for one in messages if isinstance(one["content"], list) for part in one["content"]
    ]
    try:
        data = picture_of(parts)
        with PIL.Image.open(io.BytesIO(data)) as picture:
            size = ImageSize(*picture.size)
    except (StopIteration, ValueError, PIL.UnidentifiedImageError) as exc:
        raise BadRequest("Failed to load image") from exc
    return hashlib.sha256(data).hexdigest(), smart_resize(size, DIALECT)
