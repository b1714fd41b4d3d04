"""What a judgement proves of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from safety_detector.datasets.labelled import EVERY_LABEL, Basis, Judgement
from safety_detector.datasets.proof import JudgedAlarm, proven_by_alarms, proven_by_correction
from safety_detector.domain.corrections import CorrectedBox
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel

SIZE = ImageSize(1000, 500)
FIRE, SMOKE = Hazard(Label.FIRE, SubLabel.SEVERE), Hazard(Label.SMOKE, SubLabel.MINOR)
BARE, HELMET = (Hazard(Label.PERSON, state) for state in (SubLabel.NO_HELMET, SubLabel.HELMET))
HERE, BESIDE, THERE = Box(100, 100, 200, 200), Box(120, 150, 180, 230), Box(700, 100, 800, 300)
LIGHT, STEAM, HOT_WORK = "Light, sun, reflection", "水汽、粉尘或雾", "Permitted hot work"
WORN, NO_PERSON, OTHER = "Helmet is worn", "不是人员", "Something else"


def alarm(reason: str | None, place: Box = HERE, burning: bool = True) -> JudgedAlarm:
    """A judged alarm at a place; without a reason it is confirmed."""
    basis = Basis.CONFIRMED if reason is None else Basis.FALSE_ALARM
    judgement = Judgement(basis, "Wang Lei", datetime(2026, 11, 21, tzinfo=UTC), reason or "")
    fractions = Box(place.x1 / 1000, place.y1 / 500, place.x2 / 1000, place.y2 / 500)
    return JudgedAlarm(judgement, burning, fractions)


def seen(*found: tuple[Box, Hazard]) -> Sequence[Detection]:
    """What a detector said."""
    return [Detection(box, hazard, 0.7) for box, hazard in found]


def proven(found: Sequence[Detection], *alarms: JudgedAlarm) -> tuple[set[str], list[str], int]:
    """Labels that are complete, hazards that are there, and how many detections are none."""
    proof = proven_by_alarms(found, SIZE, alarms)
    hazards = [f"{one.hazard.label}/{one.hazard.sub_label}" for one in proof.boxes]
    return {label.value for label in proof.labelled}, hazards, len(proof.refuted)


@pytest.mark.parametrize("reason", [LIGHT, STEAM])
def test_what_is_no_flame_empties_the_picture_of_flames(reason: str) -> None:
    """Where nothing else of fire or smoke was said; people stay unknown."""
    found = seen((HERE, FIRE), (BESIDE, SMOKE), (THERE, BARE))
    assert proven(found, alarm(reason, Box(100, 100, 200, 230))) == ({"fire", "smoke"}, [], 2)
    # Smoke elsewhere, of which nobody said anything: only the alarm's own is refuted.
    found = seen((HERE, FIRE), (THERE, SMOKE))
    assert proven(found, alarm(reason)) == (set(), [], 1)
    # Said anew by another detector: nothing is at the alarm's place any more.
    assert proven(seen((THERE, BARE)), alarm(reason)) == (set(), [], 0)


@pytest.mark.parametrize(
    "reason", [HOT_WORK, OTHER, "演练", "fire brigade's exercise", "light", ""]
)
def test_a_flame_that_may_be_one_is_not_taught_as_none(reason: str) -> None:
    """Permitted, something else, or in somebody's own words."""
    assert proven(seen((HERE, FIRE)), alarm(reason)) == (set(), [], 0)


def test_a_confirmed_alarm_proves_its_own_place() -> None:
    """Not that there is nothing else, and not which of several was meant."""
    assert proven(seen((HERE, FIRE), (THERE, FIRE)), alarm(None)) == (set(), ["fire/severe"], 0)
    together = alarm(None, Box(100, 100, 800, 300))
    assert proven(seen((HERE, FIRE), (THERE, FIRE)), together) == (set(), [], 0)
    assert proven(seen((HERE, FIRE), (THERE, SMOKE)), together)[1] == ["fire/severe", "smoke/minor"]
    assert proven(seen((HERE, BARE)), alarm(None)) == (set(), [], 0)
    assert proven(seen((HERE, BARE)), alarm(None, burning=False))[1] == ["person/no_helmet"]


def test_a_helmet_that_is_worn_becomes_a_label() -> None:
    """Of the one person that was meant; who is no person is none."""
    found = seen((HERE, BARE), (THERE, HELMET))
    assert proven(found, alarm(WORN, burning=False)) == (set(), ["person/helmet"], 0)
    assert proven(found, alarm(NO_PERSON, burning=False)) == (set(), [], 1)
    assert proven(found, alarm(LIGHT, burning=False)) == (set(), [], 0)
    both = seen((HERE, BARE), (THERE, BARE))
    wide = alarm(WORN, Box(0, 0, 1000, 500), burning=False)
    assert proven(both, wide) == (set(), [], 0)
    assert proven(seen((HERE, FIRE)), alarm(WORN)) == (set(), [], 0)


def test_judgements_that_contradict_each_other_prove_nothing() -> None:
    """Two incidents about one detection, one confirmed and one false."""
    assert proven(seen((HERE, FIRE)), alarm(None), alarm(LIGHT)) == (set(), [], 0)
    assert proven(seen((HERE, FIRE)), alarm(HOT_WORK), alarm(LIGHT)) == (set(), [], 0)


def test_what_was_drawn_anew_is_not_refuted() -> None:
    """Who removes a box and draws a better one does not say that nothing is there."""
    judgement = alarm(None).judgement
    removed = seen((HERE, FIRE), (HERE, SMOKE), (THERE, FIRE))
    drawn = [CorrectedBox(Box(90, 90, 210, 230), Hazard(Label.FIRE, SubLabel.MINOR))]
    proof = proven_by_correction(drawn, removed, judgement, complete=True)
    assert proof.labelled == EVERY_LABEL
    assert [(one.detection.box, one.detection.hazard) for one in proof.refuted] == [
        (HERE, SMOKE),
        (THERE, FIRE),
    ]
    assert proven_by_correction(drawn, removed, judgement, complete=False).labelled == frozenset()
