import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from safety_detector.documents.results import DetectionDocument, ResultDocument, read_result
from safety_detector.domain.detections import (
    Detection,
    DetectorRun,
    RunConditions,
    ScoreFrom,
    TokenUsage,
    by_urgency,
)
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, Language, SubLabel
from safety_detector.domain.inspection import (
    Inspection,
    PictureFacts,
    Problem,
    Status,
    Verdict,
    decide_verdict,
)
from safety_detector.message_texts.reason import Reason
from safety_detector.service.inspections.rows import from_detection, to_detection

BOX = Box(10, 20, 30, 60)
COMPLETE = DetectorRun(backend="embedded", model="m")
INCOMPLETE = DetectorRun(
    backend="qwen", model="m", complete=False, incomplete_reasons=(Reason("answer-cut"),)
)
FAILED = DetectorRun(backend="qwen", model="m", complete=False, error="model-fault")


def found(label: Label, sub_label: SubLabel) -> Detection:
    """A detection whose place does not matter."""
    return Detection(BOX, Hazard(label, sub_label))


@pytest.mark.parametrize("run", [COMPLETE, INCOMPLETE, FAILED])
@pytest.mark.parametrize(
    "detection",
    [
        found(Label.FIRE, SubLabel.MINOR),
        found(Label.FIRE, SubLabel.UNCERTAIN),
        found(Label.SMOKE, SubLabel.UNCERTAIN),
        found(Label.PERSON, SubLabel.NO_HELMET),
    ],
)
def test_danger_is_a_hazard_however_the_run_went(detection: Detection, run: DetectorRun) -> None:
    """Any fire, any smoke and any bare head count, of whatever severity, in whatever run."""
    others = found(Label.PERSON, SubLabel.UNCERTAIN)
    assert decide_verdict([others, detection], [run]) is Verdict.HAZARD


@pytest.mark.parametrize(
    ("detections", "runs"),
    [
        ([], [INCOMPLETE]),
        ([], [FAILED]),
        ([], [COMPLETE, FAILED]),
        ([], []),
        ([found(Label.PERSON, SubLabel.HELMET)], [INCOMPLETE]),
        ([found(Label.PERSON, SubLabel.UNCERTAIN)], [COMPLETE]),
        (
            [found(Label.PERSON, SubLabel.HELMET), found(Label.PERSON, SubLabel.UNCERTAIN)],
            [COMPLETE],
        ),
    ],
)
def test_doubt_is_never_clear(detections: list[Detection], runs: list[DetectorRun]) -> None:
    """A failed, cut or missing run and an uncertain helmet leave the verdict open."""
    assert decide_verdict(detections, runs) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("detections", [[], [found(Label.PERSON, SubLabel.HELMET)]])
def test_clear_needs_a_complete_run_without_danger(detections: list[Detection]) -> None:
    """Nothing seen, or only helmeted people, by a run that completed."""
    assert decide_verdict(detections, [COMPLETE]) is Verdict.CLEAR


def test_detections_are_numbered_by_urgency_then_size() -> None:
    """Picture, table and report share one order."""
    helmet = found(Label.PERSON, SubLabel.HELMET)
    small_fire = Detection(Box(0, 0, 5, 5), Hazard(Label.FIRE, SubLabel.MINOR))
    large_fire = Detection(Box(0, 0, 50, 50), Hazard(Label.FIRE, SubLabel.MINOR))
    assert by_urgency([helmet, small_fire, large_fire]) == (large_fire, small_fire, helmet)


@pytest.mark.parametrize("score_from", ScoreFrom)
@pytest.mark.parametrize("calibrated", [None, 0.64])
def test_what_a_score_is_made_of_is_kept_and_shown(
    score_from: ScoreFrom, calibrated: float | None
) -> None:
    """In the database and in every document; of older results the detector's own is meant."""
    one = Detection(BOX, Hazard(Label.FIRE, SubLabel.MINOR), 0.5, score_from, None, calibrated)
    assert to_detection(json.loads(json.dumps(from_detection(one)))) == one
    shown = DetectionDocument.of(one).as_json()
    assert (shown["score_from"], shown["calibrated"]) == (score_from, calibrated)
    older = {"box": [1, 2, 3, 4], "label": "fire", "sub_label": "minor", "score": 0.5}
    assert to_detection(older).score_from is ScoreFrom.DETECTOR


