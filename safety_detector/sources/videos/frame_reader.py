"""The program that takes a video apart, in a process of its own.

    python -m safety_detector.sources.videos.frame_reader
        TASK VIDEO FOLDER NAME RATE ASSUMED MAX_PIXELS

With the task ``read`` it writes one JPEG for each part of a second that has a frame, and tells on
stdout, a JSON array a line, what it found; with ``probe`` it says only whether that would work.

A video is hostile like everything else: what makes FFmpeg crash or hang ends this process and not
the batch.  What FFmpeg complains of on stderr is read here, because OpenCV gives frames that were
patched up with grey or with older pixels as if nothing were wrong with them.  Its own FFmpeg is
built under the LGPL; PyAV's wheels bring GPL encoders along.

Lines: ``["frame", slot]``, ``["damaged", slot, reason]``, ``["missing", first, last, reason]``,
``["alive", frames]`` every second or so; at last ``["end", facts]``, ``["probed"]``, ``["refused",
reason]`` or ``["unwritten", errno, words]``.  A reason is an object with code and facts.

Long on purpose: what is right for one odd file is wrong for another, so that the rules about
frames, times and complaints have to be read together.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

# Before cv2: how many packets are passed over at a time; as it is, a file with much sound between
# two pictures seems to end there.
os.environ["OPENCV_FFMPEG_READ_ATTEMPTS"] = str(1 << 30)
os.environ["OPENCV_FFMPEG_DECODE_ATTEMPTS"] = str(1 << 30)
os.environ["OPENCV_LOG_LEVEL"] = "SILENT"

import cv2

from safety_detector.message_texts.reason import Reason, reason_document
from safety_detector.pictures.decoder_complaints import DecoderComplaints, decoder_complaints
from safety_detector.pictures.images import encode_jpeg
from safety_detector.sources.names import file_for
from safety_detector.sources.videos.frames import frame_name
from safety_detector.sources.videos.timeline import Timeline, clock, slot_of
from safety_detector.sources.videos.video_streams import count_video_streams

Tell: TypeAlias = Callable[..., None]

_JPEG_QUALITY = 95  # of the frames: what is inspected and kept is this JPEG
_USUAL_RATE = 25.0  # FFmpeg's own for streams that do not say
_SANE_RATES = (0.001, 240.0)  # time bases such as 90,000 are no rates
_MOST_THREADS = 8
_REORDERED = 4  # frames that are decoded before one that is shown earlier
_OVERSTATED_MS = 1000.0
_FEW_FRAMES = 16  # fields, and pictures before the first whole one, are no frames of their own
_ALIVE_EVERY_S = 1.0
_MOST_MISSING = 1_000_000  # parts of a second, eleven days of full ones
_FAILURES_AT_END = 1000  # calls; at the end of a file each takes microseconds


@dataclass(slots=True)
class _Damage:
    """What the decoder said is wrong, and how long pictures are built upon it.

    Attributes:
        margin: frames between a message and the picture that it is about.
    """

    margin: int
    words: str | None = None
    since: int = 0

    def follow(self, frame: int, words: str | None, kind: str) -> str | None:
        """What is wrong with a frame; None if nothing is."""
        if words is not None:
            self.words, self.since = words, frame
        elif self.words and kind not in "PBS" and frame - self.since > self.margin:
            self.words = None  # a whole picture, built upon no other
        return self.words


@dataclass(slots=True)
class _Slots:
    """The parts of a second that were told, and the one that waits for a sound frame."""

    tell: Tell
    number: int = -1
    is_filled: bool = True
    cause: str | Reason = ""

    def move_to(self, number: int, lost: str | Reason | None) -> None:
        """Begins another one; tells of those between where frames were lost there."""
        self.close()
        if lost is not None and number > self.number + 1:
            self.miss(number - 1, Reason.of("frames-lost", cause=lost))
        self.number, self.is_filled, self.cause = number, False, ""

    def miss(self, last: int, reason: Reason) -> None:
        """Tells of those behind this one, up to another one, that cannot be read."""
        first = self.number + 1
        if last - first > _MOST_MISSING:  # what is damaged is rather the time
            last = first
        self.tell("missing", first, last, reason_document(reason))

    def close(self) -> None:
        """Gives up on a sound frame."""
        if not self.is_filled:
            reason = Reason.of("frame-damaged", cause=self.cause)
            self.tell("damaged", self.number, reason_document(reason))
            self.is_filled = True


@dataclass(slots=True)
class _Pulse:
    """Tells now and then that work goes on; who hears nothing takes it for hanging."""

    tell: Tell
    next_s: float = 0.0

    def beat(self, frames: int) -> None:
        """To be called often."""
        now = time.monotonic()
        if now >= self.next_s:
            self.next_s = now + _ALIVE_EVERY_S
            self.tell("alive", frames)


@dataclass(frozen=True, slots=True)
class Job:
    """What is wanted.

    Attributes:
        video: its path.
        folder: where the JPEGs go.
        name: the video's, for those of its frames.
        rate: parts of a second.
        assumed_rate: frames a second of a video that does not say when they are shown.
        max_pixels: larger frames are refused.
    """

    video: str
    folder: Path
    name: str
    rate: float
    assumed_rate: float | None
    max_pixels: int

    def path_of(self, slot: int) -> Path:
        """Where the frame of a part of a second goes."""
        return self.folder / file_for(frame_name(self.name, slot, self.rate))


def probe(job: Job, tell: Tell) -> None:
    """Tells whether there is a picture."""
    with decoder_complaints():
        capture = _open(job.video, threads=1)
        if capture is None:
            tell("refused", reason_document(Reason("no-video")))
        elif any(capture.grab() for _ in range(_FAILURES_AT_END)):
            tell("probed")
        else:
            tell("refused", reason_document(Reason("no-frame")))


def read_frames(job: Job, tell: Tell) -> None:
    """Takes the video apart and tells what it finds."""
    with decoder_complaints() as complaints:
        pulse = _Pulse(tell)
        packets = _count_packets(job.video, pulse)
        threads = max(1, min(os.cpu_count() or 1, _MOST_THREADS))
        capture = _open(job.video, threads)
        if capture is None:
            tell("refused", reason_document(Reason("no-video")))
            return
        complaints.take()  # those of looking for the streams come again
        slots = _Slots(tell)
        seen = _follow(capture, job, slots, complaints, packets, threads, pulse)
        if not seen.frames:
            tell("refused", reason_document(Reason("no-frame")))
            return
        missing = _missing_at_end(capture, job, packets, seen, is_cut=complaints.is_cut)
        if missing is not None and missing[0] > slots.number:
            slots.miss(*missing)
        streams = count_video_streams(Path(job.video))
        if streams > 1 and missing is None:
            slots.miss(
                slots.number + 1,
                Reason.of("several-video-streams", streams=streams),
            )
        tell("end", {"frames": seen.frames, "is_timed": seen.is_timed, "rate": seen.rate})


@dataclass(slots=True)
class _Seen:
    """What was decoded.

    Attributes:
        rate: frames a second where they have no times.
        frames: how many.
        last_ms: when the last one is shown.
        is_timed: whether any but the first had a time of its own.
        lost: what was said since the last one, or is still wrong with it.
        has_complaints: whether anything was said at all.
    """

    rate: float
    frames: int = 0
    last_ms: float = 0.0
    is_timed: bool = False
    lost: str | None = None
    has_complaints: bool = False


def _follow(
    capture: cv2.VideoCapture,
    job: Job,
    slots: _Slots,
    complaints: DecoderComplaints,
    packets: int,
    threads: int,
    pulse: _Pulse,
) -> _Seen:
    seen = _Seen(rate=job.assumed_rate or _stated_rate(capture))
    timeline = Timeline(1000 / seen.rate)
    damage = _Damage(margin=threads + _REORDERED)
    failures = 0
    while failures <= max(_FAILURES_AT_END, packets - seen.frames):
        is_there = capture.grab()
        words, said = complaints.take()
        seen.lost = seen.lost or words or said
        seen.has_complaints |= said is not None
        pulse.beat(seen.frames)
        if not is_there:
            failures += 1
            if words is not None:
                damage.follow(seen.frames, words, "P")
            continue
        seen.frames += 1
        decoder_ms = capture.get(cv2.CAP_PROP_POS_MSEC)
        seen.is_timed |= seen.frames > 1 and decoder_ms != 0.0
        seen.last_ms = timeline.place(decoder_ms)
        kind = chr(int(capture.get(cv2.CAP_PROP_FRAME_TYPE)) or ord("?"))
        wrong = damage.follow(seen.frames, words, kind)
        slot = slot_of(seen.last_ms, job.rate)
        if slot > slots.number:
            lost = seen.lost or wrong or (Reason("decoder-silent") if failures else None)
            slots.move_to(slot, lost)
        failures, seen.lost = 0, None
        if not slots.is_filled:
            _fill(capture, job, slots, wrong)
    slots.close()
    seen.lost = seen.lost or damage.words
    return seen


def _fill(capture: cv2.VideoCapture, job: Job, slots: _Slots, wrong: str | Reason | None) -> None:
    if wrong is None:
        pixels = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        if pixels > job.max_pixels:
            wrong = Reason.of("frame-too-large", pixels=pixels, limit=job.max_pixels)
    if wrong is None:
        is_there, bgr = capture.retrieve()
        if is_there:
            _write(job.path_of(slots.number), cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
            slots.tell("frame", slots.number)
            slots.is_filled = True
            return
        wrong = Reason("frame-not-converted")
    slots.cause = slots.cause or wrong


def _write(path: Path, rgb: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(encode_jpeg(rgb, _JPEG_QUALITY))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _open(video: str, threads: int) -> cv2.VideoCapture | None:
    capture = cv2.VideoCapture(video, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, threads])
    return capture if capture.isOpened() else None


def _count_packets(video: str, pulse: _Pulse) -> int:
    """Coded frames in the file, without decoding them; 0 where it cannot be opened."""
    capture = cv2.VideoCapture(video, cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    count = failures = 0
    while capture.isOpened() and failures < _FAILURES_AT_END:
        pulse.beat(0)  # a day's recording takes minutes to go through
        if capture.grab():
            count, failures = count + 1 + failures, 0
        else:
            failures += 1
    return count


def _stated_rate(capture: cv2.VideoCapture) -> float:
    stated = float(capture.get(cv2.CAP_PROP_FPS))
    lowest, highest = _SANE_RATES
    return stated if lowest <= stated <= highest else _USUAL_RATE


def _missing_at_end(
    capture: cv2.VideoCapture, job: Job, packets: int, seen: _Seen, *, is_cut: bool
) -> tuple[int, Reason] | None:
    """The last slot that is missing behind those that were seen, and why; None where none is.

    A header's length counts for that only where it is about pictures: sound often lasts longer.
    """
    count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    header_ms = (count - 1) * 1000 / _stated_rate(capture) if count > 1 else 0.0
    is_longer = header_ms - seen.last_ms > _OVERSTATED_MS
    end = clock(seen.last_ms)
    following = slot_of(seen.last_ms, job.rate) + 1
    if is_longer and (is_cut or seen.lost or _lacks_frames(job.video, packets, count)):
        reason = Reason.of("video-ends-before-header", at=end, until=clock(header_ms))
        return max(slot_of(header_ms, job.rate), following), reason
    if is_cut:
        return following, Reason.of("video-cut", at=end)
    if seen.has_complaints and not seen.is_timed and packets - seen.frames > _FEW_FRAMES:
        # Without times nobody knows which; so many parts of a second are not accounted for.
        reason = Reason.of("frames-not-decoded", frames=packets - seen.frames)
        return max(slot_of((packets - 1) * 1000 / seen.rate, job.rate), following), reason
    if is_longer and seen.frames == 1:
        return following, Reason.of("one-frame-of-many", until=clock(header_ms))
    return None


def _lacks_frames(video: str, packets: int, count: float) -> bool:
    """Whether the container's own list of frames has more than could be read.

    Others have no such list, and their header's length is that of the longest stream.
    """
    with Path(video).open("rb") as file:
        head = file.read(12)
    return packets < count and (head[4:8] == b"ftyp" or head[:4] == b"RIFF")


@contextmanager
def _readable(video: str) -> Iterator[str]:
    """A path that OpenCV takes, which knows UTF-8 alone."""
    try:
        video.encode()
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory() as folder:
            link = Path(folder) / f"video{Path(video).suffix}"
            link.symlink_to(video)
            yield str(link)
    else:
        yield video


def main() -> None:
    """The process."""
    task, video, folder, name, rate, assumed, max_pixels = sys.argv[1:]
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")

    def tell(*line: object) -> None:
        out.write(json.dumps(line) + "\n")
        out.flush()

    job = Job(
        video=video,
        folder=Path(folder),
        name=name,
        rate=float(rate),
        assumed_rate=float(assumed) or None,
        max_pixels=int(max_pixels),
    )
    try:
        with _readable(video) as path:
            (probe if task == "probe" else read_frames)(replace(job, video=path), tell)
    except BrokenPipeError:  # whoever wanted it has gone
        os._exit(1)
    except OSError as exc:
        tell("unwritten", exc.errno or 0, exc.strerror or str(exc))


if __name__ == "__main__":
    main()
