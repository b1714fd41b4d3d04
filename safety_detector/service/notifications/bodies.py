"""What receivers get: of something that happened to an incident, and of many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from safety_detector.documents.incidents import IncidentDocument
from safety_detector.domain.hazards import Language
from safety_detector.domain.incidents.alert_rules import Occasion
from safety_detector.domain.incidents.hazards import HAZARD_NAMES
from safety_detector.domain.incidents.judging import judged_by
from safety_detector.domain.incidents.looks import Severity
from safety_detector.domain.inspection import timestamp
from safety_detector.message_texts.reason import Fact, Reason
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.notifications.records import MessageType

UNACKNOWLEDGED = "unacknowledged"
OVERDUE = "overdue"
SEEN_AGAIN = "seen_again"
"""Of an escalation, why; beside what pictures show."""

BY_THE_MODEL = "language_model"
BY_A_PERSON = "second_person"
"""Of what is verified, by whom."""

_SEVERITIES = {
    Severity.UNCERTAIN: Reason("severity-uncertain"),
    Severity.MINOR: Reason("severity-minor"),
    Severity.MODERATE: Reason("severity-moderate"),
    Severity.SEVERE: Reason("severity-severe"),
}

_SENTENCES = {
    UNACKNOWLEDGED: "incident-unacknowledged",
    OVERDUE: "incident-overdue",
    SEEN_AGAIN: "incident-seen-again",
    Occasion.OPENED.value: "incident-opened",
    Occasion.ESCALATED.value: "incident-escalated",
    Occasion.QUIET.value: "incident-quiet",
    Occasion.CLOSED.value: "incident-closed",
    BY_THE_MODEL: "incident-verified",
    BY_A_PERSON: "incident-put-right",
}
_OF_CAMERAS = {
    UNACKNOWLEDGED: "camera-incident-unacknowledged",
    SEEN_AGAIN: "camera-incident-opened",
    Occasion.OPENED.value: "camera-incident-opened",
    Occasion.ESCALATED.value: "camera-incident-opened",
    Occasion.QUIET.value: "camera-incident-over",
    Occasion.CLOSED.value: "camera-incident-over",
    BY_A_PERSON: "camera-incident-over",
}

# Of an incident's body what stands in a digest's.
_IN_DIGESTS = (
    "id", "hazards", "severity", "camera_id", "camera_name", "zone_id", "first_seen_at",
    "last_seen_at", "verified", "model_away", "because", "sentence", "links",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to an incident, as far as people are told.

    Attributes:
        at: when.
        because: of an escalation, why; of what is verified, by whom.
    """

    occasion: Occasion
    at: datetime
    because: tuple[str, ...] = ()

    @property
    def message_type(self) -> MessageType:
        """Of the messages that tell it."""
        return MessageType(f"incident.{self.occasion}")


def incident_body(
    incident: StoredIncident,
    event: Event,
    language: Language,
    base_url: str,
    held_back: Sequence[str] = (),
    *,
    is_model_away: bool = False,
) -> dict[str, Any]:
    """What a receiver gets of something that happened to an incident.

    Args:
        incident: as it stands.
        event: what happened.
        language: of the sentence.
        base_url: what stands before the paths of links.
        held_back: incidents of which the receiver was not told by a message of their own.
        is_model_away: whether that is why no language model has seen it.
    """
    data = IncidentDocument.of(incident, base_path=base_url).as_json()
    return {
        "type": event.message_type,
        "timestamp": timestamp(event.at),
        "data": data
        | {
            "because": list(event.because),
            "model_away": is_model_away,
            "sentence": _sentence(
                incident,
                event,
                judged_by(is_verified=incident.verified, is_model_away=is_model_away),
            ).text(language),
            "held_back": len(held_back),
            "held_back_incidents": list(held_back),
        },
    }


def digest_body(
    bodies: Sequence[Mapping[str, Any]],
    channel_name: str,
    language: Language,
    now: datetime,
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What a receiver gets in place of many messages.

    Args:
        bodies: of these messages.
        channel_name: of the receiver.
        language: of the sentence.
        now: the present moment.
        before: the digest to which they are added.
    """
    told = {one["id"]: one for one in before["data"]["incidents"]} if before else {}
    for body in bodies:
        data = body["data"]
        told.pop(data["id"], None)  # the newest of one incident, at its place
        told[data["id"]] = {
            "type": body["type"],
            "at": body["timestamp"],
            **{name: data[name] for name in _IN_DIGESTS if name in data},
        }
    sentence = Reason.of("digest", count=len(told))
    return {
        "type": MessageType.DIGEST,
        "timestamp": timestamp(now),
        "data": {
            "channel": channel_name,
            "sentence": sentence.text(language),
            "count": len(told),
            "incidents": list(told.values()),
        },
    }


def _sentence(incident: StoredIncident, event: Event, judge: Reason) -> Reason:
    name = HAZARD_NAMES[incident.hazards[0]]
    facts: dict[str, Fact] = {
        "hazards": Reason("hazard-fire-and-smoke") if len(incident.hazards) > 1 else name,
        "camera": incident.camera_name or incident.camera_id,
        "assignee": incident.assignee or "?",
        "severity": _SEVERITIES[incident.severity],
        "sightings": incident.sightings,
        "looks": incident.looks,
        "judge": judge,
    }
    said = next((one for one in event.because if one in _SENTENCES), event.occasion.value)
    if incident.reason is not None:
        return Reason.of(_OF_CAMERAS.get(said, _SENTENCES[said]), **facts, reason=incident.reason)
    sentence, permit = Reason.of(_SENTENCES[said], **facts), incident.permit
    if permit is None:
        return sentence
    return Reason.of(
        "incident-under-permit", sentence=sentence, number=permit.number, who=permit.who
    )
