"""Picture bytes to upright RGB arrays and back.

Arrays are ``uint8`` of shape ``(height, width, 3)``, channel order RGB, with the EXIF orientation
already applied; every box in the program refers to such an upright picture.
"""

from __future__ import annotations

import ctypes
import io
import os
import struct
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

import cv2
import numpy as np
import PIL.Image
import PIL.TiffImagePlugin
import simplejpeg
from numpy.typing import NDArray

from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import (
    NotAPicture,
    PictureBroken,
    PictureTruncated,
    UnsupportedPicture,
)
from safety_detector.pictures.headers import gif, png, tiff, webp
from safety_detector.pictures.headers.header import RGB_BYTES
from safety_detector.pictures.headers.read import read_stored
from safety_detector.pictures.jpeg import decode_jpeg, has_all_its_data
from safety_detector.pictures.pixel_types import (
    Pixels,
    cmyk_pixels,
    fill_deep_colours,
    fill_rgb,
    is_dark_and_deep,
    pillow_pixels,
    rgb_pixels,
    webp_pixels,
)
from safety_detector.pictures.webp_process import decode_webp_apart

RgbImage: TypeAlias = NDArray[np.uint8]
"""An upright picture: ``uint8``, shape ``(height, width, 3)``, RGB."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
"""Formats that are read, by Pillow's names; of an animation the first frame.

HEIC is not among them: one changed byte in a file made libheif 1.23 end the whole process, and
every byte here is hostile.
"""

# Pillow warns and refuses by its own pixel limit when it opens a file.  The limit that counts here
# is the caller's (`ingest.Limits`), checked on the header before any pixel is decoded.
PIL.Image.MAX_IMAGE_PIXELS = None

_STARTS = (b"\xff\xd8\xff", png.SIGNATURE, b"GIF89a", b"RIFF....WEBP", b"II*\0", b"MM\0*")
_PIXELS_ALONE = {"PNG": png.pixels_alone, "GIF": gif.pixels_alone, "TIFF": tiff.pixels_alone}
_TIFF_PIECES = ((273, 279), (324, 325))  # offsets and byte counts of strips, of tiles (TIFF 6.0)
_LARGE_BYTES = 32_000_000
_JPEG_START, _BLANKS, _LONGEST_LEAD = b"\xff\xd8\xff", b"\r\n\t \0", 64
_SIDEWAYS = (5, 6, 7, 8)  # orientations that swap width and height


_C_LIBRARY = ctypes.CDLL(None) if os.name == "posix" else None


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What the first bytes of a picture say, before anything is decoded.

    Attributes:
        format: one of ``FORMATS``, or ``MPO`` (a JPEG with further pictures behind it).
        mode: Pillow's name of the stored pixel type (``RGB``, ``CMYK``, ``I;16``, …).
        size: width and height of the upright picture.
        orientation: EXIF orientation still to be applied, 1 to 8.
        working_bytes: memory that decoding it and drawing on it take at their peak, without the
            file and what the process holds anyway.
        kind: what decides about that, for people ("lossless WebP").
    """

    format: str
    mode: str
    size: ImageSize
    orientation: int
    working_bytes: int
    kind: str


def read_header(data: bytes) -> PictureHeader:
    """Reads format, size, orientation and cost without any decoder, within bounds.

    Raises:
        NotAPicture: the bytes are something else.
        UnsupportedPicture: a picture format that is not among ``FORMATS``, or a pixel type without
            a plain meaning as a photograph.
        PictureTruncated: the bytes end inside the header.
        PictureBroken: the header contradicts itself.
        PictureTooLarge: it has more entries (chunks, segments, scans, …) than a picture has.
    """
    data = _from_start(data)
    stored = read_stored(data)
    if stored is None:
        raise _refusal(data)
    width, height = stored.width, stored.height
    if stored.orientation in _SIDEWAYS:
        width, height = height, width
    return PictureHeader(
        format=stored.format,
        mode=stored.mode,
        size=ImageSize(width, height),
        orientation=stored.orientation,
        # As an array, and as the copy that is drawn on, is the least.
        working_bytes=max(stored.decoder_bytes, 2 * RGB_BYTES * stored.pixels),
        kind=stored.kind,
    )


