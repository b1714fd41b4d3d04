"""Behind a proxy: who asks, under which name and prefix, as a trusted proxy tells it.

``Forwarded`` (RFC 7239) and ``X-Forwarded-For``, ``-Proto``, ``-Host``, ``-Prefix`` are believed
only where the connection comes from a trusted address, and of several proxies only as far back as
each is trusted itself.  Nothing here leads to another host: all links are paths.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from safety_detector.network.addresses import (
    Network,
    host_and_port,
    ip_address,
    is_in,
    is_loopback_address,
    is_loopback_host,
    url_prefix,
)
from safety_detector.web.problems.problem import served_below

_log = logging.getLogger(__name__)

_MAX_HOPS = 50
_MOST_WARNINGS = 20
_SCHEMES = ("http", "https")
_WORDS_OF_PROXIES = frozenset(
    {b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip"}
)
# One pair of a Forwarded element; addresses with ports often come without their quotes.
_PAIR = re.compile(
    r"[ \t]*(?P<name>[A-Za-z]+)=(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<plain>[^\s\",;]*))[ \t]*"
    r"(?P<end>[,;]|$)"
)


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """What the operator says of the proxies before the service.

    Attributes:
        root_path: prefix under which they serve it, as ``url_prefix`` writes it.
        trusted: networks of proxies whose words are believed.
        user_headers: in lower case, headers in which they say who asks; others' are taken off.
    """

    root_path: str = ""
    trusted: tuple[Network, ...] = ()
    user_headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hop:
    """What one proxy says of the request that it received; None for what it does not say.

    Attributes:
        client: address of the one who asked it.
        scheme: ``http`` or ``https``.
        host: the Host header.
    """

    client: str | None = None
    scheme: str | None = None
    host: str | None = None


class ForwardedRequests:
    """ASGI middleware that lets the app see requests as the outermost trusted proxy saw them."""

    def __init__(self, app: ASGIApp, options: ProxyOptions) -> None:
        self._app = app
        self._options = options
        self._warned_of: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves the request."""
        if scope["type"] == "http":
            scope = self._as_seen_outside(scope)
            with served_below(scope["root_path"]):
                await self._app(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _as_seen_outside(self, scope: Scope) -> Scope:
        prefix = self._options.root_path
        peer = scope["client"][0] if scope.get("client") else None
        seen = Hop()
        if is_in(peer, self._options.trusted):
            headers = Headers(scope=scope)
            prefix = self._forwarded_prefix(headers) or prefix
            seen = outermost_hop(headers, self._options.trusted)
        elif self._options.user_headers:
            scope = self._without_user(scope, peer)
        outside = {**scope, "root_path": prefix, "path": _below(prefix, scope["path"])}
        if seen.client is not None:
            outside["client"] = (seen.client, 0)
        if seen.scheme is not None:
            outside["scheme"] = seen.scheme
        if seen.host is not None:
            others = [(name, value) for name, value in outside["headers"] if name != b"host"]
            outside["headers"] = [(b"host", seen.host.encode("ascii")), *others]
        return outside

    def _without_user(self, scope: Scope, peer: str | None) -> Scope:
        """Without the headers that a trusted proxy alone may write."""
        names = {one.encode("ascii") for one in self._options.user_headers}
        kept = [(name, value) for name, value in scope["headers"] if name.lower() not in names]
        if len(kept) == len(scope["headers"]):
            return scope
        if len(self._warned_of) < _MOST_WARNINGS and f"user of {peer}" not in self._warned_of:
            self._warned_of.add(f"user of {peer}")
            _log.warning(
                "%s says who has signed in (%s), and is not believed: it is none of "
                "SAFETY_TRUSTED_PROXIES",
                peer,
                ", ".join(self._options.user_headers),
            )
        return {**scope, "headers": kept}

    def _forwarded_prefix(self, headers: Headers) -> str:
        """The prefix that proxies took off, the outermost first; ``""`` for none or nonsense."""
        written = _listed(headers, "x-forwarded-prefix")
        try:
            return url_prefix("".join(url_prefix(one) for one in written))
        except ValueError as exc:
            if len(self._warned_of) < _MOST_WARNINGS and str(exc) not in self._warned_of:
                self._warned_of.add(str(exc))
                _log.warning("an X-Forwarded-Prefix is not used: %s", exc)
            return ""


def outermost_hop(headers: Headers, trusted: Sequence[Network]) -> Hop:
    """What the outermost trusted proxy saw, for a request that comes from a trusted one.

    Proxies write one of the two families and hand on what a client wrote into the other.  Where
    the two contradict each other neither is believed.
    """
    standard = _trusted_view(_forwarded_hops(headers), trusted)
    common = _trusted_view(_x_forwarded_hops(headers), trusted)
    pairs = (
        (standard.client, common.client),
        (standard.scheme, common.scheme),
        (standard.host, common.host),
    )
    if any(one and other and one != other for one, other in pairs):
        return Hop()
    client, scheme, host = (one or other for one, other in pairs)
    return Hop(client, scheme, host)


def names_another_machine(headers: Headers) -> bool:
    """Whether a proxy says, trusted or not, that somebody on another machine asks."""
    if _WORDS_OF_PROXIES.isdisjoint(name for name, _ in headers.raw):
        return False
    hops = _forwarded_hops(headers)
    if "forwarded" in headers and not hops:
        return True  # unreadable
    clients = [hop.client or "" for hop in hops]
    clients += [*_listed(headers, "x-forwarded-for"), *_listed(headers, "x-real-ip")]
    hosts = [hop.host for hop in [*hops, *_x_forwarded_hops(headers)] if hop.host is not None]
    return not (all(map(is_loopback_address, clients)) and all(map(is_loopback_host, hosts)))


def _below(prefix: str, path: str) -> str:
    """The path with its prefix, whether the proxy has taken it off or not."""
    if prefix and path == prefix:
        return f"{prefix}/"
    return path if not prefix or path.startswith(f"{prefix}/") else prefix + path


def _trusted_view(hops: Sequence[Hop], trusted: Sequence[Network]) -> Hop:
    """From the nearest proxy outwards, as far as each is trusted."""
    seen = Hop()
    for hop in reversed(hops):
        seen = Hop(hop.client or seen.client, hop.scheme or seen.scheme, hop.host or seen.host)
        if not is_in(hop.client, trusted):
            break
    return seen


def _forwarded_hops(headers: Headers) -> list[Hop]:
    """The elements of ``Forwarded``, the outermost first; none if it is malformed."""
    text = ",".join(headers.getlist("forwarded"))
    hops: list[Hop] = []
    pairs: dict[str, str] = {}
    place = 0
    while place < len(text):
        found = _PAIR.match(text, place)
        if found is None or len(hops) >= _MAX_HOPS:
            return []
        quoted = found["quoted"]
        value = found["plain"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        pairs[found["name"].lower()] = value
        place = found.end()
        if found["end"] != ";":
            hops.append(_hop(pairs.get("for"), pairs.get("proto"), pairs.get("host")))
            pairs = {}
    return hops


def _x_forwarded_hops(headers: Headers) -> list[Hop]:
    """The same from ``X-Forwarded-*``; each list is aligned with the others at its end.

    A proxy that writes scheme and host anew, and does not add to a list, speaks for all.
    """
    names = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host")
    clients, schemes, hosts = (list(reversed(_listed(headers, name))) for name in names)
    if max(len(clients), len(schemes), len(hosts)) > _MAX_HOPS:
        return []
    last_scheme, last_host = (one[-1] if one else None for one in (schemes, hosts))
    if not clients:
        return [_hop(None, schemes[0] if schemes else None, hosts[0] if hosts else None)]
    rows = list(zip_longest(clients, schemes, hosts))[: len(clients)]
    hops = [_hop(one, scheme or last_scheme, host or last_host) for one, scheme, host in rows]
    return hops[::-1]


def _hop(client: str | None, scheme: str | None, host: str | None) -> Hop:
    known = (scheme or "").lower()
    return Hop(
        ip_address(client or ""),
        known if known in _SCHEMES else None,
        host_and_port(host or ""),
    )


def _listed(headers: Headers, name: str) -> list[str]:
    """The values of a header that may come several times, or with commas."""
    return [one for one in _split(headers.getlist(name)) if one]


def _split(lines: Iterable[str]) -> list[str]:
    return [one.strip(" \t") for line in lines for one in line.split(",")]
