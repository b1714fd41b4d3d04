"""Which labels of a service to look at again: what people judged, beside what detectors say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from safety_detector.datasets.content import PictureContent
from safety_detector.datasets.doubtful import (
    Disagreements,
    DoubtfulLabel,
    Sighting,
    assign_folds,
)
from safety_detector.datasets.labelled import EVERY_LABEL, LabelledPicture
from safety_detector.detectors.embedded.detector import OnnxDetector
from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.detections import Detection, judging_run
from safety_detector.domain.hazards import Label
from safety_detector.errors import (
    DetectorError,
    PictureMissing,
    PictureRefused,
    SubmissionRefused,
)
from safety_detector.pictures.images import size_of
from safety_detector.service.core import Service
from safety_detector.service.datasets.records import DatasetFilter

FOLDS = 5

_LEAST_SCORE = 0.02
"""Of what the embedded detector nearly sees, so that misses can be compared with each other."""

_LABELS = {RawClass.FIRE: Label.FIRE, RawClass.SMOKE: Label.SMOKE, RawClass.PERSON: Label.PERSON}


@dataclass(frozen=True, slots=True)
class Said:
    """What one detector says of a picture.

    Attributes:
        detector: its name.
        asked: the labels that it looked for.
    """

    detector: str
    sightings: tuple[Sighting, ...]
    asked: frozenset[Label] = EVERY_LABEL


class Witness(Protocol):
    """Says what a detector sees in judged pictures."""

    def say(self, picture: LabelledPicture) -> Said | None:
        """What it sees; None where it has nothing to say.

        Raises:
            PictureMissing, PictureRefused, DetectorError: it cannot look.
        """


class StoredResults:
    """What the detectors said when the picture came in; nothing is looked at again.

    Args:
        without: detectors that are asked anew.
    """

    def __init__(self, without: frozenset[str] = frozenset()) -> None:
        self._without = without

    def say(self, picture: LabelledPicture) -> Said | None:
        """The stored detections, of the run that saw the whole picture and had a result."""
        run = judging_run(picture.runs)
        if run is None or run.error is not None or run.backend in self._without:
            return None
        classes = run.conditions.classes
        asked = EVERY_LABEL if classes is None else frozenset(map(Label, classes))
        return Said(run.backend, tuple(map(_reported, picture.detections)), asked)


class LookAgain:
    """The embedded detector, asked anew; about 60 CPU milliseconds a picture.

    Args:
        detector: stays open.
        read: the file of a picture, by its hash.
    """

    def __init__(self, detector: OnnxDetector, read: Callable[[str], bytes]) -> None:
        self._detector = detector
        self._read = read

    def say(self, picture: LabelledPicture) -> Said | None:
        """What it reports now, and what it nearly reports."""
        rgb = PictureContent(self._read(picture.sha256)).rgb()
        raw = self._detector.raw(rgb, _LEAST_SCORE)
        reported = tuple(map(_reported, self._detector.judge(raw, size_of(rgb))))
        nearly = tuple(
            Sighting(one.box, _LABELS[one.kind], None, one.score, reported=False)
            for one in raw.boxes
            if one.kind in _LABELS
        )
        return Said(self._detector.backend, reported + nearly)


@dataclass(frozen=True, slots=True)
class DoubtfulLabels:
    """What to look at again.

    Attributes:
        labels: the rarest disagreement first, and before them what several detectors doubt.
        pictures: how many judged ones were compared.
        unread: how many could not be looked at: gone, or damaged.
        untold: disagreements of which there are too few others to say whether they are rare.
        can_tell: whether there are enough labels of any kind; without them nothing is listed.
    """

    labels: tuple[DoubtfulLabel, ...]
    pictures: int
    unread: int
    untold: int
    can_tell: bool


def find_doubtful(
    service: Service,
    wanted: DatasetFilter,
    witnesses: tuple[Witness, ...],
    *,
    folds: int,
    most_share: float,
    most_pictures: int | None = None,
    progress: Callable[[int, int], None] = lambda _number, _total: None,
) -> DoubtfulLabels:
    """Compares what people judged with what detectors say.

    Args:
        service: where the judgements are.
        wanted: which judged pictures.
        witnesses: the detectors.
        folds: into how many parts the days of cameras are put; a part is judged by the others.
        most_share: of the other labels of its kind, how many may be like a doubtful one.
        most_pictures: more are refused; None for any number.
        progress: hears of how many pictures were looked at.

    Raises:
        SubmissionRefused: nobody judged anything, or all of one day of one camera, or more
            pictures than are allowed.
        StorageUnavailable, DatabaseUnavailable: something cannot be read.
    """
    # One more than are allowed is enough to know.
    first = None if most_pictures is None else most_pictures + 1
    groups = Counter(one.group for one in islice(_judged(service, wanted), first))
    if most_pictures is not None and groups.total() > most_pictures:
        raise SubmissionRefused("doubtful-too-many", limit=most_pictures)
    if len(groups) < 2:
        raise SubmissionRefused("doubtful-one-group" if groups else "doubtful-nothing-judged")
    assigned = assign_folds(groups, folds)
    found: dict[str, Disagreements] = {}
    compared = unread = 0
    total = groups.total()
    for picture in _judged(service, wanted):
        if picture.group not in assigned:
            continue  # judged since
        try:
            said = [one.say(picture) for one in witnesses]
        except (PictureMissing, PictureRefused, DetectorError):
            unread += 1
            continue
        compared += 1
        for one in said:
            if one is not None:
                by = found.setdefault(one.detector, Disagreements(one.detector, assigned))
                by.add(picture, one.sightings, one.asked)
        progress(compared + unread, total)
    labels = [label for one in found.values() for label in one.doubtful(most_share)]
    return DoubtfulLabels(
        _ordered(labels),
        compared,
        unread,
        untold=sum(one.untold() for one in found.values()),
        can_tell=any(one.can_tell() for one in found.values()),
    )


def _judged(service: Service, wanted: DatasetFilter) -> Iterator[LabelledPicture]:
    """The pictures of which something is proven."""
    for one in service.inspections.judged.list(wanted):
        if one.labelled or one.boxes or one.refuted:
            yield one


def _ordered(labels: list[DoubtfulLabel]) -> tuple[DoubtfulLabel, ...]:
    detectors: dict[tuple[str, tuple[float, ...] | None], set[str]] = {}
    for one in labels:
        detectors.setdefault(_what(one), set()).add(one.detector)
    return tuple(
        sorted(
            labels,
            key=lambda one: (
                -len(detectors[_what(one)]), one.share, one.inspection_id, one.box.xyxy
            ),
        )
    )  # fmt: skip


def _what(one: DoubtfulLabel) -> tuple[str, tuple[float, ...] | None]:
    """The label that is doubted; two detectors never draw one thing alike that nobody labelled."""
    return one.inspection_id, None if one.judged is None else one.box.xyxy


def _reported(one: Detection) -> Sighting:
    state = one.hazard.sub_label if one.hazard.label is Label.PERSON else None
    return Sighting(one.box, one.hazard.label, state, one.score, reported=True)
