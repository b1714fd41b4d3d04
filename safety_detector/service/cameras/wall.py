"""What a wall of cameras shows: of each the newest picture, how it is, and its gravest incident."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from safety_detector.domain.inspection import Verdict
from safety_detector.service.cameras.cameras import Cameras
from safety_detector.service.cameras.latest import LatestPicture, LatestPictures
from safety_detector.service.incidents.overview import Overview
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.records import Camera, CameraHealth, Page


@dataclass(frozen=True, slots=True)
class WallFilter:
    """Which cameras a wall shows.

    Attributes:
        camera_ids: these, in this order; None for all, by their ids.
        place: only those whose place begins with it; places are parted by ``/``.
    """

    camera_ids: tuple[str, ...] | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """One camera on a wall.

    Attributes:
        camera_id: of the camera.
        camera: its record; None where there is no such camera any more.
        latest: its newest picture; None while none was inspected.
        incident: the gravest that is seen or that nobody has looked at.
    """

    camera_id: str
    camera: Camera | None
    latest: LatestPicture | None
    incident: StoredIncident | None

    @property
    def name(self) -> str | None:
        """For people."""
        return None if self.camera is None else self.camera.name

    @property
    def place(self) -> str | None:
        """Where it hangs."""
        return None if self.camera is None else self.camera.location

    @property
    def health(self) -> CameraHealth | None:
        """How it is."""
        return None if self.camera is None else self.camera.health

    @property
    def inspection_id(self) -> str | None:
        """Of the newest picture."""
        return None if self.latest is None else self.latest.inspection_id

    @property
    def taken_at(self) -> datetime | None:
        """When it was taken."""
        return None if self.latest is None else self.latest.taken_at

    @property
    def age_s(self) -> int | None:
        """How long ago."""
        return None if self.latest is None else self.latest.age // timedelta(seconds=1)

    @property
    def verdict(self) -> Verdict | None:
        """What was found in it."""
        return None if self.latest is None else self.latest.verdict

    @property
    def live_until(self) -> datetime | None:
        """Until when it shows how things are, if nothing new comes."""
        return None if self.latest is None else self.latest.live_until

    @property
    def is_live(self) -> bool:
        """Whether it shows how things are."""
        return self.latest is not None and self.latest.is_live


class Wall:
    """Puts together what a wall shows; changes nothing.

    Args:
        cameras: the cameras.
        latest: their newest pictures.
        overview: their incidents.
    """

    def __init__(self, cameras: Cameras, latest: LatestPictures, overview: Overview) -> None:
        self._cameras = cameras
        self._latest = latest
        self._overview = overview

    def tiles(self, wanted: WallFilter, limit: int, after: str | None = None) -> Page[Tile]:
        """A page of the cameras that are wanted.

        Args:
            wanted: which.
            limit: most cameras.
            after: the last camera of the page before.
        """
        found = {one.id: one for one in self._cameras.list()}
        ids = _behind(_chosen(found.values(), wanted), after)
        page = Page.cut(ids, limit, str)
        shown = [found[one] for one in page.items if one in found]
        latest = self._latest.of(shown)
        incidents = self._overview.gravest_of_cameras([one.id for one in shown])
        return Page(
            tuple(
                Tile(one, found.get(one), latest.get(one), incidents.get(one)) for one in page.items
            ),
            page.next_cursor,
        )


def _chosen(known: Iterable[Camera], wanted: WallFilter) -> list[str]:
    if wanted.camera_ids is not None:
        return list(dict.fromkeys(wanted.camera_ids))
    return [one.id for one in known if wanted.place is None or is_at(one.location, wanted.place)]


def is_at(location: str | None, place: str) -> bool:
    """Whether a camera at ``Plant 2 / Gate 3`` hangs at a place, which may be ``Plant 2``."""
    here, there = _steps(location or ""), _steps(place)
    return here[: len(there)] == there


def _steps(place: str) -> list[str]:
    return [one.strip() for one in place.split("/")]


def _behind(ids: list[str], after: str | None) -> list[str]:
    if after is None:
        return ids
    if after in ids:
        return ids[ids.index(after) + 1 :]
    return [one for one in ids if one > after]
