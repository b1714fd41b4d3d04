"""What stands in bodies and answers besides the inspection document.

The models of answers are documentation: answers are built from the domain's values, and a test
holds the two together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
)

from safety_detector.detectors.qwen.servers.server_state import Phase
from safety_detector.domain.capture_time import ClockNoteCode, TakenFrom
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.domain.inspection import Status, Verdict, timestamp
from safety_detector.service.cameras import CameraSettings
from safety_detector.service.records import Camera, EventKind, FrameDisposition
from safety_detector.web.inspections.fields import RecordId, printable_name


def _said(name: str) -> str:
    printable = printable_name(name)
    if not printable:
        raise ValueError("a name has at least one character")
    return printable


def _number(value: object) -> object:
    """Pydantic would take ``false`` and ``"5"`` for numbers."""
    if isinstance(value, bool | str):
        raise ValueError("a number is needed")  # noqa: TRY004 (Pydantic takes ValueErrors)
    return value


class CameraBody(BaseModel):
    """What an operator decides about a camera."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Gate 3", "min_interval_ms": 500}]}
    )

    name: Annotated[str, AfterValidator(_said)] = Field(
        min_length=1, max_length=255, description="For people."
    )
    enabled: StrictBool = Field(
        True, description="Frames of a camera that is switched off are skipped."
    )
    min_interval_ms: Annotated[int, BeforeValidator(_number)] = Field(
        0,
        ge=0,
        le=86_400_000,
        description="Frames that come sooner after the last accepted one are skipped; 0: none.",
    )

    def settings(self) -> CameraSettings:
        """As the service takes it."""
        return CameraSettings(
            name=self.name, enabled=self.enabled, min_interval_ms=self.min_interval_ms
        )


class NewCamera(CameraBody):
    """A camera to be added."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"id": "gate-3", "name": "Gate 3"}]},
    )

    id: RecordId | None = Field(None, description="Unset: one is made up.", examples=["gate-3"])


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProblemDocument(BaseModel):
    """An error (RFC 9457).  Some have further members, such as `limit` or `errors`."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/picture-too-large",
                    "title": "Picture too large",
                    "status": 413,
                    "detail": "The picture has more; the limit is 33,554,432 bytes.",
                    "code": "picture-too-large",
                    "limit": 33_554_432,
                    "actual": None,
                }
            ]
        },
    )

    type: str = Field(description="Leads to what this kind of problem means.")
    title: str
    status: int
    detail: str = Field(description="What was wrong this time, for people.")
    code: str = Field(description="Stable, for programs.")


class ImageFacts(_Answer):
    """The submitted picture; size in pixels of the upright original."""

    name: str
    sha256: str | None
    width: int | None
    height: int | None


class DetectionDocument(_Answer):
    """One box with one hazard."""

    bbox_2d: list[int] = Field(
        min_length=4, max_length=4, description="x1, y1, x2, y2 in pixels of the upright original."
    )
    label: Label
    sub_label: SubLabel
    score: float | None = Field(description="0 to 1; null where the backend has none.")
    label_text: str | None = Field(None, description="With `lang` alone.")
    sub_label_text: str | None = Field(None, description="With `lang` alone.")


class Usage(_Answer):
    """Tokens of one request to a language model."""

    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None


class IncompleteReasonDocument(_Answer):
    """Why a run may have missed something."""

    code: str = Field(description="Stable, for programs.")
    facts: dict[str, str | int | float]
    text: str = Field(description="For people, in the language of `lang`, else English.")


class RunDocument(_Answer):
    """One call of one detector."""

    backend: str
    model: str
    prompt_version: str | None
    complete: bool
    incomplete_reason: str | None = Field(description="All reasons in English, in one line.")
    incomplete_reasons: list[IncompleteReasonDocument]
    dropped: int
    thresholds: dict[str, float] | None = Field(
        description="Score from which each class counts; null where the backend has no scores."
    )
    tiling: str | None = Field(
        description="`off`, `auto` or columns by rows; null where the backend cannot."
    )
    tiles: int = Field(description="Parts of the picture that were looked at besides the whole.")
    classes: list[str] | None = Field(
        description="What was looked for: the verdict is about these alone. null in older results."
    )
    picture: dict[str, float] = Field(
        description="What was seen of the picture's quality; empty where nobody looked."
    )
    usage: Usage | None
    timings_ms: dict[str, float]
    error: str | None


class FailureDocument(_Answer):
    """Why an inspection failed."""

    code: str
    reason: str
    attempts: int


