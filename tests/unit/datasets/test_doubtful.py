"""Which labels are to be looked at again, and which disagreements say nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from safety_detector.datasets.doubtful import (
    DEFAULT_SHARE,
    Disagreements,
    Doubt,
    DoubtfulLabel,
    Sighting,
    assign_folds,
)
from safety_detector.datasets.labelled import LabelledPicture, RefutedBox
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from tests.unit.datasets.finetuning.judged import BARE, DAY, FIRE, judged

PLACE = Box(200, 200, 420, 460)
HELMET = Hazard(Label.PERSON, SubLabel.HELMET)


def on_day(picture: LabelledPicture, number: int) -> LabelledPicture:
    """The picture, on one of ten days."""
    return replace(picture, taken_at=DAY + timedelta(days=number % 10))


def seen(box: Box = PLACE, hazard: Hazard = FIRE, score: float = 0.9) -> Sighting:
    """What a detector sees, reported from a half on."""
    state = hazard.sub_label if hazard.label is Label.PERSON else None
    return Sighting(box, hazard.label, state, score, score >= 0.5)


Case = tuple[LabelledPicture, list[Sighting]]


def doubtful(cases: list[Case], share: float = DEFAULT_SHARE) -> list[DoubtfulLabel]:
    """What is listed of these pictures, in five folds."""
    return disagreements(cases).doubtful(share)


def disagreements(cases: list[Case]) -> Disagreements:
    """These pictures beside what the detector sees, in five folds."""
    groups: dict[str, int] = {}
    for picture, _ in cases:
        groups[picture.group] = groups.get(picture.group, 0) + 1
    found = Disagreements("embedded", assign_folds(groups, 5))
    for picture, sightings in cases:
        found.add(picture, sightings)
    return found


def agreed(count: int, first: int = 0, hazard: Hazard = FIRE) -> list[Case]:
    """Pictures of which people and the detector say the same."""
    return [
        (on_day(judged(number, [(PLACE, hazard)]), number), [seen(hazard=hazard)])
        for number in range(first, first + count)
    ]


def test_lists_a_fire_that_the_detector_would_not_have_missed() -> None:
    """Of sixty fires one is not seen: that label is listed, with what it was compared with."""
    wrong = on_day(judged(99, [(PLACE, FIRE)]), 3)
    (found,) = doubtful([*agreed(60), (wrong, [])])
    assert (found.inspection_id, found.doubt) == (wrong.inspection_id, Doubt.UNSEEN)
    assert found.name == wrong.name
    assert found.judged == FIRE
    assert found.judgement is not None
    assert found.judgement.by == "Li Wei"
    assert (found.like_it, found.others) == (0, 48)


def test_says_nothing_where_the_detector_misses_often() -> None:
    """Of a detector that misses each third fire, one more that it misses proves nothing."""
    missed = [(on_day(judged(n, [(PLACE, FIRE)]), n), []) for n in range(100, 130)]
    assert doubtful([*agreed(60), *missed]) == []


def test_a_detector_without_scores_is_told_without_one() -> None:
    """It is taken at its word, as one that is sure; no score is told that it never gave."""
    unscored = replace(seen(), score=None)
    cases = [(picture, [unscored]) for picture, _ in agreed(60)]
    (found,) = doubtful([*cases, (on_day(judged(99), 3), [unscored])])
    assert (found.doubt, found.seen, found.score) == (Doubt.UNLABELLED, "fire", None)


def test_lists_what_nobody_labelled() -> None:
    """A sure fire in a picture called empty is listed; where fires were not judged, none is."""
    empty = on_day(judged(99), 3)
    not_asked = replace(on_day(judged(98), 4), labelled=frozenset({Label.PERSON}))
    (found,) = doubtful([*agreed(60), (empty, [seen()]), (not_asked, [seen()])])
    assert (found.inspection_id, found.doubt, found.judged) == (
        empty.inspection_id,
        Doubt.UNLABELLED,
        None,
    )


def test_says_nothing_of_a_detector_that_cries_wolf() -> None:
    """Where each third alarm of such a score is a lamp, another lamp is no doubtful label."""
    lamps = [(on_day(judged(n), n), [seen()]) for n in range(100, 130)]
    assert doubtful([*agreed(60), *lamps]) == []


def test_a_weaker_word_is_compared_with_weaker_ones() -> None:
    """Weak alarms are often wrong and strong ones never: only the strong one is listed."""
    weak = [(on_day(judged(n), n), [seen(score=0.55)]) for n in range(100, 140)]
    strong = on_day(judged(99), 3)
    (found,) = doubtful([*agreed(80), *weak, (strong, [seen(score=0.9)])])
    assert found.inspection_id == strong.inspection_id


def test_lists_a_false_alarm_that_the_detector_is_sure_of() -> None:
    """What somebody called none, though all others like it were fires, is looked at again."""
    picture = on_day(judged(99), 3)
    refuted = RefutedBox(Detection(PLACE, FIRE, 0.9), picture.judgements[0])
    (found,) = doubtful([*agreed(60), (replace(picture, refuted=(refuted,)), [seen()])])
    assert (found.doubt, found.judgement) == (Doubt.REFUTED, picture.judgements[0])


def test_lists_a_helmet_that_was_ticked_by_mistake() -> None:
    """A bare head that was judged to wear a helmet stands out among sixty that were not."""
    wrong = on_day(judged(99, [(PLACE, HELMET)]), 3)
    (found,) = doubtful([*agreed(60, hazard=BARE), (wrong, [seen(hazard=BARE)])])
    assert (found.doubt, found.judged, found.seen) == (Doubt.STATE, HELMET, "no_helmet")


def test_a_split_fire_is_no_disagreement() -> None:
    """Three boxes of a detector in one that a person drew are the same fire."""
    thirds = [Box(200 + 70 * n, 210, 260 + 70 * n, 450) for n in range(3)]
    split = on_day(judged(99, [(PLACE, FIRE)]), 3)
    assert doubtful([*agreed(60), (split, [seen(one) for one in thirds])]) == []


def test_few_others_prove_nothing() -> None:
    """With a dozen labels nothing is listed: nobody knows how often the detector is wrong."""
    wrong = on_day(judged(99, [(PLACE, FIRE)]), 3)
    few = disagreements([*agreed(12), (wrong, [])])
    assert (few.doubtful(), few.untold(), few.can_tell()) == ([], 1, False)
    many = disagreements([*agreed(60), (wrong, [])])
    assert (len(many.doubtful()), many.untold(), many.can_tell()) == (1, 0, True)
    assert not disagreements(agreed(12)).can_tell()


def test_no_label_vouches_for_its_own_day() -> None:
    """A camera's whole day that was judged wrongly is listed whole, since other days decide."""
    wrong = [(on_day(judged(n), 3), [seen()]) for n in range(100, 108)]
    right = [one for one in agreed(200) if one[0].taken_at != DAY + timedelta(days=3)]
    assert len(doubtful([*right, *wrong])) == 8


