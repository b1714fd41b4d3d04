"""What stored results say of judged pictures."""

from __future__ import annotations

from dataclasses import replace

from safety_detector.domain.detections import Detection, DetectorRun, Role, RunConditions
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Label
from safety_detector.stored_datasets.doubting import StoredResults
from tests.unit.datasets.finetuning.judged import FIRE, judged

PLACE = Box(10, 10, 90, 90)
EMBEDDED = DetectorRun("embedded", "a model")
SEEN = (Detection(PLACE, FIRE),)


def test_who_saw_the_whole_picture_speaks() -> None:
    """A language model that was asked about one place has not looked at the others."""
    asked = DetectorRun("qwen", "a model", role=Role.SECOND_LOOK)
    screen = replace(EMBEDDED, role=Role.SCREEN)
    said = StoredResults().say(replace(judged(1), detections=SEEN, runs=(screen, asked)))
    assert said is not None
    assert said.detector == "embedded"
    assert [(one.box, one.score, one.reported) for one in said.sightings] == [(PLACE, None, True)]


def test_a_run_that_failed_saw_nothing_missing() -> None:
    """Silence of a detector that broke down is no word against a label."""
    failed = replace(EMBEDDED, complete=False, error="model-fault")
    assert StoredResults().say(replace(judged(1), runs=(failed,))) is None
    assert StoredResults().say(judged(1)) is None


def test_boxes_of_the_screen_are_not_said_by_a_whole_look_that_failed() -> None:
    """The run behind it broke off; what stands there is the screen's word."""
    screen = replace(EMBEDDED, role=Role.SCREEN)
    broken = DetectorRun("qwen", "m", complete=False, error="model-timeout")
    said = StoredResults().say(replace(judged(1), detections=SEEN, runs=(screen, broken)))
    assert said is not None
    assert said.detector == "embedded"


def test_a_detector_speaks_of_what_it_looked_for() -> None:
    """Who was set to look for fire alone says nothing about people."""
    only_fire = replace(EMBEDDED, conditions=RunConditions(classes=("fire",)))
    said = StoredResults().say(replace(judged(1), detections=SEEN, runs=(only_fire,)))
    assert said is not None
    assert said.asked == frozenset({Label.FIRE})


def test_who_is_asked_anew_is_not_heard_twice() -> None:
    """What the embedded detector said before does not count beside what it says now."""
    picture = replace(judged(1), detections=SEEN, runs=(EMBEDDED,))
    assert StoredResults(frozenset({"embedded"})).say(picture) is None
