"""Runs that go on where earlier ones ended."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from contextlib import ExitStack
from pathlib import Path

import pypdf
import pytest

from safety_detector.batch.outputs import DEFAULT_FORMATS, Format
from safety_detector.batch.run import News
from safety_detector.errors import ConfigurationInvalid
from tests import batch_stand
from tests.batch_stand import PixelDetector
from tests.pictures import jpeg


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of 24 pictures, two of which are the same bytes, and a broken one."""
    folder = tmp_path / "in"
    for number in range(24):
        path = folder / f"gate-{number % 3}" / f"{number:02}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(number if number != 7 else 3))
    (folder / "broken.jpg").write_bytes(jpeg(99)[:700])
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where the outputs go."""
    return tmp_path / "out"


def test_finished_pictures_are_not_asked_again(source: Path, out: Path) -> None:
    """The second run has nothing to do, not even with the broken one, and changes nothing."""
    detector = PixelDetector()
    first = batch_stand.run(source, out, detector)
    before = {
        name: (out / name).read_bytes() for name in ("results.jsonl", "coco.json", "detections.csv")
    }
    (out / "coco.json.part").write_bytes(b"of a killed run")
    (out / ".report-0123.part").write_bytes(b"of a killed run")
    second = batch_stand.run(source, out, detector)
    assert not [path for path in out.iterdir() if path.suffix == ".part"]
    assert first.is_complete
    assert second.summary["this_run"]["inspected"] == 0
    assert {name: (out / name).read_bytes() for name in before} == before
    assert detector.calls == 23


def test_the_same_bytes_are_detected_once(source: Path, out: Path) -> None:
    """Each picture has its own line and annotated picture all the same."""
    detector = PixelDetector(delay_s=0.01)
    ended = batch_stand.run(source, out, detector)
    found = batch_stand.results(out)
    one, other = found["gate-0/03.jpg"], found["gate-1/07.jpg"]
    assert one["detections"] == other["detections"]
    assert one["id"] != other["id"]
    assert ended.summary["this_run"]["copied"] == 1
    assert (out / other["links"]["annotated"]).read_bytes() == (
        out / one["links"]["annotated"]
    ).read_bytes()


def test_a_stopped_run_keeps_what_is_done_and_goes_on(
    source: Path, out: Path, tmp_path: Path
) -> None:
    """What is in hand is finished, the outputs are built, and the rest follows the next time."""
    stop, detector = threading.Event(), PixelDetector()

    def stop_at_eight(calls: int) -> None:
        if calls == 8:
            stop.set()
        elif calls > 8:
            assert stop.wait(60)  # whoever is beside it takes no third picture before

    detector.on_call = stop_at_eight
    first = batch_stand.run(source, out, detector, stop=stop)
    done = len(batch_stand.results(out))
    assert not first.is_complete
    assert 8 <= done <= 8 + 3
    assert first.summary["pictures"]["pending"] == 25 - done
    assert len(json.loads((out / "coco.json").read_text())["images"]) >= 7
    second = batch_stand.run(source, out, detector)
    assert second.is_complete
    assert detector.calls == 23
    batch_stand.run(source, tmp_path / "whole")
    assert batch_stand.results(out) == batch_stand.results(tmp_path / "whole")
    assert (out / "coco.json").read_bytes() == (tmp_path / "whole" / "coco.json").read_bytes()


def test_a_torn_line_is_cut_and_its_picture_asked_again(source: Path, out: Path) -> None:
    """A power cut may leave half a line, or zeros."""
    batch_stand.run(source, out)
    whole = batch_stand.results(out)
    lines = (out / "results.jsonl").read_bytes().splitlines(keepends=True)
    for tail in (lines[-1][:-20], b"\0" * 4096, lines[-1][:1]):
        (out / "results.jsonl").write_bytes(b"".join(lines[:-1]) + tail)
        ended = batch_stand.run(source, out)
        assert ended.summary["this_run"]["inspected"] == 1
        assert batch_stand.results(out) == whole


def test_a_line_that_is_none_is_left_out(source: Path, out: Path) -> None:
    """Damage in the middle costs the pictures that it hit, nothing else."""
    batch_stand.run(source, out)
    whole = batch_stand.results(out)
    lines = (out / "results.jsonl").read_bytes().splitlines(keepends=True)
    lines[4] = b"\0" * (len(lines[4]) - 1) + b"\n"
    (out / "results.jsonl").write_bytes(b"".join(lines))
    ended = batch_stand.run(source, out)
    assert ended.summary["this_run"]["inspected"] == 1
    assert batch_stand.results(out) == whole


def test_a_changed_picture_is_asked_again_and_has_one_line(source: Path, out: Path) -> None:
    """Its earlier line is superseded; one that was only touched is not asked again."""
    detector = PixelDetector()
    batch_stand.run(source, out, detector)
    (source / "gate-0" / "00.jpg").write_bytes(jpeg(1000))
    os.utime(source / "gate-1" / "01.jpg", ns=(1, 1))
    ended = batch_stand.run(source, out, detector)
    assert detector.calls == 24
    assert ended.summary["this_run"] | {"inspected": 2, "copied": 1} == ended.summary["this_run"]
    batch_stand.run(source, out.with_name("whole"))
    assert batch_stand.results(out) == batch_stand.results(out.with_name("whole"))
    assert batch_stand.run(source, out, detector).summary["this_run"]["inspected"] == 0


def test_results_of_pictures_that_are_gone_stay_and_their_failures_go(
    source: Path, out: Path
) -> None:
    """Nobody throws away what was seen; a broken file that was removed is no failure any more."""
    batch_stand.run(source, out)
    (source / "broken.jpg").unlink()
    (source / "gate-0" / "00.jpg").unlink()
    ended = batch_stand.run(source, out)
    assert ended.summary["pictures"] == {
        "total": 23, "completed": 24, "failed": 0, "pending": 0, "no_longer_there": 1,
    }  # fmt: skip
    assert batch_stand.errors(out) == {}


@pytest.mark.parametrize("change", ["model", "source"])
def test_results_of_another_kind_are_not_mixed(source: Path, out: Path, change: str) -> None:
    """Another model or source in the same folder is wrong usage; --restart begins anew."""
    batch_stand.run(source, out)
    detector = PixelDetector(model="pixels 2" if change == "model" else "pixels 1")
    other = source / "gate-0" if change == "source" else source
    with pytest.raises(ConfigurationInvalid, match="--restart"):
        batch_stand.run(other, out, detector)
    ended = batch_stand.run(other, out, detector, restart=True)
    assert ended.summary["model"] == detector.model
    assert len(batch_stand.results(out)) == ended.summary["pictures"]["total"]
    if change == "source":
        assert batch_stand.files(out / "annotated") == set(batch_stand.results(out))


def test_restart_removes_nothing_that_no_run_made(source: Path, out: Path) -> None:
    """A folder with files of these names is refused; with --restart only those go."""
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    (out / "coco.json").write_text("{}")
    with pytest.raises(ConfigurationInvalid, match=r"coco.json but no results.jsonl"):
        batch_stand.run(source, out)
    batch_stand.run(source, out, restart=True)
    assert (out / "mine.txt").read_text() == "mine"


def test_one_run_at_a_time_writes_to_a_folder(source: Path, out: Path) -> None:
    """Two nightly jobs that overlap do not write into each other's results."""
    detector, refused = PixelDetector(), []

    def begin_another(calls: int) -> None:
        if calls == 1:
            with pytest.raises(
                ConfigurationInvalid, match=f"Another batch.*process {os.getpid()}, "
            ):
                batch_stand.run(source, out)
            refused.append(True)

    detector.on_call = begin_another
    assert batch_stand.run(source, out, detector).is_complete
    assert refused


