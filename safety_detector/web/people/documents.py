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
    signed_in_elsewhere: bool = Field(
        description="Whether another system signs them in, and they have no password here.",
        examples=[False],
    )


class SessionDocument(Document):
    """A browser in which somebody is signed in."""

    id: str = Field(description="Tells it from others.", examples=["9f86d081884c7d65"])
    begun_at: Moment = Field(
        description="When they signed in.", examples=["2026-11-21T08:00:00.000Z"]
    )
    seen_at: Moment = Field(
        description="When it was used last, within five minutes.",
        examples=["2026-11-21T09:30:00.000Z"],
    )
    address: str | None = Field(description="From where they signed in.", examples=["10.0.0.7"])
    agent: str | None = Field(
        description="What the browser calls itself.",
        examples=["Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0"],
    )
