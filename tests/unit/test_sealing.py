"""Sealing: what stands in the database, and what happens when the key is not what it was."""

from __future__ import annotations

import multiprocessing
import stat
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from safety_detector.errors import SecretsLost, StorageUnavailable
from safety_detector.sealing import Seal

SECRET = {"username": "viewer", "password": "pässword #1"}


def test_what_is_sealed_comes_back_and_cannot_be_read_otherwise(tmp_path: Path) -> None:
    """The key is made at the first need, for its owner alone, and serves every process."""
    key_file = tmp_path / "keys" / "seal.key"
    sealed = Seal(key_file).seal(SECRET)
    assert b"viewer" not in sealed
    assert Seal(key_file).open(sealed) == SECRET
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
    assert not list(tmp_path.rglob("*.part"))


def test_a_password_is_sealed_to_another_text_each_time(tmp_path: Path) -> None:
    """Nobody sees in the database which cameras share a password."""
    seal = Seal(tmp_path / "seal.key")
    assert seal.seal(SECRET) != seal.seal(SECRET)


def test_a_key_that_is_gone_is_told_and_a_key_that_is_put_back_counts(tmp_path: Path) -> None:
    """Opening makes no new key, which would hide that the old one is missing."""
    key_file = tmp_path / "seal.key"
    seal = Seal(key_file)
    sealed = seal.seal(SECRET)
    key_file.rename(tmp_path / "copy")
    with pytest.raises(SecretsLost, match="give the passwords again"):
        seal.open(sealed)
    assert not key_file.exists()
    (tmp_path / "copy").rename(key_file)
    assert seal.open(sealed) == SECRET


@pytest.mark.parametrize(
    "content", [b"not a key\n", b"\xff\xfe\x00", b"A" * 43 + b"=", b"x" * 9999]
)
def test_another_key_or_none_at_all_is_told_by_its_file(tmp_path: Path, content: bytes) -> None:
    """And the file is not written over: it may be somebody's only copy of something."""
    key_file = tmp_path / "seal.key"
    seal = Seal(key_file)
    sealed = seal.seal(SECRET)
    key_file.write_bytes(content)
    with pytest.raises(SecretsLost, match=r"seal\.key"):
        seal.open(sealed)
    assert key_file.read_bytes() == content


@pytest.mark.parametrize("damaged", [b"", b"x", b"gAAAA", b"\x00" * 100])
def test_sealed_bytes_that_were_damaged_are_told(tmp_path: Path, damaged: bytes) -> None:
    """A row that was changed by hand ends in the same error."""
    seal = Seal(tmp_path / "seal.key")
    sealed = seal.seal(SECRET)
    other = b"A" if sealed[30:31] != b"A" else b"B"
    for one in (damaged, sealed[:-1], sealed[:30] + other + sealed[31:]):
        with pytest.raises(SecretsLost):
            seal.open(one)


def test_an_empty_key_file_is_no_key(tmp_path: Path) -> None:
    """As a crash or ``touch`` may leave it."""
    key_file = tmp_path / "seal.key"
    key_file.touch()
    assert Seal(key_file).open(Seal(key_file).seal(SECRET)) == SECRET


def test_where_no_key_can_be_made_that_is_said(tmp_path: Path) -> None:
    """With the place and the cause."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageUnavailable, match=r"file/seal\.key"):
        Seal(tmp_path / "file" / "seal.key").seal(SECRET)


def _seal_in_process(key_file: Path, start: Barrier, sealed: Path) -> None:
    start.wait(30)
    sealed.write_bytes(Seal(key_file).seal(SECRET))


@pytest.mark.processes
def test_processes_that_need_the_first_key_at_once_get_the_same_one(tmp_path: Path) -> None:
    """Each could open what any other sealed."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(4)
    key_file = tmp_path / "keys" / "seal.key"
    files = [tmp_path / str(number) for number in range(4)]
    processes = [
        context.Process(target=_seal_in_process, args=(key_file, start, file)) for file in files
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [Seal(key_file).open(file.read_bytes()) for file in files] == [SECRET] * 4
