"""Sends claimed messages, each by its channel's kind."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from safety_detector.errors import SafetyDetectorError
from safety_detector.jobs.records import Claim
from safety_detector.jobs.runner import insist
from safety_detector.message_texts.reason import Reason
from safety_detector.notifications.senders import ChannelSender
from safety_detector.sealing import Seal
from safety_detector.service.notifications.kinds import opened
from safety_detector.service.notifications.outcomes import Outcomes
from safety_detector.service.notifications.pacing import Pacing
from safety_detector.service.notifications.records import Attempt, ChannelKind, ClaimedMessage

_log = logging.getLogger(__name__)


class Sender:
    """Sends a message once, and notes how that went.

    Args:
        pacing: says whether it is sent now.
        outcomes: takes how that went.
        seal: opens addresses and secrets.
        senders: of each kind of channel.
    """

    def __init__(
        self,
        pacing: Pacing,
        outcomes: Outcomes,
        seal: Seal,
        senders: Mapping[ChannelKind, ChannelSender],
    ) -> None:
        self._pacing = pacing
        self._outcomes = outcomes
        self._seal = seal
        self._senders = senders

    def handle(self, claim: Claim[ClaimedMessage], begin: Callable[[], None]) -> bool:
        """Sends one message, unless its channel had too many lately.

        Whatever goes wrong is what came of the try.

        Raises:
            DatabaseUnavailable: what came of it cannot be noted; it is sent again.
        """
        begin()
        if not self._pacing.may_send(claim):
            return True
        attempt = self._try(claim.subject)
        insist(lambda: self._outcomes.record(claim, attempt))
        return True

    def _try(self, message: ClaimedMessage) -> Attempt:
        began = time.monotonic()
        try:
            destination = opened(self._seal.open(message.sealed), message.settings)
            return self._senders[message.kind].send(message, destination)
        except SafetyDetectorError as exc:  # the key of its secrets is lost
            reason = exc.reason
        except Exception as exc:  # noqa: BLE001 (the edge: one channel's fault is its own)
            _log.exception("unexpected fault", extra={"notification": message.id})
            reason = Reason.of("unexpected", kind=type(exc).__name__, cause=exc)
        return Attempt(False, round((time.monotonic() - began) * 1000), reason=reason)

    def explain(self, _fault: Exception) -> SafetyDetectorError | None:
        """Nothing stops a sender from outside."""
        return None
