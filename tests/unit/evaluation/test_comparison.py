"""Which of two detectors is better, and when nobody can tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from safety_detector.cli.comparison import in_words
from safety_detector.detectors.embedded.raw_boxes import RawAnswer, RawBox, RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.evaluation.comparison import ComparedAnswers, Judgement, compare_answers
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.saved import JudgedBy, SavedAnswers
from safety_detector.evaluation.truth import LabelledPicture, TrueBox

FIRE_BOX, HEAD_BOX = Box(10, 10, 110, 110), Box(330, 50, 370, 100)
PERSON_BOX = Box(300, 50, 400, 350)
FIRE = Detection(FIRE_BOX, Hazard(Label.FIRE, SubLabel.SEVERE))
FIRE_FOUND, NO_ALARM = "fire reported where it is", "no alarm where there is neither"
BARE_FOUND = "bare heads called no_helmet"


def burning(number: int, group: str | None = None) -> LabelledPicture:
    """A picture with a fire."""
    fire = (TrueBox(RawClass.FIRE, FIRE_BOX),)
    size, known = ImageSize(640, 480), frozenset({RawClass.FIRE, RawClass.SMOKE})
    return LabelledPicture(Path(f"/set/burning-{number}.jpg"), size, known, fire, group=group)


def calm(number: int) -> LabelledPicture:
    """A picture of nothing."""
    return replace(burning(number), path=Path(f"/set/calm-{number}.jpg"), boxes=())


def worker(number: int) -> LabelledPicture:
    """A bare head, in a set of people as they are reported."""
    person = TrueBox(RawClass.PERSON, PERSON_BOX, state=SubLabel.NO_HELMET)
    labelled = replace(burning(number), path=Path(f"/set/worker-{number}.jpg"), boxes=(person,))
    return replace(labelled, labelled=frozenset({RawClass.PERSON}), as_reported=True)


def person(state: SubLabel) -> Detection:
    """A detected person."""
    return Detection(PERSON_BOX, Hazard(Label.PERSON, state))


def saved(
    answers: list[tuple[LabelledPicture, tuple[Detection, ...]]], prompt: str = "zh-1"
) -> SavedAnswers:
    """Answers of the language model."""
    judged_by = JudgedBy(backend="qwen", model="Qwen2.5-VL", prompt_version=prompt)
    return SavedAnswers(judged_by, tuple(Answered(one, found, None, 9.0) for one, found in answers))


def fires_found(before: int, now: int, of: int = 40, group_of: int = 1) -> ComparedAnswers:
    """Both detectors on pictures of fires, of which each finds the first so many."""
    pictures = [burning(n, f"group-{n // group_of}" if group_of > 1 else None) for n in range(of)]
    sides = [
        saved([(one, (FIRE,) if n < found else ()) for n, one in enumerate(pictures)])
        for found in (before, now)
    ]
    return compare_answers(*sides)


def judged(compared: ComparedAnswers, name: str) -> Judgement:
    """The judgement of one figure."""
    [figure] = [one for one in compared.figures if one.name == name]
    return figure.judgement


@pytest.mark.parametrize(
    ("before", "now", "judgement"),
    [
        (10, 30, Judgement.BETTER),
        (30, 10, Judgement.WORSE),
        (30, 36, Judgement.BETTER),
        (30, 35, Judgement.CANNOT_TELL),  # chance alone does so in one of 16
        (30, 29, Judgement.CANNOT_TELL),
        (30, 30, Judgement.SAME),
        (0, 0, Judgement.SAME),
    ],
)
def test_better_and_worse_are_said_only_where_chance_would_not_do_it(
    before: int, now: int, judgement: Judgement
) -> None:
    """Five more of forty may be luck; nobody is told that it is an improvement."""
    assert judged(fires_found(before, now), FIRE_FOUND) is judgement


def test_a_detector_that_sees_no_confirmed_fire_is_not_better_for_seeing_no_lamp() -> None:
    """Of what people confirmed the rest of the picture is not labelled; it counts all the same."""
    fires = [replace(burning(n), labelled=frozenset()) for n in range(40)]
    pictures = [*fires, *(calm(n) for n in range(20))]
    sees_all = saved([(one, (FIRE,)) for one in pictures])
    compared = compare_answers(sees_all, saved([(one, ()) for one in pictures]))
    assert judged(compared, FIRE_FOUND) is Judgement.WORSE
    assert len(compared.worse) == 40


def test_the_same_frames_seen_often_are_no_more_evidence() -> None:
    """Twenty better pictures of two cameras' days are two."""
    assert judged(fires_found(10, 30), FIRE_FOUND) is Judgement.BETTER
    assert judged(fires_found(10, 30, group_of=10), FIRE_FOUND) is Judgement.CANNOT_TELL


def test_gains_and_losses_that_cancel_are_neither_same_nor_better() -> None:
    """A total that did not move hides nothing: what changed is counted both ways."""
    pictures = [burning(n) for n in range(40)]
    before = saved([(one, (FIRE,) if n < 20 else ()) for n, one in enumerate(pictures)])
    now = saved([(one, () if n < 20 else (FIRE,)) for n, one in enumerate(pictures)])
    compared = compare_answers(before, now)
    [figure] = [one for one in compared.figures if one.name == FIRE_FOUND]
    assert (figure.difference, figure.gained, figure.lost) == (0.0, 20, 20)
    assert figure.judgement is Judgement.CANNOT_TELL
    assert (len(compared.worse), len(compared.better)) == (20, 20)


