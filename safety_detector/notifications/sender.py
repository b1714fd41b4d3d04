"""Sends claimed messages, each by its channel's kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from safety_detector.errors import SafetyDetectorError
from safety_detector.jobs.records import Claim
from safety_detector.jobs.runner import insist
from safety_detector.network.permitted import Network
from safety_detector.notifications.webhook import Webhook, post
from safety_detector.sealing import Seal
from safety_detector.service.notifications.channels import check_secret
from safety_detector.service.notifications.jobs import Outcomes
from safety_detector.service.notifications.records import ClaimedMessage


class Sender:
    """Sends a message once, and notes how that went.

    Args:
        outcomes: takes that.
        seal: opens addresses and secrets.
        allow: networks that may be reached besides public ones.
    """

    def __init__(self, outcomes: Outcomes, seal: Seal, allow: Sequence[Network]) -> None:
        self._outcomes = outcomes
        self._seal = seal
        self._allow = allow

    def handle(self, claim: Claim[ClaimedMessage], begin: Callable[[], None]) -> bool:
        """Sends one message.

        Raises:
            SecretsLost: the channel's address and secret cannot be opened.
            DatabaseUnavailable: what came of it cannot be noted; it is sent again.
        """
        begin()
        secret = self._seal.open(claim.subject.sealed)
        webhook = Webhook(secret["url"], check_secret(secret["secret"]))
        body = json.dumps(claim.subject.body, ensure_ascii=False, separators=(",", ":")).encode()
        attempt = post(webhook, claim.subject_id, body, self._allow)
        insist(lambda: self._outcomes.record(claim, attempt))
        return True

    def explain(self, _fault: Exception) -> SafetyDetectorError | None:
        """Nothing stops a sender from outside."""
        return None
