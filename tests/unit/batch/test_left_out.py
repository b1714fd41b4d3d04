"""What is left out by its name, in a folder and in a zip alike."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from safety_detector.batch.left_out import Selection, selection
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