def test_false_alarms_that_rise_are_worse() -> None:
    """Where lower is better, a rise is no improvement."""
    pictures = [calm(n) for n in range(40)]
    before = saved([(one, ()) for one in pictures])
    now = saved([(one, (FIRE,) if n < 12 else ()) for n, one in enumerate(pictures)])
    compared = compare_answers(before, now)
    assert judged(compared, NO_ALARM) is Judgement.WORSE
    assert judged(compared, "called fire where there is none") is Judgement.WORSE
    assert [one.name for one in compared.worse] == [f"calm-{n}.jpg" for n in range(12)]


def test_helmets_of_people_as_reviewers_corrected_them_are_compared() -> None:
    """A set of corrected boxes has people and no heads; their states are compared all the same."""
    pictures = [worker(n) for n in range(30)]
    before = saved([(one, (person(SubLabel.HELMET),)) for one in pictures])
    now = saved([(one, (person(SubLabel.NO_HELMET),)) for one in pictures])
    compared = compare_answers(before, now)
    assert judged(compared, BARE_FOUND) is Judgement.BETTER
    assert judged(compared, "bare heads called helmet") is Judgement.BETTER
    assert len(compared.better) == 30


def test_a_run_that_failed_is_no_right_answer() -> None:
    """A detector that fails on quiet pictures does not look as good as one that looks at them."""
    pictures = [calm(n) for n in range(30)]
    before = saved([(one, ()) for one in pictures])
    failed = tuple(Answered(one, (), None, 9.0, error="model-fault") for one in pictures)
    compared = compare_answers(before, SavedAnswers(before.judged_by, failed))
    assert judged(compared, NO_ALARM) is Judgement.WORSE
    assert judged(compared, "runs that failed") is Judgement.WORSE


def test_average_precision_is_compared_where_both_have_scores() -> None:
    """Better ranking is seen even where no threshold is crossed."""
    pictures = [burning(n) for n in range(40)]
    wrong = Box(300, 300, 400, 400)

    def answers(right_score: float) -> SavedAnswers:
        raws = RawAnswer(
            tuple(
                sorted(
                    (
                        RawBox(RawClass.FIRE, FIRE_BOX, right_score),
                        RawBox(RawClass.FIRE, wrong, 0.5),
                    ),
                    key=lambda one: -one.score,
                )
            )
        )
        judged_by = JudgedBy(backend="embedded", model="x", thresholds=dict.fromkeys(RawClass, 0.9))
        return SavedAnswers(judged_by, tuple(Answered(one, (), raws, 9.0) for one in pictures))

    compared = compare_answers(answers(0.4), answers(0.6))
    assert judged(compared, "fire: average precision (AP50)") is Judgement.BETTER
    assert judged(compared, FIRE_FOUND) is Judgement.SAME


def test_another_threshold_shows_in_the_head_and_in_two_rows() -> None:
    """What a lower threshold finds and what it invents stand beside each other."""
    usual = {kind.value: 0.5 for kind in RawClass}

    def at(threshold: float) -> SavedAnswers:
        judged_by = JudgedBy(
            backend="embedded", model="one", thresholds={**usual, "fire": threshold}, tiling="off"
        )
        raw = RawAnswer((RawBox(RawClass.FIRE, FIRE_BOX, 0.4),))
        answers = [Answered(burning(n), (), raw, 1.0) for n in range(10)]
        answers += [Answered(calm(n), (), raw, 1.0) for n in range(10)]
        return SavedAnswers(judged_by, tuple(answers))

    compared = compare_answers(at(0.5), at(0.3))
    rows = {one.name: one for one in compared.figures}
    assert {name for name in rows if "of boxes" in name} == {
        "fire: recall of boxes",
        "fire: precision of boxes",
    }
    assert (rows["fire: recall of boxes"].before, rows["fire: recall of boxes"].now) == (0.0, 1.0)
    assert rows["fire: recall of boxes"].judgement is Judgement.BETTER
    assert rows["fire: precision of boxes"].now == 0.5
    assert compared.before.beside(compared.now) == "embedded: one, thresholds fire=0.5"
    assert compared.now.beside(compared.before) == "embedded: one, thresholds fire=0.3"
    assert not any("of boxes" in one.name for one in compare_answers(at(0.5), at(0.5)).figures)


def test_the_head_names_whatever_was_asked_otherwise() -> None:
    """Two that are asked the same look the same, and no other two do."""
    one = JudgedBy(backend="qwen", model="m", prompt_version="zh-1", tiling="off")
    assert one.beside(one) == "qwen: m, prompt zh-1"
    for other in (
        one.model_copy(update={"tiling": "2x2"}),
        one.model_copy(update={"classes": ("fire",)}),
        one.model_copy(update={"prompt_version": "gate-2"}),
        one.model_copy(update={"model": "n"}),
    ):
        assert one.beside(other) != other.beside(one)


@pytest.mark.parametrize(
    ("now", "drawn", "asked"), [(40, False, True), (40, True, False), (20, False, False)]
)
def test_pictures_are_pointed_to_where_there_are_any_to_look_at(
    now: int, drawn: bool, asked: bool
) -> None:
    """Nobody is told to ask for what was drawn, or for nothing."""
    said = " ".join(in_words(fires_found(20, now), drawn=drawn))
    assert ("--differences" in said) is asked
