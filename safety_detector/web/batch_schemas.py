"""Answers of the routes for batches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from safety_detector.domain.inspection import Status, Verdict
from safety_detector.service.records import BatchStanding
from safety_detector.web.documents import base_path, timestamp
from safety_detector.web.schemas import RejectedDocument

_EXAMPLE_ID = "01KB5V4Q2W9GZT3XJ8N7R6M5HD"


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BatchPictures(_Answer):
    """How many pictures stand where; `accepted` is the sum of the others."""

    accepted: int
    queued: int
    running: int
    completed: int
    failed: int


class BatchVerdicts(_Answer):
    """The verdicts of those that are completed or failed."""

    hazard: int
    clear: int
    inconclusive: int


class BatchLinks(_Answer):
    """Addresses of what belongs to a batch; `inspections` is the list of them."""

    self: str
    inspections: str
    results: str
    coco: str
    report: str


class BatchDocument(_Answer):
    """A batch and how far it is."""

    id: str
    done: bool = Field(description="Whether every picture is completed or failed.")
    pictures: BatchPictures
    verdicts: BatchVerdicts
    first_received_at: datetime
    last_received_at: datetime
    links: BatchLinks


class SubmittedBatchDocument(_Answer):
    """A new batch, and the files that were not accepted, by their place."""

    batch: BatchDocument | None = Field(
        description="Null where it cannot be read at the moment; `Location` tells its address."
    )
    rejected: list[RejectedDocument]
    skipped: dict[str, int] = Field(
        description="How many entries of a zip are no pictures, by the ending of their names."
    )


def batch_path(request: Request, batch_id: str) -> str:
    """The address of a batch, without scheme and host."""
    return f"{base_path(request)}/v1/batches/{batch_id}"


def batch_document(request: Request, standing: BatchStanding) -> dict[str, Any]:
    """A batch as it stands in answers."""
    itself = batch_path(request, standing.id)
    counts = {status.value: standing.statuses.get(status, 0) for status in Status}
    return {
        "id": standing.id,
        "done": not counts["queued"] and not counts["running"],
        "pictures": {"accepted": sum(counts.values()), **counts},
        "verdicts": {one.value: standing.verdicts.get(one, 0) for one in Verdict},
        "first_received_at": timestamp(standing.first_received_at),
        "last_received_at": timestamp(standing.last_received_at),
        "links": {
            "self": itself,
            "inspections": f"{base_path(request)}/v1/inspections?batch_id={standing.id}",
            "results": f"{itself}/results.jsonl",
            "coco": f"{itself}/coco.json",
            "report": f"{itself}/report.pdf",
        },
    }


_BATCH = {
    "id": _EXAMPLE_ID,
    "done": False,
    "pictures": {"accepted": 120, "queued": 90, "running": 4, "completed": 25, "failed": 1},
    "verdicts": {"hazard": 3, "clear": 21, "inconclusive": 2},
    "first_received_at": "2026-11-21T08:00:00.000Z",
    "last_received_at": "2026-11-21T08:00:09.000Z",
    "links": {
        "self": f"/v1/batches/{_EXAMPLE_ID}",
        "inspections": f"/v1/inspections?batch_id={_EXAMPLE_ID}",
        "results": f"/v1/batches/{_EXAMPLE_ID}/results.jsonl",
        "coco": f"/v1/batches/{_EXAMPLE_ID}/coco.json",
        "report": f"/v1/batches/{_EXAMPLE_ID}/report.pdf",
    },
}

BATCH_EXAMPLES: dict[type[BaseModel], dict[str, Any]] = {
    BatchDocument: _BATCH,
    SubmittedBatchDocument: {"batch": _BATCH, "rejected": [], "skipped": {".txt": 1}},
}
"""An example of each document; a test holds them true."""
