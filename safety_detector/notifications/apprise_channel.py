"""The long tail of services, by Apprise, each message in a process that is watched.

https://github.com/caronc/apprise/wiki
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from safety_detector.message_texts.reason import Reason
from safety_detector.network.permitted import Network
from safety_detector.notifications.best_pictures import BestPictures
from safety_detector.notifications.wording import Announcement, Wording
from safety_detector.service.notifications.records import Attempt, ClaimedMessage, Destination

_PROGRAM = (sys.executable, "-P", "-B", "-m", "safety_detector.notifications.apprise_process")
_DEADLINE_S = 20.0
_MOST_PICTURE_BYTES = 2**20
_SIDE_PX = 1280
# Nothing that this process knows of secrets, and no proxy that would connect in its place.
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE")


class AppriseSender:
    """Sends messages to whatever service the address is of.

    Args:
        allow: networks that may be reached besides public ones.
        wording: of messages.
        pictures: of incidents.
    """

    def __init__(self, allow: Sequence[Network], wording: Wording, pictures: BestPictures) -> None:
        self._allow = allow
        self._wording = wording
        self._pictures = pictures

    def send(self, message: ClaimedMessage, destination: Destination) -> Attempt:
        """Has the message sent, by a process of its own."""
        told = self._wording.announce(message)
        picture = None
        if destination.settings.get("pictures", True):
            picture = self._pictures.jpeg(message.body, _MOST_PICTURE_BYTES, _SIDE_PX)
        order = {
            "url": destination.url,
            "title": told.title,
            "body": told.plain().partition("\n")[2] or told.title,
            "kind": _kind(told),
            "allow": [str(network) for network in self._allow],
            "picture": None if picture is None else base64.b64encode(picture).decode(),
        }
        return _run(order)


def _run(order: dict[str, Any]) -> Attempt:
    began = time.monotonic()
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 (our own program; what is from outside is its input)
            _PROGRAM,
            input=json.dumps(order).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            timeout=_DEADLINE_S,
            check=False,
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return _failed(began, Reason.of("receiver-silent", seconds=_DEADLINE_S))
    except (OSError, ValueError):
        return _failed(began, Reason("apprise-ended"))
    if answer["is_delivered"]:
        return Attempt(True, _milliseconds(began))
    if answer["refused"]:
        return _failed(began, Reason.of("apprise-not-allowed", what=answer["refused"][0]))
    if not answer["is_known"]:
        return _failed(began, Reason.of("apprise-unknown", words=answer["said"]))
    return _failed(began, Reason.of("apprise-failed", words=answer["said"]))


def _kind(told: Announcement) -> str:
    """By which some services choose a colour or a sound."""
    if told.is_urgent:
        return "failure"
    return "warning" if told.is_alarm else "info"


def _failed(began: float, reason: Reason) -> Attempt:
    return Attempt(False, _milliseconds(began), reason=reason)


def _milliseconds(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