def test_result_document_has_the_promised_shape() -> None:
    """Scripts rely on these names and types."""
    run = DetectorRun(
        backend="qwen",
        model="Qwen/Qwen2.5-VL-7B-Instruct",
        prompt_version="zh-1",
        conditions=RunConditions(classes=("fire", "smoke", "person")),
        usage=TokenUsage(1890, 640, 78),
        timings_ms={"prepare": 9.123, "model": 2410.04},
    )
    inspection = Inspection(
        id="01J",
        status=Status.COMPLETED,
        picture=PictureFacts("gate3.jpg", "ab" * 32, 1920, 1080),
        received_at=datetime(2026, 11, 21, 16, tzinfo=timezone(timedelta(hours=8))),
        verdict=Verdict.HAZARD,
        detections=(Detection(BOX, Hazard(Label.PERSON, SubLabel.NO_HELMET), 0.87654),),
        runs=(run,),
    )
    document = ResultDocument.of(inspection).as_json()
    assert document == {
        "id": "01J",
        "status": "completed",
        "verdict": "hazard",
        "incomplete": False,
        "image": {"name": "gate3.jpg", "sha256": "ab" * 32, "width": 1920, "height": 1080},
        "detections": [
            {
                "bbox_2d": [10, 20, 30, 60],
                "label": "person",
                "sub_label": "no_helmet",
                "score": 0.8765,
                "score_from": "detector",
                "calibrated": None,
                "verified": None,
            }
        ],
        "runs": [
            {
                "backend": "qwen",
                "model": "Qwen/Qwen2.5-VL-7B-Instruct",
                "prompt_version": "zh-1",
                "complete": True,
                "incomplete_reason": None,
                "incomplete_reasons": [],
                "thresholds": None,
                "tiling": None,
                "tiles": 0,
                "classes": ["fire", "smoke", "person"],
                "calibration": None,
                "picture": {},
                "dropped": 0,
                "unscored": [],
                "usage": {"prompt_tokens": 1890, "cached_tokens": 640, "completion_tokens": 78},
                "timings_ms": {"prepare": 9.1, "model": 2410.0},
                "error": None,
                "role": "full",
                "asked": None,
                "full_left_out": None,
            }
        ],
        "error": None,
        "waiting_reason": None,
        "waiting_details": None,
        "camera_id": None,
        "camera_name": None,
        "batch_id": None,
        "captured_at": None,
        "taken_at": "2026-11-21T08:00:00.000Z",
        "taken_from": "arrival",
        "taken_notes": [],
        "received_at": "2026-11-21T08:00:00.000Z",
        "metadata": {},
        "links": {},
    }


def test_a_language_adds_names_for_people() -> None:
    """``--lang zh`` adds text beside the stable names, and replaces none."""
    inspection = Inspection(
        id="1",
        status=Status.COMPLETED,
        picture=PictureFacts("a.jpg"),
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
        detections=(found(Label.PERSON, SubLabel.NO_HELMET),),
        runs=(INCOMPLETE,),
    )
    document = ResultDocument.of(inspection, "zh").as_json()
    assert document["incomplete"] is True
    assert document["detections"][0]["label"] == "person"
    assert document["detections"][0]["label_text"] == "人员"
    assert document["detections"][0]["sub_label_text"] == "未正确佩戴安全帽"


def test_a_failure_names_its_code_reason_and_attempts() -> None:
    """A failed inspection tells programs and people why."""
    inspection = Inspection(
        id="1",
        status=Status.FAILED,
        picture=PictureFacts("a.jpg"),
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
        verdict=Verdict.INCONCLUSIVE,
        error=Problem("picture-broken", Reason("webp-not-decoded"), 1),
    )
    assert ResultDocument.of(inspection).as_json()["error"] == {
        "code": "picture-broken",
        "reason": "The WebP cannot be decoded.",
        "details": {"code": "webp-not-decoded", "facts": {}},
        "attempts": 1,
    }


def test_a_document_of_an_earlier_version_keeps_its_sentences() -> None:
    """There were no details then; the English sentence is shown, in Chinese where it is known."""
    document = ResultDocument.of(
        Inspection("1", Status.FAILED, PictureFacts("a.jpg"), datetime(2026, 1, 1, tzinfo=UTC))
    ).as_json()
    document["error"] = {"code": "not-a-picture", "reason": "The file is empty.", "attempts": 1}
    document["waiting_reason"] = "It rains."
    del document["waiting_details"]
    read = read_result(document)
    assert read.error is not None
    assert read.waiting_reason is not None
    assert (read.error.reason.text("en"), read.error.reason.text("zh")) == (
        "The file is empty.",
        "文件为空。",
    )
    assert read.waiting_reason.text("zh") == "It rains."


@pytest.mark.parametrize("language", [None, "zh"])
def test_a_document_can_be_read_back(language: Language | None) -> None:
    """What was written to a file is the same inspection again."""
    written = Inspection(
        id="01J",
        status=Status.COMPLETED,
        picture=PictureFacts("gate.jpg", "ab" * 32, 64, 48),
        received_at=datetime(2026, 11, 21, 8, tzinfo=UTC),
        verdict=Verdict.HAZARD,
        detections=(found(Label.FIRE, SubLabel.MINOR),),
        runs=(
            INCOMPLETE,
            DetectorRun("qwen", "m", usage=TokenUsage(1, None, 2)),
            DetectorRun(
                "embedded", "m", conditions=RunConditions({"fire": 0.4}, "3x2", ("fire",)), tiles=6
            ),
        ),
        error=Problem("model-fault", Reason("answer-empty"), 2),
        captured_at=datetime(2026, 11, 21, 7, tzinfo=UTC),
        metadata={"shift": 2},
        links={"annotated": "a.jpg"},
    )
    assert read_result(ResultDocument.of(written, language).as_json()) == written
