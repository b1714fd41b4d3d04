"""A detector that takes no time, for measuring everything around one.  Never a shipped backend."""

from __future__ import annotations

import time

import numpy as np

from safety_detector.domain.detections import Detection, DetectorOutcome, DetectorRun, RunConditions
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.pictures.images import RgbImage

_LEAST_RED_PX = 50
_SEVERE_SHARE = 0.1


class InstantDetector:
    """Says the same two boxes of every picture, after ``delay_s`` seconds.

    The boxes cost what boxes cost: they are drawn, stored and listed.
    """

    backend = "embedded"
    model = "instant"
    prompt_version = None
    conditions = RunConditions()

    def __init__(self, delay_s: float = 0.0) -> None:
        self._delay_s = delay_s

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """Two boxes in the middle of the picture."""
        if self._delay_s:
            time.sleep(self._delay_s)
        height, width, _ = rgb.shape
        box = Box(width / 4, height / 4, width / 2, height / 2)
        other = Box(width / 2, height / 2, width * 3 / 4, height * 3 / 4)
        return DetectorOutcome(
            detections=(
                Detection(box, Hazard(Label.FIRE, SubLabel.MINOR), 0.5),
                Detection(other, Hazard(Label.PERSON, SubLabel.NO_HELMET), 0.5),
            ),
            run=DetectorRun(backend=self.backend, model=self.model),
        )

    def close(self) -> None:
        """Nothing to give back."""


class RedDetector(InstantDetector):
    """Says that what is red burns, and nothing of any other picture."""

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """One fire around all that is red, if there is enough of it."""
        if self._delay_s:
            time.sleep(self._delay_s)
        run = DetectorRun(backend=self.backend, model=self.model)
        values = rgb.astype(np.int16)
        down, across = np.nonzero((values[..., 0] > 180) & (values[..., 2] < 90))
        if len(down) < _LEAST_RED_PX:
            return DetectorOutcome(detections=(), run=run)
        box = Box(
            float(across.min()), float(down.min()), float(across.max() + 1), float(down.max() + 1)
        )
        share = box.area / (rgb.shape[0] * rgb.shape[1])
        state = SubLabel.SEVERE if share > _SEVERE_SHARE else SubLabel.MINOR
        fire = Detection(box, Hazard(Label.FIRE, state), 0.9)
        return DetectorOutcome(detections=(fire,), run=run)
