"""Connections to receivers that speak no HTTP: to checked addresses, and each step bounded."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from safety_detector.message_texts.reason import Reason, system_cause
from safety_detector.network.lookups import NameNotResolved, NoAddressAllowed, look_up
from safety_detector.network.permitted import Network, carried_ipv4, is_permitted

_LOOKUP_S = 5.0
_CONNECT_S = 5.0
_MOST_ADDRESSES = 3  # of one host that are tried


class NotReached(Exception):
    """A receiver is unknown, away, or where nothing may be sent.

    Args:
        reason: which of them.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text("en"))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server listens.

    Attributes:
        scheme: what is spoken there.
        host: a name or an address, without brackets.
        port: TCP.
    """

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str, ports: dict[str, int]) -> Endpoint:
        """What an address names; each scheme has its usual port."""
        parts = urlsplit(url)
        return cls(parts.scheme, parts.hostname or "", parts.port or ports[parts.scheme])


def connect(endpoint: Endpoint, allow: Sequence[Network]) -> socket.socket:
    """A connection to an address of the host that may be reached.

    Args:
        endpoint: where.
        allow: networks that may be reached besides public ones.

    Raises:
        NotReached: there is none.
    """
    host = endpoint.host
    try:
        found = look_up(host, lambda one: is_permitted(one, allow)).result(_LOOKUP_S)
    except TimeoutError:
        silent = Reason.of("resolver-silent", seconds=_LOOKUP_S)
        raise NotReached(Reason.of("receiver-unknown", host=host, cause=silent)) from None
    except NameNotResolved as exc:
        raise NotReached(Reason.of("receiver-unknown", host=host, cause=exc.cause)) from exc
    except NoAddressAllowed as exc:
        raise NotReached(Reason.of("receiver-not-allowed", host=host, address=exc)) from exc
    failure: OSError = TimeoutError()
    for address in found[:_MOST_ADDRESSES]:
        try:
            return socket.create_connection((str(address), endpoint.port), _CONNECT_S)
        except OSError as exc:
            failure = exc
    if isinstance(failure, TimeoutError):
        raise NotReached(Reason.of("receiver-silent", seconds=_CONNECT_S))
    raise NotReached(Reason.of("receiver-unreachable", cause=system_cause(failure)))


def is_public(connection: socket.socket) -> bool:
    """Whether what is said on a connection passes networks that are nobody's own."""
    address = ipaddress.ip_address(str(connection.getpeername()[0]).partition("%")[0])
    return (carried_ipv4(address) or address).is_global
