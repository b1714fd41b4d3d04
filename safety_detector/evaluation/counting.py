"""Counting what was found, and how sure the counts are.  Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, intersection_area, iou
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.evaluation.truth import LabelledPicture, TrueBox

MATCH_IOU = 0.5
"""A box is found when it overlaps its truth by at least this, as in PASCAL VOC and COCO's AP50."""

HEAD_STATES = {RawClass.HEAD_BARE: SubLabel.NO_HELMET, RawClass.HEAD_HELMET: SubLabel.HELMET}
"""What a person with such a head is called."""

_KINDS: dict[SubLabel | None, RawClass] = {state: kind for kind, state in HEAD_STATES.items()}

_TALLEST_HEAD = 1.7  # in widths; what is taller is somebody with a body
_HEAD_INSIDE = 0.6  # share of a head that the body's box holds: it may begin at a helmet's rim
_HEAD_REGION = 0.4  # share of a body's height, from the top, where its head's middle lies

_Z_95 = 1.959964  # standard normal quantile for a two-sided interval of 95 %


def wilson_interval(successes: int, trials: int) -> tuple[float, float] | None:
    """The 95 % interval of a share (Wilson 1927); None without trials."""
    if trials == 0:
        return None
    share, z2 = successes / trials, _Z_95**2
    middle = share + z2 / (2 * trials)
    spread = _Z_95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    scale = 1 + z2 / trials
    return max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0)


@dataclass(frozen=True, slots=True)
class Counts:
    """Boxes of one class over some pictures."""

    found: int = 0
    missed: int = 0
    false: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Counts over both."""
        return Counts(
            self.found + other.found, self.missed + other.missed, self.false + other.false
        )

    @property
    def precision(self) -> float | None:
        """Share of the answers that are right; None without answers."""
        return self.found / (self.found + self.false) if self.found + self.false else None

    @property
    def recall(self) -> float | None:
        """Share of the truth that is found; None without truth."""
        return self.found / (self.found + self.missed) if self.found + self.missed else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None without truth and answers."""
        total = 2 * self.found + self.missed + self.false
        return 2 * self.found / total if total else None


@dataclass(frozen=True, slots=True)
class Matching:
    """Which answers of one class found what in one picture."""

    found: tuple[tuple[int, int], ...]
    """Pairs (index of the answer, index of the truth)."""
    missed: tuple[int, ...]
    """Indices of truths that no answer found; ignored ones are not among them."""
    false: tuple[int, ...]
    """Indices of answers that found nothing, not even something ignored."""

    @property
    def counts(self) -> Counts:
        """How many of each."""
        return Counts(len(self.found), len(self.missed), len(self.false))


def match_boxes(answers: Sequence[Box], truths: Sequence[TrueBox]) -> Matching:
    """Gives each answer, in the order given (best first), the free truth it overlaps most."""
    found: list[tuple[int, int]] = []
    false: list[int] = []
    taken: set[int] = set()
    for number, answer in enumerate(answers):
        overlaps = [(iou(answer, truth.box), index) for index, truth in enumerate(truths)]
        free = [
            (overlap, index)
            for overlap, index in overlaps
            if overlap >= MATCH_IOU and index not in taken and not truths[index].ignored
        ]
        if free:
            index = max(free)[1]
            taken.add(index)
            found.append((number, index))
        elif not any(_covered(answer, one.box) for one in truths if one.ignored):
            false.append(number)
    missed = tuple(
        index for index, truth in enumerate(truths) if not truth.ignored and index not in taken
    )
    return Matching(tuple(found), missed, tuple(false))


def _covered(answer: Box, ignored: Box) -> bool:
    """Whether an answer lies mostly on something that is ignored (COCO's rule for crowds)."""
    width = min(answer.x2, ignored.x2) - max(answer.x1, ignored.x1)
    height = min(answer.y2, ignored.y2) - max(answer.y1, ignored.y1)
    return max(width, 0) * max(height, 0) >= MATCH_IOU * answer.area


