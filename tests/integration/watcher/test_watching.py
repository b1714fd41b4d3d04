"""Watchers that are killed, stopped and joined by others; cameras that come, change and die."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from PIL import Image
from sqlalchemy import select

from safety_detector.camera_sources.source import parse_source
from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.database.tables import cameras
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.operation.work_counters import WatchCount
from tests.eventually import eventually
from tests.ports import free_port
from tests.postgresql_server import PostgresqlMissing, running_postgresql
from tests.rtsp_server import rtsp_server
from tests.watch_stand import WatchStand, watched_twice

from .conftest import Site


def streams_of(watcher: int) -> list[psutil.Process]:
    """The processes of a watcher's streams, without the one that forks them."""
    found = []
    for one in psutil.Process(watcher).children(recursive=True):
        with suppress(psutil.Error):  # it ends at this moment
            if one.ppid() != watcher and "stream_host" in " ".join(one.cmdline()):
                found.append(one)
    return found


def has_frames(site: Site, ids: list[str], *watchers: str) -> Callable[[], bool]:
    """Whether those watchers, or anybody, handed over a frame of each of the cameras."""
    return lambda: site.frames_of(*watchers) >= set(ids)


@pytest.mark.parametrize("with_children", [True, False], ids=["machine", "process"])
def test_cameras_of_a_killed_watcher_go_on_with_another(site: Site, with_children: bool) -> None:
    """Each of them, with nothing left of the dead one, and none taken twice."""
    ids = site.stand.add_cameras(site.service, 4)
    first, second = site.stand.start("first"), site.stand.start("second")
    eventually(has_frames(site, ids), "frames of all")
    eventually(lambda: site.frames_of("first") and site.frames_of("second"), "both have some")
    below = psutil.Process(first.pid).children(recursive=True)
    site.stand.kill("first", with_children=with_children)
    eventually(has_frames(site, ids, "second"), "the second one watches all")
    eventually(lambda: not any(map(is_alive, below)), "no stream outlives its watcher")
    assert watched_twice(site.stand.noted()) == []
    assert site.reconciles()
    assert second.poll() is None


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_watcher_that_stood_still_is_not_listened_to(site: Site) -> None:
    """It goes on in the belief that it has its cameras; the others took them meanwhile."""
    ids = site.stand.add_cameras(site.service, 2)
    first = site.stand.start("first")
    eventually(has_frames(site, ids, "first"), "frames of all")
    # Not while it holds a lock of the database, which nobody else would get then.
    with site.service.database.write() as connection:
        connection.execute(select(cameras.c.id).with_for_update())
        os.killpg(first.pid, signal.SIGSTOP)
    site.stand.start("second")
    eventually(has_frames(site, ids, "second"), "the second one took them over")
    os.killpg(first.pid, signal.SIGCONT)
    before = len(site.stand.noted())
    eventually(lambda: len(site.stand.noted()) > before + 10, "it goes on")
    assert watched_twice(site.stand.noted()) == []
    assert site.reconciles()


def test_a_killed_stream_is_opened_anew(site: Site) -> None:
    """The process of one camera dies: its frames come again, and others never stopped."""
    ids = site.stand.add_cameras(site.service, 2)
    watcher = site.stand.start("first")
    eventually(has_frames(site, ids), "frames of all")
    for _ in range(3):
        before = len(site.stand.noted())
        for stream in streams_of(watcher.pid)[:1]:
            with suppress(psutil.NoSuchProcess):
                stream.kill()
        eventually(
            lambda one=before: {n.camera_id for n in site.stand.noted()[one:]} == set(ids),
            "frames of both again",
        )
    assert watcher.poll() is None
    assert watched_twice(site.stand.noted()) == []


def test_a_stop_leaves_nothing_behind(site: Site) -> None:
    """Within seconds, with no stream left, and the cameras are free for others at once."""
    ids = site.stand.add_cameras(site.service, 3)
    watcher = site.stand.start("first")
    eventually(has_frames(site, ids), "frames of all")
    below = psutil.Process(watcher.pid).children(recursive=True)
    assert site.stand.stop("first") == 0, site.stand.log("first")
    assert site.service.cameras.watchers.standing().waiting == 3
    eventually(lambda: not any(map(is_alive, below)), "no stream is left")


