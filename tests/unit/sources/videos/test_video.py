"""A video as a source."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from safety_detector.errors import ConfigurationInvalid
from safety_detector.sources.videos import frame_reader
from safety_detector.sources.videos.frames import Cutting
from safety_detector.sources.videos.video_streams import count_video_streams
from tests import batch_stand

pytestmark = pytest.mark.processes

VIDEOS = Path(__file__).parents[3] / "data" / "video"


def make_video(path: Path, frames: int, rate: float = 10.0) -> Path:
    """A video whose frames become brighter and brighter."""
    codec = "MJPG" if path.suffix == ".avi" else "mp4v"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), rate, (64, 48))
    for number in range(frames):
        writer.write(np.full((48, 64, 3), 5 + number * 240 // frames, np.uint8))
    writer.release()
    return path


def frames(video: str, *seconds: float) -> list[str]:
    """Names of the frames at those times."""
    return [f"{video}/00-00-{second:06.3f}.jpg" for second in seconds]


def halves(start: float, end: float) -> list[float]:
    """Every half second from one to before the other."""
    return [number / 2 for number in range(round(start * 2), round(end * 2))]


def run(video: Path, out: Path, **options: float) -> dict[str, str | None]:
    """What became of each frame at two a second: a status, or the code of an error."""
    batch_stand.run(video, out, workers=1, **({"frames_per_second": 2} | options))
    return {
        name: one["error"]["code"] if one["status"] == "failed" else None
        for name, one in sorted(batch_stand.results(out).items())
    }


@pytest.mark.parametrize("name", ["site.mp4", "site.avi"])
def test_frames_are_taken_at_the_wanted_rate_and_named_by_their_time(
    tmp_path: Path, name: str
) -> None:
    """Two a second of 3.5 seconds; each is kept, as it is a file nowhere else."""
    video = make_video(tmp_path / name, 35)
    batch_stand.run(video, tmp_path / "out", frames_per_second=2, workers=1)
    names = frames(name, *halves(0, 3.5))
    assert list(batch_stand.results(tmp_path / "out")) == names
    assert batch_stand.files(tmp_path / "out" / "originals") == set(names)
    assert batch_stand.files(tmp_path / "out" / "annotated") == set(names)
    means = [cv2.imread(str(tmp_path / "out" / "originals" / one)).mean() for one in names]
    assert means == sorted(means)
    assert means[1] == pytest.approx(5 + 5 * 240 // 35, abs=4)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        # Rates that vary: every moment that has a frame, up to the last one, and no other.
        ("varying.mp4", [*halves(0, 2), 3, 6, 9]),
        # Streams without times: counted at their rate, which FFmpeg takes for 25.
        ("plain.h264", halves(0, 2)),
        # Lengths that headers overstate: by sound, or by a beginning at 100 s.
        ("sound-longer.mkv", halves(0, 4)),
        ("late.mkv", halves(0, 4)),
        # Half a second of pictures before the edit list's beginning is not shown.
        ("edited.mp4", halves(0, 2.5)),
        # Without times for the last frames, and shifted by those that were decoded first.
        ("reordered.avi", halves(0, 4)),
    ],
)
def test_the_frames_own_times_decide(tmp_path: Path, name: str, seconds: list[float]) -> None:
    """Every part of a second that has a frame is looked at, whatever the header says."""
    found = run(VIDEOS / name, tmp_path / "out")
    assert found == dict.fromkeys(frames(name, *seconds))


def test_recordings_that_were_put_together_are_read_to_the_end(tmp_path: Path) -> None:
    """The second one's times begin anew, and none of its frames is taken for one of the first."""
    video = tmp_path / "joined.ts"
    video.write_bytes((VIDEOS / "plain.ts").read_bytes() * 2)
    found = run(video, tmp_path / "out")
    assert found == dict.fromkeys(frames("joined.ts", *halves(0, 8)))


def test_the_rate_of_a_stream_without_times_may_be_named(tmp_path: Path) -> None:
    """Its 40 frames are four seconds at 10 a second, under any name that it has."""
    video = shutil.copy(VIDEOS / "plain.h264", tmp_path / "export.bin")
    found = run(Path(video), tmp_path / "out", assumed_rate=10)
    assert found == dict.fromkeys(frames("export.bin", *halves(0, 4)))


