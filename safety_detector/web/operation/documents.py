"""Queues, workers and room, in answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AliasPath, BeforeValidator, Field

from safety_detector.documents.document import Document, Moment
from safety_detector.documents.reasons import Details, Sentence

_EXAMPLE_WORKER = "embedded@site-1:4711"


def _days(span: object) -> object:
    return span / timedelta(days=1) if isinstance(span, timedelta) else span


class QueueDocument(Document):
    """What waits in a queue, and how much is worked on at a time."""

    queue: str = Field(
        description="`qwen`, `embedded`, `render` (reports), `folders`, `notify`.",
        examples=["embedded"],
    )
    waiting: int = Field(
        description="Jobs that wait; 10000 stands for as many or more.", examples=[12]
    )
    slots: int = Field(
        description="Jobs that the present workers have in hand at a time.", examples=[4]
    )
    paused_since: Moment | None = Field(
        description="Since when nothing is tried, because what the jobs need is away.",
        examples=[None],
    )
    reason: Sentence | None = Field(description="Why that is.", examples=[None])
    reason_details: Details | None = Field(
        validation_alias=AliasPath("reason"),
        description="Of what the reason is made.",
        examples=[None],
    )


class WorkerDocument(Document):
    """A working process that gave a sign of life lately."""

    id: str = Field(description="Its name, machine and process.", examples=[_EXAMPLE_WORKER])
    queue: str = Field(description="What it works on.", examples=["embedded"])
    slots: int = Field(description="How many jobs it has in hand at a time.", examples=[4])
    seen_at: Moment = Field(
        description="Its last sign of life.", examples=["2026-11-21T08:00:00.000Z"]
    )


class StorageDocument(Document):
    """The disk of the data folder, and what becomes of it."""

    size_bytes: int = Field(description="Of its file system.", examples=[500_000_000_000])
    free_bytes: int = Field(
        description="What the program can still use.", examples=[120_000_000_000]
    )
    min_free_bytes: int = Field(
        description="With less room nothing is accepted.", examples=[1_073_741_824]
    )
    stored_bytes: int = Field(
        description="Of pictures and annotated pictures.", examples=[80_000_000_000]
    )
    keep_days: Annotated[float | None, BeforeValidator(_days)] = Field(
        validation_alias=AliasPath("keep", "age"),
        description="How long pictures are kept; null for ever.",
        examples=[90.0],
    )
    keep_bytes: int | None = Field(
        validation_alias=AliasPath("keep", "max_bytes"),
        description="How much is kept; null for any amount.",
        examples=[None],
    )
    grows_bytes_a_day: int | None = Field(
        description="By the pictures of the last week; null while less than an hour tells.",
        examples=[2_000_000_000],
    )
    measured_days: Annotated[float | None, BeforeValidator(_days)] = Field(
        validation_alias=AliasPath("measured_over"),
        description="Of how many days these pictures are.",
        examples=[7.0],
    )
    full_at: Moment | None = Field(
        description="When nothing is accepted any more if it goes on like this; null where "
        "retention keeps it from filling up, or nobody can tell.",
        examples=["2027-01-20T08:00:00.000Z"],
    )


class OperationDocument(Document):
    """How the service does its work."""

    version: str = Field(description="Of the program.", examples=["0.1.0"])
    database: str = Field(description="`sqlite` or `postgresql`.", examples=["sqlite"])
    queues: list[QueueDocument] = Field(description="By name.")
    workers: list[WorkerDocument] = Field(description="By name.")
    storage: StorageDocument | None = Field(
        description="Of the data folder; null while its disk does not say."
    )
