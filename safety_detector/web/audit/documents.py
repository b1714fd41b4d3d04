"""The audit log in answers."""

from __future__ import annotations

from typing import Any

from pydantic import AliasPath, Field

from safety_detector.documents.document import Document, Moment
from safety_detector.documents.results import EXAMPLE_ID
from safety_detector.service.access.audit import AuditAction


class AuditEntryDocument(Document):
    """Who did what."""

    id: int = Field(description="Rises with each entry.", examples=[42])
    at: Moment = Field(description="When.", examples=["2026-11-21T09:30:00.000Z"])
    actor: str = Field(
        validation_alias=AliasPath("actor", "name"),
        description="Name of the API key, or user and machine of a command.",
        examples=["safety office"],
    )
    key_id: str | None = Field(
        validation_alias=AliasPath("actor", "key_id"),
        description="The API key, if it was one.",
        examples=["01KAJ8W4T0X2V7Q9R5N3M1B6CE"],
    )
    person_id: str | None = Field(
        validation_alias=AliasPath("actor", "person_id"),
        description="The person, if it was one who had signed in to the console.",
        examples=[None],
    )
    action: AuditAction = Field(description="What that was.", examples=["hold-set"])
    subject: str | None = Field(
        description="The key, camera or inspection, if it was one.", examples=[EXAMPLE_ID]
    )
    details: dict[str, Any] = Field(
        description="Whatever else belongs to the act.",
        examples=[{"reason": "Accident report 17"}],
    )


class AuditDocument(Document):
    """A page of the audit log, newest first."""

    entries: list[AuditEntryDocument] = Field(validation_alias="items", description="The acts.")
    next_cursor: str | None = Field(
        description="Leads to the next page; null on the last.", examples=["42"]
    )
