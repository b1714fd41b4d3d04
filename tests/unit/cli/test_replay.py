"""``safety-detector replay``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import decide_verdict
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.core import Service
from safety_detector.service.records import Finding, Submission
from safety_detector.settings import load_settings
from safety_detector.wiring import open_migrated_database, open_service
from tests.pictures import jpeg
from tests.service_stand import next_claim

from .conftest import RunCommand


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Service]:
    """A service whose camera saw a small fire five times, not too surely."""
    monkeypatch.setenv("SAFETY_DATA_DIR", str(tmp_path / "data"))
    settings = load_settings()
    open_migrated_database(settings).close()
    service = open_service(settings, lambda _backend: None)
    service.storage.prepare()
    service.cameras.records.create(CameraSettings("Gate 3"), "gate")
    fire = (Detection(Box(1, 2, 30, 40), Hazard(Label.FIRE, SubLabel.MINOR), 0.8),)
    runs = (DetectorRun("embedded", "a model"),)
    for _ in range(5):
        frame = Submission("f.jpg", camera_id="gate")
        service.inspections.intake.accept(jpeg(), frame)
        claim = next_claim(service)
        assert claim is not None
        found = Finding(claim, fire, runs, decide_verdict(fire, runs), b"annotated")
        assert service.inspections.findings.record([found]) == [True]
    yield service
    service.close()


def test_what_other_rules_would_have_lost_is_shown(run_command: RunCommand, tmp_path: Path) -> None:
    """A higher opening score loses the fire; without a file nothing is lost."""
    plain = json.loads(run_command("replay", "--camera", "gate").out)
    assert (plain["looks"], plain["present"]["incidents"], plain["lost"]) == (5, 1, [])
    rules = tmp_path / "strict.json"
    rules.write_text('{"opening": {"fire": {"opening_score": 0.9}}}')
    strict = json.loads(run_command("replay", "--camera", "gate", "--rules", rules).out)
    assert strict["other"]["incidents"] == 0
    (lost,) = strict["lost"]
    assert lost["hazards"] == ["fire"]
    assert lost["sightings"] == 5


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ('{"opening": {"flood": {}}}', "opening"),
        ('{"opening": {"fire": {"sightings": 9}}}', "9 of 3 looks"),
        ('{"opening": {"fire": {"window_s": 0}}}', "window_s"),
        ('{"quiet": 5}', "quiet"),
        ('{"masks": [{"polygon": [[0, 0], [1, 1], [1, 0], [0, 0.5]], "reason": "x"}]}', "crosses"),
        ("{", "JSON"),
    ],
)
def test_rules_that_cannot_be_are_refused_with_what_is_wrong(
    run_command: RunCommand, tmp_path: Path, written: str, named: str
) -> None:
    """Before anything is read."""
    rules = tmp_path / "rules.json"
    rules.write_text(written)
    answer = run_command("replay", "--camera", "gate", "--rules", rules)
    assert answer.code == 2
    assert named in answer.err
    assert str(rules) in answer.err


def test_a_camera_that_is_not_there_is_told(run_command: RunCommand) -> None:
    """So is a file of rules that is not."""
    assert "elsewhere" in run_command("replay", "--camera", "elsewhere").err
    missing = run_command("replay", "--camera", "gate", "--rules", "missing.json")
    assert missing.code == 2
    assert "missing.json" in missing.err
