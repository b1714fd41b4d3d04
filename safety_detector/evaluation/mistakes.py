"""The worst mistakes of an evaluation, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.evaluation.counting import judged_heads, match_boxes
from safety_detector.evaluation.running import Answered
from safety_detector.pictures.images import RgbImage, decode, encode_jpeg, read_header

COSTS = {
    "missed fire": 10.0,
    "missed smoke": 8.0,
    "bare head not called": 6.0,
    "false fire": 5.0,
    "false smoke": 5.0,
    "helmet called bare": 4.0,
    "missed person": 2.0,
}
"""What each mistake costs when pictures are ranked; a convention, missed hazards first."""

_FOUND, _WRONG, _MISSED = (40, 160, 60), (230, 60, 40), (240, 180, 0)  # RGB
_JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that went wrong, and where (pixels)."""

    kind: str
    box: Box


@dataclass(frozen=True, slots=True)
class Mistaken:
    """A picture with its mistakes."""

    answer: Answered
    mistakes: tuple[Mistake, ...]

    @property
    def cost(self) -> float:
        """Sum over the mistakes, by ``COSTS``."""
        return sum(COSTS[one.kind] for one in self.mistakes)


def rank_mistakes(answers: Sequence[Answered], limit: int) -> list[Mistaken]:
    """The pictures with the costliest mistakes, worst first; none without a mistake."""
    ranked = [find_mistakes(answer) for answer in answers]
    ranked.sort(key=lambda one: -one.cost)
    return [one for one in ranked[:limit] if one.mistakes]


def find_mistakes(answer: Answered) -> Mistaken:
    """All that is wrong with one answer."""
    return Mistaken(answer, tuple(_mistakes(answer)))


def save_mistakes(mistaken: Sequence[Mistaken], folder: Path) -> list[Path]:
    """Writes one annotated JPEG each, numbered worst first, and returns their paths.

    Green: the detector's boxes. Red: those of them that are wrong. Yellow: what it missed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, one in enumerate(mistaken, start=1):
        source = one.answer.picture.path
        data = source.read_bytes()
        drawn = draw_mistakes(decode(data, read_header(data)), one)
        path = folder / f"{number:03d}_{source.stem}.jpg"
        path.write_bytes(encode_jpeg(drawn, _JPEG_QUALITY))
        paths.append(path)
    return paths


def draw_mistakes(rgb: RgbImage, mistaken: Mistaken) -> RgbImage:
    """A copy of the picture with the answers and the mistakes drawn."""
    drawn = rgb.copy()
    for detection in mistaken.answer.detections:
        score = "" if detection.score is None else f" {detection.score:.2f}"
        _draw(drawn, detection.box, detection.hazard.sub_label + score, _FOUND)
    for mistake in mistaken.mistakes:
        missed = not mistake.kind.startswith(("false", "helmet"))
        _draw(drawn, mistake.box, mistake.kind, _MISSED if missed else _WRONG)
    return drawn


def _draw(rgb: RgbImage, box: Box, text: str, colour: tuple[int, int, int]) -> None:
    x1, y1, x2, y2 = (round(value) for value in box.xyxy)
    cv2.rectangle(rgb, (x1, y1), (x2, y2), colour, 2)
    cv2.putText(
        rgb, text, (x1 + 2, max(y1 + 12, 12)), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA
    )


def _mistakes(answer: Answered) -> list[Mistake]:
    mistakes: list[Mistake] = []
    for kind in (RawClass.FIRE, RawClass.SMOKE):
        mistakes += _picture_mistakes(answer, kind)
    people = [one.box for one in answer.detections if one.hazard.label is Label.PERSON]
    truths = [box for box in answer.picture.boxes if box.kind is RawClass.PERSON]
    missed = match_boxes(people, truths).missed
    mistakes += [Mistake("missed person", truths[index].box) for index in missed]
    return mistakes + _helmet_mistakes(answer)


def _picture_mistakes(answer: Answered, kind: RawClass) -> list[Mistake]:
    """A missed or invented hazard; how its boxes are split is not held against the detector."""
    found = [one.box for one in answer.detections if one.hazard.label.value == kind.value]
    is_there = answer.picture.tells(kind)
    if is_there and not found:
        return [Mistake(f"missed {kind}", box.box) for box in answer.picture.counted(kind)]
    if is_there is False:
        return [Mistake(f"false {kind}", box) for box in found]
    return []


def _helmet_mistakes(answer: Answered) -> list[Mistake]:
    mistakes = []
    for head in judged_heads(answer.picture, answer.detections):
        if head.kind is RawClass.HEAD_BARE and head.called is not SubLabel.NO_HELMET:
            mistakes.append(Mistake("bare head not called", head.box))
        if head.kind is RawClass.HEAD_HELMET and head.called is SubLabel.NO_HELMET:
            mistakes.append(Mistake("helmet called bare", head.box))
    return mistakes
