"""Heads and people joined: who wears a helmet, who does not, whose head is not seen.

Pure: boxes in, detections out.  The rules, in this order:

1. A head seen both with and without helmet (the boxes overlap by more than ``SAME_HEAD_IOU``) is
   the better scored one; where the scores are close (``CLOSE_SCORES``) it is ``uncertain``.
2. A head belongs to the person box that holds its centre in the upper part
   (``HEAD_REGION_SHARE``) and whose upper middle is nearest, measured in head widths; one head a
   person, the best pairs first.
3. A person without a head is ``uncertain``: seen from afar, cut off, or hidden.
4. A head without a person becomes a person of its own, whose box is the head's box: nothing is
   invented that was not seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from safety_detector.detectors.raw_boxes import RawBox, RawClass, of_kind
from safety_detector.domain.geometry import Box, iou
from safety_detector.domain.hazards import Hazard, Label, SubLabel

SAME_HEAD_IOU = 0.45
"""Above it two head boxes are one head; neighbours in a crowd overlap less."""

CLOSE_SCORES = 0.8
"""The weaker of two answers about one head makes it uncertain from this share of the stronger."""

HEAD_REGION_SHARE = 0.6
"""Share of a person's height, from the top, where the centre of the head may lie: people bend."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A box with its hazard, before it is rounded to pixels."""

    box: Box
    hazard: Hazard
    score: float


@dataclass(frozen=True, slots=True)
class _Head:
    box: Box
    state: SubLabel
    score: float


def judge_people(boxes: Sequence[RawBox]) -> list[Judged]:
    """People with the state of their helmets, from boxes that passed their thresholds."""
    people = of_kind(boxes, RawClass.PERSON)
    heads = _heads(of_kind(boxes, RawClass.HEAD_HELMET, RawClass.HEAD_BARE))
    owners = _match(people, heads)
    judged = [
        Judged(person.box, _person(SubLabel.UNCERTAIN), person.score)
        for index, person in enumerate(people)
        if index not in owners.values()
    ]
    for index, head in enumerate(heads):
        box = people[owners[index]].box if index in owners else head.box
        judged.append(Judged(box, _person(head.state), head.score))
    return judged


def _person(state: SubLabel) -> Hazard:
    return Hazard(Label.PERSON, state)


def _heads(boxes: Sequence[RawBox]) -> list[_Head]:
    """One entry a head, whatever was said about it."""
    heads: list[_Head] = []
    for one in sorted(boxes, key=lambda box: -box.score):
        state = SubLabel.HELMET if one.kind is RawClass.HEAD_HELMET else SubLabel.NO_HELMET
        twin = next((i for i, h in enumerate(heads) if iou(h.box, one.box) > SAME_HEAD_IOU), None)
        if twin is None:
            heads.append(_Head(one.box, state, one.score))
        elif heads[twin].state is not state and one.score >= CLOSE_SCORES * heads[twin].score:
            heads[twin] = _Head(heads[twin].box, SubLabel.UNCERTAIN, heads[twin].score)
    return heads


def _match(people: Sequence[RawBox], heads: Sequence[_Head]) -> dict[int, int]:
    """Index of the person for each head that has one."""
    pairs = sorted(
        (distance, head, person)
        for head in range(len(heads))
        for person in range(len(people))
        if (distance := _distance(heads[head].box, people[person].box)) is not None
    )
    owners: dict[int, int] = {}
    for _, head, person in pairs:
        if head not in owners and person not in owners.values():
            owners[head] = person
    return owners


def _distance(head: Box, person: Box) -> float | None:
    """From where the head of a standing person would be, in head widths; None if impossible."""
    x, y = head.centre
    region = Box(person.x1, person.y1, person.x2, person.y1 + HEAD_REGION_SHARE * person.height)
    # A detected person's box may begin at the chin of a tall helmet; half a head above counts.
    if not region.contains((x, y)) and not region.contains((x, y + head.height / 2)):
        return None
    if head.area > person.area:
        return None
    expected_x, expected_y = (person.x1 + person.x2) / 2, person.y1 + head.height / 2
    return math.hypot(x - expected_x, y - expected_y) / head.width
