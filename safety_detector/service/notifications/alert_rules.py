"""Rules as records: who is told of what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from ulid import ULID

from safety_detector.database.engine import Database
from safety_detector.database.tables import alert_rules, cameras, channels, cool_downs, escalations
from safety_detector.domain.camera_rules import Zone
from safety_detector.domain.incidents.alert_rules import (
    ALARMS,
    MOST_RULES,
    AlertRule,
    Permitted,
)
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.looks import Severity
from safety_detector.errors import SubmissionRefused
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, note_act
from safety_detector.service.cameras.stored_rules import read_rules

_RULE = TypeAdapter(AlertRule)
_PERMITTED = (IncidentHazard.FIRE, IncidentHazard.SMOKE)
"""What hot work may show."""

_MOST_SHOWN = 10  # rules that a refusal names


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule with its id."""

    id: str
    created_at: datetime
    rule: AlertRule


class AlertRules:
    """Keeps the rules.

    Args:
        database: where they are.
        clock: the present moment, with its zone.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def create(self, rule: AlertRule, by: Actor = PROGRAM) -> StoredRule:
        """Adds a rule, which counts from now on.

        Raises:
            SubmissionRefused: it names a channel, camera or zone that is not there, can never be
                about anything, or there are too many rules.
        """
        now = self._clock()
        rule_id = str(ULID.from_datetime(now))
        with self._database.write() as connection:
            if (
                connection.scalar(select(func.count()).select_from(alert_rules)) or 0
            ) >= MOST_RULES:
                raise SubmissionRefused("alert-rules-too-many", limit=MOST_RULES)
            _check(connection, rule)
            values = {"id": rule_id, "definition": _definition(rule), "created_at": now}
            connection.execute(insert(alert_rules), values)
            _note(connection, by, AuditAction.ALERT_RULE_ADDED, now, rule_id, rule)
        return StoredRule(rule_id, now, rule)

    def list(self) -> tuple[StoredRule, ...]:
        """Every rule, the oldest first."""
        with self._database.read() as connection:
            return stored_rules(connection)

    def get(self, rule_id: str) -> StoredRule | None:
        """One rule; None if there is none with that id."""
        with self._database.read() as connection:
            return _find(connection, rule_id)

    def replace(
        self,
        rule_id: str,
        rule: AlertRule,
        by: Actor = PROGRAM,
        *,
        seen: AlertRule | None = None,
    ) -> StoredRule | None:
        """Puts another rule in the place of one; None if there is none with that id.

        Args:
            rule_id: of the one.
            rule: the other.
            by: whoever changes it.
            seen: what it has to be still; None where anything will do.

        Raises:
            SubmissionRefused: as for ``create``; or somebody changed it since it was seen.
        """
        now = self._clock()
        with self._database.write() as connection:
            before = _find(connection, rule_id, lock=True)
            if before is None:
                return None
            if seen not in (None, before.rule):
                raise SubmissionRefused("changed-meanwhile")
            _check(connection, rule)
            _put(connection, rule_id, rule)
            _note(connection, by, AuditAction.ALERT_RULE_CHANGED, now, rule_id, rule)
        return replace(before, rule=rule)

    def remove(self, rule_id: str, by: Actor = PROGRAM) -> bool:
        """Removes a rule; False if there is none.

        A channel that no rule names any more is told of everything again.
        """
        now = self._clock()
        with self._database.write() as connection:
            before = _find(connection, rule_id)
            if before is None:
                return False
            _remove(connection, before, by, now)
        return True


def stored_rules(connection: Connection) -> tuple[StoredRule, ...]:
    """Every rule, the oldest first."""
    rows = connection.execute(select(alert_rules).order_by(alert_rules.c.id)).mappings()
    return tuple(_to_rule(row) for row in rows)


def forget_channel(connection: Connection, channel_id: str, by: Actor, now: datetime) -> None:
    """Takes a channel that is removed out of the rules; one that tells nobody else goes with it."""
    connection.execute(delete(cool_downs).where(cool_downs.c.channel_id == channel_id))
    for stored in stored_rules(connection):
        rule = stored.rule
        if channel_id not in rule.every_channel_id:
            continue
        first = _without(rule.channel_ids, channel_id)
        further = _without(rule.escalate.channel_ids, channel_id) if rule.escalate else ()
        if not first and not further:
            _remove(connection, stored, by, now)
            continue
        escalate = replace(rule.escalate, channel_ids=further) if rule.escalate else None
        # Who would have been told later is told at once where nobody else is left.
        left = replace(rule, channel_ids=first or further, escalate=escalate if further else None)
        _put(connection, stored.id, left)
        _note(connection, by, AuditAction.ALERT_RULE_CHANGED, now, stored.id, left)


def keep_rules_telling(
    connection: Connection, before: RowMapping, after: RowMapping | None
) -> None:
    """Refuses a change of a camera by which rules would fall silent, without a word.

    Args:
        connection: a transaction that has locked the camera.
        before: the camera as it was.
        after: as it is by now; None if it is removed.

    Raises:
        SubmissionRefused: rules name the camera that goes, or a zone that goes or no longer
            watches what they are about.
    """
    named: list[str] = []
    of_zone: dict[str, list[str]] = {}
    for stored in stored_rules(connection):
        rule = stored.rule
        if rule.camera_ids is not None and before["id"] not in rule.camera_ids:
            continue
        if after is None and rule.camera_ids is not None:
            named.append(rule.name)
            continue
        left = [after] if after is not None else _all_cameras(connection)
        told_of = _zones_told_of(left, rule)
        for zone_id in rule.zone_ids or ():
            if zone_id in _zones_told_of([before], rule) and zone_id not in told_of:
                of_zone.setdefault(zone_id, []).append(rule.name)
    if named:
        raise SubmissionRefused("alert-rules-name-camera", id=before["id"], rules=_some(named))
    for zone_id, rules in of_zone.items():
        raise SubmissionRefused("alert-rules-name-zone", id=zone_id, rules=_some(rules))


def _all_cameras(connection: Connection) -> Sequence[RowMapping]:
    return connection.execute(select(cameras).order_by(cameras.c.id)).mappings().all()


def _zones_told_of(rows: Sequence[RowMapping], rule: AlertRule) -> set[str]:
    """The zones of cameras in which something is watched that a rule is about."""
    return {
        zone.id
        for row in rows
        for zone in read_rules(row).zones
        if rule.hazards is None
        or not {IncidentHazard(one) for one in zone.watch}.isdisjoint(rule.hazards)
    }


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_SHOWN]) + (" …" if len(names) > _MOST_SHOWN else "")


def _check(connection: Connection, rule: AlertRule) -> None:
    _check_sense(rule)
    known = set(connection.scalars(select(channels.c.id)))
    for field, named in (
        ("channel_ids", rule.channel_ids),
        ("escalate.channel_ids", rule.escalate.channel_ids if rule.escalate else ()),
    ):
        if unknown := _not_in(named, known):
            raise SubmissionRefused("alert-rule-channel-unknown", field=field, id=unknown)
    # Kept from going, or changing, until the rule is there for others to see.
    kept = select(cameras).order_by(cameras.c.id).with_for_update(read=True, key_share=True)
    rows = connection.execute(kept).mappings().all()
    if unknown := _not_in(rule.camera_ids or (), {row["id"] for row in rows}):
        raise SubmissionRefused("alert-rule-camera-unknown", id=unknown)
    if rule.zone_ids is not None:
        _check_zones(rows, rule)


def _check_sense(rule: AlertRule) -> None:
    """What says one thing and its opposite would tell nobody, without a word."""
    about = set(rule.hazards or IncidentHazard)
    if all(one.is_of_camera for one in about) and rule.min_severity is Severity.SEVERE:
        raise SubmissionRefused("alert-rule-never-severe", hazards=_in_order(about))
    if rule.permitted is Permitted.ONLY and about.isdisjoint(_PERMITTED):
        raise SubmissionRefused("alert-rule-never-permitted", hazards=_in_order(about))
    if rule.escalate is not None and set(ALARMS).isdisjoint(rule.tell):
        raise SubmissionRefused("alert-rule-escalates-nothing")


def _check_zones(rows: Sequence[RowMapping], rule: AlertRule) -> None:
    zones: dict[str, list[Zone]] = {}
    for row in rows:
        if rule.camera_ids is None or row["id"] in rule.camera_ids:
            for zone in read_rules(row).zones:
                zones.setdefault(zone.id, []).append(zone)
    if unknown := _not_in(rule.zone_ids or (), zones):
        raise SubmissionRefused("alert-rule-zone-unknown", id=unknown)
    for zone_id in rule.zone_ids or ():
        watched = {IncidentHazard(hazard) for zone in zones[zone_id] for hazard in zone.watch}
        if rule.hazards is not None and watched.isdisjoint(rule.hazards):
            raise SubmissionRefused(
                "alert-rule-zone-without-hazards",
                id=zone_id,
                watched=_in_order(watched),
                hazards=_in_order(rule.hazards),
            )


def _in_order(hazards: Collection[IncidentHazard]) -> str:
    return ", ".join(one.value for one in IncidentHazard if one in hazards)


def _not_in(named: Sequence[str], known: Collection[str]) -> str | None:
    return next((one[:64] for one in named if one not in known), None)


def _without(named: Sequence[str], one: str) -> tuple[str, ...]:
    return tuple(each for each in named if each != one)


def _definition(rule: AlertRule) -> Any:
    return _RULE.dump_python(rule, mode="json")


def _to_rule(row: RowMapping) -> StoredRule:
    rule = _RULE.validate_python(row["definition"], strict=False)
    return StoredRule(row["id"], row["created_at"], rule)


def _find(connection: Connection, rule_id: str, *, lock: bool = False) -> StoredRule | None:
    query = select(alert_rules).where(alert_rules.c.id == rule_id)
    if lock:
        query = query.with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _to_rule(row)


def _put(connection: Connection, rule_id: str, rule: AlertRule) -> None:
    this_one = update(alert_rules).where(alert_rules.c.id == rule_id)
    connection.execute(this_one.values(definition=_definition(rule)))


def _remove(connection: Connection, stored: StoredRule, by: Actor, now: datetime) -> None:
    connection.execute(delete(alert_rules).where(alert_rules.c.id == stored.id))
    for table in (cool_downs, escalations):
        connection.execute(delete(table).where(table.c.rule_id == stored.id))
    _note(connection, by, AuditAction.ALERT_RULE_REMOVED, now, stored.id, stored.rule)


def _note(
    connection: Connection,
    by: Actor,
    action: AuditAction,
    now: datetime,
    rule_id: str,
    rule: AlertRule,
) -> None:
    note_act(connection, by, action, now, rule_id, **_definition(rule))
