"""Cameras and their frames in bodies and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AliasPath, BeforeValidator, Field, model_validator

from safety_detector.camera_sources.source import SourceKind, Taken, Transport
from safety_detector.documents.document import Document, Moment
from safety_detector.documents.incident_rules import IncidentRulesDocument
from safety_detector.documents.reasons import Details, Sentence
from safety_detector.domain.camera_health import Fault
from safety_detector.domain.camera_rules import (
    Day,
    Polygon,
    WatchedHazard,
    ZoneSeverity,
)
from safety_detector.domain.incidents.looks import SuppressedBy
from safety_detector.domain.incidents.opening_rules import NO_CHANGES, RuleChanges
from safety_detector.message_texts.reason import Reason
from safety_detector.service.records import CameraStatus, FrameDisposition, Login
from safety_detector.web.inspections.documents import QUEUED_EXAMPLE, InspectionDocument

POLYGON_EXAMPLE = [[0.1, 0.2], [0.6, 0.2], [0.6, 0.9]]


def _corners(polygon: Any) -> Any:
    return [list(one) for one in polygon.corners] if isinstance(polygon, Polygon) else polygon


def _written_time(minutes: Any) -> Any:
    return f"{minutes // 60:02}:{minutes % 60:02}" if isinstance(minutes, int) else minutes


def _incident_rules(changes: Any) -> Any:
    if not isinstance(changes, RuleChanges):
        return changes
    return None if changes == NO_CHANGES else IncidentRulesDocument.of(changes)


Corners = Annotated[list[tuple[float, float]], BeforeValidator(_corners)]


class SourceDocument(Document):
    """Where a camera's pictures come from."""

    kind: SourceKind = Field(description="How they come.", examples=["rtsp"])
    url: str = Field(
        description="Without user and password: where these stood in it is `{username}` and "
        "`{password}`. The path of a file or folder; empty for `push`.",
        examples=["rtsp://10.0.0.7/Streaming/Channels/102"],
    )
    username: str | None = Field(
        description="Of the login; null where there is none.", examples=["viewer"]
    )
    transport: Transport = Field(description="Of RTSP.", examples=["tcp"])
    loop: bool = Field(
        validation_alias=AliasPath("options", "loop"),
        description="Whether a file begins again at its end.",
        examples=[True],
    )
    taken: Taken = Field(
        validation_alias=AliasPath("options", "taken"),
        description="What becomes of a drop folder's accepted files.",
        examples=["moved"],
    )
    move_to: str | None = Field(
        validation_alias=AliasPath("options", "move_to"),
        description="The folder that they are moved to; null: `accepted` beside them.",
        examples=[None],
    )


class ZoneDocument(Document):
    """A part of the picture in which some hazards matter."""

    id: str = Field(description="Unique within the camera.", examples=["tanks"])
    name: str = Field(description="For people.", examples=["Tank farm"])
    polygon: Corners = Field(
        description="Corners as fractions of the upright picture, x before y.",
        examples=[POLYGON_EXAMPLE],
    )
    watch: list[WatchedHazard] = Field(
        description="The hazards that it is about.", examples=[["fire", "smoke"]]
    )
    severity: ZoneSeverity | None = Field(
        description="Of a hazard in it at least; null: what the picture shows.",
        examples=["severe"],
    )


class MaskDocument(Document):
    """A part of the picture in which some hazards do not count."""

    polygon: Corners = Field(
        description="Corners as fractions of the upright picture, x before y.",
        examples=[POLYGON_EXAMPLE],
    )
    reason: str = Field(description="Why, for people.", examples=["flare stack"])
    hazards: list[WatchedHazard] = Field(
        description="Those that do not count there.", examples=[["fire", "smoke"]]
    )


