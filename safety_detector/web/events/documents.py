"""Events as they are sent."""

from __future__ import annotations

from pydantic import Field

from safety_detector.documents.document import Document, Moment
from safety_detector.documents.results import EXAMPLE_ID
from safety_detector.service.records import EventKind
from safety_detector.web.inspections.documents import InspectionDocument


class EventDocument(Document):
    """The `data` of a server-sent event."""

    inspection_id: str = Field(description="What it is about.", examples=[EXAMPLE_ID])
    kind: EventKind = Field(description="What happened to it.", examples=["completed"])
    at: Moment = Field(description="When.", examples=["2026-11-21T08:00:02.431Z"])
    inspection: InspectionDocument | None = Field(description="null if it is not there any more.")
