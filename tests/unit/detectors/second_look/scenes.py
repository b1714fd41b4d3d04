"""Screened pictures and answers, as tests of second looks need them."""

from __future__ import annotations

from safety_detector.detectors.second_look.memory import CameraMemory
from safety_detector.detectors.second_look.planning import Plan, Policy, begin, plan_frame
from safety_detector.detectors.second_look.suspects import Place, Screened
from safety_detector.domain.crop_looks import CropLook
from safety_detector.domain.crop_questions import CropAnswer
from safety_detector.domain.detections import Detection, DetectorOutcome, DetectorRun
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel

SIZE = ImageSize(1000, 600)
ANSWERING = DetectorRun("qwen", "a model", "crop-zh-1")


def fire(score: float = 0.7, x: int = 100, side: int = 100) -> Detection:
    """A flame whose upper left corner is at x."""
    return Detection(
        Box(x, 100, x + side, 100 + side), Hazard(Label.FIRE, SubLabel.UNCERTAIN), score
    )


def smoke(score: float = 0.7, x: int = 100) -> Detection:
    """A cloud."""
    return Detection(Box(x, 90, x + 110, 200), Hazard(Label.SMOKE, SubLabel.MINOR), score)


def person(state: SubLabel, score: float = 0.7, x: int = 500) -> Detection:
    """Somebody."""
    return Detection(Box(x, 200, x + 80, 500), Hazard(Label.PERSON, state), score)


def screened(*reported: Detection, weak: tuple[Detection, ...] = ()) -> Screened:
    """What the screen reports, and what it suspects besides."""
    dangers = tuple(one for one in reported if one.hazard.is_danger)
    return Screened(DetectorOutcome(reported, DetectorRun("embedded", "small")), (*dangers, *weak))


def planned(
    of: Screened,
    memory: CameraMemory | None = None,
    policy: Policy | None = None,
    now: float = 1000.0,
) -> tuple[CameraMemory, Plan]:
    """The plan of a frame of a camera, and all that it wants is asked."""
    memory, plan = plan_frame(
        of, SIZE, "gate", memory or CameraMemory(), policy or Policy(full_every=0), now
    )
    return begin(memory, plan), plan


def look(place: Place, answer: CropAnswer) -> CropLook:
    """An answer about a place."""
    run = DetectorRun("qwen", "a model", "crop-zh-1", timings_ms={"model": 900.0})
    return CropLook(place.question, place.box, place.box, answer, "as it looks", 0.9, run)
