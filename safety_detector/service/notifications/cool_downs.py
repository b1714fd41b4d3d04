"""What is held back after an alarm that was delivered, by rule, channel, camera and kind of hazard.

Nothing else begins a cool-down: not what was held back, nor what never reached its receiver, or so
late that it says nothing of what is seen now.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from safety_detector.database.statements import upsert
from safety_detector.database.tables import alert_rules, cool_downs
from safety_detector.domain.incidents.alert_rules import AlertRule, CoolDown
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.looks import Severity, family_of
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.notifications.bodies import OVERDUE, UNACKNOWLEDGED
from safety_detector.service.notifications.records import ClaimedMessage, MessageType

_TOO_LATE = timedelta(minutes=15)
_BEGINS_ONE = (MessageType.OPENED, MessageType.ESCALATED)


def held_until(
    connection: Connection,
    rules: Mapping[str, AlertRule],
    channel_id: str,
    incident: StoredIncident,
    now: datetime,
) -> dict[str, datetime]:
    """By which of some rules a channel is not told of a new incident now, and until when."""
    query = select(cool_downs).where(
        cool_downs.c.rule_id.in_(list(rules)),
        cool_downs.c.channel_id == channel_id,
        cool_downs.c.camera_id == incident.camera_id,
        cool_downs.c.family == family_of(incident.hazards[0]),
    )
    found: dict[str, datetime] = {}
    for row in connection.execute(query).mappings():
        hazards = frozenset(IncidentHazard(one) for one in row["hazards"])
        cool_down = CoolDown(
            row["begun_at"], tuple(Severity)[row["severity"]], hazards, row["permitted"]
        )
        ends_at = cool_down.ends_at(rules[row["rule_id"]].cool_down_s, incident, now)
        if ends_at is not None:
            found[row["rule_id"]] = ends_at
    return found


def begin(connection: Connection, delivered: ClaimedMessage, now: datetime) -> None:
    """Begins the cool-downs of the rules by which an alarm was told that was delivered."""
    data = delivered.body["data"]
    if delivered.type not in _BEGINS_ONE or not delivered.rule_ids:
        return
    if {UNACKNOWLEDGED, OVERDUE}.intersection(data["because"]):
        return  # of what people did not do, which says nothing of what is seen next
    known = connection.execute(
        select(alert_rules.c.id, alert_rules.c.definition)
        .where(alert_rules.c.id.in_(delivered.rule_ids))
        .order_by(alert_rules.c.id)
    )
    late = now - delivered.since
    put = upsert(
        connection.dialect.name,
        cool_downs,
        on=("rule_id", "channel_id", "camera_id", "family"),
        overwrite=("begun_at", "severity", "hazards", "permitted"),
    )
    for rule in known.all():
        if late > min(_TOO_LATE, timedelta(seconds=rule.definition["cool_down_s"])):
            continue
        values = {
            "rule_id": rule.id,
            "channel_id": delivered.channel_id,
            "camera_id": data["camera_id"],
            "family": family_of(IncidentHazard(data["hazards"][0])),
            "begun_at": now,
            "severity": Severity(data["severity"]).rank,
            "hazards": data["hazards"],
            "permitted": data.get("permit") is not None,
        }
        connection.execute(put, values)
