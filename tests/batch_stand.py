"""Batches for tests: a detector whose answer follows from the picture, and runs of it.

    python -m tests.batch_stand SOURCE OUT DELAY_S

runs one in a process of its own, to be killed.
"""

from __future__ import annotations

import csv
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from safety_detector.appearance.fonts import find_fonts
from safety_detector.batch.outputs import Format
from safety_detector.batch.picture_runner import Equipment, local_equipment
from safety_detector.batch.run import Ended, News, Plan, run_batch
from safety_detector.domain.detections import Detection, DetectorOutcome, DetectorRun, RunConditions
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.ingest.admission import Limits
from safety_detector.ingest.fetching import FetchPolicy
from safety_detector.pictures.images import RgbImage
from safety_detector.sources.left_out import Selection
from safety_detector.sources.source import SourceOptions, open_source

QUICK = frozenset({Format.CSV, Format.COCO, Format.ANNOTATED})
"""All usual outputs but the report, which takes the most time."""

_HAZARDS = (
    Hazard(Label.FIRE, SubLabel.MINOR),
    Hazard(Label.PERSON, SubLabel.NO_HELMET),
    Hazard(Label.PERSON, SubLabel.HELMET),
)


class PixelDetector:
    """Finds what the sum of a picture's pixels says, after ``delay_s``; counts its calls."""

    backend = "embedded"
    prompt_version = None
    conditions = RunConditions()

    def __init__(self, delay_s: float = 0.0, model: str = "pixels 1") -> None:
        self.model = model
        self.calls = 0
        self.on_call: Callable[[int], None] = lambda _calls: None
        self._delay_s = delay_s
        self._counting = threading.Lock()

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = False) -> DetectorOutcome:
        """One box or none."""
        with self._counting:
            self.calls += 1
            calls = self.calls
        self.on_call(calls)
        time.sleep(self._delay_s)
        kind = int(rgb.sum()) % 4
        height, width, _ = rgb.shape
        box = Box(width // 4, height // 4, width // 2, height // 2)
        found = () if kind == 3 else (Detection(box, _HAZARDS[kind], 0.5),)
        run = DetectorRun(backend=self.backend, model=self.model, timings_ms={"model": 1.0})
        return DetectorOutcome(found, run)

    def close(self) -> None:
        """Nothing to give back."""


def run(
    source: Path | str,
    out: Path,
    detector: PixelDetector | None = None,
    *,
    equipment: Equipment | None = None,
    stop: threading.Event | None = None,
    tell: Callable[[News], None] = lambda _news: None,
    frames_per_second: float = 1.0,
    assumed_rate: float | None = None,
    zip_encoding: str | None = None,
    selection: Selection | None = None,
    policy: FetchPolicy | None = None,
    **plan_changes: Any,
) -> Ended:
    """One run of a batch, without the report unless ``formats`` asks for it."""
    formats = plan_changes.pop("formats", QUICK)
    equipment = equipment or local_equipment(
        detector or PixelDetector(),
        (policy or FetchPolicy()).limits,
        find_fonts(),
        "en",
        draws=Format.ANNOTATED in formats,
    )
    plan = Plan(
        folder=out,
        workers=3,
        formats=formats,
        restart=False,
        patience=timedelta(seconds=20),
        report_pictures=500,
        time_zone=UTC,
    )
    options = SourceOptions(
        policy or FetchPolicy(Limits()),
        out,
        frames_per_second,
        assumed_rate,
        zip_encoding,
        selection or Selection(),
    )
    opened = open_source(str(source), options)
    try:
        plan = replace(plan, **plan_changes)
        return run_batch(opened, equipment, plan, stop or threading.Event(), tell)
    finally:
        opened.close()


def derived(out: Path) -> dict[str, Any]:
    """What is made of the lines, without what differs from run to run."""
    with (out / "detections.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["taken_from"] == "arrival":
            del row["taken_at"]
    return {
        "coco.json": (out / "coco.json").read_bytes(),
        "detections.csv": rows,
        "errors.jsonl": (out / "errors.jsonl").read_bytes(),
    }


def results(out: Path) -> dict[str, dict[str, Any]]:
    """The lines of ``results.jsonl`` by name, without what differs from run to run."""
    found: dict[str, dict[str, Any]] = {}
    for line in (out / "results.jsonl").read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        del document["received_at"]
        if document["taken_from"] == "arrival":
            del document["taken_at"]
        for one in document["runs"]:
            del one["timings_ms"]
        name = document["image"]["name"]
        assert name not in found, f"two lines on {name}"
        found[name] = document
    return found


def errors(out: Path) -> dict[str, str]:
    """The codes in ``errors.jsonl`` by path."""
    lines = (out / "errors.jsonl").read_text(encoding="utf-8").splitlines()
    return {one["path"]: one["code"] for one in map(json.loads, lines)}


def files(folder: Path) -> set[str]:
    """Relative paths of all files below a folder."""
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]), PixelDetector(float(sys.argv[3])))
