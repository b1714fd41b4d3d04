"""What got better and what got worse, as pictures: before on the left, now on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from safety_detector.domain.geometry import Box, ImageSize, rescale
from safety_detector.evaluation.comparison import PictureChange
from safety_detector.evaluation.mistakes import Mistaken, draw_mistakes
from safety_detector.evaluation.running import Answered
from safety_detector.host.output_files import write_file
from safety_detector.pictures.images import (
    RgbImage,
    decode,
    encode_jpeg,
    read_header,
    resize,
    size_of,
)

_SIDE = 720  # pixels of a picture's longer side: two of them beside each other fill a screen
_MOST_ENLARGED = 2.0
_TITLE_HEIGHT, _GAP = 26, 8
_BACKGROUND, _INK = 245, (40, 40, 40)
_JPEG_QUALITY = 88


def save_differences(changes: Sequence[PictureChange], folder: Path, prefix: str) -> list[Path]:
    """Writes one JPEG a picture, both answers side by side, numbered in the order given.

    Green: a detector's boxes. Red: those of them that are wrong. Yellow: what it missed.

    Raises:
        StorageUnavailable: a file cannot be written.
    """
    paths = []
    for number, change in enumerate(changes, start=1):
        source = change.now.answer.picture.path
        data = source.read_bytes()
        drawn = draw_difference(decode(data, read_header(data)), change)
        path = folder / f"{prefix}-{number:03d}_{source.stem}.jpg"
        write_file(path, encode_jpeg(drawn, _JPEG_QUALITY))
        paths.append(path)
    return paths


def draw_difference(rgb: RgbImage, change: PictureChange) -> RgbImage:
    """Both answers on one picture, each with what is wrong with it as its title."""
    size = size_of(rgb)
    factor = min(_SIDE / max(size.width, size.height), _MOST_ENLARGED)
    shown = ImageSize(max(round(size.width * factor), 1), max(round(size.height * factor), 1))
    small = resize(rgb, shown)
    halves = [
        _titled(draw_mistakes(small, _scaled(one, size, shown)), f"{name}: {_said(one)}")
        for name, one in (("before", change.before), ("now", change.now))
    ]
    gap = np.full((halves[0].shape[0], _GAP, 3), _BACKGROUND, np.uint8)
    return np.concatenate([halves[0], gap, halves[1]], axis=1)


def _titled(rgb: RgbImage, text: str) -> RgbImage:
    strip = np.full((_TITLE_HEIGHT, rgb.shape[1], 3), _BACKGROUND, np.uint8)
    cv2.putText(
        strip, text, (4, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA
    )  # what does not fit is cut
    return np.concatenate([strip, rgb])


def _said(mistaken: Mistaken) -> str:
    """The mistakes in a few words: ``2 bare head not called, 1 false fire``."""
    if mistaken.answer.error is not None:
        return f"failed ({mistaken.answer.error})"
    kinds = [one.kind for one in mistaken.mistakes]
    counted = [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)]
    return ", ".join(counted) or "no mistake"


def _scaled(mistaken: Mistaken, size: ImageSize, shown: ImageSize) -> Mistaken:
    def moved(box: Box) -> Box:
        return rescale(box, size, shown)

    answer: Answered = replace(
        mistaken.answer,
        detections=tuple(replace(one, box=moved(one.box)) for one in mistaken.answer.detections),
    )
    return Mistaken(answer, tuple(replace(one, box=moved(one.box)) for one in mistaken.mistakes))
