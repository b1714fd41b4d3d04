"""Which faults a camera has, from what was seen of it and when.

Nothing here looks at a picture or a clock: each observation comes with its time.  A fault opens
when what tells of it has lasted, and ends when the opposite has lasted, so that a blip is nothing
and a camera on a bad line is not reported ten times.  A fault's identity is the camera, its kind
and since when it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final


class Fault(StrEnum):
    """What can be wrong with a camera."""

    SILENT = "silent"
    FROZEN = "frozen"
    DARK = "dark"
    COVERED = "covered"
    BLURRED = "blurred"
    MOVED = "moved"
    CLOCK = "clock"
    REFUSED = "refused"


FROZEN_AFTER = timedelta(minutes=5)
"""The sensor's noise changes some pixel of every picture.  A smart encoder may repeat a still scene
bit by bit between two of its key frames, and a recorder may give out the same snapshot for a while;
a key frame, or a new snapshot, comes within this time from every camera that is alive."""

LEAST_REPEATS: Final = 3
"""Equal pictures that are needed, besides the time: a camera that sends two an hour says little."""

CLOCK_BOUND = timedelta(seconds=60)
SILENT_INTERVALS: Final = 3
_STEADY_AFTER = timedelta(seconds=10)  # what is over for so long is over
_LEAST_SHARPNESS: Final = 0.6  # of the reference's
_STEADY_FRAMES: Final = 60
_DARK_DAYS: Final = 2  # nights that make darkness at an hour usual
_DARK_REMEMBERED_DAYS: Final = 4
_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Condition:
    """How long something has been so, or no longer.

    Attributes:
        bad_since, bad_last: the first and the last time of this spell.
        good_since: since when it has not been so; None while it is.
        is_open: whether it has lasted.
    """

    bad_since: datetime | None = None
    bad_last: datetime | None = None
    good_since: datetime | None = None
    is_open: bool = False

    def seen(self, is_bad: bool | None, at: datetime, opens_after: timedelta) -> Condition:
        """With one more observation; None is none."""
        if is_bad is None:
            return self
        return self._bad(at, opens_after) if is_bad else self._good(at, opens_after)

    def _bad(self, at: datetime, opens_after: timedelta) -> Condition:
        since = self.bad_since or at
        lasts = self.bad_since is not None and at - since >= opens_after
        return Condition(since, at, None, self.is_open or lasts)

    def _good(self, at: datetime, opens_after: timedelta) -> Condition:
        if self.bad_since is None:
            return self
        since = self.good_since or at
        ends_after = max(opens_after, _STEADY_AFTER) if self.is_open else _STEADY_AFTER
        if at - since >= ends_after:
            return Condition()
        return replace(self, good_since=since)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen in one picture of a camera.

    Attributes:
        received: how many frames came since the last look, this one among them.
        mark: of its pixels; two pictures with the same one are the same.
        is_dark, is_covered, is_blurred: whether nothing can be seen in it for that reason.
        sharpness: see ``pictures.quality``; None where that says nothing.
        is_moved: whether its lines lie elsewhere than the reference's; None where it has too few.
        clock_ahead: how far the camera's clock is ahead; None where it does not tell.
    """

    at: datetime
    mark: str
    received: int = 1
    is_dark: bool = False
    is_covered: bool = False
    is_blurred: bool = False
    sharpness: float | None = None
    is_moved: bool | None = None
    clock_ahead: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Expectations:
    """What is expected of a camera.

    Attributes:
        is_expected: whether its silence is a fault.
        interval: between two frames; None: nobody said, and only one that has sent steadily until
            now can fall silent.
        grace: what is shorter is no event.
    """

    is_expected: bool
    interval: timedelta | None
    grace: timedelta


