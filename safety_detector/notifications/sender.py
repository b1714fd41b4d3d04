"""Sends claimed messages, each by its channel's kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from safety_detector.errors import SafetyDetectorError
from safety_detector.jobs.records import Claim
from safety_detector.jobs.runner import insist
from safety_detector.notifications.senders import ChannelSender
from safety_detector.sealing import Seal
from safety_detector.service.notifications.jobs import Outcomes
from safety_detector.service.notifications.kinds import opened
from safety_detector.service.notifications.records import ChannelKind, ClaimedMessage


class Sender:
    """Sends a message once, and notes how that went.

    Args:
        outcomes: takes that.
        seal: opens addresses and secrets.
        senders: of each kind of channel.
    """

    def __init__(
        self, outcomes: Outcomes, seal: Seal, senders: Mapping[ChannelKind, ChannelSender]
    ) -> None:
        self._outcomes = outcomes
        self._seal = seal
        self._senders = senders

    def handle(self, claim: Claim[ClaimedMessage], begin: Callable[[], None]) -> bool:
        """Sends one message.

        Raises:
            SecretsLost: the channel's address and secret cannot be opened.
            DatabaseUnavailable: what came of it cannot be noted; it is sent again.
        """
        begin()
        message = claim.subject
        destination = opened(self._seal.open(message.sealed), message.settings)
        attempt = self._senders[message.kind].send(message, destination)
        insist(lambda: self._outcomes.record(claim, attempt))
        return True

    def explain(self, _fault: Exception) -> SafetyDetectorError | None:
        """Nothing stops a sender from outside."""
        return None
