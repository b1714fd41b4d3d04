"""Sources of cameras as the database keeps them, and which of them are allowed."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from safety_detector.camera_sources.source import (
    CameraSource,
    SourceKind,
    SourceOptions,
    Taken,
    Transport,
)
from safety_detector.errors import CameraAddressRefused
from safety_detector.network.permitted import Address, AllowedNetworks
from safety_detector.sealing import Seal

PUSHED = CameraSource(SourceKind.PUSH)
"""The source of a camera that sends by itself."""

_DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class AllowedPlaces:
    """Where the sources of cameras may be.

    Attributes:
        networks: in which their addresses lie.
        folders: below which files and drop folders lie.
        own: the service's data folder, of which nothing is read.
    """

    networks: AllowedNetworks = field(default_factory=AllowedNetworks)
    folders: tuple[Path, ...] = ()
    own: Path | None = None

    def check(self, source: CameraSource) -> None:
        """Makes sure that a source is in one of them, as far as its address tells.

        Of a name only the connection tells where it leads, and checks that.

        Raises:
            CameraAddressRefused: it is not.
        """
        if source.is_remote:
            host = urlsplit(source.url).hostname or ""
            address = _written_address(host)
            if address is not None and not self.networks.permits(address):
                raise CameraAddressRefused(
                    "camera-network-not-allowed", address=address, networks=self.networks
                )
        elif source.is_pulled:
            self._check_path(source.url)
            if source.options.move_to is not None:
                self._check_path(source.options.move_to)

    def _check_path(self, path: str) -> None:
        if not self.folders:
            raise CameraAddressRefused("camera-folders-none", path=path)
        if not path.startswith("/") or ".." in path.split("/"):
            raise CameraAddressRefused("camera-path-not-absolute", path=path)
        real = Path(os.path.realpath(path))
        is_own = self.own is not None and real.is_relative_to(os.path.realpath(self.own))
        roots = (os.path.realpath(root) for root in self.folders)
        if is_own or not any(real.is_relative_to(root) for root in roots):
            raise CameraAddressRefused("camera-path-not-allowed", path=path)


def stored_source(source: CameraSource) -> dict[str, Any]:
    """What the database keeps of a source besides its kind: nothing secret."""
    options = source.options
    return {
        "url": source.url,
        "transport": source.transport.value,
        "loop": options.loop,
        "taken": options.taken.value,
        "move_to": options.move_to,
    }


def read_source(kind: str, stored: Mapping[str, Any]) -> CameraSource:
    """The source that is kept, without user and password."""
    usual = SourceOptions()
    return CameraSource(
        SourceKind(kind),
        stored.get("url", ""),
        transport=Transport(stored.get("transport", Transport.TCP)),
        options=SourceOptions(
            loop=stored.get("loop", usual.loop),
            taken=Taken(stored.get("taken", usual.taken)),
            move_to=stored.get("move_to"),
        ),
    )


def login_of(source: CameraSource) -> dict[str, str]:
    """What is secret of a source, by name; empty where nothing is."""
    texts = {"username": source.username, "password": source.password}
    return {name: text for name, text in texts.items() if text is not None}


def with_login(source: CameraSource, login: Mapping[str, str]) -> CameraSource:
    """The source with user and password as they were sealed."""
    return replace(source, username=login.get("username"), password=login.get("password"))


def open_source(
    kind: str, stored: Mapping[str, Any], sealed: bytes | None, seal: Seal
) -> CameraSource:
    """The source that is kept, with user and password: what can be pulled from.

    Raises:
        SecretsLost: user and password cannot be read.
    """
    source = read_source(kind, stored)
    return source if sealed is None else with_login(source, seal.open(sealed))


def has_same_server(one: CameraSource, other: CameraSource) -> bool:
    """Whether what is shown to the server of one source may be shown to that of the other."""
    return one.is_remote and other.is_remote and _server(one) == _server(other)


def _written_address(host: str) -> Address | None:
    """The address that stands in place of a name; None for a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        # 127.1 and 0x7f000001 lead there as well.
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _server(source: CameraSource) -> tuple[str, str, int | None]:
    parts = urlsplit(source.url)
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)
