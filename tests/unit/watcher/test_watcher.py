"""Watchers: who holds which camera, and what becomes of frames and faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from safety_detector.camera_sources.source import CameraSource, parse_source
from safety_detector.database.tables import camera_sightings
from safety_detector.errors import CameraTimedOut
from safety_detector.host.disk_room import DiskRoom, DiskShare, RoomPolicy
from safety_detector.jobs.records import Claim
from safety_detector.service.cameras.watching import LEASE, WatchedCamera
from safety_detector.service.operation.work_counters import WatchCount
from safety_detector.watcher.handing_over import HandOver
from safety_detector.watcher.reporting import Reporter
from safety_detector.watcher.stream import CameraStream
from safety_detector.watcher.watcher import Watcher
from tests.drawn_camera import DrawnCamera, DrawnPuller
from tests.eventually import eventually
from tests.service_stand import Stand
from tests.watched_camera import add_watched, change_camera

GRACE = timedelta(seconds=30)


def at(place: str) -> CameraSource:
    """The source that is a drawn camera."""
    return parse_source(f"rtsp://10.0.0.7/{place}")


def place_of(camera: WatchedCamera) -> str:
    """The name of that camera."""
    return str(camera.source["url"]).rpartition("/")[2]


class Site:
    """Cameras that draw, and watchers that a test starts."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.service = stand.service
        self.cameras: dict[str, DrawnCamera] = {}
        self.watchers: dict[str, Watcher] = {}

    def add(self, number: int) -> None:
        """So many cameras."""
        for one in range(number):
            self.add_camera(f"gate-{one:02}")

    def add_camera(self, camera_id: str) -> DrawnCamera:
        """One camera."""
        self.cameras[camera_id] = DrawnCamera(now=self.stand.clock)
        add_watched(self.service, camera_id, at(camera_id))
        return self.cameras[camera_id]

    def watcher(self, name: str, slots: int = 64) -> Watcher:
        """A watcher, which looks when the test says so."""
        hand_over = HandOver(self.service)

        def open_stream(claim: Claim[WatchedCamera]) -> CameraStream:
            return CameraStream(
                claim,
                lambda camera: DrawnPuller(self.cameras[place_of(camera)]),
                hand_over,
                self.service.cameras.watchers,
                GRACE,
                self.stand.clock,
            )

        self.watchers[name] = Watcher(self.service, name, slots, open_stream)
        return self.watchers[name]

    def received(self, camera_id: str) -> int:
        """Frames that the service took of a camera."""
        return self.service.cameras.records.get(camera_id).frames.received

    def counted(self, what: WatchCount) -> int:
        """What watchers counted so far."""
        self.service.operation.upkeep.report_worker("anybody", "-", 1)
        return self.service.operation.figures.watch_counts()[what]


@pytest.fixture
def site(stand: Stand) -> Iterator[Site]:
    """No cameras yet."""
    made = Site(stand)
    yield made
    for camera in made.cameras.values():
        camera.released.set()
    for watcher in made.watchers.values():
        watcher.close()


def look(*watchers: Watcher, times: int = 1) -> None:
    """Lets watchers look, one after the other."""
    for _ in range(times):
        for watcher in watchers:
            watcher.look()


def held(watcher: Watcher) -> set[str]:
    """Which cameras a watcher holds."""
    return {stream.camera_id for stream in watcher.streams}


def all_ended(site: Site) -> Callable[[], bool]:
    """Whether as many pull as there are held cameras."""
    return lambda: all(camera.pulling <= 1 for camera in site.cameras.values())


def test_watchers_share_the_cameras_evenly(site: Site) -> None:
    """A newcomer gets its half, each camera is held by one of them and pulled by one."""
    site.add(20)
    one = site.watcher("watcher-1")
    look(one, times=2)
    assert len(held(one)) == 20
    other = site.watcher("watcher-2")
    look(other)
    eventually(lambda: (look(one, other), len(held(one)) == len(held(other)) == 10)[1], "ten each")
    assert not held(one) & held(other)
    eventually(all_ended(site), "nobody pulls what another holds")
    assert {camera.most_pulling for camera in site.cameras.values()} == {1}
    before = {camera_id: camera.opened for camera_id, camera in site.cameras.items()}
    look(one, other, times=5)
    after = {camera_id: camera.opened for camera_id, camera in site.cameras.items()}
    assert before == after  # nothing is moved any more


