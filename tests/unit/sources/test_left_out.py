"""What is left out by its name, in a folder and in a zip alike."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from safety_detector.batch.outputs import Format
from safety_detector.sources.left_out import Selection, selection
from tests import batch_stand
from tests.pictures import jpeg

PICTURES = ("a.jpg", "gate/b.jpg", "gate/2025/c.jpg", "gate/2025/c_thumb.jpg", "archive/d.jpg")
HIDDEN = (
    *("._a.jpg", ".DS_Store", "Thumbs.db", "gate/desktop.ini", "gate/@eaDir/b.jpg"),
    *("$RECYCLE.BIN/x.jpg", "System Volume Information/y.jpg", "lost+found/z.jpg"),
    *("#recycle/old.jpg", "__MACOSX/gate/._b.jpg", ".Trash-1000/files/t.jpg", "gate/.cache/b.jpg"),
)


@pytest.fixture(params=["folder", "zip"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Pictures, and what Windows, macOS, Linux and network drives put beside them."""
    folder, packed = tmp_path / "in", tmp_path / "in.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for number, name in enumerate((*PICTURES, *HIDDEN)):
            data = jpeg(number)
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
            archive.writestr(name, data)
    return packed if request.param == "zip" else folder


def taken(
    source: Path, out: Path, chosen: Selection | None = None
) -> tuple[set[str], dict[str, int]]:
    """Names of the pictures that were inspected, and what the summary says of the others."""
    ended = batch_stand.run(source, out, selection=chosen)
    return set(batch_stand.results(out)), ended.summary["left_out"]


def test_what_systems_keep_for_themselves_is_left_out_and_counted(
    source: Path, tmp_path: Path
) -> None:
    """Thumbnails and deleted files are no evidence; that they were there is said."""
    names, left_out = taken(source, tmp_path / "out")
    assert names == set(PICTURES)
    assert left_out == {"hidden": len(HIDDEN)}


def test_hidden_files_are_taken_when_asked_for(source: Path, tmp_path: Path) -> None:
    """All of them have a picture's bytes."""
    names, left_out = taken(source, tmp_path / "out", selection(with_hidden=True))
    assert names == {*PICTURES, *HIDDEN}
    assert left_out == {}


@pytest.mark.parametrize(
    ("patterns", "rest"),
    [
        (["*_thumb.jpg"], {"a.jpg", "gate/b.jpg", "gate/2025/c.jpg", "archive/d.jpg"}),
        (["archive", "2025"], {"a.jpg", "gate/b.jpg"}),
        (["gate/2025/*"], {"a.jpg", "gate/b.jpg", "archive/d.jpg"}),
        (["./gate/"], {"a.jpg", "archive/d.jpg"}),
        (["**/[bd].jpg"], {"a.jpg", "gate/2025/c.jpg", "gate/2025/c_thumb.jpg"}),
        (["2025/*"], set(PICTURES)),
    ],
)
def test_what_patterns_match_is_left_out_with_all_below(
    source: Path, tmp_path: Path, patterns: list[str], rest: set[str]
) -> None:
    """A name anywhere, or a path from the source on."""
    names, left_out = taken(source, tmp_path / "out", selection(patterns))
    assert names == rest
    assert ("excluded" in left_out) == (rest != set(PICTURES))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("own", ["results-1", "gate/results", "."])
def test_what_an_earlier_batch_wrote_is_no_picture(tmp_path: Path, own: str, packed: bool) -> None:
    """A second batch counts each picture once, wherever the first one's outputs lie by now."""
    source, earlier = tmp_path / "in", tmp_path / "first"
    for number, name in enumerate(PICTURES):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(jpeg(number))
    batch_stand.run(source, earlier, formats=batch_stand.QUICK | {Format.YOLO})
    (earlier / "summary.json").unlink()  # as a run that was killed leaves it
    shutil.copytree(earlier, source / own, dirs_exist_ok=True)
    (source / own / "put-there-later.jpg").write_bytes(jpeg(99))
    (source / "link").symlink_to(source / own / "annotated")
    if packed:
        (source / "link").unlink()
        shutil.make_archive(str(source), "zip", source)
        source = source.with_suffix(".zip")
    names, left_out = taken(source, tmp_path / "second")
    assert names == {*PICTURES, f"{own}/put-there-later.jpg".removeprefix("./")}
    assert left_out["outputs"] > 0


@pytest.mark.parametrize("journal", [b"", b'{"a": 1}\n', b"[]\n", b"\xff\xfe\n", b"{" * 100_000])
def test_a_folder_is_not_left_out_for_its_names(tmp_path: Path, journal: bytes) -> None:
    """Folders of people may be called as those of a batch, and their files too."""
    source = tmp_path / "in"
    (source / "annotated").mkdir(parents=True)
    (source / "annotated" / "a.jpg").write_bytes(jpeg(1))
    (source / "results.jsonl").write_bytes(journal)
    (source / "yolo").mkdir()
    os.mkfifo(source / "yolo" / "results.jsonl")
    (source / "yolo" / "b.jpg").write_bytes(jpeg(2))
    names, left_out = taken(source, tmp_path / "out")
    assert names == {"annotated/a.jpg", "yolo/b.jpg"}
    assert left_out == {}


def test_annotated_pictures_are_taken_by_name(tmp_path: Path) -> None:
    """Who names the folder means it."""
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.jpg").write_bytes(jpeg(1))
    batch_stand.run(source, tmp_path / "first")
    names, _ = taken(tmp_path / "first" / "annotated", tmp_path / "second")
    assert names == {"a.jpg"}
