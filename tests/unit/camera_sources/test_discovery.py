"""Discovery: ONVIF devices that answer well, badly and with malice."""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from safety_detector.camera_sources.discovery.onvif import (
    DiscoveredCamera,
    OnvifLogin,
    ask_for_streams,
)
from safety_detector.camera_sources.discovery.probing import FoundDevice, probe, read_answer
from safety_detector.errors import (
    CameraLoginFailed,
    CameraStreamBroken,
    CameraTimedOut,
    CameraUnavailable,
    CameraUnreachable,
)
from safety_detector.network.permitted import AllowedNetworks
from tests.onvif_device import OnvifDevice, running

LOGIN = OnvifLogin("viewer", "pa55")
BOMB = b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'


def discovered(device: OnvifDevice, login: OnvifLogin | None = LOGIN) -> DiscoveredCamera:
    """What is found of a device."""
    found = probe(AllowedNetworks(), 2.0, [("127.0.0.1", device.udp_port)])
    (one,) = [
        each for each in found if each.service.endswith(f":{device.port}/onvif/device_service")
    ]
    return ask_for_streams([one], login)[0]


@pytest.mark.parametrize("hours", [0, 5, -20])
def test_device_tells_its_streams(hours: int) -> None:
    """Whatever its clock says; the smaller stream first, without the password that it writes."""
    with running(OnvifDevice(clock=timedelta(hours=hours))) as device:
        found = discovered(device)
    assert found.fault is None
    told = (found.device.name, found.device.hardware, found.device.location)
    assert told == ("Gate 3", "DS-2CD2143", "yard")
    assert [(one.profile, one.codec, one.width) for one in found.streams] == [
        ("sub", "H264", 640),
        ("main", "H265", 2688),
    ]
    first = found.streams[0].url
    assert first == "rtsp://127.0.0.1:554/Streaming/Channels/102?transportmode=unicast"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.64", "169.254.169.254", "evil.example"])
def test_addresses_elsewhere_are_the_devices_own(host: str) -> None:
    """Behind a router, or with malice, a device names another host: its own is asked and told."""
    with running(OnvifDevice(host=host)) as device:
        found = discovered(device)
    assert {one.url.partition("://")[2].partition(":")[0] for one in found.streams} == {"127.0.0.1"}


def test_without_password_the_device_is_found_all_the_same() -> None:
    """It says that it wants one; a wrong one is called wrong, and shown nowhere."""
    with running(OnvifDevice()) as device:
        nobody, wrong = discovered(device, None), discovered(device, OnvifLogin("viewer", "n0pe"))
    assert isinstance(nobody.fault, CameraLoginFailed)
    assert isinstance(wrong.fault, CameraLoginFailed)
    assert nobody.fault.reason.code != wrong.fault.reason.code
    assert "n0pe" not in str(wrong.fault)


@pytest.mark.attack("discovery")
@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"GetProfiles": BOMB}, CameraStreamBroken),
        ({"GetProfiles": b"<a>" * 100_000}, CameraStreamBroken),
        ({"GetProfiles": b"x" * 3_000_000}, CameraStreamBroken),
        ({"GetProfiles": b""}, CameraStreamBroken),
        ({"GetProfiles": b"\xff\xfe<\0"}, CameraStreamBroken),
        ({"GetCapabilities": b"<a/>"}, CameraStreamBroken),
        ({"GetSystemDateAndTime": b"<html>hello"}, CameraStreamBroken),
        ({"GetStreamUri": b"<a><Uri>file:///etc/passwd</Uri></a>"}, type(None)),
        ({"GetStreamUri": b"<a><Uri>rtsp://[::1</Uri></a>"}, type(None)),
        ({"GetStreamUri": b"<a><Uri>rtsp://a:99999999/</Uri></a>"}, type(None)),
    ],
)
def test_hostile_answers_are_bounded(answers: dict[str, bytes], kind: type[object]) -> None:
    """Bombs, floods and senseless addresses give a reason or nothing, and nothing else happens."""
    with running(OnvifDevice(answers=answers)) as device:
        found = discovered(device)
    assert isinstance(found.fault, kind)
    assert found.streams == ()
    if isinstance(found.fault, CameraUnavailable):
        assert found.fault.reason.text("zh") != found.fault.reason.code


@pytest.mark.attack("discovery")
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"127.0.0.1", b"127.0.0.2"),
        lambda text: text.replace(b"http://127", b"ftp://127"),
        lambda text: text[: len(text) // 2],
        lambda _text: BOMB,
        lambda _text: b"",
        lambda _text: b"\0" * 60_000,
        lambda text: text.replace(b"127.0.0.1", b"[::1"),
    ],
)
def test_hostile_answers_to_probes_find_nothing(change: Callable[[bytes], bytes]) -> None:
    """Who answers must not send us to others, nor keep us busy."""
    device = OnvifDevice()
    device.port = 8080
    assert read_answer(device.match(), "127.0.0.1") is not None
    assert read_answer(change(device.match()), "127.0.0.1") is None


def test_answers_from_other_networks_are_not_heeded() -> None:
    """Only where cameras may be they are looked for."""
    elsewhere = AllowedNetworks((ipaddress.ip_network("10.0.0.0/8"),))
    with running(OnvifDevice()) as device:
        assert probe(elsewhere, 1.0, [("127.0.0.1", device.udp_port)]) == ()


def test_device_that_hangs_delays_no_other() -> None:
    """One that never answers is told after its time, beside one that does."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent, running(OnvifDevice()) as device:
        port = silent.getsockname()[1]
        hanging = FoundDevice("127.0.0.1", f"http://127.0.0.1:{port}/onvif")
        good = FoundDevice("127.0.0.1", f"http://127.0.0.1:{device.port}/onvif/device_service")
        first, second = ask_for_streams([hanging, good], LOGIN)
    assert isinstance(first.fault, CameraTimedOut | CameraUnreachable)
    assert len(second.streams) == 2


@pytest.mark.processes
def test_command_lists_what_answers(tmp_path: Path) -> None:
    """``cameras discover`` prints a line of JSON a device, and how to add it; no password."""
    password = tmp_path / "p.txt"
    password.write_text("pa55\n")
    environment = {**os.environ, "SAFETY_DATA_DIR": str(tmp_path)}
    with running(OnvifDevice()) as device:
        command = [sys.executable, "-m", "safety_detector", "cameras", "discover", "--json"]
        asked = ["--address", f"127.0.0.1:{device.udp_port}", "--timeout", "2"]
        login = ["--username", "viewer", "--password-file", str(password)]
        done = subprocess.run(
            [*command, *asked, *login], env=environment, capture_output=True, text=True, check=True
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        (ours,) = [one for one in lines if f":{device.port}/" in one["service"]]
        assert ours["streams"][0]["url"].startswith("rtsp://127.0.0.1:554/")
        assert ours["problem"] is None
        assert "cameras add NAME 'rtsp://" in done.stderr
        assert "pa55" not in done.stdout + done.stderr
        wrong = subprocess.run(
            [*command, "--address", "8.8.8.8"], env=environment, capture_output=True, text=True
        )
    assert wrong.returncode == 2
    assert "SAFETY_CAMERA_NETWORKS" in wrong.stderr
