"""A video as a batch of its frames, so many a second, each named by its time.

Read by OpenCV's own FFmpeg, which is built under the LGPL; PyAV's wheels bring GPL encoders along.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import cast

import cv2

from safety_detector.batch.names import readable_path
from safety_detector.batch.offers import Offer, ReadPicture, file_stamp
from safety_detector.errors import (
    ConfigurationInvalid,
    PictureTruncated,
    PictureUnreadable,
    SafetyDetectorError,
)
from safety_detector.images import RgbImage, encode_jpeg

_ENDINGS = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".m2ts", ".mpg", ".mpeg"}
    | {".flv", ".wmv", ".3gp", ".dav", ".h264", ".h265", ".264", ".265"}
)
_JPEG_QUALITY = 95  # of the frames: what is inspected and kept is this JPEG
_TOLERANCE_MS = 1.0  # times of frames are written in milliseconds in many containers
_OVERSTATED_MS = 1000.0  # headers count the sound that outlasts the pictures, too
_WORTH_SEEKING_MS = 20_000.0
_SEEK_MARGIN_MS = 5_000.0  # key frames are seldom further apart


def looks_like_video(path: Path, head: bytes) -> bool:
    """Whether a file is taken for a video, by its ending or its first bytes."""
    return (
        path.suffix.lower() in _ENDINGS
        or head[4:8] == b"ftyp"
        or head.startswith((b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\0\0\x01\xba"))
        or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")
    )


class VideoSource:
    """The frames of a video: for each k-th part of a second the first frame from then on.

    A frame becomes a JPEG once, and that is what is inspected, hashed and kept.  Which frames there
    are, and their bytes, depends on the file and the rate alone.

    Args:
        path: absolute path.
        frames_per_second: how many frames of a second are taken.

    Raises:
        ConfigurationInvalid: it cannot be read as a video.
    """

    def __init__(self, path: Path, frames_per_second: float) -> None:
        self._path = path
        self._rate = frames_per_second
        self._stamp = file_stamp(path.stat())
        self.skipped: Counter[str] = Counter()
        reader = _Reader(path)
        self._length_ms = reader.length_ms()
        reader.close()

    @property
    def description(self) -> str:
        """The video's path and how many of its frames are taken."""
        return f"{readable_path(os.fsencode(self._path))} ({self._rate:g} frames a second)"

    def offers(self) -> Iterator[Offer]:
        """Every frame that the video should have by its header."""
        count = math.floor((self._length_ms + _TOLERANCE_MS) * self._rate / 1000) + 1
        for number in range(count):
            time_ms = self._time_ms(number)
            yield Offer(f"{_clock(time_ms)}.jpg", b"%d" % number, self._stamp, number)

    def hand_out(self, offers: Iterable[Offer]) -> Iterator[tuple[Offer, ReadPicture | None]]:
        """The frames in order; what lies between two of them is passed over quickly."""
        reader = _Reader(self._path)
        try:
            for offer in offers:
                wanted_ms = self._time_ms(int(offer.key))
                if reader.advance(wanted_ms):
                    yield offer, partial(_encode, reader.frame())
                elif wanted_ms - reader.time_ms > _OVERSTATED_MS:
                    yield offer, partial(_fail, self._ends_early(reader.time_ms))
                else:
                    yield offer, None
        finally:
            reader.close()

    def read_again(self, offer: Offer) -> bytes:
        """Frames are kept instead.

        Raises:
            PictureUnreadable: always.
        """
        raise PictureUnreadable(f"The frame at {offer.name} is not read a second time.")

    def is_fleeting(self, _offer: Offer) -> bool:
        """A frame is a file nowhere else."""
        return True

    def close(self) -> None:
        """No file stays open."""

    def _time_ms(self, number: int) -> float:
        return number * 1000 / self._rate

    def _ends_early(self, time_ms: float) -> PictureTruncated:
        return PictureTruncated(
            f"The video cannot be read beyond {_clock(time_ms)}; by its header it goes on until "
            f"{_clock(self._length_ms)}."
        )


class _Reader:
    """A video that is read from front to back."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._capture = self._open()
        self.time_ms = -math.inf

    def length_ms(self) -> float:
        """Time of the last frame by the header, or by looking where the header does not say."""
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        if rate > 0 and count >= 1:
            return float((count - 1) * 1000 / rate)
        while self._grab():
            pass
        if self.time_ms < 0:
            raise ConfigurationInvalid(f"{self._path} has no frame that can be read.")
        return self.time_ms

    def advance(self, wanted_ms: float) -> bool:
        """Goes on to the first frame at that time or later; False if there is none."""
        if wanted_ms - max(self.time_ms, 0.0) > _WORTH_SEEKING_MS:
            self._seek(wanted_ms)
        while self.time_ms + _TOLERANCE_MS < wanted_ms:
            if not self._grab():
                return False
        return True

    def frame(self) -> RgbImage | None:
        """The frame that was reached; None if it cannot be decoded."""
        done, bgr = self._capture.retrieve()
        return cast(RgbImage, cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)) if done else None

    def close(self) -> None:
        """Closes the file."""
        self._capture.release()

    def _seek(self, wanted_ms: float) -> None:
        """Jumps to a frame before that time, or stays where it is."""
        self._capture.set(cv2.CAP_PROP_POS_MSEC, wanted_ms - _SEEK_MARGIN_MS)
        if self._grab() and self.time_ms < wanted_ms:
            return
        self._capture.release()  # where jumping fails, going through all of it does not
        self._capture = self._open()
        self.time_ms = -math.inf

    def _grab(self) -> bool:
        if not self._capture.grab():
            return False
        self.time_ms = float(self._capture.get(cv2.CAP_PROP_POS_MSEC))
        return True

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise ConfigurationInvalid(f"{self._path} cannot be read as a video.")
        return capture


def _encode(frame: RgbImage | None) -> bytes:
    if frame is None:
        raise PictureTruncated("The frame cannot be decoded.")
    return encode_jpeg(frame, _JPEG_QUALITY)


def _fail(error: SafetyDetectorError) -> bytes:
    raise error


def _clock(time_ms: float) -> str:
    """``00-12-03.500``: hours, minutes and seconds."""
    whole = round(time_ms)
    minutes, seconds_ms = divmod(whole, 60_000)
    return f"{minutes // 60:02}-{minutes % 60:02}-{seconds_ms // 1000:02}.{seconds_ms % 1000:03}"
