"""The audit log."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import exc, text

from safety_detector.errors import CameraExists, PictureBroken
from safety_detector.service.access.audit import Actor, AuditAction, AuditFilter
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import Scope
from tests.service_stand import Stand, fail

ANN = Actor("ann", "01KAJ8W4T0X2V7Q9R5N3M1B6CD")


def test_each_act_of_an_operator_is_noted_with_its_doer(stand: Stand) -> None:
    """Keys, cameras and requeues; newest first, and never a secret."""
    service = stand.service
    key, shown = service.access.keys.create("reporting", [Scope.READ], by=ANN)
    service.cameras.records.create(CameraSettings("Gate"), "gate", by=ANN)
    service.cameras.records.change("gate", lambda was: replace(was, name="Gate 3"), by=ANN)
    service.cameras.records.remove("gate", by=ANN)
    service.access.keys.revoke(key.id, by=ANN)
    failed = stand.accept(1)
    fail(service.inspections.jobs, stand.claim(), PictureBroken("Cannot be decoded."))
    service.inspections.recovery.requeue([failed.id], by=ANN)
    entries = service.access.audit.entries(AuditFilter(), 10)
    assert [(entry.action, entry.subject) for entry in entries] == [
        (AuditAction.REQUEUED, None),
        (AuditAction.KEY_REVOKED, key.id),
        (AuditAction.CAMERA_REMOVED, "gate"),
        (AuditAction.CAMERA_CHANGED, "gate"),
        (AuditAction.CAMERA_ADDED, "gate"),
        (AuditAction.KEY_MADE, key.id),
    ]
    assert {entry.actor for entry in entries} == {ANN}
    assert shown.split("_", 2)[2] not in str(entries)


def test_what_did_not_happen_is_not_noted(stand: Stand) -> None:
    """Neither what was refused, nor what found nothing to do."""
    stand.service.cameras.records.create(CameraSettings("Gate"), "gate", by=ANN)
    with pytest.raises(CameraExists):
        stand.service.cameras.records.create(CameraSettings("Gate"), "gate", by=ANN)
    assert not stand.service.access.keys.revoke("unknown", by=ANN)
    assert stand.service.inspections.recovery.requeue(["unknown"], by=ANN) == ()
    assert len(stand.service.access.audit.entries(AuditFilter(), 10)) == 1


def test_entries_are_found_by_act_and_time_and_in_pages(stand: Stand) -> None:
    """The next page begins behind the last entry of the one before."""
    for number in range(3):
        stand.service.cameras.records.create(CameraSettings("Gate"), f"gate-{number}", by=ANN)
        stand.clock.advance(3600)
    audit = stand.service.access.audit
    newest, middle, oldest = audit.entries(AuditFilter(), 10)
    assert audit.entries(AuditFilter(), 2) == (newest, middle)
    assert audit.entries(AuditFilter(), 2, before=middle.id) == (oldest,)
    assert audit.entries(AuditFilter(since=middle.at, until=newest.at), 10) == (middle,)
    assert audit.entries(AuditFilter(action=AuditAction.KEY_MADE), 10) == ()


@pytest.mark.parametrize(
    "change", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit", "TRUNCATE audit"]
)
def test_the_database_refuses_to_change_what_is_written(stand: Stand, change: str) -> None:
    """Not even somebody with a connection rewrites it by mistake."""
    if change.startswith("TRUNCATE") and stand.service.database.is_sqlite:
        pytest.skip("SQLite knows no TRUNCATE")
    stand.service.cameras.records.create(CameraSettings("Gate"), "gate", by=ANN)
    with (
        pytest.raises((exc.DatabaseError, exc.IntegrityError), match="only added to"),
        stand.service.database.engine.connect() as connection,
    ):
        connection.execute(text(change))
    assert len(stand.service.access.audit.entries(AuditFilter(), 10)) == 1
