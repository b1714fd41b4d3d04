"""How the model families see a picture: their grid, and the space in which they write boxes.

The dialect belongs to the model family and is never guessed from the numbers in an answer: a box
``[100, 100, 900, 900]`` is sound in every space.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum

from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import ConfigurationInvalid, PictureUnsuitable

MAX_RATIO = 200
"""Longest side over shortest; the reference refuses more (``MAX_RATIO`` in qwen-vl-utils)."""


class CoordinateSpace(StrEnum):
    """What the numbers of a box are relative to."""

    ABSOLUTE = "absolute"
    """Pixels of the picture after the model's own resize."""
    RELATIVE_1000 = "relative1000"
    """Thousandths of the picture's width and height."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One family's grid and coordinate space.

    Attributes:
        name: as in the setting ``SAFETY_QWEN_DIALECT``.
        space: what the numbers of a box are relative to.
        factor: side of the square of pixels behind one visual token; both sides of the picture
            become multiples of it.
        min_pixels: the server enlarges pictures with fewer pixels.
        max_pixels: the server shrinks pictures with more.
    """

    name: str
    space: CoordinateSpace
    factor: int
    min_pixels: int
    max_pixels: int

    def box_space(self, sent: ImageSize) -> ImageSize:
        """The size of the space in which boxes are written for a picture sent at that size."""
        if self.space is CoordinateSpace.RELATIVE_1000:
            return ImageSize(1000, 1000)
        return sent

    def visual_tokens(self, sent: ImageSize) -> int:
        """How many tokens a picture costs whose sides are multiples of ``factor``."""
        return (sent.width // self.factor) * (sent.height // self.factor)


# Pixel bounds are those of each family's preprocessor_config.json.  One visual token covers a
# square of 2 × 2 patches of 14 pixels, in Qwen3-VL of 16 pixels.
_DIALECTS: tuple[Dialect, ...] = (
    Dialect("qwen2.5-vl", CoordinateSpace.ABSOLUTE, 28, 4 * 28**2, 16_384 * 28**2),
    Dialect("qwen2-vl", CoordinateSpace.RELATIVE_1000, 28, 4 * 28**2, 16_384 * 28**2),
    Dialect("qwen3-vl", CoordinateSpace.RELATIVE_1000, 32, 64 * 32**2, 16_384 * 32**2),
)

DIALECT_NAMES: tuple[str, ...] = tuple(dialect.name for dialect in _DIALECTS)
"""The values that the setting takes."""

# Model names come as repository names, as file names and as server aliases:
# "Qwen/Qwen2.5-VL-7B-Instruct", "qwen2_5_vl", "qwen2.5vl:7b".  From Qwen3.5 on every model sees,
# its name no longer says "VL", and it writes boxes as Qwen3-VL does.
_MODEL_NAMES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"qwen-?2[._]5-?_?vl"), "qwen2.5-vl"),
    (re.compile(r"qwen-?2-?_?vl"), "qwen2-vl"),
    (re.compile(r"qwen-?3-?_?vl|qwen-?3[._][5-9]"), "qwen3-vl"),
)


def dialect_named(name: str) -> Dialect:
    """The dialect of that name.

    Raises:
        ConfigurationInvalid: there is none; the message lists the names.
    """
    for dialect in _DIALECTS:
        if dialect.name == name:
            return dialect
    raise ConfigurationInvalid("unknown-dialect", dialect=name, known=", ".join(DIALECT_NAMES))


def dialect_for_model(model: str) -> Dialect:
    """The dialect of a model, from its name.

    Raises:
        ConfigurationInvalid: the name does not say which family it is; the setting must.
    """
    for pattern, name in _MODEL_NAMES:
        if pattern.search(model.lower()):
            return dialect_named(name)
    raise ConfigurationInvalid("dialect-not-told", model=model, known=", ".join(DIALECT_NAMES))


def smart_resize(size: ImageSize, dialect: Dialect, max_pixels: int | None = None) -> ImageSize:
    """The size at which the model sees a picture: both sides multiples of the dialect's factor.

    The same as ``smart_resize`` of qwen-vl-utils 0.0.14, with Python's rounding of halves to even
    (70 / 28 = 2.5 becomes 56), and with each side kept at one factor at least as transformers does
    (qwen-vl-utils lets a side of a long thin picture become 0 when ``max_pixels`` is tiny).

    Args:
        size: the picture.
        dialect: the family.
        max_pixels: our own limit; the dialect's holds as well.

    Raises:
        PictureUnsuitable: one side is more than ``MAX_RATIO`` times the other.
    """
    _check_ratio(size)
    factor = dialect.factor
    most = min(max_pixels or dialect.max_pixels, dialect.max_pixels)
    width = max(factor, round(size.width / factor) * factor)
    height = max(factor, round(size.height / factor) * factor)
    if width * height > most:
        shrink = math.sqrt(size.pixels / most)
        width = max(factor, math.floor(size.width / shrink / factor) * factor)
        height = max(factor, math.floor(size.height / shrink / factor) * factor)
    elif width * height < dialect.min_pixels:
        grow = math.sqrt(dialect.min_pixels / size.pixels)
        width = math.ceil(size.width * grow / factor) * factor
        height = math.ceil(size.height * grow / factor) * factor
    return ImageSize(width, height)


def sent_size(size: ImageSize, dialect: Dialect, max_pixels: int) -> ImageSize:
    """The size to which we resize before sending, so that the server's own resize does nothing.

    Raises:
        PictureUnsuitable: the picture, or what it becomes on the grid, is too long and thin.
            A strip of 8,200×41 rounds to 8,204×28, which the server refuses.
    """
    sent = smart_resize(size, dialect, max_pixels)
    _check_ratio(sent)
    return sent


def size_at_attempt(sent: ImageSize, dialect: Dialect, attempt: int) -> ImageSize:
    """The size of the first attempt and each odd one, and another near it for each even one.

    What made a 16-bit server overflow once does so again with the same pixels.
    """
    return sent if attempt % 2 else _another_size(sent, dialect)


def _another_size(sent: ImageSize, dialect: Dialect) -> ImageSize:
    """A size on the grid near the given one but not the same: about four fifths of its pixels.

    A side of one factor cannot shrink; if neither can, one more factor is added to each.
    """
    factor = dialect.factor
    width, height = (
        max(factor, math.floor(side * 0.9 / factor) * factor) for side in (sent.width, sent.height)
    )
    smaller = ImageSize(width, height)
    if smaller == sent or smaller.pixels < dialect.min_pixels or _ratio(smaller) > MAX_RATIO:
        return ImageSize(sent.width + factor, sent.height + factor)
    return smaller


def _ratio(size: ImageSize) -> float:
    return max(size.width, size.height) / min(size.width, size.height)


def _check_ratio(size: ImageSize) -> None:
    if _ratio(size) > MAX_RATIO:
        raise PictureUnsuitable(
            "picture-too-elongated",
            ratio=MAX_RATIO,
            size=size,
            width=size.width,
            height=size.height,
        )
