"""Reading inspections: one, many, their pictures."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, RowMapping, func, select

from safety_detector.database.engine import Database
from safety_detector.database.feed import (
    FEED_START,
    FeedPosition,
    is_ahead,
    newest_position,
    read_events,
)
from safety_detector.database.tables import inspections, outages, pictures, replaced_frames
from safety_detector.domain.incidents.events import IncidentEvent
from safety_detector.domain.inspection import Inspection, Status, Verdict
from safety_detector.jobs.outages import BROKER
from safety_detector.jobs.queues import waiting_reasons
from safety_detector.message_texts.reason import Reason
from safety_detector.service.cameras.history import camera_names
from safety_detector.service.inspections.listing import (
    backwards,
    cursor_behind,
    filtered,
    ordered,
)
from safety_detector.service.inspections.rows import to_inspection
from safety_detector.service.records import (
    INSPECTION,
    BatchStanding,
    Event,
    EventKind,
    InspectionFilter,
    ListOrder,
    Page,
    ReplacedFrame,
    StoredPicture,
)
from safety_detector.storage.blobs import OpenBlob
from safety_detector.storage.keys import annotated_key, picture_key
from safety_detector.storage.storage import Storage

_log = logging.getLogger(__name__)

_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
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
            if row is None:
                return None
            names = camera_names(connection, [row["camera_id"]])
            return to_inspection(row, _waiting_reasons(connection, [row]).get(row["id"]), names)

    def get_many(self, inspection_ids: Collection[str]) -> dict[str, Inspection]:
        """Those of the inspections that are there, by id."""
        if not inspection_ids:
            return {}
        query = select(inspections).where(inspections.c.id.in_(set(inspection_ids)))
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
            reasons = _waiting_reasons(connection, rows)
            names = camera_names(connection, {row["camera_id"] for row in rows})
        return {row["id"]: to_inspection(row, reasons.get(row["id"]), names) for row in rows}

    def replaced_frame(self, inspection_id: str) -> ReplacedFrame | None:
        """What became of a frame that was accepted under that id and then replaced."""
        with self._database.read() as connection:
            row = connection.execute(
                select(replaced_frames).where(replaced_frames.c.id == inspection_id)
            ).one_or_none()
        return ReplacedFrame(*row) if row else None

    def list(
        self,
        wanted: InspectionFilter,
        limit: int,
        cursor: str | None = None,
        order: ListOrder = ListOrder.TAKEN,
    ) -> Page[Inspection]:
        """Inspections that match, newest first, or the most urgent ones first.

        Args:
            wanted: the filter.
            limit: most inspections a page.
            cursor: ``next_cursor`` of the page before, in the same order.
            order: by when they were taken, or arrived, or how urgent they are.

        Raises:
            CursorInvalid: the cursor is none of ours, or one of another order.
        """
        query = ordered(filtered(select(inspections), wanted, order), order, cursor)
        with self._database.read() as connection:
            # One more than wanted tells whether there is a further page.
            rows = connection.execute(query.limit(limit + 1)).mappings().all()
            reasons = _waiting_reasons(connection, rows)
            names = camera_names(connection, {row["camera_id"] for row in rows})
        page = Page.cut(rows, limit, lambda row: cursor_behind(row, order))
        found = tuple(to_inspection(row, reasons.get(row["id"]), names) for row in page.items)
        return Page(found, page.next_cursor)

    def neighbours(
        self, inspection_id: str, wanted: InspectionFilter, order: ListOrder = ListOrder.TAKEN
    ) -> tuple[str | None, str | None]:
        """The inspections that a list shows before one and behind it; None at its ends.

        The one itself need not be in the list, as when it matched when somebody came from there.
        """
        row = select(inspections).where(inspections.c.id == inspection_id)
        listed = filtered(select(inspections.c.id), wanted, order).limit(1)
        with self._database.read() as connection:
            found = connection.execute(row).mappings().one_or_none()
            if found is None:
                return None, None
            cursor = cursor_behind(found, order)
            before = connection.scalar(backwards(listed, order, cursor))
            return before, connection.scalar(ordered(listed, order, cursor))

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
        key = picture_key(row.sha256)
        return StoredPicture(key, row.sha256, _MEDIA_TYPES[row.format], row.name)

    def annotated(self, inspection_id: str) -> StoredPicture | None:
        """The annotated picture, None before the inspection is completed."""
        query = select(inspections.c.annotated_fence, inspections.c.name).where(
            inspections.c.id == inspection_id
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or row.annotated_fence is None:
            return None
        return stored_annotated(inspection_id, row.annotated_fence, row.name)

    def read(self, picture: StoredPicture) -> bytes | None:
        """The bytes of a picture; None if it is not stored any more.

        Raises:
            StorageUnavailable: it cannot be read.
        """
        return self._storage.read(picture.key)

    def open(self, picture: StoredPicture) -> OpenBlob | None:
        """A picture, to be read; None if it is not stored any more.

        Raises:
            StorageUnavailable: it cannot be read.
        """
        return self._storage.open(picture.key)

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
                incident_id=entry.incident_id,
                kind=(EventKind if entry.incident_id is None else IncidentEvent)(entry.kind),
                at=entry.at,
            )
            for entry in entries
        )

    def feed_start(self, last_id: str) -> str:
        """Where a reader goes on who comes back with the last event that it saw.

        Behind that event; with one that this database has never given out (an older state was
        restored, or it is another service's) at the oldest event that is kept, since nobody knows
        what the reader has missed.

        Raises:
            CursorInvalid: the id is none of ours.
        """
        position = FeedPosition.parse(last_id)
        with self._database.read() as connection:
            if is_ahead(connection, position):
                _log.warning("a reader of the feed knows %s, which is yet to come", last_id)
                return str(FEED_START)
        return last_id

    def newest_event_id(self) -> str:
        """The id behind which only events that are still to come stand."""
        with self._database.read() as connection:
            return str(newest_position(connection))


def stored_annotated(inspection_id: str, fence: int, name: str) -> StoredPicture:
    """The annotated picture of an inspection that was completed under that fence."""
    key, tag = annotated_key(inspection_id, fence), f"{inspection_id}-{fence}"
    return StoredPicture(key, tag, "image/jpeg", name)


def _waiting_reasons(
    connection: Connection, rows: Sequence[RowMapping]
) -> dict[str, Reason | None]:
    """By inspection, why it waits; what waits for a model says so even if it was never tried."""
    queued = {row["id"]: row["backend"] for row in rows if row["status"] == Status.QUEUED}
    if not queued:
        return {}
    away = {row.backend: row.reason for row in connection.execute(select(outages))}
    own = waiting_reasons(connection, INSPECTION, queued)
    return {
        one: away.get(backend) or own.get(one) or away.get(BROKER)
        for one, backend in queued.items()
    }
