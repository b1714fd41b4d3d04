"""What comes of a screened frame: never clear by failure or by disagreement."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from safety_detector.detectors.second_look.combining import Failed, combine
from safety_detector.detectors.second_look.memory import CameraMemory
from safety_detector.detectors.second_look.planning import LeftOut, Plan, Policy
from safety_detector.detectors.second_look.suspects import Screened
from safety_detector.domain.camera_rules import CameraRules
from safety_detector.domain.crop_questions import CropAnswer
from safety_detector.domain.detections import (
    Detection,
    DetectorOutcome,
    DetectorRun,
    Role,
    RunConditions,
)
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.counting import Inspected, look_of
from safety_detector.domain.incidents.looks import Look
from safety_detector.domain.inspection import Verdict, decide_verdict
from tests.unit.detectors.second_look.scenes import (
    ANSWERING,
    SIZE,
    fire,
    look,
    person,
    planned,
    screened,
    smoke,
)

BARE = person(SubLabel.NO_HELMET)
AWAY = Failed(DetectorRun("qwen", "a model", complete=False, error="model-unreachable"))
FIRE, SMOKE, NEITHER = CropAnswer.FIRE, CropAnswer.SMOKE, CropAnswer.NEITHER
CANNOT_TELL = CropAnswer.CANNOT_TELL
Said = CropAnswer | Failed | None


def outcome_of(
    of: Screened,
    *said: Said,
    full: DetectorOutcome | Failed | None = None,
    plan: Plan | None = None,
) -> DetectorOutcome:
    """What comes of these answers to the questions of a frame."""
    plan = plan or planned(of)[1]
    looks = [
        look(place, one) if isinstance(one, CropAnswer) else one
        for place, one in zip(plan.ask, said, strict=True)
    ]
    return combine(of, plan, looks, full, ANSWERING)


def runs_of(outcome: DetectorOutcome) -> tuple[DetectorRun, ...]:
    """All runs of a picture, as the pipeline puts them."""
    return (*outcome.earlier, outcome.run, *outcome.later)


def verdict_of(outcome: DetectorOutcome) -> Verdict:
    """By the rule of all pictures."""
    return decide_verdict(outcome.detections, runs_of(outcome))


def incident_look(outcome: DetectorOutcome) -> Look:
    """What incidents make of it."""
    inspected = Inspected(
        "one",
        datetime(2026, 11, 2, tzinfo=UTC),
        UTC,
        SIZE,
        verdict_of(outcome),
        outcome.detections,
        runs_of(outcome),
    )
    return look_of(inspected, CameraRules())


@pytest.mark.parametrize(
    ("suspect", "said", "verdict", "verified"),
    [
        (fire(), FIRE, Verdict.HAZARD, True),
        (fire(), NEITHER, Verdict.INCONCLUSIVE, None),
        (fire(), CANNOT_TELL, Verdict.HAZARD, False),
        (fire(), AWAY, Verdict.HAZARD, False),
        (fire(), None, Verdict.HAZARD, False),
        (BARE, CropAnswer.NO_HELMET, Verdict.HAZARD, True),
        (BARE, CropAnswer.HELMET, Verdict.INCONCLUSIVE, False),
        (BARE, CropAnswer.NO_PERSON, Verdict.INCONCLUSIVE, None),
        (BARE, CANNOT_TELL, Verdict.HAZARD, False),
        (BARE, None, Verdict.HAZARD, False),
    ],
)
def test_what_the_screen_reports(
    suspect: Detection, said: Said, verdict: Verdict, verified: bool | None
) -> None:
    """Confirmed it is verified; refuted it is in doubt; without an answer it goes out as it is."""
    outcome = outcome_of(screened(suspect), said)
    assert verdict_of(outcome) is verdict
    assert [one.verified for one in outcome.detections] == ([] if verified is None else [verified])


@pytest.mark.parametrize(
    ("suspect", "said", "verdict"),
    [
        (fire(0.3), FIRE, Verdict.HAZARD),
        (fire(0.3), NEITHER, Verdict.CLEAR),
        (fire(0.3), CANNOT_TELL, Verdict.INCONCLUSIVE),
        (fire(0.3), AWAY, Verdict.INCONCLUSIVE),
        (fire(0.3), None, Verdict.INCONCLUSIVE),
        (person(SubLabel.NO_HELMET, 0.3), CropAnswer.NO_HELMET, Verdict.HAZARD),
        (person(SubLabel.NO_HELMET, 0.3), CropAnswer.HELMET, Verdict.CLEAR),
        (person(SubLabel.NO_HELMET, 0.3), None, Verdict.INCONCLUSIVE),
    ],
)
def test_what_the_screen_only_suspects(suspect: Detection, said: Said, verdict: Verdict) -> None:
    """It is nothing without the model's word, but never clear without it."""
    assert verdict_of(outcome_of(screened(weak=(suspect,)), said)) is verdict


