from dataclasses import replace
from pathlib import Path

import pytest

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.evaluation.acceptance import Comparison, Question, compare
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.truth import LabelledPicture, TrueBox

HEAD, BODY = Box(20, 10, 40, 30), Box(10, 8, 50, 100)
FIRE = Detection(BODY, Hazard(Label.FIRE, SubLabel.MINOR), 0.9)
SMOKE = Detection(BODY, Hazard(Label.SMOKE, SubLabel.MINOR), 0.9)


def person(state: SubLabel, box: Box = BODY) -> Detection:
    """Somebody as the product reports them."""
    return Detection(box, Hazard(Label.PERSON, state), 0.9)


def picture(*boxes: TrueBox, labelled: frozenset[RawClass] = frozenset(RawClass), name: str = "a"):
    """One labelled picture."""
    return LabelledPicture(Path(f"{name}.jpg"), ImageSize(200, 200), labelled, boxes)


def answered(of: LabelledPicture, *found: Detection, error: str | None = None) -> Answered:
    """What a detector said of it."""
    return Answered(of, found, None, 1.0, error)


def changes(comparison: Comparison) -> dict[Question, tuple[int, int, int]]:
    """Asked, before, after by question."""
    return {one.question: (one.asked, one.before, one.after) for one in comparison.changes}


def test_a_fire_that_is_no_longer_seen_forbids_the_weights_whatever_else_they_gain() -> None:
    """Nobody trades an overlooked fire for ten helmets."""
    fire = picture(TrueBox(RawClass.FIRE, BODY), name="fire")
    heads = [picture(TrueBox(RawClass.HEAD_HELMET, HEAD), name=f"head{n}") for n in range(10)]
    before = [answered(fire, FIRE), *(answered(one) for one in heads)]
    after = [answered(fire), *(answered(one, person(SubLabel.HELMET)) for one in heads)]
    found = compare(before, after)
    assert found.gain == 9
    assert [(one.question, one.worse) for one in found.losses] == [(Question.FIRE, ("fire.jpg",))]


def test_one_of_fifty_may_turn_out_worse_but_not_one_of_forty_nine() -> None:
    """A borderline picture of a large set is no loss; of a small set every one counts."""
    for number, loses in ((49, True), (50, False)):
        calm = [picture(name=f"calm{n}") for n in range(number)]
        before = [answered(one) for one in calm]
        after = [answered(calm[0], SMOKE), *before[1:]]
        (loss,) = [one for one in compare(before, after).changes if one.question is Question.CALM]
        assert (loss.loses, loss.worse) == (loses, ("calm0.jpg",))


def test_what_is_lost_here_and_won_there_is_no_loss_within_one_question() -> None:
    """Which of two bare heads is called does not matter for the count, and both are named."""
    both = picture(
        TrueBox(RawClass.HEAD_BARE, HEAD), TrueBox(RawClass.HEAD_BARE, Box(120, 10, 140, 30))
    )
    right = person(SubLabel.NO_HELMET, Box(110, 8, 150, 100))
    found = compare([answered(both, person(SubLabel.NO_HELMET))], [answered(both, right)]).changes[
        -1
    ]
    assert (found.question, found.before, found.after) == (Question.BARE, 1, 1)
    assert found.worse == found.better == ("a.jpg",)


def test_pictures_are_asked_only_what_they_are_labelled_for() -> None:
    """A worker's picture that nobody searched for fire says nothing of fires."""
    heads = frozenset({RawClass.HEAD_BARE, RawClass.HEAD_HELMET})
    one = picture(TrueBox(RawClass.HEAD_BARE, HEAD), labelled=heads)
    found = compare([answered(one)], [answered(one, FIRE, person(SubLabel.NO_HELMET))])
    assert changes(found) == {Question.BARE: (1, 0, 1)}


def test_a_confirmed_fire_is_asked_for_though_nobody_searched_the_rest_of_the_picture() -> None:
    """Weights that see none of the fires that a site confirmed lose, whatever they spare."""
    confirmed = [
        picture(TrueBox(RawClass.FIRE, BODY), labelled=frozenset(), name=f"fire{n}")
        for n in range(20)
    ]
    lamps = [picture(name=f"lamp{n}") for n in range(10)]
    before = [answered(one, FIRE) for one in (*confirmed, *lamps)]
    found = compare(before, [answered(one) for one in (*confirmed, *lamps)])
    assert changes(found)[Question.FIRE] == (20, 20, 0)
    assert changes(found)[Question.CALM] == (10, 0, 10)
    assert [one.question for one in found.losses] == [Question.FIRE]


@pytest.mark.parametrize(
    ("box", "question"),
    [
        (TrueBox(RawClass.FIRE, BODY), Question.FIRE),
        (TrueBox(RawClass.SMOKE, BODY), Question.SMOKE),
        (TrueBox(RawClass.PERSON, BODY, state=SubLabel.NO_HELMET), Question.BARE),
        (TrueBox(RawClass.PERSON, BODY, state=SubLabel.HELMET), Question.HELMET),
        (TrueBox(RawClass.HEAD_BARE, HEAD), Question.BARE),
    ],
    ids=lambda value: str(value) if isinstance(value, Question) else "",
)
def test_what_is_there_is_asked_and_nothing_else_where_not_all_is_labelled(
    box: TrueBox, question: Question
) -> None:
    """What else a detector reports there nobody has looked for: it is no false alarm."""
    one = picture(box, labelled=frozenset())
    one = replace(one, as_reported=box.kind is RawClass.PERSON)
    elsewhere = Box(120, 100, 160, 190)
    others = (replace(FIRE, box=elsewhere), replace(SMOKE, box=elsewhere))
    found = compare([answered(one)], [answered(one, *others)])
    assert [change.question for change in found.changes] == [question]


