"""The embedded detector as a screen: from one pass what it reports, and what it only suspects."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from safety_detector.detectors.embedded.detector import OnnxDetector
from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.detectors.second_look.suspects import Screened
from safety_detector.domain.detections import DetectorOutcome, DetectorRun
from safety_detector.errors import DetectorError
from safety_detector.pictures.images import RgbImage

SCREENED_CLASSES = (RawClass.FIRE, RawClass.SMOKE, RawClass.HEAD_BARE)
"""Those of which a weak sign is a suspicion.  A weaker sign of a helmet, or of a body without a
head, is a suspicion of nothing."""

SCREEN_SHARE = 1.0
"""From this share of the threshold from which a class is reported it is suspected.  What the
weights miss at 1.0 they miss at 0.25 as well; lower shares cost questions about what is none
(``python -m benchmarks.second_look``)."""


class EmbeddedScreen:
    """Looks first; safe to call from several threads.

    Args:
        detector: of ours, closed with this one.
        thresholds: scores from which classes are suspected; others from ``SCREEN_SHARE`` of the
            score from which they are reported.
        at_a_time: pictures that are looked at at a time; more wait.
    """

    def __init__(
        self, detector: OnnxDetector, thresholds: Mapping[RawClass, float], at_a_time: int
    ) -> None:
        self._detector = detector
        reported = detector.thresholds
        self._thresholds = {
            kind: thresholds.get(kind, SCREEN_SHARE * reported[kind]) for kind in SCREENED_CLASSES
        }
        self._room = threading.BoundedSemaphore(at_a_time)

    @property
    def thresholds(self) -> Mapping[RawClass, float]:
        """The score from which each class is suspected."""
        return dict(self._thresholds)

    def screen(self, rgb: RgbImage) -> Screened:
        """What is reported and what is suspected in a picture.

        Raises:
            DetectorError: it could not compute.
        """
        with self._room:
            outcome, found = self._detector.screen(rgb, self._thresholds)
        return Screened(outcome, tuple(one for one in found if one.hazard.is_danger))

    def failed(self, error: DetectorError) -> Screened:
        """What it says of a picture at which it could not look: nothing, and why."""
        run = DetectorRun(
            self._detector.backend,
            self._detector.model,
            complete=False,
            conditions=self._detector.conditions,
            error=error.code,
        )
        return Screened(DetectorOutcome((), run), ())

    def close(self) -> None:
        """Closes the detector."""
        self._detector.close()
