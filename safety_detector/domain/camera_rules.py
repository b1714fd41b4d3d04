"""What an operator says about a camera's picture: zones, masks, and when which hazards count.

Polygons are fractions of the upright picture, from 0 to 1, x before y; the first corner follows the
last one.  Every value is checked where it is made, so that whoever has one need not ask again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations, pairwise
from typing import TypeAlias

from safety_detector.value_faults import ValueFault

MOST_CORNERS = 50
MOST_ZONES = MOST_MASKS = 50
MOST_HOURS = 50
"""Of one camera; its rules are gone through with every picture."""

# Of the picture: a tenth of a per mille is 0.2 % of a side squared, less than 100 pixels of 1080p.
_LEAST_AREA = 1e-4
_DAY_MIN = 24 * 60

Corner: TypeAlias = tuple[float, float]


class WatchedHazard(StrEnum):
    """A hazard that a zone, a mask or a schedule is about."""

    FIRE = "fire"
    SMOKE = "smoke"
    NO_HELMET = "no_helmet"


ALL_HAZARDS = tuple(WatchedHazard)


class ZoneSeverity(StrEnum):
    """How severe a hazard in a zone is at least, whatever it looks like."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"


class Day(StrEnum):
    """A day of the week, in the order in which they come."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@dataclass(frozen=True, slots=True)
class Polygon:
    """A part of a picture.

    Attributes:
        corners: at least three, in either direction; their outline does not cross or touch itself.

    Raises:
        ValueError: they enclose nothing, or it is not clear what.
    """

    corners: tuple[Corner, ...]

    def __post_init__(self) -> None:
        _check_corners(self.corners)

    def holds(self, x: float, y: float) -> bool:
        """Whether a point, in fractions of the picture, lies in it."""
        inside = False
        for (ax, ay), (bx, by) in _sides(self.corners):
            if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
                inside = not inside
        return inside


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the picture in which some hazards matter, or matter more.

    Attributes:
        id: unique within the camera.
        name: for people.
        watch: the hazards that it is about.
        severity: of a hazard in it at least; None for what the picture shows.
    """

    id: str
    name: str
    polygon: Polygon
    watch: tuple[WatchedHazard, ...] = ALL_HAZARDS
    severity: ZoneSeverity | None = None


@dataclass(frozen=True, slots=True)
class Mask:
    """A part of the picture in which some hazards do not count.

    Attributes:
        reason: for whoever wonders in a year, for example ``flare stack``.
        hazards: those that do not count there.
    """

    polygon: Polygon
    reason: str
    hazards: tuple[WatchedHazard, ...] = ALL_HAZARDS


@dataclass(frozen=True, slots=True)
class Hours:
    """When some hazards count; at other times they do not.

    Attributes:
        days: on which the hours begin.
        start_min, end_min: minutes since midnight in the camera's zone, up to 24 × 60; an end
            before the start is the next day's.

    Raises:
        ValueError: they are empty, or no time of a day.
    """

    days: tuple[Day, ...]
    start_min: int
    end_min: int
    hazards: tuple[WatchedHazard, ...] = ALL_HAZARDS

    def __post_init__(self) -> None:
        if not self.days:
            raise ValueFault("hours-no-day")
        if not (0 <= self.start_min < _DAY_MIN and 0 <= self.end_min <= _DAY_MIN):
            raise ValueFault("hours-outside")
        if self.start_min == self.end_min:
            raise ValueFault("hours-empty")

    def hold(self, moment: datetime) -> bool:
        """Whether a moment, in the camera's zone, lies in them."""
        now_min = 60 * moment.hour + moment.minute
        begun = _day(moment) in self.days and now_min >= self.start_min
        if self.start_min < self.end_min:
            return begun and now_min < self.end_min
        return begun or (_day(moment - timedelta(days=1)) in self.days and now_min < self.end_min)


