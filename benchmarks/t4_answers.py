"""What the stand-in says about a picture: boxes inside it, written as the model writes them.

With a schema: one line, as vLLM's grammar writes it without free white space.  Without one: in a
fence, as all 13 complete answers with boxes of Qwen2.5-VL in ``../shared/data/replies`` are, and in
turns with an object a line or spread over several (7 and 6 of the 13).  Of the 13, those with at
most four boxes take 1.06 to 1.25 times the tokens of the same boxes on one line, in the mean 1.17,
which is the mean here too.  Loops until the token limit, which happen without a schema, are left
out: how often is not known.
"""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import PIL.Image

from safety_detector.detectors.qwen.crop_prompts import answer_word
from safety_detector.detectors.qwen.prompts import state_word
from safety_detector.domain.crop_questions import CROP_ANSWERS, CropAnswer, CropQuestion
from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.hazards import LANGUAGES, SUB_LABELS, Label, Language, SubLabel

# Boxes of twenty answers that follow on each other.  Most pictures show one or two things and few
# show many; in the mean an answer with a schema has 84 tokens, those of the timing's table.
_BOXES = (1, 2, 1, 3, 1, 2, 4, 1, 2, 1, 10, 1, 2, 1, 3, 1, 2, 1, 1, 2)

_LOOKED_AT = (64, 36)
_GLOWING_SHARE = 0.02  # of the pixels

# Reasons of the length that is asked for: 20 tokens at most.
_WHYS: dict[Language, tuple[str, str]] = {
    "zh": ("画面中部的形状和亮度与周围明显不同", "边缘清晰，亮度均匀，与灯光一致"),
    "en": (
        "its shape and brightness differ clearly from what lies around it",
        "a sharp edge and an even brightness, like a lamp",
    ),
}

CYCLE = len(_BOXES)
"""After so many answers their lengths begin anew."""


def answer(number: int, seen: ImageSize, *, with_schema: bool) -> str:
    """The answer to the request of that number about a picture that the model sees at that size."""
    objects = _objects(number, seen)
    if with_schema:
        return json.dumps(objects, ensure_ascii=False)
    if number % 2:
        lines = ",\n\t".join(json.dumps(one, ensure_ascii=False) for one in objects)
        return f"```json\n[\n\t{lines}\n]\n```"
    blocks = ",\n".join(_spread(one) for one in objects)
    return f"```json\n[\n{blocks}\n]\n```"


def answer_by_colour(picture: PIL.Image.Image, seen: ImageSize, *, with_schema: bool) -> str:
    """One small fire, where the picture glows, or nothing: an answer that follows the picture."""
    objects = []
    part = glowing_part(picture)
    if part is not None:
        sides = (seen.width, seen.height, seen.width, seen.height)
        box = [round(share * side) for share, side in zip(part, sides, strict=True)]
        state = state_word(SubLabel.MINOR, "zh")
        objects = [{"bbox_2d": box, "label": Label.FIRE.value, "sub_label": state}]
    text = json.dumps(objects, ensure_ascii=False)
    return text if with_schema else f"```json\n{text}\n```"


def answer_about_place(
    instruction: str, number: int, picture: PIL.Image.Image | None, *, with_schema: bool
) -> str:
    """The answer to a question about one place: in turn one of those that the question has.

    Args:
        instruction: the request's, which tells question and language.
        number: of the request.
        picture: None, or the crop that decides: fire where it glows, else the answer that lets
            the suspicion go.
        with_schema: without one the answer stands in a fence.
    """
    kind, language = _question(instruction)
    allowed = CROP_ANSWERS[kind]
    said = allowed[number % len(allowed)]
    if picture is not None:
        lets_go = CropAnswer.NEITHER if kind is CropQuestion.FIRE_SMOKE else CropAnswer.HELMET
        said = CropAnswer.FIRE if CropAnswer.FIRE in allowed and glowing_part(picture) else lets_go
    whole = {"answer": answer_word(said, language), "why": _WHYS[language][number % 2]}
    text = json.dumps(whole, ensure_ascii=False)
    return text if with_schema else f"```json\n{text}\n```"


def _question(instruction: str) -> tuple[CropQuestion, Language]:
    """The question and language all of whose answers stand in the instruction."""
    for kind in CropQuestion:
        for language in LANGUAGES:
            words = [answer_word(answer, language) for answer in CROP_ANSWERS[kind]]
            if all(word in instruction for word in words):
                return kind, language
    raise ValueError("no question about a place is known by this instruction")


def glowing_part(picture: PIL.Image.Image) -> tuple[float, float, float, float] | None:
    """What the stand-in takes for fire: around the glowing pixels, in fractions of the picture.

    None where too little glows.
    """
    pixels = np.asarray(picture.convert("RGB").resize(_LOOKED_AT), dtype=np.int16)
    glows = (pixels[..., 0] > 150) & (pixels[..., 0] > pixels[..., 2] + 60)
    if glows.mean() <= _GLOWING_SHARE:
        return None
    rows, columns = np.nonzero(glows)
    width, height = _LOOKED_AT
    return (
        float(columns.min()) / width,
        float(rows.min()) / height,
        float(columns.max() + 1) / width,
        float(rows.max() + 1) / height,
    )


def _spread(one: dict[str, Any]) -> str:
    fields = [f'    "{key}": {json.dumps(each, ensure_ascii=False)}' for key, each in one.items()]
    return "  {\n" + ",\n".join(fields) + "\n  }"


def _objects(number: int, seen: ImageSize) -> list[dict[str, Any]]:
    dice = random.Random(number)
    return [_object(dice, seen) for _ in range(_BOXES[number % len(_BOXES)])]


def _object(dice: random.Random, seen: ImageSize) -> dict[str, Any]:
    label = dice.choice(list(Label))
    width, height = seen.width // dice.randint(4, 12), seen.height // dice.randint(3, 9)
    x, y = dice.randint(0, seen.width - width), dice.randint(0, seen.height - height)
    return {
        "bbox_2d": [x, y, x + width, y + height],
        "label": label.value,
        "sub_label": state_word(dice.choice(SUB_LABELS[label]), "zh"),
    }
