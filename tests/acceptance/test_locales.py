"""The command in locales that are not UTF-8."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

# In order: of the file system's bytes as other programs show them.
_NAMES = {
    "火 gate.jpg".encode(): "火 gate.jpg",
    "Łódź €.jpg".encode(): "Łódź €.jpg",
    b"\xbb\xf0.jpg": "\\xbb\\xf0.jpg",  # a name in GBK: no UTF-8
}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Plain pictures whose names no single old encoding can write."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, name in enumerate(_NAMES):
        path = os.fsencode(folder) + b"/" + name
        grey = np.full((120, 160, 3), 100 + number, dtype=np.uint8)
        with open(path, "wb") as file:  # noqa: PTH123 (the name is no text)
            PIL.Image.fromarray(grey).save(file, format="JPEG")
    return folder


def run(arguments: list[str | Path], locale: dict[str, str], folder: Path) -> bytes:
    """What the command writes to stdout in that locale."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "safety_detector", *arguments],
        env={**kept, **locale},
        cwd=folder,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout


def compiled(name: str, folder: Path) -> dict[str, str]:
    """The environment of a locale that is compiled for this test."""
    if shutil.which("localedef") is None:
        pytest.skip("localedef is not installed")
    language, _, encoding = name.partition(".")
    target = folder / "locales" / name
    target.parent.mkdir()
    command = ["localedef", "-i", language, "-f", encoding, str(target)]
    subprocess.run(command, capture_output=True, timeout=120, check=False)
    if not target.is_dir():
        pytest.skip(f"the sources of the locale {name} are not installed")
    return {"LOCPATH": str(target.parent), "LC_ALL": name}


_OF_PYTHON = [
    # No UTF-8 mode, no coercion: the plain C locale of an old system.
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "gbk"},
    {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "ascii:strict"},
]


@pytest.mark.parametrize("locale", _OF_PYTHON, ids=str)
def test_output_is_utf8_whatever_python_is_told(
    locale: dict[str, str], pictures: Path, tmp_path: Path
) -> None:
    """Each name is the one that the disk has, in lines that every JSON reader reads."""
    assert_names(pictures, locale, tmp_path)


@pytest.mark.parametrize("name", ["zh_CN.GBK", "de_DE.ISO-8859-1", "tr_TR.ISO-8859-9"])
def test_output_is_utf8_in_every_locale(name: str, pictures: Path, tmp_path: Path) -> None:
    """The same in a real locale of another encoding."""
    assert_names(pictures, compiled(name, tmp_path), tmp_path)


def assert_names(pictures: Path, locale: dict[str, str], folder: Path) -> None:
    """Runs ``detect`` and ``batch`` on the pictures, and reads what they wrote."""
    paths: list[str | Path] = [*sorted(pictures.iterdir())]
    detected = run(["detect", "--lang", "zh", *paths], locale, folder)
    assert names_in(detected) == sorted(_NAMES.values())
    run(["batch", pictures, "--out", "out", "--formats", "csv"], locale, folder)
    assert names_in((folder / "out" / "results.jsonl").read_bytes()) == sorted(_NAMES.values())
    csv = (folder / "out" / "detections.csv").read_bytes()
    csv.decode("utf-8")


def names_in(lines: bytes) -> list[str]:
    """The names of the pictures in JSON Lines."""
    documents = [json.loads(line) for line in lines.decode("utf-8").splitlines()]
    return sorted(document["image"]["name"] for document in documents)
