"""Cameras that are watched, as jobs."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from safety_detector.jobs.records import Claim
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.cameras.watching import LEASE, WatchedCamera
from safety_detector.service.records import FrameDisposition, Submission
from tests.pictures import jpeg
from tests.service_stand import Stand
from tests.watched_camera import RTSP, claim_camera, set_source


def claimed(stand: Stand, watcher: str = "watcher-1") -> Claim[WatchedCamera]:
    """The camera that a watcher gets; there must be one."""
    found = claim_camera(stand.service, watcher)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def _camera(stand: Stand) -> None:
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")


def test_a_camera_that_pushes_is_watched_by_nobody(stand: Stand) -> None:
    """There is nothing to fetch."""
    set_source(stand.service, name="Gate 4")
    assert claim_camera(stand.service) is None


def test_one_watcher_at_a_time_gets_a_camera(stand: Stand) -> None:
    """It knows where the pictures are and how often to look."""
    set_source(stand.service, **RTSP)
    found = claimed(stand)
    assert found.subject_id == "gate"
    assert found.subject.source == RTSP["source"]
    assert found.subject.every_s == 1.0
    assert claim_camera(stand.service, "watcher-2") is None


@pytest.mark.parametrize(
    "change", [{"source": {"url": "rtsp://10.0.0.8/1"}}, {"sealed": b"x"}, {"every_s": 5.0}]
)
def test_a_changed_source_is_claimed_anew(stand: Stand, change: dict[str, Any]) -> None:
    """Whoever watched the old one notices, and whoever comes first watches the new one."""
    set_source(stand.service, **RTSP)
    old = claimed(stand)
    set_source(stand.service, **change)
    assert stand.service.cameras.jobs.extend([old]) == frozenset()
    assert claimed(stand, "watcher-2").fence > old.fence


@pytest.mark.parametrize(
    "change", [{"name": "x"}, {"min_interval_ms": 5}, {"zones": [{"id": "a"}]}]
)
def test_other_changes_disturb_no_stream(stand: Stand, change: dict[str, Any]) -> None:
    """A stream is not opened anew for a name."""
    set_source(stand.service, **RTSP)
    held = claimed(stand)
    set_source(stand.service, **change)
    assert stand.service.cameras.jobs.extend([held]) == {"gate"}


@pytest.mark.parametrize("change", [{"enabled": False}, {"source_kind": "push", "source": {}}])
def test_a_camera_that_is_switched_off_is_let_go(stand: Stand, change: dict[str, Any]) -> None:
    """And watched again when it is switched on."""
    set_source(stand.service, **RTSP)
    held = claimed(stand)
    set_source(stand.service, **change)
    assert stand.service.cameras.jobs.extend([held]) == frozenset()
    assert claim_camera(stand.service) is None
    set_source(stand.service, **RTSP, enabled=True)
    assert claimed(stand).subject_id == "gate"


def test_no_frame_is_taken_of_whoever_lost_the_camera(stand: Stand) -> None:
    """Not even where the new watcher's fence is the same, since the camera was made anew."""
    set_source(stand.service, **RTSP)
    old = claimed(stand)

    def push(held: Claim[WatchedCamera], seed: int) -> FrameDisposition:
        def permit(connection: Connection) -> None:
            if not stand.service.cameras.jobs.holds(held, within=connection):
                raise PermissionError

        frames = stand.service.cameras.frames
        return frames.push("gate", jpeg(seed), Submission("f.jpg"), permit).disposition

    assert push(old, 1) is FrameDisposition.ACCEPTED
    set_source(stand.service, enabled=False)
    set_source(stand.service, enabled=True)
    new = claimed(stand, "watcher-2")
    assert new.fence == old.fence
    with pytest.raises(PermissionError):
        push(old, 2)
    assert stand.service.cameras.jobs.extend([old]) == frozenset()
    assert push(new, 3) is FrameDisposition.ACCEPTED
    assert stand.service.cameras.records.get("gate").frames.received == 2


def test_a_lost_watcher_costs_a_camera_its_lease_and_nothing_more(stand: Stand) -> None:
    """However often that happens, it is not given up, nor put off."""
    set_source(stand.service, **RTSP)
    for _ in range(15):
        claimed(stand)
        stand.clock.advance(LEASE.total_seconds() + 1)
        assert stand.service.cameras.jobs.take_back_lost() == 1


def test_a_camera_that_is_given_back_is_free_at_once(stand: Stand) -> None:
    """A watcher that stops in order leaves no gap."""
    set_source(stand.service, **RTSP)
    held = claimed(stand)
    stand.service.cameras.watchers.give_back([held])
    assert claimed(stand, "watcher-2").subject_id == "gate"
