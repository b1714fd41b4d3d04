"""Many uploads at once that are dear to look at, from clients of which half are gone."""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import httpx2
import pytest

from tests.api_server import make_jpeg
from tests.dear_pictures import gif, jpeg, png, png_chunk, tiff

pytestmark = [pytest.mark.processes, pytest.mark.attack("dear pictures")]

MIB = 2**20
UPLOADS = 44
MOST_BYTES = 1_000_000_000  # of the API's process at its peak; it was 6.2 GB
PATIENCE_S = 240.0

# A process of its own, whose memory is the API's alone.
_API = """
import sys
from pathlib import Path
from tests.api_server import ApiRunner
runner = ApiRunner(Path(sys.argv[1]))
print(runner.start().port, flush=True)
sys.stdin.read()
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0], flush=True)
runner.stop()
"""

DEAR = {
    "a huge PNG": lambda: png(60_000, 60_000, 1, 0),
    "PNG chunks": lambda: png(64, 64, before=png_chunk(b"teSt", b"") * (8 * MIB // 12)),
    "JPEG filling": lambda: jpeg(64, 64, before=b"\xff" * (8 * MIB)),
    "TIFF offsets": lambda: tiff(64, 64, entries={273: (4, 2 * MIB, bytes(8 * MIB))}),
    "GIF blocks": lambda: gif(64, 64, b"!\xfe\0" * (8 * MIB // 3)),
}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """An API that tells its port, and at the end of its input the KiB that it took at its peak."""
    program = [sys.executable, "-c", _API, str(tmp_path)]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        yield child
        child.kill()


def _line(pipe: IO[str] | None) -> int:
    assert pipe is not None
    return int(pipe.readline())


def _send(port: int, body: bytes, *, stays: bool) -> bytes:
    """Sends an upload; returns its answer, or resets the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        head = (
            f"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        )
        head += "Content-Type: image/jpeg\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)
        answer = b""
        while stays and (piece := connection.recv(65_536)):
            answer += piece
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return answer


def test_dear_uploads_hold_nobody_up(api: subprocess.Popen[str]) -> None:
    """44 at once, half of their clients gone: probes, lists and a good picture are answered."""
    port, bodies = _line(api.stdout), [make() for make in DEAR.values()]
    with (
        ThreadPoolExecutor(UPLOADS) as pool,
        httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S, trust_env=False
        ) as client,
    ):
        sent = [
            pool.submit(_send, port, bodies[number % len(bodies)], stays=number % 2 == 0)
            for number in range(UPLOADS)
        ]
        for _ in range(5):
            assert client.get("/readyz").status_code == 200
            assert client.get("/v1/inspections").status_code == 200
        good = client.post(
            "/v1/inspections", content=make_jpeg(), headers={"Content-Type": "image/jpeg"}
        )
        assert good.status_code == 202
        answers = [one.result() for one in sent][::2]
        assert client.get(good.headers["location"]).status_code == 200
    codes = [re.search(rb'"code":\s*"([a-z-]+)"', answer) for answer in answers]
    assert {one[1] for one in codes if one} <= {b"picture-too-large", b"picture-broken"}
    assert all(codes)
    assert api.stdin is not None
    api.stdin.close()
    assert _line(api.stdout) * 1024 <= MOST_BYTES
