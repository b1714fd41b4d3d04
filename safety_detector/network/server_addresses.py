"""Addresses of servers and mailboxes as people write them, checked: mail, brokers, topics."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

# RFC 5322's dot-atom; quoted local parts exist on paper alone.
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LONGEST_LOCAL_PART = 64
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST_DOMAIN = 253
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
_PORT = re.compile(r"[0-9]{1,5}")
_LONGEST_TOPIC = 100


def server_address(text: str, schemes: Collection[str]) -> str:
    """An address as ``smtps://mail.example.com:465``: a scheme, a host, perhaps a port.

    Args:
        text: as somebody wrote it.
        schemes: those that are understood.

    Raises:
        ValueError: it is none; user and password are given beside it.
    """
    scheme, separator, rest = text.strip().partition("://")
    scheme, authority = scheme.lower(), rest.removesuffix("/")
    example = f"{next(iter(schemes))}://server.example.com"
    if not separator or scheme not in schemes:
        raise ValueError(
            f"{_without_login(text)!r} begins with none of "
            f"{', '.join(f'{one}://' for one in schemes)}; write it like {example}"
        )
    if "@" in authority:
        raise ValueError("user and password stand in fields of their own, not in the address")
    host, colon, port = _parted(authority)
    if _HOST.fullmatch(host) is None or not _is_host(f"{scheme}://{host}"):
        raise ValueError(f"{authority[:80]!r} names no server; write it like {example}")
    if colon and (_PORT.fullmatch(port) is None or not 1 <= int(port) <= 65535):
        raise ValueError(f"{port[:20]!r} is no port: a number from 1 to 65535")
    return f"{scheme}://{host}{colon}{port}"


def mail_address(text: str) -> str:
    """A mailbox as ``ehs@example.com``, its domain in ASCII.

    Raises:
        ValueError: it is none.
    """
    plain = text.strip()
    local, at, domain = plain.rpartition("@")
    is_local_part = _LOCAL_PART.fullmatch(local) is not None and "=?" not in local
    if not at or len(local) > _LONGEST_LOCAL_PART or not is_local_part:
        raise ValueError(f"{plain[:80]!r} is no mail address; write it like ehs@example.com")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_domain = ""
    labels = ascii_domain.split(".")
    if len(ascii_domain) > _LONGEST_DOMAIN or not all(_LABEL.fullmatch(one) for one in labels):
        raise ValueError(f"{plain[:80]!r} is no mail address: behind the @ stands no domain")
    return f"{local}@{ascii_domain}"


def topic_prefix(text: str) -> str:
    """What topics of MQTT begin with, as ``site/safety``.

    Raises:
        ValueError: it could not be published to: wildcards, empty levels, the broker's own ``$``.
    """
    plain = text.strip()
    levels = plain.split("/")
    if (
        not all(levels)
        or len(plain) > _LONGEST_TOPIC
        or plain.startswith("$")
        or any(sign in "+#" or not sign.isprintable() for sign in plain)
    ):
        raise ValueError(
            f"{plain[:80]!r} is no beginning of topics; write it like site/safety, with single "
            "slashes inside, without + and #"
        )
    return plain


def _parted(authority: str) -> tuple[str, str, str]:
    if authority.startswith("["):
        host, bracket, rest = authority.partition("]")
        return host + bracket, rest[:1], rest[1:]
    return authority.partition(":")


def _is_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:  # brackets around what is no address
        return False


def _without_login(text: str) -> str:
    """What may be shown of an address that is none: a password may be in it."""
    return text.rpartition("@")[2][:80]
