"""Ways to make the service read what only it can reach: tried one by one, none succeeds.

A server on 127.0.0.1 stands for everything inside the site; a camera on 127.0.0.2 is what the
operator allows.  Nobody may ever ask the first one anything.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest

from safety_detector.errors import AddressRefused, FetchFailed
from safety_detector.ingest.fetching import FetchPolicy, fetch_picture

INSIDE, CAMERA = "127.0.0.1", "127.0.0.2"
CAMERAS_ALLOWED = FetchPolicy(allow=(ipaddress.ip_network("127.0.0.2/32"),))


@dataclass
class Servers:
    """What stands inside, and the camera; ``asked`` are the requests that came inside."""

    port: int
    asked: list[str] = field(default_factory=list)


def _handler(servers: Servers, host: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if host == INSIDE:
                servers.asked.append(self.path)
            target = unquote(self.path.partition("?to=")[2])
            self.send_response(302 if target else 200)
            if target:
                self.send_header("Location", target)
            self.end_headers()
            self.wfile.write(b"\xff\xd8picture of " + host.encode())

        def log_message(self, *_: object) -> None:
            """Keeps the test output clean."""

    return Handler


@contextmanager
def _listening(servers: Servers, host: str) -> Iterator[None]:
    with ThreadingHTTPServer((host, servers.port), _handler(servers, host)) as server:
        servers.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Both servers, on the same port."""
    made = Servers(port=0)
    with _listening(made, INSIDE), _listening(made, CAMERA):
        yield made


DIRECT = {
    "address": "http://127.0.0.1:{port}/",
    "name": "http://localhost:{port}/",
    "name with a dot": "http://localhost.:{port}/",
    "name in capitals": "http://LOCALHOST:{port}/",
    "another loopback address": "http://127.0.0.3:{port}/",
    "short form": "http://127.1:{port}/",
    "decimal": "http://2130706433:{port}/",
    "octal": "http://0177.0.0.1:{port}/",
    "hexadecimal": "http://0x7f000001:{port}/",
    "mixed": "http://0x7f.0.1:{port}/",
    "nothing": "http://0:{port}/",
    "any address": "http://0.0.0.0:{port}/",
    "full-width digits": "http://１２７.０.０.１:{port}/",
    "full-width dots": "http://127。0。0。1:{port}/",
    "circled digits": "http://①②⑦.0.0.1:{port}/",
    "credentials before it": "http://example.com@127.0.0.1:{port}/",
    "backslash": "http://example.com\\@127.0.0.1:{port}/",
    "IPv6 loopback": "http://[::1]:{port}/",
    "IPv6 any": "http://[::]:{port}/",
    "IPv6-mapped": "http://[::ffff:127.0.0.1]:{port}/",
    "IPv6-mapped, hexadecimal": "http://[::ffff:7f00:1]:{port}/",
    "IPv6-compatible": "http://[::127.0.0.1]:{port}/",
    "NAT64": "http://[64:ff9b::7f00:1]:{port}/",
    "6to4": "http://[2002:7f00:1::]:{port}/",
    "IPv6 with a zone": "http://[fe80::1%25lo]:{port}/",
    "private 10/8": "http://10.0.0.1:{port}/",
    "private 172.16/12": "http://172.16.0.1:{port}/",
    "private 192.168/16": "http://192.168.1.1:{port}/",
    "carrier's network": "http://100.64.0.1:{port}/",
    "cloud metadata": "http://169.254.169.254/latest/meta-data/",
    "cloud metadata, IPv6": "http://[fd00:ec2::254]/latest/",
    "multicast": "http://224.0.0.1:{port}/",
    "broadcast": "http://255.255.255.255:{port}/",
    "unique local IPv6": "http://[fc00::1]:{port}/",
    "site-local IPv6": "http://[fec0::1]:{port}/",
    "file": "file:///etc/passwd",
    "gopher": "gopher://127.0.0.1:{port}/",
    "ftp": "ftp://127.0.0.1:{port}/",
    "dict": "dict://127.0.0.1:{port}/",
    "line break in the host": "http://127.0.0.2\r\nX: y:{port}/",
    "line break in the path": "http://127.0.0.1:{port}/\r\nHost: x",
}


