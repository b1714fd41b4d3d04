from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from safety_detector.detectors.embedded.detector import (
    EmbeddedOptions,
    OnnxDetector,
    load_onnx_detector,
)
from safety_detector.detectors.embedded.raw_boxes import RawAnswer, RawBox, RawClass
from safety_detector.detectors.tiling import OFF, parse_tiling
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.domain.inspection import Verdict, decide_verdict
from safety_detector.pictures.images import RgbImage, decode, read_header

SIZE = ImageSize(1000, 500)
SAMPLES = Path(__file__).parents[4] / "samples"


@pytest.fixture(scope="module")
def detector() -> OnnxDetector:
    """The bundled weights, whose own thresholds decide."""
    return load_onnx_detector(threads=1)


def with_thresholds(**thresholds: float) -> OnnxDetector:
    """The bundled weights where somebody asked for these scores."""
    asked = {RawClass(name): score for name, score in thresholds.items()}
    return load_onnx_detector(threads=1, options=EmbeddedOptions(asked))


def states(detections: tuple[Detection, ...]) -> list[tuple[Label, SubLabel]]:
    """Labels with their states, in order."""
    return [(one.hazard.label, one.hazard.sub_label) for one in detections]


def test_boxes_below_their_threshold_are_left_out(detector: OnnxDetector) -> None:
    """What the weights are not sure enough of is not reported."""
    answer = RawAnswer(
        (
            RawBox(RawClass.FIRE, Box(0, 0, 100, 100), 0.9),
            RawBox(RawClass.PERSON, Box(500, 0, 600, 300), 0.2),
        )
    )
    assert states(detector.judge(answer, SIZE)) == [(Label.FIRE, SubLabel.MODERATE)]


def test_thresholds_can_be_set_by_class() -> None:
    """A site with many false alarms can ask for more certainty of one class."""
    strict = with_thresholds(fire=0.9)
    answer = RawAnswer((RawBox(RawClass.FIRE, Box(0, 0, 100, 100), 0.85),))
    assert strict.judge(answer, SIZE) == ()
    assert strict.thresholds[RawClass.SMOKE] == strict.facts.threshold(RawClass.SMOKE)
    assert strict.conditions.thresholds is not None
    assert strict.conditions.thresholds["fire"] == 0.9


def test_a_fire_that_only_just_passes_is_uncertain(detector: OnnxDetector) -> None:
    """Severity is claimed only by boxes well above the threshold of the weights."""
    score = detector.facts.threshold(RawClass.FIRE) + 0.01
    answer = RawAnswer((RawBox(RawClass.FIRE, Box(0, 0, 900, 400), score),))
    assert states(detector.judge(answer, SIZE)) == [(Label.FIRE, SubLabel.UNCERTAIN)]


def test_what_is_not_looked_for_is_not_reported() -> None:
    """A site that asks for fire and smoke hears of nobody, and the run says so."""
    options = EmbeddedOptions(labels=(Label.SMOKE, Label.FIRE))
    detector = load_onnx_detector(threads=1, options=options)
    answer = RawAnswer(
        (
            RawBox(RawClass.FIRE, Box(0, 0, 100, 100), 0.9),
            RawBox(RawClass.HEAD_BARE, Box(500, 0, 600, 100), 0.9),
        )
    )
    assert [one.hazard.label for one in detector.judge(answer, SIZE)] == [Label.FIRE]
    assert detector.conditions.classes == ("fire", "smoke")


SAMPLES = Path(__file__).parents[4] / "samples"


def sample(name: str) -> RgbImage:
    """A picture of the samples, decoded."""
    data = (SAMPLES / name).read_bytes()
    return decode(data, read_header(data))


@pytest.mark.parametrize("name", ["fire-in-laboratory.jpg", "two-bare-heads-low-sun.jpg"])
def test_a_score_never_depends_on_a_threshold(name: str) -> None:
    """Whatever is asked for: the same boxes with the same scores, fewer of them or more."""
    rgb = sample(name)
    found = []
    for score in (0.0, 0.2, None, 0.7, 0.97, 1.0):
        asked = {} if score is None else dict.fromkeys((kind.value for kind in RawClass), score)
        detections = with_thresholds(**asked).detect(rgb).detections
        assert all(score is None or (one.score or 0) >= score for one in detections)
        found.append({(one.box, one.hazard.label, one.score) for one in detections})
    for more, fewer in pairwise(found):
        assert fewer <= more
    assert len(found[0]) > len(found[2])


def test_a_score_that_was_read_off_works_as_a_threshold() -> None:
    """A class counts from its threshold on, and that includes the score which results show."""
    rgb = sample("astronaut-helmet-composed.jpg")
    usual = with_thresholds().detect(rgb).detections
    score = max(one.score or 0.0 for one in usual if one.hazard.label is Label.PERSON)
    assert score == round(score, 4)

    def people(threshold: float) -> int:
        found = with_thresholds(person=threshold).detect(rgb).detections
        return sum(one.hazard.label is Label.PERSON for one in found)

    assert people(score) > 0
    assert people(score + 0.0001) == 0


