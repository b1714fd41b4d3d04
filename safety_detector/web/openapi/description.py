"""What the OpenAPI document says beyond the routes' signatures: bodies, answers, examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from safety_detector.service.listing import ULID_PATTERN
from safety_detector.web.batches.documents import (
    BATCH_EXAMPLES,
    BatchDocument,
    FolderErrorDocument,
    SubmittedBatchDocument,
)
from safety_detector.web.examples import EXAMPLES
from safety_detector.web.inspections.fields import FolderSubmission, UrlSubmission
from safety_detector.web.operation.documents import (
    OPERATOR_EXAMPLES,
    OPERATOR_MODELS,
    AuditDocument,
    HoldBody,
    HoldDocument,
    HoldsDocument,
    RequeueBody,
    RequeuedDocument,
)
from safety_detector.web.problems.problem import MEDIA_TYPE
from safety_detector.web.reports.documents import ReportBody, ReportDocument, ReportPageDocument
from safety_detector.web.schemas import (
    CameraBody,
    CameraDocument,
    CamerasDocument,
    EventDocument,
    FrameDocument,
    InspectionDocument,
    NewCamera,
    PageDocument,
    ProblemDocument,
    ReadinessDocument,
    SubmittedDocument,
)

Responses: TypeAlias = dict[int | str, dict[str, Any]]

_MODELS: Sequence[type[BaseModel]] = (
    BatchDocument,
    CameraBody,
    CameraDocument,
    CamerasDocument,
    EventDocument,
    FolderErrorDocument,
    FolderSubmission,
    FrameDocument,
    InspectionDocument,
    NewCamera,
    PageDocument,
    ProblemDocument,
    ReadinessDocument,
    ReportBody,
    ReportDocument,
    ReportPageDocument,
    SubmittedBatchDocument,
    SubmittedDocument,
    UrlSubmission,
    *OPERATOR_MODELS,
)


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _json(description: str, model: type[BaseModel]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _ref(model)}}}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": _ref(ProblemDocument)}}}


def _binary(description: str, *media_types: str) -> dict[str, Any]:
    return {"description": description, "content": {one: {"schema": {}} for one in media_types}}


_UNAUTHORIZED = _problem("No valid API key")
_FORBIDDEN = _problem("The key may not do this")
_INVALID = _problem("A parameter, field or the picture is refused; `code` says which")
_AWAY = _problem("Database or storage cannot be reached; Retry-After says when to come back")

EVERYWHERE: Responses = {"default": _problem("Any other error")}
"""Answers of every route."""

_KEYED: Responses = {401: _UNAUTHORIZED, 403: _FORBIDDEN, 422: _INVALID, 503: _AWAY}
_ONE: Responses = {**_KEYED, 404: _problem("There is no such record")}
_INSPECTION: Responses = {**_ONE, 410: _problem("A replaced frame, or a purged picture")}
_NOT_READY = _problem("Not there yet; `detail` says why")
_BODY: Responses = {
    400: _problem("The body is broken"),
    413: _problem("More bytes, pixels or files than `limit`"),
    415: _problem("Another media type"),
}

_SUBMITTED: Mapping[str, Any] = {
    "application/json": {"schema": {"anyOf": [_ref(InspectionDocument), _ref(SubmittedDocument)]}}
}
_ALREADY: Mapping[str, Any] = {"description": "The client has it already"}

SUBMIT_RESPONSES: Responses = {
    202: {
        "description": "Accepted and durable; a form gets `inspections` and `rejected`",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": _SUBMITTED,
    },
    200: {"description": "With `Prefer: wait`, the result", "content": _SUBMITTED},
    **_ONE,
    **_BODY,
}
LIST_RESPONSES: Responses = {200: _json("A page", PageDocument), **_KEYED}
READ_RESPONSES: Responses = {200: _json("The inspection", InspectionDocument), **_INSPECTION}
ORIGINAL_RESPONSES: Responses = {
    200: _binary("The submitted bytes", "image/*"),
    304: dict(_ALREADY),
    **_INSPECTION,
}
ANNOTATED_RESPONSES: Responses = {
    200: _binary("The picture", "image/jpeg"),
    304: dict(_ALREADY),
    **_INSPECTION,
    409: _NOT_READY,
}
REPORT_RESPONSES: Responses = {
    200: _binary("The report", "application/pdf"),
    **_INSPECTION,
    409: _NOT_READY,
}
EVENTS_RESPONSES: Responses = {
    200: {
        "description": "Server-sent events; the `data` of each is an EventDocument as JSON",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    **_KEYED,
    429: _problem("Too many streams"),
}
CREATE_CAMERA_RESPONSES: Responses = {
    201: _json("The camera", CameraDocument),
    **_KEYED,
    **_BODY,
    409: _problem("The id is taken"),
}
LIST_CAMERAS_RESPONSES: Responses = {200: _json("The cameras", CamerasDocument), **_KEYED}
CAMERA_RESPONSES: Responses = {200: _json("The camera", CameraDocument), **_ONE}
CHANGE_CAMERA_RESPONSES: Responses = {**CAMERA_RESPONSES, **_BODY}
REMOVE_CAMERA_RESPONSES: Responses = {204: {"description": "Removed"}, **_ONE}
FRAME_RESPONSES: Responses = {
    202: _json("Accepted", FrameDocument),
    200: _json("Skipped", FrameDocument),
    **_ONE,
    **_BODY,
}
REQUEUE_RESPONSES: Responses = {
    200: _json("How many run again", RequeuedDocument),
    **_KEYED,
    **_BODY,
}
HOLD_RESPONSES: Responses = {200: _json("The hold", HoldDocument), **_INSPECTION, **_BODY}
RELEASE_RESPONSES: Responses = {204: {"description": "Released"}, **_ONE}
LIST_HOLDS_RESPONSES: Responses = {200: _json("A page", HoldsDocument), **_KEYED}
AUDIT_RESPONSES: Responses = {200: _json("A page", AuditDocument), **_KEYED}
ORDER_REPORT_RESPONSES: Responses = {
    202: {
        **_json("Ordered", ReportDocument),
        "headers": {"Location": {"schema": {"type": "string"}}},
    },
    **_ONE,
    **_BODY,
    409: _problem("A named inspection is not final"),
    429: _problem("As many reports of this key as may be are queued or running"),
}
LIST_REPORTS_RESPONSES: Responses = {200: _json("A page", ReportPageDocument), **_KEYED}
READ_REPORT_RESPONSES: Responses = {200: _json("The report", ReportDocument), **_ONE}
REMOVE_REPORT_RESPONSES: Responses = {204: {"description": "Removed"}, **_ONE}
REPORT_FILE_RESPONSES: Responses = {
    200: _binary("The file", "application/pdf"),
    304: dict(_ALREADY),
    **_ONE,
    409: _NOT_READY,
    410: _problem("Removed by retention"),
}
SUBMIT_BATCH_RESPONSES: Responses = {
    202: {
        **_json("Accepted and durable, but for `rejected`", SubmittedBatchDocument),
        "headers": {"Location": {"schema": {"type": "string"}}},
    },
    **_ONE,
    **_BODY,
    409: _problem("Another folder is read into the batch"),
}
READ_BATCH_RESPONSES: Responses = {200: _json("The batch", BatchDocument), **_ONE}
STOP_READING_RESPONSES: Responses = {200: _json("The batch", BatchDocument), **_ONE}
BATCH_ERRORS_RESPONSES: Responses = {
    200: _binary("A FolderErrorDocument a line", "application/x-ndjson"),
    **_ONE,
}
BATCH_RESULTS_RESPONSES: Responses = {
    200: _binary("An InspectionDocument a line", "application/x-ndjson"),
    **_ONE,
}
BATCH_COCO_RESPONSES: Responses = {200: _binary("COCO", "application/json"), **_ONE}
BATCH_REPORT_RESPONSES: Responses = {
    200: _binary("The report", "application/pdf"),
    **_ONE,
    409: _NOT_READY,
}
LIVE_RESPONSES: Responses = {200: {"description": "Alive"}}
READY_RESPONSES: Responses = {
    200: _json("Pictures are accepted", ReadinessDocument),
    503: _json("Pictures cannot be accepted", ReadinessDocument),
}
METRICS_RESPONSES: Responses = {
    200: {
        "description": "Prometheus' text format",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    },
    **_KEYED,
}


def _json_body(model: type[BaseModel]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": _ref(model)}}}


_RAW: Mapping[str, Any] = {"schema": {"type": "string", "contentMediaType": "image/jpeg"}}
_FRAME: Mapping[str, Any] = {
    "name": {"type": "string"},
    "captured_at": {"type": "string", "format": "date-time"},
    "metadata": {
        "type": "string",
        "description": "a JSON object",
        "contentMediaType": "application/json",
    },
}
_FIELDS: Mapping[str, Any] = {
    "camera_id": {"type": "string"},
    "batch_id": {"type": "string", "pattern": ULID_PATTERN.pattern},
    **_FRAME,
}


def _form(count: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    files = {"type": "array", "items": file, "description": count, "minItems": 1}
    return {
        "schema": {
            "type": "object",
            "properties": {"files": files, **fields},
            "required": ["files"],
        }
    }


SUBMIT_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "image/*": _RAW,
        "application/json": {"schema": _ref(UrlSubmission)},
        "multipart/form-data": _form("one or many pictures", _FIELDS),
    },
}
SUBMIT_BATCH_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "application/zip": {"schema": {"type": "string", "contentMediaType": "application/zip"}},
        "multipart/form-data": _form("the pictures", _FIELDS),
        "application/json": {
            "schema": _ref(FolderSubmission),
            "example": {"source": "/mnt/pictures/2026-11"},
        },
    },
}
FRAME_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "image/*": _RAW,
        "multipart/form-data": _form("the picture, in any field", _FRAME),
        "multipart/mixed": {"schema": {"type": "string", "contentMediaType": "multipart/mixed"}},
    },
}
CREATE_CAMERA_BODY = _json_body(NewCamera)
CHANGE_CAMERA_BODY = _json_body(CameraBody)
ORDER_REPORT_BODY = _json_body(ReportBody)
REQUEUE_BODY = _json_body(RequeueBody)
HOLD_BODY = _json_body(HoldBody)


def install_schemas(app: FastAPI) -> None:
    """Makes the app's OpenAPI document hold the schemas that its routes refer to, with examples.

    The examples are put in at the end: FastAPI would leave out their nulls.
    """
    original = app.openapi

    def openapi() -> dict[str, Any]:
        document = original()
        _, definitions = models_json_schema(
            [(model, "validation") for model in _MODELS],
            ref_template="#/components/schemas/{model}",
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(definitions["$defs"])
        for model, example in {**EXAMPLES, **OPERATOR_EXAMPLES, **BATCH_EXAMPLES}.items():
            schemas[model.__name__]["examples"] = [example]
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way