@pytest.mark.parametrize(
    ("of", "said", "verdict", "labels"),
    [
        (screened(smoke()), FIRE, Verdict.HAZARD, [Label.SMOKE]),
        (screened(weak=(smoke(0.3),)), FIRE, Verdict.INCONCLUSIVE, []),
        (screened(smoke()), CropAnswer.FIRE_AND_SMOKE, Verdict.HAZARD, [Label.SMOKE]),
        (screened(smoke()), SMOKE, Verdict.HAZARD, [Label.SMOKE]),
    ],
)
def test_what_is_not_looked_for_is_not_reported(
    of: Screened, said: CropAnswer, verdict: Verdict, labels: list[Label]
) -> None:
    """Fire where smoke alone is wanted: no fire is told, and no cloud is taken back for it."""
    run = replace(of.outcome.run, conditions=RunConditions(classes=("smoke",)))
    only_smoke = replace(of, outcome=replace(of.outcome, run=run))
    outcome = outcome_of(only_smoke, said)
    assert verdict_of(outcome) is verdict
    assert [one.hazard.label for one in outcome.detections] == labels
    assert [one.verified for one in outcome.detections] == [said is not FIRE for _ in labels]


def test_what_was_not_asked_about_is_said() -> None:
    """A budget that is spent makes no picture clear, and takes no hazard back."""
    for of, verdict in (
        (screened(fire()), Verdict.HAZARD),
        (screened(weak=(fire(0.3),)), Verdict.INCONCLUSIVE),
    ):
        plan = planned(of)[1].within(0, full=True, why=LeftOut.BUDGET)
        outcome = outcome_of(of, plan=plan)
        assert verdict_of(outcome) is verdict
        assert "budget" in (outcome.run.incomplete_reason or "")
        assert not any(one.verified for one in outcome.detections)


@pytest.mark.parametrize("why", [LeftOut.BUDGET, LeftOut.BUSY])
@pytest.mark.parametrize(("every", "verdict"), [(1, Verdict.INCONCLUSIVE), (2, Verdict.CLEAR)])
def test_a_full_look_that_had_no_room_is_said(why: LeftOut, every: int, verdict: Verdict) -> None:
    """Where every frame is meant to be shown whole, none is clear by the screen's word alone."""
    memory = CameraMemory(since_full=every - 1)
    _, plan = planned(screened(), memory, Policy(full_every=every))
    outcome = outcome_of(screened(), plan=plan.within(3, full=False, why=why))
    assert outcome.run.full_left_out == why.value
    assert verdict_of(outcome) is verdict
    assert outcome_of(screened(), plan=plan.within(3, full=True, why=why)).run.complete


def test_a_refuted_suspect_opens_nothing_and_stays_in_the_result() -> None:
    """Whoever reviews the picture sees where it was, and what the model said."""
    outcome = outcome_of(screened(fire()), NEITHER)
    assert incident_look(outcome).sightings == ()
    assert not incident_look(outcome).is_usable
    (run,) = outcome.later
    assert run.role is Role.SECOND_LOOK
    assert run.asked is not None
    assert (run.asked.place, run.asked.suspected) == (fire().box, fire().hazard)
    assert (run.asked.answer, run.asked.reason) == (NEITHER, "as it looks")


