"""Connections of a stream's process: to checked addresses alone, and each step bounded."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from safety_detector.errors import (
    CameraAddressRefused,
    CameraTimedOut,
    CameraUnavailable,
    CameraUnreachable,
)
from safety_detector.message_texts.reason import system_cause
from safety_detector.network.lookups import NameNotResolved, NoAddressAllowed, look_up
from safety_detector.network.permitted import Address, AllowedNetworks


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a connection goes.

    Attributes:
        host: as the source names it.
        port: TCP.
        address: of the host, allowed.
    """

    host: str
    port: int
    address: Address

    @property
    def authority(self) -> str:
        """Address and port as they stand in a URL."""
        shown = f"[{self.address}]" if self.address.version == 6 else str(self.address)
        return f"{shown}:{self.port}"


def resolve(host: str, port: int, networks: AllowedNetworks, timeout_s: float) -> Peer:
    """The host's first address that is allowed.

    Raises:
        CameraUnreachable: the name is not known.
        CameraTimedOut: no name server answers in time.
        CameraAddressRefused: no address of it is in an allowed network.
    """
    try:
        address = look_up(host, networks.permits).result(timeout_s)[0]
    except NameNotResolved as exc:
        raise CameraUnreachable("camera-name-unknown", host=host) from exc
    except TimeoutError as exc:
        raise CameraTimedOut("camera-name-timeout", host=host, seconds=timeout_s) from exc
    except NoAddressAllowed as exc:
        raise CameraAddressRefused(
            "camera-network-not-allowed", address=str(exc), networks=str(networks)
        ) from exc
    return Peer(host, port, address)


def connect(peer: Peer, timeout_s: float) -> socket.socket:
    """A connection to the peer's checked address.

    Raises:
        CameraTimedOut, CameraUnreachable: as they say.
    """
    try:
        return socket.create_connection((str(peer.address), peer.port), timeout_s)
    except TimeoutError as exc:
        raise CameraTimedOut(
            "camera-connect-timeout", address=peer.authority, seconds=timeout_s
        ) from exc
    except OSError as exc:
        raise not_reached(peer, exc) from exc


def not_reached(peer: Peer, error: OSError) -> CameraUnavailable:
    """What a failed connection means."""
    if error.errno == errno.ECONNREFUSED:
        return CameraUnreachable("camera-refused", address=peer.authority)
    return CameraUnreachable(
        "camera-not-reached", address=peer.authority, cause=system_cause(error)
    )


def check_peers(peer: Peer) -> None:
    """Looks whether all connections of this process go to the peer.

    FFmpeg follows redirects by itself; where a server leads it elsewhere it has asked there once,
    and no picture of that is taken.

    Raises:
        CameraAddressRefused: one goes to another address.
    """
    for entry in Path("/proc/self/fd").iterdir() if sys.platform == "linux" else ():
        try:
            one = socket.socket(fileno=os.dup(int(entry.name)))
        except OSError:
            continue  # no socket, or closed by now
        with one:
            if one.family not in (socket.AF_INET, socket.AF_INET6):
                continue
            with suppress(OSError):
                found = ipaddress.ip_address(str(one.getpeername()[0]).partition("%")[0])
                if found != peer.address:
                    raise CameraAddressRefused("camera-leads-elsewhere", address=found)


class Conversation:
    """Questions and answers on a connection, each answer within its time as a whole.

    Args:
        connection: to the peer.
        peer: for messages.
        timeout_s: for one answer, however it drips.
    """

    def __init__(self, connection: socket.socket, peer: Peer, timeout_s: float) -> None:
        self._connection = connection
        self._peer = peer
        self._timeout_s = timeout_s
        self._deadline = 0.0
        self._received = bytearray()

    def ask(self, question: bytes) -> None:
        """Sends a question; the time for the answer begins."""
        self._deadline = time.monotonic() + self._timeout_s
        try:
            self._connection.settimeout(self._timeout_s)
            self._connection.sendall(question)
        except TimeoutError as exc:
            raise self._timed_out() from exc
        except OSError as exc:
            raise CameraUnreachable("camera-hung-up", address=self._peer.authority) from exc

    def take_until(self, end: bytes, most_bytes: int) -> bytes:
        """What comes up to and with ``end``; what has come, if that is too much without it.

        Raises:
            CameraTimedOut: it does not come in time.
            CameraUnreachable: the other side closes the connection before anything came.
        """
        while True:
            at = self._received.find(end)
            if at >= 0:
                return self._cut(at + len(end))
            if len(self._received) > most_bytes or not self._receive():
                return self._cut(len(self._received))

    def take(self, count: int) -> bytes:
        """So many bytes, or those up to where the other side hangs up."""
        while len(self._received) < count and self._receive():
            pass
        return self._cut(min(count, len(self._received)))

    def _cut(self, count: int) -> bytes:
        taken = bytes(self._received[:count])
        del self._received[:count]
        if not taken:
            raise CameraUnreachable("camera-hung-up", address=self._peer.authority)
        return taken

    def _receive(self) -> bool:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise self._timed_out()
        self._connection.settimeout(left_s)
        try:
            data = self._connection.recv(1 << 16)
        except TimeoutError as exc:
            raise self._timed_out() from exc
        except OSError as exc:
            raise CameraUnreachable("camera-hung-up", address=self._peer.authority) from exc
        self._received += data
        return bool(data)

    def _timed_out(self) -> CameraTimedOut:
        return CameraTimedOut(
            "camera-answer-timeout", address=self._peer.authority, seconds=self._timeout_s
        )
