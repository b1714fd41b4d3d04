"""The real service while its clock is set; at large in ``benchmarks/clock_faults.py``."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import pytest

from benchmarks.clock_faults import run


@pytest.mark.parametrize("name", ["year", "past"])
def test_a_wrong_clock_takes_no_picture_away(name: str, tmp_path: Path) -> None:
    """Kept for 90 days, 400 days ahead or ten years behind, a new worker in it and after it."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler for the library that shifts the clock")
    options = argparse.Namespace(pictures=8, wrong=2.0, database="sqlite", broker="valkey")
    assert run(name, options, None, tmp_path)
