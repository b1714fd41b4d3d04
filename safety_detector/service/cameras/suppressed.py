"""How much was seen of cameras and did not count, by day and by the rule that it fell under.

Counted once a picture, in the transaction that completes it, however late it is.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, select

from safety_detector.database.statements import upsert
from safety_detector.database.tables import suppressed_sightings
from safety_detector.domain.camera_rules import Mask
from safety_detector.domain.incidents.looks import Look, Suppressed, SuppressedBy
from safety_detector.service.records import SuppressedCount

_KEPT: Final = timedelta(days=400)
"""So long a day's counts are kept: a year and a month, as for statistics."""

_LATELY: Final = timedelta(days=7)


def count_suppressed(connection: Connection, camera_id: str, looks: Iterable[Look]) -> None:
    """Counts what looks show and does not count, under the camera's lock."""
    counts: Counter[tuple[str, str, str]] = Counter()
    last: dict[tuple[str, str, str], datetime] = {}
    for look in looks:
        for one in look.suppressed:
            place = (look.at.astimezone(UTC).date().isoformat(), one.by.value, _mask_of(one))
            counts[place] += 1
            last[place] = max(look.at, last.get(place, look.at))
    for place, count in sorted(counts.items()):
        _add(connection, camera_id, place, count, last[place])


def suppressed_of(
    connection: Connection, masks: Mapping[str, Sequence[Mask]], now: datetime
) -> dict[str, tuple[SuppressedCount, ...]]:
    """What did not count, by camera.

    Args:
        connection: a transaction.
        masks: those of each camera that is asked for; each is there, also where it hid nothing.
        now: the present moment.
    """
    row = suppressed_sightings.c
    query = (
        select(row.camera_id, row.by, row.mask, func.sum(row.count), func.max(row.last_at))
        .where(row.camera_id.in_(masks))
        .group_by(row.camera_id, row.by, row.mask)
    )
    lately = (now - _LATELY).astimezone(UTC).date().isoformat()
    known = {(one[0], one[1], one[2]): (int(one[3]), one[4]) for one in connection.execute(query)}
    recent = {
        (one[0], one[1], one[2]): int(one[3])
        for one in connection.execute(query.where(row.day > lately))
    }

    def count(camera_id: str, by: SuppressedBy, mask: str, reason: str | None) -> SuppressedCount:
        total, last_at = known.get((camera_id, by.value, mask), (0, None))
        return SuppressedCount(
            by, reason, total, recent.get((camera_id, by.value, mask), 0), last_at
        )

    found: dict[str, tuple[SuppressedCount, ...]] = {}
    for camera_id, of_camera in masks.items():
        by_masks = [
            count(camera_id, SuppressedBy.MASK, _key(mask), mask.reason) for mask in of_camera
        ]
        others = [
            count(camera_id, by, "", None)
            for by in (SuppressedBy.ZONE, SuppressedBy.HOURS)
            if (camera_id, by.value, "") in known
        ]
        found[camera_id] = (*by_masks, *others)
    return found


def _add(
    connection: Connection,
    camera_id: str,
    place: tuple[str, str, str],
    count: int,
    last_at: datetime,
) -> None:
    day, by, mask = place
    on = ("camera_id", "day", "by", "mask")
    row = suppressed_sightings.c
    this_one = (row.camera_id == camera_id, row.day == day, row.by == by, row.mask == mask)
    before = connection.scalar(select(row.last_at).where(*this_one))
    if before is None:  # once a day
        oldest = (last_at - _KEPT).astimezone(UTC).date().isoformat()
        old = delete(suppressed_sightings).where(row.camera_id == camera_id, row.day < oldest)
        connection.execute(old)
    put = upsert(
        connection.dialect.name,
        suppressed_sightings,
        on=on,
        overwrite=("last_at",),
        add=("count",),
    )
    values = {"camera_id": camera_id, "day": day, "by": by, "mask": mask, "count": count}
    connection.execute(put, values | {"last_at": max(last_at, before or last_at)})


def _mask_of(one: Suppressed) -> str:
    return "" if one.mask is None else _key(one.mask)


def _key(mask: Mask) -> str:
    """Of a mask's place and hazards; with another reason it is the same mask."""
    written = json.dumps([mask.polygon.corners, sorted(mask.hazards)])
    return hashlib.sha256(written.encode()).hexdigest()[:16]
