"""A digest as people read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from safety_detector.domain.hazards import Language
from safety_detector.notifications.wording import Wording
from safety_detector.service.notifications.bodies import digest_body
from safety_detector.service.notifications.records import ChannelKind, MessageType
from tests.told_messages import told_message, told_of_incident

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def bodies(count: int) -> list[dict[str, Any]]:
    """Messages about as many incidents, of a camera with a long name."""
    return [
        dict(
            told_of_incident(
                ChannelKind.WECOM,
                id=f"01KAJ8W4T02M5QCZXK1D7H3R{number:02}",
                camera_name="厂区东侧原料仓库三号门摄像头",
            ).body
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_digest_names_every_incident_in_what_a_robot_takes(language: Language) -> None:
    """Twenty in the 2,048 bytes of a WeCom robot's text."""
    body = digest_body(bodies(20), "robot", language, NOW)
    message = told_message(ChannelKind.WECOM, body, language, MessageType.DIGEST)
    told = Wording(None, UTC).announce(message)
    text = told.plain()
    assert len(text.encode()) <= 2048
    for one in bodies(20):
        assert one["data"]["id"] in text
    assert told.is_alarm
    assert "20" in told.title


def test_a_digest_tells_an_incident_once() -> None:
    """By what happened to it last."""
    first, second = bodies(2)
    worse = {**first, "type": MessageType.ESCALATED}
    before = digest_body([first], "robot", "en", NOW)
    body = digest_body([second, worse], "robot", "en", NOW, before)
    told = [(one["id"][-2:], one["type"]) for one in body["data"]["incidents"]]
    assert told == [("01", "incident.opened"), ("00", "incident.escalated")]
    assert body["data"]["count"] == 2