def test_of_several_only_what_was_confirmed_is_verified() -> None:
    """One answer vouches for one place."""
    of = screened(fire(x=100), fire(x=700), BARE)
    outcome = outcome_of(of, FIRE, None, None)
    seen = {one.box.x1: one.is_verified for one in incident_look(outcome).sightings}
    assert sorted(seen.values()) == [False, False, True]


def test_a_weak_score_that_is_confirmed_counts_as_sure() -> None:
    """An incident of a small flame opens by the model's word."""
    (sighting,) = incident_look(outcome_of(screened(weak=(fire(0.2),)), FIRE)).sightings
    assert sighting.is_sure_from(0.99)


def test_smoke_that_was_taken_for_fire_is_called_smoke() -> None:
    """And what is confirmed is not called uncertain any more."""
    (found,) = outcome_of(screened(fire()), SMOKE).detections
    assert found.hazard.label is Label.SMOKE
    (found,) = outcome_of(screened(fire()), FIRE).detections
    assert found.hazard.sub_label is SubLabel.MINOR
    both = outcome_of(screened(fire(), smoke()), CropAnswer.FIRE_AND_SMOKE).detections
    assert [one.hazard.label for one in both] == [Label.FIRE, Label.SMOKE]


def test_nothing_that_an_answer_names_or_denies_is_lost() -> None:
    """Fire and smoke are two hazards though one was suspected; a denied flame is said to be."""
    both = outcome_of(screened(fire()), CropAnswer.FIRE_AND_SMOKE)
    assert [(one.hazard.label, one.verified) for one in both.detections] == [
        (Label.FIRE, True),
        (Label.SMOKE, True),
    ]
    assert both.run.complete
    flames = screened(fire(x=100, side=100), fire(0.6, x=130, side=90))
    (place,) = planned(flames)[1].ask
    smoke_alone = outcome_of(flames, SMOKE)
    assert [(one.hazard.label, one.box) for one in smoke_alone.detections] == [
        (Label.SMOKE, place.box)
    ]
    (reason,) = smoke_alone.run.incomplete_reasons
    assert (reason.code, reason.facts) == ("second-look-refuted", {"count": 2})


def test_a_full_look_adds_and_takes_nothing_back() -> None:
    """A model that looks at all of a picture overlooks what is small."""
    of = screened(fire(x=700))
    shown = DetectorOutcome((fire(x=100),), DetectorRun("qwen", "a model"))
    empty = DetectorOutcome((), DetectorRun("qwen", "a model"))
    both = outcome_of(of, None, full=shown)
    assert {one.box.x1: one.verified for one in both.detections} == {100: True, 700: False}
    assert verdict_of(outcome_of(of, None, full=empty)) is Verdict.HAZARD
    assert [run.role for run in runs_of(both)] == [Role.SCREEN, Role.FULL]
    (one,) = outcome_of(screened(fire()), FIRE, full=shown).detections  # the same fire
    assert one.verified


@pytest.mark.parametrize("said", [FIRE, CropAnswer.FIRE_AND_SMOKE, CANNOT_TELL, None])
@pytest.mark.parametrize("inside", [(300, 200, 360, 260), (100, 90, 210, 200), (200, 60, 580, 400)])
def test_a_full_look_that_shows_only_the_smoke_takes_no_fire_back(
    inside: tuple[int, int, int, int], said: Said
) -> None:
    """A flame, small or large, lies in its smoke; the incident of the fire goes on."""
    flame = replace(fire(0.8), box=Box(*inside))
    cloud = Detection(Box(90, 50, 600, 410), Hazard(Label.SMOKE, SubLabel.SEVERE))
    shown = DetectorOutcome((cloud,), DetectorRun("qwen", "a model"))
    for of in (screened(flame), screened(flame, replace(cloud, score=0.6))):
        plan = planned(of)[1]
        answers = [said if place.suspects[0].detection == flame else SMOKE for place in plan.ask]
        outcome = outcome_of(of, *answers, full=shown)
        (left,) = [one for one in outcome.detections if one.hazard.label is Label.FIRE]
        assert (left.box, left.verified) == (flame.box, said in (FIRE, CropAnswer.FIRE_AND_SMOKE))
        seen = {one.hazard.value for one in incident_look(outcome).sightings}
        assert seen == {"fire", "smoke"}


