"""What pulls a camera's pictures, whatever its source is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What a source says of its pictures; None where it says nothing.

    Attributes:
        codec: such as ``h264``, ``hevc``, ``mjpeg``.
        width: pixels.
        height: pixels.
        fps: frames a second.
        clock_difference_s: the camera's clock less this machine's.
    """

    codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    clock_difference_s: float | None = None


@dataclass(frozen=True, slots=True)
class PulledFrame:
    """One picture of a camera.

    Attributes:
        jpeg: its bytes as they are kept; a drop folder's or a snapshot's may be a PNG.
        name: of the file, or by its time.
        taken_at: when the camera says that it was taken; None where it does not.
        received_at: when it came.
        facts: of the stream at that moment.
    """

    jpeg: bytes = field(repr=False)
    name: str
    taken_at: datetime | None
    received_at: datetime
    facts: StreamFacts


class Puller(Protocol):
    """Pulls pictures of one camera; used by one thread.

    ``read`` raises ``errors.CameraUnavailable``, of which the class and the reason say what is
    wrong; then the puller has ended, and whoever wants more opens another one.
    """

    def start(self) -> None:
        """Begins; returns at once."""

    def read(self, timeout_s: float) -> PulledFrame | None:
        """The newest picture that was not given out yet; None where none came in time.

        Raises:
            CameraUnavailable: nothing comes any more.
        """
        ...

    def accepted(self, frame: PulledFrame) -> None:
        """Says that a picture is stored safely, so that its file may go."""

    def stop(self) -> None:
        """Ends everything at once; may be called twice, and by another thread."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What a test of a source found.

    Attributes:
        frame: a picture, with what is known of the stream.
        took_s: from the beginning to the picture.
    """

    frame: PulledFrame
    took_s: float
