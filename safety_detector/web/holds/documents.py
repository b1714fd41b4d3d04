"""Holds in bodies and answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from safety_detector.documents.document import Document, Moment
from safety_detector.documents.results import EXAMPLE_ID
from safety_detector.web.queries.values import said_text


class HoldBody(BaseModel):
    """Why an inspection is kept."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "Accident report 17"}]}
    )

    reason: Annotated[str, AfterValidator(said_text)] = Field(
        min_length=1, max_length=255, description="For whoever finds the hold in a year."
    )


class HoldDocument(Document):
    """An inspection that is kept with its pictures until the hold is released."""

    inspection_id: str = Field(description="What is kept.", examples=[EXAMPLE_ID])
    reason: str = Field(description="Why.", examples=["Accident report 17"])
    set_by: str = Field(
        description="Name of the API key, or user and machine of a command.",
        examples=["safety office"],
    )
    set_at: Moment = Field(description="When.", examples=["2026-11-21T09:30:00.000Z"])


class HoldsDocument(Document):
    """A page of holds, the oldest picture first."""

    holds: list[HoldDocument] = Field(validation_alias="items", description="The holds.")
    next_cursor: str | None = Field(
        description="Leads to the next page; null on the last.", examples=[None]
    )
