from pathlib import Path

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.evaluation.count_errors import count_errors
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.truth import LabelledPicture, TrueBox

BOX = Box(10, 10, 50, 90)
FIRE = Detection(BOX, Hazard(Label.FIRE, SubLabel.MINOR), 0.9)
BARE = Detection(BOX, Hazard(Label.PERSON, SubLabel.NO_HELMET), 0.9)
UNSURE = Detection(BOX, Hazard(Label.PERSON, SubLabel.UNCERTAIN), 0.9)


def answered(
    truths: list[TrueBox], *found: Detection, labelled: frozenset[RawClass] = frozenset(RawClass)
) -> Answered:
    """One labelled picture and what was reported of it."""
    picture = LabelledPicture(Path("x.jpg"), ImageSize(640, 480), labelled, tuple(truths))
    return Answered(picture, found, None, elapsed_ms=1.0)


def truth(kind: RawClass, *, ignored: bool = False) -> TrueBox:
    """One labelled thing, wherever it lies."""
    return TrueBox(kind, BOX, ignored)


def test_five_boxes_on_one_fire_are_an_error_of_four() -> None:
    """The figure says what the average precision overlooks."""
    pictures = [answered([truth(RawClass.FIRE)], *([FIRE] * 5)), answered([])]
    assert count_errors(pictures)["fire"] == {
        "error": 2.0,
        "error_where_any": 4.0,
        "reported": 5,
        "true": 1,
        "pictures": 2,
    }


def test_what_is_too_small_to_count_may_be_counted() -> None:
    """An ignored head is neither missed nor too many."""
    truths = [truth(RawClass.HEAD_BARE), truth(RawClass.HEAD_BARE, ignored=True)]
    for found in ([BARE], [BARE, BARE]):
        assert count_errors([answered(truths, *found)])["no_helmet"]["error"] == 0
    assert count_errors([answered(truths, BARE, BARE, BARE)])["no_helmet"]["error"] == 1


def test_people_are_counted_by_heads_or_bodies_whichever_are_more() -> None:
    """A head without a labelled body is somebody, and so is a body without a labelled head."""
    truths = [truth(RawClass.HEAD_BARE), truth(RawClass.HEAD_HELMET), truth(RawClass.PERSON)]
    assert count_errors([answered(truths, BARE, UNSURE)])["person"]["error"] == 0
    bodies = frozenset({RawClass.PERSON})
    assert count_errors([answered(truths, BARE, labelled=bodies)])["person"]["error"] == 0


def test_pictures_that_are_not_labelled_for_a_class_say_nothing_of_it() -> None:
    """Fires in pictures of workers are not counted as wrong."""
    figures = count_errors([answered([], FIRE, labelled=frozenset({RawClass.PERSON}))])
    assert figures["fire"]["error"] is None
    assert figures["fire"]["pictures"] == 0
