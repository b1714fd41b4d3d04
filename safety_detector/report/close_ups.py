"""Close-ups: the most urgent dangers of a picture, cut out of the original and enlarged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from safety_detector.domain.geometry import Box, ImageSize, fit_to_pixels, rescale
from safety_detector.domain.hazards import Label
from safety_detector.message_texts.phrase import Phrase
from safety_detector.pictures.images import RgbImage, size_of
from safety_detector.report import style, wording
from safety_detector.report.contents import DetectionRow
from safety_detector.report.page_canvas import Area, PageCanvas
from safety_detector.report.pictures import Print, crop, draw_notice, for_print
from safety_detector.report.sentences import capitalise
from safety_detector.report.table import draw_badge

MOST_CARDS = 4
CAPTION_HEIGHT = 16.0
_GAP = 8.0
_BADGE_WIDTH = 18.0
_FEW_CARDS = 3
"""Up to so many cards are set as large as if there were three."""

_MARGIN = 0.35
"""Surroundings shown on each side of a box, in parts of the box's longer side."""
_HEAD_SHARE = 0.35
"""Head and shoulders of a standing person, in parts of the box's height."""
_SMALLEST = 96
"""Pixels across the narrowest close-up: less of a picture is only a blur in print."""
_LARGEST_SHARE = 0.25
"""A close-up of more than this share of the picture's area shows nothing new."""


@dataclass(frozen=True, slots=True)
class CloseUp:
    """A detection and the part around it of a picture of the given size, in whole pixels."""

    row: DetectionRow
    region: Box
    size: ImageSize


def choose(rows: Sequence[DetectionRow], size: ImageSize) -> tuple[CloseUp, ...]:
    """Close-ups of the most urgent dangers that are small in their picture, at most four."""
    dangers = [row for row in rows if row.detection.hazard.is_danger]
    regions = [CloseUp(row, region_around(_focus(row), size), size) for row in dangers[:MOST_CARDS]]
    return tuple(one for one in regions if one.region.area <= size.pixels * _LARGEST_SHARE)


def _focus(row: DetectionRow) -> Box:
    """What the close-up is about: of a person the head and shoulders, else the whole box."""
    box = row.detection.box
    if row.detection.hazard.label is not Label.PERSON:
        return box
    return Box(box.x1, box.y1, box.x2, box.y1 + max(box.height * _HEAD_SHARE, 1))


def region_around(box: Box, size: ImageSize) -> Box:
    """The box with its surroundings, 4:3 where the picture is large enough, inside the picture."""
    side = max(box.width, box.height * 4 / 3) * (1 + 2 * _MARGIN)
    width = min(max(side, _SMALLEST), size.width, size.height * 4 / 3)
    height = width * 3 / 4
    x, y = box.centre
    x1 = min(max(x - width / 2, 0), size.width - width)
    y1 = min(max(y - height / 2, 0), size.height - height)
    left, top = int(x1), int(y1)
    return Box(left, top, left + max(1, int(width)), top + max(1, int(height)))


def in_a_row(close_ups: Sequence[CloseUp], top: float) -> tuple[Area, ...]:
    """Places of the cards beside each other over the body's width, without their captions."""
    cards = _FEW_CARDS if len(close_ups) <= _FEW_CARDS else MOST_CARDS
    width = (style.BODY_WIDTH - (cards - 1) * _GAP) / cards
    return tuple(
        Area(style.BODY_LEFT + position * (width + _GAP), top, width, width * 3 / 4)
        for position in range(len(close_ups))
    )


def in_a_column(close_ups: Sequence[CloseUp], width: float) -> tuple[Area, ...]:
    """Places of the cards under each other at the body's right edge, without their captions."""
    height = width * 3 / 4
    left = style.BODY_LEFT + style.BODY_WIDTH - width
    return tuple(
        Area(left, position * (height + CAPTION_HEIGHT), width, height)
        for position in range(len(close_ups))
    )


