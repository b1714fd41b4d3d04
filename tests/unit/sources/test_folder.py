"""A folder as a source."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import batch_stand
from tests.pictures import jpeg


def test_every_picture_below_is_inspected_in_a_fixed_order(tmp_path: Path) -> None:
    """Names are paths relative to the folder; annotated pictures mirror it."""
    source, out = tmp_path / "in", tmp_path / "out"
    for number, name in enumerate(["b.jpg", "a/2.JPG", "a/1.jpg", "a/deep/er/x.jpeg"]):
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(number))
    ended = batch_stand.run(source, out, workers=1)
    assert ended.is_complete
    found = batch_stand.results(out)
    assert list(found) == ["a/1.jpg", "a/2.JPG", "a/deep/er/x.jpeg", "b.jpg"]
    assert batch_stand.files(out / "annotated") == set(found)


def test_odd_names_stay_apart_and_readable(tmp_path: Path) -> None:
    """Bytes that are no UTF-8, line feeds, quotes and escapes are names like others."""
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    names = [
        b"\xff.jpg",
        b"\xfe.jpg",
        b"a\nb.jpg",
        b'"quoted".jpg',
        b"\x1b[2J.jpg",
        "作业.jpg".encode(),
    ]
    for number, name in enumerate(names):
        Path(os.fsdecode(os.fsencode(source) + b"/" + name)).write_bytes(jpeg(number))
    ended = batch_stand.run(source, out)
    found = batch_stand.results(out)
    assert ended.summary["pictures"]["completed"] == len(names)
    assert {r"\xff.jpg", r"\xfe.jpg", "作业.jpg", "a\nb.jpg"} < set(found)
    assert len(batch_stand.files(out / "annotated")) == len(names)


def test_a_link_that_leads_nowhere_costs_nothing_else(tmp_path: Path) -> None:
    """Around in a circle, through a file, or where nobody can look: the folder is read on."""
    source = tmp_path / "in"
    source.mkdir()
    for number in range(20):  # folders are listed in no order
        (source / f"{number}.jpg").write_bytes(jpeg(number))
        (source / f"circle{number}").symlink_to(f"circle{number}")
        (source / f"through{number}").symlink_to("0.jpg/x")
    (source / "circle.jpg").symlink_to("circle.jpg")
    (source / "barred").symlink_to("b" * 300)
    ended = batch_stand.run(source, tmp_path / "out")
    assert ended.summary["pictures"]["completed"] == 20
    assert set(batch_stand.errors(tmp_path / "out")) == {"circle.jpg", "barred/"}


def test_loops_of_links_end_and_linked_folders_are_entered_once(tmp_path: Path) -> None:
    """A link to the folder itself, to a parent and to another folder."""
    source, out, other = tmp_path / "in", tmp_path / "out", tmp_path / "other"
    (source / "a").mkdir(parents=True)
    other.mkdir()
    (source / "a" / "x.jpg").write_bytes(jpeg(1))
    (other / "y.jpg").write_bytes(jpeg(2))
    (source / "a" / "loop").symlink_to(source)
    (source / "again").symlink_to(source / "a")
    (source / "one").symlink_to(other)
    (source / "two").symlink_to(other)
    batch_stand.run(source, out)
    assert set(batch_stand.results(out)) == {"a/x.jpg", "one/y.jpg"}


def test_other_files_are_passed_over_and_counted(tmp_path: Path) -> None:
    """A drive holds notes and thumbnails' databases; a picture is known by its bytes too."""
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    (source / "notes.txt").write_text("text")
    (source / "Thumbs.db").write_bytes(b"\0" * 100)
    (source / "._a.jpg").write_bytes(b"\0\5\x16\7" + b"\0" * 100)
    (source / "snapshot").write_bytes(jpeg(1))
    os.mkfifo(source / "pipe")
    ended = batch_stand.run(source, out)
    assert list(batch_stand.results(out)) == ["snapshot"]
    assert ended.summary["skipped_files"] == {"": 1, ".txt": 1}
    assert ended.summary["left_out"] == {"hidden": 2}


def test_what_cannot_be_read_is_an_error_of_its_own(tmp_path: Path) -> None:
    """Bad files, links to nowhere and pipes each get a line; the rest is done."""
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    (source / "good.jpg").write_bytes(jpeg(1))
    (source / "empty.jpg").write_bytes(b"")
    (source / "text.jpg").write_text("this is no picture")
    (source / "cut.jpg").write_bytes(jpeg(2)[:900])
    (source / "nowhere.jpg").symlink_to(source / "missing")
    os.mkfifo(source / "pipe.jpg")
    ended = batch_stand.run(source, out)
    assert batch_stand.errors(out) == {
        "empty.jpg": "not-a-picture",
        "text.jpg": "not-a-picture",
        "cut.jpg": "picture-truncated",
        "nowhere.jpg": "picture-unreadable",
        "pipe.jpg": "picture-unreadable",
    }
    assert ended.summary["pictures"] == {
        "total": 6, "completed": 1, "failed": 5, "pending": 0, "no_longer_there": 0,
    }  # fmt: skip
    failed = batch_stand.results(out)["cut.jpg"]
    assert (failed["status"], failed["verdict"]) == ("failed", "inconclusive")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    """Pictures that nobody saw are not passed over in silence."""
    source, out = tmp_path / "in", tmp_path / "out"
    (source / "locked").mkdir(parents=True)
    (source / "locked").chmod(0)
    batch_stand.run(source, out)
    (source / "locked").chmod(0o700)
    assert batch_stand.errors(out) == {"locked/": "picture-unreadable"}


def test_the_output_folder_is_no_source(tmp_path: Path) -> None:
    """It may lie inside; annotated pictures are not inspected again."""
    (tmp_path / "x.jpg").write_bytes(jpeg(1))
    out = tmp_path / "out"
    batch_stand.run(tmp_path, out)
    ended = batch_stand.run(tmp_path, out)
    assert ended.summary["pictures"]["total"] == 1