def test_a_small_watcher_holds_what_it_can(site: Site) -> None:
    """And the other one the rest; what is too much for both waits."""
    site.add(12)
    small, large = site.watcher("watcher-1", slots=3), site.watcher("watcher-2", slots=8)
    look(small, large, times=3)
    assert (len(held(small)), len(held(large))) == (3, 8)
    assert site.service.cameras.watchers.standing().waiting == 1


def test_cameras_of_a_dead_watcher_are_taken_over(site: Site) -> None:
    """When its lease has ended, by those who are there, whatever their share was."""
    site.add(6)
    dead, alive = site.watcher("watcher-1"), site.watcher("watcher-2")
    look(dead, alive, times=2)
    look(alive)
    gone = held(dead)
    assert gone
    site.stand.clock.advance(LEASE.total_seconds() - 1)
    alive._next_beat_s = 0
    look(alive)
    site.stand.clock.advance(1.1)
    look(alive, times=2)
    assert held(alive) == site.cameras.keys()


def test_no_frame_of_a_camera_that_was_taken_over_is_accepted(site: Site) -> None:
    """A watcher that was stopped for a while pulls on; its frames are not taken, and it ends."""
    camera = site.add_camera("gate")
    slow, quick = site.watcher("watcher-1"), site.watcher("watcher-2")
    look(slow)
    eventually(lambda: site.received("gate") >= 3, "frames come")
    site.stand.clock.advance(LEASE.total_seconds() + 1)
    look(quick)
    assert held(quick) == {"gate"}
    eventually(lambda: camera.pulling == 1, "the first one has noticed by its frames")
    assert site.counted(WatchCount.DROPPED) == 0


def test_a_stop_frees_cameras_at_once(site: Site) -> None:
    """The next watcher does not wait for leases to end."""
    site.add(5)
    one, other = site.watcher("watcher-1"), site.watcher("watcher-2")
    look(one)
    one.close()
    assert all(camera.pulling == 0 for camera in site.cameras.values())
    look(other)
    assert held(other) == site.cameras.keys()
    assert [seen.id for seen in site.service.cameras.watchers.standing().watchers] == ["watcher-2"]


def test_a_changed_source_is_opened_anew(site: Site) -> None:
    """And a camera that is switched off is let go, while others go on."""
    site.add(2)
    old, new = site.cameras["gate-00"], DrawnCamera(now=site.stand.clock)
    site.cameras["elsewhere"] = new
    watcher = site.watcher("watcher-1")
    look(watcher)
    eventually(lambda: old.drawn > 0, "pictures of the old place")
    change_camera(site.service, "gate-00", source=at("elsewhere"))
    eventually(lambda: (look(watcher), new.drawn > 0)[1], "pictures of the new place")
    assert old.pulling == 0
    change_camera(site.service, "gate-00", enabled=False)
    look(watcher)
    eventually(lambda: new.pulling == 0, "nothing is pulled of it")
    assert site.cameras["gate-01"].opened == 1


@pytest.mark.parametrize("hanging", [1, 20])
def test_cameras_that_hang_delay_no_other(site: Site, hanging: int) -> None:
    """Not their frames, not their leases, not the end of the process."""
    for number in range(hanging):
        site.add_camera(f"hangs-{number}").hangs = True
    site.add(3)
    watcher = site.watcher("watcher-1")
    look(watcher, times=2)
    for camera_id in ("gate-00", "gate-01", "gate-02"):
        eventually(lambda one=camera_id: site.received(one) >= 3, f"frames of {camera_id}")
    watcher.close()
    assert site.service.cameras.watchers.standing().waiting == hanging + 3


def test_a_camera_that_fails_is_opened_again_and_again(site: Site) -> None:
    """Its frames come as soon as it is back; others were never disturbed."""
    site.add(2)
    broken, sound = site.cameras["gate-00"], site.cameras["gate-01"]
    broken.error = lambda: CameraTimedOut("It fell silent.")
    look(site.watcher("watcher-1"))
    eventually(lambda: broken.opened >= 2, "a second attempt")
    broken.error = None
    eventually(lambda: site.received("gate-00") > 0, "frames")
    assert sound.opened == 1
    assert site.counted(WatchCount.FAILED) >= 1


