"""Draws detections on their picture and encodes the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from safety_detector.annotation.label_layout import LabelRequest, Layout, Placement, place_labels
from safety_detector.annotation.label_tiles import mark_piece, number_piece, text_piece
from safety_detector.annotation.outlines import (
    draw_frame,
    draw_leader,
    draw_rim,
    frame_of,
    rim_width,
)
from safety_detector.annotation.style import MIN_TEXT_PX, Scale, enlargement_for, scale_for
from safety_detector.appearance.fonts import FontFiles
from safety_detector.appearance.hazard_looks import Look, look_of
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize, rescale
from safety_detector.domain.hazards import Label, Language
from safety_detector.domain.inspection import Inspection, Status
from safety_detector.pictures.images import RgbImage, encode_jpeg, resize, size_of

# Text sizes tried in turn, with what the smaller text costs in the unit of `Layout.strain`.
_TEXT_STEPS = ((1.0, 0.0), (0.85, 1.0), (0.7, 2.2))
_EASY_STRAIN = 2.5  # of a label on average: with a short leader, or a little hidden
_CROWD = 30  # more detections than this get the small text at once …
_MULTITUDE = 100  # … more than this only numbers and marks …
_MOST_LABELS = 200  # … and those behind this only frames, since the picture is full of numbers

_MAX_GROWTH = 1.5  # bytes of the annotated file / bytes of the original
_ALWAYS_ALLOWED_BYTES = 32 * 1024  # an enlarged thumbnail with labels weighs more than itself
_BEST_QUALITY = 90
# Lower qualities and the bytes they take relative to the best: medians of 51 photographs with
# labels.  A guess of where to go on, so that a picture is seldom encoded more than twice.
_LOWER_QUALITIES = (
    (85, 0.88),
    (80, 0.75),
    (75, 0.69),
    (70, 0.66),
    (60, 0.59),
    (50, 0.48),
    (40, 0.4),
)
_SHRINK = 0.7  # of each side, where even the lowest quality takes too many bytes


def painter_for(
    inspection: Inspection, fonts: FontFiles, language: Language
) -> Callable[[RgbImage, int], RgbImage] | None:
    """Draws the inspection's detections on its picture in any size, in text of so many pixels.

    None where the inspection has no result to be drawn.
    """
    width, height = inspection.picture.width, inspection.picture.height
    if inspection.status is not Status.COMPLETED or not width or not height:
        return None
    seen = ImageSize(width, height)

    def paint(rgb: RgbImage, text_px: int) -> RgbImage:
        own = size_of(rgb)
        moved = [replace(one, box=rescale(one.box, seen, own)) for one in inspection.detections]
        return annotate(rgb, moved, fonts, language, text_px)

    return paint


def annotate(
    rgb: RgbImage,
    detections: Sequence[Detection],
    fonts: FontFiles,
    language: Language = "en",
    text_px: int | None = None,
) -> RgbImage:
    """A copy of the picture with every detection framed, numbered from 1 and named.

    Labels lie inside the picture and do not cover each other.  In a crowd they become smaller,
    then lose their score, then their words; number and mark stay.  Only where a number finds no
    place (in a picture of 4 pixels' height, or behind the 200th) a frame stands alone.  The copy
    of a small picture is enlarged by a whole factor, so that labels do not hide what they name.

    Args:
        rgb: ``uint8``, shape ``(height, width, 3)``, RGB; left as it is.
        detections: in the order of ``by_urgency``, boxes in pixels of ``rgb``.
        fonts: from ``find_fonts``.
        language: of the words.
        text_px: em size of their text; None for one that suits the picture.
    """
    detections, picture = _enlarged(detections, rgb)
    size = size_of(picture)
    scale = scale_for(size, text_px)
    subjects = [
        _subject(number, one, scale, size) for number, one in enumerate(detections, start=1)
    ]
    labels, layout = _fit_labels(subjects[:_MOST_LABELS], scale, size, fonts, language)
    # Large frames first, so that they do not cover small ones; then leaders, then labels, the most
    # urgent last, on top.
    for subject in sorted(subjects, key=lambda one: -one.frame.area):
        draw_frame(picture, subject.frame, subject.look, scale)
    drawn = list(zip(subjects, labels, layout.placements, strict=False))[::-1]
    for subject, _, place in drawn:
        if place is not None and place.leader is not None:
            draw_leader(picture, place.leader, subject.look, scale)
    for subject, label, place in drawn:
        if place is not None:
            _draw_label(picture, label[place.form], place, subject.look, scale)
    return picture


def _enlarged(
    detections: Sequence[Detection], rgb: RgbImage
) -> tuple[Sequence[Detection], RgbImage]:
    """A copy that can be drawn on, larger where the picture is small; and its detections."""
    size = size_of(rgb)
    factor = enlargement_for(size) if detections else 1
    if factor == 1:
        return detections, np.array(rgb, order="C")
    larger = ImageSize(factor * size.width, factor * size.height)
    moved = [replace(one, box=rescale(one.box, size, larger)) for one in detections]
    return moved, resize(rgb, larger)


@dataclass(frozen=True, slots=True)
class _Subject:
    """A numbered detection with its look and the outer edge of its frame."""

    number: int
    detection: Detection
    look: Look
    frame: Box


# The pieces of one form of a label, from left to right; and its forms, the longest first.
_Form = tuple[RgbImage, ...]
_Label = tuple[_Form, ...]


def _subject(number: int, detection: Detection, scale: Scale, size: ImageSize) -> _Subject:
    look = look_of(detection.hazard)
    return _Subject(number, detection, look, frame_of(detection.box, look, scale, size))


def _fit_labels(
    subjects: Sequence[_Subject],
    scale: Scale,
    size: ImageSize,
    fonts: FontFiles,
    language: Language,
) -> tuple[list[_Label], Layout]:
    """Labels and their places, in the largest text in which they all find good places."""
    best: tuple[list[_Label], Layout] = [], Layout((), 0.0)
    least = float("inf")
    for step, penalty in _TEXT_STEPS if len(subjects) <= _CROWD else _TEXT_STEPS[-1:]:
        text_px = max(round(step * scale.text_px), MIN_TEXT_PX)
        labels = [_label(subject, text_px, fonts, language) for subject in subjects]
        if len(subjects) > _MULTITUDE:
            labels = [label[-1:] for label in labels]
        layout = place_labels(
            [_request(*pair, scale) for pair in zip(subjects, labels, strict=True)], size
        )
        strain = layout.strain / max(len(subjects), 1) + penalty
        if strain < least:
            best, least = (labels, layout), strain
        if least <= _EASY_STRAIN or text_px == MIN_TEXT_PX:
            break
    return best


def _label(subject: _Subject, text_px: int, fonts: FontFiles, language: Language) -> _Label:
    detection, look, plate = subject.detection, subject.look, subject.look.plate
    shortest = (
        number_piece(subject.number, text_px, plate, fonts.bold),
        mark_piece(look.mark, text_px, plate, fonts.bold),
    )
    words = text_piece(detection.hazard.text(language), text_px, plate, fonts.bold)
    if detection.score is None:
        return (*shortest, words), shortest
    score = text_piece(f"{detection.score:.2f}", text_px, plate, fonts.regular)
    return (*shortest, words, score), (*shortest, words), shortest


def _request(subject: _Subject, label: _Label, scale: Scale) -> LabelRequest:
    rim = 2 * rim_width(subject.look, scale)
    return LabelRequest(
        box=subject.frame,
        forms=tuple(
            ImageSize(sum(piece.shape[1] for piece in form) + rim, form[0].shape[0] + rim)
            for form in label
        ),
        has_head=subject.detection.hazard.label is Label.PERSON,
    )


def _draw_label(
    picture: RgbImage, pieces: _Form, place: Placement, look: Look, scale: Scale
) -> None:
    rim = rim_width(look, scale)
    left, top = place.left + rim, place.top + rim
    height = pieces[0].shape[0]
    start = left
    for piece in pieces:
        picture[top : top + height, left : left + piece.shape[1]] = piece
        left += piece.shape[1]
    draw_rim(picture, (start - rim, top - rim, left + rim, top + height + rim), look, scale)


def encode_annotated(rgb: RgbImage, original_bytes: int) -> bytes:
    """The picture as JPEG (4:2:0), at most 1.5 times as large as the original file.

    Quality 90 where that fits, else as much as fits, not below 40; then the picture itself
    becomes smaller.  This also binds where the original's format compresses better than JPEG
    (WebP, a flat PNG): an archive of annotated pictures then has a size that can be planned,
    and the original is kept.  32 KiB are always allowed.

    Args:
        rgb: ``uint8``, shape ``(height, width, 3)``, RGB.
        original_bytes: size of the submitted file.
    """
    limit = max(_MAX_GROWTH * original_bytes, _ALWAYS_ALLOWED_BYTES)
    while (encoded := _encode_within(rgb, limit)) is None:
        size = size_of(rgb)
        smaller = ImageSize(round(_SHRINK * size.width), round(_SHRINK * size.height))
        rgb = resize(rgb, smaller)  # the larger one is let go, where nobody else has it
    return encoded


def _encode_within(rgb: RgbImage, limit_bytes: float) -> bytes | None:
    """At the best quality that fits; None where none does."""
    best = encode_jpeg(rgb, _BEST_QUALITY)
    if len(best) <= limit_bytes:
        return best
    lowest, _ = _LOWER_QUALITIES[-1]
    for quality, share in _LOWER_QUALITIES:
        if share * len(best) <= limit_bytes or quality == lowest:
            encoded = encode_jpeg(rgb, quality)
            if len(encoded) <= limit_bytes:
                return encoded
    return None
