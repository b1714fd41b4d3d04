"""Tells the service how the cameras are that this process holds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from safety_detector.service.cameras.sightings import Sightings
from safety_detector.service.records import CameraSighting
from safety_detector.watcher.stream import CameraStream

_REPEATED_EVERY_S = 5.0  # where nothing differs but when the last picture came


class Reporter:
    """Notes what changed, and now and then what did not.

    Args:
        sightings: where it is noted.
    """

    def __init__(self, sightings: Sightings) -> None:
        self._sightings = sightings
        self._told: dict[CameraStream, tuple[CameraSighting, float]] = {}

    def report(self, streams: Sequence[CameraStream]) -> None:
        """Notes how these cameras are, in one transaction.

        Raises:
            DatabaseUnavailable: nothing was noted; the next time makes up for it.
        """
        now_s = time.monotonic()
        self._told = {one: told for one, told in self._told.items() if one in streams}
        news = {}
        for stream in streams:
            sighting = stream.sighting()
            if sighting is not None and self._is_news(stream, sighting, now_s):
                news[stream] = sighting
        self._sightings.write([(stream.claim, sighting) for stream, sighting in news.items()])
        self._told |= {stream: (sighting, now_s) for stream, sighting in news.items()}

    def _is_news(self, stream: CameraStream, sighting: CameraSighting, now_s: float) -> bool:
        if stream not in self._told:
            return True
        told, told_s = self._told[stream]
        if _news_of(sighting) != _news_of(told):
            return True
        return sighting != told and now_s - told_s >= _REPEATED_EVERY_S


def _news_of(sighting: CameraSighting) -> CameraSighting:
    """Without what differs each time."""
    return replace(sighting, last_frame_at=None, fps=None, clock_difference_s=None)
