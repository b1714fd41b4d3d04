"""The data folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from safety_detector.errors import PictureMissing, StorageUnavailable
from safety_detector.storage.keys import annotated_key, picture_key
from safety_detector.storage.storage import Storage


@pytest.fixture
def storage(quick_path: Path) -> Storage:
    """An empty data folder."""
    made = Storage(quick_path / "data")
    made.prepare()
    return made


def stored_files(folder: Path) -> list[str]:
    """Every file, relative to the folder, but for what explains the folder of fonts."""
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return sorted(str(path) for path in files if path.parts[0] != "fonts")


def test_a_picture_lies_under_its_hash(storage: Storage, quick_path: Path) -> None:
    """Nothing else is left of its way in."""
    sha256 = hashlib.sha256(b"picture").hexdigest()
    assert storage.store_picture(b"picture") == sha256
    assert storage.read_picture(sha256) == b"picture"
    assert stored_files(quick_path / "data") == [f"images/{sha256[:2]}/{sha256}"]


def test_an_upload_in_pieces_counts_and_hashes_as_it_comes(storage: Storage) -> None:
    """Size and hash are known at any moment, before anything is committed."""
    with storage.new_upload() as upload:
        upload.write(b"pic")
        assert (upload.size_bytes, upload.read()) == (3, b"pic")
        upload.write(b"ture")
        assert upload.sha256 == hashlib.sha256(b"picture").hexdigest()
        assert not (storage.root / picture_key(upload.sha256)).exists()
        assert storage.read_picture(upload.commit()) == b"picture"


@pytest.mark.parametrize("size", [100, 1_000_000])
def test_an_upload_touches_the_disk_when_it_must(
    storage: Storage, quick_path: Path, size: int
) -> None:
    """A small one that is refused costs no write; a large one does not stay in memory."""
    incoming = quick_path / "data" / "images" / ".incoming"
    halves = [bytes([number]) * size for number in (1, 2)]
    with storage.new_upload() as upload:
        for half in halves:
            upload.write(half)
        written = [file.stat().st_size for file in incoming.iterdir()]
        assert sum(written) <= 2 * size
        assert bool(written) == (size > 100)
        assert upload.read() == b"".join(halves)
        assert storage.read_picture(upload.commit()) == b"".join(halves)


def test_an_upload_that_is_not_committed_leaves_nothing(storage: Storage, quick_path: Path) -> None:
    """A client that goes away in the middle costs no room."""
    with suppress(ZeroDivisionError), storage.new_upload() as upload:
        upload.write(b"half")
        raise ZeroDivisionError
    assert stored_files(quick_path / "data") == []


def test_the_same_bytes_at_once_are_one_whole_file(storage: Storage) -> None:
    """Uploads of one picture do not disturb each other."""
    data = os.urandom(300_000)
    threads = [threading.Thread(target=storage.store_picture, args=(data,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert storage.read_picture(hashlib.sha256(data).hexdigest()) == data


def test_annotated_pictures_of_each_fence_lie_apart(storage: Storage) -> None:
    """A late worker cannot overwrite the current one's picture."""
    inspection = "01M801JRH5SZ10YE907AAC13G8"
    storage.store_annotated([(inspection, 1, b"first"), (inspection, 2, b"second")])
    first, second = (storage.root / annotated_key(inspection, fence) for fence in (1, 2))
    assert (first.read_bytes(), second.read_bytes()) == (b"first", b"second")
    storage.delete_annotated(inspection, 1)
    assert not first.exists()
    assert second.exists()


def test_each_claim_of_a_report_has_its_own_folder(storage: Storage) -> None:
    """The next claim begins anew, and nobody else's report is touched."""
    other = storage.begin_report("r2", 1) / "report.pdf"
    other.write_bytes(b"%PDF")
    first = storage.begin_report("r1", 1)
    (first / "half.part").write_bytes(b"%PD")
    second = storage.begin_report("r1", 2)
    assert not first.exists()
    assert list(second.iterdir()) == []
    storage.keep_report("r1", 2)
    storage.delete_reports("r1", but_fence=2)
    assert second.is_dir()
    storage.delete_report("r1", 2)
    assert not second.exists()
    assert other.is_file()


def test_preparing_twice_changes_nothing(storage: Storage) -> None:
    """Every role prepares the folder when it starts."""
    sha256 = storage.store_picture(b"picture")
    storage.prepare()
    assert storage.read_picture(sha256) == b"picture"


def test_a_missing_picture_is_told_apart_from_a_missing_folder(
    storage: Storage, quick_path: Path
) -> None:
    """The first is that picture's fault; the second is an outage, and pictures wait."""
    sha256 = storage.store_picture(b"picture")
    storage.delete_picture(sha256)
    storage.delete_picture(sha256)
    with pytest.raises(PictureMissing):
        storage.read_picture(sha256)
    (quick_path / "data").rename(quick_path / "elsewhere")
    with pytest.raises(StorageUnavailable):
        storage.read_picture(sha256)


def test_a_folder_that_cannot_be_written_is_an_outage(storage: Storage, quick_path: Path) -> None:
    """Nothing is accepted, and the message says what is wrong."""
    incoming = quick_path / "data" / "images" / ".incoming"
    storage.check_writable()
    incoming.rmdir()
    incoming.write_text("a file where a folder should be")
    for attempt in (storage.check_writable, lambda: storage.store_picture(b"")):
        with pytest.raises(StorageUnavailable, match="Not a directory"):
            attempt()


_ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from safety_detector.errors import StorageUnavailable
from safety_detector.storage.storage import Storage

storage = Storage(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no file can grow: what a full disk does
try:
    storage.check_writable()
except StorageUnavailable:
    with storage.new_upload() as upload:
        upload.write(b"half")
    print("unavailable")
"""


def test_a_full_disk_is_an_outage_and_leaves_no_files(storage: Storage, quick_path: Path) -> None:
    """The check says so though its bytes fit into memory; giving an upload up raises nothing."""
    folder = quick_path / "data"
    command = [sys.executable, "-c", _ON_A_FULL_DISK, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.stdout, done.stderr) == ("unavailable\n", "")
    assert storage.discard_stale_uploads(timedelta(seconds=-60)) == 0
    assert stored_files(folder) == []


def test_a_removed_subfolder_comes_back_by_itself(storage: Storage, quick_path: Path) -> None:
    """Whoever tidies up empty folders does no harm."""
    sha256 = hashlib.sha256(b"picture").hexdigest()
    (quick_path / "data" / "images" / sha256[:2]).rmdir()
    assert storage.store_picture(b"picture") == sha256


def test_scratch_folders_that_a_dead_process_left_are_removed(storage: Storage) -> None:
    """Those of blocks that end are gone at once, those in use stay."""
    with storage.scratch_folder() as left:
        (left / "report.pdf").write_bytes(b"half")
        copy = left.with_name("left")
        shutil.copytree(left, copy)
    assert not left.exists()
    os.utime(copy, (0, 0))
    with storage.scratch_folder() as used:
        assert storage.discard_stale_uploads(timedelta(hours=1)) == 1
        assert not copy.exists()
        assert used.exists()


def test_uploads_that_a_dead_process_left_are_removed(storage: Storage, quick_path: Path) -> None:
    """Only those that nobody can be writing any more."""
    left = quick_path / "data" / "images" / ".incoming" / "left"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    with storage.new_upload() as upload:
        upload.write(b"now")
        assert storage.discard_stale_uploads(timedelta(hours=1)) == 1
        assert not left.exists()
        upload.commit()
