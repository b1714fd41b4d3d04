"""Reading inspections: one, many, their pictures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, func, select
from ulid import ULID

from safety_detector.database.engine import Database
from safety_detector.database.feed import FEED_START, FeedPosition, newest_position, read_events
from safety_detector.database.tables import inspections, outages, pictures, replaced_frames
from safety_detector.domain.hazards import Label
from safety_detector.domain.inspection import Inspection, Status, Verdict
from safety_detector.errors import CursorInvalid
from safety_detector.service.records import (
    BatchStanding,
    Event,
    EventKind,
    InspectionFilter,
    Page,
    ReplacedFrame,
    StoredPicture,
)
from safety_detector.service.rows import to_inspection
from safety_detector.storage import Storage

ULID_PATTERN = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
"""A ULID, which every cursor of a list is: Crockford's base 32, 128 bits."""

_Row = TypeVar("_Row", bound=tuple[Any, ...])

_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
}

_LABEL_COLUMNS = {
    Label.FIRE: inspections.c.has_fire,
    Label.SMOKE: inspections.c.has_smoke,
    Label.PERSON: inspections.c.has_person,
}


class Results:
    """Answers questions about inspections; changes nothing."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage

    def get(self, inspection_id: str) -> Inspection | None:
        """One inspection as it stands, None if there is none with that id."""
        with self._database.read() as connection:
            row = (
                connection.execute(select(inspections).where(inspections.c.id == inspection_id))
                .mappings()
                .one_or_none()
            )
            return to_inspection(row, _outage_reasons(connection)) if row else None

    def get_many(self, inspection_ids: Collection[str]) -> dict[str, Inspection]:
        """Those of the inspections that are there, by id."""
        if not inspection_ids:
            return {}
        query = select(inspections).where(inspections.c.id.in_(set(inspection_ids)))
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
            reasons = _outage_reasons(connection)
        return {row["id"]: to_inspection(row, reasons) for row in rows}

    def replaced_frame(self, inspection_id: str) -> ReplacedFrame | None:
        """What became of a frame that was accepted under that id and then replaced."""
        with self._database.read() as connection:
            row = connection.execute(
                select(replaced_frames).where(replaced_frames.c.id == inspection_id)
            ).one_or_none()
        return ReplacedFrame(*row) if row else None

    def list(self, wanted: InspectionFilter, limit: int, cursor: str | None = None) -> Page:
        """Inspections that match, newest first.

        Args:
            wanted: the filter.
            limit: most inspections a page.
            cursor: ``next_cursor`` of the page before.

        Raises:
            CursorInvalid: the cursor is none of ours.
        """
        query = filtered(select(inspections), wanted).order_by(inspections.c.id.desc())
        if cursor is not None:
            if not ULID_PATTERN.fullmatch(cursor):
                raise CursorInvalid(f"{cursor[:64]!r} is no cursor of this service.")
            query = query.where(inspections.c.id < cursor)
        with self._database.read() as connection:
            # One more than wanted tells whether there is a further page.
            rows = connection.execute(query.limit(limit + 1)).mappings().all()
            reasons = _outage_reasons(connection)
        found = tuple(to_inspection(row, reasons) for row in rows[:limit])
        return Page(found, next_cursor=found[-1].id if len(rows) > limit else None)

    def count(self, wanted: InspectionFilter, at_most: int) -> int:
        """How many inspections match; counting ends at ``at_most``."""
        found = filtered(select(inspections.c.id), wanted).limit(at_most).subquery()
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(found)) or 0

    def batch_standing(self, batch_id: str) -> BatchStanding | None:
        """How far a batch is, as of one moment; None if there is no picture of it."""
        row = inspections.c
        query = (
            select(
                row.status,
                row.verdict,
                func.count(),
                func.min(row.received_at),
                func.max(row.received_at),
            )
            .where(row.batch_id == batch_id)
            .group_by(row.status, row.verdict)
        )
        with self._database.read() as connection:
            groups = connection.execute(query).all()
        if not groups:
            return None
        statuses: Counter[Status] = Counter()
        verdicts: Counter[Verdict] = Counter()
        for status, verdict, count, _, _ in groups:
            statuses[Status(status)] += count
            if verdict is not None:
                verdicts[Verdict(verdict)] += count
        return BatchStanding(
            id=batch_id,
            statuses=statuses,
            verdicts=verdicts,
            first_received_at=min(first for *_, first, _ in groups),
            last_received_at=max(last for *_, last in groups),
        )

    def original(self, inspection_id: str) -> StoredPicture | None:
        """The submitted picture, None if there is no such inspection."""
        query = (
            select(inspections.c.sha256, inspections.c.name, pictures.c.format)
            .join(pictures, pictures.c.sha256 == inspections.c.sha256)
            .where(inspections.c.id == inspection_id)
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        path = self._storage.picture_path(row.sha256)
        return StoredPicture(path, _MEDIA_TYPES[row.format], row.name)

    def annotated(self, inspection_id: str) -> StoredPicture | None:
        """The annotated picture, None before the inspection is completed."""
        query = select(inspections.c.annotated_fence, inspections.c.name).where(
            inspections.c.id == inspection_id
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or row.annotated_fence is None:
            return None
        path = self._storage.annotated_path(inspection_id, row.annotated_fence)
        return StoredPicture(path, "image/jpeg", row.name)

    def events_after(self, last_id: str | None, limit: int) -> tuple[Event, ...]:
        """Changes behind an event, oldest first; None means from the oldest that is kept.

        Raises:
            CursorInvalid: the id is none of ours.
        """
        after = FEED_START if last_id is None else FeedPosition.parse(last_id)
        with self._database.read() as connection:
            entries = read_events(connection, after, limit)
        return tuple(
            Event(
                id=str(entry.position),
                inspection_id=entry.inspection_id,
                kind=EventKind(entry.kind),
                at=entry.at,
            )
            for entry in entries
        )

    def newest_event_id(self) -> str:
        """The id behind which only events that are still to come stand."""
        with self._database.read() as connection:
            return str(newest_position(connection))


def filtered(query: Select[_Row], wanted: InspectionFilter) -> Select[_Row]:
    """The query, less the inspections that the filter does not name."""
    equal = {
        inspections.c.status: wanted.status,
        inspections.c.verdict: wanted.verdict,
        inspections.c.camera_id: wanted.camera_id,
        inspections.c.batch_id: wanted.batch_id,
    }
    for column, value in equal.items():
        if value is not None:
            query = query.where(column == value)
    if wanted.label is not None:
        query = query.where(_LABEL_COLUMNS[wanted.label])
    # Ids begin with the time of arrival in milliseconds, so that their index bounds the search.
    if wanted.since is not None:
        query = query.where(
            inspections.c.id >= first_id(wanted.since), inspections.c.received_at >= wanted.since
        )
    if wanted.until is not None:
        next_millisecond = wanted.until + timedelta(milliseconds=1)
        query = query.where(
            inspections.c.id < first_id(next_millisecond),
            inspections.c.received_at < wanted.until,
        )
    return query


def first_id(moment: datetime) -> str:
    """The lowest id of an inspection that arrived in the millisecond of that moment."""
    milliseconds = max(int(moment.timestamp() * 1000), 0)  # ids begin in 1970
    return str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + bytes(10)))


def _outage_reasons(connection: Connection) -> dict[str, str]:
    return {row.backend: row.reason for row in connection.execute(select(outages))}
