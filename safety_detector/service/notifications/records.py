"""Values: channels, messages, how they were delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from safety_detector.domain.hazards import Language
from safety_detector.message_texts.reason import Reason

NOTIFY_QUEUE = "notify"
"""Of messages that wait to be sent."""


SWITCHED_OFF = Reason("channel-switched-off")
"""Why nothing is sent to a channel that a person switched off."""


class ChannelKind(StrEnum):
    """How a channel is reached.

    A kind is what is kept of it (``kinds.py``), a body (``web/channels/bodies.py``) and a sender
    (``notifications/senders.py``).
    """

    WEBHOOK = "webhook"
    DINGTALK = "dingtalk"
    WECOM = "wecom"
    FEISHU = "feishu"
    MAIL = "mail"
    MQTT = "mqtt"
    APPRISE = "apprise"


class MessageType(StrEnum):
    """What a message is about."""

    OPENED = "incident.opened"
    ESCALATED = "incident.escalated"
    QUIET = "incident.quiet"
    CLOSED = "incident.closed"
    VERIFIED = "incident.verified"
    DIGEST = "digest"
    TEST = "channel.test"


class MessageStatus(StrEnum):
    """Where a message stands; the last three are final.

    ``HELD`` is held back for a while; ``COLLECTED`` is told by another message.
    """

    WAITING = "waiting"
    HELD = "held"
    COLLECTED = "collected"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class NewChannel:
    """A channel as somebody wants it.

    Attributes:
        url: where it leads, with whatever is secret in it; it is sealed, and shown without that.
        language: of the texts in messages.
        secret: what signs messages, or the password; sealed.  None where there is none, or to have
            one made.
        settings: what else a kind needs, JSON-ready: shown, so nothing secret.
        enabled: whether anything is sent.
    """

    kind: ChannelKind
    name: str
    url: str
    language: Language = "en"
    secret: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True

    @property
    def disabled_reason(self) -> Reason | None:
        """Why nothing is sent, where somebody wants it so."""
        return None if self.enabled else SWITCHED_OFF


@dataclass(frozen=True, slots=True)
class Channel:
    """Where somebody is told.

    Attributes:
        url: as it may be shown: without what is secret in it.
        settings: what else its kind needs.
        disabled_reason: why nothing is sent any more; None where it is.
    """

    id: str
    kind: ChannelKind
    name: str
    url: str
    settings: Mapping[str, Any]
    language: Language
    created_at: datetime
    disabled_reason: Reason | None

    @property
    def enabled(self) -> bool:
        """Whether people want something sent, though perhaps the receiver wants no more."""
        return self.disabled_reason != SWITCHED_OFF


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try to deliver a message.

    Attributes:
        answer: the status of the receiver's answer, of HTTP or of its protocol; None where there
            was none.
        reason: what went wrong; None where nothing did.
    """

    number: int
    at: datetime
    took_ms: int
    answer: int | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Message:
    """Something that a channel is told.

    Attributes:
        attempts: tries so far.
        next_try_at: when it is tried again; None where it is not.
        told_in: the message that tells what this one would have told.
        last: the last try.
    """

    id: str
    channel_id: str
    type: MessageType
    incident_id: str | None
    created_at: datetime
    status: MessageStatus
    attempts: int
    next_try_at: datetime | None
    finished_at: datetime | None
    told_in: str | None
    last: Delivery | None


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages; None means any.

    Attributes:
        channel_id: what this channel was told.
        incident_id: about this incident alone.
        status: that stand so.
    """

    channel_id: str | None = None
    incident_id: str | None = None
    status: MessageStatus | None = None


@dataclass(frozen=True, slots=True)
class MessageLog:
    """Everything about a message.

    Attributes:
        message: how it stands.
        body: what it says.
        tries: to deliver it, in order.
    """

    message: Message
    body: Mapping[str, Any]
    tries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message that is to be sent.

    Attributes:
        id: by which a receiver tells a second copy.
        channel_name, language: of its channel.
        incident_id: the incident that it is about; None where it is about none, or several.
        body: what a receiver of JSON gets; texts for people are made of it.
        attempts: tries before this one.
        settings: of its channel, as they are shown.
        sealed: address and secret of its channel.
        since: when it was written.
        rule_ids: the rules by which its channel is told; none where it has none.
        reached: of its receivers those that tries before this one reached, where a kind has
            several.
        time_zone: of the camera that it is about, by its IANA name; None for that of the site.
        zone_name: for people, of the zone in which its incident was first seen.
    """

    id: str
    channel_id: str
    channel_name: str
    kind: ChannelKind
    language: Language
    type: MessageType
    incident_id: str | None
    body: Mapping[str, Any]
    attempts: int
    settings: Mapping[str, Any]
    sealed: bytes
    since: datetime
    rule_ids: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
    time_zone: str | None = None
    zone_name: str | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a message goes.

    Attributes:
        url, secret, settings: see ``NewChannel``.
    """

    url: str
    secret: str | None
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a try went.

    Attributes:
        is_delivered: whether the receiver took it.
        took_ms: how long that was.
        answer, reason: see ``Delivery``.
        retry_after_s: when the receiver wants to be asked again, if it said so.
        is_gone: whether the receiver wants nothing more, ever.
        reached: of several receivers those that have it now; they are not sent it again.
    """

    is_delivered: bool
    took_ms: int
    answer: int | None = None
    reason: Reason | None = None
    retry_after_s: float | None = None
    is_gone: bool = False
    reached: tuple[str, ...] = ()
