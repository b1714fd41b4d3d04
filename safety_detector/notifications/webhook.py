"""Signed JSON (Standard Webhooks).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hmac
import json
import time

from safety_detector.notifications.posting import Reach, post
from safety_detector.service.notifications.kinds import check_secret
from safety_detector.service.notifications.records import Attempt, ClaimedMessage, Destination


class WebhookSender:
    """Sends the JSON of messages, signed.

    Args:
        reach: how far requests may go.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def send(self, message: ClaimedMessage, destination: Destination) -> Attempt:
        """Posts the message; every try of one has the same ``webhook-id``."""
        body = json.dumps(message.body, ensure_ascii=False, separators=(",", ":")).encode()
        timestamp = int(time.time())
        key = check_secret(destination.secret or "")
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(key, message.id, timestamp, body),
        }
        return post(destination.url, headers, body, self._reach).attempt


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The ``webhook-signature`` of a message.

    Args:
        key: what the secret stands for.
        message_id: the same for every try.
        timestamp: of this try, in seconds since 1970.
        body: as it is sent.
    """
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    digest = hmac.digest(key, signed, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"