class TimesDocument(Document):
    """Hours of some days of the week."""

    days: list[Day] = Field(description="On which they begin.", examples=[["mon", "tue"]])
    start: Annotated[str, BeforeValidator(_written_time)] = Field(
        validation_alias=AliasPath("start_min"),
        serialization_alias="from",
        description="In the camera's zone.",
        examples=["07:00"],
    )
    end: Annotated[str, BeforeValidator(_written_time)] = Field(
        validation_alias=AliasPath("end_min"),
        serialization_alias="to",
        description="Up to 24:00; earlier than `from`: the next day.",
        examples=["19:00"],
    )

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, written: Any) -> Any:
        """By the names that they have in JSON, of which Python takes one for itself."""
        if not isinstance(written, Mapping) or "from" not in written:
            return written
        return {_HOURS_NAMES.get(name, name): value for name, value in written.items()}


class HoursDocument(TimesDocument):
    """When some hazards count; at other times they do not."""

    hazards: list[WatchedHazard] = Field(description="Which.", examples=[["no_helmet"]])


_HOURS_NAMES = {"from": "start", "to": "end"}


class FrameCountsDocument(Document):
    """`received` is the sum of the others."""

    received: int = Field(description="Frames that were pushed.", examples=[120])
    inspected: int = Field(description="Completed or failed.", examples=[100])
    in_flight: int = Field(description="Queued or running.", examples=[1])
    skipped: int = Field(description="Came too soon, or to a camera switched off.", examples=[10])
    unchanged: int = Field(
        description="Showed nothing new, so that the last verdict stands.", examples=[2]
    )
    replaced: int = Field(description="A newer one took their place.", examples=[7])
    refused: int = Field(description="Were no picture.", examples=[0])


class SightingDocument(Document):
    """What is known of a camera's source at present."""

    connected: bool = Field(description="Whether frames come.", examples=[True])
    since: Moment = Field(
        description="Since when they do, or do not.", examples=["2026-11-21T07:00:00.000Z"]
    )
    last_frame_at: Moment | None = Field(
        description="When the last one came, whatever became of it.",
        examples=["2026-11-21T08:00:00.000Z"],
    )
    last_error: Sentence | None = Field(
        description="Why none come, or did not when they last stopped.", examples=[None]
    )
    last_error_details: Details | None = Field(
        validation_alias=AliasPath("last_error"),
        description="Of what that is made.",
        examples=[None],
    )
    codec: str | None = Field(description="Of the stream.", examples=["h264"])
    width: int | None = Field(description="In pixels.", examples=[1920])
    height: int | None = Field(description="In pixels.", examples=[1080])
    fps: float | None = Field(description="Frames a second, as it says.", examples=[25.0])
    clock_difference_s: float | None = Field(
        description="The camera's clock less ours, in seconds.", examples=[0.4]
    )


class FaultDocument(Document):
    """What is wrong with a camera; camera, fault and beginning are its identity."""

    fault: Fault = Field(description="What.", examples=["frozen"])
    since: Moment = Field(
        description="Since when, which is before it was noticed.",
        examples=["2026-11-21T07:55:00.000Z"],
    )
    noticed_at: Moment = Field(
        description="When it had lasted long enough.", examples=["2026-11-21T08:00:00.000Z"]
    )
    reason: Sentence = Field(
        description="What was seen.",
        examples=[Reason.of("camera-fault-frozen", minutes=5).text("en")],
    )
    details: Details = Field(
        validation_alias=AliasPath("reason"), description="Of what the reason is made."
    )


class HealthDocument(Document):
    """How a camera is."""

    status: CameraStatus = Field(
        description="`ok`, `faulty`, `unknown` while no picture has come, or `off`.",
        examples=["ok"],
    )
    faults: list[FaultDocument] = Field(description="That are open.")


