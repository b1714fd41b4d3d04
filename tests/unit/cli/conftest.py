import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import PIL.Image
import pytest

from safety_detector.cli.main import main
from tests.pictures import scene


@dataclass(frozen=True)
class Finished:
    """What a command did."""

    code: int
    out: str
    err: str


ROOT = Path(__file__).parents[3]

RunCommand = Callable[..., Finished]


@pytest.fixture(autouse=True)
def clean_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's machine reaches a test."""
    for name in list(os.environ):
        if name.upper().startswith("SAFETY_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> RunCommand:
    """Runs ``safety-detector`` with arguments, in this process."""
    umask = os.umask(0o077)
    os.umask(umask)

    def run(*arguments: str | Path, stdin: bytes = b"") -> Finished:
        monkeypatch.setattr(sys, "argv", ["safety-detector", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfd.readouterr()
        # --data-dir sets an environment variable, for this one command.
        with patch.dict(os.environ), pytest.raises(SystemExit) as ended:
            main()
        os.umask(umask)  # commands of the service keep what they write to themselves
        out, err = capfd.readouterr()
        return Finished(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def plain_picture(tmp_path: Path) -> Path:
    """A picture of a few boxes, without a hazard."""
    path = tmp_path / "plain.jpg"
    PIL.Image.fromarray(scene(160, 120)).save(path)
    return path


@pytest.fixture
def hazardous_picture() -> Path:
    """A picture in which the embedded detector finds a hazard."""
    return ROOT / "samples" / "fire-in-laboratory.jpg"
