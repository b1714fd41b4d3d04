"""The embedded detector in place of model servers that cannot be used; the result says so."""

from __future__ import annotations

import time

from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.servers_first import ServersFirst
from safety_detector.domain.detections import DetectorOutcome
from safety_detector.errors import ModelUnreachable, ServerFailure
from safety_detector.pictures.images import RgbImage
from safety_detector.ports import Detector


class FallbackDetector(ServersFirst):
    """Asks the model servers, and another detector while none of them can be used.

    The result then holds both runs, the failed one first.  A picture of which a run failed is never
    clear: it is a hazard if one was found, else inconclusive.

    Args:
        servers: asked first.
        stand_in: asked instead.
    """

    def __init__(self, servers: QwenVlDetector, stand_in: Detector) -> None:
        super().__init__(servers)
        self._other = stand_in

    @property
    def _stand_in(self) -> Detector:
        return self._other

    @property
    def servers(self) -> QwenVlDetector:
        """Those that are asked first."""
        return self._servers

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
            return self._instead(rgb, started, exc)

    def watch(self) -> None:
        """Begins to examine the servers before the first picture comes; returns at once."""
        self._servers.watch()

    def close(self) -> None:
        """Closes both."""
        self._servers.close()
        self._other.close()
