"""Cameras that are watched, as jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from safety_detector.camera_sources.source import Transport, parse_source
from safety_detector.jobs.records import Claim
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.cameras.sources import PUSHED
from safety_detector.service.cameras.watching import LEASE, WatchedCamera
from safety_detector.service.records import FrameDisposition, Submission
from tests.pictures import jpeg
from tests.service_stand import Stand
from tests.watched_camera import RTSP, add_watched, change_camera, claim_camera


def claimed(stand: Stand, watcher: str = "watcher-1") -> Claim[WatchedCamera]:
    """The camera that a watcher gets; there must be one."""
    found = claim_camera(stand.service, watcher)
    assert found is not None
    return found


def test_a_camera_that_pushes_is_watched_by_nobody(stand: Stand) -> None:
    """There is nothing to fetch."""
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")
    change_camera(stand.service, name="Gate 4")
    assert claim_camera(stand.service) is None


def test_one_watcher_at_a_time_gets_a_camera(stand: Stand) -> None:
    """It knows where the pictures are, with what password, and how often to look."""
    source = replace(RTSP, username="viewer", password="s3cret")  # noqa: S106 (of a test)
    add_watched(stand.service, source=source, every_s=3.0)
    found = claimed(stand)
    assert found.subject_id == "gate"
    assert stand.service.cameras.records.source_of(found.subject) == source
    assert found.subject.every_s == 3.0
    assert "s3cret" not in repr(found)
    assert claim_camera(stand.service, "watcher-2") is None


@pytest.mark.parametrize(
    "change",
    [
        {"source": parse_source("rtsp://10.0.0.8/1")},
        {"source": parse_source("rtsp://viewer:new@10.0.0.7/1")},
        {"source": replace(RTSP, transport=Transport.UDP)},
        {"every_s": 5.0},
    ],
    ids=["address", "password", "transport", "interval"],
)
def test_a_changed_source_is_claimed_anew(stand: Stand, change: dict[str, Any]) -> None:
    """Whoever watched the old one notices, and whoever comes first watches the new one."""
    add_watched(stand.service)
    old = claimed(stand)
    change_camera(stand.service, **change)
    assert stand.service.cameras.jobs.extend([old]) == frozenset()
    assert claimed(stand, "watcher-2").fence > old.fence


@pytest.mark.parametrize(
    "change",
    [{"name": "x"}, {"min_interval_ms": 5}, {"expected": False}, {"location": "Plant 2"}, {}],
    ids=["name", "interval", "expected", "location", "nothing"],
)
def test_other_changes_disturb_no_stream(stand: Stand, change: dict[str, Any]) -> None:
    """A stream is not opened anew for a name."""
    add_watched(stand.service)
    held = claimed(stand)
    change_camera(stand.service, **change)
    assert stand.service.cameras.jobs.extend([held]) == {"gate"}


@pytest.mark.parametrize("change", [{"enabled": False}, {"source": PUSHED}], ids=["off", "pushes"])
def test_a_camera_that_need_not_be_watched_is_let_go(stand: Stand, change: dict[str, Any]) -> None:
    """And watched again when it is to be."""
    add_watched(stand.service)
    held = claimed(stand)
    change_camera(stand.service, **change)
    assert stand.service.cameras.jobs.extend([held]) == frozenset()
    assert claim_camera(stand.service) is None
    change_camera(stand.service, source=RTSP, enabled=True)
    assert claimed(stand).subject_id == "gate"


def test_a_removed_camera_is_watched_by_nobody(stand: Stand) -> None:
    """Nor is one that was removed at the moment at which it was claimed."""
    add_watched(stand.service)
    held = claimed(stand)
    stand.service.cameras.records.remove("gate")
    assert stand.service.cameras.jobs.extend([held]) == frozenset()
    assert claim_camera(stand.service) is None


def test_no_frame_is_taken_of_whoever_lost_the_camera(stand: Stand) -> None:
    """Not even where the new watcher's fence is the same, since the camera was made anew."""
    add_watched(stand.service)
    old = claimed(stand)

    def push(held: Claim[WatchedCamera], seed: int) -> FrameDisposition:
        def permit(connection: Connection) -> None:
            if not stand.service.cameras.jobs.holds(held, within=connection):
                raise PermissionError

        frames = stand.service.cameras.frames
        return frames.push("gate", jpeg(seed), Submission("f.jpg"), permit).disposition

    assert push(old, 1) is FrameDisposition.ACCEPTED
    stand.service.cameras.records.remove("gate")
    add_watched(stand.service)
    new = claimed(stand, "watcher-2")
    assert new.fence == old.fence
    with pytest.raises(PermissionError):
        push(old, 2)
    assert stand.service.cameras.jobs.extend([old]) == frozenset()
    assert push(new, 3) is FrameDisposition.ACCEPTED
    assert stand.service.cameras.records.get("gate").frames.received == 1


def test_a_lost_watcher_costs_a_camera_its_lease_and_nothing_more(stand: Stand) -> None:
    """However often that happens, it is not given up, nor put off."""
    add_watched(stand.service)
    for _ in range(15):
        claimed(stand)
        stand.clock.advance(LEASE.total_seconds() + 1)
        assert stand.service.cameras.jobs.take_back_lost() == 1


def test_a_camera_that_is_given_back_is_free_at_once(stand: Stand) -> None:
    """A watcher that stops in order leaves no gap."""
    add_watched(stand.service)
    held = claimed(stand)
    stand.service.cameras.watchers.give_back([held])
    assert claimed(stand, "watcher-2").subject_id == "gate"
