"""A cheap look at an upright picture: can anything be seen in it at all?

What is asked is whether a fire, smoke or a person *could* be seen, not whether the picture is good:
fog, snow, a sunset and a night with one lamp show something.  The look takes a copy of 192 pixels
and asks in turn for size, structure, sharpness, and for the screens that recorders send in place of
a camera.

Every threshold was set between two groups, by ``benchmarks/picture_quality.py``: the 2,619
pictures of the sets ``dev`` and ``train2`` (with 4,462 of ``train`` as a check), none of which may
fall under one, and pictures made to show nothing (black, grey, noise, tape with a vignette, heavy
blur, no signal, lost halves, with and without lettering).  Beside each stands how near either
group comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.incomplete_reasons import IncompleteCode
from safety_detector.message_texts.reason import Reason
from safety_detector.pictures.images import DecodedPicture, RgbImage, shrink_to_side, size_of
from safety_detector.pictures.lettering import without_lettering
from safety_detector.pictures.signal_screens import is_no_signal, missing_percent

SMALLEST_SIDE_PX = 32
"""The smallest labelled picture is 40 pixels high; a person's head has 8 pixels here at best."""

_THINNED_SIDE_PX = 1280
_LOOK_SIDE_PX = 192
_EDGE_PX = 8  # of the look: what is smoothed there is folded back from inside

LEAST_STRUCTURE = 5.0
"""Grey levels by which the strongest detail stands out.  Pictures that show something: 17 and more.
Even areas with noise, a gradient or a vignette: up to 2.3; 6 % of the light: 4.1."""

_BEYOND_NOISE = 2.4
"""Finest detail against coarser: 2.6 to 3.1 for noise of any strength and grain; photographs: up to
2.1, and one of a dotted umbrella before a rough wall 3.1 …"""
_NOISE_PEAK = 2.1
"""… but noise has no peaks: its strongest detail is up to 1.7 times its hundredth part, the
umbrella's 2.6."""

LEAST_SHARPNESS = 0.26
"""Finest detail against coarser, away from the strips where recorders write.  Photographs: 0.3 and
more, an unsharp background included; a blur of 0.6 % of the picture's longer side (8 pixels of
1280): 0.25; of 1 %: 0.17."""
_ROUNDING = 0.6  # what 8-bit values alone leave of finest detail
_SPREAD = 0.5  # blur is judged where half of the picture has detail, not from one lamp's halo

_DARK, _BRIGHT = 48.0, 208.0  # mean luminance from which a picture without structure is called so
_EMPTY_SHARE = 0.4  # where fewer parts of the picture than this hold structure it may be lettering

_Grey: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PictureQuality:
    """What the look found.

    Attributes:
        measures: ``luminance`` (mean, 0 to 255), ``contrast`` (between the darkest and the
            brightest half percent, 0 to 255), ``structure`` (see ``LEAST_STRUCTURE``) and
            ``sharpness`` (see ``LEAST_SHARPNESS``).
        reasons: why nothing, or not all, can be seen; none where all can.
    """

    measures: Mapping[str, float]
    reasons: tuple[Reason, ...]


def look_at(rgb: RgbImage) -> PictureQuality:
    """Measures a picture of shape ``(height, width, 3)``, ``uint8``; see the module for how."""
    size = size_of(rgb)
    rgb = _thinned(rgb)
    copy = shrink_to_side(rgb, _LOOK_SIDE_PX)
    grey = cv2.cvtColor(copy, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = _Detail.of(grey)
    measures = {
        "luminance": round(float(grey.mean()), 1),
        "contrast": round(float(np.subtract(*np.percentile(grey, (99.5, 0.5)))), 1),
        "structure": round(detail.strongest, 1),
        "sharpness": round(detail.sharpness, 2),
    }
    return PictureQuality(measures, tuple(_reasons(rgb, size, grey, detail)))


def _thinned(rgb: RgbImage) -> RgbImage:
    """A large picture with some of its pixels only: averaging 12 million of them takes 10 ms."""
    size = size_of(rgb)
    scale = _THINNED_SIDE_PX / max(size.width, size.height)
    if scale >= 1:
        return rgb
    width, height = (max(round(scale * side), 1) for side in (size.width, size.height))
    thinned = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_NEAREST)
    return cast(RgbImage, thinned)


