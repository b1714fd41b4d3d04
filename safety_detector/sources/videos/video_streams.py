"""How many video streams a file has, which OpenCV does not tell: it reads the first one alone."""

from __future__ import annotations

from pathlib import Path
from typing import IO

_MOST_INDEX_BYTES = 64 * 2**20
_HANDLER_AT = 12  # of "hdlr" to its type (ISO/IEC 14496-12, 8.4.3)
_TRACKS = b"\x16\x54\xae\x6b"  # Matroska's elements by their ids (RFC 9559)
_IS_VIDEO = b"\x83\x81\x01"  # TrackType, one byte, video
_MATROSKA_HEAD_BYTES = 2**20  # its tracks stand before the first cluster


def count_video_streams(path: Path) -> int:
    """Video tracks of an MP4, QuickTime or Matroska file; 1 of others, where nobody looks."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
            if head[4:8] == b"ftyp":
                return max(1, _count_in_mp4(file))
            if head.startswith(b"\x1a\x45\xdf\xa3"):
                return max(1, _count_in_matroska(head + file.read(_MATROSKA_HEAD_BYTES)))
    except (OSError, ValueError):  # whoever reads the video says so; a size beyond all files
        pass
    return 1


def _count_in_mp4(file: IO[bytes]) -> int:
    file.seek(0)
    while len(header := file.read(8)) == 8:
        size, kind = int.from_bytes(header[:4], "big"), header[4:]
        read = 8
        if size == 1:
            size, read = int.from_bytes(file.read(8), "big"), 16
        if kind == b"moov":
            index = file.read(min(size - read, _MOST_INDEX_BYTES) if size else _MOST_INDEX_BYTES)
            return _count_handlers(index)
        if size < read:
            break
        file.seek(size - read, 1)
    return 0


def _count_handlers(index: bytes) -> int:
    count, at = 0, index.find(b"hdlr")
    while at >= 0:
        count += index[at + _HANDLER_AT : at + _HANDLER_AT + 4] == b"vide"
        at = index.find(b"hdlr", at + 4)
    return count


def _count_in_matroska(head: bytes) -> int:
    at = head.find(_TRACKS)
    if at < 0 or at + 4 >= len(head):
        return 0
    length = 9 - head[at + 4].bit_length() if head[at + 4] else 0
    if not length:
        return 0
    marker = 1 << (7 * length)
    size = int.from_bytes(head[at + 4 : at + 4 + length], "big") & (marker - 1)
    start = at + 4 + length
    return head[start : start + size].count(_IS_VIDEO)
