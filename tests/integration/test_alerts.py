"""The alert rules and the page about monitoring, held against a real Prometheus and a real API."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api_server import ApiRunner, make_jpeg

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus-alerts.yml"
CASES = ROOT / "tests" / "data" / "prometheus-alerts-test.yml"
PAGE = ROOT / "docs" / "monitoring.md"
_SUFFIXES = re.compile(r"_(bucket|count|sum|created)$")


@pytest.fixture
def promtool() -> str:
    """Prometheus' own checker."""
    found = shutil.which("promtool", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/bin"]))
    if found is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What /metrics says of a service with a camera, a frame, and a picture that waits."""
    runner = ApiRunner(tmp_path_factory.mktemp("metrics"))
    api = runner.start()
    with api.client() as client:
        client.post("/v1/cameras", json={"id": "gate-3", "name": "Gate"})
        client.post("/v1/cameras", json={"id": "gate-4", "name": "Gate"})
        client.post("/v1/cameras/gate-3/frames", content=make_jpeg(1))
        client.post("/v1/cameras/gate-3/frames", content=b"no picture")
        api.work()
        client.post("/v1/inspections", content=make_jpeg(2))
        api.service.operation.upkeep.report_worker("a worker", "embedded", 2)
        yield client.get("/metrics").text
    runner.stop()


def families(text: str) -> set[str]:
    """The metrics that a text of Prometheus declares."""
    return {
        name for name in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)
        if not name.endswith("_created")
    }  # fmt: skip


def named(text: str) -> set[str]:
    """The metrics that a text speaks of."""
    return {_SUFFIXES.sub("", name) for name in re.findall(r"\bsafety_[a-z_]+[a-z]\b", text)}


def test_prometheus_takes_the_rules(promtool: str) -> None:
    """The rule file is one, by Prometheus' own word."""
    done = subprocess.run([promtool, "check", "rules", RULES], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_alerts_fire_when_they_should_and_not_otherwise(promtool: str, tmp_path: Path) -> None:
    """A healthy service raises nothing; each fault raises its alert."""
    cases = tmp_path / "test.yml"
    cases.write_text(CASES.read_text().replace("RULES", str(RULES)))
    done = subprocess.run([promtool, "test", "rules", cases], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tried_and_explained() -> None:
    """No alert lacks a test or a line on what to do."""
    alerts = set(re.findall(r"- alert: (\w+)", RULES.read_text()))
    assert alerts <= set(re.findall(r"\bSafety\w+", CASES.read_text()))
    assert alerts == set(re.findall(r"`(Safety\w+)`", PAGE.read_text()))


def test_rules_and_page_name_metrics_that_exist(told: str) -> None:
    """Rules are about what /metrics tells, and the page explains each metric and no other."""
    rules = "\n".join(
        line for line in RULES.read_text().splitlines() if not line.strip().startswith("#")
    )
    assert named(rules) <= families(told)
    table = PAGE.read_text().partition("### Metrics")[2].partition("\n\nWhat workers count")[0]
    assert named(table) == families(told)


def test_cameras_and_findings_have_series(told: str) -> None:
    """Frames by camera and outcome, verdicts, hazards and the disk are told as they are."""
    for line in (
        'safety_camera_frames_received_total{camera="gate-3"} 2.0',
        'safety_camera_frames_ended_total{camera="gate-3",outcome="inspected"} 1.0',
        'safety_camera_frames_ended_total{camera="gate-3",outcome="refused"} 1.0',
        'safety_camera_enabled{camera="gate-4"} 1.0',
        'safety_verdicts_total{backend="embedded",verdict="hazard"} 1.0',
        'safety_detections_total{backend="embedded",label="fire",sub_label="severe"} 1.0',
        "safety_cameras 2.0",
    ):
        assert f"\n{line}\n" in told
    assert re.search(r'^safety_camera_newest_frame_seconds\{camera="gate-3"\} 1\.', told, re.M)
    assert 'newest_frame_seconds{camera="gate-4"}' not in told
    assert re.search(r"^safety_disk_free_bytes [1-9]", told, re.M)
