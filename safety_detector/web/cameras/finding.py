"""Finding the camera that a path names."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.concurrency import run_in_threadpool

from safety_detector.errors import UnknownCamera
from safety_detector.service.records import Camera
from safety_detector.web.collaborators import Collaborators
from safety_detector.web.queries.ids import is_possible_id

CameraId = Annotated[str, Path(description="A camera's `id`.", max_length=64)]


async def find_camera(here: Collaborators, camera_id: str) -> Camera:
    """The camera with that id.

    Raises:
        UnknownCamera: there is none.
        DatabaseUnavailable: it cannot be read.
    """
    check_possible(camera_id)
    return await run_in_threadpool(here.service.cameras.records.get, camera_id)


def check_possible(camera_id: str) -> None:
    """Refuses what no camera could have as its id, before any database sees it.

    Raises:
        UnknownCamera: it is that.
    """
    if not is_possible_id(camera_id):
        raise UnknownCamera("no-camera", camera_id=camera_id[:64])
