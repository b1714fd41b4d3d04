"""What somebody sends about a channel: each kind has a body of its own."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, SecretStr

from safety_detector.domain.hazards import Language
from safety_detector.service.notifications.records import ChannelKind, NewChannel
from safety_detector.web.queries.values import said_text, storable_text

_WEB_ADDRESS = "^https?://[^/?#\\\\\\s]+([/?#][^\\s]*)?$"

WebAddress = Annotated[
    str, AfterValidator(storable_text), Field(pattern=_WEB_ADDRESS, max_length=2000)
]


class KindBody(BaseModel):
    """What all kinds have in common.

    A kind's body has ``kind``, most often ``url`` and ``secret``, and names in ``SETTINGS`` those
    of its fields that are kept as its settings, which are shown.
    """

    SETTINGS: ClassVar[tuple[str, ...]] = ()

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, AfterValidator(said_text("a name"))] = Field(
        min_length=1, max_length=255, description="For people."
    )
    language: Language = Field("en", description="Of the texts in messages.")

    def wanted(self) -> NewChannel:
        """What the service is asked for."""
        told = self.model_dump(mode="json")
        secret = getattr(self, "secret", None)
        return NewChannel(
            ChannelKind(told["kind"]),
            self.name,
            self.address(),
            self.language,
            secret.get_secret_value() if isinstance(secret, SecretStr) else secret,
            {name: told[name] for name in self.SETTINGS},
        )

    def address(self) -> str:
        """Where it leads."""
        url: Any = getattr(self, "url", "")
        return url.get_secret_value() if isinstance(url, SecretStr) else str(url)


class WebhookBody(KindBody):
    """A receiver of signed JSON (Standard Webhooks)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "webhook", "name": "SOC", "url": "https://soc.example.com/hooks/fire"}
            ]
        },
    )

    kind: Literal["webhook"] = Field(description="A receiver of signed JSON.")
    url: WebAddress = Field(
        description="Of the receiver, http or https. User, password and query are shown to nobody.",
    )
    secret: str | None = Field(
        None,
        max_length=100,
        description="Of the signatures: `whsec_` and the base64 of 24 to 64 bytes. Without it one "
        "is made.",
    )


class DingTalkBody(KindBody):
    """A robot of a DingTalk group."""

    SETTINGS = ("mention_all",)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "dingtalk",
                    "name": "值班群",
                    "language": "zh",
                    "url": "https://oapi.dingtalk.com/robot/send?access_token=…",
                    "secret": "SEC…",
                }
            ]
        },
    )

    kind: Literal["dingtalk"] = Field(description="A robot of a DingTalk group (钉钉).")
    language: Language = Field("zh", description="Of the texts in messages.")
    url: WebAddress = Field(
        description="The webhook address that DingTalk shows for the robot, with its "
        "access_token. The query is shown to nobody.",
    )
    secret: Annotated[str, AfterValidator(storable_text)] | None = Field(
        None,
        max_length=200,
        description="Of its signatures (加签), `SEC…`; unset: the robot asks for none.",
    )
    mention_all: bool = Field(
        False, description="Whether alarms call everybody in the group (@所有人)."
    )


class ChannelBody(RootModel[Annotated[WebhookBody | DingTalkBody, Field(discriminator="kind")]]):
    """Where somebody is told of incidents; `kind` says how it is reached."""

    def wanted(self) -> NewChannel:
        """What the service is asked for."""
        return self.root.wanted()
