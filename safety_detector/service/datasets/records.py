"""Values: which judged pictures are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DatasetFilter:
    """Which judged pictures are wanted; None, or nothing, means any.

    Attributes:
        since, until: taken at or after, and before, with their zone.
        camera_ids: of one of these cameras.
        batch_id: of this batch.
    """

    since: datetime | None = None
    until: datetime | None = None
    camera_ids: tuple[str, ...] = ()
    batch_id: str | None = None
