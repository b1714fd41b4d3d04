"""Events as they are sent."""

from __future__ import annotations

from pydantic import Field

from safety_detector.documents.document import Document, Moment
from safety_detector.documents.incidents import EXAMPLE_INCIDENT_ID, IncidentDocument
from safety_detector.documents.reasons import Sentence
from safety_detector.documents.results import EXAMPLE_ID
from safety_detector.domain.camera_health import Fault
from safety_detector.domain.incidents.events import IncidentEvent
from safety_detector.message_texts.reason import Reason
from safety_detector.service.records import EventKind
from safety_detector.web.inspections.documents import InspectionDocument


class CameraEventDocument(Document):
    """The `data` of a server-sent event `camera`: a fault that opened, or ended."""

    camera_id: str = Field(description="Which camera.", examples=["gate-3"])
    fault: Fault = Field(description="What is wrong with it.", examples=["frozen"])
    since: Moment = Field(description="Since when.", examples=["2026-11-21T07:55:00.000Z"])
    open: bool = Field(description="False: it is over.", examples=[True])
    reason: Sentence = Field(
        description="What was seen.",
        examples=[Reason.of("camera-fault-frozen", minutes=5).text("en")],
    )


class EventDocument(Document):
    """The `data` of a server-sent event."""

    inspection_id: str = Field(description="What it is about.", examples=[EXAMPLE_ID])
    kind: EventKind = Field(description="What happened to it.", examples=["completed"])
    at: Moment = Field(description="When.", examples=["2026-11-21T08:00:02.431Z"])
    inspection: InspectionDocument | None = Field(description="null if it is not there any more.")


class IncidentEventDocument(Document):
    """The `data` of a server-sent event of an incident."""

    incident_id: str = Field(description="What it is about.", examples=[EXAMPLE_INCIDENT_ID])
    kind: IncidentEvent = Field(description="What happened to it.", examples=["incident.opened"])
    at: Moment = Field(description="When.", examples=["2026-11-21T08:00:02.431Z"])
    inspection_id: str | None = Field(
        description="The picture that shows it, where one does.", examples=[EXAMPLE_ID]
    )
    incident: IncidentDocument | None = Field(
        description="null if it is not there any more: a look that came late may have given it "
        "another `id`, to which this one leads."
    )
