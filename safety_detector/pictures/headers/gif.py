"""GIF: blocks up to the first picture (GIF89a)."""

from __future__ import annotations

from dataclasses import dataclass

from safety_detector.pictures.headers.header import (
    RGB_BYTES,
    HeaderCut,
    HeaderUnreadable,
    StoredPicture,
    check_count,
)

_SCREEN_BYTES, _FRAME_BYTES = 13, 10
_EXTENSION, _IMAGE, _CONTROL = 0x21, 0x2C, 0xF9
_MOST_BLOCKS = 250_000  # before the first picture; 48 MiB in blocks of 255 bytes are 197,380
_MOST_STRAY_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class _Places:
    """Where things are, in bytes of the file.

    Attributes:
        palette_end: behind screen and global palette.
        control: start and end of the last control extension before the first picture.
        image: of the first picture's descriptor.
    """

    palette_end: int
    control: tuple[int, int]
    image: int


def read_gif(data: bytes) -> StoredPicture:
    """The header of a GIF.

    Raises:
        HeaderUnreadable: as it says.
        PictureTooLarge: more blocks before the first picture than a picture has.
    """
    places = _find(data)
    frame = data[places.image : places.image + _FRAME_BYTES]
    left, top, across, down = (int.from_bytes(frame[at : at + 2], "little") for at in (1, 3, 5, 7))
    # A frame that reaches over the screen makes it larger.
    width = max(int.from_bytes(data[6:8], "little"), left + across)
    height = max(int.from_bytes(data[8:10], "little"), top + down)
    palette = _own_palette(data, places) or data[_SCREEN_BYTES : places.palette_end]
    greys = all(palette[at : at + 3] == bytes([at // 3] * 3) for at in range(0, len(palette), 3))
    return StoredPicture(
        format="GIF",
        mode="L" if greys else "P",
        width=width,
        height=height,
        orientation=1,
        # What is behind the frame is kept for the next one.
        decoder_bytes=(2 + RGB_BYTES) * width * height,
        kind="GIF",
    )


def pixels_alone(data: bytes) -> bytes:
    """The file without comments and applications' data before the first picture."""
    places = _find(data)
    if places.image == places.palette_end:
        return data
    start, end = places.control
    return data[: places.palette_end] + data[start:end] + data[places.image :]


def _own_palette(data: bytes, places: _Places) -> bytes:
    flags = data[places.image + 9]
    start = places.image + _FRAME_BYTES
    return data[start : start + _palette_bytes(flags)]


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _find(data: bytes) -> _Places:
    if len(data) < _SCREEN_BYTES:
        raise HeaderCut("it ends inside its header")
    palette_end = place = _SCREEN_BYTES + _palette_bytes(data[10])
    control, blocks, stray = (place, place), 0, 0
    while place + _FRAME_BYTES <= len(data):
        start, introducer = place, data[place]
        if introducer == _IMAGE:
            return _Places(palette_end, control, place)
        if introducer == 0x3B:
            raise HeaderUnreadable("has-no-picture")
        if introducer != _EXTENSION:  # passed over, as browsers and Pillow do
            place, stray = place + 1, stray + 1
            check_count(stray, _MOST_STRAY_BYTES, "bytes-between-blocks")
            continue
        place, blocks = place + 2, blocks + 1
        while place < len(data) and data[place]:
            place += 1 + data[place]
            blocks += 1
            check_count(blocks, _MOST_BLOCKS, "blocks-before-pixels")
        place += 1
        check_count(blocks, _MOST_BLOCKS, "blocks before its pixels")
        if data[start + 1] == _CONTROL:
            control = (start, place)
    raise HeaderCut("it ends before its first picture")
