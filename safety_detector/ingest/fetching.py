"""Pictures by http(s) URL, from public networks and those that the operator allows.

A host name is resolved here, its addresses are checked, and the connection goes to the checked
address, so that a name which resolves differently the second time (DNS rebinding) gains nothing.
Redirects are followed by hand and checked the same way.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

import httpx2

from safety_detector.errors import AddressRefused, FetchFailed
from safety_detector.ingest.admission import Limits, too_many_bytes

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What may be fetched.

    Attributes:
        limits: bytes are counted against ``limits.max_bytes`` while they arrive.
        allow: networks that may be reached besides public ones, for example the cameras'.
        deadline: for the whole fetch, redirects and name resolution included.
    """

    limits: Limits = field(default_factory=Limits)
    allow: tuple[Network, ...] = ()
    deadline: timedelta = timedelta(seconds=30)


def is_url(text: str) -> bool:
    """Whether a command-line argument or list entry means a URL rather than a file."""
    scheme, separator, _ = text.partition("://")
    return bool(separator) and scheme.replace("+", "").isalnum()


def fetch_picture(url: str, policy: FetchPolicy) -> bytes:
    """The bytes behind an http(s) URL.

    Raises:
        AddressRefused: another scheme, no host, or a network that is not allowed.
        PictureTooLarge: more bytes than the limit.
        FetchFailed: the server could not be reached, did not answer 200, or took too long.
    """
    seconds = policy.deadline.total_seconds()
    try:
        # asyncio only because its time-out bounds everything: a server that drips its headers byte
        # by byte stays within any time-out that counts single reads.
        return asyncio.run(asyncio.wait_for(_follow(url, policy), seconds))
    except TimeoutError as exc:
        raise FetchFailed(f"{_shown(url)} did not deliver within {seconds:g} s.") from exc
    except httpx2.HTTPError as exc:
        reason = str(exc) or type(exc).__name__
        raise FetchFailed(f"{_shown(url)} cannot be fetched: {reason}.") from exc


async def _follow(url: str, policy: FetchPolicy) -> bytes:
    timeout = httpx2.Timeout(policy.deadline.total_seconds())
    # trust_env=False: a proxy would resolve the name again and undo the check of the address.
    async with httpx2.AsyncClient(trust_env=False, timeout=timeout) as client:
        target = _parse(url)
        for _ in range(_MAX_REDIRECTS + 1):
            address = await _permitted_address(target, policy.allow)
            async with client.stream(
                "GET",
                target.copy_with(host=str(address)),
                headers={
                    "Host": target.netloc.decode("ascii"),
                    # Compressed bodies are refused: a picture gains nothing, and bombs end here.
                    "Accept-Encoding": "identity",
                    "Accept": "image/*",
                    "User-Agent": "safety-detector",
                },
                extensions={"sni_hostname": target.host},
            ) as response:
                location = response.headers.get("location")
                if response.status_code not in _REDIRECTS or location is None:
                    return await _body(response, url, policy.limits)
                target = _parse(location, target)
        raise FetchFailed(f"{_shown(url)} redirects more than {_MAX_REDIRECTS} times.")


async def _body(response: httpx2.Response, url: str, limits: Limits) -> bytes:
    if response.status_code != 200:
        raise FetchFailed(
            f"{_shown(url)} answered {response.status_code} {response.reason_phrase}.",
            status=response.status_code,
        )
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise FetchFailed(f"{_shown(url)} sent a compressed body although none was asked for.")
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limits.max_bytes:
        raise too_many_bytes(limits, int(announced))
    received = bytearray()
    async for chunk in response.aiter_raw():
        received += chunk
        if len(received) > limits.max_bytes:
            raise too_many_bytes(limits, None)
    return bytes(received)


def _parse(url: str, base: httpx2.URL | None = None) -> httpx2.URL:
    """A URL that may be fetched; a relative one, from a redirect, is joined with its base."""
    try:
        parsed = httpx2.URL(url) if base is None else base.join(url)
    except (httpx2.InvalidURL, ValueError) as exc:
        raise AddressRefused(f"{url[:200]!r} is not a URL ({exc}).") from exc
    if parsed.scheme not in ("http", "https"):
        raise AddressRefused(
            f"{_shown(url)}: only http and https are fetched, not {parsed.scheme or 'no scheme'}."
        )
    if not parsed.host:
        raise AddressRefused(f"{url[:200]!r} names no host.")
    return parsed


async def _permitted_address(target: httpx2.URL, allow: Sequence[Network]) -> _Address:
    port = target.port or (443 if target.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            target.host, port, type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as exc:
        raise FetchFailed(f"The host {target.host} cannot be resolved ({exc}).") from exc
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    for address in addresses:
        if is_permitted(address, allow):
            return address
    shown = ", ".join(sorted({str(address) for address in addresses}))
    refused = shown if shown == target.host else f"{target.host} leads to {shown}, which"
    raise AddressRefused(
        f"{refused} is not a public address; "
        "SAFETY_FETCH_ALLOW names the other networks that may be reached (for example "
        "SAFETY_FETCH_ALLOW=192.168.1.0/24).",
        host=target.host,
    )


def is_permitted(address: _Address, allow: Sequence[Network]) -> bool:
    """Whether an address is public or in one of the allowed networks.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) is judged by that one.
    """
    address = _carried_ipv4(address) or address
    if any(address.version == network.version and address in network for network in allow):
        return True
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False  # fec0::/10, which Python counts as global
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried_ipv4(address: _Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour


def _shown(url: str) -> str:
    """The URL as it may stand in messages and logs: without credentials, query or fragment."""
    before_query = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = before_query.partition("://")
    authority, slash, path = rest.partition("/")
    return (scheme + separator + authority.rpartition("@")[2] + slash + path)[:200]
