"""Column types that behave the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

from safety_detector.message_texts.reason import Reason, read_reason, reason_document

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A JSON document; ``jsonb`` on PostgreSQL.  None is the database's NULL."""


class Instant(TypeDecorator[datetime]):
    """A moment with its zone: ``timestamptz`` on PostgreSQL, UTC text that sorts on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Towards the database; a moment without a zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(
        self,
        value: Any,
        dialect: Dialect,  # noqa: ARG002 (the base class's)
    ) -> datetime | None:
        """From the database: always in UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class StoredReason(TypeDecorator[Reason]):
    """A reason as the text of its JSON; earlier versions wrote the English sentence there."""

    impl = Text
    cache_ok = True

    def process_bind_param(
        self,
        value: Reason | None,
        dialect: Dialect,  # noqa: ARG002 (the base class's)
    ) -> str | None:
        """Towards the database."""
        return None if value is None else json.dumps(reason_document(value), ensure_ascii=False)

    def process_result_value(
        self,
        value: Any,
        dialect: Dialect,  # noqa: ARG002 (the base class's)
    ) -> Reason | None:
        """From the database."""
        if value is None:
            return None
        try:
            return read_reason(json.loads(value))
        except ValueError:
            return Reason.of_sentence(value)
