"""The embedded detector in place of model servers that cannot be used; the result says so."""

from __future__ import annotations

import threading
import time

from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.domain.detections import DetectorOutcome, RunConditions
from safety_detector.errors import ModelUnreachable, ServerFailure
from safety_detector.pictures.images import RgbImage
from safety_detector.ports import Detector


class FallbackDetector:
    """Asks the model servers, and another detector while none of them can be used.

    The result then holds both runs, the failed one first.  A picture of which a run failed is never
    clear: it is a hazard if one was found, else inconclusive.

    Args:
        servers: asked first.
        stand_in: asked instead.
    """

    def __init__(self, servers: QwenVlDetector, stand_in: Detector) -> None:
        self._servers = servers
        self._stand_in = stand_in
        # It uses every core for one picture; many threads that wait for servers may come at once.
        self._one_at_a_time = threading.Lock()

    @property
    def servers(self) -> QwenVlDetector:
        """Those that are asked first."""
        return self._servers

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

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """Detections of the model, else of the stand-in; see ``ports.Detector``.

        Raises:
            DetectorError: as for ``QwenVlDetector``; an outage only where servers that can be used
                had no room or no answer this time.
        """
        started = time.perf_counter()
        try:
            return self._servers.detect(rgb, attempt, urgent=urgent)
        except ModelUnreachable as exc:
            if exc.failure is ServerFailure.NO_ROOM:
                raise  # they work; the picture has only to wait
            failed = self._servers.failed_run(exc, (time.perf_counter() - started) * 1000)
        with self._one_at_a_time:
            outcome = self._stand_in.detect(rgb)
        return DetectorOutcome(outcome.detections, outcome.run, (failed, *outcome.earlier))

    def watch(self) -> None:
        """Begins to examine the servers before the first picture comes; returns at once."""
        self._servers.watch()

    def close(self) -> None:
        """Closes both."""
        self._servers.close()
        self._stand_in.close()
