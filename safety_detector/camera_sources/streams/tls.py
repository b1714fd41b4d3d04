"""RTSP over TLS: our own connection, checked like those by HTTPS, which FFmpeg is led through.

FFmpeg believes any certificate, and could not be told of a camera's own one.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

from safety_detector.camera_sources.streams.connecting import Peer, connect
from safety_detector.errors import CameraTimedOut, CameraUnreachable
from safety_detector.ingest.trust import (
    Trust,
    certificate_problem,
    known_certificates,
    trusted_authorities,
)

_ACCEPTS_WITHIN_S = 10.0


def connect_tls(peer: Peer, ca_file: Path | None, timeout_s: float) -> ssl.SSLSocket:
    """An encrypted connection to a peer that has shown who it is.

    Raises:
        CameraTimedOut, CameraUnreachable: as they say; a certificate that is not trusted is one
            of the latter.
    """
    try:
        return _shake(peer, trusted_authorities(ca_file), timeout_s)
    except ssl.SSLError as exc:
        if ca_file is None or not isinstance(exc, ssl.SSLCertVerificationError):
            raise _not_trusted(peer, exc) from exc
    # A camera's own certificate seldom names the address at which the camera is.
    try:
        return _shake(peer, known_certificates(ca_file), timeout_s)
    except ssl.SSLError as exc:
        raise _not_trusted(peer, exc) from exc


def _shake(peer: Peer, trust: Trust, timeout_s: float) -> ssl.SSLSocket:
    plain = connect(peer, timeout_s)
    try:
        encrypted = trust.context.wrap_socket(plain, server_hostname=peer.host)
    except TimeoutError as exc:
        plain.close()
        raise CameraTimedOut(
            "camera-answer-timeout", address=peer.authority, seconds=timeout_s
        ) from exc
    except OSError as exc:
        plain.close()
        if isinstance(exc, ssl.SSLError):
            raise
        raise CameraUnreachable("camera-hung-up", address=peer.authority) from exc
    if trust.certificates is not None and encrypted.getpeercert(True) not in trust.certificates:
        encrypted.close()
        raise ssl.SSLCertVerificationError("it is none of those that are known")
    return encrypted


def _not_trusted(peer: Peer, error: ssl.SSLError) -> CameraUnreachable:
    cause = certificate_problem(error) or str(error)
    return CameraUnreachable("camera-not-reached", address=peer.authority, cause=cause)


class TlsRelay:
    """One connection of FFmpeg's, on loopback, led on through an encrypted one.

    Args:
        encrypted: to the camera.

    Attributes:
        authority: address and port for FFmpeg; the first connection is the only one.
    """

    def __init__(self, encrypted: ssl.SSLSocket) -> None:
        self._encrypted = encrypted
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self._listener.settimeout(_ACCEPTS_WITHIN_S)
        self.authority = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with suppress(OSError), self._encrypted as encrypted:
            with self._listener:
                plain, _ = self._listener.accept()
            with plain:
                encrypted.settimeout(None)
                _pump(encrypted, plain)


def _pump(encrypted: ssl.SSLSocket, plain: socket.socket) -> None:
    while True:
        ready = [encrypted] if encrypted.pending() else select.select([encrypted, plain], [], [])[0]
        for source, sink in ((encrypted, plain), (plain, encrypted)):
            if source in ready:
                data = source.recv(1 << 16)
                if not data:
                    return
                sink.sendall(data)
