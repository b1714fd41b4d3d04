"""A video as a batch of its frames, so many a second, each named by its time."""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from safety_detector.errors import PictureBroken, PictureTruncated, PictureUnreadable
from safety_detector.host.output_files import FRAMES, ORIGINALS
from safety_detector.message_texts.reason import read_reason, system_cause
from safety_detector.sources.names import readable_path
from safety_detector.sources.offers import Offer, ReadPicture, file_stamp
from safety_detector.sources.videos.frames import Cutting, Line, frame_name

_log = logging.getLogger(__name__)

VIDEO_ENDINGS = frozenset(
    {".mp4", ".m4v", ".mov", ".f4v", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".m2t"}
    | {".mpg", ".mpeg", ".vob", ".flv", ".wmv", ".asf", ".3gp", ".3g2", ".ogv", ".dav", ".mjpeg"}
    | {".mjpg", ".h264", ".264", ".avc", ".h265", ".265", ".hevc"}
)
_BEGINNINGS = (
    *(b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\x30\x26\xb2\x75", b"DHAV"),
    *(b"\0\0\0\x01", b"\0\0\x01\xba", b"\0\0\x01\xb3"),  # start codes of streams
)
_TS_PACKET = 188  # bytes; each begins with 0x47 (ISO/IEC 13818-1, 2.4.3.2)


def looks_like_video(path: Path, head: bytes) -> bool:
    """Whether a file is taken for a video, by its ending or its first bytes."""
    return (
        path.suffix.lower() in VIDEO_ENDINGS
        or head[4:8] == b"ftyp"
        or head.startswith(_BEGINNINGS)
        or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")
        or (len(head) >= 4 * _TS_PACKET and set(head[: 4 * _TS_PACKET : _TS_PACKET]) == {0x47})
    )


class VideoSource:
    """The frames of a video: of each k-th part of a second the first sound one.

    The frames' own times decide, up to the last one that can be read; a part of a second that has
    no frame is left out, one whose frames cannot be read or are damaged is a failure.  A frame
    becomes a JPEG once, and that is what is inspected, hashed and kept.  Which frames there are,
    and their bytes, depends on the file and the rates alone.

    Args:
        cutting: the video, and where its frames go.

    Raises:
        ConfigurationInvalid: it cannot be read as a video.
    """

    def __init__(self, cutting: Cutting) -> None:
        self._cutting = cutting
        self.skipped: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        cutting.check()

    @property
    def description(self) -> str:
        """The video's path and how many of its frames are taken."""
        cutting = self._cutting
        path = readable_path(os.fsencode(cutting.video))
        assumed = cutting.assumed_rate
        said = f", {assumed:g} assumed where it has no times" if assumed else ""
        return f"{path} ({cutting.rate:g} frames a second by their own times{said})"

    @property
    def pictures(self) -> Path | None:
        """Where its frames are kept."""
        return self._cutting.originals.absolute()

    def offers(self) -> Iterator[Offer]:
        """Every frame, and everything that should be one."""
        for line in self._cutting.lines():
            if line[0] == "frame":
                yield self._offer(line[1], b"")
            elif line[0] == "damaged":
                yield self._offer(line[1], _key("damaged", line[2]))
            elif line[0] == "missing":
                for slot in range(line[1], line[2] + 1):
                    yield self._offer(slot, _key("missing", line[3]))
            elif line[0] == "end":
                self._tell(line)

    def hand_out(self, offers: Iterable[Offer]) -> Iterator[tuple[Offer, ReadPicture | None]]:
        """Each offer with what reads it."""
        for offer in offers:
            yield offer, partial(self.read_again, offer)

    def read_again(self, offer: Offer) -> bytes:
        """The frame's JPEG.

        Raises:
            PictureTruncated: the video cannot be read there.
            PictureBroken: it can, but the frame is not what was recorded.
            PictureUnreadable: the file of the frame has gone.
        """
        if offer.key:
            kind, reason = json.loads(offer.key)
            broken = PictureTruncated if kind == "missing" else PictureBroken
            raise broken(read_reason(reason))
        try:
            return self._cutting.path_of(offer.place).read_bytes()
        except OSError as exc:
            raise PictureUnreadable("frame-unreadable", cause=system_cause(exc)) from exc

    def file_of(self, offer: Offer) -> Path | None:
        """The frame's file."""
        return self._cutting.path_of(offer.place)

    def is_fleeting(self, _offer: Offer) -> bool:
        """Frames were kept when the video was taken apart."""
        return False

    def close(self) -> None:
        """No file stays open."""

    def _offer(self, slot: int, key: bytes) -> Offer:
        cutting = self._cutting
        return Offer(frame_name(cutting.name, slot, cutting.rate), key, cutting.stamp, slot)

    def _tell(self, line: Line) -> None:
        facts = line[1]
        if facts.get("frames", 0) > 1 and not facts["is_timed"] and not self._cutting.assumed_rate:
            _log.warning(
                "%s has no times: its frames are counted at %g a second; --assume-fps names "
                "another rate.",
                self._cutting.name,
                facts["rate"],
            )


def _key(kind: str, reason: Any) -> bytes:
    """What an offer of a frame that is not there says about it."""
    return json.dumps([kind, reason]).encode()


def open_video(
    path: Path, rate: float, assumed_rate: float | None, max_pixels: int, folder: Path
) -> VideoSource:
    """The frames of a video.

    Args:
        path: absolute path.
        rate: how many frames of a second are taken.
        assumed_rate: frames a second of a video without times; None for what its stream says.
        max_pixels: larger frames are refused.
        folder: the output folder, where frames are kept.

    Raises:
        ConfigurationInvalid: it cannot be read as a video.
    """
    cutting = Cutting(
        video=path,
        name=readable_path(os.fsencode(path.name)),
        stamp=file_stamp(path.stat()),
        rate=float(rate),
        assumed_rate=assumed_rate,
        max_pixels=max_pixels,
        originals=folder / ORIGINALS,
        note=folder / FRAMES,
    )
    return VideoSource(cutting)
