"""Channels in forms: which fields each kind has, and a form as the body that REST takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from safety_detector.console.forms import Form
from safety_detector.service.notifications.records import ChannelKind
from safety_detector.web.channels.bodies import BODIES
from safety_detector.web.channels.documents import ChannelDocument

_SECRETS = ("secret", "password")
_SWITCHES = ("mention_all", "pictures")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "encryption": ("starttls", "tls", "none"),
    "protocol": ("5", "3.1.1"),
}
_LISTS = ("mention_mobiles", "receivers")
_BETWEEN = re.compile(r"[\s,;，；、]+")


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a channel's form.

    Attributes:
        name: as REST has it.
        widget: ``text``, ``secret``, ``switch``, ``choice`` or ``list``.
        is_needed: whether nothing can be done without it.
        choices: of a choice.
        example: of an address.
    """

    name: str
    widget: str
    is_needed: bool = False
    choices: tuple[str, ...] = ()
    example: str = ""


_NAMES: Mapping[ChannelKind, tuple[str, ...]] = {
    ChannelKind.WEBHOOK: ("url", "secret"),
    ChannelKind.DINGTALK: ("url", "secret", "keyword", "mention_mobiles", "mention_all"),
    ChannelKind.WECOM: ("url", "mention_mobiles", "mention_all", "pictures"),
    ChannelKind.FEISHU: ("url", "secret", "keyword", "mention_all"),
    ChannelKind.MAIL: ("url", "encryption", "username", "password", "sender", "receivers"),
    ChannelKind.MQTT: (
        *("url", "username", "password"),
        *("base_topic", "discovery_prefix", "protocol"),
    ),
    ChannelKind.APPRISE: ("url", "pictures"),
}


_ADDRESSES: Mapping[ChannelKind, str] = {
    ChannelKind.WEBHOOK: "https://soc.example.com/hooks/fire",
    ChannelKind.DINGTALK: "https://oapi.dingtalk.com/robot/send?access_token=…",
    ChannelKind.WECOM: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…",
    ChannelKind.FEISHU: "https://open.feishu.cn/open-apis/bot/v2/hook/…",
    ChannelKind.APPRISE: "ntfys://ntfy.example.com/safety",
}


def fields_of(kind: ChannelKind) -> tuple[FormField, ...]:
    """The fields of a kind beside name, language and whether it is switched on."""
    model = BODIES[kind].model_fields
    return tuple(
        FormField(
            name,
            _widget(name),
            model[name].is_required(),
            _CHOICES.get(name, ()),
            _ADDRESSES.get(kind, "") if name == "url" else "",
        )
        for name in _NAMES[kind]
    )


def values_of_new(kind: ChannelKind) -> dict[str, Any]:
    """What stands in the form of a new channel."""
    model = BODIES[kind].model_fields
    known = {name: model[name].default for name in _NAMES[kind] if not model[name].is_required()}
    return {**known, "language": model["language"].default, "enabled": True}


def values_of(channel: ChannelDocument) -> dict[str, Any]:
    """What stands in the form of a channel; nothing secret does."""
    return {
        **channel.settings,
        "name": channel.name,
        "url": channel.url,
        "language": channel.language,
        "enabled": channel.enabled,
    }


def values_in(form: Form, kind: ChannelKind) -> dict[str, Any]:
    """What somebody filled in, to be shown once more; secrets have to be typed again."""
    names = [one for one in _NAMES[kind] if one not in _SECRETS]
    switches = {name: bool(form.get(name)) for name in (*_SWITCHES, "enabled")}
    return {name: form.get(name) for name in ("name", "language", *names)} | switches


def body_of(form: Form, kind: ChannelKind) -> dict[str, Any]:
    """The form as REST's body; a secret that is not filled in is not named."""
    body: dict[str, Any] = {
        "kind": kind.value,
        "name": form.get("name"),
        "language": form.get("language"),
        "enabled": bool(form.get("enabled")),
    }
    for field in fields_of(kind):
        written = form.get(field.name)
        match field.widget:
            case "switch":
                body[field.name] = bool(written)
            case "list":
                body[field.name] = [one for one in _BETWEEN.split(written) if one]
            case "secret":
                if written:
                    body[field.name] = written
                elif form.get(f"without_{field.name}"):
                    body[field.name] = None
            case _ if written:
                body[field.name] = written
            case _ if field.name == "discovery_prefix":
                body[field.name] = None  # nobody is told
    return body


def _widget(name: str) -> str:
    if name in _SECRETS:
        return "secret"
    if name in _SWITCHES:
        return "switch"
    if name in _CHOICES:
        return "choice"
    return "list" if name in _LISTS else "text"