@pytest.mark.parametrize("name", [os.fsdecode(b"\xc3\xc5\xbf\xda.mp4"), "东门 1.mp4"])
def test_videos_of_any_name_are_read(tmp_path: Path, name: str) -> None:
    """OpenCV takes UTF-8 alone; a disk takes any bytes."""
    found = run(Path(shutil.copy(VIDEOS / "plain.mp4", tmp_path / name)), tmp_path / "out")
    assert set(found.values()) == {None}
    assert len(found) == 8


def test_frames_are_upright(tmp_path: Path) -> None:
    """A phone's video that is to be turned is turned."""
    run(VIDEOS / "sideways.mp4", tmp_path / "out")
    sizes = {
        (one["image"]["width"], one["image"]["height"])
        for one in batch_stand.results(tmp_path / "out").values()
    }
    assert sizes == {(64, 96)}


def test_damaged_frames_are_failures_until_a_whole_one_follows(tmp_path: Path) -> None:
    """The decoder patches them up with older pixels, and they are not taken for what happened."""
    data = bytearray((VIDEOS / "plain.mp4").read_bytes())
    middle = data.find(b"mdat") + (len(data) - data.find(b"mdat")) * 3 // 8
    for place in range(middle, middle + 400, 23):
        data[place] ^= 0x5A
    video = tmp_path / "site.mp4"
    video.write_bytes(data)
    found = run(video, tmp_path / "out")
    codes = list(found.values())
    assert codes[0] is None
    assert codes[-1] is None
    assert {"picture-broken", "picture-truncated"} & set(codes)
    assert list(found) == frames("site.mp4", *halves(0, 4))


