"""WS-Discovery: who on the local network is an ONVIF device (OASIS WS-Discovery 1.0, 2005/04)."""

from __future__ import annotations

import fcntl
import ipaddress
import select
import socket
import struct
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from safety_detector.network.permitted import AllowedNetworks
from safety_detector.network.xml_messages import Element, read_xml

GROUP, PORT = "239.255.255.250", 3702

_SIOCGIFADDR = 0x8915
_MOST_BYTES = 65_535
_MOST_DEVICES = 1000
_LONGEST_TEXT = 128
_REPEATED_AFTER_S = (0.0, 0.5)  # a datagram may be lost

_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"
 xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header>
<w:MessageID>uuid:{message_id}</w:MessageID>
<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>
<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>
<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>
"""


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device that answered.

    Attributes:
        address: from where the answer came.
        service: the address of its device service, on that very address.
        name: None where it tells none.
        hardware: its model.
        location: where it hangs, by its own account.
    """

    address: str
    service: str
    name: str | None = None
    hardware: str | None = None
    location: str | None = None


def probe(
    networks: AllowedNetworks,
    timeout_s: float,
    targets: Sequence[tuple[str, int]] = (),
) -> tuple[FoundDevice, ...]:
    """The devices that answer, by address.

    Args:
        networks: where cameras may be; answers from elsewhere are not heeded.
        timeout_s: how long answers are waited for.
        targets: addresses that are asked directly, besides everybody on each of this machine's
            networks: a group's messages pass no router.
    """
    found: dict[str, FoundDevice] = {}
    message = _PROBE.format(message_id=uuid.uuid4()).encode()
    with ExitStack() as opened:
        sockets = _sockets(opened)
        began_s = time.monotonic()
        due = [began_s + after for after in _REPEATED_AFTER_S]
        while (left_s := began_s + timeout_s - time.monotonic()) > 0:
            if due and time.monotonic() >= due[0]:
                due.pop(0)
                _send(sockets, message, targets)
            wait_s = min(left_s, max(due[0] - time.monotonic(), 0.0) if due else left_s)
            ready, _, _ = select.select(sockets, [], [], wait_s)
            for one in ready:
                for device in _received(one, networks):
                    if len(found) < _MOST_DEVICES:
                        found.setdefault(device.address, device)
    return tuple(sorted(found.values(), key=lambda one: ipaddress.ip_address(one.address)))


def read_answer(data: bytes, sender: str) -> FoundDevice | None:
    """The device that an answer tells of; None where it is none, or points elsewhere.

    Only an address of the sender's own is believed: who answers must not send us to others.
    """
    root = read_xml(data).root
    matches = root.find_all("ProbeMatch") if root else []
    for match in matches:
        for service in _text(match, "XAddrs").split()[:20]:
            if _host_of(service) == sender:
                scopes = _text(match, "Scopes").split()[:200]
                return FoundDevice(
                    sender,
                    service[:500],
                    _scope(scopes, "name"),
                    _scope(scopes, "hardware"),
                    _scope(scopes, "location"),
                )
    return None


def _sockets(opened: ExitStack) -> list[socket.socket]:
    """One for each of this machine's addresses, and one for wherever the system likes."""
    sockets = []
    for address in (*_own_addresses(), None):
        one = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        one.setblocking(False)
        try:
            one.bind((address or "", 0))
            if address is not None:
                one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
            one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        except OSError:
            continue
        sockets.append(one)
    return sockets


def _own_addresses() -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        for _, name in socket.if_nameindex():
            with suppress(OSError):
                asked = struct.pack("256s", name.encode()[:15])
                answer = fcntl.ioctl(one.fileno(), _SIOCGIFADDR, asked)
                yield socket.inet_ntoa(answer[20:24])


def _send(
    sockets: Sequence[socket.socket], message: bytes, targets: Sequence[tuple[str, int]]
) -> None:
    for one in sockets:
        with suppress(OSError):  # an interface without a way there
            one.sendto(message, (GROUP, PORT))
    for target in targets:
        with suppress(OSError):
            sockets[-1].sendto(message, target)


def _received(one: socket.socket, networks: AllowedNetworks) -> Iterator[FoundDevice]:
    with suppress(OSError):
        data, (sender, _port) = one.recvfrom(_MOST_BYTES)
        if networks.permits(ipaddress.ip_address(sender)):
            device = read_answer(data, sender)
            if device is not None:
                yield device


def _host_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        return None
    return parts.hostname if is_web else None


def _text(element: Element, name: str) -> str:
    found = element.find(name)
    return found.text if found else ""


def _scope(scopes: Sequence[str], name: str) -> str | None:
    """What ``onvif://www.onvif.org/<name>/…`` says; devices write spaces as %20 or _."""
    beginning = f"onvif://www.onvif.org/{name}/"
    told = [unquote(one[len(beginning) :]) for one in scopes if one.startswith(beginning)]
    shown = ", ".join(told).replace("_", " ")
    return "".join(one if one.isprintable() else " " for one in shown)[:_LONGEST_TEXT] or None
