"""Counts over the inspections of a report: by outcome, hazard, camera and time (pure)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import chain, pairwise
from typing import TypeAlias

from safety_detector.domain.hazards import Hazard, Label
from safety_detector.domain.inspection import Inspection, Status
from safety_detector.domain.outcomes import Outcome, outcome_of

MOST_DAYS = 31
"""Columns of a day that fit side by side; a longer period is counted by month."""
MOST_MONTHS = 36
"""Columns of a month; of a period that is longer still only the last ones are shown."""


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
class DangerCounts:
    """Pictures, and how many of them show a danger of each class."""

    pictures: int
    by_label: Mapping[Label, int]


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
    """The pictures of one hour, day or month: with a hazard, without a conclusion, and clear."""

    name: str
    hazards: int
    open: int
    clear: int

    @property
    def pictures(self) -> int:
        """All of them."""
        return self.hazards + self.open + self.clear


def time_of(inspection: Inspection) -> datetime:
    """When the picture was taken, as far as is known; at the latest when it was received."""
    return inspection.when_taken.at


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


def count_dangers(inspections: Sequence[Inspection]) -> DangerCounts:
    """Counts the pictures that show a danger of each class; one may show several."""
    counts: Counter[Label] = Counter()
    for one in inspections:
        counts.update({each.hazard.label for each in one.detections if each.hazard.is_danger})
    return DangerCounts(len(inspections), {label: counts[label] for label in Label})


@dataclass(frozen=True, slots=True)
class Lifetime:
    """From when on a camera could have sent pictures, and until when; None: it still can."""

    since: datetime
    until: datetime | None = None


def count_cameras(
    inspections: Sequence[Inspection],
    since: datetime | None = None,
    until: datetime | None = None,
    expected: Mapping[str, Sequence[Lifetime]] | None = None,
) -> tuple[CameraCount, ...]:
    """One count a camera, by id; pictures without a camera come last.

    A camera that begins late or falls silent early has a gap up to the period's edge, and one that
    sent nothing has one as long as the period.  Nothing is missing from the time before there was a
    camera, nor after it was removed.  Between pictures without a camera there are no gaps: nobody
    knows when one should have come.

    Args:
        inspections: what came.
        since: beginning of the period; None: the first picture.
        until: its end; None: the last picture.
        expected: cameras from which pictures could have come, and when; None: nobody knows.
    """
    by_camera: defaultdict[str | None, list[Inspection]] = defaultdict(list)
    by_camera.update({camera_id: [] for camera_id in expected or ()})
    for inspection in inspections:
        by_camera[inspection.camera_id].append(inspection)
    ordered = sorted(by_camera, key=lambda camera: (camera is None, camera or ""))
    counts = []
    for camera_id in ordered:
        moments = sorted(time_of(one) for one in by_camera[camera_id])
        outcomes = count_outcomes(by_camera[camera_id])
        lifetimes = None if expected is None else expected.get(camera_id or "", ())
        counts.append(count_camera(camera_id, outcomes, moments, lifetimes, since, until))
    return tuple(counts)


def count_camera(
    camera_id: str | None,
    outcomes: Outcomes,
    moments: Sequence[datetime],
    lifetimes: Sequence[Lifetime] | None,
    since: datetime | None,
    until: datetime | None,
) -> CameraCount:
    """What one camera delivered; see ``count_cameras``.

    Args:
        camera_id: None for pictures without a camera.
        outcomes: of its pictures.
        moments: when they were taken, in order.
        lifetimes: when it could have sent some; None: nobody knows.
        since: beginning of the period; None: the first picture.
        until: its end; None: the last picture.
    """
    spans = [(since, until)] if lifetimes is None else _spans(moments, lifetimes, since, until)
    gaps = () if camera_id is None else (gap for one in spans for gap in _gaps(moments, *one))
    return CameraCount(
        camera_id=camera_id,
        outcomes=outcomes,
        first=moments[0] if moments else None,
        last=moments[-1] if moments else None,
        longest_gap=max(gaps, key=lambda gap: gap.duration, default=None),
    )


_Span: TypeAlias = tuple[datetime | None, datetime | None]


def _spans(
    moments: Sequence[datetime],
    lifetimes: Sequence[Lifetime],
    since: datetime | None,
    until: datetime | None,
) -> list[_Span]:
    """The parts of the period in which a camera was there, by its records and its pictures.

    A picture proves that its camera was there before its record was made, or after it was removed.
    """
    spans: list[_Span] = []
    for one in lifetimes:
        begin = max(since, one.since) if since else one.since
        end = min(until, one.until) if until and one.until else until or one.until
        if end is None or begin < end:
            spans.append((begin, end))
    if not moments:
        return spans
    first, last = moments[0], moments[-1]
    if not spans:
        return [(first, last)]
    earliest, its_end = spans[0]
    spans[0] = (min(earliest, first) if earliest else first, its_end)
    its_begin, latest = spans[-1]
    if latest is not None:
        spans[-1] = (its_begin, max(latest, last))
    return spans


def _gaps(
    moments: Sequence[datetime], since: datetime | None, until: datetime | None
) -> Iterator[Gap]:
    within = (one for one in moments if (not since or one >= since) and (not until or one <= until))
    edges = chain([since] if since else [], within, [until] if until else [])
    return (Gap(earlier, later - earlier) for earlier, later in pairwise(edges))


def count_hours(inspections: Sequence[Inspection], zone: tzinfo) -> tuple[ColumnCount, ...]:
    """The 24 hours of the day; none where all pictures fall into the same hour."""
    names = [f"{hour:02}" for hour in range(24)]
    columns = _count_by(inspections, names, "%H", zone)
    return columns if sum(one.pictures > 0 for one in columns) > 1 else ()


def count_days(
    inspections: Sequence[Inspection],
    zone: tzinfo,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[ColumnCount, ...]:
    """Every day of the period; none for one day, or more than a month, or without pictures.

    Args:
        inspections: what is counted.
        zone: where the days begin and end.
        since: beginning of the period; None: the first picture.
        until: its end, which is no part of it; None: the last picture.
    """
    names = day_names([time_of(one) for one in inspections], zone, since, until)
    return _count_by(inspections, names, "%m-%d", zone)


def count_months(
    inspections: Sequence[Inspection],
    zone: tzinfo,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[ColumnCount, ...]:
    """Every month of the period; none where the days can be shown, or without pictures."""
    names = month_names([time_of(one) for one in inspections], zone, since, until)
    return _count_by(inspections, names, "%Y-%m", zone)


def day_names(
    moments: Sequence[datetime],
    zone: tzinfo,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[str]:
    """Every day of a period that holds the moments, as ``11-21``; see ``count_days``."""
    days = _days(moments, zone, since, until)
    if days is None or days[0] == days[1] or (days[1] - days[0]).days >= MOST_DAYS:
        return []
    first, last = days
    return [f"{first + timedelta(days=one):%m-%d}" for one in range((last - first).days + 1)]


def month_names(
    moments: Sequence[datetime],
    zone: tzinfo,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[str]:
    """Every month of a period that holds the moments, as ``2026-11``; see ``count_months``."""
    days = _days(moments, zone, since, until)
    if days is None or (days[1] - days[0]).days < MOST_DAYS:
        return []
    first, last = days
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in months[-MOST_MONTHS:]]


def _days(
    moments: Sequence[datetime], zone: tzinfo, since: datetime | None, until: datetime | None
) -> tuple[date, date] | None:
    """The first and the last day of the period, which holds every moment; None without any."""
    if not moments:
        return None
    edges = [*moments]
    edges += [since] if since else []
    edges += [until - timedelta(microseconds=1)] if until else []
    return min(edges).astimezone(zone).date(), max(edges).astimezone(zone).date()


def _count_by(
    inspections: Sequence[Inspection], names: Sequence[str], form: str, zone: tzinfo
) -> tuple[ColumnCount, ...]:
    outcomes: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
    for one in inspections:
        outcomes[time_of(one).astimezone(zone).strftime(form)][outcome_of(one)] += 1
    return tuple(
        ColumnCount(
            name,
            hazards=outcomes[name][Outcome.HAZARD],
            open=outcomes[name].total()
            - outcomes[name][Outcome.HAZARD]
            - outcomes[name][Outcome.CLEAR],
            clear=outcomes[name][Outcome.CLEAR],
        )
        for name in names
    )