@dataclass(frozen=True, slots=True)
class CameraState:
    """What is remembered of a camera between two observations.

    Attributes:
        last_frame_at: when its last frame came, whatever became of it.
        usual_interval_s: between its frames, as measured.
        steady_frames: how many came without a pause longer than the grace.
        mark, mark_since, mark_seen: the last picture, since when it is the same, and how often it
            came.
        sharpness: of the reference.
        dark_days: by hour of the day (UTC), the last days on which it was dark then, as ordinals.
        conditions: what may become a fault, and what is one.
    """

    last_frame_at: datetime | None = None
    usual_interval_s: float | None = None
    steady_frames: int = 0
    mark: str | None = None
    mark_since: datetime | None = None
    mark_seen: int = 0
    sharpness: float | None = None
    dark_days: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    conditions: Mapping[Fault, Condition] = field(default_factory=dict)

    @property
    def open(self) -> Mapping[Fault, datetime]:
        """The faults, and since when each is."""
        return {
            fault: one.bad_since
            for fault, one in self.conditions.items()
            if one.is_open and one.bad_since is not None
        }

    def _with(
        self, fault: Fault, is_bad: bool | None, at: datetime, opens_after: timedelta
    ) -> CameraState:
        before = self.conditions.get(fault, Condition())
        after = before.seen(is_bad, at, opens_after)
        if after == before:
            return self
        return replace(self, conditions={**self.conditions, fault: after})


def after_look(state: CameraState, look: Look, wanted: Expectations) -> CameraState:
    """The state after a picture that could be read."""
    grace, at = wanted.grace, look.at
    state = _after_frames(state, at, look.received, wanted)
    state = _with_mark(state, look)
    usual = _is_usually_dark(state, at)
    if look.is_dark:
        state = _with_dark_hour(state, at)
    hides = look.is_dark or look.is_covered
    state = state._with(Fault.DARK, look.is_dark and not usual, at, grace)
    state = state._with(Fault.COVERED, look.is_covered, at, grace)
    state = state._with(Fault.BLURRED, None if hides else _is_blurred(state, look), at, grace)
    state = state._with(Fault.MOVED, None if hides else look.is_moved, at, grace)
    off = None if look.clock_ahead is None else abs(look.clock_ahead) > CLOCK_BOUND
    state = state._with(Fault.CLOCK, off, at, grace)
    return state._with(Fault.REFUSED, False, at, grace)


def after_refusal(state: CameraState, at: datetime, wanted: Expectations) -> CameraState:
    """The state after something that was no picture, or none that is taken."""
    return _after_frames(state, at, 1, wanted)._with(Fault.REFUSED, True, at, wanted.grace)


def _after_frames(
    state: CameraState, at: datetime, received: int, wanted: Expectations
) -> CameraState:
    """The state after so many frames, whatever is in them."""
    before, usual, steady = state.last_frame_at, state.usual_interval_s, 0
    if before is not None and received > 0 and at > before:
        interval = (at - before).total_seconds() / received
        if interval <= wanted.grace.total_seconds():
            usual = interval if usual is None else 0.9 * usual + 0.1 * interval
            steady = state.steady_frames + received
    state = replace(state, last_frame_at=at, usual_interval_s=usual, steady_frames=steady)
    return state._with(Fault.SILENT, False, at, timedelta(0))


def after_silence(
    state: CameraState, now: datetime, listening_since: datetime, wanted: Expectations
) -> CameraState:
    """The state at a moment at which nothing came.

    Args:
        state: as it was.
        now: the present moment.
        listening_since: from when on frames could have come: when the camera was added or switched
            on, or when somebody began to look; nobody is silent to those who do not listen.
        wanted: of the camera.
    """
    if not wanted.is_expected:
        return _without(state, Fault.SILENT)
    seen = state.last_frame_at
    heard = max(seen, listening_since) if seen is not None else listening_since
    interval = wanted.interval
    if interval is None:
        if state.usual_interval_s is None or state.steady_frames < _STEADY_FRAMES:
            return state
        interval = timedelta(seconds=state.usual_interval_s)
    if seen is not None and seen > now:
        return state  # written by a clock that was ahead
    if now - heard <= SILENT_INTERVALS * interval + wanted.grace:
        return state
    silent = state.conditions.get(Fault.SILENT)
    if silent is not None and silent.is_open and silent.good_since is None:
        return state
    since = silent.bad_since if silent is not None and silent.is_open else (seen or heard)
    opened = Condition(since, now, None, is_open=True)
    return replace(state, conditions={**state.conditions, Fault.SILENT: opened})