def test_an_empty_grey_picture_gives_nothing(detector: OnnxDetector) -> None:
    """A lens cap is no fire."""
    outcome = detector.detect(np.full((300, 400, 3), 128, np.uint8))
    assert outcome.detections == ()
    assert outcome.run.complete


def test_a_run_names_the_model_and_its_stages(detector: OnnxDetector) -> None:
    """Results can be traced to the weights, and slow stages can be told apart."""
    run = detector.detect(np.zeros((64, 64, 3), np.uint8)).run
    assert run.backend == "embedded"
    assert run.model == f"{detector.facts.model_name} {detector.facts.version}"
    assert set(run.timings_ms) == {"prepare", "model", "parse"}


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (2000, 30), (417, 416)])
def test_every_shape_of_picture_is_taken(detector: OnnxDetector, shape: tuple[int, int]) -> None:
    """Strips and single pixels are odd, but they are pictures."""
    noise = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    for one in detector.raw(noise).boxes:
        assert 0 <= one.box.x1 < one.box.x2 <= shape[1]
        assert 0 <= one.box.y1 < one.box.y2 <= shape[0]
        assert 0 <= one.score <= 1


@pytest.mark.parametrize("asked", [{}, {"smoke": 0.06, "head_bare": 0.06}])
def test_what_is_measured_is_what_is_reported(asked: dict[str, float]) -> None:
    """Evaluation, which keeps every weak box, comes to the detections that a user gets."""
    detector = with_thresholds(**asked)
    for name in ("two-bare-heads-low-sun.jpg", "fire-in-laboratory.jpg", "sunset-nothing.jpg"):
        data = (SAMPLES / name).read_bytes()
        rgb = decode(data, read_header(data))
        kept = detector.judge(detector.raw(rgb, 0.05), ImageSize(rgb.shape[1], rgb.shape[0]))
        assert detector.detect(rgb).detections == kept


def test_tiles_answer_in_pixels_of_the_whole_picture() -> None:
    """Boxes from a part of a large picture are moved to where they belong."""
    options = EmbeddedOptions(tiling=parse_tiling("2x2"))
    tiled = load_onnx_detector(threads=1, options=options)
    noise = np.random.default_rng(1).integers(0, 256, (900, 1600, 3), np.uint8)
    for one in tiled.raw(noise, min_score=0.001).boxes:
        assert 0 <= one.box.x1 < one.box.x2 <= 1600
        assert 0 <= one.box.y1 < one.box.y2 <= 900


def test_a_large_picture_that_was_not_cut_is_incomplete() -> None:
    """Nobody of 40 pixels would be seen in it, and silence must not mean that nobody is there."""
    grey = np.full((2160, 3840, 3), 128, np.uint8)
    options = EmbeddedOptions(tiling=OFF)
    run = load_onnx_detector(threads=1, options=options).detect(grey).run
    assert [one.code for one in run.incomplete_reasons] == ["picture-shrunk"]
    assert run.conditions.tiling == "off"


def test_tiles_of_such_a_picture_make_it_complete() -> None:
    """What was looked at in parts misses nobody of that size, and the run says how many parts."""
    grey = np.full((1500, 2500, 3), 128, np.uint8)
    run = load_onnx_detector(threads=1).detect(grey).run
    assert run.complete
    assert run.tiles == 6


def crowd() -> tuple[RgbImage, list[Box]]:
    """A picture of 4K with 24 people of 160 pixels, and where each of them stands."""
    canvas = cv2.resize(sample("pagoda-nothing.jpg"), (3840, 2160))
    # Two people of one sample, with some of what is around them.
    photograph = sample("helmet-and-bare-head-composed.jpg")
    crops = [photograph[40:420, 480:680], photograph[430:840, 1010:1240]]
    places = []
    for number in range(24):
        crop = crops[number % 2]
        small = cv2.resize(crop, None, fx=0.48, fy=0.48, interpolation=cv2.INTER_AREA)
        height, width = small.shape[:2]
        x, y = 200 + number % 6 * 620 + number * 7, 150 + number // 6 * 500 + number * 5
        canvas[y : y + height, x : x + width] = small
        places.append(Box(x, y, x + width, y + height))
    return canvas, places


def test_people_who_are_small_in_a_large_picture_are_found_once() -> None:
    """A camera of 4K that shows a yard sees the people in it, without a setting."""
    rgb, places = crowd()
    detector = load_onnx_detector(threads=1)
    people = [
        one.box for one in detector.detect(rgb).detections if one.hazard.label is Label.PERSON
    ]
    at = [sum(place.contains(box.centre) for box in people) for place in places]
    assert sum(map(bool, at)) >= 12
    assert max(at) == 1
    whole = load_onnx_detector(threads=1, options=EmbeddedOptions(tiling=OFF)).detect(rgb)
    assert sum(one.hazard.label is Label.PERSON for one in whole.detections) <= 2
    assert decide_verdict(whole.detections, (whole.run,)) is not Verdict.CLEAR
