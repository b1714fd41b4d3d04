"""Robots of DingTalk groups (钉钉自定义机器人).

https://open.dingtalk.com/document/robots/custom-robot-access
"""

from __future__ import annotations

import base64
import hmac
import time
from urllib.parse import quote_plus

from safety_detector.message_texts.reason import Reason
from safety_detector.notifications.posting import Reach
from safety_detector.notifications.robots import RobotCodes, ask_robot, with_keyword
from safety_detector.notifications.wording import Announcement, Wording
from safety_detector.service.notifications.records import Attempt, ClaimedMessage, Destination

_CODES = RobotCodes(
    codes=("errcode",),
    words=("errmsg",),
    too_fast=frozenset({130101, 410100, 660026}),
    pause_s=600.0,  # a robot that was asked more than 20 times in a minute is silent for ten
    advice={
        310000: Reason("robot-security"),
        400102: Reason("robot-switched-off"),
        **dict.fromkeys((300001, 300005, 400013, 400101, 400106), Reason("robot-unknown")),
    },
)
_MOST_BYTES = 18_000  # of Markdown; 20,000 of a whole request
_MOST_TITLE = 60  # characters, of which a phone shows the first

# Texts are no markup: what would be some is written in its wide form.
_WIDE = str.maketrans("[]<>*`#!\\|", "［］＜＞＊｀＃！＼｜")


class DingTalkSender:
    """Sends messages as Markdown; these robots take no pictures.

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
        mobiles = list(settings.get("mention_mobiles") or ()) if told.is_alarm else []
        text = told.fitting(markdown, _MOST_BYTES)
        if mobiles:
            text += "\n\n" + " ".join(f"@{one}" for one in mobiles)
        content = {
            "msgtype": "markdown",
            "markdown": {
                "title": told.shorter(_MOST_TITLE).title,
                "text": with_keyword(text, settings),
            },
            "at": {
                "atMobiles": mobiles,
                "isAtAll": told.is_alarm and bool(settings.get("mention_all")),
            },
        }
        url = signed(destination.url, destination.secret, round(time.time() * 1000))
        return ask_robot(url, content, _CODES, self._reach)


def signed(url: str, secret: str | None, milliseconds: int) -> str:
    """The address with the signature of a moment, good for an hour; without secret as it is.

    HMAC-SHA256 of the moment, a line feed and the secret, keyed with the secret, in base64.
    """
    if secret is None:
        return url
    text = f"{milliseconds}\n{secret}".encode()
    digest = base64.b64encode(hmac.digest(secret.encode(), text, "sha256")).decode()
    separator = "&" if "?" in url else "?"
    return f"{url}{separator}timestamp={milliseconds}&sign={quote_plus(digest)}"


def markdown(told: Announcement) -> str:
    """The message in the Markdown of DingTalk, which knows no tables."""
    rows = [f"- {name}{told.colon}{text}".translate(_WIDE) for name, text in told.rows]
    notes = [note.translate(_WIDE) for note in told.notes]
    parts = [f"#### {told.title.translate(_WIDE)}", "\n".join(rows), *notes]
    if told.link is not None:
        parts.append(f"[{told.link_name}]({told.link})")
    return "\n\n".join(part for part in parts if part)
