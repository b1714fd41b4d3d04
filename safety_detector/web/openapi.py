"""What the OpenAPI document says beyond the routes' signatures: bodies, answers, examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from safety_detector.web.problems import MEDIA_TYPE
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
from safety_detector.web.submissions import UrlSubmission

Responses: TypeAlias = dict[int | str, dict[str, Any]]

_MODELS: Sequence[type[BaseModel]] = (
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
    UrlSubmission,
)

_EXAMPLE_ID = "01KAJ8W4T0X2V7Q9R5N3M1B6CD"
_EXAMPLE_INSPECTION: Mapping[str, Any] = {
    "id": _EXAMPLE_ID,
    "status": "completed",
    "verdict": "hazard",
    "incomplete": False,
    "image": {
        "name": "gate3.jpg",
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "width": 1920,
        "height": 1080,
    },
    "detections": [
        {"bbox_2d": [900, 300, 1210, 700], "label": "fire", "sub_label": "severe", "score": 0.91},
        {
            "bbox_2d": [412, 96, 655, 540],
            "label": "person",
            "sub_label": "no_helmet",
            "score": 0.87,
        },
    ],
    "runs": [
        {
            "backend": "embedded",
            "model": "safety-detector-1",
            "prompt_version": None,
            "complete": True,
            "incomplete_reason": None,
            "dropped": 0,
            "usage": None,
            "timings_ms": {"decode": 8.1, "prepare": 4.0, "model": 61.5, "parse": 0.4},
            "error": None,
        }
    ],
    "error": None,
    "waiting_reason": None,
    "camera_id": "gate-3",
    "batch_id": None,
    "captured_at": "2026-11-21T07:59:58.000Z",
    "received_at": "2026-11-21T08:00:00.000Z",
    "metadata": {"shift": "night"},
    "links": {
        "self": f"/v1/inspections/{_EXAMPLE_ID}",
        "original": f"/v1/inspections/{_EXAMPLE_ID}/original",
        "annotated": f"/v1/inspections/{_EXAMPLE_ID}/annotated",
        "report": f"/v1/inspections/{_EXAMPLE_ID}/report.pdf",
    },
}
_EXAMPLE_QUEUED: Mapping[str, Any] = {
    **_EXAMPLE_INSPECTION,
    "status": "queued",
    "verdict": None,
    "detections": [],
    "runs": [],
}
_EXAMPLE_CAMERA: Mapping[str, Any] = {
    "id": "gate-3",
    "name": "Gate 3",
    "enabled": True,
    "min_interval_ms": 500,
    "created_at": "2026-11-20T10:00:00.000Z",
    "newest_frame_at": "2026-11-21T08:00:00.000Z",
    "frames": {
        "received": 120,
        "inspected": 100,
        "in_flight": 1,
        "skipped": 12,
        "replaced": 7,
        "refused": 0,
    },
}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _json(description: str, model: type[BaseModel], example: object) -> dict[str, Any]:
    content = {"application/json": {"schema": _ref(model), "example": example}}
    return {"description": description, "content": content}


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

SUBMIT_RESPONSES: Responses = {
    202: {
        "description": "Accepted and durable; multipart gets the envelope",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": {
            "application/json": {
                "schema": {"anyOf": [_ref(InspectionDocument), _ref(SubmittedDocument)]},
                "examples": {
                    "one": {"summary": "raw or URL", "value": _EXAMPLE_QUEUED},
                    "files": {
                        "summary": "multipart",
                        "value": {"inspections": [_EXAMPLE_QUEUED], "rejected": []},
                    },
                },
            }
        },
    },
    200: {
        "description": "With `Prefer: wait`, the result",
        "content": {
            "application/json": {
                "schema": {"anyOf": [_ref(InspectionDocument), _ref(SubmittedDocument)]},
                "example": _EXAMPLE_INSPECTION,
            }
        },
    },
    **_ONE,
    **_BODY,
}
LIST_RESPONSES: Responses = {
    200: _json(
        "A page",
        PageDocument,
        {"inspections": [_EXAMPLE_INSPECTION], "next_cursor": _EXAMPLE_ID},
    ),
    **_KEYED,
}
READ_RESPONSES: Responses = {
    200: _json("The inspection", InspectionDocument, _EXAMPLE_INSPECTION),
    **_INSPECTION,
}
ORIGINAL_RESPONSES: Responses = {
    200: _binary("The submitted bytes", "image/*"),
    304: {"description": "The client has it already"},
    **_INSPECTION,
}
ANNOTATED_RESPONSES: Responses = {
    200: _binary("The picture", "image/jpeg"),
    304: {"description": "The client has it already"},
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
    201: _json("The camera", CameraDocument, _EXAMPLE_CAMERA),
    **_KEYED,
    **_BODY,
    409: _problem("The id is taken"),
}
LIST_CAMERAS_RESPONSES: Responses = {
    200: _json("The cameras", CamerasDocument, {"cameras": [_EXAMPLE_CAMERA]}),
    **_KEYED,
}
CAMERA_RESPONSES: Responses = {200: _json("The camera", CameraDocument, _EXAMPLE_CAMERA), **_ONE}
CHANGE_CAMERA_RESPONSES: Responses = {**CAMERA_RESPONSES, **_BODY}
REMOVE_CAMERA_RESPONSES: Responses = {204: {"description": "Removed"}, **_ONE}
FRAME_RESPONSES: Responses = {
    202: _json(
        "Accepted",
        FrameDocument,
        {
            "disposition": "accepted",
            "inspection": _EXAMPLE_QUEUED,
            "replaces": None,
            "reason": None,
        },
    ),
    200: _json(
        "Skipped",
        FrameDocument,
        {
            "disposition": "skipped",
            "inspection": None,
            "replaces": None,
            "reason": "The last frame is less than 500 ms old.",
        },
    ),
    **_ONE,
    **_BODY,
}
LIVE_RESPONSES: Responses = {200: {"description": "Alive"}}
READY_RESPONSES: Responses = {
    200: _json(
        "Pictures are accepted",
        ReadinessDocument,
        {
            "status": "degraded",
            "checks": {
                "database": {"status": "ok"},
                "storage": {"status": "ok"},
                "broker": {"status": "ok"},
                "workers": {"status": "ok", "detail": "1 seen, for 16 pictures at a time."},
                "models": {"status": "degraded", "detail": "qwen since 2026-11-21T07:58:00+00:00"},
            },
        },
    ),
    503: {
        "description": "Pictures cannot be accepted",
        "content": {"application/json": {"schema": _ref(ReadinessDocument)}},
    },
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
_FIELDS: Mapping[str, Any] = {"camera_id": {"type": "string"}, **_FRAME}


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
FRAME_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "image/*": _RAW,
        "multipart/form-data": _form("exactly one picture", _FRAME),
    },
}
CREATE_CAMERA_BODY = _json_body(NewCamera)
CHANGE_CAMERA_BODY = _json_body(CameraBody)


def install_schemas(app: FastAPI) -> None:
    """Makes the app's OpenAPI document hold the schemas that its routes refer to."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        document = original()
        _, definitions = models_json_schema(
            [(model, "validation") for model in _MODELS],
            ref_template="#/components/schemas/{model}",
        )
        components = document.setdefault("components", {}).setdefault("schemas", {})
        components.update(definitions["$defs"])
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way
