from dataclasses import replace
from datetime import UTC

import pytest

from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.detections import AskedPlace, DetectorRun, Role, RunConditions
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, Language, SubLabel
from safety_detector.domain.incidents.judging import judged_by
from safety_detector.domain.incomplete_reasons import IncompleteCode
from safety_detector.message_texts.reason import Reason
from safety_detector.notifications.wording import Wording
from safety_detector.report.incidents.incident_texts import say_sightings
from safety_detector.report.sentences import reservations, say_run
from safety_detector.service.notifications.records import ChannelKind
from tests.incident_entries import incident, scope
from tests.report_entries import BARE_HEAD, FIRE, HELMET, SMOKE, inspection
from tests.told_messages import told_of_incident


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


def test_what_the_language_model_refutes_is_told_as_doubt_and_not_as_something_missed() -> None:
    """A suspicion that is refuted may be a false alarm; what else was incomplete is told beside."""
    refuted = Reason(IncompleteCode.REFUTED, {"count": 1})
    dark = Reason(IncompleteCode.TOO_DARK)
    run = DetectorRun("embedded", "m", complete=False, incomplete_reasons=(refuted,))
    (said,) = reservations(replace(inspection(1), runs=(run,)), "en")
    assert said.startswith("It may be a false alarm")
    assert "more than is listed" not in said
    (said,) = reservations(replace(inspection(1), runs=(run,)), "zh")
    assert "可能是误报" in said
    both = replace(inspection(1), runs=(run.with_reasons([dark]),))
    assert len(reservations(both, "en")) == 2
    cut = replace(run, incomplete_reasons=())
    assert "no reason recorded" in reservations(replace(inspection(1), runs=(cut,)), "en")[0]


@pytest.mark.parametrize(
    ("language", "whose"), [("en", "the detector's highest score: 1.00"), ("zh", "最高得分：1.00")]
)
def test_an_incident_says_whose_its_score_is_and_gives_no_percent(
    language: Language, whose: str
) -> None:
    """The score beside the language model's word is not the language model's, nor a probability."""
    one = incident(verified=True, peak_score=0.999)
    on_paper = say_sightings(one, scope(), language)
    told = told_of_incident(ChannelKind.DINGTALK, language, verified=True, peak_score=0.999)
    in_message = [text for _, text in Wording(None, UTC).announce(told).rows]
    judged = judged_by(is_verified=True, score=0.999).text(language)
    assert whose in judged
    assert "%" not in judged
    assert judged in on_paper
    assert judged in in_message
