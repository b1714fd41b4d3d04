"""From open to closed: which act leads where."""

from __future__ import annotations

from safety_detector.domain.incidents.handling import (
    ActKind,
    HandlingState,
    Review,
    allowed_acts,
    review_after,
    state_after,
)

LOOP = ("acknowledge", "confirm", "assign", "rectify", "verify", "close")


def test_the_loop_closes() -> None:
    """Each act leads to the state in which the next is possible."""
    state, review = HandlingState.OPEN, None
    for word in LOOP:
        act = ActKind(word)
        assert act in allowed_acts(state)
        after = state_after(state, act)
        assert after is not None
        state, review = after, review_after(review, act, after)
    assert (state, review) == (HandlingState.CLOSED, Review.CONFIRMED)


def test_a_false_alarm_is_closed_without_being_put_right() -> None:
    """It needs nobody to put anything right; a mistake is taken back by confirming it."""
    dismissed = state_after(HandlingState.ACKNOWLEDGED, ActKind.DISMISS)
    assert dismissed is HandlingState.FALSE_ALARM
    assert state_after(dismissed, ActKind.CLOSE) is HandlingState.CLOSED
    assert state_after(dismissed, ActKind.CONFIRM) is HandlingState.CONFIRMED
    then = HandlingState.CONFIRMED
    assert review_after(Review.FALSE_ALARM, ActKind.CONFIRM, then) is Review.CONFIRMED


def test_nothing_is_skipped() -> None:
    """Nobody verifies what nobody put right, nor closes what nobody verified."""
    for state, act in (
        (HandlingState.OPEN, ActKind.CLOSE),
        (HandlingState.CONFIRMED, ActKind.RECTIFY),
        (HandlingState.ASSIGNED, ActKind.VERIFY),
        (HandlingState.RECTIFIED, ActKind.CLOSE),
        (HandlingState.CLOSED, ActKind.ACKNOWLEDGE),
    ):
        assert state_after(state, act) is None


def test_every_state_can_be_left_and_noted_in() -> None:
    """No incident gets stuck, and a note changes nothing."""
    for state in HandlingState:
        assert state_after(state, ActKind.NOTE) is state
        assert any(state_after(state, act) is not state for act in allowed_acts(state))
