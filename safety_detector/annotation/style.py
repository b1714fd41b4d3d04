"""How large everything is that is drawn; what each hazard looks like stands in ``hazard_looks``."""

from __future__ import annotations

import math
from dataclasses import dataclass

from safety_detector.domain.geometry import ImageSize


@dataclass(frozen=True, slots=True)
class Scale:
    """How large things are in one picture, in pixels: text (em size), line and its dark casing."""

    text_px: int
    line_px: int
    casing_px: int


MIN_TEXT_PX = 11  # the smallest bold Chinese that is easily read
_SMALL_PICTURE_TEXT_PX = 12
# Text is read on a picture shown as a whole, so it grows with the picture; less than in proportion,
# since a large picture is also shown on a larger screen or looked at in parts.
_EM_PER_SIDE = 0.125  # of a picture with a side of 1 px; makes 29 px at 1080p and 49 px at 4K
_EM_GROWTH = 0.75
_EM_PER_LINE = 7
_EM_PER_CASING = 14  # two pixels from 720p on: a red frame on a red ground is seen by its casing


_SMALL_SIDE_PX = 240
_ENLARGED_SIDE_PX = 360  # a label with words is 190 pixels wide in the smallest text


def enlargement_for(size: ImageSize) -> int:
    """How many times larger a picture is drawn, so that its labels do not bury it.

    1 from about 240 x 240 pixels on; a picture of 60 x 60 is drawn at 360 x 360.
    """
    side = math.sqrt(size.pixels)
    return 1 if side >= _SMALL_SIDE_PX else math.ceil(_ENLARGED_SIDE_PX / side)


def scale_for(size: ImageSize, text_px: int | None = None) -> Scale:
    """Sizes that suit a picture, whose side is that of a square of equal area; or a given text."""
    em = text_px or _EM_PER_SIDE * float(size.pixels) ** (_EM_GROWTH / 2)
    return Scale(
        text_px=max(_SMALL_PICTURE_TEXT_PX, round(em)),
        line_px=max(1, round(em / _EM_PER_LINE)),
        casing_px=max(1, round(em / _EM_PER_CASING)),
    )
