"""The questions about one place in a picture, and their answers, as results keep them.

The words in which a language model is asked and answers are the model's own
(``detectors/qwen/crop_prompts.py``).
"""

from __future__ import annotations

from enum import StrEnum


class CropQuestion(StrEnum):
    """What is asked about a place."""

    FIRE_SMOKE = "fire_smoke"
    """Whether it shows fire, smoke, both or neither."""
    HELMET = "helmet"
    """Whether the person there wears a safety helmet."""


class CropAnswer(StrEnum):
    """What the model said of a place; which of them a question allows is in ``CROP_ANSWERS``."""

    FIRE = "fire"
    SMOKE = "smoke"
    FIRE_AND_SMOKE = "fire_and_smoke"
    NEITHER = "neither"
    """The place is seen well, and there is neither fire nor smoke."""
    HELMET = "helmet"
    NO_HELMET = "no_helmet"
    NO_PERSON = "no_person"
    """The place is seen well, and nobody is there."""
    CANNOT_TELL = "cannot_tell"
    """The model said so, or it contradicted itself: nothing is confirmed and nothing refuted."""


CROP_ANSWERS: dict[CropQuestion, tuple[CropAnswer, ...]] = {
    CropQuestion.FIRE_SMOKE: (
        CropAnswer.FIRE,
        CropAnswer.SMOKE,
        CropAnswer.FIRE_AND_SMOKE,
        CropAnswer.NEITHER,
        CropAnswer.CANNOT_TELL,
    ),
    CropQuestion.HELMET: (
        CropAnswer.HELMET,
        CropAnswer.NO_HELMET,
        CropAnswer.NO_PERSON,
        CropAnswer.CANNOT_TELL,
    ),
}
"""The answers to each question; every other one is unreadable."""

MAX_REASON_CHARS = 120
"""Longest reason that is kept; 20 tokens are about 80 letters, or 30 Chinese characters."""

CONFIRMING = frozenset(
    {CropAnswer.FIRE, CropAnswer.SMOKE, CropAnswer.FIRE_AND_SMOKE, CropAnswer.NO_HELMET}
)
"""Answers that say that there is a hazard."""
