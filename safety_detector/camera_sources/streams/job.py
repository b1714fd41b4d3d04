"""What a stream's process is told to do."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safety_detector.camera_sources.source import (
    CameraSource,
    SourceKind,
    SourceOptions,
    Transport,
)
from safety_detector.network.permitted import AllowedNetworks


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What one stream may take.

    Attributes:
        memory_bytes: above what its process has when it begins.  H.265 at 4K holds 17 pictures of
            12 MB, and 50 MB for the conversion of one.
        max_pixels: of one frame.
        max_jpeg_bytes: of one frame as it is handed over.
        connect_s: until a connection stands, the name's resolution included.
        answer_s: for each answer of the other side before the video begins.
        open_s: from there to the first packets that tell what the video is.
        silence_s: without any frame; then the stream is taken for dead.
        cpu_s: processor time between two signs of life.
    """

    memory_bytes: int = 512 * 2**20
    max_pixels: int = 64_000_000
    max_jpeg_bytes: int = 32 * 2**20
    connect_s: float = 5.0
    answer_s: float = 5.0
    open_s: float = 10.0
    silence_s: float = 10.0
    cpu_s: int = 20


@dataclass(frozen=True, slots=True)
class StreamJob:
    """One stream.

    Attributes:
        source: with its secrets.
        every_s: how often a picture is wanted.
        networks: where the source may be.
        limits: what it may take.
        ca_file: certificates (PEM) that are trusted besides the usual ones.
    """

    source: CameraSource = field(repr=False)
    every_s: float
    networks: AllowedNetworks
    limits: StreamLimits = field(default_factory=StreamLimits)
    ca_file: str | None = None

    @property
    def ca_path(self) -> Path | None:
        """The file of certificates."""
        return Path(self.ca_file) if self.ca_file else None

    def document(self) -> dict[str, Any]:
        """As plain data, for the way to the process."""
        source = self.source
        return {
            "kind": source.kind.value,
            "url": source.url,
            "username": source.username,
            "password": source.password,
            "transport": source.transport.value,
            "loop": source.options.loop,
            "every_s": self.every_s,
            "networks": [str(one) for one in self.networks.networks],
            "limits": {name: getattr(self.limits, name) for name in StreamLimits.__slots__},
            "ca_file": self.ca_file,
        }

    @classmethod
    def read(cls, document: dict[str, Any]) -> StreamJob:
        """The job that ``document`` wrote."""
        source = CameraSource(
            kind=SourceKind(document["kind"]),
            url=document["url"],
            username=document["username"],
            password=document["password"],
            transport=Transport(document["transport"]),
            options=SourceOptions(loop=document["loop"]),
        )
        networks = tuple(ipaddress.ip_network(one) for one in document["networks"])
        return cls(
            source,
            document["every_s"],
            AllowedNetworks(networks),
            StreamLimits(**document["limits"]),
            document["ca_file"],
        )