def damage_reasons(decoded: DecodedPicture) -> tuple[Reason, ...]:
    """That the picture's decoder calls it damaged, in the decoder's words; none if it does not."""
    if decoded.damage is None:
        return ()
    return (Reason(IncompleteCode.DAMAGED, {"words": decoded.damage}),)


def _reasons(rgb: RgbImage, size: ImageSize, grey: _Grey, detail: _Detail) -> list[Reason]:
    if min(size.width, size.height) < SMALLEST_SIDE_PX:
        facts = {"width": size.width, "height": size.height}
        return [Reason(IncompleteCode.TOO_SMALL, facts)]
    if is_no_signal(rgb):
        return [Reason(IncompleteCode.NO_SIGNAL)]
    if detail.is_something and detail.share < _EMPTY_SHARE:
        plain = without_lettering(rgb)
        if plain is not None:
            plain_copy = shrink_to_side(plain, _LOOK_SIDE_PX)
            grey = cv2.cvtColor(plain_copy, cv2.COLOR_RGB2GRAY).astype(np.float32)
            detail = _Detail.of(grey)
    if not detail.is_something:
        return [_nothing_there(float(grey.mean()))]
    missing = missing_percent(rgb)
    if missing is not None:
        return [Reason(IncompleteCode.PART_MISSING, {"percent": missing})]
    if detail.is_spread and detail.sharpness < LEAST_SHARPNESS:
        return [Reason(IncompleteCode.BLURRED, {"sharpness": round(detail.sharpness, 2)})]
    return []


def _nothing_there(luminance: float) -> Reason:
    code = IncompleteCode.NO_STRUCTURE
    if luminance < _DARK:
        code = IncompleteCode.TOO_DARK
    elif luminance > _BRIGHT:
        code = IncompleteCode.TOO_BRIGHT
    return Reason(code, {"luminance": round(luminance, 1)})


@dataclass(frozen=True, slots=True)
class _Detail:
    """Detail of a grey copy, in two bands: the finest, and what is 2 to 10 pixels large.

    A Gaussian of 1 pixel parts the bands, one of 4 takes away what only slopes: a gradient, a
    vignette, the glow behind a piece of tape.

    Attributes:
        strongest: of the coarser band, in grey levels.
        is_noise: whether there is nothing but noise.
        is_spread: whether detail is spread over the picture.
        sharpness: of the finest band against the coarser, both near their strongest.
        share: of the picture's parts that hold structure.
    """

    strongest: float
    is_noise: bool
    is_spread: bool
    sharpness: float
    share: float

    @property
    def is_something(self) -> bool:
        """Whether anything stands out."""
        return self.strongest >= LEAST_STRUCTURE and not self.is_noise

    @classmethod
    def of(cls, grey: _Grey) -> _Detail:
        height, width = grey.shape
        smooth = cv2.GaussianBlur(grey, (0, 0), 1.0)
        coarse = np.abs(smooth - cv2.GaussianBlur(grey, (0, 0), 4.0))
        fine = np.abs(grey - smooth)
        edge = min(_EDGE_PX, height // 6, width // 6)
        inside = (slice(edge, height - edge), slice(edge, width - edge))
        strong, finest = np.percentile(coarse[inside], 99), np.percentile(fine[inside], 99.5)
        strongest = float(coarse[inside].max())
        # Recorders write into the upper and lower strip, sharply however blurred the picture is.
        strip = max(edge, height * 14 // 100)
        middle = (slice(strip, height - strip), slice(edge, width - edge))
        middle_fine = max(float(np.percentile(fine[middle], 99.5)) - _ROUNDING, 0.0)
        typical, middle_coarse = np.percentile(coarse[middle], (50, 99)).tolist()
        return cls(
            strongest=strongest,
            is_noise=bool(finest > _BEYOND_NOISE * strong and strongest < _NOISE_PEAK * strong),
            is_spread=typical >= _SPREAD,
            sharpness=middle_fine / max(middle_coarse, 0.5),
            share=_structured_share(coarse[inside]),
        )


_PART_PX = 16


def _structured_share(coarse: _Grey) -> float:
    """The share of square parts whose strongest detail stands out."""
    height, width = (max(side // _PART_PX, 1) * _PART_PX for side in coarse.shape)
    whole = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    parts = whole.reshape(height // _PART_PX, _PART_PX, width // _PART_PX, _PART_PX)
    return float((parts.max(axis=(1, 3)) >= LEAST_STRUCTURE).mean())
