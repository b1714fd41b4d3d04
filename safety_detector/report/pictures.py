"""Pictures on a page: loaded, brought to their size in print, framed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.errors import PictureMissing, PictureRefused
from safety_detector.images import RgbImage, encode_jpeg, shrink, size_of
from safety_detector.report import style, wording
from safety_detector.report.pen import Area, Pen
from safety_detector.report.style import TextStyle
from safety_detector.report.wording import Phrase

_POINTS_PER_INCH = 72


@dataclass(frozen=True, slots=True)
class Print:
    """A picture as it goes into the file.

    Attributes:
        jpeg: encoded, with the pixels that its place on the page needs.
        size: of those.
        shape: size of the picture that it was made of, in pixels.
    """

    jpeg: bytes
    size: ImageSize
    shape: ImageSize


def load(source: Callable[[], RgbImage | None], absent: Phrase) -> RgbImage | Phrase:
    """The picture, or why there is none."""
    try:
        rgb = source()
    except PictureMissing:
        return wording.VANISHED
    except PictureRefused:
        return wording.UNREADABLE
    return absent if rgb is None else rgb


def make_print(picture: RgbImage | Phrase, frame: Area) -> Print | Phrase:
    """The picture for a frame that shows all of it; the reason for its absence stays."""
    if isinstance(picture, Phrase):
        return picture
    return for_print(picture, fit(size_of(picture), frame))


def draw_print(pen: Pen, frame: Area, picture: Print | Phrase) -> None:
    """The picture as large as the frame allows, in its middle; or the reason for its absence."""
    pen.fill(frame, style.PANEL)
    if isinstance(picture, Phrase):
        draw_notice(pen, frame, picture.say(pen.language))
    else:
        pen.jpeg(fit(picture.shape, frame), picture.jpeg, picture.size)
    pen.frame(frame, style.HAIRLINE)


def draw_notice(pen: Pen, frame: Area, text: str) -> None:
    """A sentence in the middle of an empty frame."""
    look = TextStyle(8, 12, colour=style.GREY)
    lines = pen.typefaces.break_lines(text, look.weight, look.size, frame.width - 16)
    top = frame.top + (frame.height - len(lines) * look.leading) / 2
    for number, line in enumerate(lines):
        pen.text_centred(frame.left + frame.width / 2, top + number * look.leading, line, look)


def fit(size: ImageSize, frame: Area) -> Area:
    """The largest area of the picture's shape inside the frame, in its middle."""
    scale = min(frame.width / size.width, frame.height / size.height)
    width, height = size.width * scale, size.height * scale
    left = frame.left + (frame.width - width) / 2
    return Area(left, frame.top + (frame.height - height) / 2, width, height)


def for_print(rgb: RgbImage, area: Area) -> Print:
    """The picture with the pixels that its area needs in print.

    A picture that has fewer pixels keeps them.
    """
    own = size_of(rgb)
    scale = style.PICTURE_DPI / _POINTS_PER_INCH
    size = ImageSize(
        width=max(1, min(own.width, round(area.width * scale))),
        height=max(1, min(own.height, round(area.height * scale))),
    )
    return Print(encode_jpeg(shrink(rgb, size), style.PICTURE_QUALITY), size, own)


def crop(rgb: RgbImage, region: Box) -> RgbImage:
    """The part of the picture inside a region of whole pixels."""
    x1, y1, x2, y2 = (int(value) for value in region.xyxy)
    return rgb[y1:y2, x1:x2]
