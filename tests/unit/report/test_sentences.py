from dataclasses import replace

from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.detections import AskedPlace, DetectorRun, Role, RunConditions
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.report.sentences import reservations, say_run
from tests.report_entries import BARE_HEAD, FIRE, HELMET, SMOKE, inspection


def test_a_run_that_left_classes_out_says_so() -> None:
    """Who reads a report without people knows that nobody looked for them."""
    some = DetectorRun("embedded", "m", conditions=RunConditions(classes=("fire", "smoke")))
    assert "looked for fire, smoke alone" in say_run(some, "en")
    assert "仅检测" in say_run(some, "zh")
    every = DetectorRun(
        "embedded", "m", conditions=RunConditions(classes=("fire", "smoke", "person"))
    )
    assert "looked for" not in say_run(every, "en")


def test_what_the_language_model_did_not_confirm_is_told_by_its_number() -> None:
    """Who signs the report knows which hazards only the embedded detector saw."""
    seen, unseen = replace(FIRE, verified=True), replace(BARE_HEAD, verified=False)
    told = reservations(inspection(1, seen, unseen, replace(SMOKE, verified=False)), "en")
    assert told == (
        "Found by the embedded detector alone, not confirmed by the language model: number 2, 3.",
    )
    assert "第 1 项" in reservations(inspection(1, unseen), "zh")[0]
    assert reservations(inspection(1, seen, SMOKE, BARE_HEAD), "en") == ()
    helmet = replace(HELMET, verified=False)
    assert reservations(inspection(1, helmet), "en") == ()


def test_a_second_look_says_where_and_what_was_answered() -> None:
    """Who reads the report sees why a hazard is verified, or why it is in doubt."""
    asked = AskedPlace(
        Box(10, 20, 110, 220),
        Hazard(Label.FIRE, SubLabel.UNCERTAIN),
        0.4,
        CropQuestion.FIRE_SMOKE,
        CropAnswer.NEITHER,
        "an orange lamp",
    )
    run = DetectorRun("qwen", "m", "crop-en-1", role=Role.SECOND_LOOK, asked=asked)
    said = say_run(run, "en")
    for part in ("second look", "10, 20, 110, 220", "neither fire nor smoke", "an orange lamp"):
        assert part in said
    assert "复核" in say_run(run, "zh")
    assert "12 s earlier" in say_run(replace(run, asked=replace(asked, age_s=12.0)), "en")
    assert "looked first" in say_run(DetectorRun("embedded", "m", role=Role.SCREEN), "en")
