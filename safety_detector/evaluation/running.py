"""A detector over labelled pictures, from file bytes to its answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from safety_detector.detectors.embedded.detector import OnnxDetector
from safety_detector.detectors.embedded.raw_boxes import RawAnswer
from safety_detector.domain.detections import Detection
from safety_detector.errors import AnnotationsInvalid, DetectorError
from safety_detector.evaluation.truth import LabelledPicture
from safety_detector.pictures.images import RgbImage, decode, read_header, size_of
from safety_detector.ports import Detector


@dataclass(frozen=True, slots=True)
class Answered:
    """One labelled picture and what the detector said of it.

    Attributes:
        detections: what the product would report.
        raw: all five classes with scores; None for a backend without them.
        elapsed_ms: from the file's bytes to the detections.
        error: code of the error that ended the run; such a picture counts as one in which
            nothing was found, and is counted apart as well.
    """

    picture: LabelledPicture
    detections: tuple[Detection, ...]
    raw: RawAnswer | None
    elapsed_ms: float
    error: str | None = None


def answer_pictures(
    detector: Detector,
    pictures: Sequence[LabelledPicture],
    on_answer: Callable[[Answered], None] | None = None,
) -> list[Answered]:
    """Runs the detector over the pictures in order; ``on_answer`` hears of each (progress).

    Raises:
        AnnotationsInvalid: a picture has another size than its annotations say.
        PictureRefused: a picture cannot be decoded.
    """
    answers = []
    for picture in pictures:
        answer = _answer(detector, picture)
        answers.append(answer)
        if on_answer is not None:
            on_answer(answer)
    return answers


def _answer(detector: Detector, picture: LabelledPicture) -> Answered:
    data = picture.path.read_bytes()
    started = time.perf_counter()
    rgb = decode(data, read_header(data))
    if size_of(rgb) != picture.size:
        raise AnnotationsInvalid(
            "annotations-of-another-size",
            path=picture.path,
            actual=size_of(rgb),
            stated=picture.size,
        )
    try:
        detections, raw = _detect(detector, rgb)
    except DetectorError as exc:
        return Answered(picture, (), None, _since_ms(started), exc.code)
    return Answered(picture, detections, raw, _since_ms(started))


def _detect(detector: Detector, rgb: RgbImage) -> tuple[tuple[Detection, ...], RawAnswer | None]:
    if isinstance(detector, OnnxDetector):
        raw = detector.raw(rgb)
        return detector.judge(raw, size_of(rgb)), raw
    return detector.detect(rgb).detections, None


def _since_ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000
