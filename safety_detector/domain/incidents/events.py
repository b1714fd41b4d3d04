"""What is told of incidents as it happens: what cameras see of them, and what people do."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from safety_detector.domain.incidents.handling import ActKind
from safety_detector.domain.incidents.incident import ChangeKind


class IncidentEvent(StrEnum):
    """What happened to an incident."""

    OPENED = "incident.opened"
    ESCALATED = "incident.escalated"
    SEEN_BY_MODEL = "incident.seen_by_model"
    QUIET = "incident.quiet"
    REOPENED = "incident.reopened"
    ENDED = "incident.ended"
    MERGED = "incident.merged"
    ACKNOWLEDGED = "incident.acknowledged"
    CONFIRMED = "incident.confirmed"
    DISMISSED = "incident.dismissed"
    ASSIGNED = "incident.assigned"
    RECTIFIED = "incident.rectified"
    REJECTED = "incident.rejected"
    VERIFIED = "incident.verified"
    CLOSED = "incident.closed"
    EFFECT_CHECKED = "incident.effect_checked"
    SPLIT = "incident.split"
    DESCRIBED = "incident.described"
    NOTED = "incident.noted"


EVENT_OF_CHANGE: Mapping[ChangeKind, IncidentEvent] = {
    ChangeKind.OPENED: IncidentEvent.OPENED,
    ChangeKind.ESCALATED: IncidentEvent.ESCALATED,
    # Verified is what a second person has: that the confirming judge saw it is something else.
    ChangeKind.VERIFIED: IncidentEvent.SEEN_BY_MODEL,
    ChangeKind.QUIET: IncidentEvent.QUIET,
    ChangeKind.REOPENED: IncidentEvent.REOPENED,
    ChangeKind.ENDED: IncidentEvent.ENDED,
    ChangeKind.MERGED: IncidentEvent.MERGED,
}

EVENT_OF_ACT: Mapping[ActKind, IncidentEvent] = {
    ActKind.ACKNOWLEDGE: IncidentEvent.ACKNOWLEDGED,
    ActKind.CONFIRM: IncidentEvent.CONFIRMED,
    ActKind.DISMISS: IncidentEvent.DISMISSED,
    ActKind.ASSIGN: IncidentEvent.ASSIGNED,
    ActKind.RECTIFY: IncidentEvent.RECTIFIED,
    ActKind.REJECT: IncidentEvent.REJECTED,
    ActKind.VERIFY: IncidentEvent.VERIFIED,
    ActKind.CLOSE: IncidentEvent.CLOSED,
    ActKind.CHECK_EFFECT: IncidentEvent.EFFECT_CHECKED,
    ActKind.REOPEN: IncidentEvent.REOPENED,
    ActKind.MERGE: IncidentEvent.MERGED,
    ActKind.SPLIT: IncidentEvent.SPLIT,
    ActKind.DESCRIBE: IncidentEvent.DESCRIBED,
    ActKind.NOTE: IncidentEvent.NOTED,
}
