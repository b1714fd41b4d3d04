"""What comes of a frame when the screen, the second looks and a full look have had their say.

Pure.  The rule: who disagrees makes a frame *inconclusive* or a *hazard*, never clear.

| the screen has | confirmed | refuted | no answer, or "cannot tell" |
|---|---|---|---|
| what it reports | hazard, verified | inconclusive; opens nothing | hazard, unverified |
| a suspicion below that | hazard, verified | as if it were not there | inconclusive |

A bare head that is refuted since a helmet is worn stays in the result as a person whose helmet is
uncertain.  What a full look shows counts besides, as verified; what it does not show refutes
nothing, for a language model that sees all of a picture at once overlooks what is small in it.
Where every frame is meant to be shown whole, one that is not is no clear one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from safety_detector.detectors.embedded.severity import judge_severity
from safety_detector.detectors.second_look.memory import KnownPlace
from safety_detector.detectors.second_look.planning import LeftOut, Plan
from safety_detector.detectors.second_look.suspects import Place, Screened, is_same
from safety_detector.domain.crop_looks import CropLook
from safety_detector.domain.crop_questions import CropAnswer
from safety_detector.domain.detections import (
    AskedPlace,
    Detection,
    DetectorOutcome,
    DetectorRun,
    Role,
    by_urgency,
)
from safety_detector.domain.geometry import ImageSize, iou
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incomplete_reasons import IncompleteCode
from safety_detector.message_texts.reason import Reason

_SAME_PERSON_IOU = 0.7
_COVERED_IOU = 0.5
"""The model draws people otherwise than the screen does; two people seldom overlap so far."""

_LABELS: Mapping[CropAnswer, tuple[Label, ...]] = {
    CropAnswer.FIRE: (Label.FIRE,),
    CropAnswer.SMOKE: (Label.SMOKE,),
    CropAnswer.FIRE_AND_SMOKE: (Label.FIRE, Label.SMOKE),
    CropAnswer.NO_HELMET: (Label.PERSON,),
}


class Fate(Enum):
    """What became of a suspected place."""

    CONFIRMED = auto()
    REFUTED = auto()
    OPEN = auto()
    """Nobody could tell, or nobody was asked."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A question, or a full look, without an answer: the record of it."""

    run: DetectorRun


def combine(
    screened: Screened,
    plan: Plan,
    looks: Sequence[CropLook | Failed | None],
    full: DetectorOutcome | Failed | None,
    answering: DetectorRun,
) -> DetectorOutcome:
    """The outcome of a screened frame.

    Args:
        screened: what the screen says of it.
        plan: what was to be done with it.
        looks: what came of each question of the plan, in their order; None where nothing came in
            time.
        full: what came of the full look; None where there was none, or nothing came in time.
        answering: a run without times, of the model that gives second looks, for the record of
            answers that stand from earlier.
    """
    wanted = _wanted(screened)
    fates: list[tuple[Place, Fate, CropAnswer | None]] = []
    later: list[DetectorRun] = []
    for place, look in zip(plan.ask, looks, strict=True):
        answer = look.answer if isinstance(look, CropLook) else None
        fates.append((place, _fate(answer, wanted), answer))
        if look is not None:
            later.append(_record(place, look))
    for place, known, age_s in plan.standing:
        fates.append((place, _fate(known.answer, wanted), known.answer))
        later.append(_standing(place, known, age_s, answering))
    fates += [(place, Fate.OPEN, None) for place, _ in plan.left_out]
    screen_run = replace(
        screened.outcome.run,
        role=Role.SCREEN,
        full_left_out=plan.full_left_out and plan.full_left_out.value,
    ).with_reasons(_reasons(fates, plan, looks))
    found = _of_screen(screened, fates, plan.size, wanted)
    if isinstance(full, DetectorOutcome):
        found = _together(found, [replace(one, verified=True) for one in full.detections])
        later.append(replace(full.run, role=Role.FULL))
    elif full is not None:
        later.append(replace(full.run, role=Role.FULL))
    return DetectorOutcome(by_urgency(found), screen_run, screened.outcome.earlier, tuple(later))


def _wanted(screened: Screened) -> frozenset[Label]:
    """What is looked for at all."""
    classes = screened.outcome.run.conditions.classes
    return frozenset(Label) if classes is None else frozenset(map(Label, classes))


def _fate(answer: CropAnswer | None, wanted: frozenset[Label]) -> Fate:
    """What an answer makes of a place; a danger that nobody looks for leaves it open."""
    if answer is None or answer is CropAnswer.CANNOT_TELL:
        return Fate.OPEN
    if answer not in _LABELS:
        return Fate.REFUTED
    return Fate.OPEN if wanted.isdisjoint(_LABELS[answer]) else Fate.CONFIRMED


def _record(place: Place, look: CropLook | Failed) -> DetectorRun:
    asked = _asked(place)
    if isinstance(look, CropLook):
        asked = replace(asked, answer=look.answer, reason=look.reason, score=look.score)
    return replace(look.run, role=Role.SECOND_LOOK, asked=asked)