def make_cards(
    close_ups: Sequence[CloseUp], places: Sequence[Area], original: RgbImage | Phrase
) -> tuple[Print | Phrase, ...]:
    """The pictures of the cards; where there is no original, the reason for that."""
    if isinstance(original, Phrase):
        return tuple(original for _ in close_ups)
    return tuple(
        for_print(_cut_out(one, original), card)
        for one, card in zip(close_ups, places, strict=True)
    )


def draw_close_ups(
    canvas: PageCanvas,
    top: float,
    close_ups: Sequence[CloseUp],
    places: Sequence[Area],
    cards: Sequence[Print | Phrase],
) -> None:
    """Numbered cards, each with the detection's own number, its box and state.

    A narrow one has no number of its own, so that what it shows is named in full.

    Args:
        canvas: draws on the page.
        top: where the places count from.
        close_ups: what is shown.
        places: where, see ``in_a_row`` and ``in_a_column``.
        cards: the pictures.
    """
    for number, (one, place, picture) in enumerate(
        zip(close_ups, places, cards, strict=True), start=1
    ):
        title = wording.CLOSE_UP.say(canvas.language, n=number)
        _draw_card(canvas, replace(place, top=top + place.top), title, one, picture)


def _draw_card(
    canvas: PageCanvas, card: Area, title: str, one: CloseUp, picture: Print | Phrase
) -> None:
    colour = style.LABEL_COLOURS[one.row.detection.hazard.label]
    plate = style.plate_of(one.row.detection.hazard)
    canvas.fill(card, style.PANEL)
    if isinstance(picture, Phrase):
        draw_notice(canvas, card, picture.say(canvas.language))
    else:
        canvas.jpeg(card, picture.jpeg, picture.size)
        outline = _outline(one, card)
        canvas.frame(outline, colour, 1.0)
        if plate.warns:
            _draw_tape(canvas, outline, plate)
    canvas.frame(card, style.HAIRLINE)
    caption_top = card.top + card.height + 2.5
    look, typefaces = style.CAPTION, canvas.typefaces
    text = capitalise(one.row.detection.hazard.text(canvas.language))
    title_width = typefaces.width_pt(title, look.weight, look.size) + 5.0
    room = card.width - _BADGE_WIDTH
    left = card.left
    if title_width + typefaces.width_pt(text, look.weight, look.size) <= room:
        canvas.text(left, caption_top, title, look)
        left, room = left + title_width, room - title_width
    draw_badge(canvas, left, caption_top - 0.6, str(one.row.number), plate)
    line = typefaces.fit_line(text, look.weight, look.size, room)
    canvas.text(left + _BADGE_WIDTH, caption_top, line, look)


def _draw_tape(canvas: PageCanvas, outline: Area, plate: style.Plate) -> None:
    """A band of hazard tape along the upper edge of a box that warns."""
    tape = Area(outline.left, outline.top, outline.width, min(4.0, outline.height))
    canvas.fill(tape, plate.ground)
    canvas.hatch(tape, plate.text)


def _cut_out(one: CloseUp, original: RgbImage) -> RgbImage:
    """The region's pixels, also where the stored picture has another size than the one seen."""
    own = size_of(original)
    region = one.region if own == one.size else rescale(one.region, one.size, own)
    whole_pixels = fit_to_pixels(region, own)
    return original if whole_pixels is None else crop(original, whole_pixels)


def _outline(one: CloseUp, card: Area) -> Area:
    """The detection's box on the card, cut at the card's edges."""
    box, region = one.row.detection.box, one.region
    scale_x, scale_y = card.width / region.width, card.height / region.height
    left = max(box.x1 - region.x1, 0) * scale_x
    top = max(box.y1 - region.y1, 0) * scale_y
    right = min(box.x2 - region.x1, region.width) * scale_x
    bottom = min(box.y2 - region.y1, region.height) * scale_y
    return Area(card.left + left, card.top + top, right - left, bottom - top)
