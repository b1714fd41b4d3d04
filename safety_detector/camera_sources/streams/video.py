"""Takes pictures out of a video stream, decoding as little as it can.

OpenCV's FFmpeg (LGPL) decodes.  Its decoder is told to pass over everything but key frames where
these come at least as often as pictures are wanted: a tenth of the work.
"""

from __future__ import annotations

import os
import stat
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from typing import cast

import cv2

from safety_detector.camera_sources.puller import StreamFacts
from safety_detector.camera_sources.streams.complaints import listen
from safety_detector.camera_sources.streams.feed import Feed
from safety_detector.camera_sources.streams.job import StreamJob
from safety_detector.camera_sources.streams.teller import Teller
from safety_detector.errors import (
    CameraStreamBroken,
    CameraStreamMissing,
    CameraTimedOut,
    CameraUnavailable,
    CameraUnreachable,
)
from safety_detector.message_texts.reason import system_cause
from safety_detector.pictures.decoder_complaints import DecoderComplaints, decoder_complaints
from safety_detector.pictures.images import RgbImage, encode_jpeg

_JPEG_QUALITY = 90
_KEYS_ALONE_FROM_S = 1.0  # a picture this often or less: it may be worth it to look at keys alone
_KEYS_MEASURED = 3
_EARLY = 0.1  # so much of an interval too early is in time
_MOST_AHEAD_S = 1.0  # of a file: its frames are shown when they are due
_JUMP_S = 10.0  # a step of a stream's clock, rather than its running
_LATE_S = 2.0
_DAMAGED_FOR_S = 15.0
_MENDED_S = 5.0
_FAILURES_AT_END = 5
_AT_ONCE_S = 1.0
# Streams and files of which none names others; by FFmpeg's names of their readers.
FORMATS = (
    "mpegts,mov,flv,live_flv,matroska,avi,mpeg,mpegvideo,h264,hevc,m4v,mjpeg,mpjpeg,ogg,asf,dhav"
)
_BURST_S = 1.0  # frames that came while the stream was looked through are given out first
_DRIFT = 0.001  # a camera's clock runs that much slower or faster at the most
_CODECS = {
    "avc1": "h264",
    "h264": "h264",
    "x264": "h264",
    "hevc": "hevc",
    "hvc1": "hevc",
    "hev1": "hevc",
    "h265": "hevc",
    "mjpg": "mjpeg",
    "jpeg": "mjpeg",
    "mp4v": "mpeg4",
    "fmp4": "mpeg4",
    "av01": "av1",
    "vp80": "vp8",
    "vp90": "vp9",
    "vp09": "vp9",
}


@dataclass(frozen=True, slots=True)
class Video:
    """What is opened.

    Attributes:
        address: for FFmpeg.
        options: of its formats and protocols.
        is_live: whether its frames come when they are taken; a file's come at once.
        is_paced: whether they come in heaps, and are shown when they are due.
        feed: what FFmpeg reads, where it has no network itself.
        codec: where it is known from elsewhere.
        check: looks whether its connections are as they should be.
        is_retried: whether what fails at once is tried once more.
    """

    address: str = field(repr=False)
    options: dict[str, str] = field(repr=False)
    is_live: bool = True
    is_paced: bool = False
    feed: Feed | None = None
    codec: str | None = None
    check: Callable[[], None] = lambda: None
    is_retried: bool = False


class _Ended(Enum):
    """Why a video was not followed any further."""

    KEYS_ARE_RARE = auto()
    AT_ITS_END = auto()
    BY_ANOTHER_SIZE = auto()


def read_file(job: StreamJob, tell: Teller) -> None:
    """Plays a video file at its own speed, from its beginning again if that is wanted."""
    path = Path(job.source.url)
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise CameraStreamMissing("camera-file-irregular", path=path)
        path.open("rb").close()
    except OSError as exc:
        raise CameraStreamMissing(
            "camera-file-unreadable", path=path, cause=system_cause(exc)
        ) from exc
    # A "file:" in front keeps FFmpeg from taking a part of the name for a protocol.
    options = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
    video = Video(f"file:{path.absolute()}", options, is_live=False)
    follow(lambda: video, job, tell)


def follow(open_video: Callable[[], Video], job: StreamJob, tell: Teller) -> None:
    """Hands over a picture every ``every_s`` until the stream ends.

    Args:
        open_video: says what is to be opened; asked again where that has to be done anew.
        job: the stream.
        tell: is told of pictures.

    Raises:
        CameraUnavailable: it does, or cannot be read.
    """
    keys_alone = job.every_s >= _KEYS_ALONE_FROM_S
    with decoder_complaints() as complaints:
        while True:
            video = open_video()
            one = _Following(video, job, tell, complaints, keys_alone=keys_alone)
            try:
                ended = one.run()
            except CameraUnavailable:
                if video.feed is not None and video.feed.error is not None:
                    raise video.feed.error from None  # what the decoder lacked
                raise
            finally:
                if video.feed is not None:
                    video.feed.close()
            if ended is _Ended.KEYS_ARE_RARE:
                keys_alone = False
            elif ended is _Ended.BY_ANOTHER_SIZE:
                pass  # opened again it gives pictures of the new size
            elif video.is_live or not job.source.options.loop:
                raise CameraStreamMissing("camera-video-ended")
            elif not one.handed_over:
                raise CameraStreamBroken("camera-no-frame", cause=one.words or "-")


