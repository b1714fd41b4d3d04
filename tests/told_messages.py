"""Messages as senders get them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from safety_detector.domain.hazards import Language
from safety_detector.service.notifications.records import (
    ChannelKind,
    ClaimedMessage,
    MessageType,
)

INCIDENT_ID = "01KAJ8W4T02M5QCZXK1D7H3R9N"


def told_message(
    kind: ChannelKind,
    body: Mapping[str, Any],
    language: Language = "en",
    message_type: MessageType = MessageType.OPENED,
) -> ClaimedMessage:
    """A message of this body."""
    return ClaimedMessage(
        id="01KAJA1Z8H5D2F4G6J8K0M3N5P",
        channel_id="01KAJA0C5V7N9M4R2T6Y8W1E3Q",
        channel_name="值班群",
        kind=kind,
        language=language,
        type=message_type,
        incident_id=None,
        body=body,
        attempts=0,
        settings={},
        sealed=b"",
        since=datetime(2026, 11, 21, 8, tzinfo=UTC),
    )


def told_of_incident(
    kind: ChannelKind,
    language: Language = "zh",
    message_type: MessageType = MessageType.OPENED,
    **facts: Any,
) -> ClaimedMessage:
    """A message about a fire at a gate, or with other facts."""
    data = {
        "id": INCIDENT_ID,
        "hazards": ["fire"],
        "severity": "moderate",
        "camera_id": "gate-3",
        "camera_name": "3号门",
        "zone_id": None,
        "verified": False,
        "first_seen_at": "2026-11-21T07:59:58.000Z",
        "last_seen_at": "2026-11-21T08:00:02.000Z",
        "opened_at": "2026-11-21T08:00:02.000Z",
        "looks": 3,
        "sightings": 2,
        "peak_score": 0.834,
        "best": None,
        "because": [],
        **facts,
    }
    body = {"type": message_type, "timestamp": "2026-11-21T08:00:02.000Z", "data": data}
    return told_message(kind, body, language, message_type)
