"""One call for the command line: a labelled set and a detector to figures and answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from safety_detector.evaluation.figures import compute_figures
from safety_detector.evaluation.origins import LabelOrigins, count_origins
from safety_detector.evaluation.running import Answered, answer_pictures
from safety_detector.evaluation.saved import JudgedBy, SavedAnswers
from safety_detector.evaluation.truth import LabelledPicture
from safety_detector.ports import Detector


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures as ``eval --json`` prints them, the answers behind them, and whose labels."""

    figures: dict[str, Any]
    saved: SavedAnswers
    origins: LabelOrigins | None

    @property
    def answers(self) -> tuple[Answered, ...]:
        """What was said of each picture."""
        return self.saved.answers


def evaluate(
    detector: Detector,
    pictures: Sequence[LabelledPicture],
    on_answer: Callable[[Answered, int], None] | None = None,
) -> Evaluation:
    """Runs a detector over labelled pictures and judges it.

    Args:
        detector: of any backend.
        pictures: from ``truth.read_labelled_pictures``.
        on_answer: hears of each answer, with the number of pictures in all; for progress.

    Raises:
        AnnotationsInvalid: a picture has another size than its labels say.
        PictureRefused: a picture cannot be decoded.
    """

    def report(answer: Answered) -> None:
        if on_answer is not None:
            on_answer(answer, len(pictures))

    answers = answer_pictures(detector, pictures, report)
    return judge_answers(SavedAnswers(JudgedBy.of(detector), tuple(answers)))


def judge_answers(saved: SavedAnswers) -> Evaluation:
    """The figures of answers that a detector gave, now or earlier."""
    thresholds = saved.judged_by.class_thresholds
    origins = count_origins(one.picture for one in saved.answers)
    figures = compute_figures(saved.answers, thresholds)
    if origins is not None:
        figures["labels"] = origins.document()
    return Evaluation(figures, saved, origins)
