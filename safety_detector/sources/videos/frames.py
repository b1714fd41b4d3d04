"""The frames of a video as files in the output folder, and the note of which there are.

The video is taken apart once, before anything is inspected, by a process of its own
(``frame_reader``).  Its lines are kept beside the frames when it came to its end, so that a run
that goes on need not take the video apart again.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.output_files import replacing, storage_errors
from safety_detector.message_texts.reason import Reason, read_reason, reason_document
from safety_detector.name_bytes import readable_text
from safety_detector.sources.names import file_for
from safety_detector.sources.videos.timeline import clock

Line: TypeAlias = Sequence[Any]

_FORM = 2  # of the note and of the names of frames
_SILENCE_S = 120.0  # the reader says something every second
_PROGRAM = "safety_detector.sources.videos.frame_reader"


def frame_name(video: str, slot: int, rate: float) -> str:
    """Name of a frame in results: ``gate3.mp4/00-00-12.500.jpg``."""
    return f"{video}/{clock(slot * 1000 / rate)}.jpg"


@dataclass(frozen=True, slots=True)
class Cutting:
    """What of a video is wanted, and where it goes.

    Attributes:
        video: its path.
        name: the video's, for those of its frames.
        stamp: becomes another one when the file changes.
        rate: parts of a second, of each of which one frame is taken.
        assumed_rate: frames a second of a video that does not say when they are shown; None for
            what its stream says.
        max_pixels: larger frames are refused.
        originals: folder of the frames.
        note: file that says which there are.
    """

    video: Path
    name: str
    stamp: str
    rate: float
    assumed_rate: float | None
    max_pixels: int
    originals: Path
    note: Path

    def path_of(self, slot: int) -> Path:
        """Where a frame lies."""
        return self.originals / file_for(frame_name(self.name, slot, self.rate))

    def lines(self) -> Iterator[Line]:
        """The reader's lines about frames, from the note if all that it says is there.

        Raises:
            ConfigurationInvalid: it cannot be read as a video.
            StorageUnavailable: a frame cannot be written.
        """
        if self._is_noted():
            yield from self._noted()
            return
        with replacing(self.note) as note:
            note.write(_encode(self._heading()))
            for line in self._cut():
                if line[0] != "alive":
                    note.write(_encode(line))
                yield line
        if not line[1]:  # of a decoder that crashed; it may have been killed for want of memory
            self.note.unlink(missing_ok=True)

    def check(self) -> None:
        """Makes sure that it is a video.

        Raises:
            ConfigurationInvalid: it cannot be read as one.
        """
        with self._reader("probe") as reader:
            for line in reader:
                self._raise_refusal(line)
                if line[0] == "probed":
                    return
        raise self._refused(Reason("decoder-crashes"))

    def _cut(self) -> Iterator[Line]:
        last_slot = -1
        with self._reader("read") as reader:
            for line in reader:
                self._raise_refusal(line)
                if line[0] in ("frame", "damaged", "missing"):
                    last_slot = line[2] if line[0] == "missing" else line[1]
                yield line
                if line[0] == "end":
                    return
        at = clock((last_slot + 1) * 1000 / self.rate)
        crash = Reason.of("decoder-crashes-at", at=at)
        yield "missing", last_slot + 1, last_slot + 1, reason_document(crash)
        yield "end", {}

    def _raise_refusal(self, line: Line) -> None:
        if line[0] == "refused":
            raise self._refused(read_reason(line[1]))
        if line[0] == "unwritten":
            with storage_errors(self.originals):
                raise OSError(*line[1:])

    def _refused(self, cause: Reason) -> ConfigurationInvalid:
        return ConfigurationInvalid(
            "video-unusable", path=readable_text(str(self.video)), cause=cause
        )

    def _heading(self) -> Line:
        return "video", _FORM, self.stamp, self.rate, self.assumed_rate

    def _is_noted(self) -> bool:
        try:
            with self.note.open("rb") as note:
                if note.readline() != _encode(self._heading()):
                    return False
            return all(
                self.path_of(line[1]).stat().st_size > 0
                for line in self._noted()
                if line[0] == "frame"
            )
        except (OSError, ValueError, LookupError, TypeError):
            return False

    def _noted(self) -> Iterator[Line]:
        with self.note.open("rb") as note:
            next(note)
            yield from (json.loads(line) for line in note)

    @contextmanager
    def _reader(self, task: str) -> Iterator[Iterator[Line]]:
        """The lines of the reader's process, which ends with the block."""
        program = (sys.executable, "-X", "utf8", "-P", "-m", _PROGRAM)
        files = (task, self.video, self.originals, self.name)
        numbers = (self.rate, self.assumed_rate or 0, self.max_pixels)
        process = subprocess.Popen(  # noqa: S603 (our own program)
            [*program, *map(str, (*files, *numbers))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this process to judge
        )
        try:
            if process.stdout is not None:
                yield _read_lines(process.stdout.fileno())
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _read_lines(descriptor: int) -> Iterator[Line]:
    """JSON lines until the other side ends or falls silent."""
    rest = b""
    while select.select([descriptor], [], [], _SILENCE_S)[0]:
        data = os.read(descriptor, 1 << 16)
        if not data:
            return
        *lines, rest = (rest + data).split(b"\n")
        yield from map(json.loads, lines)


def _encode(line: Line) -> bytes:
    return json.dumps(line).encode() + b"\n"
