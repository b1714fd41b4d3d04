"""Cameras that are watched, as jobs."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, RowMapping, select, update

from safety_detector.database.tables import cameras
from safety_detector.jobs.records import Again, Claim
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.cameras.watching import (
    LEASE,
    WATCH_QUEUE,
    WatchedCamera,
    follow_camera,
)
from safety_detector.service.records import FrameDisposition, Submission
from tests.pictures import jpeg
from tests.service_stand import Stand

RTSP = {"source_kind": "rtsp", "source": {"url": "rtsp://10.0.0.7/1"}, "every_s": 1.0}


def set_source(stand: Stand, camera_id: str = "gate", **values: Any) -> None:
    """What an operator says of the camera's source from now on."""
    with stand.service.database.write() as connection:
        before = _row(connection, camera_id)
        changed = update(cameras).where(cameras.c.id == camera_id).values(**values)
        connection.execute(changed)
        follow_camera(connection, stand.service.cameras.jobs, before, _row(connection, camera_id))


def _row(connection: Connection, camera_id: str) -> RowMapping:
    return connection.execute(select(cameras).where(cameras.c.id == camera_id)).mappings().one()


def claim(stand: Stand, watcher: str = "watcher-1") -> Claim[WatchedCamera] | None:
    """The camera that a watcher gets, if there is any."""
    return next(iter(stand.service.cameras.jobs.claim(WATCH_QUEUE, watcher)), None)


def claimed(stand: Stand, watcher: str = "watcher-1") -> Claim[WatchedCamera]:
    """The same where there must be one."""
    found = claim(stand, watcher)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def _camera(stand: Stand) -> None:
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")


def test_a_camera_that_pushes_is_watched_by_nobody(stand: Stand) -> None:
    """There is nothing to fetch."""
    set_source(stand, name="Gate 4")
    assert claim(stand) is None


def test_one_watcher_at_a_time_gets_a_camera(stand: Stand) -> None:
    """It knows where the pictures are and how often to look."""
    set_source(stand, **RTSP)
    found = claimed(stand)
    assert found.subject_id == "gate"
    assert found.subject.source == RTSP["source"]
    assert found.subject.every_s == 1.0
    assert claim(stand, "watcher-2") is None


@pytest.mark.parametrize(
    "change", [{"source": {"url": "rtsp://10.0.0.8/1"}}, {"sealed": b"x"}, {"every_s": 5.0}]
)
def test_a_changed_source_is_claimed_anew(stand: Stand, change: dict[str, Any]) -> None:
    """Whoever watched the old one notices, and whoever comes first watches the new one."""
    set_source(stand, **RTSP)
    old = claimed(stand)
    set_source(stand, **change)
    assert stand.service.cameras.jobs.extend([old]) == frozenset()
    assert claimed(stand, "watcher-2").fence > old.fence


@pytest.mark.parametrize(
    "change", [{"name": "x"}, {"min_interval_ms": 5}, {"zones": [{"id": "a"}]}]
)
def test_other_changes_disturb_no_stream(stand: Stand, change: dict[str, Any]) -> None:
    """A stream is not opened anew for a name."""
    set_source(stand, **RTSP)
    held = claimed(stand)
    set_source(stand, **change)
    assert stand.service.cameras.jobs.extend([held]) == {"gate"}


@pytest.mark.parametrize("change", [{"enabled": False}, {"source_kind": "push", "source": {}}])
def test_a_camera_that_is_switched_off_is_let_go(stand: Stand, change: dict[str, Any]) -> None:
    """And watched again when it is switched on."""
    set_source(stand, **RTSP)
    held = claimed(stand)
    set_source(stand, **change)
    assert stand.service.cameras.jobs.extend([held]) == frozenset()
    assert claim(stand) is None
    set_source(stand, **RTSP, enabled=True)
    assert claimed(stand).subject_id == "gate"


def test_no_frame_is_taken_of_whoever_lost_the_camera(stand: Stand) -> None:
    """Not even where the new watcher's fence is the same, since the camera was made anew."""
    set_source(stand, **RTSP)
    old = claimed(stand)

    def push(held: Claim[WatchedCamera], seed: int) -> FrameDisposition:
        def permit(connection: Connection) -> None:
            if not stand.service.cameras.jobs.holds(held, within=connection):
                raise PermissionError

        frames = stand.service.cameras.frames
        return frames.push("gate", jpeg(seed), Submission("f.jpg"), permit).disposition

    assert push(old, 1) is FrameDisposition.ACCEPTED
    set_source(stand, enabled=False)
    set_source(stand, enabled=True)
    new = claimed(stand, "watcher-2")
    assert new.fence == old.fence
    with pytest.raises(PermissionError):
        push(old, 2)
    assert stand.service.cameras.jobs.extend([old]) == frozenset()
    assert push(new, 3) is FrameDisposition.ACCEPTED
    assert stand.service.cameras.records.get("gate").frames.received == 2


def test_a_lost_watcher_costs_a_camera_its_lease_and_nothing_more(stand: Stand) -> None:
    """However often that happens, it is not given up, nor put off."""
    set_source(stand, **RTSP)
    for _ in range(15):
        claimed(stand)
        stand.clock.advance(LEASE.total_seconds() + 1)
        assert stand.service.cameras.jobs.take_back_lost() == 1


def test_a_camera_that_is_given_back_is_free_at_once(stand: Stand) -> None:
    """A watcher that stops in order leaves no gap."""
    set_source(stand, **RTSP)
    held = claimed(stand)
    with stand.service.database.write() as connection:
        again = Again(delay=LEASE * 0, waiting_reason=None, failures=0, losses=0, outages=0)
        assert stand.service.cameras.jobs.settle(held, again, within=connection)
    assert claimed(stand, "watcher-2").subject_id == "gate"
