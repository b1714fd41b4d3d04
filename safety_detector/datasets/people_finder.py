"""Finds people with the embedded detector, so that their faces can be blurred."""

from __future__ import annotations

from safety_detector.datasets.faces import LEAST_HEAD_SCORE, People
from safety_detector.detectors.embedded.detector import OnnxDetector, load_onnx_detector
from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.pictures.images import RgbImage

_HEADS = (RawClass.HEAD_HELMET, RawClass.HEAD_BARE)


class PeopleFinder:
    """Heads and bodies, of far lower scores than are reported.

    Args:
        detector: closed with it.
    """

    def __init__(self, detector: OnnxDetector) -> None:
        self._detector = detector

    def find(self, rgb: RgbImage) -> People:
        """Who is in a picture.

        Raises:
            DetectorError: nobody can tell.
        """
        boxes = self._detector.raw(rgb, LEAST_HEAD_SCORE).boxes
        least = self._detector.facts.threshold(RawClass.PERSON)
        return People(
            heads=tuple(one.box for one in boxes if one.kind in _HEADS),
            bodies=tuple(
                one.box for one in boxes if one.kind is RawClass.PERSON and one.score >= least
            ),
        )

    def close(self) -> None:
        """Closes the detector."""
        self._detector.close()


def bundled_people_finder() -> PeopleFinder:
    """One with the weights that are part of the program.

    Raises:
        WeightsInvalid: they are missing or broken.
    """
    return PeopleFinder(load_onnx_detector())
