"""Labels that people and detectors disagree about, where the detector is seldom wrong.  Pure.

Nothing is trained here.  What is learnt of a detector is how far its word goes: how often, with a
score like this one, people found it right.  That is counted on the other folds alone (whole days
of cameras, as sets are split), so that no label vouches for itself or for the pictures beside it.
A disagreement is doubtful where the same disagreement is rare on the other folds: the confident
learning of Northcutt et al. (2021), with counts in place of probabilities, since scores are none.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from safety_detector.datasets.labelled import EVERY_LABEL, Judgement, LabelledPicture
from safety_detector.domain.geometry import Box, ImageSize, intersection_area, iou
from safety_detector.domain.hazards import Hazard, Label, SubLabel

FEWEST_OTHERS = 20
"""Labels of the same kind on the other folds, below which nothing is said of one."""

DEFAULT_SHARE = 0.1
"""A disagreement is listed where at most this share of the others are like it."""

_SAME_COVER = 0.5  # of the smaller box: people draw one fire around what a detector splits
_SAME_PERSON_IOU = 0.4
_SMALL, _LARGE = 32**2, 96**2  # square pixels; COCO's sizes, since small things are missed oftener


class Doubt(StrEnum):
    """How people and a detector disagree."""

    UNSEEN = "unseen"
    """A person says that it is there, and a detector that seldom misses such a thing does not."""
    UNLABELLED = "unlabelled"
    """A detector that is seldom wrong when so sure sees something, and no person labelled it."""
    REFUTED = "refuted"
    """The same, and a person said that it is none."""
    STATE = "state"
    """A detector that is seldom wrong about it sees another state of a person's head."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that a detector sees.

    Attributes:
        hazard: label and state; None of a state that it does not tell.
        score: 0.0 to 1.0; None where the detector gave none.
        reported: whether it is sure enough to be reported.
    """

    box: Box
    label: Label
    state: SubLabel | None
    score: float | None
    reported: bool

    @property
    def rank(self) -> float:
        """How sure the detector is among others; it is taken at its word where it gave no score."""
        return 1.0 if self.score is None else self.score


@dataclass(frozen=True, slots=True)
class DoubtfulLabel:
    """A label to look at again.

    Attributes:
        name: of the picture, as it was submitted; hostile text.
        size: of the picture.
        taken_at: when it was taken.
        camera_id: of the camera; None for none.
        detector: who disagrees.
        judged: what a person said; None where nobody labelled anything.
        seen: what the detector says: the label's name, or a person's state.
        score: of the detector; None of what it does not see, or gave no score.
        like_it, others: of so many others of its kind, in how many was the disagreement the same.
        judgement: who said so; None where nobody labelled anything.
    """

    inspection_id: str
    name: str
    size: ImageSize
    taken_at: datetime
    camera_id: str | None
    detector: str
    doubt: Doubt
    box: Box
    judged: Hazard | None
    seen: str
    score: float | None
    like_it: int
    others: int
    judgement: Judgement | None

    @property
    def share(self) -> float:
        """How usual the disagreement is; the rarer, the more likely is the label wrong."""
        return (self.like_it + 1) / (self.others + 2)


@dataclass(slots=True)
class _Unit:
    """One label beside what the detector says of it.

    Attributes:
        kind: what it is counted with.
        score: of the detector.
        outcome: what people said of it, empty where they agree with the detector.
        doubt: what to list if that is rare; None where they agree.
    """

    fold: int
    kind: tuple[str, ...]
    score: float
    outcome: str
    doubt: DoubtfulLabel | None


@dataclass(slots=True)
class Disagreements:
    """Gathers what a detector says of judged pictures, then lists what is doubtful.

    Args:
        detector: its name.
        folds: the fold of each group.
    """

    detector: str
    folds: Mapping[str, int]
    _units: list[_Unit] = field(default_factory=list)

    def add(
        self,
        picture: LabelledPicture,
        sightings: Sequence[Sighting],
        asked: frozenset[Label] = EVERY_LABEL,
    ) -> None:
        """Compares a picture's labels with what the detector sees in it.

        Args:
            picture: what people said.
            sightings: what the detector sees.
            asked: what it was to look for; of the rest it says nothing by seeing nothing.
        """
        fold = self.folds[picture.group]
        picture = replace(
            picture, boxes=tuple(one for one in picture.boxes if one.hazard.label in asked)
        )
        for unit in (*self._of_boxes(picture, sightings), *self._of_sightings(picture, sightings)):
            unit.fold = fold
            self._units.append(unit)

    def doubtful(self, most_share: float = DEFAULT_SHARE) -> list[DoubtfulLabel]:
        """What to look at again, the rarest disagreement first."""
        found = [one for units in self._by_kind().values() for one in _rare(units, most_share)]
        return sorted(found, key=lambda one: (one.share, one.inspection_id, one.box.xyxy))

    def untold(self) -> int:
        """How many disagreements have too few others of their kind to be called rare or usual."""
        return sum(
            one.others < FEWEST_OTHERS
            for units in self._by_kind().values()
            for one in _weighed(units)
        )

    def can_tell(self) -> bool:
        """Whether of any kind of label there are enough on other folds."""
        return any(
            len(units) - sum(one.fold == fold for one in units) >= FEWEST_OTHERS
            for units in self._by_kind().values()
            for fold in {one.fold for one in units}
        )

    def _by_kind(self) -> Mapping[tuple[str, ...], list[_Unit]]:
        by_kind: dict[tuple[str, ...], list[_Unit]] = defaultdict(list)
        for unit in self._units:
            by_kind[unit.kind].append(unit)
        return by_kind

    def _of_boxes(self, picture: LabelledPicture, sightings: Sequence[Sighting]) -> Iterable[_Unit]:
        for one in picture.boxes:
            label = one.hazard.label
            same = [
                it for it in sightings if it.label is label and _is_same(it.box, one.box, label)
            ]
            best = max(same, key=lambda it: it.rank, default=None)
            rank, score = (best.rank, best.score) if best else (0.0, None)
            doubt = None
            if best is None or not best.reported:
                doubt = self._doubt(
                    picture, Doubt.UNSEEN, one.box, one.hazard, "", score, one.judgement
                )
            kind = (Doubt.UNSEEN, label, _size(one.box))
            yield _Unit(0, kind, rank, "seen by people" if doubt else "", doubt)
            if best is not None and best.state is not None and label is Label.PERSON:
                differs = best.state is not one.hazard.sub_label
                other = None
                if differs:
                    other = self._doubt(
                        picture,
                        Doubt.STATE,
                        one.box,
                        one.hazard,
                        best.state.value,
                        score,
                        one.judgement,
                    )
                # Counted by what both say: helmets are often called uncertain, seldom bare.
                said = one.hazard.sub_label.value if differs else ""
                yield _Unit(0, (Doubt.STATE, best.state), rank, said, other)

    def _of_sightings(
        self, picture: LabelledPicture, sightings: Sequence[Sighting]
    ) -> Iterable[_Unit]:
        for it in sightings:
            if not it.reported:
                continue
            label = it.label
            refuted = next(
                (
                    one
                    for one in picture.refuted
                    if one.detection.hazard.label is label
                    and _is_same(one.detection.box, it.box, label)
                ),
                None,
            )
            is_there = any(
                one.hazard.label is label and _is_same(one.box, it.box, label)
                for one in picture.boxes
            )
            if not is_there and refuted is None and label not in picture.labelled:
                continue  # nobody said anything about it
            doubt = None
            if not is_there:
                doubt = self._doubt(
                    picture,
                    Doubt.UNLABELLED if refuted is None else Doubt.REFUTED,
                    it.box,
                    None if refuted is None else refuted.detection.hazard,
                    label.value,
                    it.score,
                    None if refuted is None else refuted.judgement,
                )
            said = "" if is_there else "none"
            yield _Unit(0, (Doubt.UNLABELLED, label), it.rank, said, doubt)

    def _doubt(
        self,
        picture: LabelledPicture,
        doubt: Doubt,
        box: Box,
        judged: Hazard | None,
        seen: str,
        score: float | None,
        judgement: Judgement | None,
    ) -> DoubtfulLabel:
        return DoubtfulLabel(
            picture.inspection_id,
            picture.name,
            picture.size,
            picture.taken_at,
            picture.camera_id,
            self.detector,
            doubt,
            box,
            judged,
            seen,
            score,
            0,
            0,
            judgement,
        )


def assign_folds(groups: Mapping[str, int], folds: int) -> dict[str, int]:
    """A fold for each group, so that each fold has about as many pictures.

    >>> assign_folds({"gate/1": 6, "gate/2": 3, "yard/1": 3}, 2)
    {'gate/1': 0, 'gate/2': 1, 'yard/1': 1}

    Args:
        groups: pictures by group.
        folds: how many; fewer where there are fewer groups.
    """
    filled: Counter[int] = Counter(dict.fromkeys(range(min(folds, max(len(groups), 1))), 0))
    assigned = {}
    for group, pictures in sorted(groups.items(), key=lambda one: (-one[1], one[0])):
        fold = min(filled, key=lambda number: (filled[number], number))
        assigned[group] = fold
        filled[fold] += pictures
    return assigned


def _rare(units: Sequence[_Unit], most_share: float) -> Iterable[DoubtfulLabel]:
    """The disagreements of one kind that are rare on the folds other than their own."""
    for doubt in _weighed(units):
        if doubt.others >= FEWEST_OTHERS and doubt.share <= most_share:
            yield doubt


def _weighed(units: Sequence[_Unit]) -> Iterable[DoubtfulLabel]:
    """Each disagreement of one kind, with what the folds other than its own say of it."""
    every = _Scores.of(units)
    by_fold: dict[int, list[_Unit]] = defaultdict(list)
    for unit in units:
        by_fold[unit.fold].append(unit)
    own = {fold: _Scores.of(those) for fold, those in by_fold.items()}
    for unit in units:
        if unit.doubt is None:
            continue
        here = own[unit.fold]
        if unit.doubt.doubt is Doubt.UNSEEN:
            others = len(every.scores) - len(here.scores)
            like = every.up_to(unit) - here.up_to(unit)
        else:
            others = every.at_least(unit) - here.at_least(unit)
            like = every.same_at_least(unit) - here.same_at_least(unit)
        yield replace(unit.doubt, like_it=like, others=others)


@dataclass(frozen=True, slots=True)
class _Scores:
    """Scores of units in order: of all, and by what people said."""

    scores: list[float]
    by_outcome: dict[str, list[float]]

    @classmethod
    def of(cls, units: Sequence[_Unit]) -> _Scores:
        by_outcome: dict[str, list[float]] = defaultdict(list)
        for one in sorted(units, key=lambda one: one.score):
            by_outcome[one.outcome].append(one.score)
        return cls(sorted(one.score for one in units), dict(by_outcome))

    def at_least(self, unit: _Unit) -> int:
        return len(self.scores) - bisect_left(self.scores, unit.score)

    def same_at_least(self, unit: _Unit) -> int:
        same = self.by_outcome.get(unit.outcome, [])
        return len(same) - bisect_left(same, unit.score)

    def up_to(self, unit: _Unit) -> int:
        return bisect_right(self.by_outcome.get(unit.outcome, []), unit.score)


def _is_same(first: Box, second: Box, label: Label) -> bool:
    """Whether two boxes mean the same thing: a person once, fire and smoke by what they cover."""
    if label is Label.PERSON:
        return iou(first, second) >= _SAME_PERSON_IOU
    shared = intersection_area(first, second)
    return shared >= _SAME_COVER * min(first.area, second.area)


def _size(box: Box) -> str:
    if box.area < _SMALL:
        return "small"
    return "medium" if box.area < _LARGE else "large"
