"""Heads and people joined: who wears a helmet, who does not, whose head is not seen.

Pure: boxes in, detections out.  Who is there follows from the boxes that reach the thresholds of
the *weights*; the thresholds that were *asked for* choose among those people, or add weaker ones.
So neither a box nor a score depends on what was asked for.  The rules, in this order:

1. Head boxes of one head (``SAME_HEAD_IOU``, or one inside the other) are one head.  Seen both with
   and without helmet it is the better scored one; where the scores are close (``CLOSE_SCORES``) it
   is ``uncertain``.
2. A head belongs to the person box that holds its centre in the upper part
   (``HEAD_REGION_SHARE``) and whose upper middle is nearest, measured in head widths; one head a
   person, the best pairs first.
3. Two person boxes of which one holds the other are one person, unless each has a head of its own
   or one is far smaller, thus further away.
4. A person without a head is ``uncertain``: seen from afar, cut off, or hidden.
5. A head without a person becomes a person of its own, whose box is the head's box: nothing is
   invented that was not seen.
6. Flames have shapes like heads and people.  Who lies inside a fire's box needs both a body and a
   head, or a body that is seen very well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from safety_detector.detectors.embedded.raw_boxes import (
    Cutoffs,
    RawBox,
    RawClass,
    as_shown,
    of_kind,
)
from safety_detector.domain.geometry import Box, intersection_area, iou
from safety_detector.domain.hazards import Hazard, Label, SubLabel

SAME_HEAD_IOU = 0.45
"""Above it two head boxes are one head; neighbours in a crowd overlap less."""

INSIDE_SHARE = 0.8
"""A box lies inside another from this share of its area on."""

SAME_PERSON_AREA_RATIO = 0.25
"""Somebody whose box is smaller than this share of the box around it stands further away."""

CLOSE_SCORES = 0.8
"""The weaker of two answers about one head makes it uncertain from this share of the stronger."""

HEAD_REGION_SHARE = 0.6
"""Share of a person's height, from the top, where the centre of the head may lie: people bend."""

IN_FLAMES_SHARE = 0.7
"""Somebody is inside the flames if their boxes cover this share of the person's."""

BODY_IN_FLAMES_RATIO = 1.5
"""A body without a head counts inside flames from this multiple of its threshold on."""

_GRID = 12  # points a side at which the flames' cover is looked up

_STATES = {RawClass.HEAD_HELMET: SubLabel.HELMET, RawClass.HEAD_BARE: SubLabel.NO_HELMET}


@dataclass(frozen=True, slots=True)
class Judged:
    """A box with its hazard, before it is rounded to pixels."""

    box: Box
    hazard: Hazard
    score: float


@dataclass(slots=True)
class _Head:
    """One head, with the best score of each of its states."""

    box: Box
    scores: dict[RawClass, float]

    @property
    def score(self) -> float:
        return max(self.scores.values())


@dataclass(slots=True)
class _Person:
    """One person.

    Attributes:
        box: the body's, or the head's where there is no body.
        score: the head's where there is one, for it says how sure the state is; else the body's.
        body: score of the body's box, 0.0 without one.
        head: None where none is seen.
        doubts: weaker answers about the head, which count for those who ask for them.
    """

    box: Box
    score: float
    body: float
    head: _Head | None
    doubts: dict[RawClass, float] = field(default_factory=dict)


def judge_people(
    boxes: Sequence[RawBox], cutoffs: Cutoffs, flames: Sequence[Box] = ()
) -> list[Judged]:
    """People with the state of their helmets.

    Args:
        boxes: best score first.
        cutoffs: the scores from which boxes tell who is there, and from which they count.
        flames: boxes of fires.
    """
    people = _people([one for one in boxes if cutoffs.is_sure(one)], cutoffs, flames)
    for one in of_kind(boxes, RawClass.PERSON, *_STATES):
        if not cutoffs.is_sure(one) and cutoffs.counts(one):
            _add_weaker(people, one, flames)
    judged = [_judge(one, cutoffs) for one in people]
    return [one for one in judged if one is not None]


def _judge(person: _Person, cutoffs: Cutoffs) -> Judged | None:
    """The person as reported; None if nothing of it counts."""
    seen = {**person.doubts, **(person.head.scores if person.head else {})}
    heads = {kind: score for kind, score in seen.items() if cutoffs.reaches(kind, score)}
    has_body = person.body > 0 and cutoffs.reaches(RawClass.PERSON, person.body)
    if as_shown(person.score) < cutoffs.least_person_score or not (heads or has_body):
        return None
    return Judged(person.box, Hazard(Label.PERSON, _state(heads)), person.score)


def _state(heads: dict[RawClass, float]) -> SubLabel:
    if not heads:
        return SubLabel.UNCERTAIN
    best = max(heads, key=lambda kind: heads[kind])
    if len(heads) > 1 and min(heads.values()) >= CLOSE_SCORES * heads[best]:
        return SubLabel.UNCERTAIN
    return _STATES[best]


