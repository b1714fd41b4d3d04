"""One picture from bytes to detections, verdict and annotated picture; no I/O of its own."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from safety_detector.annotation.draw import annotate, encode_annotated
from safety_detector.appearance.fonts import FontFiles
from safety_detector.domain.capture_time import Taken
from safety_detector.domain.detections import Detection, DetectorRun, by_urgency
from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import (
    Inspection,
    PictureFacts,
    Status,
    Verdict,
    decide_verdict,
)
from safety_detector.errors import DetectorError, ModelUnreachable
from safety_detector.ingest.admission import Limits, admit, check_pixels
from safety_detector.pictures.images import (
    DecodedPicture,
    PictureHeader,
    RgbImage,
    decode_picture,
    size_of,
)
from safety_detector.pictures.quality import damage_reasons, look_at
from safety_detector.ports import Detector


@dataclass(frozen=True, slots=True)
class InspectedPicture:
    """What one pass found.

    Attributes:
        facts: name, SHA-256 of the submitted bytes, size of the upright picture in pixels.
        submitted_bytes: size of the submitted file.
        rgb: the upright picture, ``uint8``, shape ``(height, width, 3)``.
        detections: most urgent first; their place in this tuple plus one is their number on the
            annotated picture and in the report.
        runs: the detector calls behind it.
        verdict: by the rule of ``domain.inspection``.
    """

    facts: PictureFacts
    submitted_bytes: int
    rgb: RgbImage
    detections: tuple[Detection, ...]
    runs: tuple[DetectorRun, ...]
    verdict: Verdict

    def as_inspection(
        self, inspection_id: str, received_at: datetime, taken: Taken, links: Mapping[str, str]
    ) -> Inspection:
        """The completed inspection of a picture that no service keeps."""
        return Inspection(
            id=inspection_id,
            status=Status.COMPLETED,
            picture=self.facts,
            received_at=received_at,
            taken=taken,
            verdict=self.verdict,
            detections=self.detections,
            runs=self.runs,
            links=links,
        )

    def annotated_jpeg(self, fonts: FontFiles, language: Language) -> bytes:
        """The picture with its detections drawn, as JPEG; see ``encode_annotated`` for its size."""
        # Not kept by name: once it is made smaller, nobody holds the large one.
        return encode_annotated(
            annotate(self.rgb, self.detections, fonts, language), self.submitted_bytes
        )


def inspect_picture(
    data: bytes,
    name: str,
    detector: Detector,
    limits: Limits,
    attempt: int = 1,
    *,
    urgent: bool = True,
    header: PictureHeader | None = None,
) -> InspectedPicture:
    """Admits, decodes and inspects one submitted picture.

    The detector is asked about every picture, also one in which nothing can be seen (a fire in the
    dark may be); that it cannot be seen makes the run incomplete, whatever the detector says.

    Args:
        data: the submitted bytes.
        name: as it stands in the result.
        detector: what looks at it.
        limits: what it may cost.
        attempt: 1 for the first time; see ``ports.Detector``.
        urgent: whether it goes before pictures that are not.
        header: of these bytes, where they are admitted already.

    Raises:
        PictureRefused: the bytes cannot be inspected (a subclass says why).
        DetectorError: the detector has no result.
    """
    started = time.perf_counter()
    header = header or admit(data, limits)
    decoded = decode_picture(data, header)
    decode_ms = (time.perf_counter() - started) * 1000
    facts = PictureFacts(
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        width=header.size.width,
        height=header.size.height,
    )
    timings_ms = {"decode": decode_ms}
    return _look(decoded, facts, len(data), timings_ms, detector, attempt, urgent=urgent)


def inspect_pixels(
    rgb: RgbImage, name: str, detector: Detector, limits: Limits, attempt: int = 1
) -> InspectedPicture:
    """Inspects a picture that somebody else has decoded; it has no file and no SHA-256.

    Args:
        rgb: upright picture, ``uint8``, shape ``(height, width, 3)``, RGB, C order; not changed.
        name: as it stands in the result.
        detector: what looks at it.
        limits: of which the number of pixels counts.
        attempt: 1 for the first time; see ``ports.Detector``.

    Raises:
        PictureTooLarge: more pixels than the limit.
        DetectorError: the detector has no result.
    """
    size = size_of(rgb)
    check_pixels(size, limits)
    facts = PictureFacts(name=name, width=size.width, height=size.height)
    return _look(DecodedPicture(rgb, None), facts, rgb.nbytes, {}, detector, attempt, urgent=True)


def _look(
    decoded: DecodedPicture,
    facts: PictureFacts,
    submitted_bytes: int,
    timings_ms: Mapping[str, float],
    detector: Detector,
    attempt: int,
    *,
    urgent: bool,
) -> InspectedPicture:
    rgb = decoded.rgb
    seen = look_at(rgb)
    outcome = detector.detect(rgb, attempt, urgent=urgent)
    detections = by_urgency(outcome.detections)
    run = replace(
        outcome.run,
        picture=seen.measures,
        timings_ms={**timings_ms, **outcome.run.timings_ms},
    ).with_reasons([*damage_reasons(decoded), *seen.reasons])
    runs = (*outcome.earlier, run, *outcome.later)
    return InspectedPicture(
        facts=facts,
        submitted_bytes=submitted_bytes,
        rgb=rgb,
        detections=detections,
        runs=runs,
        verdict=decide_verdict(detections, runs),
    )


def inspect_with_second_look(
    data: bytes, name: str, detector: Detector, limits: Limits, *, urgent: bool = True
) -> InspectedPicture:
    """Inspects once, and once more where a fault of the model's answer may be gone then.

    Raises:
        PictureRefused, DetectorError: as for ``inspect_picture``.
    """
    return with_second_look(
        lambda attempt: inspect_picture(data, name, detector, limits, attempt, urgent=urgent)
    )


def with_second_look(inspect: Callable[[int], InspectedPicture]) -> InspectedPicture:
    """The outcome of the first attempt, or of the second where the first had none by chance.

    Args:
        inspect: called with the number of the attempt, 1 or 2.

    Raises:
        DetectorError, PictureRefused: what the last attempt raised.
    """
    try:
        return inspect(1)
    except ModelUnreachable:
        raise
    except DetectorError as exc:
        if not exc.retryable:
            raise
        return inspect(2)
