"""People as they are shown."""

from __future__ import annotations

from pydantic import Field

from safety_detector.documents.document import Document, Moment
from safety_detector.documents.results import EXAMPLE_ID
from safety_detector.domain.people import Role


class PersonDocument(Document):
    """Somebody who may sign in to the console."""

    id: str = Field(description="A ULID.", examples=[EXAMPLE_ID])
    name: str = Field(description="What they type to sign in.", examples=["Wang Lei"])
    role: Role = Field(
        description="`viewer` looks, `reviewer` also judges, `manager` also assigns, verifies and "
        "closes, `administrator` does everything.",
        examples=["reviewer"],
    )
    created_at: Moment = Field(description="Since when.", examples=["2026-11-21T08:00:00.000Z"])
    disabled_at: Moment | None = Field(
        description="Since when they may not sign in any more.", examples=[None]
    )
