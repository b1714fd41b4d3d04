"""An incident as everybody is shown it: REST, messages."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, AliasPath, BeforeValidator, Field, ValidationInfo

from safety_detector.documents.document import Document, Moment, shown
from safety_detector.documents.reasons import Details, Sentence
from safety_detector.documents.results import EXAMPLE_ID
from safety_detector.domain.camera_rules import Polygon, WatchedHazard
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.handling import HandlingState, Level, Review
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.incident import ChangeKind, Stage
from safety_detector.domain.incidents.looks import Severity
from safety_detector.domain.inspection import Status, Verdict


def rounded(number: float | None) -> float | None:
    """A number as documents show it."""
    return None if number is None else round(number, 4)


EXAMPLE_INCIDENT_ID = "01KAJ8W4T02M5QCZXK1D7H3R9N"
"""Of an incident, in examples."""


class BestLinks(Document):
    """Where the best picture of an incident is."""

    annotated: str = Field(
        description="The annotated picture.",
        examples=[f"/v1/inspections/{EXAMPLE_ID}/annotated"],
    )
    inspection: str = Field(
        description="What was found in it.", examples=[f"/v1/inspections/{EXAMPLE_ID}"]
    )


def best_links(inspection_id: Any, info: ValidationInfo) -> Any:
    """Links of an inspection's picture."""
    if not isinstance(inspection_id, str):
        return inspection_id
    path = f"{shown(info).base_path}/v1/inspections/{inspection_id}"
    return {"annotated": f"{path}/annotated", "inspection": path}


class IncidentLinks(Document):
    """Where an incident is."""

    self: str = Field(
        description="The incident.", examples=[f"/v1/incidents/{EXAMPLE_INCIDENT_ID}"]
    )


def _links(incident_id: Any, info: ValidationInfo) -> Any:
    if not isinstance(incident_id, str):
        return incident_id
    return {"self": f"{shown(info).base_path}/v1/incidents/{incident_id}"}


def _polygon(polygon: Any) -> Any:
    return polygon.corners if isinstance(polygon, Polygon) else polygon


def corners(box: Any) -> Any:
    """A box as documents show it."""
    return [round(value, 4) for value in box.xyxy] if isinstance(box, Box) else box


class BestDocument(Document):
    """The picture that shows an incident best: the surest and sharpest."""

    inspection_id: str = Field(
        validation_alias="best_inspection_id",
        description="The inspection of that picture.",
        examples=[EXAMPLE_ID],
    )
    box: Annotated[list[float], BeforeValidator(corners)] = Field(
        validation_alias="best_box",
        description="Where in it, as fractions of its width and height: x1, y1, x2, y2.",
        examples=[[0.41, 0.52, 0.55, 0.7]],
    )
    links: Annotated[BestLinks, BeforeValidator(best_links)] = Field(
        validation_alias=AliasPath("best_inspection_id"), description="Where it is."
    )


class AfterDocument(Document):
    """A picture that is to show an incident put right, and what the detector says of it."""

    inspection_id: str = Field(description="The inspection of that picture.", examples=[EXAMPLE_ID])
    taken_at: Moment | None = Field(
        description="When it was taken; null where it was removed.",
        examples=["2026-11-22T09:30:00.000Z"],
    )
    status: Status | None = Field(
        description="How far its inspection is; null where it was removed.", examples=["completed"]
    )
    verdict: Verdict | None = Field(
        description="What the detector says of it; null before it has.", examples=["clear"]
    )
    hazards: list[IncidentHazard] = Field(description="What is seen in it.", examples=[[]])
    links: Annotated[BestLinks, BeforeValidator(best_links)] = Field(
        validation_alias=AliasPath("inspection_id"), description="Where it is."
    )


class PermitOfIncident(Document):
    """A hot-work permit; `/v1/permits/{id}` has all of it."""

    id: str = Field(description="Of the permit.", examples=["01KAJ9C3V5N8Q2R7W4X6Y0Z1AB"])
    number: str = Field(description="On the paper.", examples=["DH-2026-114"])
    who: str = Field(description="Who answers for the work.", examples=["Wang Lei"])
    until: Moment = Field(description="Until when.", examples=["2026-11-21T09:00:00.000Z"])


