"""Answers of the routes for batches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from safety_detector.domain.inspection import Status, Verdict, timestamp
from safety_detector.service.folder_records import FolderError, FolderReading, ReadingStatus
from safety_detector.sources.names import readable_path
from safety_detector.web.inspections.documents import base_path
from safety_detector.web.queries.lookup import FoundBatch
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


class ReadingDocument(_Answer):
    """How far the folder is read that a batch is made of."""

    source: str = Field(description="The folder, with links resolved.")
    status: ReadingStatus
    position: str | None = Field(
        description="The last file that was looked at, relative to the folder; files come in the "
        "order of their names' bytes, and each folder's in its place."
    )
    accepted: int = Field(description="Pictures that were accepted.")
    rejected: int = Field(description="Files that could not be; `errors.jsonl` says why.")
    skipped: dict[str, int] = Field(
        description="How many files are no pictures, by the ending of their names."
    )
    waiting_reason: str | None = Field(description="Why it does not go on at the moment.")
    requested_at: datetime
    finished_at: datetime | None


class BatchLinks(_Answer):
    """Addresses of what belongs to a batch; `inspections` is the list of them."""

    self: str
    inspections: str
    results: str
    coco: str
    report: str
    errors: str


class BatchDocument(_Answer):
    """A batch and how far it is."""

    id: str
    done: bool = Field(
        description="Whether every picture is completed or failed, and no more are read."
    )
    pictures: BatchPictures
    verdicts: BatchVerdicts
    reading: ReadingDocument | None = Field(
        description="Of a batch that is made of a folder on the server; null for others."
    )
    first_received_at: datetime | None = Field(description="null while there is no picture.")
    last_received_at: datetime | None
    links: BatchLinks


class SubmittedBatchDocument(_Answer):
    """A new batch, and the files that were not accepted, by their place."""

    batch: BatchDocument | None = Field(
        description="Null where it cannot be read at the moment; `Location` tells its address."
    )
    rejected: list[RejectedDocument]
    skipped: dict[str, int] = Field(
        description="How many entries of a zip are no pictures, by the ending of their names, "
        "and how many are `hidden` (`.…`, `__MACOSX`, `@eaDir`, `Thumbs.db` and their like)."
    )


class FolderErrorDocument(_Answer):
    """A file of a folder that was not accepted; a line of `errors.jsonl`."""

    path: str = Field(description="Relative to the folder; a folder's ends in a slash.")
    code: str = Field(description="Stable, for programs.")
    reason: str


def batch_path(request: Request, batch_id: str) -> str:
    """The address of a batch, without scheme and host."""
    return f"{base_path(request)}/v1/batches/{batch_id}"


def batch_document(request: Request, batch: FoundBatch) -> dict[str, Any]:
    """A batch as it stands in answers."""
    itself = batch_path(request, batch.id)
    standing, reading = batch.standing, batch.reading
    statuses, verdicts = (standing.statuses, standing.verdicts) if standing else ({}, {})
    counts = {status.value: statuses.get(status, 0) for status in Status}
    is_read = reading is None or reading.status.is_final
    return {
        "id": batch.id,
        "done": is_read and not counts["queued"] and not counts["running"],
        "pictures": {"accepted": sum(counts.values()), **counts},
        "verdicts": {one.value: verdicts.get(one, 0) for one in Verdict},
        "reading": _reading_document(reading) if reading else None,
        "first_received_at": timestamp(standing.first_received_at) if standing else None,
        "last_received_at": timestamp(standing.last_received_at) if standing else None,
        "links": {
            "self": itself,
            "inspections": f"{base_path(request)}/v1/inspections?batch_id={batch.id}",
            "results": f"{itself}/results.jsonl",
            "coco": f"{itself}/coco.json",
            "report": f"{itself}/report.pdf",
            "errors": f"{itself}/errors.jsonl",
        },
    }


def folder_error_document(error: FolderError) -> dict[str, Any]:
    """A line of ``errors.jsonl``, with the fields that the command line's has."""
    return {"path": error.path, "code": error.code, "reason": error.reason}


def _reading_document(reading: FolderReading) -> dict[str, Any]:
    progress, finished_at = reading.progress, reading.finished_at
    return {
        "source": reading.order.folder,
        "status": reading.status.value,
        "position": None if progress.position is None else readable_path(progress.position),
        "accepted": progress.accepted,
        "rejected": progress.rejected,
        "skipped": dict(progress.skipped),
        "waiting_reason": reading.waiting_reason,
        "requested_at": timestamp(reading.requested_at),
        "finished_at": timestamp(finished_at) if finished_at else None,
    }


_BATCH = {
    "id": _EXAMPLE_ID,
    "done": False,
    "pictures": {"accepted": 120, "queued": 90, "running": 4, "completed": 25, "failed": 1},
    "verdicts": {"hazard": 3, "clear": 21, "inconclusive": 2},
    "reading": {
        "source": "/mnt/pictures/2026-11",
        "status": "queued",
        "position": "gate-3/0119.jpg",
        "accepted": 120,
        "rejected": 1,
        "skipped": {".txt": 1},
        "waiting_reason": None,
        "requested_at": "2026-11-21T07:59:59.000Z",
        "finished_at": None,
    },
    "first_received_at": "2026-11-21T08:00:00.000Z",
    "last_received_at": "2026-11-21T08:00:09.000Z",
    "links": {
        "self": f"/v1/batches/{_EXAMPLE_ID}",
        "inspections": f"/v1/inspections?batch_id={_EXAMPLE_ID}",
        "results": f"/v1/batches/{_EXAMPLE_ID}/results.jsonl",
        "coco": f"/v1/batches/{_EXAMPLE_ID}/coco.json",
        "report": f"/v1/batches/{_EXAMPLE_ID}/report.pdf",
        "errors": f"/v1/batches/{_EXAMPLE_ID}/errors.jsonl",
    },
}

BATCH_EXAMPLES: dict[type[BaseModel], dict[str, Any]] = {
    BatchDocument: _BATCH,
    FolderErrorDocument: {
        "path": "gate-3/0007.jpg",
        "code": "picture-truncated",
        "reason": "The file ends before the picture does.",
    },
    SubmittedBatchDocument: {"batch": _BATCH, "rejected": [], "skipped": {".txt": 1}},
}
"""An example of each document; a test holds them true."""
