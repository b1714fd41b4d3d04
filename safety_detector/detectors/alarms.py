"""Looks at cameras' pictures, of which somebody waits to be told: a silent model is not waited for.

What the model would have confirmed is then told unconfirmed.  That nothing was found by the
embedded detector alone is no news: the model's answer is waited for, as long as there is room.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import cached_property

from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.servers_first import ServersFirst
from safety_detector.domain.detections import DetectorOutcome
from safety_detector.domain.hazards import Label, SubLabel
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
        patience_s: how long an answer is waited for.
        most_waiting: so many pictures wait on, behind that, for an answer that may never come.
    """

    def __init__(
        self,
        servers: QwenVlDetector,
        build_stand_in: Callable[[], Detector],
        patience_s: float,
        most_waiting: int,
    ) -> None:
        super().__init__(servers)
        self._build_stand_in = build_stand_in
        self._patience_s = patience_s
        self._places = threading.Semaphore(most_waiting)
        self._is_silent = threading.Event()

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """Detections of the model, else of the stand-in; see ``ports.Detector``.

        Raises:
            DetectorError: the model refused the picture, or said something that cannot be read,
                before the stand-in was asked.
        """
        started = time.perf_counter()
        has_place = self._places.acquire(blocking=False)
        try:
            if not has_place and self._is_silent.is_set():
                return self._instead(rgb, started, self._too_slow())
            asked = self._ask(rgb, attempt, urgent=urgent)
            try:
                return asked.result(self._patience_s)
            except TimeoutError:
                self._is_silent.set()
            except ModelUnreachable as exc:
                lacks_room = exc.failure is ServerFailure.NO_ROOM
                return self._instead(rgb, started, self._too_slow() if lacks_room else exc)
            except (AnswerTimedOut, ModelFault) as exc:  # it said nothing of the picture
                return self._instead(rgb, started, exc)
            outcome = self._instead(rgb, started, self._too_slow())
            if not has_place or _is_alarming(outcome):
                return outcome
            try:
                return asked.result()
            except DetectorError:  # whatever it is, it takes nothing back
                return outcome
        finally:
            if has_place:
                self._places.release()

    def close(self) -> None:
        """Closes the stand-in, if there was need of it."""
        if "_stand_in" in self.__dict__:
            self._stand_in.close()

    @cached_property
    def _stand_in(self) -> Detector:
        return self._build_stand_in()

    def _ask(self, rgb: RgbImage, attempt: int, *, urgent: bool) -> Future[DetectorOutcome]:
        """Asks the servers in a thread of its own, which may outlive whoever waits for it."""
        asked: Future[DetectorOutcome] = Future()

        def ask() -> None:
            try:
                outcome = self._servers.detect(rgb, attempt, urgent=urgent)
            except BaseException as exc:  # noqa: BLE001 (raised where the answer is waited for)
                asked.set_exception(exc)
            else:
                self._is_silent.clear()
                asked.set_result(outcome)

        threading.Thread(target=ask, name="alarm", daemon=True).start()
        return asked

    def _too_slow(self) -> AnswerTimedOut:
        return AnswerTimedOut("model-too-slow", seconds=self._patience_s)


def _is_alarming(outcome: DetectorOutcome) -> bool:
    return any(
        one.hazard.label is not Label.PERSON or one.hazard.sub_label is SubLabel.NO_HELMET
        for one in outcome.detections
    )
