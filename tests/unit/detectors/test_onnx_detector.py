import numpy as np
import pytest

from safety_detector.detectors.onnx_detector import OnnxDetector, load_onnx_detector
from safety_detector.detectors.raw_boxes import RawAnswer, RawBox, RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Label, SubLabel

SIZE = ImageSize(1000, 500)


@pytest.fixture(scope="module")
def detector() -> OnnxDetector:
    """The bundled weights with thresholds that do not change when they are trained anew."""
    return load_onnx_detector(threads=1, thresholds=dict.fromkeys(RawClass, 0.4))


def states(detections: tuple[Detection, ...]) -> list[tuple[Label, SubLabel]]:
    """Labels with their states, in order."""
    return [(one.hazard.label, one.hazard.sub_label) for one in detections]


def test_boxes_below_their_threshold_are_left_out(detector: OnnxDetector) -> None:
    """What the weights are not sure enough of is not reported."""
    answer = RawAnswer(
        (
            RawBox(RawClass.FIRE, Box(0, 0, 100, 100), 0.6),
            RawBox(RawClass.PERSON, Box(500, 0, 600, 300), 0.39),
        )
    )
    assert states(detector.judge(answer, SIZE)) == [(Label.FIRE, SubLabel.MODERATE)]


def test_thresholds_can_be_set_by_class() -> None:
    """A site with many false alarms can ask for more certainty of one class."""
    strict = load_onnx_detector(threads=1, thresholds={RawClass.FIRE: 0.9})
    answer = RawAnswer((RawBox(RawClass.FIRE, Box(0, 0, 100, 100), 0.85),))
    assert strict.judge(answer, SIZE) == ()
    assert strict.thresholds[RawClass.SMOKE] == strict.facts.threshold(RawClass.SMOKE)


def test_a_fire_that_only_just_passes_is_uncertain(detector: OnnxDetector) -> None:
    """Severity is claimed only by boxes well above their threshold."""
    answer = RawAnswer((RawBox(RawClass.FIRE, Box(0, 0, 900, 400), 0.41),))
    assert states(detector.judge(answer, SIZE)) == [(Label.FIRE, SubLabel.UNCERTAIN)]


def test_a_picture_sure_of_smoke_is_never_silent(detector: OnnxDetector) -> None:
    """Smoke that fills the frame thinly is reported although no box passes its threshold."""
    best = RawBox(RawClass.SMOKE, Box(10, 10, 400, 300), 0.2)
    found = detector.judge(RawAnswer((best,), {RawClass.SMOKE: 1.0, RawClass.FIRE: 0.0}), SIZE)
    assert states(found) == [(Label.SMOKE, SubLabel.UNCERTAIN)]
    assert found[0].box == Box(10, 10, 400, 300)


def test_without_any_box_the_whole_picture_is_marked(detector: OnnxDetector) -> None:
    """The alarm is kept even if nothing tells where."""
    found = detector.judge(RawAnswer((), {RawClass.FIRE: 1.0}), SIZE)
    assert [one.box for one in found] == [Box(0, 0, 1000, 500)]


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


def test_tiling_answers_in_pixels_of_the_whole_picture() -> None:
    """Boxes from a part of a large picture are moved to where they belong."""
    tiled = load_onnx_detector(threads=1, tiling=True)
    noise = np.random.default_rng(1).integers(0, 256, (900, 1600, 3), np.uint8)
    for one in tiled.raw(noise, min_score=0.001).boxes:
        assert 0 <= one.box.x1 < one.box.x2 <= 1600
        assert 0 <= one.box.y1 < one.box.y2 <= 900
