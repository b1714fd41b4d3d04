"""What is known of cameras beyond their present records: names, lifetimes, frames by time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from safety_detector.database.statements import upsert
from safety_detector.database.tables import cameras, former_cameras, frame_counts

_SLOT_MINUTES = 15  # every zone's midnight falls on one


@dataclass(frozen=True, slots=True)
class CameraLifetime:
    """A camera's record from when it was made until it was removed; None: it is there."""

    id: str
    name: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class FrameFates:
    """Frames of a camera that were not inspected.

    Attributes:
        unchanged: showed what a frame before them had shown, which was inspected.
    """

    replaced: int
    skipped: int
    unchanged: int = 0


def camera_lifetimes(connection: Connection) -> tuple[CameraLifetime, ...]:
    """Every camera that there is and that there was; one that was made anew stands there twice."""
    now = [
        CameraLifetime(row.id, row.name, row.created_at, None)
        for row in connection.execute(select(cameras))
    ]
    before = [
        CameraLifetime(row.id, row.name, row.created_at, row.removed_at)
        for row in connection.execute(select(former_cameras))
    ]
    return tuple(sorted((*before, *now), key=lambda one: (one.id, one.since)))


def camera_names(connection: Connection, camera_ids: Collection[str | None]) -> dict[str, str]:
    """The names of these cameras; of one that was removed the last."""
    wanted = {one for one in camera_ids if one is not None}
    if not wanted:
        return {}
    rows = connection.execute(select(cameras.c.id, cameras.c.name).where(cameras.c.id.in_(wanted)))
    names = {row.id: row.name for row in rows}
    gone = wanted - names.keys()
    if gone:
        query = (
            select(former_cameras.c.id, former_cameras.c.name)
            .where(former_cameras.c.id.in_(gone))
            .order_by(former_cameras.c.removed_at)
        )
        names.update({row.id: row.name for row in connection.execute(query)})
    return names


def count_frame_fates(
    connection: Connection,
    now: datetime,
    *,
    replaced: Iterable[str] = (),
    skipped: Iterable[str] = (),
    unchanged: Iterable[str] = (),
) -> None:
    """Counts frames that are not inspected, by camera and quarter of an hour.

    In the order of their ids, as everything that counts for several cameras.
    """
    slot = now.replace(minute=now.minute // _SLOT_MINUTES * _SLOT_MINUTES, second=0, microsecond=0)
    counts = {
        "replaced": Counter(replaced),
        "skipped": Counter(skipped),
        "unchanged": Counter(unchanged),
    }
    statement = upsert(
        connection.dialect.name,
        frame_counts,
        on=("slot", "camera_id"),
        add=("replaced", "skipped", "unchanged"),
    )
    for camera_id in sorted({one for by_camera in counts.values() for one in by_camera}):
        values = {name: by_camera[camera_id] for name, by_camera in counts.items()}
        connection.execute(statement, {"slot": slot, "camera_id": camera_id, **values})


def frame_fates(
    connection: Connection, since: datetime | None, until: datetime | None
) -> Mapping[str, FrameFates]:
    """By camera, the frames that were not inspected, by when they arrived.

    Whole quarters of an hour count, the one in which the time begins among them.
    """
    counted = frame_counts.c
    query = select(
        counted.camera_id,
        func.sum(counted.replaced),
        func.sum(counted.skipped),
        func.sum(counted.unchanged),
    ).group_by(counted.camera_id)
    if since is not None:
        query = query.where(counted.slot > since - timedelta(minutes=_SLOT_MINUTES))
    if until is not None:
        query = query.where(counted.slot < until)
    return {
        camera_id: FrameFates(int(replaced), int(skipped), int(unchanged))
        for camera_id, replaced, skipped, unchanged in connection.execute(query)
    }
