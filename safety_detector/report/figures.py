"""Counts over the inspections of a report: by outcome, hazard, camera and time (pure)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

from safety_detector.domain.hazards import Hazard
from safety_detector.domain.inspection import Inspection, Status

MOST_DAYS = 31
"""Columns of a day that fit side by side; a longer period is counted by month."""
MOST_MONTHS = 36
"""Columns of a month; of a period that is longer still only the last ones are shown."""


class Outcome(StrEnum):
    """How an inspection ended, for banners and counts."""

    HAZARD = "hazard"
    INCONCLUSIVE = "inconclusive"
    CLEAR = "clear"
    FAILED = "failed"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many pictures ended how; every picture is in exactly one of the middle five counts.

    ``incomplete`` counts the completed ones in which a detector run may have missed something.
    """

    submitted: int
    hazard: int
    inconclusive: int
    clear: int
    failed: int
    unfinished: int
    incomplete: int

    @property
    def completed(self) -> int:
        """Pictures with a result of some kind."""
        return self.hazard + self.inconclusive + self.clear

    @property
    def open(self) -> int:
        """Pictures of which nobody can say whether they show a hazard."""
        return self.inconclusive + self.failed + self.unfinished


@dataclass(frozen=True, slots=True)
class HazardCount:
    """How often one hazard was found: its boxes, and the pictures that have at least one."""

    hazard: Hazard
    boxes: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without any picture."""

    start: datetime
    duration: timedelta


@dataclass(frozen=True, slots=True)
class CameraCount:
    """What one camera delivered; ``camera_id`` is None for pictures without a camera.

    ``first`` and ``last`` are None for one that was silent.
    """

    camera_id: str | None
    outcomes: Outcomes
    first: datetime | None
    last: datetime | None
    longest_gap: Gap | None


@dataclass(frozen=True, slots=True)
class ColumnCount:
    """The pictures of one hour, day or month, and how many of them show a hazard."""

    name: str
    pictures: int
    hazards: int


def time_of(inspection: Inspection) -> datetime:
    """When the picture was taken, or else when it was received."""
    return inspection.captured_at or inspection.received_at


def outcome_of(inspection: Inspection) -> Outcome:
    """How the inspection ended; a completed one without a verdict counts as not finished."""
    if inspection.status is Status.FAILED:
        return Outcome.FAILED
    if inspection.status is Status.COMPLETED and inspection.verdict is not None:
        return Outcome(inspection.verdict.value)
    return Outcome.UNFINISHED


def count_outcomes(inspections: Sequence[Inspection]) -> Outcomes:
    """Counts the inspections by outcome."""
    counts = Counter(outcome_of(one) for one in inspections)
    return Outcomes(
        submitted=len(inspections),
        hazard=counts[Outcome.HAZARD],
        inconclusive=counts[Outcome.INCONCLUSIVE],
        clear=counts[Outcome.CLEAR],
        failed=counts[Outcome.FAILED],
        unfinished=counts[Outcome.UNFINISHED],
        incomplete=sum(one.status is Status.COMPLETED and one.incomplete for one in inspections),
    )


def count_hazards(inspections: Sequence[Inspection]) -> tuple[HazardCount, ...]:
    """Every hazard that occurs, the most urgent first."""
    boxes: Counter[Hazard] = Counter()
    pictures: Counter[Hazard] = Counter()
    for inspection in inspections:
        found = Counter(detection.hazard for detection in inspection.detections)
        boxes.update(found)
        pictures.update(found.keys())
    return tuple(
        HazardCount(hazard, boxes[hazard], pictures[hazard])
        for hazard in sorted(boxes, key=lambda hazard: hazard.rank)
    )


def count_cameras(
    inspections: Sequence[Inspection],
    since: datetime | None = None,
    until: datetime | None = None,
    expected: Mapping[str, datetime] | None = None,
) -> tuple[CameraCount, ...]:
    """One count a camera, by name; pictures without a camera come last.

    A camera that begins late or falls silent early has a gap up to the period's edge, and one that
    sent nothing has one as long as the period.  Between pictures without a camera there are none:
    nobody knows when one should have come.

    Args:
        inspections: what came.
        since: beginning of the period; None: the first picture.
        until: its end; None: the last picture.
        expected: cameras from which pictures could have come, and since when.
    """
    expected = expected or {}
    by_camera: defaultdict[str | None, list[Inspection]] = defaultdict(list)
    by_camera.update({camera_id: [] for camera_id in expected})
    for inspection in inspections:
        by_camera[inspection.camera_id].append(inspection)
    ordered = sorted(by_camera, key=lambda camera: (camera is None, camera or ""))
    return tuple(
        _count_camera(one, by_camera[one], _later(since, expected.get(one or "")), until)
        for one in ordered
    )


def _later(since: datetime | None, there_since: datetime | None) -> datetime | None:
    """Nothing is missing from the time before there was a camera."""
    return max(since, there_since) if since and there_since else since or there_since


def _count_camera(
    camera_id: str | None,
    inspections: Sequence[Inspection],
    since: datetime | None,
    until: datetime | None,
) -> CameraCount:
    moments = sorted(time_of(one) for one in inspections)
    edges = sorted([*([since] if since else []), *moments, *([until] if until else [])])
    if camera_id is None:
        edges = []
    gaps = [Gap(earlier, later - earlier) for earlier, later in pairwise(edges)]
    return CameraCount(
        camera_id=camera_id,
        outcomes=count_outcomes(inspections),
        first=moments[0] if moments else None,
        last=moments[-1] if moments else None,
        longest_gap=max(gaps, key=lambda gap: gap.duration, default=None),
    )


def count_hours(inspections: Sequence[Inspection], zone: tzinfo) -> tuple[ColumnCount, ...]:
    """The 24 hours of the day; none where all pictures fall into the same hour."""
    return _count_by(
        inspections, [f"{hour:02}" for hour in range(24)], lambda moment: f"{moment:%H}", zone
    )


def count_days(inspections: Sequence[Inspection], zone: tzinfo) -> tuple[ColumnCount, ...]:
    """Every day from the first picture to the last; none for one day or more than a month."""
    days = sorted({time_of(one).astimezone(zone).date() for one in inspections})
    if not days or (days[-1] - days[0]).days >= MOST_DAYS:
        return ()
    names = [f"{day:%m-%d}" for day in _days_between(days[0], days[-1])]
    return _count_by(inspections, names, lambda moment: f"{moment:%m-%d}", zone)


def count_months(inspections: Sequence[Inspection], zone: tzinfo) -> tuple[ColumnCount, ...]:
    """Every month from the first picture to the last; none where the days can be shown."""
    days = sorted({time_of(one).astimezone(zone).date() for one in inspections})
    if not days or (days[-1] - days[0]).days < MOST_DAYS:
        return ()
    names = dict.fromkeys(f"{day:%Y-%m}" for day in _days_between(days[0], days[-1]))
    shown = list(names)[-MOST_MONTHS:]
    return _count_by(inspections, shown, lambda moment: f"{moment:%Y-%m}", zone)


def _days_between(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _count_by(
    inspections: Sequence[Inspection],
    names: Sequence[str],
    name_of: Callable[[datetime], str],
    zone: tzinfo,
) -> tuple[ColumnCount, ...]:
    pictures: Counter[str] = Counter()
    hazards: Counter[str] = Counter()
    for one in inspections:
        name = name_of(time_of(one).astimezone(zone))
        pictures[name] += 1
        hazards[name] += outcome_of(one) is Outcome.HAZARD
    if len(pictures) < 2:
        return ()
    return tuple(ColumnCount(name, pictures[name], hazards[name]) for name in names)