def next_due(due: float, now: float, every_s: float) -> float:
    """When the next picture is wanted, after one that was wanted at ``due`` came at ``now``.

    Where pictures come often the mean distance is ``every_s``; where they come seldom, as key
    frames do, none is passed over for coming a moment too early.
    """
    if now - due < _EARLY * every_s:
        return due + every_s
    return now + (1 - _EARLY) * every_s


class _Following:
    """One opening of a stream."""

    def __init__(
        self,
        video: Video,
        job: StreamJob,
        tell: Teller,
        complaints: DecoderComplaints,
        *,
        keys_alone: bool,
    ) -> None:
        self._video, self._job, self._tell = video, job, tell
        self._complaints = complaints
        self._keys_alone = keys_alone
        self._intervals: list[float] = []
        self._last_ms: float | None = None
        self._last_grab = self._sound_at = time.monotonic()
        self._due = self._damaged_at = 0.0
        self._damage: str | None = None
        self._began: float | None = None
        self._clock_s: float | None = None
        self._opened_at = self._compared_at = 0.0
        self.handed_over = 0
        self.words: str | None = None
        # Key frames may be rarer than the time after which a stream is dead.
        self._read_s = max(job.limits.silence_s, 2 * job.every_s if keys_alone else 0)

    def run(self) -> _Ended:
        capture = self._open()
        facts = self._facts(capture)
        self._video.check()
        self._tell.step("watch", self._read_s + 1)
        self._opened_at = time.monotonic()
        failures = grabbed = 0
        while True:
            asked = time.monotonic()
            self._wait_at_most(self._read_s)
            is_there = capture.grab()
            said = listen(self._complaints)
            self.words = said.damage or said.first or self.words
            now = time.monotonic()
            if not is_there:
                if now - asked >= self._read_s - 0.5:
                    return self._silent()
                # What cannot be decoded fails likewise, and goes on.
                failures += said.damage is None
                if failures < _FAILURES_AT_END:
                    self._note_damage(said.damage, now)
                    continue
                bytearray(4 * (facts.width or 0) * (facts.height or 0))  # may be what was lacking
                if self._video.is_live:
                    raise CameraUnreachable("camera-stream-ended")
                return _Ended.AT_ITS_END
            failures = 0
            if said.has_new_format and grabbed:
                return _Ended.BY_ANOTHER_SIZE
            grabbed += 1
            self._tell.alive()
            if self._keys_are_rare(capture, now):
                return _Ended.KEYS_ARE_RARE
            self._keep_pace(capture)
            self._use(capture, facts, said.damage, now)

    def _wait_at_most(self, seconds: float) -> None:
        if self._video.feed is not None:
            self._video.feed.wait_at_most(seconds)

    def _note_damage(self, words: str | None, now: float) -> None:
        if words is not None:
            self._damaged_at, self._damage = now, words
        if self._damage is not None and now - self._sound_at > _DAMAGED_FOR_S:
            raise CameraStreamBroken("camera-not-decoded", cause=self._damage)

    def _silent(self) -> _Ended:
        if self._keys_alone and self._video.is_live:
            return _Ended.KEYS_ARE_RARE  # opened again, it says whether anything comes at all
        raise CameraTimedOut("camera-silent", seconds=self._read_s)

    def _open(self) -> cv2.VideoCapture:
        limits = self._job.limits
        options = dict(self._video.options)
        if self._keys_alone:
            options["avdiscard"] = "nonkey"
        os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "|".join(
            f"{name};{value}" for name, value in options.items()
        )
        for attempt in (1, 2):
            self._tell.step("open", limits.open_s + 5)
            began = time.monotonic()
            self._wait_at_most(limits.open_s)
            capture = cv2.VideoCapture(
                self._video.address,
                cv2.CAP_FFMPEG,
                [
                    *(cv2.CAP_PROP_N_THREADS, 1),
                    *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(limits.open_s * 1000)),
                    *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(self._read_s * 1000)),
                ],
            )
            said = listen(self._complaints)
            if capture.isOpened():
                return capture  # what was said of looking for the streams is said again
            took_s = time.monotonic() - began
            if took_s > _AT_ONCE_S or not self._video.is_retried or attempt == 2:
                break
            time.sleep(_AT_ONCE_S)  # some servers still put the answer before away
        if took_s >= limits.open_s - 0.5:
            raise CameraTimedOut("camera-first-picture-timeout", seconds=limits.open_s)
        cause = said.damage or said.first
        if cause is None:
            raise CameraStreamMissing("camera-no-video-found")
        raise CameraStreamBroken("camera-not-decoded", cause=cause)

    def _facts(self, capture: cv2.VideoCapture) -> StreamFacts:
        number = int(capture.get(cv2.CAP_PROP_FOURCC))
        fourcc = number.to_bytes(4, "little").decode("latin-1").lower() if number > 0 else ""
        width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        if width * height > self._job.limits.max_pixels:
            raise CameraStreamBroken(
                "frame-too-large", pixels=width * height, limit=self._job.limits.max_pixels
            )
        fps = float(capture.get(cv2.CAP_PROP_FPS))
        codec = self._video.codec or _CODECS.get(fourcc) or fourcc.strip("\0 ")
        return StreamFacts(
            codec=codec if codec.isprintable() and codec else None,
            width=width,
            height=height,
            fps=round(fps, 2) if 0.01 <= fps <= 300 else None,
        )

    def _keys_are_rare(self, capture: cv2.VideoCapture, now: float) -> bool:
        """Whether key frames are measured to come too seldom for what is wanted."""
        ms = capture.get(cv2.CAP_PROP_POS_MSEC)
        passed_ms = ms - self._last_ms if self._last_ms is not None else None
        passed_s = now - self._last_grab
        self._last_ms, self._last_grab = ms, now
        if not self._keys_alone or passed_ms is None or len(self._intervals) >= _KEYS_MEASURED:
            return False
        self._intervals.append(passed_ms / 1000 if passed_ms > 0 else passed_s)
        if len(self._intervals) < _KEYS_MEASURED:
            return False
        most_s = max(self._job.every_s * (1 + _EARLY), self._job.every_s + 0.5)
        return statistics.median(self._intervals) > most_s

    def _keep_pace(self, capture: cv2.VideoCapture) -> None:
        """Waits where a file's frames come before they are due."""
        if self._video.is_live and not self._video.is_paced:
            return
        now = time.monotonic()
        at_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if self._began is None or not -_LATE_S < self._began + at_s - now < _JUMP_S:
            self._began = now - at_s
        while (ahead_s := self._began + at_s - time.monotonic()) > 0:
            time.sleep(min(ahead_s, 1.0))
            self._tell.alive()

    def _use(
        self, capture: cv2.VideoCapture, facts: StreamFacts, words: str | None, now: float
    ) -> None:
        """Hands a frame over if one is due and this one is sound."""
        is_whole = capture.get(cv2.CAP_PROP_FRAME_TYPE) == ord("I")
        if words is None and (is_whole or now - self._damaged_at > _MENDED_S):
            self._damage = None  # a whole picture, or pieces of one in each of the last ones
        self._note_damage(words, now)
        if self._damage is not None:
            return
        self._sound_at = now
        self._compare_clocks(capture, now)
        if now < self._due:
            return
        is_there, bgr = capture.retrieve()
        if not is_there:
            return
        self._due = next_due(self._due, now, self._job.every_s)
        picture = encode_jpeg(cast(RgbImage, bgr), _JPEG_QUALITY, "BGR")
        received_at = datetime.now(UTC)
        taken_at = self._taken_at(capture)
        height, width = bgr.shape[:2]
        facts = replace(facts, width=width, height=height, clock_difference_s=self._clock_s)
        self._tell.frame(picture, received_at, taken_at, facts)
        self.handed_over += 1

    def _compare_clocks(self, capture: cv2.VideoCapture, now: float) -> None:
        """Holds the camera's clock against ours, by those frames that came with the least delay."""
        taken_at = self._taken_at(capture)
        if taken_at is None or now - self._opened_at < _BURST_S:
            return
        ahead_s = (taken_at - datetime.now(UTC)).total_seconds()
        passed_s, self._compared_at = now - self._compared_at, now
        if self._clock_s is None:
            self._clock_s = ahead_s
        else:
            self._clock_s = max(ahead_s, self._clock_s - _DRIFT * passed_s)

    def _taken_at(self, capture: cv2.VideoCapture) -> datetime | None:
        """When the camera says that a frame was taken, by RTCP's sender reports."""
        if not self._video.is_live:
            return None
        opened_us = capture.get(cv2.CAP_PROP_STREAM_OPEN_TIME_USEC)
        if opened_us <= 0:
            return None
        try:
            return datetime.fromtimestamp(opened_us / 1e6, UTC) + timedelta(
                milliseconds=capture.get(cv2.CAP_PROP_POS_MSEC)
            )
        except (ValueError, OverflowError, OSError):
            return None
