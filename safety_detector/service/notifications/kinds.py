"""What is particular about each kind of channel, as far as it is kept: what is secret of it."""

from __future__ import annotations

import base64
import binascii
import importlib.util
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from safety_detector.errors import SubmissionRefused
from safety_detector.service.notifications.records import ChannelKind, Destination, NewChannel

_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]+={0,2}")
_LEFT_OUT = "…"  # stands in addresses as they are shown
_SECRET_BYTES = range(24, 65)  # Standard Webhooks: 192 to 512 bits


@dataclass(frozen=True, slots=True)
class KeptChannel:
    """What is kept of a channel's address and secret.

    Attributes:
        url, secret: are sealed.
        shown_url: the address without what is secret in it.
        told_once: the secret, where it was made here, for whoever adds the channel.
    """

    url: str
    secret: str | None
    shown_url: str
    told_once: str | None = None


def kept_channel(wanted: NewChannel) -> KeptChannel:
    """What is kept of a channel.

    Raises:
        SubmissionRefused: something of it cannot be, as its kind is used; or its address is one as
            it is shown, that of another channel or of this one as it was.
    """
    if _LEFT_OUT in unquote(wanted.url):
        raise SubmissionRefused("channel-address-shortened", field="url")
    return _KEPT[wanted.kind](wanted)


def changed_channel(
    before: Destination, shown_url: str, wanted: NewChannel, *, keeps_secret: bool
) -> KeptChannel:
    """What is kept of a channel that somebody changes.

    Args:
        before: as it is.
        shown_url: its address as it is shown, which stands for the one that is kept.
        wanted: as it is to be.
        keeps_secret: whether its secret stays; what ``wanted`` says of it counts for nothing then.

    Raises:
        SubmissionRefused: something of it cannot be, or a password would get to another server.
    """
    url = before.url if wanted.url == shown_url else wanted.url
    secret = before.secret if keeps_secret else wanted.secret
    if (
        keeps_secret
        and secret is not None
        and wanted.kind in _WITH_PASSWORD
        and _logs_in(url, wanted.settings) != _logs_in(before.url, before.settings)
    ):
        raise SubmissionRefused("channel-password-of-another-server")
    kept = kept_channel(replace(wanted, url=url, secret=secret))
    return replace(kept, told_once=None) if kept.secret == before.secret else kept


def _logs_in(url: str, settings: Mapping[str, object]) -> tuple[object, ...]:
    """Who gets a password to see, and whose it is."""
    return url, settings.get("username"), settings.get("encryption")


def sealed_texts(url: str, secret: str | None) -> dict[str, str]:
    """Address and secret as they are sealed."""
    return {"url": url} if secret is None else {"url": url, "secret": secret}


def opened(texts: Mapping[str, str], settings: Mapping[str, object]) -> Destination:
    """What ``sealed_texts`` gave, with the channel's settings."""
    further = {name: one for name, one in settings.items() if name != "url"}
    return Destination(texts["url"], texts.get("secret"), further)


def new_secret() -> str:
    """A secret for signatures that nobody has."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def check_secret(secret: str) -> bytes:
    """The key that a webhook's secret stands for.

    Raises:
        SubmissionRefused: it is none.
    """
    key = b""
    if _SECRET.fullmatch(secret):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            key = b""
    if len(key) not in _SECRET_BYTES:
        raise SubmissionRefused("webhook-secret-malformed")
    return key


def without_secrets(url: str) -> str:
    """An address without user, password, query and fragment, which may be secret."""
    scheme, _, rest = url.partition("://")
    host, slash, path = re.split("[?#]", rest, maxsplit=1)[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _webhook(wanted: NewChannel) -> KeptChannel:
    """A receiver of signed JSON: its secret is made where none is given."""
    secret = wanted.secret or new_secret()
    check_secret(secret)
    return KeptChannel(wanted.url, secret, without_secrets(wanted.url), told_once=secret)


def _robot(wanted: NewChannel) -> KeptChannel:
    """A robot of a group: whoever has the query of its address may write there."""
    return KeptChannel(wanted.url, wanted.secret, without_secrets(wanted.url))


def _robot_without_query(wanted: NewChannel) -> KeptChannel:
    """A robot whose address has its secret as the last part of the path."""
    head, slash, _ = without_secrets(wanted.url).rpartition("/")
    return KeptChannel(wanted.url, wanted.secret, f"{head}{slash}{_LEFT_OUT}")


def _server(wanted: NewChannel) -> KeptChannel:
    """A server of mail or MQTT: of what it asks for only the password is secret."""
    return KeptChannel(wanted.url, wanted.secret, wanted.url)


def _apprise(wanted: NewChannel) -> KeptChannel:
    """A service of Apprise: anything of its address may be secret."""
    if importlib.util.find_spec("apprise") is None:
        raise SubmissionRefused("apprise-not-installed")
    return KeptChannel(wanted.url, None, f"{wanted.url.partition('://')[0]}://{_LEFT_OUT}")


_WITH_PASSWORD = (ChannelKind.MAIL, ChannelKind.MQTT)
"""Kinds whose secret is sent to the server; what signs messages stays here."""

_KEPT: Mapping[ChannelKind, Callable[[NewChannel], KeptChannel]] = {
    ChannelKind.WEBHOOK: _webhook,
    ChannelKind.DINGTALK: _robot,
    ChannelKind.WECOM: _robot,
    ChannelKind.APPRISE: _apprise,
    ChannelKind.FEISHU: _robot_without_query,
    ChannelKind.MAIL: _server,
    ChannelKind.MQTT: _server,
}
