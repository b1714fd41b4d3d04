"""A list of paths and URLs as a source."""

from __future__ import annotations

import http.server
import ipaddress
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from safety_detector.errors import ConfigurationInvalid
from safety_detector.ingest.fetching import FetchPolicy
from tests import batch_stand
from tests.pictures import jpeg

LOOPBACK = FetchPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"),))


@pytest.fixture
def camera() -> Iterator[str]:
    """A web server that gives another picture each time."""
    served = iter(range(100, 200))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = jpeg(next(served))
            self.send_response(200 if self.path.startswith("/snapshot") else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_paths_and_urls_are_inspected_in_the_order_of_the_list(tmp_path: Path, camera: str) -> None:
    """Comments, empty lines, a byte order mark and Windows line ends do no harm."""
    (tmp_path / "pics").mkdir()
    (tmp_path / "pics" / "b.jpg").write_bytes(jpeg(1))
    (tmp_path / "a.jpg").write_bytes(jpeg(2))
    url = f"{camera}/snapshot.jpg"
    lines = [
        "# pictures",
        "pics/b.jpg",
        "",
        url,
        str(tmp_path / "a.jpg"),
        "pics/b.jpg",
        "gone.jpg",
        f"{camera}/no.jpg",
    ]
    source = tmp_path / "list.txt"
    source.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    batch_stand.run(source, tmp_path / "out", policy=LOOPBACK, workers=1)
    found = batch_stand.results(tmp_path / "out")
    assert list(found) == [
        "pics/b.jpg",
        url,
        str(tmp_path / "a.jpg"),
        "gone.jpg",
        f"{camera}/no.jpg",
    ]
    assert batch_stand.errors(tmp_path / "out") == {
        "gone.jpg": "picture-unreadable", f"{camera}/no.jpg": "fetch-failed",
    }  # fmt: skip
    assert len(batch_stand.files(tmp_path / "out" / "originals")) == 1
    assert len(batch_stand.files(tmp_path / "out" / "annotated")) == 3


def test_what_failed_may_succeed_the_next_time(tmp_path: Path) -> None:
    """Finished pictures are not asked again; those that could not be read are."""
    source, detector = tmp_path / "list.txt", batch_stand.PixelDetector()
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    source.write_text("a.jpg\nlater.jpg\n")
    first = batch_stand.run(source, tmp_path / "out", detector)
    assert first.summary["pictures"]["failed"] == 1
    (tmp_path / "later.jpg").write_bytes(jpeg(2))
    second = batch_stand.run(source, tmp_path / "out", detector)
    assert second.summary["pictures"]["failed"] == 0
    assert detector.calls == 2
    assert batch_stand.errors(tmp_path / "out") == {}


def test_urls_are_checked_like_everywhere(tmp_path: Path, camera: str) -> None:
    """A list from outside does not reach the inner network."""
    source = tmp_path / "list.txt"
    source.write_text(f"{camera}/snapshot.jpg\nfile:///etc/passwd\n")
    batch_stand.run(source, tmp_path / "out")
    assert set(batch_stand.errors(tmp_path / "out").values()) == {"address-refused"}


@pytest.mark.parametrize("content", [b"\0" * 10, b"a.jpg\n" + b"x" * 20_000])
def test_what_is_no_list_is_refused(tmp_path: Path, content: bytes) -> None:
    """It is wrong usage, with the kinds of sources that there are."""
    source = tmp_path / "list.txt"
    source.write_bytes(content)
    with pytest.raises(ConfigurationInvalid):
        batch_stand.run(source, tmp_path / "out")
