"""What somebody sends to change a channel: as for a new one, but what is secret may stay."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, RootModel, model_validator

from safety_detector.service.notifications.records import NewChannel
from safety_detector.web.channels.bodies import (
    AppriseBody,
    DingTalkBody,
    FeishuBody,
    WebhookBody,
    WeComBody,
)
from safety_detector.web.channels.server_bodies import MailBody, MqttBody, ServerBody


class _MayKeepPassword(ServerBody):
    """A server whose password stays where a change does not name it."""

    @model_validator(mode="after")
    def _have_user(self) -> Self:
        if self.password is not None and self.username is None:
            raise ValueError("password: it is of a user; give username as well")
        return self


class ChangedMailBody(_MayKeepPassword, MailBody):
    """A mailbox; without `password` the one of `username` stays."""


class ChangedMqttBody(_MayKeepPassword, MqttBody):
    """A broker; without `password` the one of `username` stays."""


class ChannelChangeBody(
    RootModel[
        Annotated[
            WebhookBody
            | DingTalkBody
            | WeComBody
            | FeishuBody
            | ChangedMailBody
            | ChangedMqttBody
            | AppriseBody,
            Field(discriminator="kind"),
        ]
    ]
):
    """A channel as it is to be; `url` as it is shown, and no `secret`, leave those as they are."""

    def wanted(self) -> NewChannel:
        """What the service is asked for."""
        return self.root.wanted()

    @property
    def keeps_secret(self) -> bool:
        """Whether the secret stays."""
        return self.root.keeps_secret
