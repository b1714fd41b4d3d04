"""What ``detect`` says to people on a terminal."""

from __future__ import annotations

import pytest

from safety_detector.cli.detect_table import print_results
from tests.report_entries import FIRE, failed, inspection


def test_failures_are_counted_apart_from_doubts(capsys: pytest.CaptureFixture[str]) -> None:
    """Both are inconclusive, but only a failure asks for another file or address."""
    print_results([inspection(1, FIRE), failed(2)], "en")
    assert "2 pictures: 1 hazard, 0 clear, 1 inconclusive (1 failed)" in capsys.readouterr().out
    print_results([inspection(1, FIRE)], "en")
    assert "failed" not in capsys.readouterr().out
