"""Draws detections on their picture and encodes the result."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from safety_detector.domain.detections import Detection
from safety_detector.domain.hazards import Label, Language
from safety_detector.fonts import FontFiles
from safety_detector.images import RgbImage, encode_jpeg

_COLOURS = {Label.FIRE: (214, 32, 39), Label.SMOKE: (21, 101, 216), Label.PERSON: (0, 136, 60)}
_QUALITIES = (90, 85, 75, 65, 50, 40, 30)
_MAX_GROWTH = 1.5
_SMALL_BYTES = 16 * 1024


def annotate(
    rgb: RgbImage, detections: Sequence[Detection], fonts: FontFiles, language: Language = "en"
) -> RgbImage:
    """A copy of the picture with every detection framed, numbered from 1 and named.

    Args:
        rgb: ``uint8``, shape ``(height, width, 3)``, RGB; left as it is.
        detections: in the order of ``by_urgency``, boxes in pixels of ``rgb``.
        fonts: from ``find_fonts``.
        language: of the labels.
    """
    picture = np.array(rgb, order="C")
    height, width = picture.shape[:2]
    text_px = max(13, round((width * height) ** 0.5 / 50))
    font = ImageFont.truetype(str(fonts.bold), text_px)
    for number, one in reversed(list(enumerate(detections, start=1))):
        x1, y1, x2, y2 = (int(value) for value in one.box.xyxy)
        colour = _COLOURS[one.hazard.label]
        cv2.rectangle(picture, (x1, y1), (x2 - 1, y2 - 1), colour, max(1, text_px // 8))
        score = "" if one.score is None else f" {one.score:.2f}"
        text = f"{number} {one.hazard.text(language)}{score}"
        tile = Image.new("RGB", (int(font.getlength(text)) + 8, round(text_px * 1.4)), colour)
        ImageDraw.Draw(tile).text((4, text_px * 1.1), text, font=font, anchor="ls")
        pixels = np.asarray(tile)[:height, :width]
        top = min(max(y1 - pixels.shape[0], 0), height - pixels.shape[0])
        left = min(max(x1, 0), width - pixels.shape[1])
        picture[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return picture


def encode_annotated(rgb: RgbImage, original_bytes: int) -> bytes:
    """The picture as JPEG, at most 1.5 times as large as the original (16 KiB are always allowed).

    Args:
        rgb: ``uint8``, shape ``(height, width, 3)``, RGB.
        original_bytes: size of the submitted file.
    """
    limit = max(_MAX_GROWTH * original_bytes, _SMALL_BYTES)
    encoded = b""
    for quality in _QUALITIES:
        encoded = encode_jpeg(rgb, quality)
        if len(encoded) <= limit:
            break
    return encoded
