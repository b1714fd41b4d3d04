"""``make audit``: what it says of packages of which nothing is known."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .audit import SOUND, UNKNOWN, VULNERABLE
from .conftest import ROOT

SOUND_ONE = {"name": "anyio", "version": "4.16.0", "vulns": []}
BAD_ONE = {"name": "celery", "version": "5.7.0", "vulns": [{"id": "CVE-2026-1"}]}
UNKNOWN_ONE = {"name": "kombu", "skip_reason": "Dependency not found on PyPI"}


def stand_in(folder: Path, packages: list[Any] | None) -> str:
    """A program that prints what pip-audit would; None: it ends with an error, offline."""
    script = folder / "pip-audit"
    said = "" if packages is None else json.dumps({"dependencies": packages, "fixes": []})
    script.write_text(f"#!/bin/sh\nprintf '%s' '{said}'\nexit 1\n")
    script.chmod(0o755)
    return str(script)


@pytest.mark.parametrize(
    ("packages", "status", "says"),
    [
        ([SOUND_ONE], SOUND, "1 packages looked up, 0 of them"),
        ([SOUND_ONE, BAD_ONE], VULNERABLE, "celery 5.7.0: CVE-2026-1"),
        ([BAD_ONE, UNKNOWN_ONE], VULNERABLE, "NOT AUDITED: kombu (1)"),
        ([SOUND_ONE, UNKNOWN_ONE], UNKNOWN, "NOT AUDITED: kombu (1)"),
        ([], UNKNOWN, "NOT AUDITED: every package"),
        (None, UNKNOWN, "NOT AUDITED: every package"),
    ],
)
def test_what_could_not_be_looked_up_is_not_called_clean(
    tmp_path: Path, packages: list[Any] | None, status: int, says: str
) -> None:
    """Offline or behind a mirror the exit status is not that of a clean audit, and it says why."""
    program = stand_in(tmp_path, packages)
    command = [sys.executable, "-m", "tests.acceptance.audit", program, "requirements.lock"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert says in done.stdout
