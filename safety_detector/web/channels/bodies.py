"""What somebody sends about a channel: each kind has a body of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, get_args

import httpx2
from pydantic import AfterValidator, ConfigDict, Field, RootModel, ValidationInfo

from safety_detector.domain.hazards import Language
from safety_detector.service.notifications.records import NewChannel
from safety_detector.web.channels.kind_body import KindBody
from safety_detector.web.channels.server_bodies import MailBody, MqttBody
from safety_detector.web.queries.values import said_text, storable_text

_WEB_ADDRESS = re.compile(r"https?://[^/?#\\\s]+([/?#][^\s]*)?")
_SERVICE_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,30}://[^\s]*")
_ROBOTS = {
    "oapi.dingtalk.com": "dingtalk",
    "qyapi.weixin.qq.com": "wecom",
    "open.feishu.cn": "feishu",
    "open.larksuite.com": "feishu",
}
_PORTS = range(1, 65536)
_MOBILE = re.compile(r"\+?[0-9][0-9-]{4,19}")


def _web_address(url: str, info: ValidationInfo) -> str:
    url = storable_text(url.strip())  # as it was copied
    try:
        host, port = httpx2.URL(url).host, httpx2.URL(url).port
        is_address = _WEB_ADDRESS.fullmatch(url) is not None and (port is None or port in _PORTS)
    except httpx2.InvalidURL:
        host, is_address = "", False
    if not is_address:
        raise ValueError("that is no address; for example https://soc.example.com:8443/hooks/fire")
    kind = _ROBOTS.get(host)
    if kind is not None and kind != info.data.get("kind", kind):
        raise ValueError(f"that is the address of a robot of another kind: {kind}")
    return url


def _service_address(url: str) -> str:
    if _SERVICE_ADDRESS.fullmatch(url) is None:
        raise ValueError("one address of Apprise is needed; for example ntfys://ntfy.example.com/x")
    return storable_text(url)


def _mobile(number: str) -> str:
    if _MOBILE.fullmatch(number) is None:
        raise ValueError("a phone number is needed, for example 13800000000")
    return number


WebAddress = Annotated[str, Field(max_length=2000), AfterValidator(_web_address)]
SigningSecret = Annotated[
    str,
    Field(min_length=1, max_length=200),
    AfterValidator(lambda secret: storable_text(secret.strip())),
]
Keyword = Annotated[str, Field(max_length=30), AfterValidator(said_text)]
Mobiles = list[Annotated[str, AfterValidator(_mobile)]]


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


class RobotBody(KindBody):
    """What robots of groups have in common."""

    language: Language = Field("zh", description="Of the texts in messages.")
    mention_all: bool = Field(
        False, description="Whether alarms call everybody in the group (@所有人)."
    )


class DingTalkBody(RobotBody):
    """A robot of a DingTalk group."""

    SETTINGS = ("mention_all", "mention_mobiles", "keyword")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "dingtalk",
                    "name": "值班群",
                    "url": "https://oapi.dingtalk.com/robot/send?access_token=…",
                    "secret": "SEC…",
                }
            ]
        },
    )

    kind: Literal["dingtalk"] = Field(description="A robot of a DingTalk group (钉钉).")
    url: WebAddress = Field(
        description="The robot's webhook address, with its access_token. The query is shown to "
        "nobody.",
    )
    secret: SigningSecret | None = Field(
        None, description="Of its signatures (加签), `SEC…`; unset: it asks for none."
    )
    mention_mobiles: Mobiles = Field([], max_length=20, description="Whom alarms call.")
    keyword: Keyword | None = Field(
        None, description="A word that the robot insists on; messages without it get it."
    )


class WeComBody(RobotBody):
    """A robot of a WeCom group."""

    SETTINGS = ("mention_all", "mention_mobiles", "pictures")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "wecom",
                    "name": "值班群",
                    "url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…",
                }
            ]
        },
    )

    kind: Literal["wecom"] = Field(description="A robot of a WeCom group (企业微信).")
    url: WebAddress = Field(
        description="The robot's webhook address, with its key. The query is shown to nobody.",
    )
    mention_mobiles: Mobiles = Field([], max_length=20, description="Whom alarms call.")
    pictures: bool = Field(
        True, description="Whether the annotated picture follows; it is a message of its own."
    )


class FeishuBody(RobotBody):
    """A robot of a Feishu or Lark group."""

    SETTINGS = ("mention_all", "keyword")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "feishu",
                    "name": "值班群",
                    "url": "https://open.feishu.cn/open-apis/bot/v2/hook/…",
                    "secret": "…",
                }
            ]
        },
    )

    kind: Literal["feishu"] = Field(description="A robot of a Feishu or Lark group (飞书).")
    url: WebAddress = Field(
        description="The robot's webhook address. The last part of its path is shown to nobody.",
    )
    secret: SigningSecret | None = Field(
        None, description="Of its signatures (签名校验); unset: it asks for none."
    )
    keyword: Keyword | None = Field(
        None, description="A word that the robot insists on; messages without it get it."
    )


class AppriseBody(KindBody):
    """One of the further services that Apprise knows."""

    SETTINGS = ("pictures",)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "apprise", "name": "On duty", "url": "ntfys://ntfy.example.com/safety"}
            ]
        },
    )

    kind: Literal["apprise"] = Field(description="A further service, by Apprise.")
    url: Annotated[str, Field(max_length=2000), AfterValidator(_service_address)] = Field(
        description="One address as Apprise writes it. Only the service's name is shown of it.",
    )
    pictures: bool = Field(
        True, description="Whether the annotated picture goes along, where the service takes some."
    )


class ChannelBody(
    RootModel[
        Annotated[
            WebhookBody | DingTalkBody | WeComBody | FeishuBody | MailBody | MqttBody | AppriseBody,
            Field(discriminator="kind"),
        ]
    ]
):
    """Where somebody is told of incidents; `kind` says how it is reached."""

    def wanted(self) -> NewChannel:
        """What the service is asked for."""
        return self.root.wanted()


BODIES: Mapping[str, type[KindBody]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model
    for model in get_args(ChannelBody.model_fields["root"].annotation)
}
"""What each kind takes."""
