"""When a picture was taken: what its sender or its camera stated, and what that is worth.

Periods of lists and reports go by this time.  Cameras' clocks are often wrong: a time that cannot
be is not believed, the next best is taken in its place, and a note says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Any

CLOCK_ERROR = timedelta(seconds=60)
"""By so much a picture may have been taken after it arrived; beyond it a clock is wrong."""

_FIRST_DAY = date(2000, 1, 2)
"""Before it no safety camera took pictures: 1970, 1980 and 2000-01-01 are clocks never set."""

_FIRST_YEAR, _LAST_YEAR = _FIRST_DAY.year, 9998
"""Beyond these a moment may not exist in all zones."""


class TakenFrom(StrEnum):
    """Where the time at which a picture was taken comes from."""

    CAPTURED_AT = "captured_at"
    EXIF = "exif"
    ARRIVAL = "arrival"


class ClockNoteCode(StrEnum):
    """What is to be known about a stated time."""

    ZONE_ASSUMED = "zone-assumed"
    IN_THE_FUTURE = "in-the-future"
    CLOCK_NEVER_SET = "clock-never-set"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ClockNote:
    """What is to be known about a stated time.

    Attributes:
        code: what; all but ``zone-assumed`` mean that the time was not believed.
        source: who stated it.
        stated: as it was stated.
        zone: in which zone it was read, where it had none of its own.
    """

    code: ClockNoteCode
    source: TakenFrom
    stated: str
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class CameraTime:
    """What a camera wrote into a picture.

    Attributes:
        stated: as it is written.
        local: the date and time of day on the camera's clock, without zone; None where that is no
            date.
        offset: the clock's distance from UTC; None where the camera did not say.
    """

    stated: str
    local: datetime | None
    offset: timezone | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """When a picture was taken, where that comes from, and what is to be known about it."""

    at: datetime
    source: TakenFrom
    notes: tuple[ClockNote, ...] = ()


def decide_taken(
    received_at: datetime,
    zone: tzinfo,
    captured_at: datetime | None = None,
    camera_time: CameraTime | None = None,
) -> Taken:
    """When a picture was taken: as its sender said, else its camera, else when it arrived.

    A stated time that cannot be (later than the arrival by more than ``CLOCK_ERROR``, or before
    2000-01-02) is passed over with a note.

    Args:
        received_at: when it arrived.
        zone: in which a camera's time is read that has no zone of its own.
        captured_at: what the sender said, with its zone.
        camera_time: what stands in the picture.
    """
    notes: list[ClockNote] = []
    if captured_at is not None:
        stated = captured_at.isoformat()
        code = _why_not(captured_at, received_at)
        if code is None:
            return Taken(captured_at, TakenFrom.CAPTURED_AT)
        notes.append(ClockNote(code, TakenFrom.CAPTURED_AT, stated))
    if camera_time is not None:
        taken = _by_camera(camera_time, received_at, zone)
        if taken.source is TakenFrom.EXIF:
            return Taken(taken.at, taken.source, (*notes, *taken.notes))
        notes += taken.notes
    return Taken(received_at, TakenFrom.ARRIVAL, tuple(notes))


def _by_camera(said: CameraTime, received_at: datetime, zone: tzinfo) -> Taken:
    if said.local is None:
        is_unset = said.stated.startswith("0000")
        code = ClockNoteCode.CLOCK_NEVER_SET if is_unset else ClockNoteCode.UNREADABLE
        return Taken(
            received_at, TakenFrom.ARRIVAL, (ClockNote(code, TakenFrom.EXIF, said.stated),)
        )
    moment = said.local.replace(tzinfo=said.offset or zone)
    assumed = None if said.offset else _zone_name(zone, said.local)
    why_not = _why_not(moment, received_at)
    if why_not is not None:
        note = ClockNote(why_not, TakenFrom.EXIF, said.stated, assumed)
        return Taken(received_at, TakenFrom.ARRIVAL, (note,))
    if assumed is None:
        return Taken(moment, TakenFrom.EXIF)
    note = ClockNote(ClockNoteCode.ZONE_ASSUMED, TakenFrom.EXIF, said.stated, assumed)
    return Taken(moment.astimezone(UTC), TakenFrom.EXIF, (note,))


def _why_not(moment: datetime, received_at: datetime) -> ClockNoteCode | None:
    """Why a picture cannot have been taken then; None if it can."""
    if moment.year < _FIRST_YEAR:
        return ClockNoteCode.CLOCK_NEVER_SET
    if moment.year > _LAST_YEAR:
        return ClockNoteCode.IN_THE_FUTURE
    if min(moment.date(), moment.astimezone(UTC).date()) < _FIRST_DAY:
        return ClockNoteCode.CLOCK_NEVER_SET
    if moment > received_at + CLOCK_ERROR:
        return ClockNoteCode.IN_THE_FUTURE
    return None


def _zone_name(zone: tzinfo, local: datetime) -> str:
    """The zone's name as ``Asia/Shanghai``, or where it has none its distance as ``UTC+08:00``."""
    key = getattr(zone, "key", None)
    return str(key) if key else str(timezone(zone.utcoffset(local) or timedelta(0)))


def read_note(document: Mapping[str, Any]) -> ClockNote:
    """The note that a document shows.

    Raises:
        KeyError, ValueError: it is no such document.
    """
    return ClockNote(
        ClockNoteCode(document["code"]),
        TakenFrom(document["source"]),
        document["stated"],
        document["zone"],
    )
