"""When a picture was taken, of all that is said about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from safety_detector.documents.results import ClockNoteDocument
from safety_detector.domain.capture_time import (
    CameraTime,
    ClockNote,
    ClockNoteCode,
    TakenFrom,
    decide_taken,
    read_note,
)

ARRIVAL = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
CAMERA = CameraTime("2026:11:20 14:00:00", datetime(2026, 11, 20, 14, 0))


def test_what_the_sender_says_counts_before_the_camera_and_the_arrival() -> None:
    """The best that is known decides, and the result tells which it was."""
    said = datetime(2026, 11, 22, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    by_sender = decide_taken(ARRIVAL, SHANGHAI, said, CAMERA)
    assert (by_sender.at, by_sender.source, by_sender.notes) == (said, TakenFrom.CAPTURED_AT, ())
    assert decide_taken(ARRIVAL, SHANGHAI, None, CAMERA).source is TakenFrom.EXIF
    by_arrival = decide_taken(ARRIVAL, SHANGHAI)
    assert (by_arrival.at, by_arrival.source) == (ARRIVAL, TakenFrom.ARRIVAL)


def test_a_camera_without_an_offset_is_read_in_the_zone_of_the_site() -> None:
    """And the note says in which; with an offset of its own nothing is assumed."""
    taken = decide_taken(ARRIVAL, SHANGHAI, None, CAMERA)
    assert taken.at == datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
    (note,) = taken.notes
    assert (note.code, note.zone) == (ClockNoteCode.ZONE_ASSUMED, "Asia/Shanghai")
    own = CameraTime(CAMERA.stated, CAMERA.local, timezone(timedelta(hours=-14)))
    taken = decide_taken(ARRIVAL, SHANGHAI, None, own)
    assert (taken.at, taken.notes) == (datetime(2026, 11, 21, 4, 0, tzinfo=UTC), ())


def test_the_zone_counts_as_it_was_at_that_moment() -> None:
    """A picture of July is read in summer time, also where it arrives in winter."""
    berlin = ZoneInfo("Europe/Berlin")
    july = CameraTime("2026:07:01 12:00:00", datetime(2026, 7, 1, 12, 0))
    winter = CameraTime("2026:01:15 12:00:00", datetime(2026, 1, 15, 12, 0))
    skipped = CameraTime("2026:03:29 02:30:00", datetime(2026, 3, 29, 2, 30))
    assert decide_taken(ARRIVAL, berlin, None, july).at == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
    assert decide_taken(ARRIVAL, berlin, None, winter).at == datetime(
        2026, 1, 15, 11, 0, tzinfo=UTC
    )
    at = decide_taken(ARRIVAL, berlin, None, skipped).at
    assert at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        (datetime(2026, 11, 29, 8, 1, 1, tzinfo=UTC), ClockNoteCode.IN_THE_FUTURE),
        (datetime(2031, 1, 1, tzinfo=UTC), ClockNoteCode.IN_THE_FUTURE),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))), ClockNoteCode.IN_THE_FUTURE),
        (datetime(1970, 1, 1, tzinfo=UTC), ClockNoteCode.CLOCK_NEVER_SET),
        (datetime(1980, 1, 1, 0, 3, tzinfo=UTC), ClockNoteCode.CLOCK_NEVER_SET),
        (datetime(2000, 1, 1, 23, 59, tzinfo=UTC), ClockNoteCode.CLOCK_NEVER_SET),
        (
            datetime(2000, 1, 1, 23, 59, tzinfo=timezone(timedelta(hours=-5))),
            ClockNoteCode.CLOCK_NEVER_SET,
        ),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), ClockNoteCode.CLOCK_NEVER_SET),
    ],
)
def test_a_time_that_cannot_be_is_passed_over_with_a_note(
    stated: datetime, code: ClockNoteCode
) -> None:
    """A wrong clock puts no picture into the period of another day, and the error is told."""
    by_sender = decide_taken(ARRIVAL, UTC, stated)
    assert (by_sender.at, by_sender.source) == (ARRIVAL, TakenFrom.ARRIVAL)
    assert by_sender.notes == (ClockNote(code, TakenFrom.CAPTURED_AT, stated.isoformat()),)
    local = stated.replace(tzinfo=None)
    by_camera = decide_taken(ARRIVAL, UTC, None, CameraTime(str(local), local, UTC))
    assert (by_camera.at, by_camera.source) == (ARRIVAL, TakenFrom.ARRIVAL)
    assert by_camera.notes[0].source is TakenFrom.EXIF


def test_a_clock_that_is_a_minute_fast_is_believed() -> None:
    """Clocks of two machines are never the same to the second."""
    stated = ARRIVAL + timedelta(seconds=60)
    assert decide_taken(ARRIVAL, UTC, stated).at == stated


def test_behind_a_wrong_sender_the_camera_counts() -> None:
    """What is said wrong does not hide what is right, and both notes are there."""
    taken = decide_taken(ARRIVAL, SHANGHAI, datetime(1970, 1, 1, tzinfo=UTC), CAMERA)
    assert taken.source is TakenFrom.EXIF
    assert [one.code for one in taken.notes] == [
        ClockNoteCode.CLOCK_NEVER_SET,
        ClockNoteCode.ZONE_ASSUMED,
    ]


def test_notes_survive_their_way_through_json() -> None:
    """A note is read as it was written."""
    note = ClockNote(ClockNoteCode.UNREADABLE, TakenFrom.EXIF, "yesterday", None)
    assert read_note(ClockNoteDocument.of(note).as_json()) == note
