"""Hot-work permits in bodies and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AliasPath, BaseModel, ConfigDict, Field, model_validator

from safety_detector.documents.document import Document
from safety_detector.documents.document import Moment as ShownMoment
from safety_detector.domain.camera_rules import Polygon
from safety_detector.domain.incidents.permits import LONGEST
from safety_detector.service.incidents.permits import NewPermit, PermitState
from safety_detector.value_faults import ValueFault
from safety_detector.web.cameras.bodies import Corners, Text
from safety_detector.web.cameras.documents import POLYGON_EXAMPLE
from safety_detector.web.cameras.documents import Corners as ShownCorners
from safety_detector.web.queries.values import Moment, RecordId, said_text

EXAMPLE_PERMIT_ID = "01KAJ9C3V5N8Q2R7W4X6Y0Z1AB"


class PermitBody(BaseModel):
    """A permit for hot work, as it stands on the paper."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "camera_id": "gate-3",
                    "polygon": [[0.1, 0.2], [0.6, 0.2], [0.6, 0.9]],
                    "from": "2026-11-21T13:00:00+08:00",
                    "until": "2026-11-21T17:00:00+08:00",
                    "number": "DH-2026-114",
                    "who": "Wang Lei",
                }
            ]
        },
    )

    camera_id: RecordId = Field(description="The camera that sees the place.")
    polygon: Corners = Field(
        description="The place: corners as fractions of the upright picture, x before y. Fire and "
        "smoke that lie wholly in it are covered.",
    )
    since: Moment = Field(alias="from", description="From when on.")
    until: Moment = Field(description="Until when; not covered any more at that moment.")
    number: Annotated[Text, AfterValidator(said_text)] = Field(description="Of the permit.")
    who: Annotated[Text, AfterValidator(said_text)] = Field(description="Who answers for the work.")

    @model_validator(mode="after")
    def _is_some_time(self) -> Self:
        if self.since >= self.until:
            raise ValueFault("permit-period")
        if self.until - self.since > LONGEST:
            raise ValueFault("permit-too-long", days=LONGEST.days)
        return self

    def permit(self) -> NewPermit:
        """As the service takes it."""
        polygon = Polygon(tuple(self.polygon))
        return NewPermit(self.camera_id, polygon, self.since, self.until, self.number, self.who)


class PermitDocument(Document):
    """A permit for hot work: what lies wholly in its place meanwhile is told with its number."""

    id: str = Field(
        validation_alias=AliasPath("permit", "id"),
        description="A ULID; incidents name it as `permit_id`.",
        examples=[EXAMPLE_PERMIT_ID],
    )
    camera_id: str = Field(
        validation_alias=AliasPath("permit", "camera_id"),
        description="The camera that sees the place.",
        examples=["gate-3"],
    )
    polygon: ShownCorners = Field(
        validation_alias=AliasPath("permit", "polygon"),
        description="The place, as fractions of the upright picture.",
        examples=[POLYGON_EXAMPLE],
    )
    since: ShownMoment = Field(
        validation_alias=AliasPath("permit", "since"),
        serialization_alias="from",
        description="From when on.",
        examples=["2026-11-21T05:00:00.000Z"],
    )
    until: ShownMoment = Field(
        validation_alias=AliasPath("permit", "until"),
        description="Until when.",
        examples=["2026-11-21T09:00:00.000Z"],
    )
    number: str = Field(
        validation_alias=AliasPath("permit", "number"),
        description="Of the permit.",
        examples=["DH-2026-114"],
    )
    who: str = Field(
        validation_alias=AliasPath("permit", "who"),
        description="Who answers for the work.",
        examples=["Wang Lei"],
    )
    state: PermitState = Field(
        description="`coming`, `in_force`, `over`, or `revoked`.", examples=["in_force"]
    )
    created_at: ShownMoment = Field(
        validation_alias=AliasPath("permit", "created_at"),
        description="When it was entered; nothing of before is covered.",
        examples=["2026-11-21T04:30:00.000Z"],
    )
    revoked_at: ShownMoment | None = Field(
        validation_alias=AliasPath("permit", "revoked_at"),
        description="When it was taken back.",
        examples=[None],
    )

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, written: Any) -> Any:
        """By the name that its beginning has in JSON, which Python takes for itself."""
        if not isinstance(written, Mapping) or "from" not in written:
            return written
        return {("since" if name == "from" else name): value for name, value in written.items()}


class PermitsDocument(Document):
    """A page of permits, the latest entered first."""

    permits: list[PermitDocument] = Field(validation_alias="items", description="The permits.")
    next_cursor: str | None = Field(
        description="Leads to the next page; null on the last.", examples=[None]
    )