def test_who_only_reads_the_results_keeps_nobody_from_writing_them(source: Path, out: Path) -> None:
    """A lock on the folder or on anything that others may read is nobody's business."""
    batch_stand.run(source, out)
    with ExitStack() as opened:
        for path in (out, *out.rglob("*")):
            if path.stat().st_mode & 0o004:
                descriptor = os.open(path, os.O_RDONLY)
                opened.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert batch_stand.run(source, out, restart=True).is_complete


def test_missing_annotated_pictures_are_drawn_again_without_asking(source: Path, out: Path) -> None:
    """A power cut or a person may have removed them."""
    detector = PixelDetector()
    batch_stand.run(source, out, detector)
    path = out / "annotated" / "gate-1" / "04.jpg"
    drawn = path.read_bytes()
    path.unlink()
    (out / "annotated" / "gate-2" / "05.jpg").write_bytes(b"")
    batch_stand.run(source, out, detector)
    assert path.read_bytes() == drawn
    assert (out / "annotated" / "gate-2" / "05.jpg").stat().st_size > 0
    assert detector.calls == 23


def test_whoever_watches_may_end_the_run(source: Path, out: Path) -> None:
    """What is in hand is finished before the journal is closed."""
    stop, detector = threading.Event(), PixelDetector()
    detector.on_call = lambda calls: stop.wait(60) if calls > 3 else None

    def tell(news: News) -> None:
        if news.progress and news.progress.inspected:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        batch_stand.run(source, out, detector, stop=stop, tell=tell)
    done = len(batch_stand.results(out))
    assert done < 25
    assert batch_stand.run(source, out).summary["this_run"]["inspected"] == 25 - done


