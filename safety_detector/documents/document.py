"""What all documents have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Self, get_args

from pydantic import BaseModel, ConfigDict, PlainSerializer, ValidationInfo, WithJsonSchema

from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import timestamp

_MOMENT_SCHEMA = WithJsonSchema({"type": "string", "format": "date-time"})

Moment = Annotated[datetime, PlainSerializer(timestamp, return_type=str), _MOMENT_SCHEMA]
"""A moment as every document writes it: UTC, milliseconds, ``Z``."""

StatedMoment = Annotated[
    datetime, PlainSerializer(datetime.isoformat, return_type=str), _MOMENT_SCHEMA
]
"""A moment that somebody stated, in the offset in which it was stated."""


@dataclass(frozen=True, slots=True)
class Shown:
    """For whom a document is made.

    Attributes:
        language: in which names for people are added; None for none.
        base_path: what stands before the paths of links.
    """

    language: Language | None = None
    base_path: str = ""


class Document(BaseModel):
    """One thing as it is shown.

    A field says what it is called, what it means, an example, and where it comes from where that
    is not the attribute of the same name; the OpenAPI document is made from that.
    """

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    @classmethod
    def of(cls, thing: object, language: Language | None = None, base_path: str = "") -> Self:
        """The document of a thing.

        Args:
            thing: has the attributes that the fields name.
            language: adds names for people.
            base_path: stands before the paths of links.
        """
        return cls.model_validate(thing, context=Shown(language, base_path))

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """The document that ``as_json`` wrote.

        Raises:
            ValidationError: it is none; a member is missing, unknown or of another type.
        """
        return cls.model_validate(written, by_alias=False, by_name=True)

    def as_json(self) -> dict[str, Any]:
        """JSON-ready data."""
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def example(cls) -> dict[str, Any]:
        """An example, made of those of the fields."""
        return {
            field.serialization_alias or name: field.examples[0]
            if field.examples
            else _example(field.annotation)
            for name, field in cls.model_fields.items()
            if field.exclude_if is None
        }


def shown(info: ValidationInfo) -> Shown:
    """For whom the document is made that is being filled."""
    return info.context if isinstance(info.context, Shown) else Shown()


def _example(annotation: Any) -> Any:
    """Of a field that has none of its own: that of its document, or a list of that."""
    found = next(_documents(annotation), None)
    if found is None:
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return next(iter(annotation)).value
        raise TypeError(f"a field of {annotation} needs an example")
    return [found.example()] if getattr(annotation, "__origin__", None) is list else found.example()


def _documents(annotation: Any) -> Iterator[type[Document]]:
    if isinstance(annotation, type) and issubclass(annotation, Document):
        yield annotation
    for part in get_args(annotation):
        yield from _documents(part)