def test_on_a_full_disk_frames_are_dropped_and_counted(site: Site) -> None:
    """Nothing waits for room, nothing ends, and frames are taken when there is some again."""
    camera = site.add_camera("gate")
    storage, enough = site.service.storage, site.service.storage.room
    storage.room = DiskRoom(site.stand.folder, RoomPolicy(DiskShare(2**60), DiskShare()))
    look(site.watcher("watcher-1"))
    eventually(lambda: site.counted(WatchCount.DROPPED) >= 3, "frames are dropped")
    assert site.received("gate") == 0
    storage.room = enough
    eventually(lambda: site.received("gate") >= 3, "frames are taken")
    assert camera.opened == 1
    assert site.counted(WatchCount.TAKEN) >= 3


def test_files_of_a_drop_folder_stay_until_they_are_taken(site: Site) -> None:
    """None is dropped while there is no room, and they are taken in order."""
    camera = DrawnCamera(now=site.stand.clock)
    site.cameras["folder"] = camera
    folder = site.stand.folder.parent / "drop" / "folder"
    folder.mkdir(parents=True)
    add_watched(site.service, "gate", parse_source(str(folder)))
    storage, enough = site.service.storage, site.service.storage.room
    storage.room = DiskRoom(site.stand.folder, RoomPolicy(DiskShare(2**60), DiskShare()))
    look(site.watcher("watcher-1"))
    eventually(lambda: site.counted(WatchCount.DROPPED) >= 2, "it is offered again")
    assert (camera.drawn, camera.accepted) == (1, [])
    storage.room = enough
    eventually(lambda: len(camera.accepted) >= 3, "files are taken")
    assert camera.accepted[:3] == ["1.jpg", "2.jpg", "3.jpg"]


def seen(site: Site) -> tuple[bool, str | None] | None:
    """Whether the camera at the gate is connected as the service knows it, and why not."""
    with site.service.database.read() as connection:
        row = connection.execute(select(camera_sightings)).one_or_none()
    return row and (row.connected, row.last_error and row.last_error.text("en"))


def test_a_blip_is_no_event_and_an_outage_is(site: Site) -> None:
    """A camera that was connected counts as such for as long as the grace says, and no longer."""
    camera = site.add_camera("gate")
    watcher = site.watcher("watcher-1")
    reporter = Reporter(site.service.cameras.sightings)
    look(watcher)
    eventually(lambda: site.received("gate") > 0, "a frame")
    reporter.report(watcher.streams)
    assert seen(site) == (True, None)
    camera.error = lambda: CameraTimedOut("It fell silent.")
    eventually(lambda: not watcher.streams[0].is_connected, "it failed")
    reporter.report(watcher.streams)
    assert seen(site) == (True, None)
    site.stand.clock.advance(GRACE.total_seconds())
    reporter.report(watcher.streams)
    assert seen(site) == (False, "It fell silent.")


def test_what_is_wrong_with_a_new_camera_is_told_at_once(site: Site) -> None:
    """Who has just typed an address waits for no grace."""
    site.add_camera("gate").error = lambda: CameraTimedOut("It fell silent.")
    watcher = site.watcher("watcher-1")
    look(watcher)
    eventually(lambda: site.counted(WatchCount.FAILED) > 0, "it failed")
    Reporter(site.service.cameras.sightings).report(watcher.streams)
    assert seen(site) == (False, "It fell silent.")


def test_a_lost_camera_is_described_by_its_new_watcher_alone(site: Site) -> None:
    """What an earlier one saw is not written over what is seen now."""
    site.add_camera("gate")
    slow, quick = site.watcher("watcher-1"), site.watcher("watcher-2")
    look(slow)
    eventually(lambda: site.received("gate") > 0, "a frame")
    streams = slow.streams
    site.stand.clock.advance(LEASE.total_seconds() + 1)
    look(quick)
    Reporter(site.service.cameras.sightings).report(streams)
    assert seen(site) is None


def test_watchers_that_start_together_give_little_back(site: Site) -> None:
    """Whoever comes first does not take everything before the others look."""
    site.add(40)
    three = [site.watcher(f"watcher-{number}") for number in range(3)]
    look(*three, times=2)
    eventually(
        lambda: (
            (look(*three), sorted(len(held(one)) for one in three) == [12, 14, 14])[1]
            or sum(len(held(one)) for one in three) == 40
        ),
        "all are held",
    )
    assert sum(camera.opened for camera in site.cameras.values()) <= 45
