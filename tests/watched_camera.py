"""Cameras whose pictures have to be fetched, as an operator would set them up."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from safety_detector.database.tables import cameras
from safety_detector.jobs.records import Claim
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.cameras.watching import (
    WATCH_QUEUE,
    WatchedCamera,
    follow_camera,
)
from safety_detector.service.core import Service

RTSP = {"source_kind": "rtsp", "source": {"url": "rtsp://10.0.0.7/1"}, "every_s": 1.0}


def add_watched(service: Service, camera_id: str = "gate", **values: Any) -> None:
    """A camera with such a source."""
    service.cameras.records.create(CameraSettings(camera_id), camera_id)
    set_source(service, camera_id, **(values or RTSP))


def set_source(service: Service, camera_id: str = "gate", **values: Any) -> None:
    """What is said of the camera from now on."""
    with service.database.write() as connection:
        before = _row(connection, camera_id)
        changed = update(cameras).where(cameras.c.id == camera_id).values(**values)
        connection.execute(changed)
        follow_camera(connection, service.cameras.jobs, before, _row(connection, camera_id))


def claim_camera(service: Service, watcher: str = "watcher-1") -> Claim[WatchedCamera] | None:
    """The camera that a watcher gets, if there is any."""
    return next(iter(service.cameras.jobs.claim(WATCH_QUEUE, watcher)), None)


def _row(connection: Connection, camera_id: str) -> RowMapping:
    return connection.execute(select(cameras).where(cameras.c.id == camera_id)).mappings().one()
