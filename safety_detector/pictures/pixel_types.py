"""Any pixel type that a decoder gives out, as RGB of 8 bits a channel, block by block.

A picture of 64 megapixels is held once as its decoder gives it out and once as RGB; everything in
between is as large as a block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray

from safety_detector.errors import PictureBroken, UnsupportedPicture
from safety_detector.pictures.headers.png import pixels_end_within

_OPAQUE = 250
"""Alpha from which a pixel counts as opaque; lossy formats keep 255 only nearly."""

_BRIGHTEST_SHARE = 0.999
"""Quantile that tells the range of 16-bit values: above it are lamps and broken pixels."""

_RANGES_BITS = (8, 10, 12, 14, 16)
"""Bits that cameras write into 16."""

_DARK_UPPER_BYTES = 0x3F
"""Where the upper bytes of 16-bit colours reach no further, the values have 14 bits or fewer."""

_MOST_DEEP_VALUES = 3 * 24_000_000
"""Of a 16-bit PNG that is decoded with all bits, which takes five bytes for each."""

_ROOM_BYTES = 65_536
_BLOCK_PIXELS = 2**20
_SIXTEEN_BITS = 2**16

_Box: TypeAlias = tuple[int, int, int, int]
_Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Pixels:
    """Decoded pixels that are looked at block by block.

    Attributes:
        width, height: as stored.
        block: the pixels in a box (left, top, right, bottom).
        is_transparent: whether they have an alpha channel, or a colour that stands for one.
    """

    width: int
    height: int
    block: Callable[[_Box], PIL.Image.Image]
    is_transparent: bool

    def blocks(self) -> Iterator[tuple[tuple[slice, slice], PIL.Image.Image]]:
        """All blocks, each with its rows and columns."""
        across = min(self.width, _BLOCK_PIXELS)
        down = max(_BLOCK_PIXELS // across, 1)
        for top in range(0, self.height, down):
            bottom = min(top + down, self.height)
            for left in range(0, self.width, across):
                right = min(left + across, self.width)
                place = (slice(top, bottom), slice(left, right))
                yield place, self.block((left, top, right, bottom))


def pillow_pixels(picture: PIL.Image.Image) -> Pixels:
    """Those of a picture that Pillow has loaded."""
    whole = (0, 0, *picture.size)
    return Pixels(
        picture.width,
        picture.height,
        lambda box: picture if box == whole else picture.crop(box),
        picture.has_transparency_data,
    )


def cmyk_pixels(inks: NDArray[np.uint8]) -> Pixels:
    """Those of a JPEG of four channels, which are inverted (Adobe Technical Note 5116)."""
    height, width, _ = inks.shape
    return Pixels(width, height, lambda box: _image(255 - _cut(inks, box), "CMYK"), False)


def rgb_pixels(stored: NDArray[np.uint8]) -> Pixels:
    """Those of an array of RGB, or of RGBA."""
    height, width, channels = stored.shape
    kind = "RGBA" if channels == 4 else "RGB"
    return Pixels(width, height, lambda box: _image(_cut(stored, box), kind), channels == 4)


def webp_pixels(data: bytes) -> Pixels:
    """Those of a WebP of one frame.

    Pillow's reader holds such a picture five times.

    Raises:
        PictureBroken: it cannot be decoded.
    """
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if bgr is None or bgr.ndim != 3 or bgr.dtype != np.uint8:
        raise PictureBroken("webp-not-decoded")
    height, width, channels = bgr.shape
    order = [2, 1, 0, 3][:channels]
    kind = "RGBA" if channels == 4 else "RGB"
    return Pixels(
        width, height, lambda box: _image(_cut(bgr, box)[..., order], kind), channels == 4
    )


def fill_rgb(stored: NDArray[np.uint8], pixels: Pixels) -> None:
    """Writes the pixels as RGB.

    Greys of 16 bits are scaled by the range that they use; transparency is laid over white, but
    where nothing is opaque the colours count: an alpha channel that its writer never filled would
    leave a white page.

    Args:
        stored: ``uint8``, shape ``(height, width, 3)``, of any strides; filled.
        pixels: of the same size.

    Raises:
        UnsupportedPicture: a pixel type without a plain meaning as a photograph.
    """
    mode = pixels.block((0, 0, 1, 1)).mode
    if mode.startswith("I"):
        _fill_grey(stored, pixels)
    elif mode in ("F", "LAB", "HSV"):
        raise UnsupportedPicture("pixels-not-read", mode=mode)
    elif pixels.is_transparent:
        _fill_without_transparency(stored, pixels, mode)
    else:
        for place, block in pixels.blocks():
            stored[place] = np.asarray(block if mode == "RGB" else block.convert("RGB"))


def is_dark_and_deep(picture: PIL.Image.Image, data: bytes, rgb: NDArray[np.uint8]) -> bool:
    """Whether a PNG holds 16 bits a channel (byte 24 of the file), of which Pillow keeps too few.

    It keeps the upper 8, which are nearly black where a camera writes 12.
    """
    if data[24:25] != b"\x10" or picture.mode != "RGB" or picture.has_transparency_data:
        return False
    return int(rgb.max(initial=0)) <= _DARK_UPPER_BYTES


def fill_deep_colours(data: bytes, stored: NDArray[np.uint8]) -> None:
    """Writes the colours of a dark 16-bit PNG by the range that they use; see ``fill_rgb``.

    Args:
        data: the file.
        stored: holds the upper bytes of its values; filled.
    """
    deep: _Array | None = None
    # Two bytes each, and a filter's byte for each row of each pass.
    most_bytes = 2 * stored.size + 2 * stored.shape[0] + _ROOM_BYTES
    if stored.size <= _MOST_DEEP_VALUES and pixels_end_within(data, most_bytes):
        deep = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if deep is None or deep.dtype != np.uint16 or deep.shape != stored.shape:
        deep, shift = stored[..., ::-1], 8
    else:
        shift = 0
    rows = max(_BLOCK_PIXELS // deep.shape[1], 1)
    bands = [slice(top, top + rows) for top in range(0, deep.shape[0], rows)]
    bits = _bits_used(deep[band].astype(np.uint16) << shift for band in bands)
    for band in bands:
        values = deep[band][..., ::-1].astype(np.uint16) << shift
        stored[band] = _to_eight_bits(values, bits)


def _fill_without_transparency(stored: NDArray[np.uint8], pixels: Pixels, mode: str) -> None:
    brightest = max(
        int(np.asarray(_with_alpha(block))[..., 3].max(initial=0)) for _, block in pixels.blocks()
    )
    if brightest < _OPAQUE:
        # Of colours that are multiplied by their alpha nothing is left where that is 0: as stored.
        for place, block in pixels.blocks():
            stored[place] = np.asarray(_with_alpha(block))[..., :3]
        return
    for place, block in pixels.blocks():
        rgba = block if mode == "RGBA" else block.convert("RGBA")
        white = PIL.Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        stored[place] = np.asarray(PIL.Image.alpha_composite(white, rgba).convert("RGB"))


def _with_alpha(block: PIL.Image.Image) -> PIL.Image.Image:
    return block if block.mode in ("RGBA", "RGBa") else block.convert("RGBA")


def _fill_grey(stored: NDArray[np.uint8], pixels: Pixels) -> None:
    """16-bit grey to RGB by the range it uses; wider values have no agreed white."""

    def greys() -> Iterator[_Array]:
        for _, block in pixels.blocks():
            grey = np.asarray(block)
            if int(grey.max()) >= _SIXTEEN_BITS or int(grey.min()) < 0:
                raise UnsupportedPicture("grey-pixels-not-read")
            yield grey

    bits = _bits_used(greys())
    for place, block in pixels.blocks():
        stored[place] = _to_eight_bits(np.asarray(block), bits)[..., np.newaxis]


def _bits_used(parts: Iterable[_Array]) -> int:
    """The bits that values of up to 16 use: 12 of them are common."""
    counts = np.zeros(_SIXTEEN_BITS, np.int64)
    for values in parts:
        counts += np.bincount(values.ravel(), minlength=_SIXTEEN_BITS)
    up_to = np.cumsum(counts)
    index = _BRIGHTEST_SHARE * (int(up_to[-1]) - 1)
    low, high = (int(np.searchsorted(up_to, int(index) + step, "right")) for step in (0, 1))
    brightest = low + (index - int(index)) * (min(high, _SIXTEEN_BITS - 1) - low)
    return next(bits for bits in _RANGES_BITS if brightest < 1 << bits)


def _to_eight_bits(values: _Array, bits: int) -> NDArray[np.uint8]:
    """Values scaled by the bits that they use.

    A picture that is only dark is brightened by this, as an eye or a camera would.
    """
    shifted = np.right_shift(values.astype(np.uint16), bits - 8)
    return np.minimum(shifted, 255).astype(np.uint8)


def _cut(array: _Array, box: _Box) -> _Array:
    left, top, right, bottom = box
    return array[top:bottom, left:right]


def _image(array: _Array, mode: str) -> PIL.Image.Image:
    height, width, _ = array.shape
    return PIL.Image.frombuffer(
        mode, (width, height), np.ascontiguousarray(array), "raw", mode, 0, 1
    )
