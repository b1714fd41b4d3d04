"""Any pixel type that Pillow reads, as RGB of 8 bits a channel."""

from __future__ import annotations

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray

from safety_detector.errors import UnsupportedPicture

_OPAQUE = 250
"""Alpha from which a pixel counts as opaque; lossy formats keep 255 only nearly."""

_BRIGHTEST_SHARE = 99.9
"""Percentile that tells the range of 16-bit values: above it are lamps and broken pixels."""

_RANGES_BITS = (8, 10, 12, 14, 16)
"""Bits that cameras write into 16."""

_DARK_UPPER_BYTES = 0x3F
"""Where the upper bytes of 16-bit colours reach no further, the values have 14 bits or fewer."""


def to_rgb(picture: PIL.Image.Image, data: bytes) -> NDArray[np.uint8]:
    """The loaded picture as ``uint8`` of shape ``(height, width, 3)``, orientation not applied.

    Greys of 16 bits are scaled by the range that they use; transparency is laid over white, but
    where nothing is opaque the colours count: an alpha channel that its writer never filled would
    leave a white page.

    Args:
        picture: loaded.
        data: the file that it was loaded from.

    Raises:
        UnsupportedPicture: a pixel type without a plain meaning as a photograph.
    """
    if picture.mode.startswith("I"):
        return _grey_to_rgb(np.asarray(picture))
    if picture.mode in ("F", "LAB", "HSV"):
        raise UnsupportedPicture(
            f"Pixels of type {picture.mode} are not read; convert to 8-bit RGB first."
        )
    if picture.has_transparency_data:
        return _without_transparency(picture)
    rgb = np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))
    if _has_sixteen_bits(picture, data) and int(rgb.max(initial=0)) <= _DARK_UPPER_BYTES:
        return _deep_colours(data, rgb)
    return rgb


def _without_transparency(picture: PIL.Image.Image) -> NDArray[np.uint8]:
    # Of colours that are multiplied by their alpha nothing is left where that is 0: as stored.
    as_stored = picture.mode == "RGBa"
    colours = np.asarray(picture if as_stored else picture.convert("RGBA"))
    if int(colours[..., 3].max(initial=0)) < _OPAQUE:
        return np.ascontiguousarray(colours[..., :3])
    rgba = picture.convert("RGBA")
    white = PIL.Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    return np.asarray(PIL.Image.alpha_composite(white, rgba).convert("RGB"))


def _grey_to_rgb(grey: NDArray[np.integer]) -> NDArray[np.uint8]:
    """16-bit grey to RGB by the range it uses; wider values have no agreed white."""
    if grey.size and (int(grey.max()) > 65_535 or int(grey.min()) < 0):
        raise UnsupportedPicture("32-bit grey pixels are not read; convert to 8-bit first.")
    return np.repeat(_to_eight_bits(grey)[:, :, np.newaxis], 3, axis=2)


def _to_eight_bits(values: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Values of up to 16 bits, scaled by the bits that they use: 12 of them are common.

    A picture that is only dark is brightened by this, as an eye or a camera would.
    """
    brightest = float(np.percentile(values, _BRIGHTEST_SHARE)) if values.size else 0.0
    bits = next(bits for bits in _RANGES_BITS if brightest < 1 << bits)
    shifted = np.right_shift(values.astype(np.uint16), bits - 8)
    return np.minimum(shifted, 255).astype(np.uint8)


def _has_sixteen_bits(picture: PIL.Image.Image, data: bytes) -> bool:
    """Whether a PNG holds 16 bits a channel (byte 24 of the file), of which Pillow keeps 8."""
    return picture.format == "PNG" and data[24:25] == b"\x10"


def _deep_colours(data: bytes, upper_bytes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The colours of a 16-bit PNG by the range that they use."""
    deep = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if deep is None or deep.dtype != np.uint16 or deep.ndim != 3:
        return upper_bytes
    return _to_eight_bits(deep[..., 2::-1].astype(np.uint16))
