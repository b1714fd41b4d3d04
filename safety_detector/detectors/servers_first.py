"""What both detectors have in common that ask model servers first and another detector instead."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from dataclasses import replace

from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.domain.detections import DetectorOutcome, Role, RunConditions
from safety_detector.errors import DetectorError
from safety_detector.pictures.images import RgbImage
from safety_detector.ports import Detector


class NamedAfterServers:
    """A detector that is named after its model servers, whoever answers.

    Args:
        servers: whose names it has.
    """

    def __init__(self, servers: QwenVlDetector) -> None:
        self._servers = servers

    @property
    def backend(self) -> str:
        """The backend that is meant to answer."""
        return self._servers.backend

    @property
    def model(self) -> str:
        """The model that is meant to answer."""
        return self._servers.model

    @property
    def prompt_version(self) -> str | None:
        """The version of its instruction."""
        return self._servers.prompt_version

    @property
    def conditions(self) -> RunConditions:
        """What the model's runs go by."""
        return self._servers.conditions


class ServersFirst(NamedAfterServers, ABC):
    """A detector that asks its model servers first, and another one instead.

    Args:
        servers: asked first.
    """

    def __init__(self, servers: QwenVlDetector) -> None:
        super().__init__(servers)
        # The stand-in uses every core for one picture; many threads that wait may come at once.
        self._one_at_a_time = threading.Lock()

    @property
    @abstractmethod
    def _stand_in(self) -> Detector:
        """The detector that is asked instead."""

    def _instead(self, rgb: RgbImage, started: float, error: DetectorError) -> DetectorOutcome:
        """What the stand-in finds, behind the run of the model that failed.

        Args:
            rgb: uint8 (H, W, 3), upright.
            started: when the model was asked, by ``time.perf_counter``.
            error: how that failed.
        """
        failed = self._servers.failed_run(error, (time.perf_counter() - started) * 1000)
        with self._one_at_a_time:
            outcome = self._stand_in.detect(rgb)
        run = replace(outcome.run, role=Role.STAND_IN)
        return DetectorOutcome(outcome.detections, run, (failed, *outcome.earlier))
