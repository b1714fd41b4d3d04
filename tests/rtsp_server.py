"""Real RTSP servers on loopback: GStreamer's, where Debian's packages are installed.

They are gir1.2-gst-rtsp-server-1.0, python3-gi, and gstreamer1.0-plugins-base, -good, -bad, -ugly,
and -libav.
"""

from __future__ import annotations

import json
import select
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import pytest

_PYTHON = Path("/usr/bin/python3")
_PROGRAM = Path(__file__).with_name("gst_rtsp_server.py")
_PROBE = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); "
    "from gi.repository import Gst, GstRtspServer; Gst.init(None); "
    "assert all(map(Gst.ElementFactory.find, "
    "('x264enc', 'x265enc', 'rtph264pay', 'rtph265pay', 'h264parse', 'jpegdec')))"
)
_STARTS_WITHIN_S = 60.0


def camera(
    codec: str = "h264",
    *,
    size: tuple[int, int] = (640, 360),
    fps: int = 25,
    key_every: int = 25,
    pattern: str = "ball",
) -> str:
    """A launch line of a live test picture.

    Args:
        codec: h264, h265 or mjpeg.
        size: width and height.
        fps: frames a second.
        key_every: frames from one key frame to the next.
        pattern: of videotestsrc.
    """
    encoders = {
        "h264": f"x264enc tune=zerolatency speed-preset=ultrafast key-int-max={key_every} "
        "! rtph264pay",
        "h265": f"x265enc tune=zerolatency speed-preset=ultrafast key-int-max={key_every} "
        "! rtph265pay",
        "mjpeg": "jpegenc ! rtpjpegpay",
    }
    return (
        f"( videotestsrc is-live=true pattern={pattern} "
        f"! video/x-raw,format=I420,width={size[0]},height={size[1]},framerate={fps}/1 "
        f"! {encoders[codec]} name=pay0 pt=96 )"
    )


def picture_loop(folder: Path, *, fps: int = 5, codec: str = "h264") -> str:
    """A launch line that plays JPEGs of one size, ``000.jpg`` and so on, over and over."""
    encoders = {
        "h264": f"x264enc tune=zerolatency speed-preset=ultrafast key-int-max={fps} ! rtph264pay",
        "h265": f"x265enc tune=zerolatency speed-preset=ultrafast key-int-max={fps} ! rtph265pay",
    }
    return (
        f"( multifilesrc location={folder}/%03d.jpg loop=true "
        f"caps=image/jpeg,framerate={fps}/1 ! jpegdec ! videoconvert "
        f"! video/x-raw,format=I420 ! {encoders[codec]} name=pay0 pt=96 config-interval=1 )"
    )


def clip_loop(clip: Path) -> str:
    """A launch line that plays an H.264 file (Annex B, a slice a picture) over and over.

    Nothing is encoded anew, so that a hundred of them cost little; 25 pictures a second.
    """
    return (
        f"( appsrc name={clip} is-live=true format=time do-timestamp=true "
        "caps=video/x-h264,stream-format=byte-stream,alignment=au "
        "! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
    )


def write_pictures(folder: Path, pictures: list[Path], size: tuple[int, int]) -> Path:
    """The pictures as JPEGs of one size, for ``picture_loop``."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(pictures):
        resized = cv2.resize(cv2.imread(str(path)), size, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / f"{number:03}.jpg"), resized)
    return folder


@dataclass(frozen=True, slots=True)
class RtspServer:
    """A running server.

    Attributes:
        port: on 127.0.0.1.
        process: of the server.
        scheme: rtsp or rtsps.
    """

    port: int
    process: subprocess.Popen[str]
    scheme: str = "rtsp"

    def url(self, path: str = "/live") -> str:
        """The address of a stream."""
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def freeze(self) -> None:
        """Nothing is sent any more, and connections stay."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """It dies."""
        self.process.kill()
        self.process.wait()


@lru_cache
def why_missing() -> str | None:
    """What keeps GStreamer's server from running here; None if nothing does."""
    if not _PYTHON.exists():
        return "there is no /usr/bin/python3"
    done = subprocess.run([_PYTHON, "-c", _PROBE], capture_output=True, check=False, timeout=60)
    return None if done.returncode == 0 else "GStreamer's RTSP server is not installed"


@contextmanager
def rtsp_server(
    streams: Mapping[str, str] | str | None = None,
    *,
    username: str | None = None,
    password: str | None = None,
    scheme: str = "basic",
    certificate: Path | None = None,
) -> Iterator[RtspServer]:
    """GStreamer's RTSP server; skips the test where it is not installed.

    Args:
        streams: launch lines by path; one line for ``/live``; None for a moving ball there.
        username: who may watch; None for everybody.
        password: of that user.
        scheme: basic or digest.
        certificate: PEM with its key; with it the server speaks TLS alone.
    """
    missing = why_missing()
    if missing:
        pytest.skip(missing)
    if streams is None or isinstance(streams, str):
        streams = {"/live": streams or camera()}
    wanted = {
        "streams": dict(streams),
        "username": username,
        "password": password,
        "scheme": scheme,
        "certificate": str(certificate) if certificate else None,
    }
    process = subprocess.Popen(
        [_PYTHON, _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        process.stdin.write(json.dumps(wanted) + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], _STARTS_WITHIN_S)
        assert ready, "the RTSP server did not start"
        yield RtspServer(
            int(process.stdout.readline()), process, "rtsps" if certificate else "rtsp"
        )
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
