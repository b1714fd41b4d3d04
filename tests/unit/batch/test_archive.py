"""A zip as a source, hostile ones included."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from safety_detector.errors import ConfigurationInvalid
from safety_detector.ingest.admission import Limits
from safety_detector.ingest.fetching import FetchPolicy
from tests import batch_stand
from tests.pictures import jpeg

REFUSED = "archive-entry-refused"


def make_zip(path: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """An archive with those entries."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_an_archive_is_inspected_like_a_folder(tmp_path: Path) -> None:
    """The same pictures give the same detections, and nothing is extracted."""
    pictures = {f"gate/{number}.jpg": jpeg(number) for number in range(6)}
    for name, data in pictures.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    packed = make_zip(tmp_path / "p.zip", {**pictures, "gate/notes.txt": b"x", "empty/": b""})
    ended = batch_stand.run(packed, tmp_path / "zip-out")
    batch_stand.run(tmp_path / "in", tmp_path / "folder-out")
    zipped, plain = (batch_stand.results(tmp_path / f"{kind}-out") for kind in ("zip", "folder"))
    assert {name: one["detections"] for name, one in zipped.items()} == {
        name: one["detections"] for name, one in plain.items()
    }
    assert ended.summary["skipped_files"] == {".txt": 1}
    assert batch_stand.run(packed, tmp_path / "zip-out").summary["this_run"]["inspected"] == 0


def test_an_archive_without_pictures_is_a_batch_of_none(tmp_path: Path) -> None:
    """Nothing was found, and nothing is said to be safe."""
    ended = batch_stand.run(make_zip(tmp_path / "p.zip", {}), tmp_path / "out")
    assert ended.summary["pictures"]["total"] == 0


def test_hostile_entries_are_refused_one_by_one(tmp_path: Path) -> None:
    """Traversal, absolute paths, drives, links and archives in the archive; the rest is done."""
    picture = jpeg(1)
    path = make_zip(
        tmp_path / "evil.zip",
        {
            "good.jpg": picture,
            "../../outside.jpg": picture,
            "/etc/absolute.jpg": picture,
            "C:\\windows\\x.jpg": picture,
            "a\\..\\..\\back.jpg": picture,
            "inner.zip": b"PK\3\4",
        },
    )
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    out = tmp_path / "deep" / "out"
    batch_stand.run(path, out)
    assert batch_stand.errors(out) == dict.fromkeys(
        [
            *("../../outside.jpg", "/etc/absolute.jpg", "C:/windows/x.jpg"),
            *("a/../../back.jpg", "inner.zip", "link.jpg"),
        ],
        REFUSED,
    )
    assert batch_stand.results(out)["good.jpg"]["status"] == "completed"
    assert {one.name for one in tmp_path.iterdir()} == {"evil.zip", "deep"}


def test_a_bomb_costs_no_more_than_a_picture_may(tmp_path: Path) -> None:
    """An entry that claims too much is not opened, and one that lies is cut off."""
    limits = Limits(max_bytes=100_000)
    bomb = make_zip(
        tmp_path / "bomb.zip", {"honest.jpg": b"\0" * 50_000_000, "liar.jpg": b"\0" * 9_000_000}
    )
    data = bytearray(bomb.read_bytes())
    directory = data.rfind(b"PK\1\2")
    struct.pack_into("<I", data, directory + 24, 50_000)  # the size that the directory claims
    bomb.write_bytes(data)
    batch_stand.run(bomb, tmp_path / "out", policy=FetchPolicy(limits))
    codes = batch_stand.errors(tmp_path / "out")
    assert codes["honest.jpg"] == "picture-too-large"
    assert codes["liar.jpg"] in {"picture-broken", "not-a-picture"}


def test_entries_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """The bombs of 2019 point many entries of the directory at the same compressed bytes."""
    path = make_zip(tmp_path / "p.zip", {"a.jpg": jpeg(1), "b.jpg": jpeg(2)})
    data = bytearray(path.read_bytes())
    last = data.rfind(b"PK\1\2")
    struct.pack_into("<I", data, last + 42, 0)  # where b.jpg says that it begins
    path.write_bytes(data)
    batch_stand.run(path, tmp_path / "out")
    assert REFUSED in batch_stand.errors(tmp_path / "out").values()


def test_damaged_and_encrypted_entries_fail_alone(tmp_path: Path) -> None:
    """A wrong checksum, and a flag that says that a password is needed."""
    path = make_zip(
        tmp_path / "p.zip",
        {"a.jpg": jpeg(1), "b.jpg": jpeg(2), "c.jpg": jpeg(3)},
        zipfile.ZIP_STORED,
    )
    data = bytearray(path.read_bytes())
    data[data.find(b"a.jpg") + 400] ^= 0xFF
    second = data.rfind(b"PK\1\2", 0, data.rfind(b"PK\1\2"))
    data[second + 8] |= 1
    path.write_bytes(data)
    batch_stand.run(path, tmp_path / "out")
    assert batch_stand.errors(tmp_path / "out") == {"a.jpg": "picture-broken", "b.jpg": REFUSED}


def test_names_in_gbk_are_read(tmp_path: Path) -> None:
    """Chinese Windows writes them without saying so; others write UTF-8 without saying so."""
    path = make_zip(
        tmp_path / "p.zip", {"####.jpg": jpeg(1), "######.jpg": jpeg(2), "é.jpg": jpeg(3)}
    )
    data = (
        path.read_bytes().replace(b"######", "作业".encode()).replace(b"####", "作业".encode("gbk"))
    )
    path.write_bytes(data)
    batch_stand.run(path, tmp_path / "out")
    # Both are 作业: the second one gets its place in the archive behind its name.
    first, second, third = sorted(batch_stand.results(tmp_path / "out"))
    assert first == "é.jpg"
    assert second == "作业.jpg"
    assert third.startswith("作业.jpg#")


def test_what_is_no_zip_is_refused_as_a_whole(tmp_path: Path) -> None:
    """It is wrong usage, not a failed picture."""
    path = tmp_path / "p.zip"
    path.write_bytes(b"PK\3\4" + b"\0" * 500)
    with pytest.raises(ConfigurationInvalid, match="cannot be read as a zip"):
        batch_stand.run(path, tmp_path / "out")


def test_a_hundred_thousand_entries_are_taken(tmp_path: Path) -> None:
    """Many entries are nothing special; those that are no pictures cost next to nothing."""
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(100_000):
            archive.writestr(f"{number}.txt", b"")
        archive.writestr("a.jpg", jpeg(1))
    ended = batch_stand.run(path, tmp_path / "out")
    assert ended.summary["skipped_files"] == {".txt": 100_000}
    assert ended.summary["pictures"]["completed"] == 1
