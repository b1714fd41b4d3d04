"""Blobs in a folder: what every place for blobs promises."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from safety_detector.storage.blobs import BlobMissing, Blobs
from safety_detector.storage.local_folder import LocalFolder

KEY = "images/ab/abc"


@pytest.fixture
def folder(quick_path: Path) -> Path:
    """The folder, with one for what is on its way in."""
    (quick_path / "data" / "incoming").mkdir(parents=True)
    return quick_path / "data"


@pytest.fixture
def blobs(folder: Path) -> Blobs:
    """A place for blobs, ready for pictures."""
    made = LocalFolder(folder, folder / "incoming")
    made.prepare(("images/ab/", "reports/"))
    return made


def test_what_was_put_is_read_listed_and_removed(blobs: Blobs) -> None:
    """With its size and time; removing it again is no error."""
    blobs.put([(KEY, b"picture"), ("images/ab/abd", b""), ("marked/X/1.jpg", b"other")])
    assert blobs.read(KEY) == b"picture"
    facts = blobs.stat(KEY)
    assert facts is not None
    assert (facts.key, facts.size_bytes) == (KEY, 7)
    assert sorted(one.key for one in blobs.list("images/ab/")) == [KEY, "images/ab/abd"]
    assert facts in blobs.list("images/ab/")
    for _ in range(2):
        blobs.delete(KEY)
        assert blobs.stat(KEY) is None
    assert [one.key for one in blobs.list("images/ab/")] == ["images/ab/abd"]


def test_a_later_blob_takes_the_place_of_an_earlier_one(blobs: Blobs) -> None:
    """Whoever reads sees the one or the other, never a mixture."""
    contents = [bytes([number]) * 200_000 for number in range(4)]
    blobs.put([(KEY, contents[0])])
    threads = [threading.Thread(target=blobs.put, args=([(KEY, one)],)) for one in contents]
    for thread in threads:
        thread.start()
    seen = {blobs.read(KEY) for _ in range(50)}
    for thread in threads:
        thread.join()
    assert seen <= set(contents)


@pytest.mark.parametrize(
    ("start", "size", "content"),
    [
        (0, None, b"0123456789"),
        (4, None, b"456789"),
        (0, 3, b"012"),
        (7, 3, b"789"),
        (7, 100, b"789"),
        (10, None, b""),
        (99, 5, b""),
    ],
)
def test_a_range_is_read_as_far_as_there_is_something(
    blobs: Blobs, start: int, size: int | None, content: bytes
) -> None:
    """In pieces of any size; the facts are those of the whole blob."""
    blobs.put([(KEY, b"0123456789")])
    with blobs.open(KEY, start, size) as blob:
        assert (blob.facts.size_bytes, blob.size_bytes) == (10, len(content))
        assert blob.read(2) + blob.read(3) + blob.read(1000) == content
        assert blob.read(1) == b""


def test_a_missing_blob_is_told_apart_from_a_missing_place(blobs: Blobs, folder: Path) -> None:
    """Also where somebody tidied its folder up; a place that is away is an outage."""
    for key in (KEY, "nowhere/at/all"):
        with pytest.raises(BlobMissing):
            blobs.read(key)
        with pytest.raises(BlobMissing):
            blobs.open(key)
        assert blobs.stat(key) is None
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(FileNotFoundError):
        blobs.read(KEY)
    with pytest.raises(FileNotFoundError):
        blobs.list("images/ab/")


def test_bytes_get_their_key_when_all_have_come(blobs: Blobs, folder: Path) -> None:
    """Until then nobody sees them, and what is given up leaves nothing."""
    incoming, given_up = blobs.receive(), blobs.receive()
    for one in (incoming, given_up):
        one.write(b"pic")
        one.write(b"ture")
        assert one.read() == b"picture"
    assert blobs.stat(KEY) is None
    incoming.flush()
    incoming.commit(KEY)
    for one in (incoming, given_up):
        one.discard()
    assert blobs.read(KEY) == b"picture"
    assert list((folder / "incoming").iterdir()) == []


def test_a_group_is_written_as_files_and_goes_as_one(blobs: Blobs) -> None:
    """What was begun is listed too, so that nothing is left behind."""
    for group in ("reports/r1-1/", "reports/r1-2/", "reports/r10-1/"):
        (blobs.begin_group(group) / "report.pdf").write_bytes(group.encode())
    for _ in range(2):
        blobs.keep_group("reports/r1-2/")
    assert blobs.read("reports/r1-2/report.pdf") == b"reports/r1-2/"
    assert sorted(blobs.groups("reports/r1-")) == ["reports/r1-1/", "reports/r1-2/"]
    assert len(blobs.groups("reports/")) == 3
    for _ in range(2):
        blobs.delete_group("reports/r1-2/")
    assert sorted(blobs.groups("reports/")) == ["reports/r1-1/", "reports/r10-1/"]
    assert list(blobs.begin_group("reports/r1-1/").iterdir()) == []
    assert list(blobs.groups("elsewhere/")) == []


@pytest.mark.parametrize("key", ["/etc/passwd", "../outside", "images/../../outside"])
def test_no_key_leads_out_of_the_folder(blobs: Blobs, key: str) -> None:
    """Whatever a key was made from."""
    for attempt in (blobs.read, blobs.open, blobs.stat, blobs.delete, blobs.list):
        with pytest.raises(ValueError, match="no key"):
            attempt(key)
    for attempt in (blobs.begin_group, blobs.delete_group, blobs.groups):
        with pytest.raises(ValueError, match="no key"):
            attempt(f"{key}/")
    with pytest.raises(ValueError, match="no key"):
        blobs.put([(key, b"")])


def test_what_is_no_blob_is_not_listed(blobs: Blobs, folder: Path) -> None:
    """Folders that somebody made, and links are not followed."""
    (folder / "images" / "ab" / "somebody").mkdir()
    (folder / "images" / "ab" / "link").symlink_to("/etc/passwd")
    blobs.put([(KEY, b"picture")])
    listed = {one.key: one.size_bytes for one in blobs.list("images/ab/")}
    assert listed[KEY] == 7
    assert "images/ab/somebody" not in listed
    assert listed.get("images/ab/link", 0) < 100
