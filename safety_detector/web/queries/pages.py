"""Pages of lists as queries ask for them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Query

Limit: TypeAlias = Annotated[int, Query(ge=1, le=500)]

UlidCursor: TypeAlias = Annotated[
    str | None,
    Query(
        max_length=64,
        description="`next_cursor` of the page before.",
        json_schema_extra={"pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"},
    ),
]
