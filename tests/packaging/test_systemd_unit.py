"""The systemd unit and its page: what they name exists, and systemd finds no fault."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from safety_detector.settings import known_variables

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "safety-detector.service"
PAGE = ROOT / "docs" / "systemd.md"


def values(key: str) -> list[str]:
    """Every value of a key of the unit."""
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


def help_of(*command: str) -> str:
    """What the command's help says."""
    done = subprocess.run(
        [sys.executable, "-m", "safety_detector", *command, "--help"],
        env={"COLUMNS": "200", "TERM": "dumb"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_unit_starts_a_command_that_exists_with_settings_that_exist() -> None:
    """A renamed option or setting must not leave the unit behind."""
    [start] = values("ExecStart")
    program, command, *arguments = shlex.split(start)
    assert Path(program).name == "safety-detector"
    told = help_of(command)
    options = [one for one in arguments if one.startswith("--")]
    assert options
    assert all(option in told for option in options)
    names = {one.partition("=")[0] for one in values("Environment")}
    assert names <= known_variables()
    # Exit status 2 is wrong usage everywhere.
    assert values("RestartPreventExitStatus") == ["2"]


def test_every_command_of_the_page_exists() -> None:
    """An operator copies them at night."""
    page = PAGE.read_text(encoding="utf-8")
    commands = {match[1] for match in re.finditer(r"\bsd ([a-z]+)", page)}
    assert {"backup", "doctor", "keys", "purge"} <= commands
    for command in commands:
        assert "--data-dir" in help_of(*([command, "list"] if command == "keys" else [command]))
    for name in re.findall(r"SAFETY_[A-Z_]+[A-Z]", page):
        assert name in known_variables()


def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    """As systemd-analyze reads it, with a program that is there."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/safety-detector/bin/safety-detector", "/bin/true"))
    done = subprocess.run(
        [analyze, "verify", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
