from dataclasses import replace
from pathlib import Path

import pytest

from safety_detector.detectors.embedded.raw_boxes import RawAnswer, RawBox, RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.evaluation.figures import compute_figures
from safety_detector.evaluation.mistakes import rank_mistakes
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.truth import LabelledPicture, TrueBox

ALL = frozenset(RawClass)
FIRE_BOX, PERSON_BOX = Box(10, 10, 110, 110), Box(300, 50, 400, 350)
HEAD_BOX = Box(330, 50, 370, 100)
THRESHOLDS = dict.fromkeys(RawClass, 0.5)


def picture(*boxes: TrueBox, labelled: frozenset[RawClass] = ALL) -> LabelledPicture:
    """A labelled picture that is never opened."""
    return LabelledPicture(Path("x.jpg"), ImageSize(640, 480), labelled, boxes)


def answered(
    truth: LabelledPicture,
    detections: tuple[Detection, ...] = (),
    raw: RawAnswer | None = None,
) -> Answered:
    """What a detector said of it."""
    return Answered(truth, detections, raw, elapsed_ms=10.0)


def fire(score: float | None = 0.9, box: Box = FIRE_BOX) -> Detection:
    """A detected fire."""
    return Detection(box, Hazard(Label.FIRE, SubLabel.SEVERE), score)


def worker(state: SubLabel) -> Detection:
    """A detected person."""
    return Detection(PERSON_BOX, Hazard(Label.PERSON, state))


def test_a_perfect_detector_scores_one() -> None:
    """Every fire found and nothing invented is an average precision of one."""
    truth = picture(TrueBox(RawClass.FIRE, FIRE_BOX))
    raw = RawAnswer((RawBox(RawClass.FIRE, FIRE_BOX, 0.9),), {RawClass.FIRE: 0.9})
    quiet = RawAnswer((), {RawClass.FIRE: 0.1, RawClass.SMOKE: 0.1})
    figures = compute_figures(
        [answered(truth, (fire(),), raw), answered(picture(), (), quiet)], THRESHOLDS
    )
    assert figures["classes"]["fire"] == {
        "ap50": pytest.approx(1.0),
        "ap50_95": pytest.approx(1.0),
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
        "threshold": 0.5,
        "n": 1,
        "n_derived": 0,
    }
    assert figures["picture_level"]["fire"]["recall"] == 1.0
    assert figures["picture_level"]["fire"]["recall_at_5pct_fp"] == 1.0
    assert figures["picture_level"]["fire"]["false_positive_rate"] == 0.0
    assert figures["false_alarms_per_negative"] == 0.0
    assert figures["classes"]["smoke"]["ap50"] is None


def test_boxes_of_classes_that_are_not_labelled_cost_nothing() -> None:
    """A person in a picture labelled for fire only is no false alarm."""
    truth = picture(TrueBox(RawClass.FIRE, FIRE_BOX), labelled=frozenset({RawClass.FIRE}))
    raw = RawAnswer((RawBox(RawClass.PERSON, PERSON_BOX, 0.9),))
    figures = compute_figures([answered(truth, (), raw)], THRESHOLDS)
    assert figures["classes"]["person"]["precision"] is None
    assert figures["classes"]["person"]["n"] == 0


def test_boxes_below_the_threshold_count_for_the_curve_alone() -> None:
    """Average precision looks at all scores, precision and recall at what is reported."""
    truth = picture(TrueBox(RawClass.FIRE, FIRE_BOX))
    raw = RawAnswer((RawBox(RawClass.FIRE, FIRE_BOX, 0.4),))
    figures = compute_figures([answered(truth, (), raw)], THRESHOLDS)["classes"]["fire"]
    assert figures["ap50"] == pytest.approx(1.0)
    assert figures["recall"] == 0.0


def test_derived_boxes_are_scored_apart() -> None:
    """Rough labels do not hide how well the hand-made ones are found."""
    rough = TrueBox(RawClass.HEAD_HELMET, HEAD_BOX, derived=True)
    exact = TrueBox(RawClass.HEAD_HELMET, Box(500, 50, 540, 100))
    raw = RawAnswer((RawBox(RawClass.HEAD_HELMET, exact.box, 0.9),))
    figures = compute_figures([answered(picture(rough, exact), (), raw)], THRESHOLDS)
    heads = figures["classes"]["head_helmet"]
    assert heads["ap50"] == pytest.approx(0.5, abs=0.01)
    assert heads["ap50_without_derived"] == pytest.approx(1.0)
    assert heads["n_derived"] == 1


def test_a_backend_without_scores_has_no_average_precision() -> None:
    """The language model is judged by what it reports; heads by the person who holds them."""
    truth = picture(
        TrueBox(RawClass.FIRE, FIRE_BOX),
        TrueBox(RawClass.HEAD_BARE, HEAD_BOX),
        TrueBox(RawClass.HEAD_BARE, Box(500, 50, 540, 100)),
    )
    detections = (fire(score=None), worker(SubLabel.NO_HELMET))
    figures = compute_figures([answered(truth, detections)], None)
    assert figures["mean_ap50"] is None
    assert figures["classes"]["fire"]["precision"] == 1.0
    assert figures["classes"]["head_bare"]["ap50"] is None
    assert figures["classes"]["head_bare"]["recall"] == 0.5
    assert figures["classes"]["head_bare"]["precision"] is None
    assert figures["picture_level"]["fire"]["recall_at_5pct_fp"] is None


