"""Inspections between the domain's form and the table's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from safety_detector.documents.reasons import read_failure
from safety_detector.documents.runs import read_run
from safety_detector.domain.capture_time import Taken, TakenFrom, read_note
from safety_detector.domain.detections import Detection, ScoreFrom
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import Inspection, PictureFacts, Status, Verdict
from safety_detector.message_texts.reason import Reason


def to_inspection(
    row: RowMapping, waiting_reason: Reason | None, names: Mapping[str, str]
) -> Inspection:
    """A row of the table as the domain's inspection.

    Args:
        row: every column of ``inspections``.
        waiting_reason: why a queued one waits, if that is known.
        names: of cameras, by their ids.
    """
    return Inspection(
        id=row["id"],
        status=Status(row["status"]),
        picture=to_picture(row),
        received_at=row["received_at"],
        verdict=Verdict(row["verdict"]) if row["verdict"] else None,
        detections=tuple(to_detection(one) for one in row["detections"]),
        runs=tuple(read_run(one) for one in row["runs"]),
        error=read_failure(row["error"]) if row["error"] else None,
        waiting_reason=waiting_reason,
        camera_id=row["camera_id"],
        camera_name=names.get(row["camera_id"]),
        batch_id=row["batch_id"],
        captured_at=row["captured_at"],
        taken=to_taken(row),
        metadata=row["metadata"],
    )


def to_taken(row: RowMapping) -> Taken:
    """When the picture was taken."""
    return Taken(
        row["taken_at"] or row["received_at"],
        TakenFrom(row["taken_from"]),
        tuple(read_note(one) for one in row["taken_notes"]),
    )


def to_picture(row: RowMapping) -> PictureFacts:
    """What the table knows of the submitted picture."""
    return PictureFacts(
        name=row["name"], sha256=row["sha256"], width=row["width"], height=row["height"]
    )


def from_detection(detection: Detection) -> dict[str, Any]:
    """A detection as the JSON that is stored."""
    stored = {
        "box": list(detection.box.xyxy),
        "label": detection.hazard.label.value,
        "sub_label": detection.hazard.sub_label.value,
        "score": detection.score,
        "score_from": detection.score_from.value,
    }
    only_where_known = {"verified": detection.verified, "calibrated": detection.calibrated}
    return stored | {name: one for name, one in only_where_known.items() if one is not None}


def to_detection(stored: Mapping[str, Any]) -> Detection:
    """The detection that ``from_detection`` wrote."""
    return Detection(
        box=Box(*stored["box"]),
        hazard=Hazard(Label(stored["label"]), SubLabel(stored["sub_label"])),
        score=stored["score"],
        verified=stored.get("verified"),
        calibrated=stored.get("calibrated"),
        score_from=ScoreFrom(stored.get("score_from", ScoreFrom.DETECTOR)),
    )
