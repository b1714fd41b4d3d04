"""The Protocols that have two real implementations."""

from __future__ import annotations

from typing import Protocol

from safety_detector.domain.detections import DetectorOutcome, RunConditions
from safety_detector.pictures.images import RgbImage


class Detector(Protocol):
    """Finds fire, smoke and people in one picture: ``qwen`` or ``embedded``."""

    @property
    def backend(self) -> str:
        """The backend's name in results, ``qwen`` or ``embedded``."""

    @property
    def model(self) -> str:
        """The model's name in results, with its version where it has one."""

    @property
    def prompt_version(self) -> str | None:
        """The version of the instruction in results; None where there is none."""

    @property
    def conditions(self) -> RunConditions:
        """What every run of this detector goes by: thresholds, tiling, classes."""

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """Detections in one picture, in pixels of that picture, most urgent first.

        Safe to call from several threads.

        Args:
            rgb: upright picture, ``uint8``, shape ``(height, width, 3)``, RGB.
            attempt: 1 for the first time; a detector may do better by another way after a fault.
            urgent: whether it goes before pictures that are not, where there is a queue.

        Raises:
            DetectorError: there is no result; a failure never becomes an empty one.
        """

    def close(self) -> None:
        """Gives back connections and memory; the detector is not used afterwards."""


class CameraDetectors(Protocol):
    """What looks at cameras' frames: the same for all, or each camera's own."""

    def of(self, camera_id: str | None) -> Detector:
        """The detector of a camera's frames; whoever asks for it does not close it."""

    def close(self) -> None:
        """Gives back what is not others'."""
