"""Finding the batch that a path names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Path
from starlette.concurrency import run_in_threadpool

from safety_detector.domain.inspection import Status, Verdict
from safety_detector.service.folders.records import FolderReading
from safety_detector.service.records import BatchStanding
from safety_detector.web.collaborators import Collaborators
from safety_detector.web.queries.ids import is_possible_id, not_found

BatchId = Annotated[str, Path(description="A batch's `id`.", max_length=64)]


@dataclass(frozen=True, slots=True)
class FoundBatch:
    """A batch; it has pictures, or a folder on the server is read into it, or both."""

    id: str
    standing: BatchStanding | None
    reading: FolderReading | None

    @property
    def pictures(self) -> Mapping[str, int]:
        """How many pictures stand where, by status, and under ``accepted`` all of them."""
        statuses = self.standing.statuses if self.standing else {}
        counts = {status.value: statuses.get(status, 0) for status in Status}
        return {"accepted": sum(counts.values()), **counts}

    @property
    def verdicts(self) -> Mapping[str, int]:
        """How many pictures have which verdict."""
        verdicts = self.standing.verdicts if self.standing else {}
        return {one.value: verdicts.get(one, 0) for one in Verdict}

    @property
    def done(self) -> bool:
        """Whether every picture is completed or failed, and no more are read."""
        is_read = self.reading is None or self.reading.status.is_final
        counts = self.pictures
        return is_read and not counts["queued"] and not counts["running"]

    @property
    def first_received_at(self) -> datetime | None:
        """When the first picture arrived; None while there is none."""
        return self.standing.first_received_at if self.standing else None

    @property
    def last_received_at(self) -> datetime | None:
        """When the last picture arrived so far."""
        return self.standing.last_received_at if self.standing else None


async def find_batch(here: Collaborators, batch_id: str) -> FoundBatch:
    """The batch with that id.

    Raises:
        RequestProblem: there is none.
        DatabaseUnavailable: it cannot be read.
    """
    if is_possible_id(batch_id):
        # In this order: when a folder is read to its end, all its pictures are counted.
        reading = await run_in_threadpool(here.service.folders.orders.get, batch_id)
        standing = await run_in_threadpool(
            here.service.inspections.results.batch_standing, batch_id
        )
        if standing is not None or reading is not None:
            return FoundBatch(batch_id, standing, reading)
    raise not_found("batch", batch_id)