def check_complete(data: bytes, header: PictureHeader) -> None:
    """Cheap test that the file does not end before its picture does.

    JPEG needs an end marker behind its first scan, or data for every pixel; PNG an ``IEND`` chunk,
    WebP the length that its header promises.  Other formats are found out when they are decoded.

    Raises:
        PictureTruncated: bytes are missing at the end.
    """
    complete = True
    data = _from_start(data)
    if header.format in ("JPEG", "MPO"):
        complete = has_all_its_data(data)
    elif header.format == "PNG":
        complete = data.find(b"IEND", max(len(data) - 65_536, 0)) >= 0
    elif header.format == "WEBP":
        complete = len(data) >= 8 + int.from_bytes(data[4:8], "little")
    if not complete:
        raise PictureTruncated("file-ends-early", kind=header.format, bytes=len(data))


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """A picture's pixels, and what its decoder thinks of the file.

    Attributes:
        rgb: upright, of shape ``(height, width, 3)``.
        damage: the decoder's words where it calls the file damaged and went on; else None.
    """

    rgb: RgbImage
    damage: str | None


def decode(data: bytes, header: PictureHeader) -> RgbImage:
    """The pixels alone, as ``decode_picture`` gives them, whatever the decoder thinks of them."""
    return decode_picture(data, header).rgb


def decode_picture(data: bytes, header: PictureHeader) -> DecodedPicture:
    """Decodes to an upright RGB array of shape ``(header.size.height, header.size.width, 3)``.

    CMYK, 16-bit grey, palettes and greys become RGB; transparency is laid over white
    (``pixel_types``).

    Raises:
        PictureTruncated: the file ends before the picture does.
        PictureBroken: the pixels cannot be decoded.
        UnsupportedPicture: a pixel type without a plain meaning as a photograph.
    """
    data = _from_start(data)
    try:
        upright, damage = _decode(data, header)
    except (PIL.UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error) as exc:
        raise _undecodable(exc) from exc
    except (EOFError, IndexError, KeyError, TypeError, OverflowError) as exc:
        # Pillow's readers raise any of these on a file that contradicts itself.
        raise _undecodable(exc) from exc
    if upright.nbytes > _LARGE_BYTES:
        _return_freed_memory()
    return DecodedPicture(upright, damage)


def resize(rgb: RgbImage, size: ImageSize) -> RgbImage:
    """The picture at another size: area averaging when it shrinks, bicubic when it grows."""
    if (rgb.shape[1], rgb.shape[0]) == (size.width, size.height):
        return rgb
    shrinks = size.width <= rgb.shape[1] and size.height <= rgb.shape[0]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    resized = cv2.resize(rgb, (size.width, size.height), interpolation=interpolation)
    return cast(RgbImage, resized)


