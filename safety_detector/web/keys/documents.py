"""API keys as the command line shows them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from safety_detector.documents.document import Document, Moment
from safety_detector.service.records import Scope


class ApiKeyDocument(Document):
    """An API key without its text."""

    id: str = Field(description="A ULID.", examples=["01KAJ8W4T0X2V7Q9R5N3M1B6CE"])
    name: str = Field(description="For people.", examples=["safety office"])
    scopes: Annotated[list[Scope], BeforeValidator(sorted)] = Field(
        description="What it may do.", examples=[["read", "submit"]]
    )
    camera_id: str | None = Field(
        description="The one camera that it may push to.", examples=[None]
    )
    created_at: Moment = Field(description="When.", examples=["2026-11-20T10:00:00.000Z"])
    revoked_at: Moment | None = Field(
        description="Since when it is useless; null while it is not.", examples=[None]
    )