def test_cameras_come_and_go_while_it_watches(site: Site) -> None:
    """One that is added is watched, one that is switched off or removed is not."""
    site.stand.start("first")
    eventually(lambda: site.service.cameras.watchers.standing().watchers, "a watcher")
    one, other = site.stand.add_cameras(site.service, 2)
    eventually(has_frames(site, [one, other]), "frames of both")
    records = site.service.cameras.records
    records.change(one, lambda settings: replace(settings, enabled=False))
    records.remove(other)
    watcher = site.stand.watchers["first"].pid
    eventually(lambda: streams_of(watcher) == [], "both streams have ended")
    records.change(one, lambda settings: replace(settings, enabled=True))
    before = len(site.stand.noted())
    eventually(lambda: len(site.stand.noted()) > before, "the first one is watched again")
    eventually(lambda: records.get(one).sighting is not None, "what it looks like is known")
    records.change(one, lambda settings: replace(settings, enabled=False))
    assert records.get(one).sighting is None  # nobody looks


def test_a_camera_that_dies_and_comes_back(site: Site) -> None:
    """Its frames come again by themselves, and what is known of it says how it is."""
    site.stand.more = {"SAFETY_CAMERA_GRACE": "1"}
    records = site.service.cameras.records
    with rtsp_server() as server:
        settings = CameraSettings("Gate", source=parse_source(server.url()), every_s=1.0)
        records.create(settings, "gate")
        site.stand.start("first")
        eventually(has_frames(site, ["gate"]), "frames")
        eventually(lambda: is_connected(site) is True, "it is connected")
        server.freeze()
        eventually(lambda: is_connected(site) is False, "a camera that froze is not")
        sighting = records.get("gate").sighting
        assert sighting is not None
        assert sighting.last_error is not None
        before = len(site.stand.noted())
        server.thaw()
        eventually(lambda: len(site.stand.noted()) > before, "frames again")
        eventually(lambda: is_connected(site) is True, "it is connected again")


def is_connected(site: Site) -> bool | None:
    """What is known of the camera at the gate."""
    sighting = site.service.cameras.records.get("gate").sighting
    return sighting and sighting.connected


def test_one_that_answers_nobody_delays_no_other(site: Site, tmp_path: Path) -> None:
    """A file that ends at once, one that is no video, and ten that are not there."""
    broken = tmp_path / "clips" / "broken.avi"
    Image.new("RGB", (8, 8)).save(broken, "PNG")
    for number, name in enumerate(["broken.avi", *(f"missing-{one}.avi" for one in range(10))]):
        source = parse_source(str(tmp_path / "clips" / name))
        site.service.cameras.records.create(CameraSettings(name, source=source), f"bad-{number}")
    ids = site.stand.add_cameras(site.service, 3)
    site.stand.start("first")
    eventually(has_frames(site, ids), "frames of the sound ones")

    def all_told() -> bool:
        sightings = [one.sighting for one in site.service.cameras.records.list()]
        return all(one is not None and (one.connected or one.last_error) for one in sightings)

    eventually(all_told, "what is wrong with each is known")


def test_while_the_database_is_away_frames_are_dropped(tmp_path: Path) -> None:
    """Streams stay open, and go on by themselves when it is back."""
    try:
        with running_postgresql() as server:
            opened = Database(server.url)
            migrate(opened)
            opened.close()
            stand = WatchStand(tmp_path, server.url, f"redis://127.0.0.1:{free_port()}")
            service = stand.open_service()
            try:
                ids = stand.add_cameras(service, 2)
                watcher = stand.start("first")
                site = Site(stand, service)
                eventually(has_frames(site, ids), "frames of all")
                streams = streams_of(watcher.pid)
                server.stop()
                eventually(lambda: "frames of cameras are dropped" in stand.log("first"), "said")
                server.start()
                before = len(stand.noted())
                eventually(
                    lambda: {one.camera_id for one in stand.noted()[before:]} == set(ids),
                    "frames of all again",
                )
                assert streams_of(watcher.pid) == streams
                eventually(
                    lambda: service.operation.figures.watch_counts()[WatchCount.DROPPED] > 0,
                    "what was dropped is counted",
                )
                assert watched_twice(stand.noted()) == []
                assert stand.stop("first") == 0
                assert site.reconciles()
            finally:
                stand.close()
                service.close()
    except PostgresqlMissing as exc:
        pytest.skip(str(exc))
