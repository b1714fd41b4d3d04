"""BMP: the headers of Windows and OS/2."""

from __future__ import annotations

from safety_detector.errors import PictureTooLarge
from safety_detector.message_texts.reason import Reason
from safety_detector.pictures.headers.header import (
    MIB,
    RGB_BYTES,
    HeaderCut,
    HeaderUnreadable,
    StoredPicture,
)

_RAW, _RLE8, _RLE4, _BITFIELDS = 0, 1, 2, 3
_OS2_BYTES, _V2_BYTES = 12, 52
_HEADERS = (_OS2_BYTES, 40, _V2_BYTES, 56, 64, 108, 124)
_MODES = {1: "P", 4: "P", 8: "P", 16: "RGB", 24: "RGB", 32: "RGB"}
_MOST_COLOURS = 65_536
# Run lengths are undone by Python, byte by byte and pixel by pixel: two seconds at the most.
_MOST_RUN_LENGTH_BYTES = 4 * MIB
_MOST_RUN_LENGTH_PIXELS = 16_000_000


def read_bmp(data: bytes) -> StoredPicture:
    """The header of a BMP.

    Raises:
        HeaderUnreadable: as it says.
        PictureTooLarge: more run lengths than are undone in a moment.
    """
    header_bytes = _header_bytes(data)
    if header_bytes == _OS2_BYTES:
        width, height, bits = (_number(data, at, 2) for at in (18, 20, 24))
        compression, colours = _RAW, 0
    else:
        width, height = _number(data, 18, 4), _number(data, 22, 4)
        if data[25] == 0xFF:  # negative: the first row is the uppermost
            height = 2**32 - height
        bits, compression, colours = (
            _number(data, 28, 2),
            _number(data, 30, 4),
            _number(data, 46, 4),
        )
    mode = _MODES.get(bits)
    if mode is None:
        raise HeaderUnreadable("bits-a-pixel", bits=bits)
    if compression not in (_RAW, _RLE8, _RLE4, _BITFIELDS):
        raise HeaderUnreadable("compression-unknown", compression=compression)
    held = 4
    if mode == "P":
        held, padding = 1, 3 if header_bytes == _OS2_BYTES else 4
        mode = _palette_mode(data, 14 + header_bytes, colours or 1 << bits, padding)
    elif compression == _BITFIELDS and bits == 32:
        mode = _mode_of_masks(data, header_bytes)
    if compression in (_RLE8, _RLE4):
        _check_run_lengths(len(data), width * height)
        held = 4  # the bytes, twice, and Pillow's picture
    return StoredPicture(
        format="BMP",
        mode=mode,
        width=width,
        height=height,
        orientation=1,
        decoder_bytes=(held + RGB_BYTES) * width * height,
        kind=f"BMP of {bits} bits",
    )


def _header_bytes(data: bytes) -> int:
    header_bytes = _number(data, 14, 4)
    if len(data) >= 18 and header_bytes not in _HEADERS:
        raise HeaderUnreadable("header-of-bytes", bytes=header_bytes)
    if len(data) < 14 + header_bytes:
        raise HeaderCut("it ends inside its header")
    return header_bytes


def _check_run_lengths(size_bytes: int, pixels: int) -> None:
    for actual, limit, what in (
        (size_bytes, _MOST_RUN_LENGTH_BYTES, "bytes"),
        (pixels, _MOST_RUN_LENGTH_PIXELS, "pixels"),
    ):
        if actual > limit:
            raise PictureTooLarge(
                "run-length-bmp-too-large",
                what=Reason(what),
                limit=limit,
                actual=actual,
            )


def _palette_mode(data: bytes, place: int, colours: int, padding: int) -> str:
    """``P``, or ``L`` or ``1`` where the colours are greys in their order."""
    if colours > _MOST_COLOURS:
        raise HeaderUnreadable("palette-too-large", colours=colours)
    greys = (0, 255) if colours == 2 else range(colours)
    for index, grey in enumerate(greys):
        start = place + index * padding
        if grey > 255 or data[start : start + 3] != bytes([grey] * 3):
            return "P"
    return "1" if colours <= 2 else "L"


def _mode_of_masks(data: bytes, header_bytes: int) -> str:
    alpha = _number(data, 66, 4) if header_bytes >= 56 else 0
    colours = [_number(data, at, 4) for at in (54, 58, 62)]
    return "RGBA" if alpha or not any(colours) else "RGB"


def _number(data: bytes, place: int, width: int) -> int:
    return int.from_bytes(data[place : place + width], "little")
