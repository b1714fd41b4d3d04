"""Inspections with their pictures, as a report is made of them, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np

from safety_detector.domain.detections import Detection, DetectorRun, TokenUsage, by_urgency
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import (
    Inspection,
    PictureFacts,
    Problem,
    Status,
    Verdict,
    decide_verdict,
)
from safety_detector.message_texts.reason import Reason
from safety_detector.pictures.images import RgbImage
from safety_detector.report.contents import ReportEntry, ReportScope

CHINA = timezone(timedelta(hours=8))
MADE_AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
SCOPE = ReportScope(
    made_at=MADE_AT, made_by="safety-detector 0.1.0", site="Plant 2", time_zone=CHINA
)

WIDTH, HEIGHT = 1600, 1200

FIRE = Detection(Box(100, 200, 600, 800), Hazard(Label.FIRE, SubLabel.SEVERE), 0.87)
SMOKE = Detection(Box(700, 100, 1500, 600), Hazard(Label.SMOKE, SubLabel.MODERATE), 0.66)
BARE_HEAD = Detection(Box(1200, 700, 1300, 1000), Hazard(Label.PERSON, SubLabel.NO_HELMET))
HELMET = Detection(Box(50, 50, 150, 400), Hazard(Label.PERSON, SubLabel.HELMET), 0.5)
UNJUDGED = Detection(Box(60, 60, 90, 90), Hazard(Label.PERSON, SubLabel.UNCERTAIN), 0.4)

RUN = DetectorRun(
    backend="qwen",
    model="Qwen/Qwen2.5-VL-7B-Instruct",
    prompt_version="zh-1",
    usage=TokenUsage(1890, 640, 78),
    timings_ms={"prepare": 9.1, "model": 2410.0, "parse": 0.2},
)


def picture(seed: int = 0) -> RgbImage:
    """A small picture, another for each seed; its sheet gives it the room of a large one."""
    return np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)


def inspection(
    number: int = 1,
    *detections: Detection,
    name: str | None = None,
    camera_id: str | None = "gate-3",
    runs: Sequence[DetectorRun] = (RUN,),
) -> Inspection:
    """A completed inspection; its time is ``number`` minutes past eight in China."""
    return Inspection(
        id=f"01JD{number:022d}",
        status=Status.COMPLETED,
        picture=PictureFacts(name or f"picture-{number}.jpg", f"{number:064x}", WIDTH, HEIGHT),
        received_at=datetime(2026, 11, 21, tzinfo=UTC) + timedelta(minutes=number),
        verdict=decide_verdict(detections, runs),
        detections=by_urgency(detections),
        runs=tuple(runs),
        camera_id=camera_id,
    )


def failed(number: int = 1) -> Inspection:
    """An inspection that ended without a result, of a file that was never decoded."""
    return Inspection(
        id=f"01JF{number:022d}",
        status=Status.FAILED,
        picture=PictureFacts(f"broken-{number}.jpg", "ab" * 32),
        received_at=datetime(2026, 11, 21, tzinfo=UTC) + timedelta(minutes=number),
        verdict=Verdict.INCONCLUSIVE,
        error=Problem(
            "picture-truncated", Reason.of("file-ends-early", kind="JPEG", bytes=1024), 3
        ),
    )


def queued(number: int = 1) -> Inspection:
    """An inspection that waits for its model."""
    waiting = replace(inspection(number), status=Status.QUEUED, verdict=None, runs=())
    return replace(waiting, waiting_reason=Reason("model unreachable since 08:00"))


def incomplete(number: int, *detections: Detection) -> Inspection:
    """A completed inspection whose answer was cut."""
    run = replace(RUN, complete=False, incomplete_reasons=(Reason("answer-cut"),))
    return inspection(number, *detections, runs=[run])


def entry(one: Inspection) -> ReportEntry:
    """The inspection with both of its pictures."""
    seed = int(one.received_at.timestamp())
    return ReportEntry(one, lambda: picture(seed), lambda: picture(seed + 1_000_000))


def entries(*inspections: Inspection) -> list[ReportEntry]:
    """Several of them."""
    return [entry(one) for one in inspections]
