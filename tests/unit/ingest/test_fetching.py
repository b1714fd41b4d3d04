import ipaddress
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from safety_detector.errors import AddressRefused, FetchFailed, PictureTooLarge
from safety_detector.ingest.admission import Limits
from safety_detector.ingest.fetching import FetchPolicy, fetch_picture, is_url
from safety_detector.network.permitted import is_permitted
from safety_detector.sources.names import display_name, name_of_url

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


class _Camera(BaseHTTPRequestHandler):
    """A camera's web server, good and bad."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, port = self.path, self.server.server_address[1]
        if path == "/snapshot.jpg":
            self._answer(200, b"\xff\xd8picture for " + self.headers["Host"].encode())
        elif path == "/redirect":
            self._answer(302, b"", Location="/snapshot.jpg")
        elif path == "/to-private":
            self._answer(302, b"", Location="http://10.1.2.3/secret")
        elif path == "/to-file":
            self._answer(302, b"", Location="file:///etc/passwd")
        elif path == "/loop":
            self._answer(302, b"", Location=f"http://127.0.0.1:{port}/loop")
        elif path == "/large":
            self._answer(200, b"x" * 5000)
        elif path == "/zipped":
            self._answer(200, b"x", **{"Content-Encoding": "gzip"})
        elif path == "/endless":
            self._endless()
        elif path == "/silent":
            self.server.release.wait(10)  # type: ignore[attr-defined]
        else:
            self._answer(404, b"no such thing")

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            pass  # the client has had enough, as it should

    def log_message(self, *_: object) -> None:
        """Keeps the test output clean."""


@contextmanager
def _running_camera() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Camera)
    server.release = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.release.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def camera() -> Iterator[str]:
    """Address of a web server on this machine that plays cameras good and bad."""
    with _running_camera() as address:
        yield address


def test_a_picture_is_fetched_from_an_allowed_network(camera: str) -> None:
    """The operator's own camera network lets its cameras through; the Host header is the name's."""
    data = fetch_picture(f"{camera}/snapshot.jpg", FetchPolicy(allow=LOOPBACK))
    assert data == b"\xff\xd8picture for " + camera.removeprefix("http://").encode()


def test_a_redirect_within_what_is_allowed_is_followed(camera: str) -> None:
    """Cameras redirect too."""
    data = fetch_picture(f"{camera}/redirect", FetchPolicy(allow=LOOPBACK))
    assert data.startswith(b"\xff\xd8picture")


def test_without_permission_no_private_address_is_reached(camera: str) -> None:
    """The refusal names the address and the setting that would allow it."""
    with pytest.raises(AddressRefused, match=r"127\.0\.0\.1.*SAFETY_FETCH_ALLOW"):
        fetch_picture(f"{camera}/snapshot.jpg", FetchPolicy())


@pytest.mark.parametrize("path", ["/to-private", "/to-file"])
def test_a_redirect_cannot_lead_where_a_url_may_not(camera: str, path: str) -> None:
    """Each hop is checked like the first."""
    with pytest.raises(AddressRefused):
        fetch_picture(camera + path, FetchPolicy(allow=LOOPBACK))


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        ("/missing", FetchFailed, "404"),
        ("/loop", FetchFailed, "redirects more than"),
        ("/zipped", FetchFailed, "compressed"),
        ("/large", PictureTooLarge, "limit is 1,000 bytes"),
        ("/endless", PictureTooLarge, "limit is 1,000 bytes"),
    ],
)
def test_a_bad_server_is_named_for_what_it_did(
    camera: str, path: str, error: type[Exception], said: str
) -> None:
    """Wrong status, loops, bombs, too much and endless bodies all end soon and clearly."""
    policy = FetchPolicy(limits=Limits(max_bytes=1000), allow=LOOPBACK)
    with pytest.raises(error, match=said):
        fetch_picture(camera + path, policy)


def test_a_silent_server_is_left_at_the_deadline(camera: str) -> None:
    """A server that accepts and says nothing does not hold a worker."""
    policy = FetchPolicy(allow=LOOPBACK, deadline=timedelta(seconds=0.3))
    with pytest.raises(FetchFailed, match=r"within 0\.3 s"):
        fetch_picture(f"{camera}/silent", policy)


@pytest.mark.parametrize("password", ["hun/ter2", "hun?ter2", "hun#ter2", "hun[/ter2", "a/b@ter2"])
@pytest.mark.parametrize("place", ["host", "host:8080/x.jpg", "ho st/[x", ""])
def test_a_password_that_breaks_the_address_is_in_no_message(password: str, place: str) -> None:
    """Signs in it that should be escaped make another address; the message says how."""
    url = f"http://viewer:{password}@{place}"
    with pytest.raises(AddressRefused, match="%2F") as refused:
        fetch_picture(url, FetchPolicy(allow=LOOPBACK))
    for shown in (refused.value.message, name_of_url(url), display_name(url)):
        assert not any(part in shown for part in ("viewer", "hun", "ter2"))


def test_what_names_no_host_is_refused_without_its_password() -> None:
    """Of an address that cannot be read, too."""
    for url in ("http://viewer:hunter2@", "http://viewer:hunter2@[::1/x", "http://a:hunter2@h:z/"):
        with pytest.raises(AddressRefused) as refused:
            fetch_picture(url, FetchPolicy(allow=LOOPBACK))
        assert "hunter2" not in refused.value.message + name_of_url(url)


def test_addresses_with_an_at_sign_in_their_path_keep_it() -> None:
    """They have no password."""
    for url in ("http://cam:8080/@snap", "http://[::1]:80/@snap", "http://cam/a:b/@snap.jpg"):
        assert name_of_url(url) == url


def test_nobody_there_is_a_failed_fetch_without_the_credentials() -> None:
    """The message names the address but not the password that stood in the URL."""
    with pytest.raises(FetchFailed) as caught:
        fetch_picture("http://user:secret@127.0.0.1:9/x.jpg", FetchPolicy(allow=LOOPBACK))
    assert "127.0.0.1:9/x.jpg" in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/a.jpg",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http:///a.jpg",
        "http://[::1/a.jpg",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://localhost/",
        "http://[::ffff:127.0.0.1]/",
    ],
)
def test_other_schemes_and_disguised_addresses_are_refused(url: str) -> None:
    """Neither a scheme nor a spelling opens a way inside."""
    with pytest.raises(AddressRefused):
        fetch_picture(url, FetchPolicy())


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1",
        "fec0::1", "::127.0.0.1", "64:ff9b:1::a00:1",
        "::ffff:0:10.0.0.1",
    ],
)  # fmt: skip
def test_only_public_addresses_are_reached_unasked(address: str) -> None:
    """Private, link-local, multicast, and IPv6 forms that carry a private IPv4 address."""
    assert not is_permitted(ipaddress.ip_address(address), ())


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_reached(address: str) -> None:
    """Ordinary web servers need no permission."""
    assert is_permitted(ipaddress.ip_address(address), ())


def test_an_allowed_network_admits_its_addresses_in_every_spelling() -> None:
    """The IPv6-mapped form of an allowed camera is that camera."""
    allow = (ipaddress.ip_network("192.168.7.0/24"),)
    assert is_permitted(ipaddress.ip_address("192.168.7.9"), allow)
    assert is_permitted(ipaddress.ip_address("::ffff:192.168.7.9"), allow)
    assert not is_permitted(ipaddress.ip_address("192.168.8.9"), allow)


def test_urls_are_told_from_file_names() -> None:
    """A Windows path or a name with a colon is a file."""
    assert is_url("http://a/b.jpg")
    assert is_url("rtsp://camera/1")
    assert not is_url("C:\\pictures\\a.jpg")
    assert not is_url("folder/a:b.jpg")
