"""Robots of Feishu and Lark groups (飞书自定义机器人).

https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
"""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Mapping
from typing import Any

from safety_detector.message_texts.reason import Reason
from safety_detector.notifications.posting import Reach
from safety_detector.notifications.robots import RobotCodes, ask_robot, with_keyword
from safety_detector.notifications.wording import Announcement, Wording
from safety_detector.service.notifications.records import Attempt, ClaimedMessage, Destination

_CODES = RobotCodes(
    codes=("code", "StatusCode"),  # the second alone where Lark is of an earlier version
    words=("msg", "StatusMessage"),
    too_fast=frozenset({11232, 11233, 99991400}),
    pause_s=60.0,  # 100 messages a minute, 5 a second
    advice={
        **dict.fromkeys((19021, 19022, 19024), Reason("robot-security")),
        **dict.fromkeys((19001, 10003), Reason("robot-unknown")),
    },
)
_MOST_BYTES = 15_000  # of texts; 20,000 of a whole request
_COLOURS = {"urgent": "red", "alarm": "orange", "other": "grey"}


class FeishuSender:
    """Sends messages as cards; these robots take no pictures.

    Args:
        reach: how far requests may go.
        wording: of messages.
    """

    def __init__(self, reach: Reach, wording: Wording) -> None:
        self._reach = reach
        self._wording = wording

    def send(self, message: ClaimedMessage, destination: Destination) -> Attempt:
        """Posts the message to the robot."""
        told, settings = self._wording.announce(message), destination.settings
        content: dict[str, object] = {"msg_type": "interactive", "card": card(told, settings)}
        if destination.secret is not None:
            seconds = int(time.time())
            content = {
                "timestamp": str(seconds),
                "sign": signature(destination.secret, seconds),
                **content,
            }
        return ask_robot(destination.url, content, _CODES, self._reach)


def signature(secret: str, seconds: int) -> str:
    """The signature of a moment, good for an hour.

    HMAC-SHA256 of nothing, keyed with the moment, a line feed and the secret, in base64.
    """
    digest = hmac.digest(f"{seconds}\n{secret}".encode(), b"", "sha256")
    return base64.b64encode(digest).decode()


def card(told: Announcement, settings: Mapping[str, Any]) -> dict[str, object]:
    """The message as a card: texts are plain, so that nothing in them is markup."""
    colour = "urgent" if told.is_urgent else "alarm" if told.is_alarm else "other"
    text = with_keyword(told.fitting(_text, _MOST_BYTES), settings)
    elements: list[dict[str, object]] = []
    if text:
        elements.append({"tag": "div", "text": _plain(text)})
    if told.is_alarm and settings.get("mention_all"):
        everybody = {"tag": "lark_md", "content": "<at id=all></at>"}
        elements.append({"tag": "div", "text": everybody})
    if told.link is not None:
        button = {
            "tag": "button",
            "text": _plain(told.link_name),
            "type": "primary",
            "url": told.link,
        }
        elements.append({"tag": "action", "actions": [button]})
    return {
        "config": {"wide_screen_mode": True},
        "header": {"title": _plain(told.shorter(100).title), "template": _COLOURS[colour]},
        "elements": elements,
    }


def _text(told: Announcement) -> str:
    return "\n".join((*(f"{name}{told.colon}{text}" for name, text in told.rows), *told.notes))


def _plain(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}