def test_the_helmet_state_is_judged_head_by_head() -> None:
    """Of all bare heads the share called so, of all helmeted the share called so."""
    truth = picture(TrueBox(RawClass.HEAD_BARE, HEAD_BOX))
    helmeted = picture(TrueBox(RawClass.HEAD_HELMET, HEAD_BOX))
    state = compute_figures(
        [
            answered(truth, (worker(SubLabel.NO_HELMET),)),
            answered(truth, (worker(SubLabel.UNCERTAIN),)),
            answered(truth),
            answered(helmeted, (worker(SubLabel.HELMET),)),
        ],
        None,
    )["helmet_state"]
    assert state["bare_called_no_helmet"] == pytest.approx(1 / 3, abs=1e-4)
    assert state["n_bare"] == 3
    assert state["helmeted_called_helmet"] == 1.0


def test_false_alarms_are_counted_on_clear_pictures_only() -> None:
    """Two invented fires on two clear pictures are one alarm a picture."""
    burning = picture(TrueBox(RawClass.FIRE, FIRE_BOX))
    twice = (fire(), fire(box=Box(200, 200, 300, 300)))
    figures = compute_figures(
        [answered(picture(), twice), answered(picture()), answered(burning, (fire(),))], None
    )
    assert figures["false_alarms_per_negative"] == 1.0
    assert figures["picture_level"]["fire"]["false_positive_rate"] == 0.5


def test_a_failed_picture_is_counted_and_finds_nothing() -> None:
    """A failure never improves a figure."""
    truth = picture(TrueBox(RawClass.FIRE, FIRE_BOX))
    failed = Answered(truth, (), None, 5.0, error="model-fault")
    figures = compute_figures([failed], None)
    assert figures["failed"] == 1
    assert figures["picture_level"]["fire"]["recall"] == 0.0


def test_the_worst_mistakes_come_first() -> None:
    """A missed fire outranks a missed person, and a faultless picture is not shown."""
    missed_fire = answered(picture(TrueBox(RawClass.FIRE, FIRE_BOX)))
    missed_person = answered(picture(TrueBox(RawClass.PERSON, PERSON_BOX)))
    fine = answered(picture())
    ranked = rank_mistakes([missed_person, fine, missed_fire], limit=10)
    assert [one.answer for one in ranked] == [missed_fire, missed_person]
    assert ranked[0].mistakes[0].kind == "missed fire"


def test_a_confirmed_fire_that_is_missed_is_a_mistake_and_counts_as_missed() -> None:
    """Nobody has to have searched the rest of the picture for that."""
    missed = answered(picture(TrueBox(RawClass.FIRE, FIRE_BOX), labelled=frozenset()))
    ranked = rank_mistakes([missed], limit=10)
    assert [one.kind for one in ranked[0].mistakes] == ["missed fire"]
    level = compute_figures([missed], None)["picture_level"]["fire"]
    assert (level["n_positive"], level["recall"], level["n_negative"]) == (1, 0.0, 0)


def test_split_boxes_of_one_fire_are_no_mistake_to_look_at() -> None:
    """Where fire boxes are cut is arbitrary; the picture was called rightly."""
    truth = picture(TrueBox(RawClass.FIRE, FIRE_BOX))
    assert rank_mistakes([answered(truth, (fire(box=Box(300, 300, 400, 400)),))], limit=10) == []


def test_the_area_of_a_fire_counts_however_it_is_split() -> None:
    """Two boxes on one fire are wrong by average precision and right by area."""
    truth = picture(TrueBox(RawClass.FIRE, Box(0, 0, 100, 100)))
    halves = (fire(0.9, Box(0, 0, 50, 100)), fire(0.8, Box(50, 0, 100, 100)))
    missed = picture(TrueBox(RawClass.FIRE, FIRE_BOX))
    regions = compute_figures([answered(truth, halves), answered(missed)], None)["regions"]
    assert regions["fire"] == {
        "iou_median": 0.5,
        "iou_at_least_half": 0.5,
        "best_box_area_ratio_median": 0.5,
        "n": 2,
    }
    assert regions["smoke"]["iou_median"] is None


def test_each_kind_of_scene_has_its_own_figures() -> None:
    """Sunsets called fire do not hide among a thousand quiet pictures."""
    sunset = replace(picture(), tag="sunset")
    hall = replace(picture(), tag="hall")
    figures = compute_figures([answered(sunset, (fire(),)), answered(hall)], None)
    assert figures["negatives_alarmed"] == 0.5
    by_tag = figures["by_tag"]
    assert [by_tag[tag]["negatives_alarmed"] for tag in ("hall", "sunset")] == [0.0, 1.0]
    assert compute_figures([answered(picture())], None)["by_tag"] == {}


def test_a_bare_head_called_safe_is_counted_apart() -> None:
    """It is worse than one that stays uncertain."""
    truth = picture(TrueBox(RawClass.HEAD_BARE, HEAD_BOX))
    for state, called_safe in ((SubLabel.HELMET, 1.0), (SubLabel.UNCERTAIN, 0.0)):
        states = compute_figures([answered(truth, (worker(state),))], None)["helmet_state"]
        assert states["bare_called_no_helmet"] == 0.0
        assert states["bare_called_helmet"] == called_safe


def test_a_set_of_reported_people_is_held_against_reported_people() -> None:
    """Of somebody only the head is seen: no body of the network could be that person's box."""
    head = Box(100, 50, 130, 80)
    truth = replace(picture(TrueBox(RawClass.PERSON, head)), as_reported=True)
    person = Detection(head, Hazard(Label.PERSON, SubLabel.NO_HELMET), 0.4)
    raw = RawAnswer((RawBox(RawClass.HEAD_BARE, head, 0.4),))
    figures = compute_figures([answered(truth, (person,), raw)], THRESHOLDS)["classes"]["person"]
    assert (figures["ap50"], figures["precision"], figures["recall"]) == (1.0, 1.0, 1.0)