def test_a_full_look_that_shows_only_a_flame_takes_no_smoke_back() -> None:
    """The other way round."""
    cloud = Detection(Box(90, 50, 600, 410), Hazard(Label.SMOKE, SubLabel.SEVERE), 0.6)
    shown = DetectorOutcome((replace(fire(), score=None),), DetectorRun("qwen", "a model"))
    outcome = outcome_of(screened(cloud), SMOKE, full=shown)
    assert [one.hazard.label for one in outcome.detections] == [Label.FIRE, Label.SMOKE]


def test_a_weak_flame_in_a_reported_cloud_is_asked_about() -> None:
    """The cloud may be steam, and the flame a fire; a look that shows it is news."""
    cloud = Detection(Box(90, 50, 600, 410), Hazard(Label.SMOKE, SubLabel.SEVERE), 0.6)
    of = screened(cloud, weak=(fire(0.3),))
    asked = [place.suspects[0].detection.hazard.label for place in planned(of)[1].ask]
    assert asked == [Label.FIRE, Label.SMOKE]
    (found,) = outcome_of(of, FIRE, NEITHER).detections
    assert (found.hazard.label, found.verified) == (Label.FIRE, True)
    assert verdict_of(outcome_of(of, None, NEITHER)) is Verdict.INCONCLUSIVE


def test_a_full_look_that_failed_is_no_clear_picture() -> None:
    """Though the screen has nothing."""
    assert verdict_of(outcome_of(screened(), full=AWAY)) is Verdict.INCONCLUSIVE
    assert verdict_of(outcome_of(screened())) is Verdict.CLEAR


def test_somebody_is_in_the_result_once() -> None:
    """A weak bare head, when confirmed, takes the place of the person of whom nobody knew."""
    of = screened(person(SubLabel.UNCERTAIN, 0.6), weak=(person(SubLabel.NO_HELMET, 0.3),))
    (one,) = outcome_of(of, CropAnswer.NO_HELMET).detections
    assert (one.hazard.sub_label, one.verified) == (SubLabel.NO_HELMET, True)
    helmet = DetectorOutcome((person(SubLabel.HELMET),), DetectorRun("qwen", "a model"))
    (one,) = outcome_of(of, CropAnswer.NO_HELMET, full=helmet).detections
    assert one.hazard.sub_label is SubLabel.NO_HELMET


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        ((), Verdict.INCONCLUSIVE),
        ((person(SubLabel.HELMET, x=100),), Verdict.INCONCLUSIVE),  # somebody else
        ((person(SubLabel.HELMET, x=515),), Verdict.CLEAR),
        ((person(SubLabel.UNCERTAIN, x=515),), Verdict.INCONCLUSIVE),
        ((person(SubLabel.NO_HELMET, x=100),), Verdict.HAZARD),
    ],
)
def test_a_full_look_makes_nobody_certain_whom_it_does_not_show(
    shown: tuple[Detection, ...], verdict: Verdict
) -> None:
    """Whose helmet the screen cannot tell keeps the picture from being clear."""
    full = DetectorOutcome(shown, DetectorRun("qwen", "a model"))
    outcome = outcome_of(screened(person(SubLabel.UNCERTAIN)), full=full)
    assert verdict_of(outcome) is verdict
    of_them = [one for one in outcome.detections if one.box.x1 > 400]
    assert len(of_them) == 1
