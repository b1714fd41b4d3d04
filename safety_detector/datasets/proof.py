"""What a judgement proves about a picture, and what it does not.

A **correction** is about the whole picture.  What its person left or drew is there.  One that says
that nothing is missing labels every class; another one none: of what it does not name something may
be there.  A detection that they removed is none, unless they drew what it names anew at its place.
A picture that somebody corrected is believed by its correction alone.

The judgement of an **incident** is about one alarm: about the detections of its family in its box,
in the picture that was shown with it.  It labels no class but for the first line:

* burning, false alarm for light or steam: these are none.  Where the detector said nothing else of
  fire or smoke in the picture, there is neither: nobody dismisses a fire with another beside it.
  Not so where another incident of fire or smoke was alive at the camera, or something may burn
  there: by a permit, in a mask, or in a zone that does not watch it.
* burning or bare head, confirmed: they are there.
* bare head, false alarm since the helmet is worn: that person wears one.
* bare head, false alarm since it is no person: it is none.
* permitted hot work, something else, a reason in somebody's own words: nothing.  The flame may be
  there and allowed, drawn for an exercise, or another's; to teach that a flame is none is the worse
  mistake.

Of several detections of one label in an alarm's box nobody knows which one was meant: of a
confirmed or bare-headed one nothing is proven then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from safety_detector.datasets.labelled import (
    EVERY_LABEL,
    Basis,
    Judgement,
    LabelledBox,
    RefutedBox,
)
from safety_detector.domain.corrections import CorrectedBox
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize, intersection_area, rescale
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.false_alarms import FalseAlarm, false_alarm_of

BURNING = frozenset({Label.FIRE, Label.SMOKE})

_ANEW = 0.1
"""A removed detection of which so much lies in a box of its label was drawn anew there."""

_INSIDE = 0.5
"""A detection of which so much lies in an alarm's box belongs to the alarm."""

_NO_FLAME = (FalseAlarm.LIGHT, FalseAlarm.STEAM)
_WHOLE = ImageSize(1, 1)


@dataclass(frozen=True, slots=True)
class JudgedAlarm:
    """The judgement of an incident, as far as one picture is concerned.

    Attributes:
        judgement: with the incident's reason.
        burning: whether it is about fire and smoke, else about bare heads.
        box: where, in fractions of the picture.
        others: detections that lie there and belong to something else: to another incident, or to
            what does not count there.
        may_burn_beside: whether something else burned at the camera then, or may have, also where
            the detector saw nothing of it in this picture.
    """

    judgement: Judgement
    burning: bool
    box: Box
    others: tuple[Detection, ...] = ()
    may_burn_beside: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known of a picture."""

    labelled: frozenset[Label] = frozenset()
    boxes: tuple[LabelledBox, ...] = ()
    refuted: tuple[RefutedBox, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether nothing can be taught by it."""
        return not (self.labelled or self.boxes or self.refuted)


def says_no_flame(reason: str) -> bool:
    """Whether a false alarm's reason says that nothing burned."""
    return false_alarm_of(reason) in _NO_FLAME


def proven_by_correction(
    boxes: Sequence[CorrectedBox],
    removed: Sequence[Detection],
    judgement: Judgement,
    *,
    complete: bool,
) -> Proof:
    """What somebody's correction proves."""
    return Proof(
        labelled=EVERY_LABEL if complete else frozenset(),
        boxes=tuple(LabelledBox(one.box, one.hazard, judgement, one.detection) for one in boxes),
        refuted=tuple(
            RefutedBox(one, judgement)
            for one in removed
            if not any(_is_drawn_anew(one, other) for other in boxes)
        ),
    )


def proven_by_alarms(
    detections: Sequence[Detection], size: ImageSize, alarms: Sequence[JudgedAlarm]
) -> Proof:
    """What the judgements of incidents prove.

    Args:
        detections: of the picture.
        size: of the picture.
        alarms: every judged incident of which this is the picture that was shown.
    """
    boxes: list[LabelledBox] = []
    refuted: list[RefutedBox] = []
    doubted: list[Detection] = []
    for alarm in alarms:
        meant = _meant(detections, size, alarm)
        there = alarm.judgement.basis is Basis.CONFIRMED
        why = None if there else false_alarm_of(alarm.judgement.reason)
        if there:
            boxes += [_box(one, one.hazard, alarm) for one in _singled_out(meant)]
        elif not alarm.burning and why is FalseAlarm.HELMET_WORN:
            worn = Hazard(Label.PERSON, SubLabel.HELMET)
            boxes += [_box(one, worn, alarm) for one in _singled_out(meant)]
        elif (alarm.burning and why in _NO_FLAME) or (
            not alarm.burning and why is FalseAlarm.NO_PERSON
        ):
            refuted += [RefutedBox(one, alarm.judgement) for one in meant]
        else:
            doubted += meant
    # Two judgements that contradict each other prove nothing of what they are about.
    none = [*(one.detection for one in refuted), *doubted]
    some = [*(one.detection for one in boxes), *doubted]
    kept = tuple(one for one in boxes if one.detection not in none)
    left = tuple(one for one in refuted if one.detection not in some)
    return Proof(_labelled(detections, left, alarms), kept, left)


def _is_drawn_anew(removed: Detection, box: CorrectedBox) -> bool:
    same = box.hazard.label is removed.hazard.label
    return same and intersection_area(removed.box, box.box) >= _ANEW * removed.box.area


def _meant(detections: Sequence[Detection], size: ImageSize, alarm: JudgedAlarm) -> list[Detection]:
    """The detections that an alarm was about."""
    place = rescale(alarm.box, _WHOLE, size)
    return [
        one
        for one in detections
        if (
            one.hazard.label in BURNING
            if alarm.burning
            else one.hazard == Hazard(Label.PERSON, SubLabel.NO_HELMET)
        )
        and one not in alarm.others
        and intersection_area(one.box, place) >= _INSIDE * one.box.area
    ]


def _singled_out(meant: Sequence[Detection]) -> list[Detection]:
    """Those that are the only ones of their label."""
    counts = Counter(one.hazard.label for one in meant)
    return [one for one in meant if counts[one.hazard.label] == 1]


def _box(detection: Detection, hazard: Hazard, alarm: JudgedAlarm) -> LabelledBox:
    return LabelledBox(detection.box, hazard, alarm.judgement, detection)


def _labelled(
    detections: Sequence[Detection],
    refuted: Sequence[RefutedBox],
    alarms: Sequence[JudgedAlarm],
) -> frozenset[Label]:
    """Fire and smoke, where all that was said of them is refuted."""
    said = [one for one in detections if one.hazard.label in BURNING]
    none = [one.detection for one in refuted]
    dismissed = any(
        one.burning
        and one.judgement.basis is Basis.FALSE_ALARM
        and says_no_flame(one.judgement.reason)
        for one in alarms
    )
    alone = not any(one.may_burn_beside for one in alarms)
    is_sure = dismissed and alone and bool(said) and all(one in none for one in said)
    return BURNING if is_sure else frozenset()
