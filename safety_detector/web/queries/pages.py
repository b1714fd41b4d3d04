"""Pages of lists as queries ask for them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Query
from pydantic import AfterValidator

from safety_detector.web.queries.values import storable_text

Limit: TypeAlias = Annotated[int, Query(ge=1, le=500)]

UlidCursor: TypeAlias = Annotated[
    Annotated[str, AfterValidator(storable_text)] | None,
    Query(
        max_length=64,
        description="`next_cursor` of the page before.",
        json_schema_extra={"pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"},
    ),
]
