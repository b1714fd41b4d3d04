"""Parts of web addresses as people and proxies write them, checked: prefixes, origins, networks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import urlsplit

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

OWN_PATHS = frozenset(
    {"docs", "livez", "metrics", "openapi.json", "problems", "readyz", "v1"},
)
"""First parts of the service's own paths; below such a prefix none of them could be told apart."""

# RFC 3986's unreserved characters: they stand in a path, a header and a page as they are.
_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_LONGEST_PREFIX = 200
# Every request of a client brings the same ones; each may be as long as a head may be.
_KNOWN_TEXTS = 64


def url_prefix(text: str) -> str:
    """A path prefix as ``/a/b``, without the last slash; ``""`` for none.

    Raises:
        ValueError: it holds anything else than letters, digits, ``-._~`` and single slashes
            (``//host`` would lead elsewhere), or is a path of the service itself.
    """
    inner = text.removeprefix("/").removesuffix("/")
    if not inner:
        if text in ("", "/"):
            return ""
        raise ValueError(f"{text[:80]!r} is no path prefix")
    segments = inner.split("/")
    if len(inner) > _LONGEST_PREFIX or not all(
        _SEGMENT.fullmatch(segment) and segment not in (".", "..") for segment in segments
    ):
        raise ValueError(
            f"{text[:80]!r} is no path prefix; it is written like /safety, with letters, digits "
            "and -._~ between single slashes"
        )
    if len(segments) == 1 and inner in OWN_PATHS:
        raise ValueError(f"/{inner} is a path of the service itself; choose another prefix")
    return f"/{inner}"


def origin(text: str) -> str:
    """An origin as browsers send it: ``https://host`` or ``http://host:8080``.

    Raises:
        ValueError: it is none; ``*`` is none either.
    """
    plain = text.strip().removesuffix("/")
    scheme, _, host = plain.partition("://")
    if scheme.lower() not in ("http", "https") or _HOST.fullmatch(host) is None:
        raise ValueError(
            f"{text[:80]!r} is no origin; name each one with scheme and host, like "
            "https://console.example"
        )
    default = {"http": ":80", "https": ":443"}[scheme.lower()]
    return f"{scheme}://{host}".lower().removesuffix(default)


def network(text: str) -> Network:
    """A network in CIDR form, or a single address; bits beyond the network's own do not matter.

    Raises:
        ValueError: it is none.
    """
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(
            f"{text[:80]!r} is no network; write it like 10.0.0.0/24, 192.168.1.64 or fd00::/8"
        ) from None


def host_and_port(text: str) -> str | None:
    """A Host header's value; None if it is none."""
    return text if _HOST.fullmatch(text) else None


@lru_cache(_KNOWN_TEXTS)
def ip_address(text: str) -> str | None:
    """The address in what proxies write of a peer: with or without port and brackets.

    Returns:
        The plain address; that of IPv4 where it is mapped into IPv6.  None for ``unknown``, a name
        and all else.
    """
    plain = text.strip()
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        found = ipaddress.ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def is_in(text: str | None, networks: Iterable[Network]) -> bool:
    """Whether an address lies in one of the networks; anything else does not."""
    plain = ip_address(text or "")
    return plain is not None and any(ipaddress.ip_address(plain) in one for one in networks)


def is_loopback_address(text: str) -> bool:
    """Whether what a proxy wrote of a peer is an address of this machine alone."""
    plain = ip_address(text)
    return plain is not None and ipaddress.ip_address(plain).is_loopback


@lru_cache(_KNOWN_TEXTS)
def is_loopback_host(host: str) -> bool:
    """Whether a Host header names this machine, with or without a port."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:  # another name, or brackets that do not match
        return False


def same_host(origin_text: str, host: str) -> bool:
    """Whether a page with this origin comes from the host that it asks."""
    return origin_text.partition("://")[2].lower() == host.lower()
