"""WebP whose memory its header does not tell, decoded by a process with limits.

    python -m safety_detector.pictures.webp_process MOST_BYTES

Lossless data bring up to 65,536 groups of prefix codes along, each with tables of 5 to 20 KB: up to
1.3 GB from a file of a few hundred KB, and nothing but decoding tells how many.  What libwebp
writes has 2,600 at the most.  The process reads the file on stdin and writes a byte, the number of
channels, and then the pixels.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any, TypeAlias, cast

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray

from safety_detector.errors import PictureBroken
from safety_detector.pictures.headers import webp

_Pixels: TypeAlias = NDArray[np.uint8]

_ROOM_BYTES = 96 * 2**20  # above pixels and file: the tables of 2,600 groups are 52 MB
_MOST_S = 20  # of processor time; 64 megapixels take 3


def decode_webp_apart(data: bytes, width: int, height: int, most_bytes: int) -> _Pixels:
    """The pixels of a WebP, of an animation those of its first frame.

    Args:
        data: the file.
        width: as its header says.
        height: likewise.
        most_bytes: memory that its pixels take while they are decoded.

    Returns:
        ``uint8``, shape ``(height, width, channels)``, RGB or RGBA.

    Raises:
        PictureBroken: it cannot be decoded, takes more memory, or has another size.
    """
    limit = most_bytes + 2 * len(data) + _ROOM_BYTES
    program = (sys.executable, "-X", "utf8", "-P", "-m", "safety_detector.pictures.webp_process")
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        process = subprocess.Popen(  # noqa: S603 (our own program)
            [*program, str(limit)],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            pixels = _read(process, width, height, limit)
        finally:
            process.kill()
            if process.stdout is not None:
                process.stdout.close()
            process.wait()
    return pixels


def _read(process: subprocess.Popen[bytes], width: int, height: int, limit: int) -> _Pixels:
    told = process.stdout.read(1) if process.stdout is not None else b""
    if process.stdout is None or told not in (b"\3", b"\4"):
        raise PictureBroken("webp-not-decoded-within", limit_megabytes=limit / 1e6, limit_s=_MOST_S)
    pixels = np.empty((height, width, told[0]), np.uint8)
    room = pixels.data.cast("B")
    output = cast(BufferedReader, process.stdout)
    if output.readinto(room) != len(room) or output.read(1):
        raise PictureBroken("another-size-than-header")
    return pixels


def _decode(data: bytes) -> NDArray[Any] | None:
    if webp.is_animated(data):
        with PIL.Image.open(BytesIO(data), formats=("WEBP",)) as picture:
            return np.asarray(picture if picture.mode == "RGBA" else picture.convert("RGB"))
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim != 3 or pixels.dtype != np.uint8:
        return None
    into = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return cv2.cvtColor(pixels, into, dst=pixels)


def main() -> None:
    """Decodes one file."""
    data = sys.stdin.buffer.read()
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = held + int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_S, _MOST_S))
    cv2.setNumThreads(1)
    pixels = _decode(data)
    if pixels is not None:
        sys.stdout.buffer.write(bytes((pixels.shape[2],)))
        sys.stdout.buffer.write(np.ascontiguousarray(pixels).data.cast("B"))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
