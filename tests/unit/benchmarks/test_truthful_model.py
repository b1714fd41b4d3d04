"""The model of the benchmarks that answers by the truth, with a stated error rate."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.camera_hours import FIRE, SMOKE, Happening, MadeCamera
from benchmarks.night_scenes import Weather
from benchmarks.truthful_model import ErrorRates, TruthfulModel
from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Label, SubLabel

SIZE = ImageSize(1920, 1080)
FLAMES = Path("flames.jpg")
KINDS = {FLAMES: frozenset({FIRE, SMOKE})}
NEVER_WRONG = ErrorRates(0.0, 0.0, 0.0)
THERE, ELSEWHERE = Box(200, 100, 1000, 800), Box(1500, 800, 1900, 1000)


def camera(number: int = 0) -> MadeCamera:
    """A fire in the upper left from 100 s on, a lamp in the lower right from 300 s on."""
    happenings = (
        Happening("fire", 100, 200, (0.2, 0.2, 0.4, 0.6), FLAMES, (0, 0, 90, 100)),
        Happening("beacon", 300, 400, (0.8, 0.8, 0.9, 0.9)),
    )
    return MadeCamera(
        f"made-{number}", Path("empty.jpg"), Weather("made"), 600, (0, 0, 0.1, 0.1), True,
        happenings, number,
    )  # fmt: skip


def model(rates: ErrorRates, number: int = 0) -> TruthfulModel:
    """Of that camera."""
    return TruthfulModel(camera(number), SIZE, KINDS, rates, seed=1)


def test_without_errors_it_says_what_is_there() -> None:
    """A model that never errs sees the fire while it burns, where it burns, and nothing else."""
    sure = model(NEVER_WRONG)
    assert sure.answer(THERE, CropQuestion.FIRE_SMOKE, 150) is CropAnswer.FIRE_AND_SMOKE
    assert sure.answer(ELSEWHERE, CropQuestion.FIRE_SMOKE, 150) is CropAnswer.NEITHER
    assert sure.answer(THERE, CropQuestion.FIRE_SMOKE, 250) is CropAnswer.NEITHER
    assert sure.answer(ELSEWHERE, CropQuestion.FIRE_SMOKE, 350) is CropAnswer.NEITHER
    assert sure.answer(THERE, CropQuestion.HELMET, 150) is CropAnswer.NO_PERSON
    assert [one.hazard.label for one in sure.detections(150)] == [Label.FIRE, Label.SMOKE]
    assert sure.detections(250) == sure.detections(350) == ()


def test_a_fire_grows() -> None:
    """What is seen of a fire grows with it, up to its place, and is as grave as it is large."""
    first, last = model(NEVER_WRONG).detections(101)[0], model(NEVER_WRONG).detections(199)[0]
    assert first.box.area < 0.2 * last.box.area
    assert first.hazard.sub_label is SubLabel.MINOR
    assert last.hazard.sub_label is SubLabel.MODERATE


@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0])
def test_it_errs_as_often_as_is_said(alike: float) -> None:
    """Over many things it misses as many as the rate says, however alike looks at one are."""
    rates = ErrorRates(missed=0.2, false=0.0, cannot_tell=0.0, alike=alike)
    looks = [
        model(rates, number).answer(THERE, CropQuestion.FIRE_SMOKE, at_s)
        for number in range(400)
        for at_s in (140.0, 150.0, 160.0)
    ]
    assert looks.count(CropAnswer.NEITHER) / len(looks) == pytest.approx(0.2, abs=0.04)


def test_alike_looks_are_wrong_together() -> None:
    """With looks wholly alike a thing is missed always or never; with none it is neither."""
    for alike, most in ((1.0, 1.0), (0.0, 0.1)):
        rates = ErrorRates(missed=0.5, false=0.0, cannot_tell=0.0, alike=alike)
        same = 0
        for number in range(50):
            one = model(rates, number)
            said = {one.answer(THERE, CropQuestion.FIRE_SMOKE, 140.0 + at) for at in range(10)}
            same += len(said) == 1
        assert same / 50 <= most
        if alike == 1.0:
            assert same == 50


def test_the_same_look_gets_the_same_answer() -> None:
    """What else is asked changes no answer: two roads differ by what they ask alone."""
    rates = ErrorRates(missed=0.5, false=0.5, cannot_tell=0.2)
    first, second = model(rates), model(rates)
    for at_s in range(0, 600, 7):
        first.detections(at_s)
    moments = [float(at_s) for at_s in range(100, 200, 3)]
    ask = CropQuestion.FIRE_SMOKE
    assert [first.answer(THERE, ask, at) for at in moments] == [
        second.answer(THERE, ask, at) for at in moments
    ]
