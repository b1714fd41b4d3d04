"""What is said of a picture besides its bytes: checked here, wherever in the request it stood."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from fastapi import Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from safety_detector.domain.hazards import Language
from safety_detector.errors import ConfigurationInvalid
from safety_detector.service.inspections.listing import ULID_PATTERN
from safety_detector.service.records import Principal, Source, Submission
from safety_detector.sources.name_encodings import check_encoding
from safety_detector.web.bodies.json_values import check_storable, parse_json
from safety_detector.web.queries.values import (
    BatchId,
    Moment,
    RecordId,
    checked,
    empty_is_none,
    printable_name,
    storable_text,
)

_MAX_METADATA_BYTES = 16 * 2**10

# Leaves room in the column for the number that each of several files gets behind it.
_MAX_IDEMPOTENCY_KEY = 200


def _metadata(value: object) -> object:
    if value == "":
        return {}
    if isinstance(value, str):
        value = parse_json(value)
    if not isinstance(value, dict):
        raise ValueError("a JSON object is needed")  # noqa: TRY004 (Pydantic takes ValueErrors)
    check_storable(value)
    if len(json.dumps(value)) > _MAX_METADATA_BYTES:
        raise ValueError(f"at most {_MAX_METADATA_BYTES:,} bytes")
    return value


def _known_encoding(name: str | None) -> str | None:
    try:
        return check_encoding(name) if name else None
    except ConfigurationInvalid as exc:
        raise ValueError(exc.message) from exc


class FrameFields(BaseModel):
    """What may be said of any picture, in a query, a form or JSON."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str | None, AfterValidator(lambda text: printable_name(text or "") or None)] = (
        Field(None, description="File name, for people.", examples=["gate3.jpg"])
    )
    captured_at: Annotated[Moment | None, BeforeValidator(empty_is_none)] = Field(
        None,
        description="When it was taken, with its zone. Unset: by its EXIF block, else when it "
        "arrives; `taken_from` says which.",
        examples=["2026-11-21T16:00:00+08:00"],
    )
    metadata: Annotated[dict[str, Any], BeforeValidator(_metadata)] = Field(
        default_factory=dict,
        description="A JSON object of your own, given back unchanged; at most 16 KiB.",
        examples=[{"shift": "night"}],
    )

    def submission(
        self, name: str, principal: Principal, idempotency_key: str | None = None
    ) -> Submission:
        """The submission of a picture; ``name`` counts if the fields have none."""
        return Submission(
            name=self.name or printable_name(name) or "picture",
            captured_at=self.captured_at,
            metadata=self.metadata,
            submitted_by=principal.key_id,
            idempotency_key=idempotency_key,
        )


class SubmissionFields(FrameFields):
    """What may be said of a submitted picture."""

    camera_id: Annotated[RecordId | None, BeforeValidator(empty_is_none)] = Field(
        None, description="The camera that took it; must exist.", examples=["gate-3"]
    )
    batch_id: Annotated[BatchId | None, BeforeValidator(empty_is_none)] = Field(
        None,
        description="A ULID of your own that pictures have in common; they wait for others, and "
        "lists and reports can be about them.",
        examples=["01KB5V4Q2W9GZT3XJ8N7R6M5HD"],
    )

    def submission(
        self, name: str, principal: Principal, idempotency_key: str | None = None
    ) -> Submission:
        """The submission of a picture; ``name`` counts if the fields have none."""
        plain = super().submission(name, principal, idempotency_key)
        source = Source.BATCH if self.batch_id else plain.source
        return replace(plain, camera_id=self.camera_id, batch_id=self.batch_id, source=source)


class ZipFields(SubmissionFields):
    """What may be said of the pictures of a zip."""

    zip_encoding: Annotated[str | None, AfterValidator(_known_encoding)] = None


class UrlSubmission(SubmissionFields):
    """A picture to be fetched."""

    url: str = Field(
        max_length=2048, description="http or https.", examples=["https://cameras.example/3.jpg"]
    )