def notice_after(state: CameraState, fault: Fault, wanted: Expectations) -> timedelta:
    """How long a fault may have lasted before it is noticed.

    Args:
        state: of the camera.
        fault: which.
        wanted: of the camera.
    """
    interval = wanted.interval or timedelta(seconds=state.usual_interval_s or 0.0)
    least = FROZEN_AFTER if fault is Fault.FROZEN else timedelta(0)
    return max(SILENT_INTERVALS * interval, least) + wanted.grace


def switched_off(state: CameraState) -> CameraState:
    """The state of a camera of which nothing is wanted: without a fault, at its beginning."""
    return CameraState(dark_days=state.dark_days, sharpness=state.sharpness)


def with_reference(state: CameraState, sharpness: float | None) -> CameraState:
    """The state with a new reference: what was measured against the last one is forgotten."""
    state = _without(_without(state, Fault.MOVED), Fault.BLURRED)
    return replace(state, sharpness=sharpness)


def _without(state: CameraState, fault: Fault) -> CameraState:
    left = {key: one for key, one in state.conditions.items() if key is not fault}
    return replace(state, conditions=left)


def _with_mark(state: CameraState, look: Look) -> CameraState:
    if state.mark != look.mark or state.mark_since is None:
        changed = replace(state, mark=look.mark, mark_since=look.at, mark_seen=1)
        return changed._with(Fault.FROZEN, False, look.at, timedelta(0))
    state = replace(state, mark_seen=state.mark_seen + 1)
    since = look.at - FROZEN_AFTER
    if state.mark_since is None or state.mark_since > since or state.mark_seen < LEAST_REPEATS:
        return state
    opened = Condition(state.mark_since, look.at, None, is_open=True)
    return replace(state, conditions={**state.conditions, Fault.FROZEN: opened})


def _is_blurred(state: CameraState, look: Look) -> bool | None:
    if look.is_blurred:
        return True
    if look.sharpness is None or state.sharpness is None:
        return False
    return look.sharpness < _LEAST_SHARPNESS * state.sharpness


def _is_usually_dark(state: CameraState, at: datetime) -> bool:
    """Whether it was dark about this hour on days before: then it is the scene's night."""
    today = at.toordinal()
    oldest = today - _DARK_REMEMBERED_DAYS
    for hour in (at.hour, (at.hour + 1) % _HOURS, (at.hour - 1) % _HOURS):
        days = [day for day in state.dark_days.get(hour, ()) if oldest <= day < today]
        if len(days) >= _DARK_DAYS:
            return True
    return False


def _with_dark_hour(state: CameraState, at: datetime) -> CameraState:
    days, today = state.dark_days.get(at.hour, ()), at.toordinal()
    if today in days:
        return state
    kept = (*days, today)[-_DARK_REMEMBERED_DAYS:]
    return replace(state, dark_days={**state.dark_days, at.hour: kept})


def state_document(state: CameraState) -> dict[str, Any]:
    """A state as JSON."""
    return {
        "last_frame_at": _written(state.last_frame_at),
        "usual_interval_s": state.usual_interval_s,
        "steady_frames": state.steady_frames,
        "mark": state.mark,
        "mark_since": _written(state.mark_since),
        "mark_seen": state.mark_seen,
        "sharpness": state.sharpness,
        "dark_days": {str(hour): list(days) for hour, days in state.dark_days.items()},
        "conditions": {
            fault.value: [
                _written(one.bad_since),
                _written(one.bad_last),
                _written(one.good_since),
                one.is_open,
            ]
            for fault, one in state.conditions.items()
            if one != Condition()
        },
    }


def read_state(document: Mapping[str, Any]) -> CameraState:
    """A state from its JSON."""
    return CameraState(
        last_frame_at=_read(document.get("last_frame_at")),
        usual_interval_s=document.get("usual_interval_s"),
        steady_frames=document.get("steady_frames", 0),
        mark=document.get("mark"),
        mark_since=_read(document.get("mark_since")),
        mark_seen=document.get("mark_seen", 0),
        sharpness=document.get("sharpness"),
        dark_days={int(hour): tuple(days) for hour, days in document.get("dark_days", {}).items()},
        conditions={
            Fault(name): Condition(_read(bad), _read(last), _read(good), is_open)
            for name, (bad, last, good, is_open) in document.get("conditions", {}).items()
        },
    )


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
