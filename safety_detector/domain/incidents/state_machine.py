"""Folds a camera's looks, one after the other, into incidents.

What comes out depends on the set of looks alone: whoever folds them brings them into the order of
``Look.key``, each once.  A look that becomes known late is folded in at its place: by folding again
from an earlier state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from safety_detector.domain.incidents.incident import Change, Incident, Shown
from safety_detector.domain.incidents.looks import Look
from safety_detector.domain.incidents.one_look import OneLook
from safety_detector.domain.incidents.opening_rules import IncidentRules


@dataclass(frozen=True, slots=True)
class CameraState:
    """What has to be remembered of a camera's looks to go on with the next.

    Attributes:
        camera_id: the camera.
        newest: the key of the last look that was folded in; None before the first.
        looks: usable looks so far.
        looked_at: when the last usable look was.
        going_on: candidates, and incidents that are open or quiet, the earliest first.
    """

    camera_id: str
    newest: tuple[datetime, str] | None = None
    looks: int = 0
    looked_at: datetime | None = None
    going_on: tuple[Incident, ...] = ()


def is_going_on_alike(one: CameraState, other: CameraState) -> bool:
    """Whether the same looks make the same of two states, but for the numbers of looks."""
    return _numbered_from_zero(one) == _numbered_from_zero(other)


def _numbered_from_zero(state: CameraState) -> CameraState:
    """The state as if its last look were number 0."""
    return replace(
        state,
        looks=0,
        going_on=tuple(
            replace(
                one,
                first_look=one.first_look - state.looks,
                track=tuple(replace(seen, look=seen.look - state.looks) for seen in one.track),
            )
            for one in state.going_on
        ),
    )


@dataclass(frozen=True, slots=True)
class Step:
    """What one look made of a state.

    Attributes:
        state: the next one.
        incidents: those that were announced and that the look touched, as they stand now.
        changes: what happened to them, in order.
        shown: where they were seen: of one that opened also at the looks that opened it.
    """

    state: CameraState
    incidents: tuple[Incident, ...] = ()
    changes: tuple[Change, ...] = ()
    shown: tuple[Shown, ...] = ()


def fold(state: CameraState, looks: Iterable[Look], rules: IncidentRules) -> Step:
    """Folds looks in, in whatever order they come, each once; those up to the newest are left out.

    Returns:
        The state after the last, every announced incident that was touched in its last form, and
        all changes in order.
    """
    incidents: dict[str, Incident] = {}
    changes: list[Change] = []
    shown: list[Shown] = []
    for look in sorted({look.key: look for look in looks}.values(), key=lambda one: one.key):
        if state.newest is not None and look.key <= state.newest:
            continue
        step = fold_one(state, look, rules)
        state = step.state
        incidents |= {one.id: one for one in step.incidents}
        changes += step.changes
        shown += step.shown
    return Step(state, tuple(incidents.values()), tuple(changes), tuple(shown))


def fold_one(state: CameraState, look: Look, rules: IncidentRules) -> Step:
    """Folds one look in that is newer than all before it."""
    if not look.is_usable:
        return Step(replace(state, newest=look.key))
    watched_s = 0.0
    if state.looked_at is not None:
        passed_s = (look.at - state.looked_at).total_seconds()
        watched_s = min(max(passed_s, 0.0), rules.longest_gap_s)
    number = state.looks + 1
    one_look = OneLook(state.camera_id, number, look, rules)
    seen, found = one_look.match(state.going_on)
    changed = [one_look.seen_again(one, seen[one.id]) for one in state.going_on if one.id in seen]
    changed += [one_look.not_seen(one, watched_s) for one in state.going_on if one.id not in seen]
    changed += found
    going_on = one_look.join([one_look.told(one) for one in changed])
    kept = [one for one in going_on if one_look.goes_on(one)]
    kept.sort(key=lambda one: (one.first_seen_at, one.id))
    touched = [one for one in going_on if one.opened_at is not None]
    return Step(
        CameraState(state.camera_id, look.key, number, look.at, tuple(kept)),
        tuple(touched),
        tuple(one_look.changes),
        tuple(one_look.shown(touched)),
    )