@pytest.mark.parametrize("seed", range(3))
def test_finds_most_of_the_labels_that_were_spoilt(seed: int) -> None:
    """Of 400 pictures 20 labels are wrong: most are listed, and few that are right."""
    rng = random.Random(seed)  # noqa: S311 (a made-up site)
    cases: list[Case] = []
    spoilt: set[str] = set()
    for number in range(400):
        burns = rng.random() < 0.5
        sees = rng.random() < (0.95 if burns else 0.04)
        score = rng.uniform(0.6, 0.99) if burns else rng.uniform(0.5, 0.75)
        says = burns
        if number % 20 == 0:
            says = not burns
            spoilt.add(judged(number).inspection_id)
        picture = on_day(judged(number, [(PLACE, FIRE)] if says else []), number)
        cases.append((picture, [seen(score=score)] if sees else []))
    listed = {one.inspection_id for one in doubtful(cases, 0.15)}
    assert len(listed & spoilt) >= 10
    assert len(listed - spoilt) <= len(listed) // 2 + 5


def test_folds_keep_groups_whole_and_even() -> None:
    """Each group is in one fold, and a fold more than groups is not made."""
    folds = assign_folds({f"gate/{n}": n % 7 + 1 for n in range(40)}, 5)
    sizes = [sum(n % 7 + 1 for n in range(40) if folds[f"gate/{n}"] == f) for f in range(5)]
    assert max(sizes) - min(sizes) <= 7
    assert set(assign_folds({"a": 3, "b": 1}, 5).values()) == {0, 1}
