"""What survives kills, full disks and faults of the program."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from safety_detector.domain.detections import DetectorOutcome
from safety_detector.errors import StorageUnavailable
from safety_detector.pictures.images import RgbImage
from tests import batch_stand
from tests.batch_stand import PixelDetector
from tests.pictures import jpeg

ROOT = Path(__file__).parents[3]
KILLS = 4
DEADLINE_S = 240.0  # never reached where the machine is idle


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of 60 pictures."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number:03}.jpg").write_bytes(jpeg(number))
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    done = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)], check=False,
        capture_output=True,
    )  # fmt: skip
    if not done or done.returncode:
        pytest.skip("this machine does not let us mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_kills_at_any_moment_cost_nothing(source: Path, tmp_path: Path) -> None:
    """Killed again and again, the results are those of a run that nobody disturbed."""
    out, chance = tmp_path / "out", random.Random(5)  # noqa: S311 (no secret)
    asked = 0
    for _ in range(KILLS):
        asked += chance.randrange(5, 15)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.batch_stand", str(source), str(out), "0.05"], cwd=ROOT
        )
        wait_for_lines(out / "results.jsonl", asked)
        time.sleep(chance.random() * 0.05)  # somewhere within a picture
        process.kill()
        process.wait()
    lines = (out / "results.jsonl").read_bytes().count(b"\n")
    detector = PixelDetector()
    batch_stand.run(source, out, detector)
    assert detector.calls == 60 - lines
    batch_stand.run(source, tmp_path / "whole")
    assert batch_stand.results(out) == batch_stand.results(tmp_path / "whole")
    assert batch_stand.files(out) == batch_stand.files(tmp_path / "whole")
    assert batch_stand.derived(out) == batch_stand.derived(tmp_path / "whole")


def wait_for_lines(path: Path, count: int) -> None:
    """Returns when a file has so many lines."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if path.exists() and path.read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.005)
    raise AssertionError(f"{path} has no {count} lines")


def test_a_full_disk_stops_the_run_and_room_lets_it_go_on(
    source: Path, small_disk: Path, tmp_path: Path
) -> None:
    """Nothing half-written is left, and nothing is asked again."""
    out, ballast = small_disk / "out", small_disk / "ballast"
    ballast.write_bytes(b"\0" * 300_000)
    detector = PixelDetector()
    with pytest.raises(StorageUnavailable, match="No space left") as caught:
        batch_stand.run(source, out, detector)
    assert "same command goes on" in caught.value.message
    done = batch_stand.results(out)
    assert 0 < len(done) < 60
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    again = PixelDetector()
    assert batch_stand.run(source, out, again).is_complete
    assert again.calls == 60 - len(done)
    batch_stand.run(source, tmp_path / "whole")
    assert batch_stand.results(out) == batch_stand.results(tmp_path / "whole")


def test_a_fault_of_the_program_fails_one_picture(
    source: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The traceback is logged, the rest goes on, and the next run tries again."""

    class Faulty(PixelDetector):
        def detect(
            self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = False
        ) -> DetectorOutcome:
            if rgb.shape[1] == 80:
                raise ZeroDivisionError("ouch")
            return super().detect(rgb, attempt)

    (source / "005.jpg").write_bytes(jpeg(5, width=80))
    batch_stand.run(source, tmp_path / "out", Faulty())
    assert batch_stand.errors(tmp_path / "out") == {"005.jpg": "unexpected-fault"}
    assert "ouch" in caplog.text
    assert batch_stand.run(source, tmp_path / "out").summary["pictures"]["failed"] == 0


def test_files_stay_open_for_no_longer_than_they_are_needed(source: Path, tmp_path: Path) -> None:
    """Thousands of pictures need no more open files than one."""
    open_files: list[int] = []
    detector = PixelDetector()
    detector.on_call = lambda _calls: open_files.append(
        sum(1 for _ in Path("/proc/self/fd").iterdir())
    )
    batch_stand.run(source, tmp_path / "out", detector)
    assert len(open_files) == 60
    assert max(open_files[30:]) - max(open_files[:10]) <= 6  # what others left may close meanwhile
