"""What somebody sends about a channel that is a server of its own: of mail, of MQTT."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, model_validator

from safety_detector.network.server_addresses import mail_address, server_address, topic_prefix
from safety_detector.web.channels.kind_body import KindBody
from safety_detector.web.queries.values import said_text, storable_text


def _storable_secret(secret: SecretStr) -> SecretStr:
    storable_text(secret.get_secret_value())
    return secret


def _mail_server(text: str) -> str:
    return server_address(text, ("smtp", "smtps"))


def _broker(text: str) -> str:
    return server_address(text, ("mqtt", "mqtts"))


def _each_once(addresses: list[str]) -> list[str]:
    return list(dict.fromkeys(addresses))


class ServerBody(KindBody):
    """A server that may ask for user and password."""

    username: Annotated[str, AfterValidator(said_text)] | None = Field(
        None, max_length=255, description="Where the server asks for one."
    )
    password: Annotated[SecretStr, AfterValidator(_storable_secret)] | None = Field(
        None, max_length=1000, description="Of that user; shown to nobody.", examples=["…"]
    )

    @property
    def keeps_secret(self) -> bool:
        """As of every kind, where there is a user whose password it is."""
        return self.username is not None and "password" not in self.model_fields_set

    @property
    def secret(self) -> SecretStr | None:
        """What is sealed."""
        return self.password

    @model_validator(mode="after")
    def _have_user(self) -> Self:
        if (self.password is None) != (self.username is None):
            raise ValueError("username and password belong together: give both, or neither")
        return self


class MailBody(ServerBody):
    """A server that takes mail (SMTP)."""

    SETTINGS = ("username", "encryption", "sender", "receivers")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "mail",
                    "name": "Safety office",
                    "url": "smtp://mail.example.com",
                    "username": "alarm@example.com",
                    "password": "…",
                    "sender": "alarm@example.com",
                    "receivers": ["ehs@example.com", "guard@example.com"],
                }
            ]
        },
    )

    kind: Literal["mail"] = Field(description="Mail, with the annotated picture in it.")
    url: Annotated[str, AfterValidator(_mail_server)] = Field(
        max_length=300,
        description="The server: `smtp://` (port 587, encrypted by STARTTLS) or `smtps://` (port "
        "465, encrypted from the beginning); another port behind a colon.",
    )
    encryption: Literal["starttls", "tls", "none"] | None = Field(
        None,
        description="`none`: user, password and mail go as they are, which is refused beyond "
        "private networks. Unset: as `url` says.",
    )
    sender: Annotated[str, AfterValidator(mail_address)] = Field(
        max_length=320, description="Whose mails they are; the channel's name stands before it."
    )
    receivers: Annotated[
        list[Annotated[str, AfterValidator(mail_address)]], AfterValidator(_each_once)
    ] = Field(min_length=1, max_length=50, description="Who gets them.")

    @model_validator(mode="after")
    def _encrypt(self) -> Self:
        is_encrypted = self.url.startswith("smtps://")
        if self.encryption is None:
            self.encryption = "tls" if is_encrypted else "starttls"
        if is_encrypted != (self.encryption == "tls"):
            raise ValueError(
                f"encryption {self.encryption} does not go with {self.url.partition(':')[0]}://; "
                "smtps:// is tls, smtp:// is starttls or none"
            )
        return self


class MqttBody(ServerBody):
    """A broker of MQTT."""

    SETTINGS = ("username", "base_topic", "discovery_prefix", "protocol")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "mqtt",
                    "name": "Building control",
                    "url": "mqtts://broker.example.com",
                    "username": "safety",
                    "password": "…",
                    "base_topic": "site/safety",
                }
            ]
        },
    )

    kind: Literal["mqtt"] = Field(
        description="MQTT: messages, and retained for each camera and hazard whether it is seen."
    )
    url: Annotated[str, AfterValidator(_broker)] = Field(
        max_length=300,
        description="The broker: `mqtt://` (port 1883) or `mqtts://` (port 8883, encrypted); "
        "another port behind a colon.",
    )
    base_topic: Annotated[str, AfterValidator(topic_prefix)] = Field(
        "safety-detector",
        max_length=100,
        description="What all topics begin with. Services that share a broker need one each.",
    )
    discovery_prefix: Annotated[str, AfterValidator(topic_prefix)] | None = Field(
        "homeassistant",
        max_length=100,
        description="Where Home Assistant looks for devices; null to tell it nothing.",
    )
    protocol: Literal["5", "3.1.1"] = Field(
        "5", description="Older brokers know 3.1.1 alone; they do not say what they refuse."
    )
