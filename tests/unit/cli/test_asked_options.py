import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import ROOT, Finished, RunCommand

WORKER = ROOT / "samples" / "astronaut-helmet-composed.jpg"


def document(done: Finished) -> dict[str, Any]:
    """The result that was printed."""
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_a_threshold_holds_for_one_command(run_command: RunCommand) -> None:
    """Above the score that the picture shows nobody counts, at it they do; the run says so."""
    usual = document(run_command("detect", WORKER))["detections"]
    score = max(one["score"] for one in usual if one["label"] == "person")
    above = f"person={score + 0.0001:.4f}"
    found = document(run_command("detect", WORKER, "--threshold", above))
    assert [one for one in found["detections"] if one["label"] == "person"] == []
    assert found["runs"][0]["thresholds"]["person"] == pytest.approx(score + 0.0001)
    at = document(run_command("detect", WORKER, "--threshold", f"person={score}"))["detections"]
    assert [one for one in usual if one["score"] >= score] == at


def test_a_threshold_leaves_those_of_the_settings_that_it_does_not_name(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line has the last word, class by class."""
    monkeypatch.setenv("SAFETY_EMBEDDED_THRESHOLDS", "fire=0.9,smoke=0.8")
    done = run_command("detect", WORKER, "--threshold", "smoke=0.7", "--threshold", "person=0.6")
    asked = document(done)["runs"][0]["thresholds"]
    assert (asked["fire"], asked["smoke"], asked["person"]) == (0.9, 0.7, 0.6)


def test_tiling_and_classes_stand_in_the_run(run_command: RunCommand) -> None:
    """A picture in which people were not looked for says so."""
    done = run_command("detect", WORKER, "--tiling", "2x1", "--classes", "fire,smoke")
    run = document(done)["runs"][0]
    assert (run["tiling"], run["tiles"], run["classes"]) == ("2x1", 2, ["fire", "smoke"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--threshold", "fyre=0.5"], "--threshold: 'fyre'"),
        (["--threshold", "fire=2"], "fire=2"),
        (["--threshold", ""], "it is empty"),
        (["--threshold", "fire=0.5", "--threshold", "fire=0.6"], "given twice"),
        (["--tiling", "nine"], "--tiling: 'nine'"),
        (["--tiling", "9x9"], "at most 64"),
        (["--classes", "helmet"], "--classes: 'helmet'"),
        (["--classes", ""], "no class is named"),
        (["--backend", "qwen", "--threshold", "fire=0.5"], "gives no scores"),
        (["--backend", "qwen", "--tiling", "5x4"], "at most 16"),
    ],
)
def test_what_cannot_work_is_wrong_usage(
    run_command: RunCommand, arguments: list[str], said: str
) -> None:
    """The message names the option and what is wrong with it; nothing is inspected."""
    done = run_command("detect", WORKER, *arguments)
    assert done.code == 2
    assert said in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAFETY_EMBEDDED_THRESHOLDS", "fire=high"),
        ("SAFETY_EMBEDDED_THRESHOLDS", "flames=0.5"),
        ("SAFETY_EMBEDDED_TILING", "sometimes"),
        ("SAFETY_CLASSES", "fire,smog"),
    ],
)
def test_a_setting_that_cannot_work_is_named(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A slip in the environment ends the command before it begins."""
    monkeypatch.setenv(name, value)
    done = run_command("detect", WORKER)
    assert done.code == 2
    assert name in done.err
    assert value.partition("=")[0].rpartition(",")[2] in done.err


def test_a_service_has_its_own_settings(run_command: RunCommand, tmp_path: Path) -> None:
    """What a batch asks of a service cannot be asked of its detector."""
    out = tmp_path / "out"
    done = run_command(
        "batch", tmp_path, "--out", out, "--server", "http://127.0.0.1:9", "--classes", "fire"
    )
    assert done.code == 2
    assert "--server and --classes" in done.err