class IncidentDocument(Document):
    """One hazard at one place of one camera, from its first sighting to its end."""

    id: str = Field(description="A ULID.", examples=[EXAMPLE_INCIDENT_ID])
    hazards: list[IncidentHazard] = Field(
        description="What it is about, the most urgent first. Those that begin with `camera_` are "
        "faults of the camera: while one is open, nobody may see anything there.",
        examples=[["fire"]],
    )
    state: HandlingState = Field(
        description="How far people are with it: from `open` over `acknowledged`, `confirmed` (or "
        "`false_alarm`), `assigned`, `rectified` and `verified` to `closed`.",
        examples=["open"],
    )
    review: Review | None = Field(
        description="What a person said that it is; null where nobody has.", examples=[None]
    )
    stage: Stage = Field(
        description="What cameras see of it. `open`: it was seen lately. `quiet`: it was looked "
        "for and not seen. `ended`: for so long that the next sighting is another incident. "
        "`merged`: into another one.",
        examples=["open"],
    )
    severity: Severity = Field(description="The gravest so far.", examples=["moderate"])
    camera_id: str = Field(description="The camera.", examples=["gate-3"])
    camera_name: str | None = Field(
        description="Its name for people; of one that was removed the last.",
        examples=["Gate 3, north"],
    )
    zone_id: str | None = Field(
        description="The zone in which it was first seen; null outside of all.", examples=["tanks"]
    )
    permit: PermitOfIncident | None = Field(
        description="The hot-work permit that covers all of it; null where there is none, or it "
        "grew beyond."
    )
    verified: bool = Field(
        description="Whether the language model saw it too; the embedded detector alone may be "
        "wrong more often.",
        examples=[False],
    )
    first_seen_at: Moment = Field(
        description="When the first picture of it was taken.", examples=["2026-11-21T07:59:58.000Z"]
    )
    opened_at: Moment = Field(
        description="When the picture was taken that made it an incident.",
        examples=["2026-11-21T08:00:00.000Z"],
    )
    last_seen_at: Moment = Field(
        description="When the last picture of it was taken.", examples=["2026-11-21T08:03:12.000Z"]
    )
    quiet_at: Moment | None = Field(
        description="Since when it is not seen any more.", examples=[None]
    )
    ended_at: Moment | None = Field(description="When it ended.", examples=[None])
    version: int = Field(
        description="Rises with each act; `ETag` is it, and `If-Match` takes it.", examples=[3]
    )
    location: str | None = Field(
        description="Where in the plant (部位), in a person's words.",
        examples=["tank farm, pump 2"],
    )
    description: str | None = Field(
        description="What is dangerous about it (隐患描述), in a person's words.",
        examples=["oil rags burn beside the pump"],
    )
    basis: str | None = Field(
        description="The rule that it breaks (依据).", examples=["GB 50016-2014, 3.5.1"]
    )
    level: Level | None = Field(
        description="How grave a person says that the hazard is (隐患等级): `general` (一般) or "
        "`major` (重大); the program never does.",
        examples=["general"],
    )
    measure: str | None = Field(
        description="What is to be done (整改措施).", examples=["remove the rags, place a bin"]
    )
    assignee: str | None = Field(description="Who puts it right (责任人).", examples=["Wang Lei"])
    responsible_unit: str | None = Field(
        description="Whose place it is (责任单位).", examples=["Maintenance"]
    )
    funds: str | None = Field(description="With what money (资金).", examples=["500 CNY"])
    due_at: Moment | None = Field(
        description="Until when (时限).", examples=["2026-11-28T10:00:00.000Z"]
    )
    contingency_plan: str | None = Field(
        description="What holds until then (预案).", examples=["a fire watch with extinguishers"]
    )
    after: AfterDocument | None = Field(
        description="The newest picture that is to show it put right, inspected as any other."
    )
    acknowledged_at: Moment | None = Field(
        description="When somebody first did something about it.",
        examples=["2026-11-21T08:01:10.000Z"],
    )
    rectified_at: Moment | None = Field(
        description="When it was last said to be put right.", examples=[None]
    )
    verified_at: Moment | None = Field(
        description="When somebody else last found it put right.", examples=[None]
    )
    closed_at: Moment | None = Field(description="When it was closed.", examples=[None])
    effect_due_at: Moment | None = Field(
        description="When somebody will look whether it lasts.", examples=[None]
    )
    effect_checked_at: Moment | None = Field(
        description="When somebody last looked whether it lasts.", examples=[None]
    )
    merged_into: str | None = Field(
        description="The incident that it is part of: the two grew together, or a person said so.",
        examples=[None],
    )
    parts: list[str] = Field(
        description="Incidents that a person merged into this one; what is seen is seen of all.",
        examples=[[]],
    )
    looks: int = Field(
        description="Inspected pictures from the first sighting to the last; 0 for a fault of the "
        "camera.",
        examples=[97],
    )
    sightings: int = Field(
        description="How many of them show it; of a fault of the camera how often it came.",
        examples=[92],
    )
    peak_score: Annotated[
        float | None, AfterValidator(lambda score: None if score is None else round(score, 4))
    ] = Field(
        description="The detector's highest, 0 to 1 and no probability; null where it gives none.",
        examples=[0.83],
    )
    best: BestDocument | None = Field(
        description="The picture to look at; null for a fault of the camera."
    )
    reason: Sentence | None = Field(
        description="What was seen of a fault of the camera; null for what pictures show.",
        examples=[None],
    )
    unseen_because: Sentence | None = Field(
        description="Why it is not seen since `last_seen_at` though nobody saw that it is over: "
        "its camera is silent or covered, the model is away …; null where its camera is looked at.",
        examples=[None],
    )
    unseen_details: Details | None = Field(
        validation_alias=AliasPath("unseen_because"),
        description="Of what that is made.",
        examples=[None],
    )
    reason_details: Details | None = Field(
        validation_alias=AliasPath("reason"),
        description="Of what the reason is made.",
        examples=[None],
    )
    links: Annotated[IncidentLinks, BeforeValidator(_links)] = Field(
        validation_alias=AliasPath("id"), description="Where it is."
    )


