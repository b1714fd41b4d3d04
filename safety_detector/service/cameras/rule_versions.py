"""What was said of cameras' pictures, and since when.

Each picture is judged by what held when it was taken.  So one that becomes known late, after rules
were changed, is judged as it would have been in time, and so are those behind it that are gone
through once more.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, RowMapping, select

from safety_detector.database.statements import upsert
from safety_detector.database.tables import rule_versions
from safety_detector.domain.incidents.opening_rules import NO_CHANGES, IncidentRules, RuleChanges
from safety_detector.service.cameras.stored_rules import read_rule_changes, stored_rule_changes

SITE: Final = ""
"""In place of a camera's id: what is said of all of them."""

_KEPT = ("zones", "masks", "schedule", "incident_rules", "timezone", "every_s")


def keep_rules(connection: Connection, camera: RowMapping, now: datetime) -> None:
    """Notes what is said of a camera from now on, under its lock; nothing where it is as it was."""
    _keep(connection, camera["id"], {name: camera[name] for name in _KEPT}, now)


def keep_site_rules(connection: Connection, changes: RuleChanges, now: datetime) -> None:
    """Notes what is said of all cameras from now on; nothing where it is as it was."""
    _keep(connection, SITE, {"incident_rules": stored_rule_changes(changes)}, now)


def site_rules(connection: Connection) -> IncidentRules:
    """The rules of cameras of which nothing else is said, as they are now."""
    newest = _newest(connection, SITE)
    said = NO_CHANGES if newest is None else read_rule_changes(newest.rules["incident_rules"])
    return said.of(IncidentRules())


def versions_between(
    connection: Connection, camera_id: str, since: datetime, until: datetime
) -> list[tuple[datetime, Any]]:
    """What was said of a camera, or of all, at some time of a period, the earliest first.

    Of a time before anything was said of the camera, what was said first counts.
    """
    of_camera = rule_versions.c.camera_id == camera_id
    newest = _newest(connection, camera_id, until)
    if newest is None:
        first = select(rule_versions).where(of_camera).order_by(rule_versions.c.at).limit(1)
        newest = connection.execute(first).one_or_none()
    if newest is None or newest.at <= since:
        return [] if newest is None else [(newest.at, newest.rules)]
    query = select(rule_versions).where(of_camera, rule_versions.c.at <= until)
    rows = connection.execute(query.order_by(rule_versions.c.at)).all() or [newest]
    before = [number for number, row in enumerate(rows) if row.at <= since]
    return [(row.at, row.rules) for row in rows[before[-1] if before else 0 :]]


def _newest(
    connection: Connection, camera_id: str, until: datetime | None = None
) -> Row[Any] | None:
    query = select(rule_versions).where(rule_versions.c.camera_id == camera_id)
    if until is not None:
        query = query.where(rule_versions.c.at <= until)
    return connection.execute(query.order_by(rule_versions.c.at.desc()).limit(1)).one_or_none()


def _keep(connection: Connection, camera_id: str, rules: dict[str, Any], now: datetime) -> None:
    newest = _newest(connection, camera_id)
    if newest is not None and newest.rules == rules:
        return
    # A clock that was set back must not make the new rules earlier than the ones that they replace.
    at = now if newest is None else max(now, newest.at)
    put = upsert(
        connection.dialect.name, rule_versions, on=("camera_id", "at"), overwrite=("rules",)
    )
    connection.execute(put, {"camera_id": camera_id, "at": at, "rules": rules})
