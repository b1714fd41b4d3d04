"""Looks at cameras' pictures, of which somebody waits to be told: a silent model is not waited for.

What the model would have confirmed is then told unconfirmed.  That nothing was found by the
embedded detector alone is no news: the model's answer is waited for, as long as there is room.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property

from safety_detector.detectors.patience import Patience
from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.servers_first import ServersFirst
from safety_detector.domain.detections import DetectorOutcome
from safety_detector.errors import (
    AnswerTimedOut,
    DetectorError,
    ModelFault,
    ModelUnreachable,
    ServerFailure,
)
from safety_detector.pictures.images import RgbImage
from safety_detector.ports import Detector


class AlarmDetector(ServersFirst):
    """Asks the model servers, and another detector where they do not answer in time.

    Args:
        servers: asked first; whoever made them closes them.
        build_stand_in: makes the other one, when it is needed first.
        patience: how long an answer is waited for.
    """

    def __init__(
        self,
        servers: QwenVlDetector,
        build_stand_in: Callable[[], Detector],
        patience: Patience,
    ) -> None:
        super().__init__(servers)
        self._build_stand_in = build_stand_in
        self._patience = patience

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """Detections of the model, else of the stand-in; see ``ports.Detector``.

        Raises:
            DetectorError: the model refused the picture, or said something that cannot be read,
                before the stand-in was asked.
        """
        started, patience = time.perf_counter(), self._patience
        with patience.place() as has_place:
            if not patience.has_room(has_place=has_place):
                return self._instead(rgb, started, patience.too_slow())
            asked = patience.ask(lambda: self._servers.detect(rgb, attempt, urgent=urgent))
            try:
                return asked.result(patience.seconds)
            except TimeoutError:
                silence = patience.ran_out()
            except ModelUnreachable as exc:
                lacks_room = exc.failure is ServerFailure.NO_ROOM
                return self._instead(rgb, started, patience.too_slow() if lacks_room else exc)
            except (AnswerTimedOut, ModelFault) as exc:  # it said nothing of the picture
                return self._instead(rgb, started, exc)
            outcome = self._instead(rgb, started, silence)
            if not has_place or shows_danger(outcome):
                patience.leave([asked])
                return outcome
            try:
                return asked.result()
            except DetectorError:  # whatever it is, it takes nothing back
                return outcome

    def close(self) -> None:
        """Closes the stand-in, if there was need of it."""
        if "_stand_in" in self.__dict__:
            self._stand_in.close()

    @cached_property
    def _stand_in(self) -> Detector:
        return self._build_stand_in()


def shows_danger(outcome: DetectorOutcome) -> bool:
    """Whether somebody may have to be told of it."""
    return any(one.hazard.is_danger for one in outcome.detections)
