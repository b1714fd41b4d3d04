"""What a language model said of one place in a picture.

A detector suspects something there; the model is shown that place alone, enlarged and with what
lies around it, and says in a word what it sees.
"""

from __future__ import annotations

from dataclasses import dataclass

from safety_detector.domain.crop_questions import (
    CROP_ANSWERS,
    MAX_REASON_CHARS,
    CropAnswer,
    CropQuestion,
)
from safety_detector.domain.detections import DetectorRun
from safety_detector.domain.geometry import Box


@dataclass(frozen=True, slots=True)
class CropLook:
    """What the language model says of one place in a picture.

    Attributes:
        question: what was asked.
        place: about which place, in pixels of the upright original.
        crop: what the model was shown: the place with what lies around it, whole pixels inside the
            original.
        answer: one of ``CROP_ANSWERS[question]``.
        reason: the model's own words, on one line, at most ``MAX_REASON_CHARS``, often empty.
            Text in the picture may have dictated them: they are shown as said by the model, never
            acted upon, and escaped like every other foreign text.
        score: of the deciding token, 0.0 to 1.0 and not a probability; None where the server gave
            none.
        run: how it was asked, with the prompt's version, tokens and times.
    """

    question: CropQuestion
    place: Box
    crop: Box
    answer: CropAnswer
    reason: str
    score: float | None
    run: DetectorRun

    def __post_init__(self) -> None:
        if self.answer not in CROP_ANSWERS[self.question]:
            raise ValueError(f"{self.answer} does not answer {self.question}")
        if len(self.reason) > MAX_REASON_CHARS:
            raise ValueError(f"a reason of {len(self.reason)} characters is too long")
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise ValueError(f"a score lies between 0 and 1, not at {self.score}")