def _people(boxes: Sequence[RawBox], cutoffs: Cutoffs, flames: Sequence[Box]) -> list[_Person]:
    """Who is there, from boxes that reach the weights' own thresholds."""
    bodies = of_kind(boxes, RawClass.PERSON)
    heads = _heads(of_kind(boxes, *_STATES))
    owners = _match(bodies, heads)
    heads_of = {body: head for head, body in owners.items()}
    people = []
    for body in _distinct(bodies, heads_of):
        head = heads[heads_of[body]] if body in heads_of else None
        score = head.score if head else bodies[body].score
        people.append(_Person(bodies[body].box, score, bodies[body].score, head))
    people += [
        _Person(head.box, head.score, 0.0, head)
        for number, head in enumerate(heads)
        if number not in owners
    ]
    sure_body = BODY_IN_FLAMES_RATIO * cutoffs.own[RawClass.PERSON]
    return [
        one
        for one in people
        if (one.body and one.head) or one.body >= sure_body or not _is_in(flames, one.box)
    ]


def _distinct(bodies: Sequence[RawBox], heads_of: dict[int, int]) -> list[int]:
    """Indices of the bodies that are people of their own; ``heads_of`` is brought in line."""
    kept: list[int] = []
    for number, body in enumerate(bodies):
        around = next((one for one in kept if _is_same_body(body.box, bodies[one].box)), None)
        if around is None or (number in heads_of and around in heads_of):
            kept.append(number)
        elif number in heads_of:
            heads_of[around] = heads_of[number]
    return kept


def _is_same_body(first: Box, second: Box) -> bool:
    small, large = sorted((first.area, second.area))
    inside = intersection_area(first, second) >= INSIDE_SHARE * small
    return inside and small >= SAME_PERSON_AREA_RATIO * large


def _add_weaker(people: list[_Person], one: RawBox, flames: Sequence[Box]) -> None:
    """A box below the weights' own threshold: somebody new, or a word about somebody known."""
    if one.kind is RawClass.PERSON:
        known = any(
            _is_same_body(one.box, person.box)
            or (person.head and _distance(person.head.box, one.box) is not None)
            for person in people
        )
        if not known and not _is_in(flames, one.box):
            people.append(_Person(one.box, one.score, one.score, None))
        return
    for person in people:
        if person.head and _is_same_head(person.head.box, one.box):
            person.doubts.setdefault(one.kind, one.score)
            return
    bodies = [person for person in people if not person.head and not person.doubts]
    distances = [(_distance(one.box, person.box), n) for n, person in enumerate(bodies)]
    possible = [(distance, n) for distance, n in distances if distance is not None]
    if possible:
        bodies[min(possible)[1]].doubts[one.kind] = one.score
    elif not _is_in(flames, one.box):
        head = _Head(one.box, {one.kind: one.score})
        people.append(_Person(one.box, one.score, 0.0, head))


def _heads(boxes: Sequence[RawBox]) -> list[_Head]:
    """One entry a head, whatever was said about it."""
    heads: list[_Head] = []
    for one in sorted(boxes, key=lambda box: -box.score):
        twin = next((head for head in heads if _is_same_head(head.box, one.box)), None)
        if twin is None:
            heads.append(_Head(one.box, {one.kind: one.score}))
        else:
            twin.scores.setdefault(one.kind, one.score)
    return heads


def _is_same_head(first: Box, second: Box) -> bool:
    smaller = min(first.area, second.area)
    return (
        iou(first, second) > SAME_HEAD_IOU
        or intersection_area(first, second) >= INSIDE_SHARE * smaller
    )


def _is_in(flames: Sequence[Box], box: Box) -> bool:
    """Whether the fires' boxes together cover most of the box."""
    steps = [(n + 0.5) / _GRID for n in range(_GRID)]
    points = [(box.x1 + x * box.width, box.y1 + y * box.height) for x in steps for y in steps]
    near = [one for one in flames if intersection_area(one, box)]
    covered = sum(any(one.contains(point) for one in near) for point in points) if near else 0
    return covered >= IN_FLAMES_SHARE * _GRID**2


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
    # Whoever lies or crouches has the head anywhere.
    share = HEAD_REGION_SHARE if person.height > person.width else 1.0
    region = Box(person.x1, person.y1, person.x2, person.y1 + share * person.height)
    # A detected person's box may begin at the chin of a tall helmet; half a head above counts.
    if not region.contains((x, y)) and not region.contains((x, y + head.height / 2)):
        return None
    if head.area > person.area:
        return None
    expected_x, expected_y = (person.x1 + person.x2) / 2, person.y1 + head.height / 2
    return math.hypot(x - expected_x, y - expected_y) / head.width