@pytest.mark.parametrize("name", ["plain.mp4", "late.mkv", "reordered.avi"])
def test_a_file_that_was_cut_says_so(tmp_path: Path, name: str) -> None:
    """What its header promises and nobody saw is a failure, not silence."""
    data = (VIDEOS / name).read_bytes()
    if name.endswith("mp4"):  # the index first, as recorders write it that expect to be cut off
        start = data.find(b"moov") - 4
        assert start > data.find(b"mdat")
        data = move_index_first(data)
    video = tmp_path / name
    video.write_bytes(data[: len(data) * 6 // 10])
    codes = list(run(video, tmp_path / "out").values())
    assert codes[:2] == [None, None]
    assert codes[-1] == "picture-truncated"


def move_index_first(data: bytes) -> bytes:
    """An MP4 whose ``moov`` stands before its ``mdat``, with the places in it corrected."""
    start = data.find(b"moov") - 4
    moov, rest = bytearray(data[start:]), data[:start]
    table = moov.find(b"stco")
    count = int.from_bytes(moov[table + 8 : table + 12], "big")
    for number in range(count):
        at = table + 12 + 4 * number
        place = int.from_bytes(moov[at : at + 4], "big") + len(moov)
        moov[at : at + 4] = place.to_bytes(4, "big")
    head = rest.find(b"mdat") - 4
    return rest[:head] + bytes(moov) + rest[head:]


def test_a_cover_is_not_the_video(tmp_path: Path) -> None:
    """Where a picture is all that can be read of a video that lasts, that is said."""
    found = run(VIDEOS / "cover-first.mkv", tmp_path / "out")
    assert "picture-truncated" in found.values()


def test_a_second_camera_in_a_file_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    """Only the first of several streams can be read; the others are an error that says how."""
    found = run(VIDEOS / "two-cameras.mp4", tmp_path / "out")
    assert list(found.values()) == [None] * 8 + ["picture-truncated"]
    assert "2 video streams" in (tmp_path / "out" / "errors.jsonl").read_text()


def test_a_stopped_video_goes_on_with_the_same_frames(tmp_path: Path) -> None:
    """Beginning in the middle gives what going through it gives, without a second reading."""
    video = make_video(tmp_path / "long.mp4", 400)
    batch_stand.run(video, tmp_path / "whole", frames_per_second=1)
    stop, detector = threading.Event(), batch_stand.PixelDetector()
    detector.on_call = lambda calls: stop.set() if calls == 33 else None
    first = batch_stand.run(video, tmp_path / "out", detector, stop=stop)
    assert not first.is_complete
    kept = tmp_path / "out" / "originals" / "long.mp4" / "00-00-39.000.jpg"
    written_ns = kept.stat().st_mtime_ns
    assert batch_stand.run(video, tmp_path / "out", frames_per_second=1).is_complete
    assert batch_stand.results(tmp_path / "out") == batch_stand.results(tmp_path / "whole")
    assert kept.stat().st_mtime_ns == written_ns


def test_frames_that_were_removed_are_read_again(tmp_path: Path) -> None:
    """Somebody cleared the folder of originals before the batch was done."""
    video = make_video(tmp_path / "site.mp4", 30)
    stop = threading.Event()
    detector = batch_stand.PixelDetector()
    detector.on_call = lambda _calls: stop.set()
    batch_stand.run(video, tmp_path / "out", detector, stop=stop, workers=1)
    shutil.rmtree(tmp_path / "out" / "originals")
    ended = batch_stand.run(video, tmp_path / "out")
    assert ended.summary["pictures"]["completed"] == 3


def test_a_video_whose_decoder_was_killed_is_read_again(tmp_path: Path) -> None:
    """A machine without memory is no property of the video: the next run finds the rest."""
    cutting = Cutting(
        video=make_video(tmp_path / "long.mp4", 3000),
        name="long.mp4",
        stamp="1",
        rate=10,
        assumed_rate=None,
        max_pixels=1_000_000,
        originals=tmp_path / "out" / "originals",
        note=tmp_path / "out" / "note",
    )
    cutting.originals.mkdir(parents=True)
    lines = cutting.lines()
    assert "frame" in (line[0] for line in lines)  # as far as to the first one
    # Other tests' programs may be children of this process too.
    children = psutil.Process().children()
    [reader] = [one for one in children if str(cutting.video) in one.cmdline()]
    reader.kill()
    *_, missing, _end = lines
    assert missing[3]["code"] == "decoder-crashes-at"
    found = list(cutting.lines())
    assert sum(one[0] == "frame" for one in found) == 3000
    assert list(cutting.lines()) == [one for one in found if one[0] != "alive"]


def test_a_reader_says_that_it_is_alive_while_it_goes_through_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day's recording is long on the way before its first frame; silence is taken for a hang."""
    monkeypatch.setattr(frame_reader, "_ALIVE_EVERY_S", 0.0)
    video = make_video(tmp_path / "site.mp4", 20)
    told: list[tuple[object, ...]] = []
    job = frame_reader.Job(str(video), tmp_path / "frames", "site.mp4", 1.0, None, 1_000_000)
    frame_reader.read_frames(job, lambda *line: told.append(line))
    assert [line[0] for line in told[:20]] == ["alive"] * 20
    assert told[-1][0] == "end"


def test_a_size_beyond_all_files_is_no_fault(tmp_path: Path) -> None:
    """Boxes of MP4 say their size in 64 bits."""
    hostile = tmp_path / "x.mp4"
    size = (1).to_bytes(4, "big") + b"free" + (2**64 - 1).to_bytes(8, "big")
    hostile.write_bytes((16).to_bytes(4, "big") + b"ftypisom" + bytes(4) + size)
    assert count_video_streams(hostile) == 1


def test_another_rate_is_another_source(tmp_path: Path) -> None:
    """Frames of two rates do not get mixed up."""
    video = make_video(tmp_path / "site.mp4", 20)
    batch_stand.run(video, tmp_path / "out", frames_per_second=1)
    with pytest.raises(ConfigurationInvalid, match="2 frames a second"):
        batch_stand.run(video, tmp_path / "out", frames_per_second=2)


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    """It is wrong usage, and throws nothing away."""
    video = tmp_path / "site.mp4"
    video.write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 500)
    with pytest.raises(ConfigurationInvalid, match="cannot be read as a video"):
        batch_stand.run(video, tmp_path / "out", restart=True)
    assert not (tmp_path / "out").exists()