def shrink(rgb: RgbImage, size: ImageSize) -> RgbImage:
    """The picture at a smaller size, for the eye: by a whole factor first, then linearly.

    An eighth of the time that area averaging by an uneven factor takes (0.7 ms against 5.7 ms from
    1280 × 960 to 510 × 383), and nothing to be seen of it.  What a model is to see goes through
    ``resize``.
    """
    factor = min(rgb.shape[1] // size.width, rgb.shape[0] // size.height)
    if factor > 1:
        whole = ImageSize(rgb.shape[1] // factor, rgb.shape[0] // factor)
        # What is left over, less than one of the new pixels, is cut off in equal parts.
        left, top = rgb.shape[1] % factor // 2, rgb.shape[0] % factor // 2
        middle = rgb[top : top + whole.height * factor, left : left + whole.width * factor]
        rgb = resize(middle, whole)
    if size_of(rgb) == size:
        return rgb
    shrunk = cv2.resize(rgb, (size.width, size.height), interpolation=cv2.INTER_LINEAR)
    return cast(RgbImage, shrunk)


def shrink_to_side(rgb: RgbImage, side_px: int) -> RgbImage:
    """The picture with a longer side of ``side_px`` at most, for a look; see ``shrink``."""
    size = size_of(rgb)
    scale = side_px / max(size.width, size.height)
    if scale >= 1:
        return rgb
    width, height = (max(round(scale * side), 1) for side in (size.width, size.height))
    return shrink(rgb, ImageSize(width, height))


def encode_jpeg(pixels: RgbImage, quality: int, order: Literal["RGB", "BGR"] = "RGB") -> bytes:
    """Encodes as baseline JPEG (4:2:0) without any metadata; quality 1 to 100."""
    try:
        encoded = simplejpeg.encode_jpeg(
            np.ascontiguousarray(pixels), quality, order, "420", fastdct=False
        )
    except ValueError as exc:
        raise PictureBroken("jpeg-not-encoded", shape=pixels.shape) from exc
    return cast(bytes, encoded)


def size_of(rgb: RgbImage) -> ImageSize:
    """Width and height of an array picture."""
    return ImageSize(width=rgb.shape[1], height=rgb.shape[0])


def _from_start(data: bytes) -> bytes:
    """The file from its start marker on, where a JPEG has blank bytes before it.

    Devices that cut frames out of a stream leave the stream's line ends in front.
    """
    start = data.find(_JPEG_START, 0, _LONGEST_LEAD)
    if start > 0 and not data[:start].strip(_BLANKS):
        return data[start:]
    return data


def _refusal(data: bytes) -> NotAPicture | UnsupportedPicture | PictureTruncated:
    if not data:
        return NotAPicture("file-empty")
    if len(data) < 12 and any(start.startswith(data) for start in _STARTS):
        return PictureTruncated("header-cut", bytes=len(data))
    kind = _describe(data)
    if kind.startswith("image/"):
        return UnsupportedPicture("picture-type-not-read", kind=kind)
    return NotAPicture("looks-like-another-thing", kind=kind)


def _describe(data: bytes) -> str:
    import puremagic

    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftypavif"):
        return "image/avif" if data[8:12] == b"avif" else "image/heic"
    if data.startswith(b"PK\x03\x04"):  # puremagic takes every zip for a Word document
        return "a zip archive"
    try:
        matches = puremagic.magic_string(data[:8192])
    except (puremagic.PureError, ValueError):
        matches = []
    for match in matches:
        # Below this a match rests on two bytes, which random data has as well.
        if match.confidence >= 0.3:
            return str(match.mime_type or match.name)
    if b"\0" not in data[:512] and all(byte >= 32 or byte in b"\t\r\n" for byte in data[:512]):
        return "text"
    return f"unknown data beginning with {data[:8].hex(' ')}"


def _decode(data: bytes, header: PictureHeader) -> tuple[RgbImage, str | None]:
    """The upright pixels, and what the decoder says is wrong with the file."""
    if header.format in ("JPEG", "MPO"):
        return _decode_jpeg(data, header)
    if header.format == "WEBP":
        return _upright(header, _webp_pixels(data, header)), None
    alone = _PIXELS_ALONE.get(header.format)
    with PIL.Image.open(
        io.BytesIO(alone(data) if alone else data), formats=(header.format,)
    ) as picture:
        if picture.size != _stored_size(header):
            raise PictureBroken("another-size-than-header")
        damage = _missing_strips(picture, data)
        picture.load()
        upright = _upright(header, pillow_pixels(picture))
        is_deep = header.format == "PNG" and is_dark_and_deep(picture, data, upright)
        picture.close()  # frees the pixels, which leaving the block does not
    if is_deep:
        fill_deep_colours(alone(data) if alone else data, _as_stored(upright, header.orientation))
    return upright, damage


def _webp_pixels(data: bytes, header: PictureHeader) -> Pixels:
    if not webp.has_prefix_codes(data):
        return webp_pixels(data)
    return rgb_pixels(decode_webp_apart(data, *_stored_size(header), header.working_bytes))


def _decode_jpeg(data: bytes, header: PictureHeader) -> tuple[RgbImage, str | None]:
    if header.mode == "CMYK":
        inks = decode_jpeg(data, "CMYK")
        return _upright(header, cmyk_pixels(inks.pixels)), inks.damage
    jpeg = decode_jpeg(data)
    _check_size(jpeg.pixels, header)
    turned = _apply_orientation(jpeg.pixels, header.orientation)
    return np.ascontiguousarray(turned), jpeg.damage


def _upright(header: PictureHeader, pixels: Pixels) -> RgbImage:
    """The pixels as RGB, written to where they stand in the upright picture."""
    if (pixels.width, pixels.height) != _stored_size(header):
        raise PictureBroken("another-size-than-header")
    upright = np.empty((header.size.height, header.size.width, RGB_BYTES), np.uint8)
    fill_rgb(_as_stored(upright, header.orientation), pixels)
    return upright


def _check_size(stored: RgbImage, header: PictureHeader) -> None:
    if (stored.shape[1], stored.shape[0]) != _stored_size(header):
        raise PictureBroken("another-size-than-header")


def _stored_size(header: PictureHeader) -> tuple[int, int]:
    size = (header.size.width, header.size.height)
    return size[::-1] if header.orientation in _SIDEWAYS else size


def _undecodable(exc: Exception) -> PictureTruncated | PictureBroken:
    if "truncated" in str(exc).lower() or isinstance(exc, EOFError):
        return PictureTruncated("picture-cut-off", cause=exc)
    return PictureBroken("picture-not-decoded", cause=exc)


def _missing_strips(picture: PIL.Image.Image, data: bytes) -> str | None:
    """What a TIFF lacks of its pixels: Pillow reads a strip without data as it comes."""
    if not isinstance(picture, PIL.TiffImagePlugin.TiffImageFile):
        return None
    for offsets_tag, counts_tag in _TIFF_PIECES:
        offsets = picture.tag_v2.get(offsets_tag, ())
        counts = picture.tag_v2.get(counts_tag, ())
        for number, (offset, count) in enumerate(zip(offsets, counts, strict=False), start=1):
            if offset == 0 or count == 0 or offset + count > len(data):
                return f"part {number} of {len(offsets)} has no data"
    return None


def _return_freed_memory() -> None:
    """Gives what decoders have freed back to the system, where the C library can (glibc).

    It keeps blocks of up to 32 MiB for later: up to 300 MB behind a large picture, and for good.
    """
    trim = getattr(_C_LIBRARY, "malloc_trim", None)
    if trim is not None:
        trim(0)


def _as_stored(upright: RgbImage, orientation: int) -> RgbImage:
    """The upright array seen as the file stores it: each turn and mirror the other way round."""
    return _apply_orientation(upright, {6: 8, 8: 6}.get(orientation, orientation))


def _apply_orientation(stored: RgbImage, orientation: int) -> RgbImage:
    """Turns and mirrors the stored pixels as EXIF 2.32 section 4.6.4 says."""
    match orientation:
        case 2:
            return stored[:, ::-1]
        case 3:
            return stored[::-1, ::-1]
        case 4:
            return stored[::-1]
        case 5:
            return stored.transpose(1, 0, 2)
        case 6:
            return stored[::-1].transpose(1, 0, 2)
        case 7:
            return stored[::-1, ::-1].transpose(1, 0, 2)
        case 8:
            return stored[:, ::-1].transpose(1, 0, 2)
        case _:
            return stored
