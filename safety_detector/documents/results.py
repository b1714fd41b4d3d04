"""The result document: one submitted picture and its outcome, in every interface and file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasPath, BeforeValidator, Field, ValidationInfo

from safety_detector.documents.document import Document, Moment, shown
from safety_detector.documents.reasons import (
    Details,
    FailureDocument,
    Sentence,
    read_failure,
    read_waiting,
)
from safety_detector.documents.runs import Corners, RunDocument, Score, read_run
from safety_detector.domain.capture_time import ClockNoteCode, Taken, TakenFrom, read_note
from safety_detector.domain.detections import Detection, ScoreFrom
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, Language, SubLabel
from safety_detector.domain.inspection import Inspection, PictureFacts, Status, Verdict

_EXAMPLE_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

EXAMPLE_ID = "01KAJ8W4T0X2V7Q9R5N3M1B6CD"
"""Of an inspection, in examples."""


def _named(name: str | Callable[[Language], str] | None, info: ValidationInfo) -> str | None:
    """What a thing is called in the reader's language, by its own words."""
    if not callable(name):
        return name
    language = shown(info).language
    return name(language) if language else None


class ImageFacts(Document):
    """The submitted picture; size in pixels of the upright original."""

    name: str = Field(description="As it was submitted, for people.", examples=["gate3.jpg"])
    sha256: str | None = Field(
        description="Of its bytes; null where they could not be read.", examples=[_EXAMPLE_SHA256]
    )
    width: int | None = Field(description="Null where it is no picture.", examples=[1920])
    height: int | None = Field(description="Null where it is no picture.", examples=[1080])


class DetectionDocument(Document):
    """One box with one hazard."""

    bbox_2d: Corners = Field(
        validation_alias=AliasPath("box", "xyxy"),
        description="x1, y1, x2, y2 in pixels of the upright original.",
        examples=[[900, 300, 1210, 700]],
    )
    label: Label = Field(
        validation_alias=AliasPath("hazard", "label"),
        description="What it is.",
        examples=["fire"],
    )
    sub_label: SubLabel = Field(
        validation_alias=AliasPath("hazard", "sub_label"),
        description="How severe, or how the head is.",
        examples=["severe"],
    )
    score: Score = Field(
        description="0 to 1, no probability; null where there is none (`runs` says why).",
        examples=[0.91],
    )
    score_from: ScoreFrom = Field(
        description="`detector`: the embedded detector's own, which its thresholds are about. "
        "`tokens`: how probable the language model's words were to itself; no threshold applies.",
        examples=["detector"],
    )
    calibrated: Score = Field(
        description="Share of the site's labelled detections with such a score that were right; "
        "null where there is no table for it (SAFETY_SCORE_CALIBRATION).",
        examples=[None],
    )
    verified: bool | None = Field(
        description="Whether the language model saw it, of a picture that was screened; null where "
        "the runs alone tell.",
        examples=[None],
    )
    label_text: Annotated[str | None, BeforeValidator(_named)] = Field(
        None,
        validation_alias=AliasPath("hazard", "label_text"),
        exclude_if=lambda text: text is None,
        description="With `lang` alone.",
        examples=["火焰"],
    )
    sub_label_text: Annotated[str | None, BeforeValidator(_named)] = Field(
        None,
        validation_alias=AliasPath("hazard", "state_text"),
        exclude_if=lambda text: text is None,
        description="With `lang` alone.",
        examples=["严重"],
    )


class ClockNoteDocument(Document):
    """What is to be known about a stated time; but for `zone-assumed` it was not believed."""

    code: ClockNoteCode = Field(description="Stable, for programs.", examples=["zone-assumed"])
    source: TakenFrom = Field(description="Who stated it.", examples=["exif"])
    stated: str = Field(description="As it was stated.", examples=["2026:11:21 15:59:58"])
    zone: str | None = Field(
        description="In which it was read, where it had none of its own.",
        examples=["Asia/Shanghai"],
    )


class ResultDocument(Document):
    """One submitted picture and its outcome."""

    id: str = Field(description="A ULID.", examples=[EXAMPLE_ID])
    status: Status = Field(
        description="`completed` and `failed` are final.", examples=["completed"]
    )
    verdict: Verdict | None = Field(
        description="`hazard`: any fire or smoke, or a person without helmet; else `inconclusive`: "
        "a run failed or is incomplete, or a helmet is uncertain; else `clear`. About the "
        "`classes` of the runs alone. null until the status is final.",
        examples=["hazard"],
    )
    incomplete: bool = Field(
        description="Whether a detector may have missed something.", examples=[False]
    )
    image: ImageFacts = Field(validation_alias="picture", description="The picture.")
    detections: list[DetectionDocument] = Field(description="The most urgent first.")
    runs: list[RunDocument] = Field(description="The detector calls behind it.")
    error: FailureDocument | None = Field(
        description="Why it failed; null where it did not.", examples=[None]
    )
    waiting_reason: Sentence | None = Field(description="Why a queued one waits.", examples=[None])
    waiting_details: Details | None = Field(
        validation_alias=AliasPath("waiting_reason"),
        description="Of what that reason is made.",
        examples=[None],
    )
    camera_id: str | None = Field(description="The camera that took it.", examples=["gate-3"])
    camera_name: str | None = Field(
        description="The camera's name for people; of one that was removed the last.",
        examples=["Gate 3, north"],
    )
    batch_id: str | None = Field(description="The batch that it belongs to.", examples=[None])
    captured_at: Moment | None = Field(
        description="As the client said.", examples=["2026-11-21T07:59:58.000Z"]
    )
    taken_at: Moment = Field(
        validation_alias=AliasPath("when_taken", "at"),
        description="By which periods go.",
        examples=["2026-11-21T07:59:58.000Z"],
    )
    taken_from: TakenFrom = Field(
        validation_alias=AliasPath("when_taken", "source"),
        description="Where that is from: the client, the picture's EXIF block, or its arrival.",
        examples=["captured_at"],
    )
    taken_notes: list[ClockNoteDocument] = Field(
        validation_alias=AliasPath("when_taken", "notes"),
        description="What is to be known about stated times.",
        examples=[[]],
    )
    received_at: Moment = Field(
        description="When it arrived.", examples=["2026-11-21T08:00:00.000Z"]
    )
    metadata: dict[str, Any] = Field(
        description="The client's own, unchanged.", examples=[{"shift": "night"}]
    )
    links: dict[str, str] = Field(
        description="Where its files are.", examples=[{"annotated": "annotated/gate3.jpg"}]
    )


def read_result(document: Mapping[str, Any]) -> Inspection:
    """The inspection that a document shows; members that are none of its fields are overlooked.

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
        error=read_failure(error) if error else None,
        waiting_reason=read_waiting(document),
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
    return Detection(
        Box(*document["bbox_2d"]),
        hazard,
        document["score"],
        ScoreFrom(document.get("score_from", ScoreFrom.DETECTOR)),
        document.get("verified"),
        document.get("calibrated"),
    )
