"""Pictures from the web servers that cameras have: passwords, odd HTTP, streams, certificates."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from safety_detector.errors import FetchFailed, PictureTooLarge
from safety_detector.ingest.admission import Limits
from safety_detector.ingest.fetching import FetchPolicy, fetch_picture
from tests.pictures import jpeg

PICTURE = jpeg(1)
POLICY = FetchPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"),), deadline=timedelta(seconds=60))
Answer = Callable[[bytes], bytes]


@contextmanager
def camera(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that sends what ``answer`` makes of each request's head, then hangs up.

    Yields:
        Host and port.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, answer, context), daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)


def _serve(listener: socket.socket, answer: Answer, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError), connection:
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head and not head.startswith(b"\x16"):  # TLS' first byte
                head += connection.recv(65536)
            connection.sendall(answer(head))
            connection.close()


def ok(body: bytes, *headers: str) -> bytes:
    """An answer with these header lines."""
    return "\r\n".join(["HTTP/1.1 200 OK", *headers, "", ""]).encode("latin-1") + body


# -- user and password ---------------------------------------------------------------------------


def digest_camera(algorithm: str = "", qop: bool = True) -> Answer:
    """Wants Digest of viewer and p@ss/1 (RFC 7616; without qop as in RFC 2069)."""
    make = hashlib.sha256 if algorithm == "SHA-256" else hashlib.md5

    def hashed(text: str) -> str:
        return make(text.encode()).hexdigest()

    challenge = 'Digest realm="Login to 2A00559", nonce="cd6dd912", opaque="x"'
    challenge += ', qop="auth"' if qop else ""
    challenge += f", algorithm={algorithm}" if algorithm else ""

    def answer(head: bytes) -> bytes:
        text = head.decode("latin-1")
        line = re.search(r"^authorization: Digest (.*)\r$", text, re.IGNORECASE | re.MULTILINE)
        if line:
            said = dict(re.findall(r'(\w+)="?([^",]+)"?', line[1]))
            path = text.split(" ")[1]
            one = hashed("viewer:Login to 2A00559:p@ss/1")
            two = hashed(f"GET:{path}")
            middle = f"cd6dd912:{said['nc']}:{said['cnonce']}:auth" if qop else "cd6dd912"
            if said["uri"] == path and said["response"] == hashed(f"{one}:{middle}:{two}"):
                return ok(PICTURE)
        return f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\n\r\n".encode()

    return answer


def basic_camera(head: bytes) -> bytes:
    """Wants Basic of the same."""
    wanted = base64.b64encode(b"viewer:p@ss/1")
    if b"Basic " + wanted in head:
        return ok(PICTURE)
    return b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="cam"\r\n\r\n'


_ASKING = {
    "digest": digest_camera(),
    "digest of old": digest_camera(qop=False),
    "digest MD5": digest_camera("MD5"),
    "digest SHA-256": digest_camera("SHA-256"),
    "basic": basic_camera,
}


@pytest.mark.parametrize("answer", _ASKING.values(), ids=list(_ASKING))
def test_user_and_password_of_the_address_open_a_camera(answer: Answer) -> None:
    """Whichever way the camera wants to have them, with a path and a query."""
    with camera(answer) as host:
        url = f"http://viewer:p%40ss%2F1@{host}/snapshot?channel=1&subtype=0"
        assert fetch_picture(url, POLICY) == PICTURE


@pytest.mark.parametrize("answer", _ASKING.values(), ids=list(_ASKING))
def test_a_camera_that_does_not_open_says_why(answer: Answer) -> None:
    """That a password is wanted, or that it is wrong; never the password itself."""
    with camera(answer) as host:
        with pytest.raises(FetchFailed, match="wants a user and a password"):
            fetch_picture(f"http://{host}/x", POLICY)
        with pytest.raises(FetchFailed, match="password is wrong") as refused:
            fetch_picture(f"http://viewer:hunter2@{host}/x", POLICY)
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize(
    "challenge",
    ["Digest", "Digest x", 'Digest realm="a"', 'Digest realm="a", nonce="b", qop="auth-int"'],
)
def test_a_challenge_that_makes_no_sense_is_an_ordinary_failure(challenge: str) -> None:
    """Whatever a camera asks, its picture fails with a sentence and nothing else does."""
    refusal = f"HTTP/1.1 401 No\r\nWWW-Authenticate: {challenge}\r\n\r\n".encode()
    with (
        camera(lambda _head: refusal) as host,
        pytest.raises(FetchFailed, match="in a way that is not understood"),
    ):
        fetch_picture(f"http://viewer:hunter2@{host}/x", POLICY)


def test_a_redirect_elsewhere_does_not_take_the_password_along() -> None:
    """Who answers for the camera could send everybody's password where he likes."""
    heard: list[bytes] = []

    def thief(head: bytes) -> bytes:
        heard.append(head)
        return b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n'

    with camera(thief) as elsewhere:
        leading = f"HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/y\r\n\r\n".encode()
        with camera(lambda _head: leading) as host, pytest.raises(FetchFailed):
            fetch_picture(f"http://viewer:hunter2@{host}/x", POLICY)
    assert heard
    assert all(b"authorization" not in head.lower() for head in heard)


