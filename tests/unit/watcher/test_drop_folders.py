"""Drop folders that are watched: nothing is lost by a crash, and nothing taken twice."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from safety_detector.camera_sources.drop_folder import DropFolder
from safety_detector.camera_sources.opening import PullOptions, open_puller
from safety_detector.camera_sources.puller import Puller
from safety_detector.camera_sources.source import parse_source
from safety_detector.watcher.handing_over import HandOver
from tests.api_server import make_jpeg
from tests.service_stand import Stand
from tests.watched_camera import add_watched, claim_camera


@pytest.fixture
def folder(quick_path: Path) -> Path:
    """A drop folder that the operator allows."""
    place = quick_path / "drop" / "gate"
    place.mkdir(parents=True)
    return place


def put(stand: Stand, path: Path, seed: int, minutes_ago: float) -> None:
    """A picture that was written so long ago, by the service's clock."""
    path.write_bytes(make_jpeg(seed))
    moment = (stand.clock() - timedelta(minutes=minutes_ago)).timestamp()
    os.utime(path, (moment, moment))


def opened(folder: Path) -> DropFolder:
    """What a watcher opens anew after a crash."""
    puller = open_puller(parse_source(f"{folder}/"), 1.0, PullOptions())
    assert isinstance(puller, DropFolder)
    puller.start()
    return puller


def received(stand: Stand) -> int:
    """How many frames the camera has had."""
    return stand.service.cameras.records.get("gate").frames.received


def test_file_is_not_taken_twice_after_a_crash(stand: Stand, folder: Path) -> None:
    """A watcher that is killed before a stored picture is put away takes it once."""
    add_watched(stand.service, "gate", parse_source(f"{folder}/"))
    claim = claim_camera(stand.service)
    assert claim is not None
    hand_over = HandOver(stand.service)
    put(stand, folder / "1.jpg", seed=1, minutes_ago=9)
    put(stand, folder / "2.jpg", seed=2, minutes_ago=8)

    def take(puller: Puller, *, is_killed: bool = False) -> str:
        frame = puller.read(10)
        assert frame is not None
        assert hand_over.take(claim, frame, lambda: None) is frame
        if not is_killed:
            puller.accepted(frame)
        return frame.name

    assert take(opened(folder), is_killed=True) == "1.jpg"
    assert received(stand) == 1
    again = opened(folder)
    assert [take(again), take(again)] == ["1.jpg", "2.jpg"]
    assert received(stand) == 2
    assert sorted(one.name for one in (folder / "accepted").iterdir()) == ["1.jpg", "2.jpg"]


def test_same_bytes_written_later_are_another_picture(stand: Stand, folder: Path) -> None:
    """A camera that writes the same file again has a new look at the same scene."""
    add_watched(stand.service, "gate", parse_source(f"{folder}/"))
    claim = claim_camera(stand.service)
    assert claim is not None
    puller, hand_over = opened(folder), HandOver(stand.service)
    for _ in range(2):
        put(stand, folder / "now.jpg", seed=1, minutes_ago=1)
        frame = puller.read(10)
        assert frame is not None
        assert hand_over.take(claim, frame, lambda: None) is frame
        puller.accepted(frame)
        stand.clock.advance(600)
    assert received(stand) == 2
