"""Pictures on a page: loaded, brought to their size in print, framed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import LANGUAGES
from safety_detector.errors import PictureMissing, PictureRefused
from safety_detector.message_texts.kinds import error_text
from safety_detector.message_texts.phrase import Phrase
from safety_detector.pictures.images import RgbImage, encode_jpeg, resize, shrink, size_of
from safety_detector.report import style, wording
from safety_detector.report.contents import ReportEntry
from safety_detector.report.page_canvas import Area, PageCanvas
from safety_detector.report.style import TextStyle

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


def load(
    source: Callable[[], RgbImage | None], absent: Phrase, broken: Phrase = wording.UNREADABLE
) -> RgbImage | Phrase:
    """The picture, or why there is none.

    Args:
        source: reads it.
        absent: said where it gives none.
        broken: said where there is one that cannot be decoded.
    """
    try:
        rgb = source()
    except PictureMissing:
        return wording.VANISHED
    except PictureRefused:
        return broken
    return absent if rgb is None else rgb


def load_original(entry: ReportEntry) -> RgbImage | Phrase:
    """The original, or why there is none: of a picture that failed, why it failed."""
    error = entry.inspection.error
    if error is None:
        return load(entry.original, wording.VANISHED)
    reasons = {language: error_text(error.code, language) for language in LANGUAGES}
    said = Phrase(*(wording.NOT_SHOWN.say(one, reason=reasons[one]) for one in ("en", "zh")))
    return load(entry.original, said, said)


def make_print(picture: RgbImage | Phrase, frame: Area) -> Print | Phrase:
    """The picture for a frame that shows all of it; the reason for its absence stays."""
    if isinstance(picture, Phrase):
        return picture
    return for_print(picture, fit(size_of(picture), frame))


def make_painted(
    entry: ReportEntry, original: RgbImage | Phrase, frame: Area, absent: Phrase
) -> Print | Phrase:
    """The annotated picture for a frame, its labels as large as they have to be on paper.

    Args:
        entry: whose detections are drawn.
        original: as ``load`` gave it; where it is missing the stored annotated picture serves.
        frame: that shows all of the picture.
        absent: said where there is none.
    """
    if entry.paint is None or isinstance(original, Phrase):
        return make_print(load(entry.annotated, absent), frame)
    own = size_of(original)
    size = _pixels_of(fit(own, frame))
    text_px = round(style.LABEL_TEXT_PT * style.PICTURE_DPI / _POINTS_PER_INCH)
    painted = entry.paint(resize(original, size), text_px)
    return Print(encode_jpeg(painted, style.PICTURE_QUALITY), size_of(painted), own)


def _pixels_of(area: Area) -> ImageSize:
    scale = style.PICTURE_DPI / _POINTS_PER_INCH
    return ImageSize(max(1, round(area.width * scale)), max(1, round(area.height * scale)))


def draw_print(canvas: PageCanvas, frame: Area, picture: Print | Phrase) -> None:
    """The picture as large as the frame allows, in its middle; or the reason for its absence."""
    canvas.fill(frame, style.PANEL)
    if isinstance(picture, Phrase):
        draw_notice(canvas, frame, picture.say(canvas.language))
    else:
        canvas.jpeg(fit(picture.shape, frame), picture.jpeg, picture.size)
    canvas.frame(frame, style.HAIRLINE)


def draw_notice(canvas: PageCanvas, frame: Area, text: str) -> None:
    """A sentence in the middle of an empty frame."""
    look = TextStyle(8, 12, colour=style.GREY)
    lines = canvas.typefaces.break_lines(text, look.weight, look.size, frame.width - 16)
    top = frame.top + (frame.height - len(lines) * look.leading) / 2
    for number, line in enumerate(lines):
        canvas.text_centred(frame.left + frame.width / 2, top + number * look.leading, line, look)


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
    most = _pixels_of(area)
    size = ImageSize(min(own.width, most.width), min(own.height, most.height))
    return Print(encode_jpeg(shrink(rgb, size), style.PICTURE_QUALITY), size, own)


def crop(rgb: RgbImage, region: Box) -> RgbImage:
    """The part of the picture inside a region of whole pixels."""
    x1, y1, x2, y2 = (int(value) for value in region.xyxy)
    return rgb[y1:y2, x1:x2]
