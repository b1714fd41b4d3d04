"""Untrusted bytes and files to pictures that are worth decoding, or a refusal that says why."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import PictureTooLarge, PictureUnreadable
from safety_detector.message_texts.reason import system_cause
from safety_detector.pictures.images import PictureHeader, check_complete, read_header

# RGB of 3 bytes, and what Pillow holds: 4.
_WORKING_BYTES_A_PIXEL = 7
_LONGEST_SIDE = 65_500  # of what libjpeg writes; annotated pictures are JPEGs


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture may cost.

    Attributes:
        max_bytes: size of the file.  32 MiB holds any camera's or phone's JPEG.
        max_pixels: width × height of the decoded picture.  64 million (a 50-megapixel phone
            picture passes) are 192 MB as RGB.
    """

    max_bytes: int = 32 * 2**20
    max_pixels: int = 64_000_000

    @property
    def max_working_bytes(self) -> int:
        """Memory that decoding a picture and drawing on it may take: 448 MB by default.

        With the file and the process itself 600 MB are the peak of one inspection.  Pictures of
        dear kinds (a progressive JPEG without subsampling, a lossless WebP with alpha, 16 bits a
        colour) may have fewer pixels for it.
        """
        return _WORKING_BYTES_A_PIXEL * self.max_pixels


def admit(data: bytes, limits: Limits) -> PictureHeader:
    """Checks everything that can be known of a picture without decoding its pixels.

    Raises:
        PictureTooLarge: more bytes or pixels than the limits.
        NotAPicture, UnsupportedPicture, PictureTruncated, PictureBroken: as they say.
    """
    if len(data) > limits.max_bytes:
        raise too_many_bytes(limits, len(data))
    header = read_header(data)
    check_pixels(header.size, limits)
    _check_memory(header, limits)
    check_complete(data, header)
    return header


def check_pixels(size: ImageSize, limits: Limits) -> None:
    """Refuses a picture that is too large to be looked at.

    Raises:
        PictureTooLarge: more pixels than the limit, or longer than any JPEG.
    """
    side = max(size.width, size.height)
    if size.pixels > limits.max_pixels:
        raise PictureTooLarge(
            "too-many-pixels", actual=size.pixels, size=size, limit=limits.max_pixels
        )
    if side > _LONGEST_SIDE:
        raise PictureTooLarge(
            "picture-too-long",
            limit=_LONGEST_SIDE,
            actual=side,
        )


def _check_memory(header: PictureHeader, limits: Limits) -> None:
    if header.working_bytes > limits.max_working_bytes:
        raise PictureTooLarge(
            "picture-takes-memory",
            kind=header.kind,
            size=header.size,
            megabytes=header.working_bytes / 1e6,
            limit_megabytes=limits.max_working_bytes / 1e6,
            limit=limits.max_working_bytes,
            actual=header.working_bytes,
        )


def too_many_bytes(limits: Limits, actual: int | None) -> PictureTooLarge:
    """The refusal of a picture with more bytes than the limit; ``actual`` None if not counted."""
    if actual is None:
        return PictureTooLarge("too-many-bytes-uncounted", limit=limits.max_bytes, actual=None)
    return PictureTooLarge("too-many-bytes", limit=limits.max_bytes, actual=actual)


def read_file(path: Path, limits: Limits) -> bytes:
    """The bytes of a picture file; never more than the limit is read into memory.

    Raises:
        PictureUnreadable: there is no such file, it is no regular file, or it may not be read.
        PictureTooLarge: it holds more bytes than the limit.
    """
    try:
        facts = path.stat()
        # Looked at before opening: opening a named pipe would wait for a writer.
        if stat.S_ISDIR(facts.st_mode):
            raise PictureUnreadable("picture-is-folder", path=path)
        if not stat.S_ISREG(facts.st_mode):
            raise PictureUnreadable("not-a-regular-file", path=path)
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    except OSError as exc:
        raise PictureUnreadable("unreadable", path=path, cause=system_cause(exc)) from exc
    except ValueError as exc:  # a NUL byte in the name
        raise PictureUnreadable("no-file-name", path=str(path)) from exc
    if len(data) > limits.max_bytes:
        raise too_many_bytes(limits, facts.st_size)
    return data
