"""Which part of a report a file is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from safety_detector.report.contents import Kind


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a report a file is.

    Attributes:
        kind: what the file holds.
        reference: number of the whole report, the same in all its files.
        first_number: number of the part's first picture or incident.
        volume: number of a volume, from 1; 0 where there are none.
        volumes: how many volumes there are.
        as_of: up to when the whole report tells; None for what this part says.
    """

    kind: Kind
    reference: str
    first_number: int = 1
    volume: int = 0
    volumes: int = 0
    as_of: datetime | None = None
