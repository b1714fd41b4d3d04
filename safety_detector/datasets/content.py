"""The pixels of a labelled picture as they may go out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from safety_detector.pictures.images import RgbImage, decode, encode_jpeg, read_header

JPEG_QUALITY = 95
"""Of pictures that are encoded anew: nothing that a detector looks at is lost by it."""

_AS_IT_IS = {"JPEG": ".jpg", "PNG": ".png"}
_UPRIGHT = 1


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A file that every tool shows as the upright picture; the ending has its dot."""

    data: bytes
    ending: str


class PictureContent:
    """The pixels of one picture, decoded when somebody asks, and once.

    Args:
        data: the submitted file.
        conceal: changes the upright pixels before anybody sees them; None to leave them.  What it
            raises goes through: no picture goes out unconcealed because that failed.
    """

    def __init__(self, data: bytes, conceal: Callable[[RgbImage], RgbImage] | None = None) -> None:
        self._data = data
        self._header = read_header(data)
        self._conceal = conceal
        self._rgb: RgbImage | None = None

    def rgb(self) -> RgbImage:
        """The upright pixels, concealed where that is wanted.

        Raises:
            PictureRefused: the file cannot be decoded.
        """
        if self._rgb is None:
            rgb = decode(self._data, self._header)
            self._rgb = rgb if self._conceal is None else self._conceal(rgb)
        return self._rgb

    def file(self) -> PictureFile:
        """The submitted file where it can go out as it is, else a JPEG without any metadata.

        What is stored turned (EXIF) is written upright, since tools differ in whether they turn it;
        what is concealed is written anew, since a file may hold a small copy of its picture.

        Raises:
            PictureRefused: the file cannot be decoded.
        """
        ending = _AS_IT_IS.get(self._header.format)
        is_plain = self._header.mode in ("RGB", "L")
        if (
            ending is not None
            and is_plain
            and self._conceal is None
            and self._header.orientation == _UPRIGHT
        ):
            return PictureFile(self._data, ending)
        return PictureFile(encode_jpeg(self.rgb(), JPEG_QUALITY), ".jpg")
