"""How often `eval --against` calls something better that is not, and how often it sees what is.

`python -m benchmarks.comparison_errors [--runs 200]` makes two detectors with known recalls on made
pictures, some of one group (frames of one camera's day, which are alike), compares them by the
product's own code, and prints how often the figure is called better, worse, or can't be told.  With
equal recalls each call is an error: at most 1 in 20 is promised.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.evaluation.acceptance import Question
from safety_detector.evaluation.comparison import Judgement, compare_answers
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.saved import JudgedBy, SavedAnswers
from safety_detector.evaluation.truth import LabelledPicture, TrueBox

BOX = Box(10, 10, 60, 60)
FIRE = (Detection(BOX, Hazard(Label.FIRE, SubLabel.SEVERE)),)
JUDGED_BY = JudgedBy(backend="qwen", model="made")


def compared(
    random: np.random.Generator, groups: int, each: int, before: float, now: float, alike: float
) -> Judgement:
    """One comparison of two detectors.

    Args:
        random: the dice.
        groups: of pictures.
        each: pictures in a group.
        before: recall of the one.
        now: recall of the other.
        alike: share of the pictures of a group that have the same luck as its first.
    """
    pictures = [
        LabelledPicture(
            Path(f"/made/{group}-{number}.jpg"),
            ImageSize(100, 100),
            frozenset({RawClass.FIRE}),
            (TrueBox(RawClass.FIRE, BOX),),
            group=str(group),
        )
        for group in range(groups)
        for number in range(each)
    ]
    sides = []
    for recall in (before, now):
        luck = random.random((groups, each))
        luck = np.where(random.random((groups, each)) < alike, luck[:, :1], luck)
        found = (luck < recall).ravel()
        answers = [
            Answered(one, FIRE if is_found else (), None, 1.0)
            for one, is_found in zip(pictures, found, strict=True)
        ]
        sides.append(SavedAnswers(JUDGED_BY, tuple(answers)))
    figures = compare_answers(*sides).figures
    return next(one.judgement for one in figures if one.name == Question.FIRE)


def main() -> None:
    """Runs it and prints what came out."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    options = parser.parse_args()
    print("groups × pictures  alike  before  now   better  worse  can't tell  same")
    for groups, each, alike in ((60, 1, 0.0), (200, 1, 0.0), (30, 10, 0.8)):
        for before, now in ((0.9, 0.9), (0.8, 0.9), (0.9, 0.95)):
            random = np.random.default_rng(1)
            counts = Counter(
                compared(random, groups, each, before, now, alike) for _ in range(options.runs)
            )
            shares = [counts[one] / options.runs for one in Judgement]
            better, worse, same, unknown = shares
            print(
                f"{groups:6} × {each:<8}  {alike:5.1f}  {before:6.2f}  {now:4.2f}  {better:6.3f}  "
                f"{worse:5.3f}  {unknown:10.3f}  {same:4.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
