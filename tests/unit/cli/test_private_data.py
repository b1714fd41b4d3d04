"""What the service writes is for its own user alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import RunCommand


@pytest.fixture(autouse=True)
def generous_umask() -> Iterator[None]:
    """The one of most systems: others may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_others_reach_nothing_in_a_new_data_folder(run_command: RunCommand, tmp_path: Path) -> None:
    """Neither pictures nor the database with its hashes of keys."""
    folder = tmp_path / "srv" / "safety"
    done = run_command("migrate", "--data-dir", folder)
    assert done.code == 0
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "safety-detector.db").stat().st_mode & 0o777 == 0o600
    assert "Other users" not in done.err


@pytest.mark.parametrize(("mode", "told"), [(0o755, "may read"), (0o777, "may read and change")])
def test_a_folder_that_others_may_enter_is_named(
    run_command: RunCommand, tmp_path: Path, mode: int, told: str
) -> None:
    """It is the operator's decision; the warning says what to type."""
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(mode)
    done = run_command("migrate", "--data-dir", folder)
    assert done.code == 0
    assert told in done.err
    assert f"chmod 700 {folder}" in done.err.replace("\n", "")
