"""Faults of cameras from observations and their times."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from safety_detector.domain.camera_health import (
    CameraState,
    Expectations,
    Fault,
    Look,
    after_look,
    after_refusal,
    after_silence,
    read_state,
    state_document,
    with_reference,
)

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
WANTED = Expectations(is_expected=True, interval=timedelta(seconds=2), grace=timedelta(seconds=30))
BAD = {
    Fault.DARK: {"is_dark": True},
    Fault.COVERED: {"is_covered": True},
    Fault.BLURRED: {"is_blurred": True},
    Fault.MOVED: {"is_moved": True},
    Fault.CLOCK: {"clock_ahead": timedelta(seconds=-61)},
}


def at(seconds: float) -> datetime:
    """A moment so long after the start."""
    return START + timedelta(seconds=seconds)


def look(seconds: float, **seen: object) -> Look:
    """A picture unlike all others."""
    known = {"mark": f"{seconds}", "clock_ahead": timedelta(0), "is_moved": False} | seen
    return Look(at=at(seconds), **known)  # type: ignore[arg-type] # keywords of the test


def watched(
    state: CameraState, since_s: int, until_s: int, **seen: object
) -> tuple[CameraState, dict[Fault, int]]:
    """A look every five seconds; the state, and when each fault was first open."""
    noticed: dict[Fault, int] = {}
    for second in range(since_s, until_s, 5):
        state = after_look(state, look(second, **seen), WANTED)
        state = read_state(json.loads(json.dumps(state_document(state))))
        for fault in state.open:
            noticed.setdefault(fault, second)
    return state, noticed


@pytest.mark.parametrize("fault", BAD)
def test_what_lasts_is_a_fault_within_a_minute(fault: Fault) -> None:
    """It opens after the grace, tells since when it is, and ends when it is over for as long."""
    state, _ = watched(CameraState(), 0, 60)
    state, noticed = watched(state, 60, 120, **BAD[fault])
    assert noticed.keys() == {fault}
    assert 30 <= noticed[fault] - 60 <= 40
    assert state.open == {fault: at(60)}
    state, _ = watched(state, 120, 140)
    assert state.open == {fault: at(60)}
    state, _ = watched(state, 140, 160)
    assert state.open == {}


@pytest.mark.parametrize("fault", BAD)
def test_a_blip_is_nothing(fault: Fault) -> None:
    """Twenty seconds now and then, for an hour, are no fault."""
    state = CameraState()
    for begin in range(0, 3600, 60):
        state, noticed = watched(state, begin, begin + 20, **BAD[fault])
        assert noticed == {}
        state, noticed = watched(state, begin + 20, begin + 60)
        assert noticed == {}


def test_an_hour_of_sound_pictures_is_no_fault() -> None:
    """Nothing is reported of a camera with which nothing is wrong."""
    _, noticed = watched(CameraState(), 0, 3600)
    assert noticed == {}


def test_a_picture_that_stands_for_five_minutes_is_frozen() -> None:
    """Not before, since encoders repeat still scenes; and it is over when pictures change again."""
    state, noticed = watched(CameraState(), 0, 420, mark="the same")
    assert noticed == {Fault.FROZEN: 300}
    assert state.open == {Fault.FROZEN: START}
    state, _ = watched(state, 420, 440)
    assert state.open == {}


def test_a_still_scene_with_a_key_frame_a_minute_is_not_frozen() -> None:
    """A smart encoder's pictures are equal to the last bit until the next key frame."""
    state = CameraState()
    for begin in range(0, 1200, 60):
        state, noticed = watched(state, begin, begin + 60, mark=f"key frame {begin}")
        assert noticed == {}


def test_silence_counts_after_three_intervals_and_the_grace() -> None:
    """It is as old as the last frame; frames that come again end it."""
    state, _ = watched(CameraState(), 0, 100)
    assert not after_silence(state, at(95 + 36), START, WANTED).open
    silent = after_silence(state, at(95 + 37), START, WANTED)
    assert silent.open == {Fault.SILENT: at(95)}
    assert after_silence(silent, at(1000), START, WANTED).open == {Fault.SILENT: at(95)}
    assert Fault.SILENT in after_look(silent, look(1000), WANTED).open
    state, _ = watched(silent, 1000, 1020)
    assert state.open == {}


def test_nobody_is_silent_to_those_who_do_not_listen() -> None:
    """After a pause of the service each camera has its time anew; one never seen falls silent."""
    state, _ = watched(CameraState(), 0, 100)
    assert not after_silence(state, at(4000), at(3990), WANTED).open
    assert after_silence(CameraState(), at(40), START, WANTED).open == {Fault.SILENT: START}
    unwanted = replace(WANTED, is_expected=False)
    assert not after_silence(CameraState(), at(40), START, unwanted).open


def test_one_that_pushes_when_it_likes_is_not_silent_unless_it_was_steady() -> None:
    """A camera that sends when something moves pauses for hours."""
    wanted = replace(WANTED, interval=None)
    state = CameraState()
    for begin in (0, 600, 1200):
        for second in range(0, 30, 2):
            state = after_look(state, look(begin + second), wanted)
    assert not after_silence(state, at(2000), START, wanted).open
    for second in range(2000, 2200, 2):
        state = after_look(state, look(second), wanted)
    assert after_silence(state, at(2240), START, wanted).open == {Fault.SILENT: at(2198)}


def test_refused_pictures_are_a_fault_though_others_come_between() -> None:
    """Half a JPEG each few seconds is a broken camera; one now and then is not."""
    state = CameraState()
    for second in range(0, 60, 5):
        state = after_refusal(state, at(second), WANTED)
        state = after_look(state, look(second + 2), WANTED)
    assert state.open == {Fault.REFUSED: START}
    state = CameraState()
    for second in range(0, 600, 60):
        state = after_refusal(state, at(second), WANTED)
        state, noticed = watched(state, second + 5, second + 60)
        assert noticed == {}


def test_night_is_a_fault_twice_and_then_the_scene() -> None:
    """Where it is dark at this hour each day that is how the place is; by day it stays a fault."""
    state = CameraState()
    day = 24 * 3600
    reported = []
    for number in range(5):
        state, noticed = watched(state, number * day, number * day + 600, is_dark=True)
        reported.append(Fault.DARK in noticed)
        state, _ = watched(state, number * day + 600, number * day + 700)
    assert reported == [True, True, False, False, False]
    _, noticed = watched(state, 4 * day + 6 * 3600, 4 * day + 6 * 3600 + 60, is_dark=True)
    assert noticed.keys() == {Fault.DARK}


def test_less_sharp_than_the_reference_is_blurred() -> None:
    """A lens that fogs is told before nothing can be seen; a new reference is a new measure."""
    state = with_reference(CameraState(), 0.8)
    state, noticed = watched(state, 0, 60, sharpness=0.4)
    assert noticed.keys() == {Fault.BLURRED}
    state, noticed = watched(with_reference(state, 0.4), 60, 120, sharpness=0.4)
    assert noticed == {}
