"""The tokens of requests about whole pictures and about places, from the prompts that are sent."""

from __future__ import annotations

from safety_detector.capacity.gpu_timing import BLOCK_TOKENS
from safety_detector.capacity.gpu_work import RequestTokens
from safety_detector.capacity.text_tokens import tokens_of
from safety_detector.detectors.qwen.crop_prompts import CropPrompt, answer_word, make_crop_prompt
from safety_detector.detectors.qwen.crops import crop_around, crop_sent_size
from safety_detector.detectors.qwen.dialects import Dialect, sent_size
from safety_detector.detectors.qwen.prompts import Prompt, make_prompt
from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Language

OBJECT_TOKENS = 40
"""Of one box in an answer: 35 to 40 (``prompts.OBJECT_LIMIT``)."""

EMPTY_ANSWER_TOKENS = 2
"""``[]`` and the end."""

_REASON_TOKENS = 12
"""Of a usual reason: half of what is allowed (``crop_prompts``)."""

_USUAL_PLACE_SHARE = 0.2
"""Of the picture's sides.  What is much smaller is sent with fewer tokens, down to 144 of 256
(``qwen.crops``)."""


def full_request(
    size: ImageSize, boxes: float, language: Language, dialect: Dialect, max_pixels: int
) -> RequestTokens:
    """The tokens of a request about a whole picture.

    Args:
        size: of the picture.
        boxes: in the answer, in the mean.
        language: of the instruction.
        dialect: the model's.
        max_pixels: largest picture that is sent.
    """
    sent = sent_size(size, dialect, max_pixels)
    return RequestTokens(
        visual=dialect.visual_tokens(sent),
        text=_uncached_text(make_prompt(language, dialect)),
        output=EMPTY_ANSWER_TOKENS + boxes * OBJECT_TOKENS,
    )


def crop_request(size: ImageSize, language: Language, dialect: Dialect) -> RequestTokens:
    """The tokens of a question about a place in such a picture, in the mean of the kinds."""
    width, height = size.width * _USUAL_PLACE_SHARE, size.height * _USUAL_PLACE_SHARE
    left, top = (size.width - width) / 2, (size.height - height) / 2
    place = Box(round(left), round(top), round(left + width), round(top + height))
    each = [
        _crop_request(make_crop_prompt(kind, language), place, size, dialect)
        for kind in CropQuestion
    ]
    return RequestTokens(
        visual=sum(one.visual for one in each) / len(each),
        text=sum(one.text for one in each) / len(each),
        output=sum(one.output for one in each) / len(each),
    )


def _crop_request(
    prompt: CropPrompt, place: Box, size: ImageSize, dialect: Dialect
) -> RequestTokens:
    crop = crop_around(place, size, prompt.kind)
    sent = crop_sent_size(crop, dialect)
    answer = answer_word(CropAnswer.CANNOT_TELL, prompt.language)
    return RequestTokens(
        visual=dialect.visual_tokens(sent),
        text=_uncached_text(prompt.about(place, crop, size, sent)),
        output=len(tokens_of(f'{{"answer": "{answer}", "why": ""}}')) + _REASON_TOKENS + 1,
    )


def _uncached_text(prompt: Prompt) -> int:
    """Tokens of the text that the server has not computed before.

    The instruction stands in front of the picture and is the same each time: it is taken from the
    cache, as far as it fills whole blocks.
    """
    before = len(
        tokens_of(
            f"<|im_start|>system\n{prompt.instruction}<|im_end|>\n<|im_start|>user\n<|vision_start|>"
        )
    )
    behind = len(tokens_of(f"<|vision_end|>{prompt.question}<|im_end|>\n<|im_start|>assistant\n"))
    return before % BLOCK_TOKENS + behind
