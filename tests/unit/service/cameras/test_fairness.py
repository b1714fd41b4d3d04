"""Cameras that send more than can be inspected."""

from __future__ import annotations

from collections import defaultdict

from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import Submission
from tests.pictures import jpeg
from tests.service_stand import Stand

CAMERAS = 12
SECONDS = 48
LOOKS_A_SECOND = 2


def test_the_camera_whose_last_look_is_oldest_goes_first(stand: Stand) -> None:
    """However fast some send, the largest gap between two looks is at most twice the mean."""
    frames, looks = [jpeg(seed) for seed in range(4)], defaultdict(list)
    for number in range(CAMERAS):
        stand.service.cameras.records.create(CameraSettings("Yard"), f"c{number}")
    for second in range(SECONDS):
        for number in range(CAMERAS):
            # Every fourth sends three frames a second, the others one.
            for one in range(3 if number % 4 == 0 else 1):
                data = frames[(second + one) % len(frames)]
                stand.service.cameras.frames.push(f"c{number}", data, Submission("frame.jpg"))
        for _ in range(LOOKS_A_SECOND):
            claim = stand.claim()
            assert claim.subject.camera_id is not None
            looks[claim.subject.camera_id].append(second)
            assert stand.complete(claim)
        stand.clock.advance(1)
    gaps = [
        after - before
        for at in looks.values()
        for before, after in zip([0, *at], [*at, SECONDS], strict=True)
    ]
    assert len(looks) == CAMERAS
    assert max(gaps) <= 2 * CAMERAS / LOOKS_A_SECOND
    for camera in stand.service.cameras.records.list():
        counts = camera.frames
        ended = counts.inspected + counts.replaced + counts.refused + counts.unchanged
        assert counts.received == ended + counts.skipped + counts.in_flight
