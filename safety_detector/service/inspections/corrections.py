"""What people say is in pictures: versions beside what detectors said, none of them overwritten.

They are what labelled sets are made of, so each keeps where its boxes are from: what the detector
had said of a box that stayed or was changed, and what it had said that was not so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import corrections, inspections
from safety_detector.domain.corrections import CorrectedBox, verdict_of_person
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import Status, Verdict, timestamp
from safety_detector.errors import (
    CorrectionChanged,
    InspectionUnfinished,
    SubmissionRefused,
    UnknownInspection,
)
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, note_act
from safety_detector.service.inspections.rows import from_detection, to_detection


@dataclass(frozen=True, slots=True)
class NewBox:
    """A box as somebody wants it.

    Attributes:
        box: whole pixels of the upright original.
        hazard: label and state.
        detection: the place, from 0, of the detection that it was made of; None of one drawn.
    """

    box: Box
    hazard: Hazard
    detection: int | None = None


@dataclass(frozen=True, slots=True)
class NewCorrection:
    """What somebody says is in a picture.

    Attributes:
        boxes: all that there is; empty for nothing.
        complete: whether they looked at the whole picture, so that nothing is missing.
        note: for whoever wonders; empty for none.
    """

    boxes: tuple[NewBox, ...]
    complete: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody said is in a picture.

    Attributes:
        version: from 1, one more each time.
        boxes: all that there is, in the order in which they were given.
        removed: detections that are none, or are said by no box any more.
        complete: whether nothing is missing.
        by: whose name.
    """

    inspection_id: str
    version: int
    boxes: tuple[CorrectedBox, ...]
    removed: tuple[Detection, ...]
    complete: bool
    note: str
    by: str
    at: datetime

    @property
    def verdict(self) -> Verdict:
        """What the picture means for safety by it."""
        return verdict_of_person(self.boxes, complete=self.complete)


class Corrections:
    """Takes corrections, one after the other for each picture.

    Args:
        database: where they are.
        clock: the present moment, with its zone.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def get(self, inspection_id: str) -> Correction | None:
        """The latest of a picture; None where nobody has said anything."""
        found = self.history(inspection_id, 1)
        return found[0] if found else None

    def history(self, inspection_id: str, at_most: int) -> tuple[Correction, ...]:
        """All of a picture, the latest first."""
        with self._database.read() as connection:
            return _of(connection, inspection_id, at_most)

    def save(
        self,
        inspection_id: str,
        wanted: NewCorrection,
        by: Actor = PROGRAM,
        seen: int | None = None,
    ) -> Correction:
        """Adds a version.

        Args:
            inspection_id: of the picture.
            wanted: what somebody says.
            by: who.
            seen: the version that they have seen, 0 where there was none: nothing is saved if there
                is a later one.  None: whatever others said.

        Raises:
            UnknownInspection: it is not there (any more).
            InspectionUnfinished: it is not completed, so there is nothing to correct yet.
            CorrectionChanged: somebody else corrected it since.
            SubmissionRefused: a box lies outside the picture, or a detection is none of its own.
        """
        now = self._clock()
        row = select(inspections).where(inspections.c.id == inspection_id).with_for_update()
        with self._database.write() as connection:
            inspection = connection.execute(row).mappings().one_or_none()
            if inspection is None:
                raise UnknownInspection("no-inspection", inspection_id=inspection_id[:64])
            if inspection["status"] != Status.COMPLETED:
                raise InspectionUnfinished("correction-too-early", inspection_id=inspection_id)
            (latest,) = _of(connection, inspection_id, 1) or (None,)
            version = latest.version if latest else 0
            if seen is not None and seen != version:
                _refuse_stale(latest)
            made = _made(inspection, wanted, version + 1, by, now)
            connection.execute(insert(corrections), _stored(made, by))
            note_act(
                connection,
                by,
                AuditAction.CORRECTED,
                now,
                inspection_id,
                version=made.version,
                boxes=len(made.boxes),
                removed=len(made.removed),
                complete=made.complete,
            )
        return made


def _refuse_stale(latest: Correction | None) -> None:
    if latest is None:
        raise CorrectionChanged("correction-not-there")
    raise CorrectionChanged(
        "correction-changed-since",
        who=latest.by,
        at=timestamp(latest.at),
        version=latest.version,
    )


def _made(
    inspection: RowMapping, wanted: NewCorrection, version: int, by: Actor, now: datetime
) -> Correction:
    detections = [to_detection(one) for one in inspection["detections"]]
    taken: set[int] = set()
    for number, one in enumerate(wanted.boxes, start=1):
        is_inside = (
            one.box.x1 >= 0
            and one.box.y1 >= 0
            and one.box.x2 <= inspection["width"]
            and one.box.y2 <= inspection["height"]
        )
        if not is_inside:
            raise SubmissionRefused(
                "correction-box-outside",
                number=number,
                width=inspection["width"],
                height=inspection["height"],
            )
        if one.detection is None:
            continue
        if one.detection >= len(detections) or one.detection in taken:
            raise SubmissionRefused(
                "correction-no-such-detection", number=number, detection=one.detection
            )
        taken.add(one.detection)
    return Correction(
        inspection_id=inspection["id"],
        version=version,
        boxes=tuple(
            CorrectedBox(
                one.box,
                one.hazard,
                None if one.detection is None else detections[one.detection],
            )
            for one in wanted.boxes
        ),
        removed=tuple(one for place, one in enumerate(detections) if place not in taken),
        complete=wanted.complete,
        note=wanted.note,
        by=by.name,
        at=now,
    )


def _stored(made: Correction, by: Actor) -> dict[str, Any]:
    return {
        "inspection_id": made.inspection_id,
        "version": made.version,
        "boxes": [_from_box(one) for one in made.boxes],
        "removed": [from_detection(one) for one in made.removed],
        "complete": made.complete,
        "note": made.note,
        "made_by": made.by,
        "key_id": by.key_id,
        "person_id": by.person_id,
        "made_at": made.at,
    }


def _from_box(one: CorrectedBox) -> dict[str, Any]:
    return {
        "box": list(one.box.xyxy),
        "label": one.hazard.label.value,
        "sub_label": one.hazard.sub_label.value,
        "detection": None if one.detection is None else from_detection(one.detection),
    }


def _to_box(stored: Mapping[str, Any]) -> CorrectedBox:
    detection = stored["detection"]
    return CorrectedBox(
        Box(*stored["box"]),
        Hazard(Label(stored["label"]), SubLabel(stored["sub_label"])),
        None if detection is None else to_detection(detection),
    )


def _of(connection: Connection, inspection_id: str, at_most: int) -> tuple[Correction, ...]:
    row = corrections.c
    query = (
        select(corrections)
        .where(row.inspection_id == inspection_id)
        .order_by(row.version.desc())
        .limit(at_most)
    )
    return tuple(to_correction(row) for row in connection.execute(query).mappings())


def to_correction(row: RowMapping) -> Correction:
    """A row of the table."""
    return Correction(
        inspection_id=row["inspection_id"],
        version=row["version"],
        boxes=tuple(_to_box(one) for one in row["boxes"]),
        removed=tuple(to_detection(one) for one in row["removed"]),
        complete=row["complete"],
        note=row["note"],
        by=row["made_by"],
        at=row["made_at"],
    )
