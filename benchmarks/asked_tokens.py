"""The tokens of the requests that the product sends for made cameras: real requests, counted."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np

from benchmarks.t4_engine import PromptTokens
from benchmarks.t4_prompt import DIALECT, prompt_tokens
from safety_detector.capacity.gpu_timing import BLOCK_TOKENS
from safety_detector.capacity.gpu_work import RequestTokens
from safety_detector.capacity.text_tokens import tokens_of
from safety_detector.detectors.qwen.crop_prompts import (
    CROP_OUTPUT_TOKENS,
    answer_word,
    make_crop_prompt,
)
from safety_detector.detectors.qwen.crops import crop_around, crop_sent_size
from safety_detector.detectors.qwen.detector import DEFAULT_MAX_PIXELS
from safety_detector.detectors.qwen.dialects import sent_size
from safety_detector.detectors.qwen.prompts import Prompt, make_prompt, state_word
from safety_detector.detectors.qwen.servers.chat_protocol import Extra, request_body
from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Language
from safety_detector.pictures.images import encode_jpeg
from tests.chat_wire import MODEL

LANGUAGE: Final[Language] = "zh"

_REASONS: Final = (
    "画面中可见明亮的橙红色火苗",
    "只是灯光反射，没有火焰",
    "画面太暗，看不清楚",
    "头上没有安全帽",
)
_ROUND_PX: Final = 8
_numbers = itertools.count()


def full_prompt(size: ImageSize) -> PromptTokens:
    """What the model gets where a whole frame of that size is looked at."""
    return _of_another_picture(_full_prompt(size))


def crop_prompt(place: Box, question: CropQuestion, size: ImageSize) -> PromptTokens:
    """What it gets where it is asked about a place in such a frame.

    Corners are rounded to a few pixels, so that not each of thousands of requests is built anew.
    """
    corners = [round(side / _ROUND_PX) * _ROUND_PX for side in place.xyxy]
    x1, y1 = min(corners[0], size.width - _ROUND_PX), min(corners[1], size.height - _ROUND_PX)
    rounded = (x1, y1, max(corners[2], x1 + _ROUND_PX), max(corners[3], y1 + _ROUND_PX))
    return _of_another_picture(_crop_prompt(rounded, question, size))


def crop_answer_tokens(answer: CropAnswer, number: int) -> int:
    """The tokens of an answer about a place: a word and a reason of usual length."""
    said = {"answer": answer_word(answer, LANGUAGE), "why": _REASONS[number % len(_REASONS)]}
    return min(len(tokens_of(json.dumps(said, ensure_ascii=False))), CROP_OUTPUT_TOKENS)


def full_answer_tokens(found: Sequence[Detection]) -> int:
    """The tokens of an answer about a whole frame: what the model writes of what it found."""
    objects: list[dict[str, Any]] = [
        {
            "bbox_2d": [round(side) for side in one.box.xyxy],
            "label": one.hazard.label.value,
            "sub_label": state_word(one.hazard.sub_label, LANGUAGE),
        }
        for one in found
    ]
    return len(tokens_of(json.dumps(objects, ensure_ascii=False))) + 1  # and the end


def costs(prompt: PromptTokens, output: int) -> RequestTokens:
    """What of a request costs something where the server has computed its instruction before."""
    known = prompt.visual.start // BLOCK_TOKENS * BLOCK_TOKENS
    text = len(prompt.tokens) - len(prompt.visual) - known
    return RequestTokens(len(prompt.visual), text, output)


@cache
def _full_prompt(size: ImageSize) -> PromptTokens:
    sent = sent_size(size, DIALECT, DEFAULT_MAX_PIXELS)
    return _requested(make_prompt(LANGUAGE, DIALECT), sent)


@lru_cache(maxsize=10_000)
def _crop_prompt(
    corners: tuple[int, int, int, int], question: CropQuestion, size: ImageSize
) -> PromptTokens:
    place = Box(*corners)
    crop = crop_around(place, size, question)
    sent = crop_sent_size(crop, DIALECT)
    return _requested(make_crop_prompt(question, LANGUAGE).about(place, crop, size, sent), sent)


def _requested(prompt: Prompt, sent: ImageSize) -> PromptTokens:
    body = request_body(MODEL, prompt, _grey(sent), CROP_OUTPUT_TOKENS, (Extra.SCHEMA,))
    tokens, _ = prompt_tokens(body)
    return tokens


@cache
def _grey(size: ImageSize) -> bytes:
    return encode_jpeg(np.full((size.height, size.width, 3), 128, np.uint8), 90)


def _of_another_picture(prompt: PromptTokens) -> PromptTokens:
    """The same with a picture that no other request shows."""
    picture = f"picture {next(_numbers)}"
    before, after = prompt.tokens[: prompt.visual.start], prompt.tokens[prompt.visual.stop :]
    return PromptTokens([*before, *[picture] * len(prompt.visual), *after], prompt.visual)