class FolderSubmission(BaseModel):
    """A folder on the server, of which every picture is wanted."""

    model_config = ConfigDict(extra="forbid")

    source: Annotated[str, AfterValidator(storable_text)] = Field(
        min_length=1,
        max_length=4096,
        description="Absolute path of a folder in one that `SAFETY_BATCH_FOLDERS` names.",
        examples=["/mnt/pictures/2026-11"],
    )
    batch_id: Annotated[BatchId | None, BeforeValidator(empty_is_none)] = Field(
        None, description="A ULID of your own; unset: one is made up."
    )
    camera_id: Annotated[RecordId | None, BeforeValidator(empty_is_none)] = Field(
        None, description="The camera that took all of them; must exist."
    )
    captured_at: Annotated[Moment | None, BeforeValidator(empty_is_none)] = Field(
        None, description="When all of them were taken, with its zone."
    )
    metadata: Annotated[dict[str, Any], BeforeValidator(_metadata)] = Field(
        default_factory=dict, description="A JSON object for each of them; at most 16 KiB."
    )


class FrameQuery(BaseModel):
    """What may stand in the query of a frame; the values themselves are checked as fields."""

    name: str | None = Field(None, description="File name, for people.")
    captured_at: str | None = Field(None, description="When it was taken, RFC 3339 with its zone.")
    metadata: str | None = Field(None, description="A JSON object of your own.")


class SubmissionQuery(FrameQuery):
    """What may stand in the query of a submission."""

    camera_id: str | None = Field(None, description="The camera that took it.")
    batch_id: str | None = Field(None, description="A ULID of the batch it belongs to.")


class PictureQuery(SubmissionQuery):
    """What may stand in the query of a submitted picture."""

    lang: Language | None = Field(
        None, description="Adds `label_text` and `sub_label_text` in this language."
    )


class BatchQuery(SubmissionQuery):
    """What may stand in the query of a batch."""

    zip_encoding: str | None = Field(
        None,
        description="Encoding of names in a zip that do not say theirs, as `gbk` or `cp437`. "
        "Unset: that of `SAFETY_ZIP_ENCODING`, else guessed from all its names together.",
    )


class SubmissionHeaders(BaseModel):
    """What headers say of a submission."""

    idempotency_key: str | None = Field(
        None,
        alias="Idempotency-Key",
        min_length=1,
        max_length=_MAX_IDEMPOTENCY_KEY,
        pattern=r"^[\x21-\x7e]+$",
        description="A text of your own; the same text with the same bytes gives the same "
        "inspection, however often it is sent.",
    )


class PictureHeaders(SubmissionHeaders):
    """What headers say of a submitted picture."""

    prefer: str | None = Field(
        None, description="`wait=10` asks for the result itself if it is there within 10 s."
    )


def said_in_query(request: Request, model: type[BaseModel]) -> dict[str, Any]:
    """What stands in the query, by the names of the model's fields.

    Raises:
        RequestProblem: a value is none that the model takes.
    """
    if not request.query_params:
        return {}
    known = {k: v for k, v in request.query_params.items() if k in model.model_fields}
    return checked(model, known).model_dump(exclude_none=True)


def idempotency_key(request: Request) -> str | None:
    """The header that makes a submission safe to repeat.

    Raises:
        RequestProblem: it is longer than it may be, or has other characters.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    return checked(SubmissionHeaders, {"Idempotency-Key": key}).idempotency_key


def name_in_url(url: str) -> str:
    """The last part of a URL's path, as the name of the picture behind it."""
    try:
        path = urlsplit(url).path
    except ValueError:  # brackets that do not match: it will not be fetched either
        return ""
    return unquote(PurePosixPath(path).name)


def numbered_key(key: str | None, index: int, count: int) -> str | None:
    """The idempotency key of one of several files: the request's, and its place."""
    return key if key is None or count == 1 else f"{key}#{index}"


PICTURE_BODY: Mapping[str, Any] = {"schema": {"type": "string", "contentMediaType": "image/jpeg"}}
"""A raw body that is a picture, for the OpenAPI document."""

FRAME_FORM: Mapping[str, Any] = {
    "name": {"type": "string"},
    "captured_at": {"type": "string", "format": "date-time"},
    "metadata": {
        "type": "string",
        "description": "a JSON object",
        "contentMediaType": "application/json",
    },
}
"""The fields of a form with a frame."""

SUBMISSION_FORM: Mapping[str, Any] = {
    "camera_id": {"type": "string"},
    "batch_id": {"type": "string", "pattern": ULID_PATTERN.pattern},
    **FRAME_FORM,
}
"""The fields of a form with pictures."""


def form_of(count: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A form with files, for the OpenAPI document."""
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    files = {"type": "array", "items": file, "description": count, "minItems": 1}
    return {
        "schema": {
            "type": "object",
            "properties": {"files": files, **fields},
            "required": ["files"],
        }
    }
