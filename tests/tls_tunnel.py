"""A TLS server in front of a plain one, with a certificate of an authority of its own."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme


@contextmanager
def tls_tunnel(target: Path, folder: Path, name: str = "localhost") -> Iterator[tuple[int, Path]]:
    """Passes on to a socket what arrives through TLS.

    Args:
        target: the plain server's Unix socket.
        folder: for the authority's certificate.
        name: whom the certificate names.

    Yields:
        The port on loopback, and the file with the authority's certificate.
    """
    authority = trustme.CA()
    folder.mkdir(exist_ok=True)
    ca_file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_accept, args=(listener, context, target), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1], ca_file
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)


def _accept(listener: socket.socket, context: ssl.SSLContext, target: Path) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return  # the tunnel is closed
        threading.Thread(target=_serve, args=(plain, context, target), daemon=True).start()


def _serve(plain: socket.socket, context: ssl.SSLContext, target: Path) -> None:
    # A client that refuses the certificate, or either side's end, closes both.
    with (
        suppress(OSError),
        context.wrap_socket(plain, server_side=True) as outer,
        socket.socket(socket.AF_UNIX) as inner,
    ):
        inner.connect(str(target))
        back = threading.Thread(target=_copy, args=(inner, outer), daemon=True)
        back.start()
        _copy(outer, inner)
        back.join(timeout=10)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError, ValueError):  # TLS raises the latter where the other side just ended it
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
