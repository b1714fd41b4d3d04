"""Channels of servers as somebody sends them: taken, completed, or refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from safety_detector.service.notifications.records import ChannelKind, NewChannel
from safety_detector.web.channels.bodies import ChannelBody

MAIL = {
    "kind": "mail", "name": "Office", "url": "smtp://mail.example.com",
    "sender": "alarm@example.com", "receivers": ["ehs@example.com"],
}  # fmt: skip
MQTT = {"kind": "mqtt", "name": "Control", "url": "mqtts://broker.example.com"}
LOGIN = {"username": "alarm", "password": "hunter2"}


def wanted(body: dict[str, Any]) -> NewChannel:
    """What the service is asked for."""
    return ChannelBody.model_validate(body).wanted()


def test_what_nobody_said_is_as_the_address_says() -> None:
    """Encrypted by STARTTLS or from the beginning; Home Assistant is told, by MQTT 5."""
    mail = wanted(MAIL)
    assert (mail.kind, mail.url, mail.secret) == (ChannelKind.MAIL, MAIL["url"], None)
    assert mail.settings == {
        "username": None,
        "encryption": "starttls",
        "sender": "alarm@example.com",
        "receivers": ["ehs@example.com"],
    }
    secure = wanted(MAIL | {"url": "smtps://mail.example.com"})
    assert secure.settings["encryption"] == "tls"
    assert wanted(MQTT).settings == {
        "username": None,
        "base_topic": "safety-detector",
        "discovery_prefix": "homeassistant",
        "protocol": "5",
    }


@pytest.mark.parametrize("body", [MAIL, MQTT])
def test_a_password_is_kept_apart_from_what_is_shown(body: dict[str, Any]) -> None:
    """The user name is shown, the password never."""
    found = wanted(body | LOGIN)
    assert (found.settings["username"], found.secret) == ("alarm", "hunter2")
    assert "hunter2" not in str(found.settings)
    assert "hunter2" not in repr(ChannelBody.model_validate(body | LOGIN))


def test_a_receiver_that_is_named_twice_gets_one_mail() -> None:
    """However its domain is written."""
    twice = ["ehs@example.com", "ehs@EXAMPLE.com", "guard@example.com"]
    found = wanted(MAIL | {"receivers": twice})
    assert found.settings["receivers"] == ["ehs@example.com", "guard@example.com"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (MAIL | {"url": "http://mail.example.com"}, "smtp://"),
        (MAIL | {"url": "smtp://a:hunter2@mail.example.com"}, "fields of their own"),
        (MAIL | {"url": "smtps://m.example.com", "encryption": "starttls"}, "does not go with"),
        (MAIL | {"url": "smtps://m.example.com", "encryption": "none"}, "does not go with"),
        (MAIL | {"encryption": "tls"}, "does not go with"),
        (MAIL | {"receivers": []}, "receivers"),
        (MAIL | {"receivers": ["ehs"]}, "mail address"),
        (MAIL | {"receivers": ["a@example.com\r\nBcc: b@example.com"]}, "mail address"),
        (MAIL | {"receivers": [f"{number}@example.com" for number in range(51)]}, "50"),
        (MAIL | {"sender": "Alarm <alarm@example.com>"}, "mail address"),
        (MAIL | {"username": "alarm"}, "belong together"),
        (MAIL | {"password": "hunter2"}, "belong together"),
        (MAIL | {"base_topic": "x"}, "base_topic"),
        (MQTT | {"url": "smtp://broker.example.com"}, "mqtt://"),
        (MQTT | {"base_topic": "a/#"}, "topics"),
        (MQTT | {"discovery_prefix": ""}, "topics"),
        (MQTT | {"protocol": "4"}, "3.1.1"),
    ],
)
def test_what_cannot_be_is_refused_with_its_name(body: dict[str, Any], said: str) -> None:
    """Nothing of a password is in the message."""
    with pytest.raises(ValidationError) as refused:
        ChannelBody.model_validate(body)
    shown = "; ".join(f"{fault['loc']} {fault['msg']}" for fault in refused.value.errors())
    assert said in shown
    assert "hunter2" not in shown
