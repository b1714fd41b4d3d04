"""Values: channels, messages, how they were delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from safety_detector.domain.hazards import Language
from safety_detector.message_texts.reason import Reason

NOTIFY_QUEUE = "notify"
"""Of messages that wait to be sent."""


class ChannelKind(StrEnum):
    """How a channel is reached."""

    WEBHOOK = "webhook"


class MessageType(StrEnum):
    """What a message is about."""

    OPENED = "incident.opened"
    ESCALATED = "incident.escalated"
    TEST = "channel.test"


class MessageStatus(StrEnum):
    """Where a message stands; the last two are final."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class NewChannel:
    """A channel as somebody wants it.

    Attributes:
        secret: of the signatures, ``whsec_`` and base64; None to have one made.
        language: of the sentences in messages.
    """

    kind: ChannelKind
    name: str
    url: str
    language: Language = "en"
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """Where somebody is told.

    Attributes:
        url: as it may be shown: without user, password and query.
        disabled_reason: why nothing is sent any more; None where it is.
    """

    id: str
    kind: ChannelKind
    name: str
    url: str
    language: Language
    created_at: datetime
    disabled_reason: Reason | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try to deliver a message.

    Attributes:
        answer: the receiver's HTTP status; None where there was no answer.
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
    last: Delivery | None


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message that is to be sent.

    Attributes:
        body: what the receiver gets, JSON-ready.
        attempts: tries before this one.
        sealed: address and secret of its channel.
        since: when it was written.
    """

    channel_id: str
    kind: ChannelKind
    body: Mapping[str, Any]
    attempts: int
    sealed: bytes
    since: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a try went.

    Attributes:
        is_delivered: whether the receiver took it.
        took_ms: how long that was.
        answer, reason: see ``Delivery``.
        retry_after_s: when the receiver wants to be asked again, if it said so.
        is_gone: whether the receiver wants nothing more, ever.
    """

    is_delivered: bool
    took_ms: int
    answer: int | None = None
    reason: Reason | None = None
    retry_after_s: float | None = None
    is_gone: bool = False
