"""When a camera is opened again."""

from __future__ import annotations

from safety_detector.errors import CameraLoginFailed, CameraTimedOut
from safety_detector.watcher.reconnecting import Reconnecting

SILENT = CameraTimedOut("It fell silent.")
LOCKED = CameraLoginFailed("The password is wrong.")


def test_a_camera_that_is_back_is_seen_within_half_a_minute() -> None:
    """However long it was away; the first attempt comes at once, and later ones less often."""
    reconnecting = Reconnecting()
    pauses = [reconnecting.pause_after(SILENT) for _ in range(50)]
    assert pauses[0] <= 1
    assert max(pauses) <= 30
    assert min(pauses[10:]) >= 15


def test_cameras_that_failed_together_do_not_come_back_together() -> None:
    """The pauses of any two differ."""
    assert len({Reconnecting().pause_after(SILENT) for _ in range(100)}) == 100


def test_a_picture_forgets_earlier_failures() -> None:
    """A camera that worked is tried again at once."""
    reconnecting = Reconnecting()
    for _ in range(10):
        reconnecting.pause_after(SILENT)
    reconnecting.connected()
    assert reconnecting.pause_after(SILENT) <= 1


def test_a_wrong_password_locks_nobody_out() -> None:
    """Five attempts within half an hour are what cameras allow at least."""
    reconnecting = Reconnecting()
    pauses = [reconnecting.pause_after(LOCKED) for _ in range(5)]
    assert sum(pauses) > 30 * 60
