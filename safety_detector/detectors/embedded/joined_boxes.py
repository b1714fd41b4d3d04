"""Boxes of fire or smoke that show one thing become one: the report counts what a person would.

A flame has no edge, so the network answers one fire with a box around it, others around its tongues
and more around both.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from safety_detector.detectors.embedded.raw_boxes import Cutoffs, RawBox, RawClass
from safety_detector.domain.geometry import Box, intersection_area


@dataclass(frozen=True, slots=True)
class JoinRule:
    """When boxes of one class show one thing, and which of them say where it lies.

    Attributes:
        shared: share of the smaller box that the other one covers, from which both are one.
        outline: boxes that score at least this share of the best one make up the outline.
    """

    shared: float
    outline: float


# Chosen on `train2`, whose pictures taught nothing to the weights of that time: the smallest error
# of the count at no loss of boxes that lie right.  Smoke drifts, so parts that touch are one.
JOIN_RULES: Mapping[RawClass, JoinRule] = {
    RawClass.FIRE: JoinRule(shared=0.3, outline=0.8),
    RawClass.SMOKE: JoinRule(shared=0.1, outline=0.0),
}


@dataclass(frozen=True, slots=True)
class JoinedBox:
    """One fire, or one cloud of smoke.

    Attributes:
        box: around the boxes that say where it lies.
        score: of the best of them.
        place_score: how sure it is that the thing lies there.
    """

    box: Box
    score: float
    place_score: float


def join_boxes(boxes: Sequence[RawBox], kind: RawClass, cutoffs: Cutoffs) -> list[JoinedBox]:
    """The things that the boxes of one class show, best score first.

    What is one thing follows from the boxes that reach the weights' own threshold; weaker ones,
    where they were asked for, are things of their own, or parts of one that is there already.  So
    no outline and no score depends on what was asked for.

    Args:
        boxes: of that class, best score first.
        kind: the class.
        cutoffs: the scores from which boxes tell what is there, and from which they count.
    """
    rule = JOIN_RULES[kind]
    groups: list[list[RawBox]] = []
    for one in boxes:
        touching = [group for group in groups if _is_part(one.box, group, rule)]
        if cutoffs.is_sure(one):
            rest = [group for group in groups if all(group is not other for other in touching)]
            groups = [*rest, [*(box for group in touching for box in group), one]]
        elif not touching and cutoffs.counts(one):
            groups.append([one])
    things = [_outlined(group, rule) for group in groups]
    counted = [one for one in things if cutoffs.reaches(kind, one.score)]
    return sorted(counted, key=lambda one: -one.score)


def _is_part(box: Box, group: Sequence[RawBox], rule: JoinRule) -> bool:
    return any(
        intersection_area(box, one.box) >= rule.shared * min(box.area, one.box.area)
        for one in group
    )


def _outlined(group: Sequence[RawBox], rule: JoinRule) -> JoinedBox:
    best = max(one.place_score for one in group)
    outline = [one.box for one in group if one.place_score >= rule.outline * best]
    box = Box(
        min(one.x1 for one in outline),
        min(one.y1 for one in outline),
        max(one.x2 for one in outline),
        max(one.y2 for one in outline),
    )
    return JoinedBox(box, max(one.score for one in group), best)
