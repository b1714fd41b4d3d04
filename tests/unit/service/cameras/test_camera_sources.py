"""Sources of cameras: where they may be, and what becomes of their passwords."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from safety_detector.camera_sources.source import CameraSource, parse_source
from safety_detector.database.tables import cameras, jobs
from safety_detector.domain.camera_rules import (
    CameraRules,
    Day,
    Hours,
    Mask,
    Polygon,
    WatchedHazard,
    Zone,
    ZoneSeverity,
)
from safety_detector.errors import CameraAddressRefused, SecretsLost, SubmissionRefused
from safety_detector.network.addresses import network
from safety_detector.network.permitted import AllowedNetworks
from safety_detector.service.access.audit import AuditFilter
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.cameras.sources import PUSHED, AllowedPlaces
from safety_detector.service.records import Camera, Login
from tests.service_stand import Stand

PASSWORD = "pässword-7fK"  # noqa: S105 (of a test)
URL = "rtsp://10.0.0.7/Streaming/Channels/102"
TRIANGLE = Polygon(((0.1, 0.2), (0.6, 0.2), (0.6, 0.9)))


def source(
    url: str = URL, username: str | None = None, password: str | None = None
) -> CameraSource:
    """A source as the interfaces make it."""
    return parse_source(url, username=username, password=password)


@pytest.fixture
def gate(stand: Stand) -> Callable[..., Camera]:
    """Changes a camera that has a user and a password."""
    settings = CameraSettings("Gate", source=source(username="viewer", password=PASSWORD))
    stand.service.cameras.records.create(settings, "gate")

    def change(keeps_login: bool = True, **changes: object) -> Camera:
        return stand.service.cameras.records.change(
            "gate", lambda was: replace(was, keeps_login=keeps_login, **changes)
        )

    return change


def login(stand: Stand) -> tuple[str | None, str | None]:
    """What the camera would be asked with."""
    opened = stand.service.cameras.records.open_source("gate")
    return opened.username, opened.password


def sealed(stand: Stand) -> bytes | None:
    """What stands in the database of it."""
    with stand.service.database.read() as connection:
        return connection.scalar(select(cameras.c.sealed).where(cameras.c.id == "gate"))


def test_everything_that_is_said_of_a_camera_comes_back(stand: Stand) -> None:
    """On both databases: place, source, interval, zones, masks and hours."""
    rules = CameraRules(
        zones=(
            Zone("tanks", "罐区", TRIANGLE, (WatchedHazard.FIRE,), ZoneSeverity.SEVERE),
            Zone("yard", "Yard", TRIANGLE),
        ),
        masks=(Mask(TRIANGLE, "flare stack", (WatchedHazard.SMOKE,)),),
        schedule=(Hours((Day.MON, Day.SUN), 1320, 360, (WatchedHazard.NO_HELMET,)),),
    )
    settings = CameraSettings(
        "Gate", location="Plant 2", timezone="Asia/Shanghai", source=source(), every_s=0.5,
        expected=False, rules=rules,
    )  # fmt: skip
    made = stand.service.cameras.records.create(settings, "gate")
    (listed,) = stand.service.cameras.records.list()
    assert made == listed == stand.service.cameras.records.get("gate")
    assert (made.location, made.timezone, made.every_s, made.expected) == (
        *("Plant 2", "Asia/Shanghai"),
        *(0.5, False),
    )
    assert (made.source.url, made.rules, made.login) == (URL, rules, Login.NONE)


def test_a_camera_whose_pictures_are_fetched_has_an_interval_and_is_watched(stand: Stand) -> None:
    """One that pushes has neither; and what was removed is watched no longer."""

    def watched() -> list[str]:
        with stand.service.database.read() as connection:
            query = select(jobs.c.subject_id).where(jobs.c.kind == "watch")
            return sorted(connection.scalars(query))

    records = stand.service.cameras.records
    assert records.create(CameraSettings("A", source=source()), "a").every_s == 2
    assert records.create(CameraSettings("B"), "b").every_s is None
    long_id = "x" * 64
    records.create(CameraSettings("C", source=source()), long_id)
    assert watched() == ["a", long_id]
    records.change("a", lambda was: replace(was, source=PUSHED))
    records.change("b", lambda was: replace(was, source=source()))
    records.remove(long_id)
    assert watched() == ["b"]


def test_a_password_stays_until_another_is_given(stand: Stand, gate: Callable[..., Camera]) -> None:
    """It is kept with the server that it was given for, and part by part."""
    first = sealed(stand)
    assert first is not None
    assert PASSWORD.encode() not in first
    assert gate(name="Gate 3").login is Login.KEPT
    assert gate(source=source("rtsp://10.0.0.7/Streaming/Channels/101")).source.username == "viewer"
    assert gate(source=source("rtsp://10.0.0.7:554/1")).login is Login.KEPT
    # The same bytes: whoever watches it is not disturbed.
    assert sealed(stand) == first
    gate(source=source(username="admin"))
    assert login(stand) == ("admin", PASSWORD)
    gate(source=source(password="other"))  # noqa: S106 (of a test)
    assert login(stand) == ("admin", "other")
    assert gate(keeps_login=False, source=source()).login is Login.NONE
    assert sealed(stand) is None


def test_a_name_without_a_password_is_not_shown(stand: Stand) -> None:
    """Some servers take a key in its place."""
    camera = stand.service.cameras.records.create(
        CameraSettings("x", source=source("rtsp://k3y-of-it:@10.0.0.7/1")), "gate"
    )
    assert (camera.source.username, camera.login) == (None, Login.KEPT)
    assert login(stand) == ("k3y-of-it", "")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "rtsp://10.0.0.8/Streaming/Channels/102",
        "rtsp://10.0.0.7:8554/Streaming/Channels/102",
        "rtsps://10.0.0.7/Streaming/Channels/102",
        "http://10.0.0.7/Streaming/Channels/102",
        "http://camera.example/picture.jpg",
    ],
)
def test_a_password_is_never_shown_to_another_server(
    stand: Stand, gate: Callable[..., Camera], elsewhere: str
) -> None:
    """Whoever may change a camera could else have it sent to himself."""
    with pytest.raises(SubmissionRefused, match="another server"):
        gate(source=source(elsewhere))
    with pytest.raises(SubmissionRefused, match="another server"):
        gate(source=source(elsewhere, username="viewer"))
    assert login(stand) == ("viewer", PASSWORD)
    gate(source=source(elsewhere, "viewer", "new"))
    assert login(stand) == ("viewer", "new")
    # Nor by way of a source without any server.
    gate(source=PUSHED)
    assert gate(source=source()).login is Login.NONE


def test_a_lost_key_is_told_and_everything_else_goes_on(
    stand: Stand, gate: Callable[..., Camera]
) -> None:
    """The camera can be read, changed, given its password again, and removed."""
    records = stand.service.cameras.records
    (stand.folder / "keys" / "seal.key").unlink()
    assert records.get("gate").login is Login.LOST
    assert [one.login for one in records.list()] == [Login.LOST]
    with pytest.raises(SecretsLost, match="give the passwords again"):
        login(stand)
    assert gate(name="Gate 3").login is Login.LOST
    with pytest.raises(SecretsLost):
        gate(source=source(username="admin"))
    assert gate(source=source(username="viewer", password=PASSWORD)).login is Login.KEPT
    assert login(stand) == ("viewer", PASSWORD)


def test_no_password_stands_in_the_audit_log(stand: Stand, gate: Callable[..., Camera]) -> None:
    """It says where the pictures come from, and that there is one."""
    gate(source=source(f"rtsp://10.0.0.7/live?user=viewer&password={PASSWORD}&channel=1"))
    entries = stand.service.access.audit.entries(AuditFilter(), 10)
    assert PASSWORD not in str(entries)
    assert entries[0].details["has_password"] is True
    assert "10.0.0.7/live" in entries[0].details["source"]["url"]


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://8.8.8.8/1",
        "rtsp://169.254.169.254/latest",
        "http://169.254.10.1/picture.jpg",
        "http://[fe80::1]/picture.jpg",
        "http://[fd00:ec2::254]/picture.jpg",
        "http://[::ffff:169.254.169.254]/picture.jpg",
        "http://[64:ff9b::a9fe:a9fe]/picture.jpg",
        "http://0.0.0.0/picture.jpg",
        "http://[::]/picture.jpg",
        "http://134744072/picture.jpg",  # 8.8.8.8
        "http://0x08.8.2056/picture.jpg",
        "http://224.0.0.1/picture.jpg",
        "http://255.255.255.255/picture.jpg",
    ],
)
def test_a_source_outside_of_the_cameras_networks_is_refused_where_it_is_saved(
    stand: Stand, url: str
) -> None:
    """However the address is written; and a camera that is there stays as it is."""
    records = stand.service.cameras.records
    with pytest.raises(CameraAddressRefused, match="SAFETY_CAMERA_NETWORKS"):
        records.create(CameraSettings("x", source=source(url)), "x")
    records.create(CameraSettings("x", source=source()), "x")
    with pytest.raises(CameraAddressRefused):
        records.change("x", lambda was: replace(was, source=source(url)))
    assert records.get("x").source.url == URL


@pytest.mark.parametrize(
    "url",
    ["rtsp://172.16.3.4/1", "rtsp://192.168.1.64:8554/1", "http://127.1/x.jpg", "http://[::1]/x.jpg",
     "http://[fd12::1]/x.jpg", "rtsp://camera-7.plant.example/1"],
)  # fmt: skip
def test_private_networks_this_machine_and_names_are_taken(stand: Stand, url: str) -> None:
    """Where a name leads is checked when it is connected to."""
    records = stand.service.cameras.records
    assert records.create(CameraSettings("x", source=source(url)), "x").source.url == url


def test_files_and_folders_lie_where_the_operator_allows_it(tmp_path: Path) -> None:
    """Not beside it, not by way of links or dots, and never in the data folder."""
    drop, data = tmp_path / "drop", tmp_path / "drop" / "data"
    data.mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (drop / "link").symlink_to(tmp_path / "secret")
    places = AllowedPlaces(AllowedNetworks((network("10.0.0.0/8"),)), (drop,), data)
    for allowed in (drop, drop / "clip.mp4", drop / "not" / "there"):
        places.check(source(f"{allowed}/"))
    for refused in (
        tmp_path / "secret",
        tmp_path / "drop-2" / "clip.mp4",
        drop / "link" / "clip.mp4",
        drop / ".." / "secret",
        data / "images",
        Path("drop/clip.mp4"),
        Path("/"),
    ):
        with pytest.raises(CameraAddressRefused):
            places.check(source(f"{refused}/"))
    with pytest.raises(CameraAddressRefused, match="SAFETY_CAMERA_FOLDERS"):
        AllowedPlaces().check(source(f"{drop}/clip.mp4"))