class SuppressedDocument(Document):
    """How much was seen of a camera and did not count, by one of its rules."""

    by: SuppressedBy = Field(
        description="`mask`; `zone`: of what lies in zones that do not watch it; `hours`: at hours "
        "that do not.",
        examples=["mask"],
    )
    reason: str | None = Field(description="Of the mask.", examples=["flare stack"])
    total: int = Field(
        description="Sightings since the mask is there, of the last 400 days.", examples=[1204]
    )
    last_7_days: int = Field(description="Of the last 7 days.", examples=[96])
    last_at: Moment | None = Field(
        description="When the last picture was taken; null where nothing was suppressed.",
        examples=["2026-11-21T08:00:00.000Z"],
    )


class CameraDocument(Document):
    """A camera and what became of its frames."""

    id: str = Field(description="Chosen by the operator, or made up.", examples=["gate-3"])
    name: str = Field(description="For people.", examples=["Gate 3"])
    enabled: bool = Field(description="False: its frames are skipped.", examples=[True])
    min_interval_ms: int = Field(
        description="Frames that come sooner are skipped; 0: none.", examples=[500]
    )
    created_at: Moment = Field(
        description="When it was added.", examples=["2026-11-20T10:00:00.000Z"]
    )
    newest_frame_at: Moment | None = Field(
        description="When its last accepted frame arrived.", examples=["2026-11-21T08:00:00.000Z"]
    )
    frames: FrameCountsDocument = Field(description="What became of its frames.")
    location: str | None = Field(
        description="Where it hangs, for people.", examples=["Plant 2 / Gate 3"]
    )
    timezone: str | None = Field(
        description="The IANA name of its zone; null: that of the site.",
        examples=["Asia/Shanghai"],
    )
    source: SourceDocument = Field(description="Where its pictures come from.")
    login: Login = Field(
        description="Whether user and password are kept: `none`, `kept`, or `lost` where the key "
        "that they were sealed with is gone, so that they have to be given again.",
        examples=["kept"],
    )
    every_s: float | None = Field(
        description="Seconds between two looks; null for one that pushes when it likes.",
        examples=[2.0],
    )
    expected: bool = Field(description="Whether silence is a fault.", examples=[True])
    zones: list[ZoneDocument] = Field(
        validation_alias=AliasPath("rules", "zones"),
        description="Parts of the picture in which some hazards matter.",
    )
    masks: list[MaskDocument] = Field(
        validation_alias=AliasPath("rules", "masks"),
        description="Parts of the picture in which some hazards do not count.",
    )
    schedule: list[HoursDocument] = Field(
        validation_alias=AliasPath("rules", "schedule"),
        description="When which hazards count; one that no hours name always does.",
    )
    incident_rules: Annotated[IncidentRulesDocument | None, BeforeValidator(_incident_rules)] = (
        Field(
            description="What is said of when its incidents open and end; null: nothing, they do "
            "as for the whole site.",
            examples=[None],
        )
    )
    suppressed: list[SuppressedDocument] = Field(
        description="What was seen and did not count: by each mask, in the order of `masks`, then "
        "by zones and hours where something was."
    )
    sighting: SightingDocument | None = Field(
        description="Of its source; null while nobody has seen it."
    )
    health: HealthDocument = Field(description="What is wrong with it.")


class CamerasDocument(Document):
    """Every camera."""

    cameras: list[CameraDocument] = Field(description="By id.")


class FrameDocument(Document):
    """What became of a pushed frame."""

    disposition: FrameDisposition = Field(
        description="`accepted`, `skipped` or `unchanged`; an accepted one may be replaced later.",
        examples=["accepted"],
    )
    inspection: InspectionDocument | None = Field(
        description="Of an accepted frame.", examples=[QUEUED_EXAMPLE]
    )
    replaces: str | None = Field(
        description="The waiting frame whose place this one took.", examples=[None]
    )
    reason: Sentence | None = Field(description="Why it is not inspected.", examples=[None])
    details: Details | None = Field(
        validation_alias=AliasPath("reason"),
        description="Of what the reason is made.",
        examples=[None],
    )
    left_out: list[str] = Field(
        description="Names of smaller pictures in the same push, which are not looked at.",
        examples=[[]],
    )
