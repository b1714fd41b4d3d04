"""The header of any picture that is read, by the bytes at its start."""

from __future__ import annotations

from collections.abc import Callable

from safety_detector.errors import PictureBroken, PictureRefused, PictureTruncated
from safety_detector.pictures.headers import jpeg, png, webp
from safety_detector.pictures.headers.bmp import read_bmp
from safety_detector.pictures.headers.exif import byte_order
from safety_detector.pictures.headers.gif import read_gif
from safety_detector.pictures.headers.header import HeaderCut, HeaderUnreadable, StoredPicture
from safety_detector.pictures.headers.tiff import is_tiff, read_tiff

JPEG_START = b"\xff\xd8\xff"


def read_stored(data: bytes) -> StoredPicture | None:
    """What the header says; None where the bytes begin like no picture that is read.

    No byte behind the header is looked at but to count: chunks, blocks, scans, strips, tiles.

    Raises:
        PictureTooLarge: there are more of them than a picture has.
        PictureTruncated, PictureBroken: the header is cut, or contradicts itself.
        UnsupportedPicture: a pixel type without a plain meaning as a photograph.
    """
    reader = _reader_for(data)
    if reader is None:
        return None
    try:
        stored = reader(data)
    except HeaderCut as exc:
        raise PictureTruncated("header-cut", bytes=len(data)) from exc
    except HeaderUnreadable as exc:
        raise PictureBroken("header-unreadable", cause=exc.reason) from exc
    if stored.width < 1 or stored.height < 1:
        raise PictureBroken("no-pixels")
    return stored


def exif_block(data: bytes) -> bytes | None:
    """The TIFF structure with a picture's EXIF tags; None where there is none, or too much else."""
    try:
        if data.startswith(b"\xff\xd8"):
            return jpeg.exif_block(data)
        if data.startswith(png.SIGNATURE):
            return png.exif_block(data)
        if webp.is_webp(data):
            return webp.exif_block(data)
    except PictureRefused:
        return None
    return data if byte_order(data) is not None else None


def _reader_for(data: bytes) -> Callable[[bytes], StoredPicture] | None:
    if data.startswith(JPEG_START):
        return jpeg.read_jpeg
    if data.startswith(png.SIGNATURE):
        return png.read_png
    if webp.is_webp(data):
        return webp.read_webp
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return read_gif
    if data.startswith(b"BM"):
        return read_bmp
    return read_tiff if is_tiff(data) else None
