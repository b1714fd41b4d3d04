"""An example of each document, for readers of the API's description; a test holds them true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from safety_detector.web.reports.documents import ReportDocument, ReportPageDocument
from safety_detector.web.schemas import (
    CameraDocument,
    CamerasDocument,
    EventDocument,
    FrameDocument,
    InspectionDocument,
    PageDocument,
    ReadinessDocument,
    SubmittedDocument,
)

_ID = "01KAJ8W4T0X2V7Q9R5N3M1B6CD"
_COMPLETED: Mapping[str, Any] = {
    "id": _ID,
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
            "incomplete_reasons": [],
            "dropped": 0,
            "thresholds": {
                "fire": 0.42,
                "smoke": 0.54,
                "person": 0.45,
                "head_helmet": 0.46,
                "head_bare": 0.51,
            },
            "tiling": "auto",
            "tiles": 0,
            "classes": ["fire", "smoke", "person"],
            "picture": {"luminance": 96.4, "contrast": 171.0, "sharpness": 12.5},
            "usage": None,
            "timings_ms": {"decode": 8.1, "prepare": 4.0, "model": 61.5, "parse": 0.4},
            "error": None,
        }
    ],
    "error": None,
    "waiting_reason": None,
    "camera_id": "gate-3",
    "camera_name": "Gate 3, north",
    "batch_id": None,
    "captured_at": "2026-11-21T07:59:58.000Z",
    "taken_at": "2026-11-21T07:59:58.000Z",
    "taken_from": "captured_at",
    "taken_notes": [],
    "received_at": "2026-11-21T08:00:00.000Z",
    "metadata": {"shift": "night"},
    "links": {
        "self": f"/v1/inspections/{_ID}",
        "original": f"/v1/inspections/{_ID}/original",
        "annotated": f"/v1/inspections/{_ID}/annotated",
        "report": f"/v1/inspections/{_ID}/report.pdf",
    },
}
_QUEUED: Mapping[str, Any] = {
    **_COMPLETED,
    "status": "queued",
    "verdict": None,
    "detections": [],
    "runs": [],
}
_CAMERA: Mapping[str, Any] = {
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


_REPORT_ID = "01KAJ9Z5Q2X2V7Q9R5N3M1B6CD"
_REPORT: Mapping[str, Any] = {
    "id": _REPORT_ID,
    "status": "completed",
    "progress": {"stage": None, "done": 620, "total": 620},
    "order": {
        "since": "2026-11-01T00:00:00+08:00",
        "until": "2026-12-01T00:00:00+08:00",
        "camera_id": None,
        "batch_id": None,
        "verdict": None,
        "order": "time",
        "inspections": [],
        "notices": [_ID],
        "lang": "zh",
        "title": None,
        "site": "Plant 2",
    },
    "requested_at": "2026-12-01T00:10:00.000Z",
    "finished_at": "2026-12-01T00:10:21.204Z",
    "waiting_reason": None,
    "error": None,
    "files": [
        {
            "name": f"report-{_REPORT_ID}{part}.pdf",
            "size_bytes": size_bytes,
            "sha256": f"{number:064x}",
        }
        for number, (part, size_bytes) in enumerate(
            [("", 184_210), ("-volume-01", 41_902_118), ("-volume-02", 10_077_342)], start=1
        )
    ],
    "links": {
        "self": f"/v1/reports/{_REPORT_ID}",
        "report": f"/v1/reports/{_REPORT_ID}/report.pdf",
        "volumes": [f"/v1/reports/{_REPORT_ID}/volumes/{number}.pdf" for number in (1, 2)],
    },
}
_PROBLEM: Mapping[str, Any] = {
    "type": "/problems/not-a-picture",
    "title": "Not a picture",
    "status": 422,
    "detail": "Not a picture: it looks like a zip archive.",
    "code": "not-a-picture",
}

EXAMPLES: Mapping[type[BaseModel], Mapping[str, Any]] = {
    InspectionDocument: _COMPLETED,
    SubmittedDocument: {
        "inspections": [_QUEUED],
        "rejected": [{"index": 1, "name": "notes.zip", "problem": _PROBLEM}],
    },
    PageDocument: {"inspections": [_COMPLETED], "next_cursor": _ID},
    EventDocument: {
        "inspection_id": _ID,
        "kind": "completed",
        "at": "2026-11-21T08:00:02.431Z",
        "inspection": _COMPLETED,
    },
    CameraDocument: _CAMERA,
    CamerasDocument: {"cameras": [_CAMERA]},
    FrameDocument: {
        "disposition": "accepted",
        "inspection": _QUEUED,
        "replaces": None,
        "reason": None,
        "left_out": [],
    },
    ReportDocument: _REPORT,
    ReportPageDocument: {"reports": [_REPORT], "next_cursor": _REPORT_ID},
    ReadinessDocument: {
        "status": "degraded",
        "checks": {
            "database": {"status": "ok"},
            "storage": {"status": "ok"},
            "broker": {"status": "ok"},
            "workers": {"status": "ok", "detail": "1 seen, for 16 pictures at a time."},
            "models": {
                "status": "degraded",
                "detail": "qwen since 2026-11-21T07:58:00+00:00: connection refused",
            },
            "model_servers": {
                "status": "degraded",
                "detail": "http://10.0.0.5:8000/v1 is not used since 2026-11-21T07:58:00Z: "
                "The model server at http://10.0.0.5:8000/v1 cannot be reached.",
                "servers": [
                    {
                        "address": "http://10.0.0.5:8000/v1",
                        "state": "ejected",
                        "in_flight": 0,
                        "limit": 8,
                        "ejected_since": "2026-11-21T07:58:00Z",
                        "reason": "The model server at http://10.0.0.5:8000/v1 cannot be reached.",
                    }
                ],
            },
        },
    },
}
