"""What ``safety-detector parse`` prints: what was read of an answer, what was dropped and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from safety_detector.detectors.qwen.answer.objects import Dropped
from safety_detector.detectors.qwen.answer.reader import read_answer, to_detections
from safety_detector.detectors.qwen.dialects import dialect_for_model, smart_resize
from safety_detector.documents.runs import IncompleteReasonDocument
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import ImageSize
from safety_detector.message_texts.reason import Reason, join_reasons


def parse_document(
    text: str,
    image_size: ImageSize | None,
    sent_size: ImageSize | None,
    model: str,
) -> dict[str, Any]:
    """A raw answer as JSON-ready data.

    ``detections`` is None where no size is known, a list otherwise; ``dropped`` then also holds the
    boxes that were read but not taken.

    Args:
        text: a raw answer.
        image_size: the upright original; the sent size where only that is known.
        sent_size: what the model saw; computed by the dialect from the image size unless given.
            The dialect's own bounds hold, since nothing is known about whoever sent the picture.
        model: name of the model that answered, or of its dialect.

    Raises:
        ConfigurationInvalid: a size is known and the model's name does not say its dialect.
        PictureUnsuitable: the model takes no picture of that size.
    """
    reading = read_answer(text)
    original = image_size or sent_size
    detections: list[dict[str, Any]] | None = None
    dropped = reading.dropped
    reasons: tuple[Reason, ...] = ()
    if original is not None:
        dialect = dialect_for_model(model)
        sent = sent_size or smart_resize(original, dialect)
        mapped = to_detections(reading, dialect, sent, original)
        detections = [_detection(one) for one in mapped.detections]
        dropped, reasons = mapped.dropped, mapped.incomplete_reasons
    return {
        "status": reading.status.value,
        "boxes_read": [
            {"bbox": list(box.bbox), "label": box.label, "sub_label": box.sub_label}
            for box in reading.boxes_read
        ],
        "detections": detections,
        "dropped": _dropped(dropped),
        "incomplete_reason": join_reasons(reasons, "en") or None,
        "incomplete_reasons": [IncompleteReasonDocument.of(one).as_json() for one in reasons],
    }


def _detection(detection: Detection) -> dict[str, Any]:
    return {
        "bbox_2d": [int(value) for value in detection.box.xyxy],
        "label": detection.hazard.label.value,
        "sub_label": detection.hazard.sub_label.value,
        "score": detection.score,
    }


def _dropped(dropped: Sequence[Dropped]) -> list[dict[str, Any]]:
    return [
        {
            "bbox": None if one.bbox is None else list(one.bbox),
            "label": one.label,
            "reason": one.reason.value,
        }
        for one in dropped
    ]
