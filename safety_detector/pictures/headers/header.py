"""What the readers of all formats give out, and how they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from safety_detector.errors import PictureTooLarge
from safety_detector.message_texts.reason import Reason

RGB_BYTES = 3
"""Bytes of a pixel in the arrays of this program."""

MIB = 2**20


class HeaderUnreadable(Exception):
    """The header contradicts itself; the reason says in a few words what is wrong."""

    def __init__(self, code: str, /, **facts: object) -> None:
        self.reason = Reason.of(code, **facts)
        super().__init__(str(self.reason))


class HeaderCut(HeaderUnreadable):
    """The bytes end inside the header."""


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture as its header describes it.

    Attributes:
        format: JPEG, MPO (a JPEG with further pictures behind it), PNG, WEBP, BMP, TIFF or GIF.
        mode: Pillow's name of the stored pixel type (``RGB``, ``CMYK``, ``I;16``, …).
        width, height: of the pixels as they are stored, of an animation its first frame's canvas.
        orientation: EXIF orientation to be applied to them, 1 to 8.
        decoder_bytes: memory that decoding takes at its peak, with the RGB array that it fills and
            without the file.
        kind: what makes it dear to decode, for people ("progressive JPEG").
    """

    format: str
    mode: str
    width: int
    height: int
    orientation: int
    decoder_bytes: int
    kind: str

    @property
    def pixels(self) -> int:
        """Width × height."""
        return self.width * self.height


def pieces(data: bytes, spans: Iterator[tuple[int, int]]) -> bytes:
    """The spans of the bytes, one behind the other."""
    view = memoryview(data)
    return b"".join(view[start:end] for start, end in spans)


def check_count(number: int, limit: int, what: str) -> None:
    """Refuses a file with more entries than a picture has.

    Raises:
        PictureTooLarge: more than the limit.
    """
    if number > limit:
        raise PictureTooLarge("picture-has-too-many", what=Reason(what), limit=limit, actual=number)
