"""A zip as a source, hostile ones included."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
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


@dataclass
class Entry:
    """An entry's name as bytes, whether it says that it is UTF-8, and its extra fields."""

    raw: bytes
    is_utf8: bool = False
    extra: bytes = b""


def make_odd_zip(path: Path, entries: list[Entry]) -> Path:
    """An archive whose entries say of their names what they like."""
    with zipfile.ZipFile(path, "w") as archive:
        for number, one in enumerate(entries):
            info = zipfile.ZipInfo(str(number).ljust(len(one.raw), "#"))
            info.extra = one.extra
            archive.writestr(info, jpeg(number))
    data = bytearray(path.read_bytes())
    for header, flags_at, name_at in ((b"PK\3\4", 6, 30), (b"PK\1\2", 8, 46)):
        at = 0
        for one in entries:
            at = data.index(header, at)
            data[at + name_at : at + name_at + len(one.raw)] = one.raw
            if one.is_utf8:
                data[at + flags_at + 1] |= 0x08
            at += 1
    path.write_bytes(data)
    return path


def unicode_path(raw: bytes, name: bytes) -> bytes:
    """Info-ZIP's extra field with the name in UTF-8, about an entry of that raw name."""
    field = b"\1" + zlib.crc32(raw).to_bytes(4, "little") + name
    return struct.pack("<HH", 0x7075, len(field)) + field


def names_of(path: Path, out: Path, encoding: str | None = None) -> set[str]:
    """Names of the pictures that were inspected."""
    batch_stand.run(path, out, zip_encoding=encoding)
    return {name for name, one in batch_stand.results(out).items() if one["status"] == "completed"}


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("gbk", {"厂区.jpg", "3号楼/东门_0001.jpg", "安全帽/作业.jpg"}),
        ("gbk", {"锅炉房.jpg"}),
        ("utf-8", {"厂区.jpg", "é.jpg", "현장.jpg"}),
        ("cp437", {"Prüfung_Tür.jpg", "Größe.jpg", "Straße Höhe.jpg"}),
        ("cp437", {"été/côté.jpg", "façade.jpg"}),
        ("cp850", {"São_João.jpg", "ação.jpg", "café.jpg"}),
        ("cp1252", {"Müller.jpg", "Größe.jpg"}),
        ("shift_jis", {"カメラ1_正門.jpg", "東側入口.jpg", "ソ連.jpg"}),
        ("big5", {"監視器.jpg", "工地/煙霧.jpg", "鋼筋.jpg"}),
        ("euc_kr", {"현장.jpg", "카메라/정문.jpg", "창고.jpg"}),
        ("cp866", {"Камера.jpg", "Склад.jpg"}),
    ],
)
def test_names_that_do_not_say_their_encoding_are_guessed_together(
    tmp_path: Path, encoding: str, names: set[str]
) -> None:
    """As Windows and DOS of many countries write them; not everything that decodes is Chinese."""
    path = make_odd_zip(tmp_path / "p.zip", [Entry(one.encode(encoding)) for one in sorted(names)])
    assert names_of(path, tmp_path / "out") == names


def test_what_an_archive_says_of_a_name_comes_first(tmp_path: Path) -> None:
    """Its Unicode field if it is about this name, then its mark, then what UTF-8 looks like."""
    raw = "K\x94ln.jpg".encode("latin-1")
    path = make_odd_zip(
        tmp_path / "p.zip",
        [
            Entry(raw, extra=unicode_path(raw, "厂区 3.jpg".encode())),
            Entry(b"plain.jpg", extra=unicode_path(b"other.jpg", b"renamed.jpg")),
            Entry("工地.jpg".encode(), is_utf8=True),
            Entry("東門.jpg".encode()),
        ],
    )
    assert names_of(path, tmp_path / "out") == {"厂区 3.jpg", "plain.jpg", "工地.jpg", "東門.jpg"}


def test_one_bad_name_does_not_cost_the_others(tmp_path: Path) -> None:
    """It is named by its bytes; so is one whose Unicode field or extra fields are malformed."""
    gbk = "厂区.jpg".encode("gbk")
    path = make_odd_zip(
        tmp_path / "p.zip",
        [
            Entry(gbk, is_utf8=True),
            Entry(b"a.jpg", extra=unicode_path(b"a.jpg", b"\xff\xfe")),
            Entry(b"b.jpg", extra=b"\x01\x00\xff\xff\0\0"),
            Entry(b"..\\..\\\xb3\xa7.jpg", is_utf8=True),
        ],
    )
    assert names_of(path, tmp_path / "out") == {
        r"\xb3\xa7\xc7\xf8.jpg", "a.jpg", "b.jpg",
    }  # fmt: skip
    assert batch_stand.errors(tmp_path / "out") == {r"../../\xb3\xa7.jpg": REFUSED}


def test_the_encoding_of_names_may_be_said(tmp_path: Path) -> None:
    """One short name fits many encodings; one that is none is refused with examples."""
    path = make_odd_zip(tmp_path / "p.zip", [Entry("용접.jpg".encode("euc_kr"))])
    assert names_of(path, tmp_path / "out", "euc_kr") == {"용접.jpg"}
    with pytest.raises(ConfigurationInvalid, match="gbk, big5"):
        names_of(path, tmp_path / "other", "klingon")


def test_a_name_without_end_does_not_decide_about_the_others(tmp_path: Path) -> None:
    """Nor is it looked at letter by letter, which takes minutes of many such names."""
    endless = "正門カメラ".encode("shift_jis") * 1000 + b".jpg"
    ordinary = {"厂区.jpg", "安全帽/作业.jpg"}
    entries = [Entry(endless), *(Entry(one.encode("gbk")) for one in sorted(ordinary))]
    assert names_of(make_odd_zip(tmp_path / "p.zip", entries), tmp_path / "out") > ordinary


def test_two_names_that_read_alike_are_kept_apart(tmp_path: Path) -> None:
    """The second one gets its place in the archive behind its name."""
    path = make_odd_zip(
        tmp_path / "p.zip", [Entry("作业.jpg".encode()), Entry("作业.jpg".encode("gbk"))]
    )
    first, second = sorted(names_of(path, tmp_path / "out"))
    assert first == "作业.jpg"
    assert second.startswith("作业.jpg#")


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
