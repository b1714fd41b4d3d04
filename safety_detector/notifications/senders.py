"""Which sender each kind of channel has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Protocol

from safety_detector.network.permitted import Network
from safety_detector.notifications.apprise_channel import AppriseSender
from safety_detector.notifications.best_pictures import BestPictures
from safety_detector.notifications.dingtalk import DingTalkSender
from safety_detector.notifications.feishu import FeishuSender
from safety_detector.notifications.mail import MailSender
from safety_detector.notifications.mqtt import MqttSender
from safety_detector.notifications.posting import Reach
from safety_detector.notifications.webhook import WebhookSender
from safety_detector.notifications.wecom import WeComSender
from safety_detector.notifications.wording import Wording
from safety_detector.service.notifications.records import (
    Attempt,
    ChannelKind,
    ClaimedMessage,
    Destination,
)


class ChannelSender(Protocol):
    """Sends messages to channels of one kind; several threads use one at a time."""

    def send(self, message: ClaimedMessage, destination: Destination) -> Attempt:
        """Tries once, within some 30 seconds; what went wrong is in the attempt, not raised."""
        ...


@dataclass(frozen=True, slots=True)
class SendingOptions:
    """What the operator decides about messages.

    Attributes:
        allow: networks that may be reached besides public ones.
        public_url: where people's browsers reach the service, without a slash at its end; None
            where nobody said so, and texts have no links.
        zone: of the site, in which texts tell the time.
        ca_file: certificates (PEM) that receivers may show besides those of the usual authorities.
    """

    allow: tuple[Network, ...] = ()
    public_url: str | None = None
    zone: tzinfo = field(default=UTC)
    ca_file: Path | None = None


def build_senders(
    options: SendingOptions, pictures: BestPictures
) -> Mapping[ChannelKind, ChannelSender]:
    """A sender for each kind.

    Args:
        options: the operator's.
        pictures: what kinds that carry a picture show of an incident.
    """
    reach = Reach(options.allow, options.ca_file)
    wording = Wording(options.public_url, options.zone)
    return {
        ChannelKind.WEBHOOK: WebhookSender(reach),
        ChannelKind.DINGTALK: DingTalkSender(reach, wording),
        ChannelKind.APPRISE: AppriseSender(options.allow, wording, pictures),
        ChannelKind.WECOM: WeComSender(reach, wording, pictures),
        ChannelKind.FEISHU: FeishuSender(reach, wording),
        ChannelKind.MAIL: MailSender(options.allow, options.ca_file, wording, pictures),
        ChannelKind.MQTT: MqttSender(options.allow, options.ca_file),
    }