def test_people_as_reviewers_left_them_are_asked_for_their_state() -> None:
    """Judged pictures have people with states, no heads."""
    one = replace(
        picture(TrueBox(RawClass.PERSON, BODY, state=SubLabel.NO_HELMET)), as_reported=True
    )
    before = [answered(one, person(SubLabel.HELMET))]
    found = compare(before, [answered(one, person(SubLabel.NO_HELMET))])
    assert changes(found)[Question.BARE] == (1, 0, 1)
    elsewhere = person(SubLabel.NO_HELMET, Box(120, 8, 160, 100))
    assert changes(compare(before, [answered(one, elsewhere)]))[Question.BARE] == (1, 0, 0)


def test_people_whose_state_nobody_could_tell_are_not_asked_for_it() -> None:
    """Uncertain is neither right nor wrong."""
    for state in (SubLabel.UNCERTAIN, None):
        one = replace(picture(TrueBox(RawClass.PERSON, BODY, state=state)), as_reported=True)
        asked = changes(compare([answered(one)], [answered(one)]))
        assert Question.BARE not in asked
        assert Question.HELMET not in asked


def test_a_bare_head_in_an_empty_yard_is_wrong() -> None:
    """An alarm about nobody is one that somebody has to look at."""
    empty = picture()
    found = compare([answered(empty)], [answered(empty, person(SubLabel.NO_HELMET))])
    assert changes(found)[Question.NOBODY] == (1, 1, 0)
    assert found.losses


def test_a_failed_run_is_no_right_answer_even_where_nothing_is() -> None:
    """Weights that cannot compute would look perfect on empty pictures otherwise."""
    empty = picture()
    found = compare([answered(empty)], [answered(empty, error="onnx-failed")])
    assert changes(found)[Question.CALM] == (1, 1, 0)


@pytest.mark.parametrize(
    ("better", "worse", "tries", "is_sure"),
    [
        (5, 0, 1, False),
        (6, 0, 1, True),
        (6, 0, 6, False),
        (8, 0, 6, True),
        (9, 4, 1, False),
        (20, 5, 1, True),
        (0, 8, 1, False),
        (0, 0, 1, False),
    ],
)
def test_a_gain_that_chance_gives_as_well_is_none(
    better: int, worse: int, tries: int, is_sure: bool
) -> None:
    """Answers that change at random gain some in half of all cases, the best of six mostly."""
    calm = [picture(name=f"calm{n}") for n in range(200)]
    wrong, right = ([answered(one, *said) for one in calm] for said in ((FIRE,), ()))
    ends = better, better + worse
    before = [*wrong[: ends[0]], *right[ends[0] :]]
    after = [*right[: ends[0]], *wrong[ends[0] : ends[1]], *right[ends[1] :]]
    assert compare(before, after).is_surely_better(tries) is is_sure


def test_frames_of_one_day_are_one_gain() -> None:
    """Twenty frames of a lamp that is no fire any longer prove one thing, not twenty."""
    lamps = [replace(picture(name=f"lamp{n}"), group="camera/gate/day") for n in range(20)]
    found = compare([answered(one, FIRE) for one in lamps], [answered(one) for one in lamps])
    assert (found.gain > 0, found.groups_better) == (True, 1)
    assert not found.is_surely_better()


def test_answers_to_other_pictures_are_not_compared() -> None:
    """Figures of two sets beside each other would mean nothing."""
    with pytest.raises(ValueError, match=r"b\.jpg"):
        compare([answered(picture())], [answered(picture(name="b"))])


def test_a_body_where_a_head_alone_was_judged_is_the_same_person() -> None:
    """A detector that sees more of somebody than the earlier one has not lost them."""
    head, body = Box(25, 8, 45, 32), Box(12, 8, 58, 150)
    for judged, seen in ((head, body), (body, head)):
        one = replace(
            picture(TrueBox(RawClass.PERSON, judged, state=SubLabel.HELMET)), as_reported=True
        )
        found = compare([answered(one)], [answered(one, person(SubLabel.HELMET, seen))])
        assert changes(found)[Question.HELMET] == (1, 0, 1)


@pytest.mark.parametrize(
    "seen",
    [Box(25, 110, 45, 140), Box(60, 8, 80, 32), Box(14, 8, 30, 70), Box(90, 8, 130, 150)],
    ids=["at the feet", "beside", "too tall for a head", "somebody else"],
)
def test_what_is_not_the_head_of_a_body_is_not_that_person(seen: Box) -> None:
    """Neither a shoe nor a neighbour answers for somebody."""
    judged = TrueBox(RawClass.PERSON, Box(12, 8, 58, 150), state=SubLabel.HELMET)
    one = replace(picture(judged), as_reported=True)
    found = compare([answered(one)], [answered(one, person(SubLabel.HELMET, seen))])
    assert changes(found)[Question.HELMET] == (1, 0, 0)


def test_somebody_whose_state_is_open_keeps_their_own_detection() -> None:
    """It does not answer for the neighbour whose state is known."""
    unclear = TrueBox(RawClass.PERSON, BODY, state=SubLabel.UNCERTAIN)
    known = TrueBox(RawClass.PERSON, HEAD, state=SubLabel.NO_HELMET)
    one = replace(picture(unclear, known), as_reported=True)
    found = compare([answered(one)], [answered(one, person(SubLabel.NO_HELMET))])
    assert changes(found)[Question.BARE] == (1, 0, 0)
