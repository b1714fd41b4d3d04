"""What is cut out of a picture for a question about one place, and how large it is sent.

Pure.  The rule: the place with a margin around it, so that the model can tell a flame from the lamp
whose glass it is; never so little that only texture is left; never a strip; never outside the
picture.  Small crops are enlarged and large ones shrunk, to a ninth to a fifth of a frame.
"""

from __future__ import annotations

import math

from safety_detector.detectors.qwen.dialects import Dialect, sent_size
from safety_detector.domain.crop_questions import CropQuestion
from safety_detector.domain.geometry import Box, ImageSize

# On each side, as a share of the mean of the place's two sides.  Of fire and smoke it makes a
# square place 2.5 times as wide.  The margin of SiamFC, which too has to know a thing by what
# lies around it, makes it twice as wide (p = (w + h) / 4; Bertinetto et al. 2016, section 3.1); a
# flame's box is drawn tighter than that of a thing with an edge.  A person is known without her
# surroundings, and what matters is the head: the more lies around, the fewer pixels are its own.
_MARGIN_SHARES = {CropQuestion.FIRE_SMOKE: 0.75, CropQuestion.HELMET: 0.25}

LEAST_CROP_PX = {CropQuestion.FIRE_SMOKE: 160, CropQuestion.HELMET: 96}
"""Least side of a crop.  A flame of 10 pixels is known by what it burns on: looked at by eye, 160
pixels show that and 96 do not, while a head is seen in either."""

LEAST_CROP_SHARE = 1 / 12
"""Least side as a share of the picture's longer side: 160 pixels of Full HD, 320 of 4K."""

_LEAST_RATIO = 0.5  # of the shorter side to the longer one, where the picture has room for it

LEAST_SENT_PIXELS = 336 * 336
"""What smaller crops are enlarged to: 144 visual tokens of Qwen2.5-VL.  Enlarging shows no more
than was there, but a visual token covers 28 pixels: a flame of 64 in a crop of 160 becomes one of
five tokens across."""

MOST_SENT_PIXELS = 448 * 448
"""What larger crops are shrunk to: 256 visual tokens, a fifth of a Full HD frame's.  What is asked
about in a large crop is large."""


def crop_around(place: Box, size: ImageSize, question: CropQuestion) -> Box:
    """The part of a picture that a question about a place is asked with, in whole pixels.

    >>> crop_around(Box(900, 500, 1000, 600), ImageSize(1920, 1080), CropQuestion.FIRE_SMOKE).xyxy
    (825, 425, 1075, 675)

    Args:
        place: in pixels of the picture; what lies outside it does not count.
        size: of the picture.
        question: what is asked.

    Raises:
        ValueError: nothing of the place lies inside the picture.
    """
    x1, x2 = max(place.x1, 0.0), min(place.x2, float(size.width))
    y1, y2 = max(place.y1, 0.0), min(place.y2, float(size.height))
    if x1 >= x2 or y1 >= y2:
        raise ValueError(f"nothing of {place.xyxy} lies inside a picture of {size}")
    margin = _MARGIN_SHARES[question] * ((x2 - x1) + (y2 - y1)) / 2
    least = max(LEAST_CROP_PX[question], LEAST_CROP_SHARE * max(size.width, size.height))
    width, height = (max(side + 2 * margin, least) for side in (x2 - x1, y2 - y1))
    width, height = max(width, _LEAST_RATIO * height), max(height, _LEAST_RATIO * width)
    left, right = _span((x1 + x2) / 2, width, size.width)
    top, bottom = _span((y1 + y2) / 2, height, size.height)
    return Box(left, top, right, bottom)


def crop_sent_size(crop: Box, dialect: Dialect) -> ImageSize:
    """The size on the model's grid at which a crop is sent, enlarged or made smaller.

    Raises:
        PictureUnsuitable: the crop is too long and thin, as its picture is.
    """
    wanted = min(max(crop.area, LEAST_SENT_PIXELS), MOST_SENT_PIXELS)
    scale = math.sqrt(wanted / crop.area)
    scaled = ImageSize(max(round(crop.width * scale), 1), max(round(crop.height * scale), 1))
    return sent_size(scaled, dialect, MOST_SENT_PIXELS)


def _span(middle: float, length: float, limit: int) -> tuple[int, int]:
    """Whole pixels of that length around the middle, moved inside the picture."""
    whole = min(math.ceil(length), limit)
    start = min(max(round(middle - whole / 2), 0), limit - whole)
    return start, start + whole
