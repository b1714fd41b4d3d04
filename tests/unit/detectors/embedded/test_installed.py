import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from safety_detector.detectors.embedded.installed import InstalledWeights
from safety_detector.errors import StorageUnavailable, WeightsInvalid

NOW = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)


@pytest.fixture
def installed(tmp_path: Path) -> InstalledWeights:
    """The weights of a data folder that has none yet."""
    return InstalledWeights(tmp_path / "data")


def put_to_use(installed: InstalledWeights, tmp_path: Path, content: bytes) -> Path:
    """Some bytes as weights in use; the installed file."""
    source = tmp_path / "source.onnx"
    source.write_bytes(content)
    taken = installed.take(source)
    installed.use(taken, f"version of {content.decode()}", NOW, "me@here")
    return taken


def test_a_fresh_folder_uses_what_comes_with_the_program(
    installed: InstalledWeights, tmp_path: Path
) -> None:
    """Looking makes nothing."""
    assert installed.path() is None
    assert list(tmp_path.iterdir()) == []


def test_what_was_installed_is_used_even_if_its_source_is_gone(
    installed: InstalledWeights, tmp_path: Path
) -> None:
    """The data folder has its own copy, and says who installed it."""
    taken = put_to_use(installed, tmp_path, b"one")
    (tmp_path / "source.onnx").unlink()
    assert installed.path() == taken
    chosen = installed.in_use()
    assert chosen is not None
    assert (chosen.version, chosen.by, chosen.at) == ("version of one", "me@here", NOW)


def test_one_goes_back_step_by_step_to_the_program_s_own(
    installed: InstalledWeights, tmp_path: Path
) -> None:
    """Nobody is stuck with weights that turned out worse, even installed several times."""
    first = put_to_use(installed, tmp_path, b"one")
    put_to_use(installed, tmp_path, b"two")
    put_to_use(installed, tmp_path, b"one")
    installed.go_back()
    assert installed.path() != first
    installed.go_back()
    assert installed.path() == first
    assert installed.go_back() is None
    assert installed.path() is None
    with pytest.raises(WeightsInvalid, match="No weights were installed"):
        installed.go_back()


@pytest.mark.parametrize("damage", ["changed", "cut", "emptied", "removed", "a folder"])
def test_a_file_that_is_not_what_was_installed_is_refused(
    installed: InstalledWeights, tmp_path: Path, damage: str
) -> None:
    """Other weights than somebody chose never look for fires, nor does a fall-back unasked."""
    taken = put_to_use(installed, tmp_path, b"weights")
    content = {"changed": b"Weights", "cut": b"weigh", "emptied": b""}
    if damage in content:
        taken.write_bytes(content[damage])
    else:
        taken.unlink()
        if damage == "a folder":
            taken.mkdir()
    with pytest.raises(WeightsInvalid, match="weights back"):
        installed.path()
    installed.go_back()
    assert installed.path() is None


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"{",
        b"null",
        b"\xff\xfe",
        b'{"in_use": {"sha256": "../../etc/passwd", "version": "x", "at": 0, "by": "x"}}',
        json.dumps({"in_use": {"sha256": "A" * 64, "version": "", "at": 0, "by": ""}}).encode(),
        b'{"in_use": null}',
        b"[" * 100_000,
    ],
)
def test_a_record_that_says_nothing_usable_is_an_error_that_says_what_to_do(
    installed: InstalledWeights, tmp_path: Path, record: bytes
) -> None:
    """Neither a crash nor silently the program's own, and no path out of the folder."""
    put_to_use(installed, tmp_path, b"one")
    (tmp_path / "data" / "weights" / "in-use.json").write_bytes(record)
    with pytest.raises(WeightsInvalid, match="Remove it to use"):
        installed.path()


@pytest.mark.parametrize("source", ["absent.onnx", "folder"])
def test_what_is_no_file_is_not_taken(
    installed: InstalledWeights, tmp_path: Path, source: str
) -> None:
    """A name that leads nowhere is named."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(WeightsInvalid, match=source):
        installed.take(tmp_path / source)


def test_a_file_of_half_a_gigabyte_is_none_of_ours(
    installed: InstalledWeights, tmp_path: Path
) -> None:
    """A wrong path does not fill the data folder's disk."""
    with (tmp_path / "huge.onnx").open("wb") as file:
        file.truncate(500 * 2**20 + 1)
    with pytest.raises(WeightsInvalid, match="500 MiB"):
        installed.take(tmp_path / "huge.onnx")
    assert not (tmp_path / "data").exists()


def test_where_nothing_can_be_written_what_was_in_use_stays(
    installed: InstalledWeights, tmp_path: Path
) -> None:
    """A failed installation changes nothing."""
    taken = put_to_use(installed, tmp_path, b"one")
    (tmp_path / "data" / "weights" / "in-use.json.part").mkdir()
    source = tmp_path / "source.onnx"
    source.write_bytes(b"two")
    with pytest.raises(StorageUnavailable):
        installed.use(installed.take(source), "two", NOW, "me@here")
    assert installed.path() == taken
