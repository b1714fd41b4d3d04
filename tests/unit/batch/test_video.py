"""A video as a source."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from safety_detector.errors import ConfigurationInvalid
from tests import batch_stand


def make_video(path: Path, frames: int, rate: float = 10.0) -> Path:
    """A video whose frames become brighter and brighter."""
    codec = "MJPG" if path.suffix == ".avi" else "mp4v"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), rate, (64, 48))
    for number in range(frames):
        writer.write(np.full((48, 64, 3), 5 + number * 240 // frames, np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize("name", ["site.mp4", "site.avi"])
def test_frames_are_taken_at_the_wanted_rate_and_named_by_their_time(
    tmp_path: Path, name: str
) -> None:
    """Two a second of 3.5 seconds; each is kept, as it is a file nowhere else."""
    video = make_video(tmp_path / name, 35)
    batch_stand.run(video, tmp_path / "out", frames_per_second=2, workers=1)
    names = [f"00-00-0{seconds}.{part}00.jpg" for seconds in range(4) for part in (0, 5)][:7]
    assert list(batch_stand.results(tmp_path / "out")) == names
    assert batch_stand.files(tmp_path / "out" / "originals") == set(names)
    means = [cv2.imread(str(tmp_path / "out" / "originals" / one)).mean() for one in names]
    assert means == sorted(means)
    assert means[1] == pytest.approx(5 + 5 * 240 // 35, abs=4)


def test_a_stopped_video_goes_on_with_the_same_frames(tmp_path: Path) -> None:
    """Beginning in the middle, beyond where jumping pays, gives what going through it gives."""
    video = make_video(tmp_path / "long.mp4", 400)
    batch_stand.run(video, tmp_path / "whole", frames_per_second=1)
    stop, detector = threading.Event(), batch_stand.PixelDetector()
    detector.on_call = lambda calls: stop.set() if calls == 33 else None
    first = batch_stand.run(video, tmp_path / "out", detector, stop=stop)
    assert not first.is_complete
    assert batch_stand.run(video, tmp_path / "out", frames_per_second=1).is_complete
    assert batch_stand.results(tmp_path / "out") == batch_stand.results(tmp_path / "whole")


def test_a_video_that_ends_early_says_so(tmp_path: Path) -> None:
    """The frames that the header promises and nobody saw are failures, not silence."""
    video = make_video(tmp_path / "site.avi", 100)
    data = video.read_bytes()
    video.write_bytes(data[: len(data) // 2])
    ended = batch_stand.run(video, tmp_path / "out")
    pictures = ended.summary["pictures"]
    assert pictures["completed"] >= 3
    assert pictures["failed"] >= 3
    assert set(batch_stand.errors(tmp_path / "out").values()) == {"picture-truncated"}


def test_another_rate_is_another_source(tmp_path: Path) -> None:
    """Frames of two rates do not get mixed up."""
    video = make_video(tmp_path / "site.mp4", 20)
    batch_stand.run(video, tmp_path / "out", frames_per_second=1)
    with pytest.raises(ConfigurationInvalid, match="2 frames a second"):
        batch_stand.run(video, tmp_path / "out", frames_per_second=2)


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    """It is wrong usage."""
    video = tmp_path / "site.mp4"
    video.write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 500)
    with pytest.raises(ConfigurationInvalid, match="cannot be read as a video"):
        batch_stand.run(video, tmp_path / "out")
