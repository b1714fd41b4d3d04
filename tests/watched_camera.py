"""Cameras whose pictures have to be fetched, as an operator sets them up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from safety_detector.camera_sources.source import CameraSource, parse_source
from safety_detector.jobs.records import Claim
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.cameras.watching import WATCH_QUEUE, WatchedCamera
from safety_detector.service.core import Service

RTSP = parse_source("rtsp://10.0.0.7/1")


def add_watched(
    service: Service, camera_id: str = "gate", source: CameraSource = RTSP, every_s: float = 1.0
) -> None:
    """A camera with such a source."""
    settings = CameraSettings(camera_id, source=source, every_s=every_s)
    service.cameras.records.create(settings, camera_id)


def change_camera(service: Service, camera_id: str = "gate", **changed: Any) -> None:
    """What is said of the camera from now on."""
    service.cameras.records.change(camera_id, lambda settings: replace(settings, **changed))


def claim_camera(service: Service, watcher: str = "watcher-1") -> Claim[WatchedCamera] | None:
    """The camera that a watcher gets, if there is any."""
    return next(iter(service.cameras.jobs.claim(WATCH_QUEUE, watcher)), None)
