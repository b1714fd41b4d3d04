"""A detector that takes no time, for measuring everything around one.  Never a shipped backend."""

from __future__ import annotations

import time

from safety_detector.domain.detections import Detection, DetectorOutcome, DetectorRun, RunConditions
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.pictures.images import RgbImage


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