def _standing(place: Place, known: KnownPlace, age_s: float, answering: DetectorRun) -> DetectorRun:
    asked = replace(
        _asked(place), answer=known.answer, reason=known.reason, score=known.score, age_s=age_s
    )
    return replace(
        answering, role=Role.SECOND_LOOK, prompt_version=known.prompt_version, asked=asked
    )


def _asked(place: Place) -> AskedPlace:
    first = place.suspects[0].detection
    return AskedPlace(place.box, first.hazard, first.score, place.question)


def _of_screen(
    screened: Screened,
    fates: Sequence[tuple[Place, Fate, CropAnswer | None]],
    size: ImageSize,
    wanted: frozenset[Label],
) -> list[Detection]:
    """What the screen has, as the answers leave it."""
    found = [one for one in screened.outcome.detections if not one.hazard.is_danger]
    for place, fate, answer in fates:
        if fate is Fate.CONFIRMED and answer is not None:
            confirmed = list(_confirmed(place, answer, size, wanted))
            # A weak bare head may be of somebody whom the screen reports without a word on it.
            found = [one for one in found if not any(_is_person(one, other) for other in confirmed)]
            found += confirmed
            continue
        for suspect in place.suspects:
            if not suspect.is_reported:
                continue
            if fate is Fate.OPEN:
                found.append(replace(suspect.detection, verified=False))
            elif answer is CropAnswer.HELMET:
                unsure = Hazard(Label.PERSON, SubLabel.UNCERTAIN)
                found.append(replace(suspect.detection, hazard=unsure, verified=False))
    return found


def _confirmed(
    place: Place, answer: CropAnswer, size: ImageSize, wanted: frozenset[Label]
) -> Iterator[Detection]:
    """The suspects whose labels the model saw; the whole place by a label that none of them has."""
    for label in _LABELS[answer]:
        if label not in wanted:
            continue
        agreed = [one.detection for one in place.suspects if one.detection.hazard.label is label]
        if not agreed:
            agreed = [replace(place.suspects[0].detection, box=place.box)]
        for one in agreed:
            yield _as_seen(one, label, size)


def _as_seen(one: Detection, label: Label, size: ImageSize) -> Detection:
    hazard = one.hazard
    if label is not Label.PERSON and (
        hazard.label is not label or hazard.sub_label is SubLabel.UNCERTAIN
    ):
        hazard = judge_severity(label, one.box, size, certain=True)
    return replace(one, hazard=hazard, verified=True)


def _is_person(one: Detection, confirmed: Detection) -> bool:
    return (
        one.hazard.label is confirmed.hazard.label is Label.PERSON
        and iou(one.box, confirmed.box) >= _SAME_PERSON_IOU
    )


def _covers(person: Detection, unsure: Detection) -> bool:
    return person.hazard.label is Label.PERSON and iou(person.box, unsure.box) >= _COVERED_IOU


def _together(screen: Sequence[Detection], full: Sequence[Detection]) -> list[Detection]:
    """What a full look shows, and what the screen has besides: dangers, and who is uncertain."""
    dangers = [one for one in full if one.hazard.is_danger]
    kept = [
        one
        for one in screen
        if one.hazard.is_danger and not any(is_same(one, other) for other in dangers)
    ]
    # Who wears a helmet by the full look and none by a closer one has none.
    people = [one for one in full if not any(_is_person(one, other) for other in kept)]
    unsure = [
        one
        for one in screen
        if one.hazard.sub_label is SubLabel.UNCERTAIN
        and not one.hazard.is_danger
        and not any(_covers(other, one) for other in people)
    ]
    return [*people, *kept, *unsure]


def _refuted(place: Place, fate: Fate, answer: CropAnswer | None) -> int:
    """How much of what the screen reports there the model does not see."""
    if fate is Fate.CONFIRMED and answer is not None:
        return sum(
            one.is_reported and one.detection.hazard.label not in _LABELS[answer]
            for one in place.suspects
        )
    return int(fate is Fate.REFUTED and place.is_reported)


def _reasons(
    fates: Sequence[tuple[Place, Fate, CropAnswer | None]],
    plan: Plan,
    looks: Sequence[CropLook | Failed | None],
) -> Iterator[Reason]:
    refuted = sum(_refuted(place, fate, answer) for place, fate, answer in fates)
    if refuted:
        yield Reason(IncompleteCode.REFUTED, {"count": refuted})
    unsure = sum(fate is Fate.OPEN and answer is not None for _, fate, answer in fates)
    if unsure:
        yield Reason(IncompleteCode.UNSURE, {"count": unsure})
    silent = sum(not isinstance(look, CropLook) for look in looks)
    if silent:
        yield Reason(IncompleteCode.NO_SECOND_LOOK, {"count": silent})
    for why in LeftOut:
        count = sum(one is why for _, one in plan.left_out)
        if count:
            yield Reason(IncompleteCode.LEFT_OUT, {"count": count, "why": Reason(why.value)})
    if plan.is_every_full and plan.full_left_out is not None:
        yield Reason(IncompleteCode.FULL_LEFT_OUT, {"why": Reason(plan.full_left_out.value)})
