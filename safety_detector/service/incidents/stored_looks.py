"""Stored inspections as looks."""

from __future__ import annotations

from sqlalchemy import RowMapping

from safety_detector.database.tables import inspections
from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.incidents.counting import Inspected, look_of
from safety_detector.domain.incidents.looks import Look
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.service.incidents.camera_rules import RulesOfCamera
from safety_detector.service.inspections.rows import to_inspection
from safety_detector.service.records import Source

# Pictures of batches are not what a camera sees now: of an archive nobody is to be alarmed.
LOOKED = (
    inspections.c.status == Status.COMPLETED,
    inspections.c.camera_id.is_not(None),
    inspections.c.source != Source.BATCH,
)
"""Conditions of inspections that are looks."""


def look_of_row(row: RowMapping, rules: RulesOfCamera) -> Look:
    """What a completed inspection, every column of it, says by the rules of its camera."""
    inspection = to_inspection(row, None, {})
    inspected = Inspected(
        inspection.id,
        row["taken_at"],
        rules.zone,
        ImageSize(row["width"], row["height"]),
        inspection.verdict or Verdict.INCONCLUSIVE,
        inspection.detections,
        inspection.runs,
    )
    return look_of(inspected, rules.picture, rules.permits)
