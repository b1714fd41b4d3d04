"""Holds, and who set them."""

from __future__ import annotations

import pytest

from safety_detector.errors import UnknownInspection
from safety_detector.service.access.audit import Actor, AuditAction, AuditFilter
from tests.service_stand import Stand

ANN, BOB = Actor("ann", "01KAJ8W4T0X2V7Q9R5N3M1B6CD"), Actor("bob")


def test_a_hold_tells_why_and_whose_it_is(stand: Stand) -> None:
    """The first reason stays, so that nobody's hold is overwritten."""
    first, second = stand.accept(1), stand.accept(2)
    stand.service.retention.holds.set([second.id, first.id], "case 7", ANN)
    [again] = stand.service.retention.holds.set([first.id], "case 8", BOB)
    assert (again.reason, again.set_by) == ("case 7", "ann")
    listed = stand.service.retention.holds.list(10)
    assert [hold.inspection_id for hold in listed] == [first.id, second.id]
    assert stand.service.retention.holds.list(10, after=first.id) == listed[1:]


def test_releasing_ends_it_once(stand: Stand) -> None:
    """Only what was held is told."""
    held = stand.accept(1)
    stand.service.retention.holds.set([held.id], "case 7", ANN)
    assert stand.service.retention.holds.release([held.id, "unknown"], BOB) == (held.id,)
    assert stand.service.retention.holds.release([held.id], BOB) == ()
    assert stand.service.retention.holds.list(10) == ()
    acts = stand.service.access.audit.entries(AuditFilter(), 10)
    assert [(act.action, act.actor, act.subject, act.details) for act in acts] == [
        (AuditAction.HOLD_RELEASED, BOB, held.id, {"reason": "case 7", "set_by": "ann"}),
        (AuditAction.HOLD_SET, ANN, held.id, {"reason": "case 7"}),
    ]


def test_an_unknown_inspection_holds_nothing(stand: Stand) -> None:
    """A mistyped id is noticed at once, and the others are not half held."""
    known = stand.accept(1)
    with pytest.raises(UnknownInspection, match="01UNKNOWN"):
        stand.service.retention.holds.set([known.id, "01UNKNOWN"], "case 7", ANN)
    assert stand.service.retention.holds.list(10) == ()
    assert stand.service.access.audit.entries(AuditFilter(), 10) == ()


def test_what_was_purged_meanwhile_is_passed_over_if_wanted(stand: Stand) -> None:
    """Of a span of time the rest is held."""
    known = stand.accept(1)
    ids = [known.id, "01UNKNOWN"]
    [hold] = stand.service.retention.holds.set(ids, "case 7", ANN, all_or_none=False)
    assert hold.inspection_id == known.id
