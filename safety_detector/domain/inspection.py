"""One submitted picture and its outcome, the verdict rule, and the result document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from safety_detector.domain.capture_time import (
    Taken,
    TakenFrom,
    note_document,
    read_note,
)
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import (
    Hazard,
    Label,
    Language,
    SubLabel,
    label_name,
)
from safety_detector.domain.run_documents import read_run, run_document


class Status(StrEnum):
    """Where an inspection stands; the last two are final."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Verdict(StrEnum):
    """What a picture means for safety."""

    HAZARD = "hazard"
    CLEAR = "clear"
    INCONCLUSIVE = "inconclusive"


_VERDICT_NAMES: dict[Verdict, dict[Language, str]] = {
    Verdict.HAZARD: {"en": "hazard", "zh": "存在隐患"},
    Verdict.CLEAR: {"en": "clear", "zh": "未见隐患"},
    Verdict.INCONCLUSIVE: {"en": "inconclusive", "zh": "无法判定"},
}


def verdict_name(verdict: Verdict, language: Language) -> str:
    """The verdict's name for people."""
    return _VERDICT_NAMES[verdict][language]


def decide_verdict(detections: Sequence[Detection], runs: Sequence[DetectorRun]) -> Verdict:
    """The verdict of a picture, by these rules in this order.

    1. ``hazard`` if there is any fire or smoke (of whatever severity) or a person without a
       helmet, even in an incomplete run;
    2. ``inconclusive`` if no detector ran, a run failed or is incomplete, or the helmet of a
       person is uncertain;
    3. ``clear`` otherwise.  A failure is never ``clear``.
    """
    if any(one.hazard.is_danger for one in detections):
        return Verdict.HAZARD
    if not runs or any(run.error is not None or not run.complete for run in runs):
        return Verdict.INCONCLUSIVE
    if any(
        one.hazard.label is Label.PERSON and one.hazard.sub_label is SubLabel.UNCERTAIN
        for one in detections
    ):
        return Verdict.INCONCLUSIVE
    return Verdict.CLEAR


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What is known of the submitted picture; size in pixels of the upright original."""

    name: str
    sha256: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an inspection failed.

    Attributes:
        code: stable, for programs (``errors.py``).
        reason: a sentence for people.
        attempts: how often it was tried.
    """

    code: str
    reason: str
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Inspection:
    """One submitted picture and its outcome.

    ``verdict`` is None until the status is final.  Times carry their zone.  ``captured_at`` is what
    the submitter said of when it was taken; ``taken`` what counts, None where nobody looked for it.
    ``metadata`` is the submitter's own JSON object, ``camera_name`` the camera's for people.
    """

    id: str
    status: Status
    picture: PictureFacts
    received_at: datetime
    verdict: Verdict | None = None
    detections: tuple[Detection, ...] = ()
    runs: tuple[DetectorRun, ...] = ()
    error: Problem | None = None
    waiting_reason: str | None = None
    camera_id: str | None = None
    camera_name: str | None = None
    batch_id: str | None = None
    captured_at: datetime | None = None
    taken: Taken | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def incomplete(self) -> bool:
        """Whether a detector run may have missed something."""
        return any(not run.complete for run in self.runs)

    @property
    def when_taken(self) -> Taken:
        """When the picture was taken, as far as is known; at the latest when it arrived."""
        if self.taken is not None:
            return self.taken
        if self.captured_at is not None:
            return Taken(self.captured_at, TakenFrom.CAPTURED_AT)
        return Taken(self.received_at, TakenFrom.ARRIVAL)


def as_document(inspection: Inspection, language: Language | None = None) -> dict[str, Any]:
    """The result as JSON-ready data: the same in the command line, REST and every export.

    With a language each detection also carries ``label_text`` and ``sub_label_text``, and the
    reasons of an incomplete run are worded in it.
    """
    taken = inspection.when_taken
    return {
        "id": inspection.id,
        "status": inspection.status.value,
        "verdict": inspection.verdict.value if inspection.verdict else None,
        "incomplete": inspection.incomplete,
        "image": asdict(inspection.picture),
        "detections": [_detection(one, language) for one in inspection.detections],
        "runs": [run_document(run, language) for run in inspection.runs],
        "error": asdict(inspection.error) if inspection.error else None,
        "waiting_reason": inspection.waiting_reason,
        "camera_id": inspection.camera_id,
        "camera_name": inspection.camera_name,
        "batch_id": inspection.batch_id,
        "captured_at": timestamp(inspection.captured_at) if inspection.captured_at else None,
        "taken_at": timestamp(taken.at),
        "taken_from": taken.source.value,
        "taken_notes": [note_document(one) for one in taken.notes],
        "received_at": timestamp(inspection.received_at),
        "metadata": dict(inspection.metadata),
        "links": dict(inspection.links),
    }


def from_document(document: Mapping[str, Any]) -> Inspection:
    """The inspection that ``as_document`` wrote; members that it does not write are overlooked.

    Raises:
        KeyError, TypeError, ValueError: it is no such document.
    """
    verdict, error, captured_at = (document[key] for key in ("verdict", "error", "captured_at"))
    inspection = Inspection(
        id=document["id"],
        status=Status(document["status"]),
        picture=PictureFacts(**document["image"]),
        received_at=datetime.fromisoformat(document["received_at"]),
        verdict=Verdict(verdict) if verdict else None,
        detections=tuple(_read_detection(one) for one in document["detections"]),
        runs=tuple(read_run(one) for one in document["runs"]),
        error=Problem(**error) if error else None,
        waiting_reason=document["waiting_reason"],
        camera_id=document["camera_id"],
        camera_name=document.get("camera_name"),
        batch_id=document["batch_id"],
        captured_at=datetime.fromisoformat(captured_at) if captured_at else None,
        metadata=document["metadata"],
        links=document["links"],
    )
    if "taken_at" not in document:  # written by an earlier version
        return inspection
    taken = _read_taken(document)
    return inspection if taken == inspection.when_taken else replace(inspection, taken=taken)


def _read_taken(document: Mapping[str, Any]) -> Taken:
    return Taken(
        datetime.fromisoformat(document["taken_at"]),
        TakenFrom(document["taken_from"]),
        tuple(read_note(one) for one in document["taken_notes"]),
    )


def _read_detection(document: Mapping[str, Any]) -> Detection:
    hazard = Hazard(Label(document["label"]), SubLabel(document["sub_label"]))
    return Detection(Box(*document["bbox_2d"]), hazard, document["score"])


def _detection(detection: Detection, language: Language | None) -> dict[str, Any]:
    hazard = detection.hazard
    document: dict[str, Any] = {
        "bbox_2d": [int(value) for value in detection.box.xyxy],
        "label": hazard.label.value,
        "sub_label": hazard.sub_label.value,
        "score": None if detection.score is None else round(detection.score, 4),
    }
    if language is not None:
        document["label_text"] = label_name(hazard.label, language)
        document["sub_label_text"] = hazard.state_text(language)
    return document


def timestamp(moment: datetime) -> str:
    """A moment as every document writes it: UTC, milliseconds, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
