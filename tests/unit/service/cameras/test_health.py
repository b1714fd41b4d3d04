"""The health of cameras, from what comes in and from what does not."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import pytest

from safety_detector.domain.camera_health import Fault
from safety_detector.errors import NotAPicture, UnknownCamera
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import CameraStatus, Submission
from tests.pictures import scene
from tests.service_stand import Stand

WIDTH, HEIGHT = 640, 360


@pytest.fixture(autouse=True)
def _camera(stand: Stand) -> None:
    stand.service.cameras.records.create(CameraSettings("Gate 3", every_s=2), "gate")


def frame(number: int, seed: int = 1, shift: int = 0, light: float = 1.0) -> bytes:
    """One frame of a scene, moved to the side, in more or less light, with a sensor's noise."""
    picture = np.roll(scene(WIDTH, HEIGHT, seed), shift, axis=1).astype(np.float32) * light
    noise = np.random.default_rng(number).standard_normal((HEIGHT, WIDTH, 1))
    noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", noisy)[1].tobytes()


def send(stand: Stand, seconds: int, **how: float) -> None:
    """A frame every two seconds, while the sweeper goes its rounds."""
    for number in range(0, seconds, 2):
        stand.clock.advance(2)
        data = frame(number, **how)  # type: ignore[arg-type] # keywords of the test
        stand.service.cameras.frames.push("gate", data, Submission("frame.jpg"))
        stand.service.cameras.health.sweep()


def wait(stand: Stand, seconds: int) -> None:
    """Nothing comes, while the sweeper goes its rounds."""
    for _ in range(0, seconds, 2):
        stand.clock.advance(2)
        stand.service.cameras.health.sweep()


def faults(stand: Stand) -> set[Fault]:
    """What is wrong with the camera."""
    return {one.fault for one in stand.service.cameras.records.get("gate").faults}


def test_a_sound_camera_has_no_fault(stand: Stand) -> None:
    """First nothing is known of it; then it is ok."""
    health = stand.service.cameras.records.get("gate").health
    assert health.status is CameraStatus.UNKNOWN
    send(stand, 60)
    health = stand.service.cameras.records.get("gate").health
    assert (health.status, health.faults) == (CameraStatus.OK, ())


def test_a_camera_that_falls_silent_is_found_and_comes_back(stand: Stand) -> None:
    """Within a minute, as old as its last frame; twenty seconds are nothing."""
    send(stand, 20)
    wait(stand, 20)
    assert faults(stand) == set()
    send(stand, 20)
    last = stand.clock.now
    wait(stand, 40)
    (fault,) = stand.service.cameras.records.get("gate").faults
    assert fault.fault is Fault.SILENT
    assert abs((fault.since - last).total_seconds()) <= 6
    send(stand, 30)
    assert faults(stand) == set()
    (past,) = stand.service.cameras.health.faults_between(None, None)
    assert past.since == fault.since
    assert past.ended_at is not None


def test_a_turned_camera_is_found_until_its_reference_is_set_anew(stand: Stand) -> None:
    """Less light is no move."""
    send(stand, 20)
    send(stand, 60, light=0.5)
    assert faults(stand) == set()
    send(stand, 60, shift=100)
    assert faults(stand) == {Fault.MOVED}
    stand.service.cameras.health.set_reference("gate")
    assert faults(stand) == set()
    send(stand, 60, shift=100)
    assert faults(stand) == set()
    with pytest.raises(UnknownCamera):
        stand.service.cameras.health.set_reference("another")


def test_a_dark_camera_and_one_that_sends_nonsense_are_found(stand: Stand) -> None:
    """Each by what it sends; both are told with the reason."""
    send(stand, 20)
    send(stand, 60, light=0.01)
    for _ in range(30):
        stand.clock.advance(2)
        with pytest.raises(NotAPicture):
            stand.service.cameras.frames.push("gate", b"nonsense", Submission("frame.jpg"))
    found = {one.fault: one for one in stand.service.cameras.records.get("gate").faults}
    assert found.keys() == {Fault.DARK, Fault.REFUSED}
    assert "too dark" in found[Fault.DARK].reason.text("en")
    assert found[Fault.REFUSED].reason.text("zh").startswith("摄像头传来的内容被拒收：")


def test_a_camera_that_is_switched_off_or_removed_has_no_faults(stand: Stand) -> None:
    """Nothing is wanted of it."""
    send(stand, 20)
    wait(stand, 60)
    assert faults(stand) == {Fault.SILENT}
    cameras = stand.service.cameras.records
    cameras.change("gate", partial(replace, enabled=False))
    wait(stand, 2)
    assert cameras.get("gate").health.status is CameraStatus.OFF
    assert faults(stand) == set()
    wait(stand, 600)
    cameras.change("gate", partial(replace, enabled=True))
    wait(stand, 20)
    assert faults(stand) == set()
    wait(stand, 40)
    assert faults(stand) == {Fault.SILENT}
    cameras.remove("gate")
    assert stand.service.cameras.health.open_faults() == ()
