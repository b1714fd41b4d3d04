"""Zones, masks and schedules of cameras."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety_detector.domain.camera_rules import (
    MOST_CORNERS,
    MOST_ZONES,
    CameraRules,
    Corner,
    Day,
    Hours,
    Polygon,
    WatchedHazard,
    Zone,
)

SQUARE: tuple[Corner, ...] = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
WORKDAYS = (Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI)
HELMETS = (WatchedHazard.NO_HELMET,)


@pytest.mark.parametrize(
    ("corners", "says"),
    [
        ((), "at least 3 corners"),
        (SQUARE[:2], "at least 3 corners are needed, not 2"),
        (tuple((number / 200, 0.0) for number in range(MOST_CORNERS + 1)), "50 corners at most"),
        (((0.1, 0.1), (1.1, 0.1), (0.5, 0.5)), "corner 2 lies outside"),
        (((0.1, -0.01), (0.9, 0.1), (0.5, 0.5)), "corner 1 lies outside"),
        (((0.1, 0.1), (0.9, 0.1), (float("nan"), 0.5)), "corner 3 lies outside"),
        (((100.0, 100.0), (640.0, 100.0), (640.0, 480.0)), "fractions of its width"),
        (((0.1, 0.1), (0.1, 0.1), (0.5, 0.5)), "corner 1 and the one after it are the same"),
        (((0.1, 0.1), (0.9, 0.1), (0.5, 0.5), (0.1, 0.1)), "corner 4 and the one after it"),
        (((0.1, 0.1), (0.5, 0.5), (0.9, 0.9)), "next to nothing"),
        (((0.1, 0.1), (0.5, 0.1), (0.5, 0.1001)), "next to nothing"),
        # A bow tie with unequal halves, so that its area is not nothing.
        (((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.5)), "crosses or touches itself"),
        # A star of five points.
        (((0.5, 0.0), (0.8, 1.0), (0.0, 0.4), (1.0, 0.4), (0.2, 1.0)), "crosses or touches"),
        # A corner on another side.
        (((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.5, 0.1), (0.1, 0.9)), "crosses or touches"),
        # Two squares that share a corner.
        (
            ((0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.9, 0.5), (0.9, 0.9), (0.5, 0.9), (0.5, 0.5),
             (0.1, 0.5)),
            "crosses or touches",
        ),
        # A square with a spike of no width.
        (((0.1, 0.1), (0.5, 0.1), (0.9, 0.1), (0.5, 0.1), (0.5, 0.5), (0.1, 0.5)), "crosses or"),
    ],
)  # fmt: skip
def test_an_outline_that_encloses_nothing_clear_is_refused(
    corners: tuple[Corner, ...], says: str
) -> None:
    """And what is wrong with it is said."""
    with pytest.raises(ValueError, match=says):
        Polygon(corners)


@pytest.mark.parametrize(
    "corners",
    [
        SQUARE,
        SQUARE[::-1],
        ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),
        # An L, and a corner in the middle of a straight side.
        ((0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.9, 0.5), (0.9, 0.9), (0.1, 0.9)),
        ((0.2, 0.2), (0.5, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)),
        ((0.1, 0.1), (0.9, 0.1), (0.5, 0.3)),
    ],
)
def test_any_plain_outline_is_taken_in_either_direction(corners: tuple[Corner, ...]) -> None:
    """People draw around an area as they like."""
    assert Polygon(corners).corners == corners


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_point_is_in_the_square_that_holds_it(x: float, y: float) -> None:
    """Whichever way round the outline goes; a point on the outline itself may be either."""
    if min(abs(x - 0.2), abs(x - 0.8), abs(y - 0.2), abs(y - 0.8)) < 1e-9:
        return
    expected = 0.2 < x < 0.8 and 0.2 < y < 0.8
    assert Polygon(SQUARE).holds(x, y) is expected
    assert Polygon(SQUARE[::-1]).holds(x, y) is expected


def test_a_point_in_the_hollow_of_an_l_is_outside() -> None:
    """The outline counts, not what is around it."""
    bent = Polygon(((0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.9, 0.5), (0.9, 0.9), (0.1, 0.9)))
    assert bent.holds(0.2, 0.2)
    assert bent.holds(0.8, 0.8)
    assert not bent.holds(0.8, 0.2)


@pytest.mark.parametrize(
    ("days", "start", "end", "says"),
    [
        ((), 420, 1140, "at least one day"),
        (WORKDAYS, 420, 420, "hours are empty"),
        (WORKDAYS, 0, 0, "from 00:00 to 24:00"),
        (WORKDAYS, 1440, 420, "from 00:00 to 23:59"),
        (WORKDAYS, 420, 1441, "24:00 at the latest"),
        (WORKDAYS, -1, 420, "from 00:00"),
    ],
)
def test_hours_that_are_none_are_refused(
    days: tuple[Day, ...], start: int, end: int, says: str
) -> None:
    """Empty ones, and times that no day has."""
    with pytest.raises(ValueError, match=says):
        Hours(days, start, end)


@pytest.mark.parametrize(
    ("hours", "moment", "holds"),
    [
        (Hours(WORKDAYS, 420, 1140), "2026-11-23T07:00", True),
        (Hours(WORKDAYS, 420, 1140), "2026-11-23T18:59", True),
        (Hours(WORKDAYS, 420, 1140), "2026-11-23T19:00", False),
        (Hours(WORKDAYS, 420, 1140), "2026-11-23T06:59", False),
        (Hours(WORKDAYS, 420, 1140), "2026-11-28T12:00", False),
        # The night of Friday ends on Saturday morning; the night before Monday is Sunday's.
        (Hours(WORKDAYS, 1320, 360), "2026-11-27T23:00", True),
        (Hours(WORKDAYS, 1320, 360), "2026-11-28T05:59", True),
        (Hours(WORKDAYS, 1320, 360), "2026-11-28T06:00", False),
        (Hours(WORKDAYS, 1320, 360), "2026-11-23T05:00", False),
        (Hours(WORKDAYS, 1320, 360), "2026-11-28T22:30", False),
        # Up to midnight, written either way; and the whole day.
        (Hours(WORKDAYS, 1320, 0), "2026-11-27T23:59", True),
        (Hours(WORKDAYS, 1320, 1440), "2026-11-27T23:59", True),
        (Hours(WORKDAYS, 1320, 0), "2026-11-28T00:00", False),
        (Hours((Day.SAT,), 0, 1440), "2026-11-28T00:00", True),
        (Hours((Day.SAT,), 0, 1440), "2026-11-28T23:59", True),
        (Hours((Day.SAT,), 0, 1440), "2026-11-29T00:00", False),
    ],
)
def test_hours_hold_from_their_start_to_before_their_end(
    hours: Hours, moment: str, holds: bool
) -> None:
    """An end before the start is the next day's."""
    assert hours.hold(datetime.fromisoformat(moment)) is holds


def test_a_hazard_that_no_hours_name_counts_at_any_time() -> None:
    """A schedule of helmets says nothing about fire."""
    rules = CameraRules(schedule=(Hours(WORKDAYS, 420, 1140, HELMETS),))
    night, day = datetime(2026, 11, 23, 3, 0), datetime(2026, 11, 23, 12, 0)
    assert rules.hazards_at(night) == {WatchedHazard.FIRE, WatchedHazard.SMOKE}
    assert rules.hazards_at(day) == set(WatchedHazard)
    assert CameraRules().hazards_at(night) == set(WatchedHazard)


def test_an_id_stands_for_one_zone_and_a_camera_has_a_bounded_number() -> None:
    """The rules of a camera are gone through with every picture."""
    zone = Zone("tanks", "Tank farm", Polygon(SQUARE))
    with pytest.raises(ValueError, match="2 zones have the id tanks"):
        CameraRules(zones=(zone, zone))
    many = tuple(Zone(str(one), "x", Polygon(SQUARE)) for one in range(MOST_ZONES + 1))
    with pytest.raises(ValueError, match="50 zones at most, not 51"):
        CameraRules(zones=many)
