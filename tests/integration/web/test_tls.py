"""The API over https."""

from __future__ import annotations

import json
import socket
import ssl
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest

from safety_detector.web.connection import tls_connection
from safety_detector.web.connection.tls import load_tls
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.certificates import CertificateFiles, make_certificate


@pytest.fixture
def files(tmp_path: Path) -> CertificateFiles:
    """The API's certificate."""
    return make_certificate(tmp_path)


@pytest.fixture
def tls_api(runner: ApiRunner, files: CertificateFiles) -> Api:
    """An API without keys that speaks https."""
    return runner.start(tls=load_tls(files.cert, files.key, None).context)


@pytest.fixture
def trust(files: CertificateFiles) -> ssl.SSLContext:
    """Trusts the API's certificate."""
    return ssl.create_default_context(cafile=files.cert)


@pytest.fixture
def tls_client(tls_api: Api, trust: ssl.SSLContext) -> Iterator[httpx2.Client]:
    """A client of it."""
    with httpx2.Client(
        base_url=f"https://localhost:{tls_api.port}", verify=trust, timeout=120, trust_env=False
    ) as client:
        yield client


class RawTls:
    """A TLS client that can end its own direction alone, as Python's socket cannot."""

    def __init__(self, connection: socket.socket, trust: ssl.SSLContext) -> None:
        self.socket = connection
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = trust.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._exchange()
        self.flush()

    def flush(self) -> None:
        """Sends what is encrypted."""
        if self._outgoing.pending:
            self.socket.sendall(self._outgoing.read())

    def _exchange(self) -> bool:
        self.flush()
        received = self.socket.recv(65536)
        self._incoming.write(received)
        return bool(received)

    def say_goodbye(self) -> None:
        """Sends TLS's end of sending (close_notify), and nothing else."""
        with pytest.raises(ssl.SSLWantReadError):
            self.tls.unwrap()
        self.flush()

    def read_all(self) -> bytes:
        """Everything until the other side ends."""
        received = b""
        while True:
            try:
                chunk = self.tls.read(65536)
            except ssl.SSLWantReadError:
                if not self._exchange():
                    return received
                continue
            except ssl.SSLError:  # its end of sending, after ours
                return received
            if not chunk:
                return received
            received += chunk


@contextmanager
def raw_tls(api: Api, trust: ssl.SSLContext) -> Iterator[RawTls]:
    """A connection of such a client."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=60) as connection:
        yield RawTls(connection, trust)


def test_pictures_go_over_https(tls_client: httpx2.Client, tls_api: Api) -> None:
    """Uploads, results, large downloads and reused connections work as over http."""
    assert tls_client.get("/livez").status_code == 200
    jpeg = make_jpeg(1, (4000, 3000))
    submitted = tls_client.post(
        "/v1/inspections", content=jpeg, headers={"Content-Type": "image/jpeg"}
    )
    assert submitted.status_code == 202
    tls_api.work()
    links = submitted.json()["links"]
    assert tls_client.get(links["original"]).content == jpeg
    assert tls_client.get(links["annotated"]).status_code == 200
    script = tls_client.get("/docs/assets/swagger-ui-bundle.js")
    assert len(script.content) == int(script.headers["Content-Length"])


@pytest.mark.parametrize("goodbye", [True, False], ids=["close_notify", "end of connection"])
def test_half_closed_upload_is_accepted_over_https(
    tls_api: Api, trust: ssl.SSLContext, goodbye: bool
) -> None:
    """Who ends the sending in TLS, or below it, gets the answer, and the picture is stored."""
    jpeg = make_jpeg(2)
    head = (
        f"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
        f"Content-Length: {len(jpeg)}\r\n\r\n"
    )
    with raw_tls(tls_api, trust) as client:
        client.tls.write(head.encode() + jpeg)
        client.flush()
        if goodbye:
            client.say_goodbye()
        client.socket.shutdown(socket.SHUT_WR)
        answer = client.read_all()
    assert answer.startswith(b"HTTP/1.1 202 ")
    inspection_id = json.loads(answer.partition(b"\r\n\r\n")[2])["id"]
    assert tls_api.service.inspections.results.get(inspection_id) is not None


def test_torn_upload_is_given_up_over_https(tls_api: Api, trust: ssl.SSLContext) -> None:
    """A body that ends before its announced length is no picture."""
    head = b"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
    with raw_tls(tls_api, trust) as client:
        client.tls.write(head + b"x")
        client.flush()
        client.socket.shutdown(socket.SHUT_WR)
        assert client.read_all() == b""
    assert tls_api.service.operation.figures.counters().accepted == 0


@pytest.mark.attack("TLS")
@pytest.mark.parametrize(
    "sent", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x00\x05hello", bytes(3000)]
)
def test_who_speaks_no_tls_is_sent_away(
    tls_api: Api, tls_client: httpx2.Client, sent: bytes
) -> None:
    """Plain http and garbage on the https port end that connection alone."""
    with socket.create_connection(("127.0.0.1", tls_api.port), timeout=60) as connection:
        connection.sendall(sent)
        assert b"200" not in connection.recv(1000)
    assert tls_client.get("/livez").status_code == 200


@pytest.mark.attack("TLS")
def test_old_versions_are_refused(tls_api: Api, trust: ssl.SSLContext) -> None:
    """TLS 1.1 and older are not spoken."""
    with warnings.catch_warnings(action="ignore"):
        trust.minimum_version = trust.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError), raw_tls(tls_api, trust):
        pass


def test_handshakes_without_end_do_not_hold_all_connections(
    tls_api: Api, tls_client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection waits from its beginning on; the oldest are given up, others are served."""
    monkeypatch.setattr(tls_connection, "_HANDSHAKE_S", 3600.0)  # their number counts here
    with ExitStack() as opened:
        waiting = [
            opened.enter_context(socket.create_connection(("127.0.0.1", tls_api.port), timeout=60))
            for _ in range(300)
        ]
        assert tls_client.get("/livez").status_code == 200
        assert waiting[0].recv(1) == b""
