"""Which detections count as sightings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from safety_detector.domain.camera_rules import (
    CameraRules,
    Day,
    Hours,
    Mask,
    Polygon,
    WatchedHazard,
    Zone,
    ZoneSeverity,
)
from safety_detector.domain.detections import Detection, DetectorRun, ScoreFrom
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.counting import Inspected, look_of
from safety_detector.domain.incidents.looks import Look, Severity
from safety_detector.domain.inspection import Verdict

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY_NOON = datetime(2026, 11, 2, 4, tzinfo=UTC)
LEFT = Polygon(((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
FLAME = Detection(Box(200, 300, 300, 500), Hazard(Label.FIRE, SubLabel.MINOR), 0.7)
BARE = Detection(Box(100, 300, 160, 500), Hazard(Label.PERSON, SubLabel.NO_HELMET), 0.6)
FIRE, SMOKE, NO_HELMET = WatchedHazard.FIRE, WatchedHazard.SMOKE, WatchedHazard.NO_HELMET
NO_RULES = CameraRules()


def look(
    *detections: Detection,
    rules: CameraRules = NO_RULES,
    at: datetime = MONDAY_NOON,
    verdict: Verdict = Verdict.HAZARD,
    backend: str = "embedded",
    error: str | None = None,
) -> Look:
    """A look at a picture of 1000 x 1000 pixels."""
    runs = (DetectorRun(backend, "a model", complete=error is None, error=error),)
    return look_of(
        Inspected("one", at, SHANGHAI, ImageSize(1000, 1000), verdict, detections, runs), rules
    )


def hazards(found: Look) -> list[WatchedHazard]:
    """What counts."""
    return [one.hazard for one in found.sightings]


def test_boxes_become_fractions_of_the_picture() -> None:
    """Rules outlive a change of the stream's size."""
    (sighting,) = look(FLAME).sightings
    assert sighting.box == Box(0.2, 0.3, 0.3, 0.5)
    assert (sighting.severity, sighting.score) == (Severity.MINOR, 0.7)


@pytest.mark.parametrize(("calibrated", "counts_as"), [(None, None), (0.8, 0.8)])
def test_a_language_models_score_is_held_against_no_rule_until_it_is_calibrated(
    calibrated: float | None, counts_as: float | None
) -> None:
    """It is taken at its word, however unsure of its words, unless a site's table says better."""
    fire = replace(FLAME, score=0.2, score_from=ScoreFrom.TOKENS, calibrated=calibrated)
    (sighting,) = look(fire, backend="qwen").sightings
    assert sighting.score == counts_as


def test_helmets_and_uncertain_heads_are_no_hazards() -> None:
    """Only a bare head counts."""
    others = [
        Detection(BARE.box, Hazard(Label.PERSON, state), 0.9)
        for state in (SubLabel.HELMET, SubLabel.UNCERTAIN)
    ]
    assert hazards(look(BARE, *others)) == [NO_HELMET]


def test_a_mask_suppresses_by_half_of_the_box_and_is_counted() -> None:
    """What lies in it by less counts; what it does not name counts too."""
    masked = CameraRules(masks=(Mask(LEFT, "flare stack", (FIRE, SMOKE)),))
    found = look(FLAME, BARE, rules=masked)
    assert hazards(found) == [NO_HELMET]
    assert len(found.suppressed) == 1
    leaning = Detection(Box(420, 300, 620, 500), FLAME.hazard, 0.7)
    assert hazards(look(leaning, rules=masked)) == [FIRE]


def test_a_zone_says_what_is_watched_in_it_and_how_severe_it_is() -> None:
    """In it only what it watches counts, at least as severe as it says; outside everything does."""
    zone = Zone("tanks", "Tank farm", LEFT, (FIRE, SMOKE), ZoneSeverity.SEVERE)
    outside = Detection(Box(700, 300, 760, 500), BARE.hazard, 0.6)
    found = look(FLAME, BARE, outside, rules=CameraRules(zones=(zone,)))
    assert hazards(found) == [FIRE, NO_HELMET]
    assert [one.zone_id for one in found.sightings] == ["tanks", None]
    assert [one.severity for one in found.sightings] == [Severity.SEVERE, Severity.MODERATE]
    assert len(found.suppressed) == 1


def test_hours_are_the_cameras() -> None:
    """Bare heads count on working days; fire, which no hours name, at any time."""
    hours = Hours((Day.MON,), 7 * 60, 19 * 60, (NO_HELMET,))
    rules = CameraRules(schedule=(hours,))
    assert hazards(look(FLAME, BARE, rules=rules)) == [FIRE, NO_HELMET]
    night = look(FLAME, BARE, rules=rules, at=MONDAY_NOON.replace(hour=12))
    assert hazards(night) == [FIRE]
    assert len(night.suppressed) == 1


@pytest.mark.parametrize(
    ("verdict", "shown", "usable"),
    [
        (Verdict.CLEAR, (), True),
        (Verdict.INCONCLUSIVE, (), False),
        (Verdict.HAZARD, (FLAME,), True),
    ],
)
def test_what_cannot_be_judged_is_no_look(
    verdict: Verdict, shown: tuple[Detection, ...], usable: bool
) -> None:
    """A covered lens does not say that a fire is out."""
    assert look(*shown, verdict=verdict).is_usable is usable


def test_only_a_language_model_that_answered_verifies() -> None:
    """The embedded detector does not, nor a call that failed."""
    assert look(FLAME, backend="qwen").sightings[0].is_verified
    assert not look(FLAME).sightings[0].is_verified
    assert not look(FLAME, backend="qwen", error="model-unreachable").sightings[0].is_verified
