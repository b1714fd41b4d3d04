"""Commands about a service find its data folder, or say that it is not there; none makes one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import RunCommand

_ABOUT_A_SERVICE = [
    ("keys", "list"),
    ("keys", "create", "me", "--scope", "admin"),
    ("keys", "revoke", "01KAJ8W4T0X2V7Q9R5N3M1B6CD"),
    ("hold", "list"),
    ("hold", "set", "--reason", "accident", "01KAJ8W4T0X2V7Q9R5N3M1B6CD"),
    ("hold", "release", "01KAJ8W4T0X2V7Q9R5N3M1B6CD"),
    ("purge", "--keep-days", "30"),
    ("audit",),
    ("requeue", "01KAJ8W4T0X2V7Q9R5N3M1B6CD"),
    ("report", "--out", "out.pdf", "--batch", "01KAJ8W4T0X2V7Q9R5N3M1B6CD"),
    ("worker", "--check"),
    ("watch",),
    ("watch", "--check"),
]


@pytest.mark.parametrize("command", _ABOUT_A_SERVICE, ids=" ".join)
def test_no_data_folder_is_made(
    command: tuple[str, ...], run_command: RunCommand, tmp_path: Path
) -> None:
    """In a folder without a service each is refused, names what to set, and leaves nothing."""
    done = run_command(*command)
    assert done.code == 2
    assert str(tmp_path / "data") in done.err
    assert "--data-dir" in done.err
    assert "SAFETY_DATA_DIR" in done.err
    assert not list(tmp_path.iterdir())


def test_a_folder_of_somebody_else_is_no_service(run_command: RunCommand, tmp_path: Path) -> None:
    """A folder that happens to be called data gets no database."""
    (tmp_path / "data").mkdir()
    done = run_command("keys", "list")
    assert done.code == 2
    assert "no database" in done.err
    assert not list((tmp_path / "data").iterdir())


def test_the_option_goes_before_the_setting(
    run_command: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--data-dir names the folder for this command, whatever SAFETY_DATA_DIR says."""
    monkeypatch.setenv("SAFETY_DATA_DIR", str(tmp_path / "elsewhere"))
    here = str(tmp_path / "here")
    assert run_command("migrate", "--data-dir", here).code == 0
    assert json.loads(run_command("keys", "list", "--data-dir", here).out) == {"keys": []}
    assert not (tmp_path / "elsewhere").exists()


def test_the_folder_of_fonts_says_what_it_is_for(run_command: RunCommand, tmp_path: Path) -> None:
    """It is made with the others; whoever opens it reads what belongs there, and it is no font."""
    folder = tmp_path / "site"
    assert run_command("migrate", "--data-dir", str(folder)).code == 0
    assert {"images", "marked_images", "fonts", "reports"} <= {one.name for one in folder.iterdir()}
    assert "TrueType" in (folder / "fonts" / "README.txt").read_text(encoding="utf-8")
    assert run_command("doctor", "--data-dir", str(folder)).code == 0
