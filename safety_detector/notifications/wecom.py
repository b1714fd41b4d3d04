"""Robots of WeCom groups (企业微信群机器人).

https://developer.work.weixin.qq.com/document/path/91770
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

from safety_detector.message_texts.reason import Reason
from safety_detector.notifications.best_pictures import BestPictures
from safety_detector.notifications.posting import Reach
from safety_detector.notifications.robots import RobotCodes, ask_robot
from safety_detector.notifications.wording import Announcement, Wording
from safety_detector.service.notifications.records import Attempt, ClaimedMessage, Destination

_CODES = RobotCodes(
    codes=("errcode",),
    words=("errmsg",),
    too_fast=frozenset({45009, 45033}),
    pause_s=60.0,  # 20 messages a minute
    advice={93000: Reason("robot-unknown"), 93008: Reason("robot-unknown")},
)
_MOST_TEXT_BYTES = 2048
_MOST_PICTURE_BYTES = 2 * 2**20  # before base64


class WeComSender:
    """Sends messages as text, and the best picture of an incident behind it.

    Text and not Markdown: those who read a group in WeChat do not see Markdown.  What the robot
    took is delivered, whatever becomes of the picture: sent again it would be told twice.

    Args:
        reach: how far requests may go.
        wording: of messages.
        pictures: of incidents.
    """

    def __init__(self, reach: Reach, wording: Wording, pictures: BestPictures) -> None:
        self._reach = reach
        self._wording = wording
        self._pictures = pictures

    def send(self, message: ClaimedMessage, destination: Destination) -> Attempt:
        """Posts the message to the robot, then its picture."""
        told, settings = self._wording.announce(message), destination.settings
        text: dict[str, object] = {"content": told.fitting(Announcement.plain, _MOST_TEXT_BYTES)}
        if told.is_alarm and settings.get("mention_all"):
            text["mentioned_list"] = ["@all"]
        if told.is_alarm and settings.get("mention_mobiles"):
            text["mentioned_mobile_list"] = list(settings["mention_mobiles"])
        attempt = ask_robot(destination.url, {"msgtype": "text", "text": text}, _CODES, self._reach)
        if not attempt.is_delivered or not settings.get("pictures", True):
            return attempt
        return self._with_picture(attempt, message, destination.url)

    def _with_picture(self, attempt: Attempt, message: ClaimedMessage, url: str) -> Attempt:
        picture = self._pictures.jpeg(message.body, _MOST_PICTURE_BYTES)
        if picture is None:
            return attempt
        image = {
            "base64": base64.b64encode(picture).decode(),
            "md5": hashlib.md5(picture, usedforsecurity=False).hexdigest(),
        }
        second = ask_robot(url, {"msgtype": "image", "image": image}, _CODES, self._reach)
        reason = None
        if not second.is_delivered and second.reason is not None:
            reason = Reason.of("robot-picture-failed", cause=second.reason)
        return replace(attempt, took_ms=attempt.took_ms + second.took_ms, reason=reason)