# -- HTTP as cameras write it --------------------------------------------------------------------

_LENGTH = f"Content-Length: {len(PICTURE)}"
_ODD = {
    "a date without its name": ok(PICTURE, "Tue, 12 Jun 2012 01:56:34 GMT", _LENGTH),
    "a name with a space": ok(PICTURE, "Last Modified: never", _LENGTH),
    "a line without a colon": ok(PICTURE, "Server", _LENGTH),
    "an empty name": ok(PICTURE, ": nothing", _LENGTH),
    "letters beyond ASCII": ok(PICTURE, "Sérver: x", "Server: caméra", _LENGTH),
    "control characters": ok(PICTURE, "Server: a\x00b\x07", _LENGTH),
    "no space behind the colon": ok(PICTURE, f"Content-Length:{len(PICTURE)}"),
    "a space before the colon": ok(PICTURE, f"Content-Length : {len(PICTURE)}"),
    "a length that is no number": ok(PICTURE, "Content-Length: unknown"),
    "a length with a unit": ok(PICTURE, f"Content-Length: {len(PICTURE)} bytes"),
    "two lengths": ok(PICTURE, _LENGTH, "Content-Length: 7"),
    "no length": ok(PICTURE),
    "line feeds alone": ok(b"", _LENGTH).replace(b"\r\n", b"\n") + PICTURE,
    "no words for the status": b"HTTP/1.1 200\r\n\r\n" + PICTURE,
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n" + PICTURE,
    "a status of its own": b"HTTP/1.1 200 Document follows\r\n\r\n" + PICTURE,
    "48 bytes too many announced": ok(PICTURE, f"Content-Length: {len(PICTURE) + 48}"),
    "padding and too many announced": ok(
        PICTURE + b"\r\n", f"Content-Length: {len(PICTURE) + 500}"
    ),
    "in pieces that end early": ok(
        f"{len(PICTURE):x}\r\n".encode() + PICTURE + b"\r\n", "Transfer-Encoding: chunked"
    ),
}


@pytest.mark.parametrize("answer", _ODD.values(), ids=list(_ODD))
def test_odd_http_with_a_whole_picture_is_read(answer: bytes) -> None:
    """As browsers and curl read it."""
    with camera(lambda _head: answer) as host:
        assert fetch_picture(f"http://{host}/snap.jpg", POLICY).rstrip(b"\r\n") == PICTURE


_BROKEN = {
    "cut": (ok(PICTURE[:-300], _LENGTH), "before the picture's end"),
    "nothing": (ok(b"", _LENGTH), "before the picture's end"),
    "no HTTP at all": (b"SSH-2.0-dropbear\r\n\r\n", "cannot be fetched"),
    "silence": (b"", "cannot be fetched"),
    "a head without end": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000, "header lines"),
}


@pytest.mark.parametrize(("answer", "told"), _BROKEN.values(), ids=list(_BROKEN))
def test_an_answer_without_a_whole_picture_is_refused_by_its_cause(
    answer: bytes, told: str
) -> None:
    """Leniency ends where pixels are missing."""
    with camera(lambda _head: answer) as host, pytest.raises(FetchFailed, match=told):
        fetch_picture(f"http://{host}/snap.jpg", POLICY)


# -- streams of pictures -------------------------------------------------------------------------


def stream(boundary: str, delimiter: str, *, with_length: bool, parts: int = 3) -> bytes:
    """An MJPEG stream as cameras send it."""
    length = f"Content-Length: {len(PICTURE)}\r\n" if with_length else ""
    head = f"{delimiter}\r\nContent-Type: image/jpeg\r\n{length}\r\n".encode()
    body = b"".join(head + PICTURE + b"\r\n" for _ in range(parts))
    return ok(body, f"Content-Type: multipart/x-mixed-replace; boundary={boundary}")


_STREAMS = {
    "with lengths": stream("frame", "--frame", with_length=True),
    "without lengths": stream("frame", "--frame", with_length=False),
    "quoted": stream('"my boundary"', "--my boundary", with_length=False),
    "dashes in the name": stream("--myboundary", "--myboundary", with_length=False),
    "dashes added to those in the name": stream("--video", "----video", with_length=False),
    "one picture and no more": stream("frame", "--frame", with_length=True, parts=1),
    "no delimiter behind the last one": ok(
        b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + PICTURE,
        "Content-Type: multipart/x-mixed-replace; boundary=frame",
    ),
    "cut off behind the first one": ok(
        b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + PICTURE,
        "Content-Type: multipart/x-mixed-replace; boundary=frame",
        "Content-Length: 9000000",
    ),
    "a line before": ok(b"").replace(b"\r\n\r\n", b"\r\n")
    + stream("frame", "\r\n--frame", with_length=True).partition(b"\r\n")[2],
}


