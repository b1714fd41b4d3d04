"""Folders on the server that are read into batches, as the service takes and gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from safety_detector.message_texts.reason import Reason

FOLDER_QUEUE = "folders"
"""From which processes of the API claim; no worker does."""


class ReadingStatus(StrEnum):
    """How far a folder is read; the last two are final."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"

    @property
    def is_final(self) -> bool:
        """Whether nothing more of the folder is read."""
        return self in (ReadingStatus.COMPLETED, ReadingStatus.STOPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderOrder:
    """A folder that is to be read into a batch, and what is said of all its pictures.

    Attributes:
        batch_id: the batch.
        folder: absolute path without links, as text.
        camera_id: the camera that took them; must exist.
        captured_at: when they were taken, with its zone.
        metadata: the caller's own JSON object.
    """

    batch_id: str
    folder: str
    camera_id: str | None = None
    captured_at: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def options_as_json(self) -> dict[str, Any]:
        """What is said of all pictures, as it is stored; ``from_json`` reads it."""
        return {
            "camera_id": self.camera_id,
            "captured_at": self.captured_at.isoformat() if self.captured_at else None,
            "metadata": dict(self.metadata),
        }

    @classmethod
    def from_json(cls, batch_id: str, folder: str, options: Mapping[str, Any]) -> FolderOrder:
        """The order that was stored."""
        captured_at = options["captured_at"]
        return cls(
            batch_id=batch_id,
            folder=folder,
            camera_id=options["camera_id"],
            captured_at=datetime.fromisoformat(captured_at) if captured_at else None,
            metadata=options["metadata"],
        )


@dataclass(frozen=True, slots=True)
class FolderProgress:
    """How far a folder is read.

    Attributes:
        position: path of the last file that was looked at, relative to the folder; None before
            the first.  All that stands before it in the order of the reading is done with.
        accepted: files that became inspections.
        rejected: files that did not; each has a line that says why.
        skipped: files that are no pictures, by ending.
    """

    position: bytes | None = None
    accepted: int = 0
    rejected: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FolderReading:
    """The reading of a folder as it stands.

    Attributes:
        requested_by: id of the API key, None without keys.
        waiting_reason: why it does not go on at the moment.
        finished_at: when it was completed or stopped.
    """

    order: FolderOrder
    status: ReadingStatus
    progress: FolderProgress
    requested_at: datetime
    requested_by: str | None
    waiting_reason: Reason | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class FolderError:
    """A file of a folder that did not become an inspection.

    Attributes:
        number: counts up from 1 in the order of the reading.
        path: relative to the folder, as text.
        code: of ``errors.py``.
        reason: which occasion of it, and its facts.
    """

    number: int
    path: str
    code: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class ClaimedFolder:
    """A folder that a process has claimed to read on.

    Attributes:
        order: what is to be read.
        requested_by: id of the API key in whose name the pictures are accepted.
        progress: from where it goes on.
    """

    order: FolderOrder
    requested_by: str | None
    progress: FolderProgress


@dataclass(frozen=True, slots=True)
class FolderFigures:
    """All readings together, for the metrics: how many stand where, and what became of files."""

    readings: Mapping[ReadingStatus, int]
    accepted: int
    rejected: int