def test_the_report_shows_the_most_urgent_and_counts_all(source: Path, out: Path) -> None:
    """A long batch does not become a pile of paper, and says what it leaves out."""
    formats = frozenset(DEFAULT_FORMATS)
    ended = batch_stand.run(source, out, formats=formats, report_pictures=5)
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(out / "report.pdf").pages)
    words = " ".join(text.split())
    assert "This report shows 5 of 25 pictures" in words
    assert f"Hazards in {ended.summary['verdicts']['hazard']} of 25 pictures" in words
    hazards = [name for name, one in batch_stand.results(out).items() if one["verdict"] == "hazard"]
    assert sum(name in words for name in hazards) == 5
    batch_stand.run(source, out, formats=formats)
    whole = " ".join(page.extract_text() for page in pypdf.PdfReader(out / "report.pdf").pages)
    assert "This report shows" not in " ".join(whole.split())
    assert all(name in whole for name in batch_stand.results(out))


def test_the_report_lists_the_urgent_first(source: Path, out: Path) -> None:
    """Fires, then people without helmets, then the rest, whatever the pictures are called."""
    batch_stand.run(source, out, formats=frozenset(DEFAULT_FORMATS))
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(out / "report.pdf").pages)
    found = batch_stand.results(out)
    first = {
        kind: [
            text.index(name)
            for name, one in found.items()
            if any(box["sub_label"] == kind for box in one["detections"])
        ]
        for kind in ("minor", "no_helmet")
    }
    assert first["minor"]
    assert first["no_helmet"]
    assert max(first["minor"]) < min(first["no_helmet"])


def test_only_wanted_outputs_are_made(source: Path, out: Path) -> None:
    """results.jsonl, errors.jsonl and summary.json there always are."""
    batch_stand.run(source, out, formats=frozenset({Format.YOLO}))
    names = {path.name for path in out.iterdir() if not path.name.startswith(".")}
    assert names == {"results.jsonl", "errors.jsonl", "summary.json", "yolo"}
    labels = batch_stand.files(out / "yolo" / "labels")
    names = {name.replace("/", "__") for name in batch_stand.results(out)} - {"broken.jpg"}
    assert labels == {name.replace(".jpg", ".txt") for name in names}
    assert batch_stand.files(out / "yolo" / "images") == names
    picture = out / "yolo" / "images" / "gate-1__04.jpg"
    assert picture.read_bytes() == (source / "gate-1" / "04.jpg").read_bytes()


def test_what_is_set_up_wrong_ends_the_run_and_costs_no_picture(source: Path, out: Path) -> None:
    """A certificate may end in the night: the same command goes on when there is a new one."""
    detector = PixelDetector()

    def refuse(calls: int) -> None:
        if calls == 3:
            raise ConfigurationInvalid("The certificate is not trusted.")

    detector.on_call = refuse
    with pytest.raises(ConfigurationInvalid, match="certificate"):
        batch_stand.run(source, out, detector, workers=1)
    ended = batch_stand.run(source, out)
    assert ended.is_complete
    assert "configuration-invalid" not in batch_stand.errors(out).values()
