"""Addresses of hosts, looked up in time and checked before anybody connects.

A name that leads to an allowed address now may lead elsewhere at the second look (DNS rebinding).
So whoever connects does so to an address from here, and never by the name.

The system's resolver can't be interrupted, and takes half a minute or more for a name whose
server is silent.  Each look therefore has a thread of its own that nobody has to wait for; whoever
asks for a name that is being looked up already waits for the same look.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeAlias

from safety_detector.message_texts.reason import Reason, system_cause

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Permits: TypeAlias = Callable[[Address], bool]
"""Whether a connection to an address is allowed."""

_MOST_AT_ONCE = 64  # threads that a silent name server may keep

_guard = threading.Lock()
_under_way: dict[str, Future[tuple[Address, ...]]] = {}


class NameNotResolved(Exception):
    """A host has no address, or none was found out.

    Args:
        cause: why.
    """

    def __init__(self, cause: Reason) -> None:
        super().__init__(cause.text("en"))
        self.cause = cause


class NoAddressAllowed(Exception):
    """A host has addresses, and to none of them a connection is allowed.

    Args:
        addresses: all of them.
    """

    def __init__(self, addresses: tuple[Address, ...]) -> None:
        super().__init__(", ".join(sorted({str(address) for address in addresses})))


def look_up(host: str, permits: Permits) -> Future[tuple[Address, ...]]:
    """Begins to find those addresses of a host to which connections are allowed.

    The result holds one address at least, the system's preferred first.  Wait for it with a
    time-out (``result(5.0)``, or ``asyncio.wrap_future`` within ``asyncio.timeout``).  It raises
    NameNotResolved or NoAddressAllowed.

    Args:
        host: a name, or an address in any spelling that the system understands.
        permits: what is allowed.
    """
    allowed: Future[tuple[Address, ...]] = Future()

    def check(found: Future[tuple[Address, ...]]) -> None:
        if not allowed.set_running_or_notify_cancel():
            return  # nobody waits for it any more
        try:
            addresses = found.result()
            permitted = tuple(one for one in addresses if permits(one))
            if not permitted:
                raise NoAddressAllowed(addresses)  # noqa: TRY301 (for whoever waits)
        except Exception as exc:  # noqa: BLE001 (for whoever waits)
            allowed.set_exception(exc)
        else:
            allowed.set_result(permitted)

    _look(host).add_done_callback(check)
    return allowed


def _look(host: str) -> Future[tuple[Address, ...]]:
    """The look at a name that is under way, or a new one."""
    with _guard:
        found = _under_way.get(host)
        if found is not None:
            return found
        found = Future()
        if len(_under_way) < _MOST_AT_ONCE:
            _under_way[host] = found
            threading.Thread(
                target=_find, args=(host, found), name="name-lookup", daemon=True
            ).start()
            return found
    found.set_exception(NameNotResolved(Reason("resolver-busy")))
    return found


def _find(host: str, found: Future[tuple[Address, ...]]) -> None:
    try:
        addresses = _addresses(host)
    except Exception as exc:  # noqa: BLE001 (for whoever waits)
        _end(host)
        found.set_exception(exc)
    else:
        _end(host)
        found.set_result(addresses)


def _end(host: str) -> None:
    """The next who asks wants a new look: names lead elsewhere after a while."""
    with _guard:
        del _under_way[host]


def _addresses(host: str) -> tuple[Address, ...]:
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise NameNotResolved(system_cause(exc)) from exc
    except ValueError as exc:  # a label that is too long, a NUL
        raise NameNotResolved(Reason.of("quoted", text=str(exc))) from exc
    parsed = (ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in entries)
    return tuple(dict.fromkeys(parsed))
