"""What people do about an incident, from *open* to *closed*: which act which state allows.

The loop that a safety manager has to close: who was told has seen it, said whether it is one, who
puts it right until when, what was done, and that somebody else has looked.
"""

from __future__ import annotations

from enum import StrEnum


class HandlingState(StrEnum):
    """How far the handling of an incident is."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CONFIRMED = "confirmed"
    FALSE_ALARM = "false_alarm"
    ASSIGNED = "assigned"
    RECTIFIED = "rectified"
    VERIFIED = "verified"
    CLOSED = "closed"


class ActKind(StrEnum):
    """What somebody does."""

    ACKNOWLEDGE = "acknowledge"
    CONFIRM = "confirm"
    DISMISS = "dismiss"
    ASSIGN = "assign"
    RECTIFY = "rectify"
    VERIFY = "verify"
    CLOSE = "close"
    REOPEN = "reopen"
    NOTE = "note"


class Review(StrEnum):
    """What a person said that it is."""

    CONFIRMED = "confirmed"
    FALSE_ALARM = "false_alarm"


_S = HandlingState

_FROM: dict[ActKind, tuple[HandlingState, ...]] = {
    ActKind.ACKNOWLEDGE: (_S.OPEN,),
    # Somebody who has judged it has seen it; a judgement may be a mistake.
    ActKind.CONFIRM: (_S.OPEN, _S.ACKNOWLEDGED, _S.FALSE_ALARM),
    ActKind.DISMISS: (_S.OPEN, _S.ACKNOWLEDGED, _S.CONFIRMED, _S.ASSIGNED),
    # Again, to somebody else or with more time.
    ActKind.ASSIGN: (_S.CONFIRMED, _S.ASSIGNED),
    ActKind.RECTIFY: (_S.ASSIGNED,),
    # Or back to who was to put it right.
    ActKind.VERIFY: (_S.RECTIFIED,),
    ActKind.CLOSE: (_S.VERIFIED, _S.FALSE_ALARM),
    ActKind.REOPEN: (_S.RECTIFIED, _S.VERIFIED, _S.CLOSED),
    ActKind.NOTE: tuple(HandlingState),
}

_TO: dict[ActKind, HandlingState] = {
    ActKind.ACKNOWLEDGE: _S.ACKNOWLEDGED,
    ActKind.CONFIRM: _S.CONFIRMED,
    ActKind.DISMISS: _S.FALSE_ALARM,
    ActKind.ASSIGN: _S.ASSIGNED,
    ActKind.RECTIFY: _S.RECTIFIED,
    ActKind.VERIFY: _S.VERIFIED,
    ActKind.CLOSE: _S.CLOSED,
    ActKind.REOPEN: _S.CONFIRMED,
}


def allowed_acts(state: HandlingState) -> tuple[ActKind, ...]:
    """The acts that a state allows, in the order of the loop."""
    return tuple(act for act in ActKind if state in _FROM[act])


def state_after(state: HandlingState, act: ActKind) -> HandlingState | None:
    """The state that an act leads to; None where the state does not allow it."""
    if state not in _FROM[act]:
        return None
    return _TO.get(act, state)


def review_after(review: Review | None, act: ActKind) -> Review | None:
    """What the incident is said to be after an act."""
    match act:
        case ActKind.CONFIRM | ActKind.REOPEN:
            return Review.CONFIRMED
        case ActKind.DISMISS:
            return Review.FALSE_ALARM
        case _:
            return review