def people_of_heads(
    heads: Sequence[TrueBox], detections: Sequence[Detection]
) -> list[Detection | None]:
    """For each labelled head the detected person that it belongs to, or None.

    A person can own one head.  Among the people whose box holds the head's centre it is the one
    whose upper middle lies nearest, measured in head widths; the nearest pairs go first.
    """
    people = [one for one in detections if one.hazard.label is Label.PERSON]
    pairs = sorted(
        (_head_distance(head.box, person.box), number, index)
        for number, head in enumerate(heads)
        for index, person in enumerate(people)
        if person.box.contains(head.box.centre)
    )
    owners: dict[int, int] = {}
    for _, number, index in pairs:
        if number not in owners and index not in owners.values():
            owners[number] = index
    return [people[owners[n]] if n in owners else None for n in range(len(heads))]


def _head_distance(head: Box, person: Box) -> float:
    x, y = head.centre
    expected_x, expected_y = person.centre[0], person.y1 + head.height / 2
    return math.hypot(x - expected_x, y - expected_y) / head.width


def calls_it(person: Detection | None, state: SubLabel) -> bool:
    """Whether a head's person was found with the given state."""
    return person is not None and person.hazard.sub_label is state


@dataclass(frozen=True, slots=True)
class JudgedHead:
    """A labelled head, or a labelled person of whom the set says it, and what the detector says.

    Attributes:
        kind: bare or with a helmet.
        box: of the head, or of the person where the set has people as they are reported.
        called: the state that was reported; None where nobody was found.
    """

    kind: RawClass
    box: Box
    called: SubLabel | None


def judged_heads(picture: LabelledPicture, detections: Sequence[Detection]) -> list[JudgedHead]:
    """Each head of which the set says whether it is bare, and what it was called.

    Whether everybody is labelled does not matter: what is said of others is not judged here.
    """
    if picture.as_reported:
        people = picture.counted(RawClass.PERSON)
        called = _called_states(people, detections)
        return [
            JudgedHead(_KINDS[one.state], one.box, called.get(number))
            for number, one in enumerate(people)
            if one.state in _KINDS
        ]
    heads = [one for kind in HEAD_STATES for one in picture.counted(kind)]
    owners = people_of_heads(heads, detections)
    return [
        JudgedHead(head.kind, head.box, owner.hazard.sub_label if owner else None)
        for head, owner in zip(heads, owners, strict=True)
    ]


def _called_states(
    people: Sequence[TrueBox], detections: Sequence[Detection]
) -> dict[int, SubLabel]:
    """What labelled people are called, by their index; those whom nothing fits are not in it.

    Each detection says it of one of them, the best pairs first.
    """
    found = [one for one in detections if one.hazard.label is Label.PERSON]
    pairs = [
        (-overlap, number, index)
        for number, person in enumerate(people)
        for index, one in enumerate(found)
        if (overlap := _likeness(person.box, one.box)) > 0
    ]
    called: dict[int, SubLabel] = {}
    used: set[int] = set()
    for _, number, index in sorted(pairs):
        if number not in called and index not in used:
            used.add(index)
            called[number] = found[index].hazard.sub_label
    return called


def _likeness(first: Box, second: Box) -> float:
    """How well two boxes show one person: their IoU, less for a head and its body, 0.0 if not.

    Where no body is seen somebody's box is the head's.  One detector sees a body where another
    one, or the reviewer who kept that one's box, has the head alone: that is no other person.
    """
    overlap = iou(first, second)
    if overlap >= MATCH_IOU:
        return overlap
    small, large = sorted((first, second), key=lambda box: box.area)
    x, y = small.centre
    is_head = (
        small.height <= _TALLEST_HEAD * small.width
        and intersection_area(small, large) >= _HEAD_INSIDE * small.area
        and large.x1 <= x <= large.x2
        and y <= large.y1 + _HEAD_REGION * large.height
    )
    if not is_head:
        return 0.0
    off = abs(x - large.centre[0]) / large.width + abs(small.y1 - large.y1) / large.height
    return MATCH_IOU / (1.0 + off) * 0.99  # every real overlap comes first, then the best placed
