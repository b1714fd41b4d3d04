"""Batches in answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasPath, BeforeValidator, Field, ValidationInfo

from safety_detector.documents.document import Document, Moment, shown
from safety_detector.documents.reasons import Details, Sentence
from safety_detector.service.folders.records import ReadingStatus
from safety_detector.sources.names import readable_path
from safety_detector.web.inspections.documents import RejectedDocument

_EXAMPLE_ID = "01KB5V4Q2W9GZT3XJ8N7R6M5HD"
_PATH = f"/v1/batches/{_EXAMPLE_ID}"


class BatchPictures(Document):
    """How many pictures stand where; `accepted` is the sum of the others."""

    accepted: int = Field(description="All that were accepted.", examples=[120])
    queued: int = Field(description="Wait.", examples=[90])
    running: int = Field(description="Are inspected.", examples=[4])
    completed: int = Field(description="Have a result.", examples=[25])
    failed: int = Field(description="Ended without one.", examples=[1])


class BatchVerdicts(Document):
    """The verdicts of those that are completed or failed."""

    hazard: int = Field(description="With a hazard.", examples=[3])
    clear: int = Field(description="Without.", examples=[21])
    inconclusive: int = Field(description="Nobody can say.", examples=[2])


class ReadingDocument(Document):
    """How far the folder is read that a batch is made of."""

    source: str = Field(
        validation_alias=AliasPath("order", "folder"),
        description="The folder, with links resolved.",
        examples=["/mnt/pictures/2026-11"],
    )
    status: ReadingStatus = Field(description="Whether it is read.", examples=["queued"])
    position: Annotated[
        str | None,
        BeforeValidator(lambda path: readable_path(path) if isinstance(path, bytes) else path),
    ] = Field(
        validation_alias=AliasPath("progress", "position"),
        description="The last file that was looked at, relative to the folder; files come in the "
        "order of their names' bytes, and each folder's in its place.",
        examples=["gate-3/0119.jpg"],
    )
    accepted: int = Field(
        validation_alias=AliasPath("progress", "accepted"),
        description="Pictures that were accepted.",
        examples=[120],
    )
    rejected: int = Field(
        validation_alias=AliasPath("progress", "rejected"),
        description="Files that could not be; `errors.jsonl` says why.",
        examples=[1],
    )
    skipped: dict[str, int] = Field(
        validation_alias=AliasPath("progress", "skipped"),
        description="How many files are no pictures, by the ending of their names.",
        examples=[{".txt": 1}],
    )
    waiting_reason: Sentence | None = Field(
        description="Why it does not go on at the moment.", examples=[None]
    )
    waiting_details: Details | None = Field(
        validation_alias=AliasPath("waiting_reason"),
        description="Of what that reason is made.",
        examples=[None],
    )
    requested_at: Moment = Field(
        description="When it was ordered.", examples=["2026-11-21T07:59:59.000Z"]
    )
    finished_at: Moment | None = Field(
        description="When it was completed or stopped.", examples=[None]
    )


class BatchLinks(Document):
    """Addresses of what belongs to a batch; `inspections` is the list of them."""

    self: str = Field(description="The batch.", examples=[_PATH])
    inspections: str = Field(
        description="Its inspections.", examples=[f"/v1/inspections?batch_id={_EXAMPLE_ID}"]
    )
    results: str = Field(description="Results, one a line.", examples=[f"{_PATH}/results.jsonl"])
    table: str = Field(description="Results as a table (CSV).", examples=[f"{_PATH}/results.csv"])
    coco: str = Field(description="Detections as COCO.", examples=[f"{_PATH}/coco.json"])
    annotated: str = Field(
        description="The annotated pictures in a zip.", examples=[f"{_PATH}/annotated.zip"]
    )
    report: str = Field(description="A report.", examples=[f"{_PATH}/report.pdf"])
    errors: str = Field(
        description="Files of a folder that were refused.", examples=[f"{_PATH}/errors.jsonl"]
    )


def _links(batch_id: object, info: ValidationInfo) -> object:
    if not isinstance(batch_id, str):
        return batch_id
    base = shown(info).base_path
    itself = f"{base}/v1/batches/{batch_id}"
    return {
        "self": itself,
        "inspections": f"{base}/v1/inspections?batch_id={batch_id}",
        "results": f"{itself}/results.jsonl",
        "table": f"{itself}/results.csv",
        "coco": f"{itself}/coco.json",
        "annotated": f"{itself}/annotated.zip",
        "report": f"{itself}/report.pdf",
        "errors": f"{itself}/errors.jsonl",
    }


class BatchDocument(Document):
    """A batch and how far it is."""

    id: str = Field(description="A ULID.", examples=[_EXAMPLE_ID])
    done: bool = Field(
        description="Whether every picture is completed or failed, and no more are read.",
        examples=[False],
    )
    pictures: BatchPictures = Field(description="How many pictures stand where.")
    verdicts: BatchVerdicts = Field(description="How many have which verdict.")
    reading: ReadingDocument | None = Field(
        description="Of a batch that is made of a folder on the server; null for others."
    )
    first_received_at: Moment | None = Field(
        description="null while there is no picture.", examples=["2026-11-21T08:00:00.000Z"]
    )
    last_received_at: Moment | None = Field(
        description="Of the newest picture.", examples=["2026-11-21T08:00:09.000Z"]
    )
    links: Annotated[BatchLinks, BeforeValidator(_links)] = Field(
        validation_alias=AliasPath("id"), description="What belongs to it."
    )


class ListedBatchDocument(Document):
    """A batch in a list; `GET /v1/batches/{id}` counts all of it."""

    id: str = Field(description="A ULID.", examples=[_EXAMPLE_ID])
    pictures: int = Field(description="Accepted ones; 1,000 are counted.", examples=[120])
    has_more: bool = Field(
        description="Whether there are more than were counted.", examples=[False]
    )
    waiting: int | None = Field(
        description="How many have no result yet; null where too many wait to know.", examples=[3]
    )
    source: str | None = Field(
        description="The folder on the server that is read into it.",
        examples=["/mnt/pictures/2026-11"],
    )
    reading: ReadingStatus | None = Field(
        description="Whether that folder is read.", examples=["completed"]
    )
    received_at: Moment | None = Field(
        description="When the newest picture came, or the folder was ordered.",
        examples=["2026-11-21T08:00:09.000Z"],
    )
    links: Annotated[BatchLinks, BeforeValidator(_links)] = Field(
        validation_alias=AliasPath("id"), description="What belongs to it."
    )


class BatchPageDocument(Document):
    """A page of batches."""

    batches: list[ListedBatchDocument] = Field(
        validation_alias="items", description="Those first whose newest picture came last."
    )
    next_cursor: str | None = Field(
        description="Leads to the next page; null on the last.", examples=[_EXAMPLE_ID]
    )


class SubmittedBatchDocument(Document):
    """A new batch, and the files that were not accepted, by their place."""

    rejected: list[RejectedDocument] = Field(
        description="The files that were not accepted.", examples=[[]]
    )
    skipped: dict[str, int] = Field(
        description="How many entries of a zip are no pictures, by the ending of their names, "
        "and how many are `hidden` (`.…`, `__MACOSX`, `@eaDir`, `Thumbs.db` and their like).",
        examples=[{".txt": 1}],
    )
    batch: BatchDocument | None = Field(
        description="Null where it cannot be read at the moment; `Location` tells its address."
    )


class FolderErrorDocument(Document):
    """A file of a folder that was not accepted; a line of `errors.jsonl`."""

    path: str = Field(
        description="Relative to the folder; a folder's ends in a slash.",
        examples=["gate-3/0007.jpg"],
    )
    code: str = Field(description="Stable, for programs.", examples=["picture-truncated"])
    reason: Sentence = Field(description="For people.", examples=["The file is empty."])
    details: Details = Field(
        validation_alias=AliasPath("reason"),
        description="Of what the reason is made.",
        examples=[{"code": "file-empty", "facts": {}}],
    )
