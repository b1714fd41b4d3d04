"""Channels, and what they were told, in answers."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AliasPath, BeforeValidator, Field

from safety_detector.documents.document import Document, Moment
from safety_detector.documents.incidents import EXAMPLE_INCIDENT_ID
from safety_detector.documents.reasons import Details, Sentence
from safety_detector.service.notifications.records import (
    Channel,
    ChannelKind,
    MessageStatus,
    MessageType,
)

_CHANNEL_ID = "01KAJA0C5V7N9M4R2T6Y8W1E3Q"
_MESSAGE_ID = "01KAJA1Z8H5D2F4G6J8K0M3N5P"


class ChannelDocument(Document):
    """Where somebody is told of incidents."""

    id: str = Field(description="A ULID.", examples=[_CHANNEL_ID])
    kind: ChannelKind = Field(description="How it is reached.", examples=["webhook"])
    name: str = Field(description="For people.", examples=["SOC"])
    url: str = Field(
        description="Without what may be secret in it.",
        examples=["https://soc.example.com/hooks/fire"],
    )
    settings: dict[str, Any] = Field(
        description="What else its kind needs; nothing secret.", examples=[{}]
    )
    language: Annotated[str, BeforeValidator(str)] = Field(
        description="Of the texts in messages.", examples=["en"]
    )
    created_at: Moment = Field(description="When.", examples=["2026-11-21T07:00:00.000Z"])
    disabled_reason: Sentence | None = Field(
        description="Why nothing is sent any more.", examples=[None]
    )
    disabled_details: Details | None = Field(
        validation_alias=AliasPath("disabled_reason"),
        description="Of what that reason is made.",
        examples=[None],
    )
    enabled: bool = Field(
        description="False where a person switched it off; true also where its receiver did.",
        examples=[True],
    )


class NewChannelDocument(ChannelDocument):
    """A new channel, with what is never shown again."""

    secret: str | None = Field(
        description="Of a webhook: by which the receiver checks signatures; shown this once.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )

    @classmethod
    def with_secret(cls, channel: Channel, secret: str | None) -> Self:
        """A channel with the secret that it has from now on, if that is new."""
        return cls.read({**ChannelDocument.of(channel).model_dump(), "secret": secret})


class ChannelsDocument(Document):
    """Every channel, the oldest first."""

    channels: list[ChannelDocument] = Field(description="The channels.")


class DeliveryDocument(Document):
    """One try to deliver a message."""

    number: int = Field(description="From 1.", examples=[1])
    at: Moment = Field(description="When it ended.", examples=["2026-11-21T08:00:01.000Z"])
    took_ms: int = Field(description="How long it took.", examples=[43])
    answer: int | None = Field(
        description="Status of the receiver's answer; null where it did not answer.", examples=[200]
    )
    reason: Sentence | None = Field(description="What went wrong.", examples=[None])
    details: Details | None = Field(
        validation_alias=AliasPath("reason"),
        description="Of what that reason is made.",
        examples=[None],
    )


class MessageDocument(Document):
    """Something that a channel is told; its `id` is the `webhook-id`."""

    id: str = Field(description="A ULID.", examples=[_MESSAGE_ID])
    channel_id: str = Field(description="Who is told.", examples=[_CHANNEL_ID])
    type: MessageType = Field(description="What it is about.", examples=["incident.opened"])
    incident_id: str | None = Field(
        description="The incident; null for a test.", examples=[EXAMPLE_INCIDENT_ID]
    )
    created_at: Moment = Field(description="When.", examples=["2026-11-21T08:00:00.000Z"])
    status: MessageStatus = Field(
        description="`waiting` until it is delivered, or nobody tries any more. `held`: held back "
        "by a rule's cool-down, until `next_try_at` at the latest. `collected`: told by another "
        "message, `told_in`.",
        examples=["delivered"],
    )
    attempts: int = Field(description="Tries so far.", examples=[1])
    next_try_at: Moment | None = Field(description="When it is tried again.", examples=[None])
    finished_at: Moment | None = Field(
        description="When that was over.", examples=["2026-11-21T08:00:01.000Z"]
    )
    told_in: str | None = Field(
        description="The message that tells what this one would have told.", examples=[None]
    )
    last: DeliveryDocument | None = Field(description="The last try.")


class MessagesDocument(Document):
    """A page of what a channel was told, the newest first."""

    messages: list[MessageDocument] = Field(validation_alias="items", description="The messages.")
    next_cursor: str | None = Field(
        description="Leads to the next page; null on the last.", examples=[None]
    )


class MessageLogDocument(Document):
    """Everything about a message."""

    message: MessageDocument = Field(description="How it stands.")
    body: dict[str, Any] = Field(
        description="What it says: a webhook gets this JSON, people a text that is made of it.",
        examples=[{"type": "channel.test", "timestamp": "2026-11-21T08:00:00.000Z", "data": {}}],
    )
    tries: list[DeliveryDocument] = Field(description="To deliver it, in order.")


class SentMessageDocument(Document):
    """A message that is sent now."""

    message_id: str = Field(
        description="Its `webhook-id`; the channel's deliveries show what came of it.",
        examples=[_MESSAGE_ID],
    )
