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
    REJECT = "reject"
    VERIFY = "verify"
    CLOSE = "close"
    CHECK_EFFECT = "check_effect"
    REOPEN = "reopen"
    MERGE = "merge"
    SPLIT = "split"
    DESCRIBE = "describe"
    NOTE = "note"


JUDGEMENTS = (ActKind.CONFIRM, ActKind.DISMISS)
"""What is said of what a picture shows."""


class Review(StrEnum):
    """What a person said that it is."""

    CONFIRMED = "confirmed"
    FALSE_ALARM = "false_alarm"


class Level(StrEnum):
    """How grave a person says that the hazard is (隐患等级); the program never does.

    ``GENERAL`` is 一般, ``MAJOR`` is 重大: putting it right takes long, or work has to stop.
    """

    GENERAL = "general"
    MAJOR = "major"


_S = HandlingState

_FROM: dict[ActKind, tuple[HandlingState, ...]] = {
    ActKind.ACKNOWLEDGE: (_S.OPEN,),
    # Somebody who has judged it has seen it; a judgement may be a mistake.
    ActKind.CONFIRM: (_S.OPEN, _S.ACKNOWLEDGED, _S.FALSE_ALARM),
    ActKind.DISMISS: (_S.OPEN, _S.ACKNOWLEDGED, _S.CONFIRMED, _S.ASSIGNED),
    # Again, to somebody else or with more time.
    ActKind.ASSIGN: (_S.CONFIRMED, _S.ASSIGNED),
    ActKind.RECTIFY: (_S.ASSIGNED,),
    # Looked at and not right: back to who was to put it right.
    ActKind.REJECT: (_S.RECTIFIED,),
    ActKind.VERIFY: (_S.RECTIFIED,),
    ActKind.CLOSE: (_S.VERIFIED, _S.FALSE_ALARM),
    ActKind.CHECK_EFFECT: (_S.CLOSED,),
    ActKind.REOPEN: (
        _S.CONFIRMED, _S.FALSE_ALARM, _S.ASSIGNED, _S.RECTIFIED, _S.VERIFIED, _S.CLOSED,
    ),
    # What is closed is reported as it is.
    ActKind.MERGE: tuple(state for state in _S if state is not _S.CLOSED),
    ActKind.SPLIT: tuple(_S),
    ActKind.DESCRIBE: tuple(_S),
    ActKind.NOTE: tuple(_S),
}  # fmt: skip

_TO: dict[ActKind, HandlingState] = {
    ActKind.ACKNOWLEDGE: _S.ACKNOWLEDGED,
    ActKind.CONFIRM: _S.CONFIRMED,
    ActKind.DISMISS: _S.FALSE_ALARM,
    ActKind.ASSIGN: _S.ASSIGNED,
    ActKind.RECTIFY: _S.RECTIFIED,
    ActKind.REJECT: _S.ASSIGNED,
    ActKind.VERIFY: _S.VERIFIED,
    ActKind.CLOSE: _S.CLOSED,
}


def allowed_acts(state: HandlingState) -> tuple[ActKind, ...]:
    """The acts that a state allows, in the order of the loop."""
    return tuple(act for act in ActKind if state in _FROM[act])


def state_after(
    state: HandlingState, act: ActKind, review: Review | None = None
) -> HandlingState | None:
    """The state that an act leads to; None where the state does not allow it.

    Args:
        state: before.
        act: what somebody does.
        review: what the incident is said to be: whoever takes a judgement back judges anew, and
            what was closed as a hazard is one again.
    """
    if state not in _FROM[act]:
        return None
    if act is ActKind.REOPEN:
        judges_anew = state in (_S.CONFIRMED, _S.FALSE_ALARM) or review is Review.FALSE_ALARM
        return _S.ACKNOWLEDGED if judges_anew else _S.CONFIRMED
    # Whoever says that two are one has seen them.
    if act is ActKind.MERGE and state is _S.OPEN:
        return _S.ACKNOWLEDGED
    return _TO.get(act, state)


def review_after(review: Review | None, act: ActKind, then: HandlingState) -> Review | None:
    """What the incident is said to be after an act that led to a state."""
    if then is _S.FALSE_ALARM:
        return Review.FALSE_ALARM
    if then in (_S.OPEN, _S.ACKNOWLEDGED):
        return None
    return Review.CONFIRMED if act in (ActKind.CONFIRM, ActKind.REOPEN) else review


def is_further(state: HandlingState, than: HandlingState) -> bool:
    """Whether people have come further with one incident than with another."""
    return tuple(_S).index(state) > tuple(_S).index(than)