class Links(_Answer):
    """Addresses of what belongs to an inspection; `annotated` answers 409 until it is there."""

    self: str
    original: str
    annotated: str
    report: str


class ClockNoteDocument(_Answer):
    """What is to be known about a stated time; but for `zone-assumed` it was not believed."""

    code: ClockNoteCode
    source: TakenFrom
    stated: str = Field(description="As it was stated.")
    zone: str | None = Field(description="In which it was read, where it had none of its own.")


class InspectionDocument(_Answer):
    """One submitted picture and its outcome."""

    id: str
    status: Status
    verdict: Verdict | None = Field(
        description="`hazard`: any fire or smoke, or a person without helmet; else `inconclusive`: "
        "a run failed or is incomplete, or a helmet is uncertain; else `clear`. About the "
        "`classes` of the runs alone. null until the status is final."
    )
    incomplete: bool = Field(description="Whether a detector may have missed something.")
    image: ImageFacts
    detections: list[DetectionDocument]
    runs: list[RunDocument]
    error: FailureDocument | None
    waiting_reason: str | None = Field(description="Why a queued one waits.")
    camera_id: str | None
    camera_name: str | None = Field(
        description="The camera's name for people; of one that was removed the last."
    )
    batch_id: str | None
    captured_at: datetime | None = Field(description="As the client said.")
    taken_at: datetime = Field(description="By which periods go.")
    taken_from: TakenFrom = Field(
        description="Where that is from: the client, the picture's EXIF block, or its arrival."
    )
    taken_notes: list[ClockNoteDocument]
    received_at: datetime
    metadata: dict[str, Any]
    links: Links


class RejectedDocument(_Answer):
    """A file of a form that was not accepted."""

    index: int
    name: str
    problem: ProblemDocument


class SubmittedDocument(_Answer):
    """What became of the files of a form."""

    inspections: list[InspectionDocument]
    rejected: list[RejectedDocument]


class PageDocument(_Answer):
    """A page of inspections."""

    inspections: list[InspectionDocument]
    next_cursor: str | None


class FrameCountsDocument(_Answer):
    """`received` is the sum of the others."""

    received: int
    inspected: int
    in_flight: int
    skipped: int
    replaced: int
    refused: int


class CameraDocument(_Answer):
    """A camera and what became of its frames."""

    id: str
    name: str
    enabled: bool
    min_interval_ms: int
    created_at: datetime
    newest_frame_at: datetime | None
    frames: FrameCountsDocument


class CamerasDocument(_Answer):
    """Every camera."""

    cameras: list[CameraDocument]


class FrameDocument(_Answer):
    """What became of a pushed frame."""

    disposition: FrameDisposition
    inspection: InspectionDocument | None
    replaces: str | None = Field(description="The waiting frame whose place this one took.")
    reason: str | None = Field(description="Why it was skipped.")
    left_out: list[str] = Field(
        description="Names of smaller pictures in the same push, which are not looked at."
    )


class EventDocument(_Answer):
    """The `data` of a server-sent event."""

    inspection_id: str
    kind: EventKind
    at: datetime
    inspection: InspectionDocument | None = Field(description="null if it is not there any more.")


class ModelServerDocument(_Answer):
    """How a model server stands: `in-use`, `ejected`, `examined` at present, or `unknown` yet."""

    address: str
    state: Phase
    in_flight: int = Field(description="Pictures that it has in hand, of all workers.")
    limit: int = Field(description="How many it may have; follows its answers.")
    ejected_since: datetime | None
    reason: str | None = Field(description="Why it gets no pictures.")


class CheckDocument(_Answer):
    """What one check found; all but the status needs the scope `read`."""

    status: str
    detail: str | None = None
    servers: list[ModelServerDocument] | None = None


class ReadinessDocument(_Answer):
    """How well the service does: `ok`, `degraded` (pictures wait), `failed`."""

    status: str
    checks: dict[str, CheckDocument]


def camera_document(camera: Camera) -> dict[str, Any]:
    """A camera as it stands in answers."""
    frames = camera.frames
    return {
        "id": camera.id,
        "name": camera.name,
        "enabled": camera.enabled,
        "min_interval_ms": camera.min_interval_ms,
        "created_at": timestamp(camera.created_at),
        "newest_frame_at": timestamp(camera.newest_frame_at) if camera.newest_frame_at else None,
        "frames": {
            "received": frames.received,
            "inspected": frames.inspected,
            "in_flight": frames.in_flight,
            "skipped": frames.skipped,
            "replaced": frames.replaced,
            "refused": frames.refused,
        },
    }
