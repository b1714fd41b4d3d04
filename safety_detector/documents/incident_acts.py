"""What people do about an incident, as everybody is shown it."""

from __future__ import annotations

from pydantic import AliasPath, Field

from safety_detector.documents.document import Document, Moment
from safety_detector.domain.incidents.handling import ActKind


class ActDocument(Document):
    """What somebody did about an incident."""

    number: int = Field(description="From 1.", examples=[1])
    act: ActKind = Field(validation_alias="kind", description="What.", examples=["dismiss"])
    at: Moment = Field(description="When.", examples=["2026-11-21T08:05:00.000Z"])
    by: str = Field(
        validation_alias=AliasPath("by", "name"),
        description="Name of the API key, or user and machine of a command.",
        examples=["safety office"],
    )
    text: str | None = Field(description="In their words.", examples=["sun on the tank"])
    assignee: str | None = Field(description="Who puts it right.", examples=[None])
    responsible_unit: str | None = Field(description="Whose place it is.", examples=[None])
    measure: str | None = Field(description="What is to be done.", examples=[None])
    funds: str | None = Field(description="With what money.", examples=[None])
    due_at: Moment | None = Field(
        description="Until when; of `close`, when its effect is looked at.", examples=[None]
    )
    contingency_plan: str | None = Field(description="What holds until then.", examples=[None])
    inspection_id: str | None = Field(
        description="Of a picture that shows it put right.", examples=[None]
    )
    override: bool = Field(
        description="What the detector says against it was known.", examples=[False]
    )
    incident_id: str | None = Field(
        description="Of `merge` and `split` the other incident.", examples=[None]
    )
    inspection_ids: list[str] = Field(
        description="Of `split` the pictures that show something else.", examples=[[]]
    )
    shown_inspection_id: str | None = Field(
        description="Of `confirm` and `dismiss` the picture that was looked at, as far as known.",
        examples=["01KAJ8W4T0X2V7Q9R5N3M1B6CD"],
    )
    changed: dict[str, str | None] = Field(
        description="Of `describe`: what was written, by field; null: nothing any more.",
        examples=[{}],
    )


class ActsDocument(Document):
    """What was done about an incident, in order."""

    acts: list[ActDocument] = Field(description="The acts.")