@pytest.mark.attack("SSRF")
@pytest.mark.parametrize("row", DIRECT)
def test_no_url_leads_inside(servers: Servers, row: str) -> None:
    """Whatever its spelling; and what is inside is asked nothing."""
    with pytest.raises((AddressRefused, FetchFailed)):
        fetch_picture(DIRECT[row].format(port=servers.port), CAMERAS_ALLOWED)
    assert servers.asked == []


REDIRECTS = [row for row in DIRECT if row not in ("line break in the host", "backslash")]


@pytest.mark.attack("SSRF by redirect")
@pytest.mark.parametrize("row", REDIRECTS)
def test_no_redirect_leads_inside(servers: Servers, row: str) -> None:
    """A camera that was taken over sends the service on; it does not go."""
    target = DIRECT[row].format(port=servers.port)
    with pytest.raises((AddressRefused, FetchFailed)):
        fetch_picture(_redirecting(servers, target), CAMERAS_ALLOWED)
    assert servers.asked == []


@pytest.mark.attack("SSRF by redirect")
def test_not_even_the_last_of_several_redirects_leads_inside(servers: Servers) -> None:
    """Each hop is checked."""
    url = f"http://{INSIDE}:{servers.port}/"
    for _ in range(3):
        url = _redirecting(servers, url)
    with pytest.raises(AddressRefused):
        fetch_picture(url, CAMERAS_ALLOWED)
    assert servers.asked == []


@pytest.mark.attack("DNS rebinding")
def test_a_name_that_changes_its_address_gains_nothing(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to the address that was checked, whatever the name says later."""
    answers = _resolve_to(monkeypatch, [[CAMERA], [INSIDE], [INSIDE]])
    data = fetch_picture(f"http://rebound.example:{servers.port}/", CAMERAS_ALLOWED)
    assert data.endswith(CAMERA.encode())
    assert servers.asked == []
    assert len(answers) == 2, "the name was asked for once"


@pytest.mark.attack("DNS rebinding")
def test_of_several_addresses_only_a_permitted_one_is_used(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name with a public and a private address leads to the first."""
    _resolve_to(monkeypatch, [[INSIDE, CAMERA]])
    data = fetch_picture(f"http://both.example:{servers.port}/", CAMERAS_ALLOWED)
    assert data.endswith(CAMERA.encode())
    assert servers.asked == []


@pytest.mark.attack("DNS rebinding")
def test_a_name_that_changes_between_redirects_is_checked_again(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second look at the name finds the private address, and refuses it."""
    _resolve_to(monkeypatch, [[CAMERA], [INSIDE]])
    target = f"http://rebound.example:{servers.port}/"
    with pytest.raises(AddressRefused):
        fetch_picture(_redirecting(servers, target, "rebound.example"), CAMERAS_ALLOWED)
    assert servers.asked == []


def test_the_allowed_camera_is_reached(servers: Servers) -> None:
    """Directly and by its own redirects: the checks above do not refuse everything."""
    camera = f"http://{CAMERA}:{servers.port}/snapshot.jpg"
    assert fetch_picture(camera, CAMERAS_ALLOWED).endswith(CAMERA.encode())
    assert fetch_picture(_redirecting(servers, camera), CAMERAS_ALLOWED).endswith(CAMERA.encode())


def _redirecting(servers: Servers, target: str, host: str = CAMERA) -> str:
    encoded = "".join(f"%{byte:02x}" for byte in target.encode())
    return f"http://{host}:{servers.port}/?to={encoded}"


def _resolve_to(monkeypatch: pytest.MonkeyPatch, answers: list[list[str]]) -> list[list[str]]:
    """Makes names resolve to one list of addresses after the other; the rest is returned."""

    def getaddrinfo(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
        try:
            addresses = [str(ipaddress.ip_address(str(host)))]
        except ValueError:
            addresses = answers.pop(0)
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return answers