@dataclass(frozen=True, slots=True)
class CameraRules:
    """Everything that is said of a camera's picture.

    Attributes:
        schedule: empty where every hazard counts at any time; one that no hours name always does.

    Raises:
        ValueError: too many of one kind, or an id twice.
    """

    zones: tuple[Zone, ...] = ()
    masks: tuple[Mask, ...] = ()
    schedule: tuple[Hours, ...] = ()

    def __post_init__(self) -> None:
        for name, found, most in (
            ("zones", self.zones, MOST_ZONES),
            ("masks", self.masks, MOST_MASKS),
            ("hours", self.schedule, MOST_HOURS),
        ):
            if len(found) > most:
                raise ValueError(f"{most} {name} at most, not {len(found)}")
        check_ids(self.zones)

    def hazards_at(self, moment: datetime) -> frozenset[WatchedHazard]:
        """The hazards that count at a moment, which is in the camera's zone."""
        named = {hazard for hours in self.schedule for hazard in hours.hazards}
        now = {hazard for hours in self.schedule if hours.hold(moment) for hazard in hours.hazards}
        return frozenset(now | (set(ALL_HAZARDS) - named))


def check_ids(zones: Sequence[Zone]) -> None:
    """Makes sure that each zone of a camera can be told by its id.

    Raises:
        ValueError: two have the same one.
    """
    for zone_id, number in Counter(zone.id for zone in zones).items():
        if number > 1:
            raise ValueFault("zones-same-id", number=number, zone_id=zone_id)


NO_RULES = CameraRules()


def _day(moment: datetime) -> Day:
    return tuple(Day)[moment.weekday()]


def _check_corners(corners: Sequence[Corner]) -> None:
    if len(corners) < 3:
        raise ValueFault("area-few-corners", found=len(corners))
    if len(corners) > MOST_CORNERS:
        raise ValueFault("area-many-corners", most=MOST_CORNERS, found=len(corners))
    for number, (x, y) in enumerate(corners, start=1):
        if not (0 <= x <= 1 and 0 <= y <= 1):  # so that a NaN is refused as well
            raise ValueFault("area-outside", number=number)
    for number, (corner, following) in enumerate(_sides(corners), start=1):
        if corner == following:
            raise ValueFault("area-corner-twice", number=number)
    if abs(_area(corners)) < _LEAST_AREA:
        raise ValueFault("area-nothing")
    if _crosses_itself(_sides(corners)):
        raise ValueFault("area-crosses")


def _sides(corners: Sequence[Corner]) -> list[tuple[Corner, Corner]]:
    return [*pairwise(corners), (corners[-1], corners[0])]


def _area(corners: Sequence[Corner]) -> float:
    """Of the polygon, negative where it goes round the other way (the shoelace formula)."""
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in _sides(corners)) / 2


def _crosses_itself(sides: Sequence[tuple[Corner, Corner]]) -> bool:
    """Whether two sides meet anywhere but where one follows the other."""
    last = len(sides) - 1
    for (i, one), (j, other) in combinations(enumerate(sides), 2):
        if j == i + 1:
            if _turns_back(one[0], one[1], other[1]):
                return True
        elif i == 0 and j == last:
            if _turns_back(other[0], other[1], one[1]):
                return True
        elif _meet(*one, *other):
            return True
    return False


def _turns_back(before: Corner, corner: Corner, after: Corner) -> bool:
    """Whether the outline goes back the way that it came."""
    return _turn(before, corner, after) == 0 and (
        (before[0] - corner[0]) * (after[0] - corner[0])
        + (before[1] - corner[1]) * (after[1] - corner[1])
        > 0
    )


def _meet(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    """Whether two sides have a point in common."""
    if (
        max(a[0], b[0]) < min(c[0], d[0])
        or max(c[0], d[0]) < min(a[0], b[0])
        or max(a[1], b[1]) < min(c[1], d[1])
        or max(c[1], d[1]) < min(a[1], b[1])
    ):
        return False  # most pairs, and a look costs less than the turns
    turns = (_turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b))
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(turn == 0 and _between(*one) for turn, one in zip(turns, ends, strict=True))


def _turn(a: Corner, b: Corner, c: Corner) -> int:
    """1 where the way from a over b to c turns one way, -1 the other way, 0 straight on."""
    cross = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    if abs(cross) < 1e-12:  # what fractions lose by being written in binary
        return 0
    return 1 if cross > 0 else -1


def _between(a: Corner, b: Corner, point: Corner) -> bool:
    """Whether a point on the line through a and b lies between them."""
    return min(a[0], b[0]) <= point[0] <= max(a[0], b[0]) and (
        min(a[1], b[1]) <= point[1] <= max(a[1], b[1])
    )
