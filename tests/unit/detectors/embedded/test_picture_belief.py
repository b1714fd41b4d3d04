import pytest

from safety_detector.detectors.embedded.onnx_model import BUNDLED_WEIGHTS, ModelFacts, load_model
from safety_detector.detectors.embedded.picture_belief import as_box_score, believe_picture
from safety_detector.detectors.embedded.raw_boxes import RawBox, RawClass
from safety_detector.domain.geometry import Box, ImageSize

SIZE = ImageSize(1000, 500)


@pytest.fixture(scope="module")
def facts() -> ModelFacts:
    """Thresholds of the bundled weights."""
    return load_model(BUNDLED_WEIGHTS, 1).facts


def test_a_picture_sure_of_smoke_is_never_silent(facts: ModelFacts) -> None:
    """Smoke that fills the frame thinly is as sure as the picture, though no box is."""
    best = RawBox(RawClass.SMOKE, Box(10, 10, 400, 300), 0.2)
    weaker = RawBox(RawClass.SMOKE, Box(500, 10, 600, 300), 0.1)
    found = believe_picture((best, weaker), {RawClass.SMOKE: 1.0, RawClass.FIRE: 0.0}, facts, SIZE)
    assert [(one.box, one.score, one.place_score) for one in found] == [
        (best.box, 1.0, 0.2),
        (weaker.box, 0.1, 0.1),
    ]


def test_without_any_box_the_whole_picture_is_marked(facts: ModelFacts) -> None:
    """The alarm is kept even if nothing tells where."""
    found = believe_picture((), {RawClass.FIRE: 1.0}, facts, SIZE)
    assert [one.box for one in found] == [Box(0, 0, 1000, 500)]


def test_a_sure_box_keeps_its_score(facts: ModelFacts) -> None:
    """The picture only ever adds."""
    best = RawBox(RawClass.FIRE, Box(10, 10, 400, 300), 0.9)
    assert believe_picture((best,), {RawClass.FIRE: 0.1}, facts, SIZE) == [best]


@pytest.mark.parametrize("kind", [RawClass.FIRE, RawClass.SMOKE])
def test_one_threshold_holds_for_boxes_and_pictures(kind: RawClass, facts: ModelFacts) -> None:
    """A picture that is as sure as its own threshold asks scores what a box's threshold asks."""
    own = facts.picture_threshold(kind)
    assert own is not None
    assert as_box_score(kind, own, facts) == facts.threshold(kind)
    steps = [as_box_score(kind, n / 50, facts) for n in range(51)]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0.0, 1.0)
