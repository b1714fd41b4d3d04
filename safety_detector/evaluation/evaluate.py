"""One call for the command line: a labelled set and a detector to figures and answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safety_detector.detectors.embedded.detector import OnnxDetector
from safety_detector.evaluation.figures import compute_figures
from safety_detector.evaluation.running import Answered, answer_pictures
from safety_detector.evaluation.truth import read_labelled_pictures
from safety_detector.ports import Detector


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures as ``eval --json`` prints them, and the answers behind them."""

    figures: dict[str, Any]
    answers: tuple[Answered, ...]


def evaluate(
    detector: Detector,
    annotations: Path,
    images: Path | None = None,
    on_answer: Callable[[Answered, int], None] | None = None,
) -> Evaluation:
    """Runs a detector over labelled pictures and judges it.

    Args:
        detector: of any backend.
        annotations: a COCO file (``truth.read_labelled_pictures``).
        images: folder of the pictures, ``images/`` beside the file if None.
        on_answer: hears of each answer, with the number of pictures in all; for progress.

    Raises:
        AnnotationsInvalid: the set contradicts itself; nothing was run or counted.
        PictureRefused: a picture cannot be decoded.
    """
    pictures = read_labelled_pictures(annotations, images)

    def report(answer: Answered) -> None:
        if on_answer is not None:
            on_answer(answer, len(pictures))

    answers = answer_pictures(detector, pictures, report)
    thresholds = detector.thresholds if isinstance(detector, OnnxDetector) else None
    return Evaluation(compute_figures(answers, thresholds), tuple(answers))
