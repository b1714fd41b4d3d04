"""Which detections the labels of a picture call right, which wrong, and of which they say nothing.

Right is what a person would call right who looks at the picture: a fire or smoke that lies where
one is labelled (how its boxes are cut does not matter), a helmet or bare head whose person has a
head that is labelled so.  Where a picture is not labelled for all of a class, what lies at a
labelled box is judged, and nothing else.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.detectors.score_calibration import CalibratedClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.evaluation.counting import HEAD_STATES, match_boxes, people_of_heads
from safety_detector.evaluation.truth import LabelledPicture, TrueBox

_HEADS = frozenset(HEAD_STATES)
_PEOPLE = _HEADS | {RawClass.PERSON}
_STATES = {
    CalibratedClass.PERSON_NO_HELMET: SubLabel.NO_HELMET,
    CalibratedClass.PERSON_HELMET: SubLabel.HELMET,
    CalibratedClass.PERSON_UNCERTAIN: None,
}
_LIES_IN = 0.5


def things_of(kind: CalibratedClass, picture: LabelledPicture) -> list[TrueBox]:
    """What is labelled and a detection of the class may lie on."""
    kinds = _PEOPLE if kind in _STATES else {RawClass(kind.value)}
    return [one for one in picture.boxes if one.kind in kinds]


def fits(kind: CalibratedClass, truth: TrueBox) -> bool:
    """Whether a detection of the class that lies on it is right."""
    state = _STATES.get(kind)
    return state is None or state in (truth.state, HEAD_STATES.get(truth.kind))


def tells_of_all(kind: CalibratedClass, picture: LabelledPicture) -> bool:
    """Whether a detection of the class that lies on nothing is known to be wrong."""
    if kind in _STATES:
        return RawClass.PERSON in picture.labelled or picture.labelled.issuperset(_HEADS)
    return RawClass(kind.value) in picture.labelled


def judge_detections(
    picture: LabelledPicture, detections: Sequence[Detection]
) -> Iterator[tuple[Detection, bool]]:
    """Each detection that the labels judge, and whether it was right."""
    for kind in (RawClass.FIRE, RawClass.SMOKE):
        truths = [one for one in picture.boxes if one.kind is kind]
        of_kind = [one for one in detections if one.hazard.label.value == kind.value]
        yield from _regions(of_kind, truths, kind in picture.labelled)
    people = [one for one in detections if one.hazard.label is Label.PERSON]
    yield from _judge_of_people(picture)(picture, people)


def _regions(
    detections: Sequence[Detection], truths: Sequence[TrueBox], are_all: bool
) -> Iterator[tuple[Detection, bool]]:
    for detection in detections:
        here = [one for one in truths if _lies_at(detection.box, one.box)]
        if any(not one.ignored for one in here) or (are_all and not here):
            yield detection, bool(here)


def _lies_at(box: Box, truth: Box) -> bool:
    """Whether one of the two lies by half in the other: flames are cut into boxes in many ways."""
    width = min(box.x2, truth.x2) - max(box.x1, truth.x1)
    height = min(box.y2, truth.y2) - max(box.y1, truth.y1)
    return max(width, 0) * max(height, 0) >= _LIES_IN * min(box.area, truth.area)


_PeopleJudge = Callable[[LabelledPicture, Sequence[Detection]], Iterator[tuple[Detection, bool]]]


def _judge_of_people(picture: LabelledPicture) -> _PeopleJudge:
    if picture.labelled.issuperset(_HEADS):
        return _by_heads
    if RawClass.PERSON in picture.labelled:
        return _by_bodies
    return _by_heads if any(one.kind in _HEADS for one in picture.boxes) else _by_bodies


def _by_heads(
    picture: LabelledPicture, people: Sequence[Detection]
) -> Iterator[tuple[Detection, bool]]:
    """By the labelled head of each; one of whom none is labelled shows no helmet to judge.

    Where not every head is labelled, those without one are not judged at all.
    """
    are_all = picture.labelled.issuperset(_HEADS)
    heads = [one for one in picture.boxes if one.kind in _HEADS]
    owned = {
        id(owner): head
        for head, owner in zip(heads, people_of_heads(heads, people), strict=True)
        if owner is not None
    }
    for person in people:
        head = owned.get(id(person))
        state = person.hazard.sub_label
        if head.ignored if head is not None else not are_all:
            continue
        if state is SubLabel.UNCERTAIN:
            if head is not None or RawClass.PERSON not in picture.labelled:
                yield person, head is not None
            continue
        is_bare = head is not None and head.kind is RawClass.HEAD_BARE
        yield person, head is not None and is_bare is (state is SubLabel.NO_HELMET)


def _by_bodies(
    picture: LabelledPicture, people: Sequence[Detection]
) -> Iterator[tuple[Detection, bool]]:
    """By the labelled person at each one's place.

    Where the set does not say how that one's head is, nothing that is said of it is judged; where
    not everybody is labelled, nothing that is said of others.
    """
    truths = [one for one in picture.boxes if one.kind is RawClass.PERSON]
    matching = match_boxes([one.box for one in people], truths)
    for index, truth in matching.found:
        said, known = people[index].hazard.sub_label, truths[truth].state
        if said is SubLabel.UNCERTAIN:
            yield people[index], True
        elif known in (SubLabel.HELMET, SubLabel.NO_HELMET):
            yield people[index], said is known
    for index in matching.false if RawClass.PERSON in picture.labelled else ():
        yield people[index], False
