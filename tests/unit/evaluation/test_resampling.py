"""Intervals by groups, and exact tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from safety_detector.detectors.embedded.raw_boxes import RawBox, RawClass
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.evaluation.average_precision import average_precision
from safety_detector.evaluation.counting import match_boxes
from safety_detector.evaluation.resampling import (
    Resampler,
    average_precisions,
    group_numbers,
    interval,
    mcnemar_p,
)
from safety_detector.evaluation.truth import LabelledPicture, TrueBox


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    # Binomial tails, as R's binom.test(x, n) gives them.
    [(0, 0, None), (5, 0, 0.0625), (6, 0, 0.03125), (10, 2, 0.03857), (3, 3, 1.0), (0, 1, 1.0)],
)
def test_mcnemar_is_the_exact_binomial_test(gained: int, lost: int, p: float | None) -> None:
    """Few changed answers are judged by counting, not by an approximation for many."""
    found = mcnemar_p(gained, lost)
    assert found == (p if p is None else pytest.approx(p, abs=1e-4))


def picture(group: str | None) -> LabelledPicture:
    """A picture of a group."""
    return LabelledPicture(Path("x.jpg"), ImageSize(64, 64), frozenset(), (), group=group)


def test_pictures_of_one_group_are_one_piece_of_evidence() -> None:
    """A hundred frames of one camera's day are not a hundred independent pictures."""
    parts = np.array([1.0] * 100 + [0.0] * 100)
    wholes = np.ones(200)
    alone = Resampler(group_numbers([picture(None) for _ in range(200)]))
    grouped = Resampler(group_numbers([picture(f"camera-{n // 50}") for n in range(200)]))
    low, high = interval(alone.ratios(parts, wholes)) or (0, 0)
    wide_low, wide_high = interval(grouped.ratios(parts, wholes)) or (0, 0)
    assert 0.4 < low < 0.5 < high < 0.6
    assert wide_high - wide_low > 3 * (high - low)


def test_the_same_answers_always_give_the_same_interval() -> None:
    """Who runs it twice reads the same table."""
    groups = group_numbers([picture(None) for _ in range(30)])
    parts = np.arange(30) % 2.0
    first, second = (Resampler(groups).ratios(parts, np.ones(30)) for _ in range(2))
    assert interval(first) == interval(second)


def test_a_figure_that_most_draws_lack_has_no_interval() -> None:
    """One single picture with fire says nothing of how sure its recall is."""
    parts = np.array([1.0] + [0.0] * 99)
    groups = group_numbers([picture(None) for _ in range(100)])
    shares = Resampler(groups).ratios(parts, parts)
    assert np.isnan(shares).any()
    assert interval(np.full(10, np.nan)) is None


def test_average_precision_is_the_coco_evaluator_s() -> None:
    """What is computed for each draw is the figure that the table of ``eval`` prints."""
    random = np.random.default_rng(7)
    pictures, answers = [], []
    scores, hits, of_picture = [], [], []
    for number in range(40):
        corners = random.integers(0, 300, (int(random.integers(0, 5)), 2))
        truths = [
            TrueBox(RawClass.FIRE, Box(x, y, x + 60, y + 60), ignored=bool(random.random() < 0.2))
            for x, y in corners.tolist()
        ]
        boxes = [
            RawBox(
                RawClass.FIRE,
                Box(*(one.box.x1 + shift, one.box.y1, one.box.x2 + shift, one.box.y2)),
                float(random.random()),
            )
            for one in truths
            for shift in random.integers(-40, 40, 2).tolist()
        ]
        boxes.sort(key=lambda one: -one.score)
        pictures.append(
            LabelledPicture(
                Path("x.jpg"), ImageSize(400, 400), frozenset({RawClass.FIRE}), tuple(truths)
            )
        )
        answers.append(boxes)
        matching = match_boxes([one.box for one in boxes], truths)
        found = {index for index, _ in matching.found}
        for index in sorted([*found, *matching.false]):
            scores.append(boxes[index].score)
            hits.append(index in found)
            of_picture.append(number)
    expected = average_precision(RawClass.FIRE, pictures, answers)
    [computed] = average_precisions(
        np.array(scores),
        np.array(hits),
        np.array(of_picture),
        np.array([float(len(one.counted(RawClass.FIRE))) for one in pictures]),
        np.ones((1, 40), np.float32),
    )
    assert expected is not None
    assert computed == pytest.approx(expected.at_50, abs=0.005)