@pytest.mark.parametrize("answer", _STREAMS.values(), ids=list(_STREAMS))
def test_of_a_stream_of_pictures_the_first_is_taken(answer: bytes) -> None:
    """An address of MJPEG is as good as one of a snapshot."""
    with camera(lambda _head: answer) as host:
        assert fetch_picture(f"http://{host}/video.cgi", POLICY) == PICTURE


def test_a_stream_without_a_whole_picture_is_refused_by_its_cause() -> None:
    """Cut within the first one, without parts, or too large."""
    whole = stream("frame", "--frame", with_length=True, parts=1)
    with camera(lambda _head: whole[:-200]) as host, pytest.raises(FetchFailed, match="MJPEG"):
        fetch_picture(f"http://{host}/v", POLICY)
    kind = "Content-Type: multipart/x-mixed-replace; boundary=frame"
    chatter = ok(b"no part " * 10_000, kind)
    with camera(lambda _head: chatter) as host, pytest.raises(FetchFailed, match="MJPEG"):
        fetch_picture(f"http://{host}/v", POLICY)
    endless = ok(b"--frame\r\n\r\n" + b"\xff" * 200_000, kind)
    small = FetchPolicy(limits=Limits(max_bytes=100_000), allow=POLICY.allow)
    with camera(lambda _head: endless) as host, pytest.raises(PictureTooLarge):
        fetch_picture(f"http://{host}/v", small)


QUICK = FetchPolicy(allow=POLICY.allow, deadline=timedelta(seconds=10))


def test_a_stream_of_dashes_does_not_keep_the_processor_busy() -> None:
    """That it has no picture is known at once, not when the time for a fetch is long over."""
    dashes = ok(b"-" * 5000, "Content-Type: multipart/x-mixed-replace")
    with camera(lambda _head: dashes) as host, pytest.raises(FetchFailed, match="MJPEG"):
        fetch_picture(f"http://{host}/x", QUICK)


def test_a_gap_in_a_header_does_not_keep_the_processor_busy() -> None:
    """However long it is."""
    gap = b"HTTP/1.1 200 OK\r\nServer: a" + b" " * 60_000 + b"b\r\n\r\nx"
    with camera(lambda _head: gap) as host:
        assert fetch_picture(f"http://{host}/x", QUICK) == b"x"


# -- certificates --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority that no system knows."""
    return trustme.CA()


def of_server(authority: trustme.CA, name: str) -> tuple[ssl.SSLContext, bytes]:
    """A server's side of TLS, and its certificate as PEM."""
    certificate = authority.issue_cert(name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context, certificate.cert_chain_pems[0].bytes()


def test_a_certificate_of_nobody_known_is_refused_with_the_setting(
    authority: trustme.CA,
) -> None:
    """The message says what is wrong with it and what to set."""
    context, _ = of_server(authority, "127.0.0.1")
    with (
        camera(lambda _head: ok(PICTURE), context) as host,
        pytest.raises(FetchFailed, match=r"certificate is not trusted \(.*SAFETY_FETCH_CA_FILE"),
    ):
        fetch_picture(f"https://{host}/x", POLICY)


def test_an_authority_of_the_site_is_trusted_for_the_names_that_it_certifies(
    authority: trustme.CA, tmp_path: Path
) -> None:
    """The right name opens; another's certificate does not, though it comes from there."""
    ca_file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    policy = FetchPolicy(allow=POLICY.allow, ca_file=ca_file)
    context, _ = of_server(authority, "127.0.0.1")
    with camera(lambda _head: ok(PICTURE), context) as host:
        assert fetch_picture(f"https://{host}/x", policy) == PICTURE
    context, _ = of_server(authority, "other.example")
    with camera(lambda _head: ok(PICTURE), context) as host, pytest.raises(FetchFailed):
        fetch_picture(f"https://{host}/x", policy)


def test_a_camera_s_own_certificate_is_trusted_whatever_name_is_in_it(
    authority: trustme.CA, tmp_path: Path
) -> None:
    """It is that very camera; passwords go to no other."""
    context, pem = of_server(authority, "ipcam.local")
    ca_file = tmp_path / "cameras.pem"
    ca_file.write_bytes(b"camera at gate 3\n" + pem)
    policy = FetchPolicy(allow=POLICY.allow, ca_file=ca_file)
    with camera(basic_camera, context) as host:
        url = f"https://viewer:p%40ss%2F1@{host}/x"
        assert fetch_picture(url, policy) == PICTURE
    heard: list[bytes] = []

    def other(head: bytes) -> bytes:
        heard.append(head)
        return ok(PICTURE)

    context, _ = of_server(authority, "ipcam.local")
    with camera(other, context) as host, pytest.raises(FetchFailed, match="certificate"):
        fetch_picture(f"https://viewer:p%40ss%2F1@{host}/x", policy)
    assert heard == []


def test_a_server_without_tls_is_named() -> None:
    """A wrong scheme is a common slip."""
    with camera(lambda _head: ok(PICTURE)) as host, pytest.raises(FetchFailed, match="TLS failed"):
        fetch_picture(f"https://{host}/x", POLICY)
