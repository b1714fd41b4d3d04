"""A cheap look at an upright picture: can anything be seen in it at all?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.incomplete_reasons import IncompleteCode, IncompleteReason
from safety_detector.images import DecodedPicture, RgbImage, shrink, size_of

SMALLEST_SIDE_PX = 24
"""A person is about 12 pixels high before anything of him can be told."""

LEAST_CONTRAST = 6.0
"""Grey levels of 256 between the darkest and the brightest half percent."""

_DARK, _BRIGHT = 32.0, 224.0
_LOOK_SIDE_PX = 320


@dataclass(frozen=True, slots=True)
class PictureQuality:
    """What the look found.

    Attributes:
        measures: ``luminance`` (mean, 0 to 255), ``contrast`` (between the darkest and the
            brightest half percent, 0 to 255).
        reasons: why nothing can be seen; none where something can.
    """

    measures: Mapping[str, float]
    reasons: tuple[IncompleteReason, ...]


def look_at(rgb: RgbImage) -> PictureQuality:
    """Measures a picture of shape ``(height, width, 3)``, ``uint8``."""
    size = size_of(rgb)
    side = max(size.width, size.height)
    if side > _LOOK_SIDE_PX:
        scale = _LOOK_SIDE_PX / side
        rgb = shrink(
            rgb, ImageSize(max(round(size.width * scale), 1), max(round(size.height * scale), 1))
        )
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    darkest, brightest = np.percentile(grey, (0.5, 99.5))
    luminance, contrast = float(grey.mean()), float(brightest - darkest)
    reasons = []
    if min(size.width, size.height) < SMALLEST_SIDE_PX:
        facts = {"width": size.width, "height": size.height}
        reasons.append(IncompleteReason(IncompleteCode.TOO_SMALL, facts))
    if contrast < LEAST_CONTRAST:
        code = IncompleteCode.NO_STRUCTURE
        if luminance < _DARK:
            code = IncompleteCode.TOO_DARK
        elif luminance > _BRIGHT:
            code = IncompleteCode.TOO_BRIGHT
        reasons.append(IncompleteReason(code, {"luminance": round(luminance, 1)}))
    measures = {"luminance": round(luminance, 1), "contrast": round(contrast, 1)}
    return PictureQuality(measures, tuple(reasons))


def damage_reasons(decoded: DecodedPicture) -> tuple[IncompleteReason, ...]:
    """That the picture's decoder calls it damaged, in the decoder's words; none if it does not."""
    if decoded.damage is None:
        return ()
    return (IncompleteReason(IncompleteCode.DAMAGED, {"words": decoded.damage}),)
