"""A list of paths and URLs as a source."""

from __future__ import annotations

import http.server
import ipaddress
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from safety_detector.errors import ConfigurationInvalid
from safety_detector.ingest.fetching import FetchPolicy
from safety_detector.sources.source import SourceOptions, open_source
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
    source.write_text(f"{camera}/snapshot.jpg\nftp://127.0.0.1/a.jpg\n")
    batch_stand.run(source, tmp_path / "out")
    assert set(batch_stand.errors(tmp_path / "out").values()) == {"address-refused"}


@pytest.mark.parametrize(
    ("encoding", "mark", "line_end"),
    [
        ("utf-16-le", b"\xff\xfe", "\r\n"),
        ("utf-16-be", b"\xfe\xff", "\r\n"),
        ("utf-16-le", b"", "\r\n"),
        ("utf-16-be", b"", "\n"),
        ("utf-8", b"\xef\xbb\xbf", "\r\n"),
        ("utf-8", b"", "\r"),
        ("gbk", b"", "\r\n"),
        ("shift_jis", b"", "\r\n"),
    ],
)
def test_lists_are_read_as_windows_writes_them(
    tmp_path: Path, encoding: str, mark: bytes, line_end: str
) -> None:
    """PowerShell's UTF-16, Notepad's marks, and the code pages of its older programs."""
    names = ["a b.jpg", "東側/カメラ.jpg"] if encoding == "shift_jis" else ["a b.jpg", "厂房/1.jpg"]
    for number, name in enumerate(names):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(jpeg(number))
    lines = [f'"{names[0]}"  ', names[1].replace("/", "\\"), "", "# done", ""]
    source = tmp_path / "list.txt"
    source.write_bytes(mark + line_end.join(lines).encode(encoding))
    batch_stand.run(source, tmp_path / "out")
    assert set(batch_stand.results(tmp_path / "out")) == set(names)
    assert batch_stand.errors(tmp_path / "out") == {}


def test_what_is_put_around_paths_goes_unless_it_is_a_name(tmp_path: Path) -> None:
    """Quotes and ``file:`` addresses; a file that is called so is meant itself."""
    for number, name in enumerate(["a.jpg", "b ü.jpg", "c.jpg", "'d.jpg'", "e\\f.jpg", "#1.jpg"]):
        (tmp_path / name).write_bytes(jpeg(number))
    lines = [
        f"file://{tmp_path}/a.jpg", f"FILE://localhost{tmp_path}/b%20%C3%BC.jpg", "“c.jpg”",
        "'d.jpg'", "e\\f.jpg", '"#1.jpg"',
    ]  # fmt: skip
    (tmp_path / "list.txt").write_text("\n".join(lines), encoding="utf-8")
    batch_stand.run(tmp_path / "list.txt", tmp_path / "out")
    assert batch_stand.errors(tmp_path / "out") == {}
    assert list(batch_stand.results(tmp_path / "out").values())[5:]


def test_odd_bytes_are_the_disks(tmp_path: Path) -> None:
    """A name that is in no encoding at all is found by its bytes, as ``find`` prints it."""
    (tmp_path / os.fsdecode(b"\xc0\xff.jpg")).write_bytes(jpeg(1))
    (tmp_path / "list.txt").write_bytes(b"\xc0\xff.jpg\n")
    batch_stand.run(tmp_path / "list.txt", tmp_path / "out")
    assert set(batch_stand.results(tmp_path / "out")) == {r"\xc0\xff.jpg"}
    assert batch_stand.errors(tmp_path / "out") == {}


def test_paths_of_another_machine_say_so_with_their_line(tmp_path: Path) -> None:
    """A drive or a share of Windows cannot be guessed; the rest of the list goes on."""
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    lines = ["a.jpg", "D:\\pics\\b.jpg", "\\\\nas\\cam\\c.jpg", "file:///C:/d.jpg", "gone.jpg"]
    (tmp_path / "list.txt").write_text("\r\n".join(lines))
    ended = batch_stand.run(tmp_path / "list.txt", tmp_path / "out")
    assert ended.summary["pictures"]["completed"] == 1
    text = (tmp_path / "out" / "errors.jsonl").read_text()
    reasons = {one["path"]: one["reason"] for one in map(json.loads, text.splitlines())}
    assert reasons["D:/pics/b.jpg"].startswith("Line 2: the path leads to drive D: of Windows")
    assert reasons["//nas/cam/c.jpg"].startswith("Line 3: the path leads to a share")
    assert reasons["C:/d.jpg"].startswith("Line 4: the path leads to drive C:")
    assert reasons["gone.jpg"].startswith(f"Line 5: {tmp_path}/gone.jpg")


@pytest.mark.parametrize("line", [b"b" * 300, b"\xb0" * 300, b"a.jpg/" * 3000])
def test_a_line_that_no_disk_takes_fails_alone(tmp_path: Path, line: bytes) -> None:
    """Names may be too long, in whatever encoding; the rest of the list goes on."""
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / "list.txt").write_bytes(b"a.jpg\n" + line[:16_000] + b"\n")
    ended = batch_stand.run(tmp_path / "list.txt", tmp_path / "out")
    assert ended.summary["pictures"]["completed"] == 1
    assert list(batch_stand.errors(tmp_path / "out").values()) == ["picture-unreadable"]


def test_a_labelled_set_with_an_impossible_name_goes_on(tmp_path: Path) -> None:
    """JSON can hold what no disk can."""
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    images = [{"file_name": name} for name in ("a.jpg", "x\0y.jpg", "b" * 300)]
    (tmp_path / "set.json").write_text(json.dumps({"images": images}))
    ended = batch_stand.run(tmp_path / "set.json", tmp_path / "out")
    assert ended.summary["pictures"]["completed"] == 1
    assert list(batch_stand.errors(tmp_path / "out").values()) == ["picture-unreadable"] * 2


def test_a_list_that_breaks_off_says_where(tmp_path: Path) -> None:
    """Half a character of UTF-16 is no path."""
    (tmp_path / "list.txt").write_bytes("a.jpg\r\nb.jpg\r\n".encode("utf-16") + b"c")
    with pytest.raises(ConfigurationInvalid, match=r"Line 3 of .*UTF-16"):
        batch_stand.run(tmp_path / "list.txt", tmp_path / "out")


@pytest.mark.parametrize("content", [b"\0" * 10, b"a.jpg\n" + b"x" * 20_000])
def test_what_is_no_list_is_refused(tmp_path: Path, content: bytes) -> None:
    """It is wrong usage, with the kinds of sources that there are."""
    source = tmp_path / "list.txt"
    source.write_bytes(content)
    with pytest.raises(ConfigurationInvalid):
        batch_stand.run(source, tmp_path / "out")


@pytest.mark.parametrize("source", ["b" * 300, "http://viewer:hunter2@cam/x.jpg", "gone"])
def test_what_is_no_source_at_all_is_refused_in_a_sentence(tmp_path: Path, source: str) -> None:
    """A name that no disk takes, and an address, without its password."""
    options = SourceOptions(FetchPolicy(), tmp_path / "out")
    with pytest.raises(ConfigurationInvalid) as refused:
        open_source(source, options)
    assert "hunter2" not in refused.value.message