class ChangeDocument(Document):
    """Something that happened to an incident."""

    kind: ChangeKind = Field(description="What.", examples=["opened"])
    at: Moment = Field(
        description="When the picture was taken that shows it, or a fault of the camera noticed.",
        examples=["2026-11-21T08:00:00.000Z"],
    )
    inspection_id: str | None = Field(
        description="That picture's; null of a fault of the camera.", examples=[EXAMPLE_ID]
    )
    because: list[str] = Field(
        description="Of an escalation what rose: `severity`, `extent`, `fire` (joined smoke), "
        "`permit` (it left the place of permitted hot work). Of a camera's fault that is over, "
        "where it did not end by itself: `off`, `removed`, `reference` (a new one was set).",
        examples=[[]],
    )


class MaskProposalDocument(Document):
    """A mask that would keep a false alarm from coming again at its place."""

    incident_id: str = Field(description="Of the incident.", examples=[EXAMPLE_INCIDENT_ID])
    camera_id: str = Field(description="The camera that would get it.", examples=["gate-3"])
    polygon: Annotated[list[tuple[float, float]], BeforeValidator(_polygon)] = Field(
        validation_alias=AliasPath("mask", "polygon"),
        description="Around all that was seen of the false alarms there, with a margin; corners "
        "as fractions of the upright picture.",
        examples=[[[0.4, 0.5], [0.6, 0.5], [0.6, 0.7], [0.4, 0.7]]],
    )
    hazards: list[WatchedHazard] = Field(
        validation_alias=AliasPath("mask", "hazards"),
        description="Those that would not count there any more.",
        examples=[["fire", "smoke"]],
    )
    reason: str = Field(
        validation_alias=AliasPath("mask", "reason"),
        description="What was said of the false alarm.",
        examples=["sun on the tank"],
    )
    share: Annotated[float, AfterValidator(lambda share: round(share, 3))] = Field(
        description="Of the picture that it covers, 0 to 1.", examples=[0.04]
    )
    false_alarms: list[str] = Field(
        description="Incidents there that people called false alarms, the latest first.",
        examples=[[EXAMPLE_INCIDENT_ID]],
    )
    confirmed: list[str] = Field(
        description="Incidents that lie in it and that people confirmed: it would have hidden "
        "them. Think twice where there is one.",
        examples=[[]],
    )
    hidden: int = Field(
        description="How many incidents of the last 90 days lie in it.", examples=[7]
    )


class ReplayedIncidentDocument(Document):
    """An incident that other rules would have made, or would not have made."""

    hazards: Annotated[list[IncidentHazard], BeforeValidator(sorted)] = Field(
        description="What was seen.", examples=[["fire"]]
    )
    severity: Severity = Field(description="The gravest.", examples=["minor"])
    zone_id: str | None = Field(description="Where.", examples=[None])
    first_seen_at: Moment = Field(
        description="When the first picture of it was taken.", examples=["2026-11-21T07:59:58.000Z"]
    )
    opened_at: Moment = Field(
        description="When it would have opened.", examples=["2026-11-21T08:00:00.000Z"]
    )
    last_seen_at: Moment = Field(
        description="When the last picture of it was taken.", examples=["2026-11-21T08:03:12.000Z"]
    )
    looks: int = Field(description="Pictures from the first to the last.", examples=[97])
    sightings: int = Field(description="How many of them show it.", examples=[92])


class IncidentsDocument(Document):
    """A page of incidents, the latest first."""

    incidents: list[IncidentDocument] = Field(
        validation_alias="items", description="The incidents."
    )
    next_cursor: str | None = Field(
        description="Leads to the next page; null on the last.", examples=[None]
    )


class ChangesDocument(Document):
    """What happened to an incident, in order."""

    changes: list[ChangeDocument] = Field(description="The changes.")
