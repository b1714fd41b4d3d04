"""Looks at cameras' frames: the screen at every one, the language model where it matters."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from safety_detector.detectors.alarms import shows_danger
from safety_detector.detectors.patience import Patience
from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.second_look.combining import Failed, combine
from safety_detector.detectors.second_look.keeping import PlanKeeper
from safety_detector.detectors.second_look.planning import Plan
from safety_detector.detectors.second_look.screen import EmbeddedScreen
from safety_detector.detectors.second_look.suspects import Place, Screened
from safety_detector.detectors.servers_first import NamedAfterServers
from safety_detector.domain.crop_looks import CropLook
from safety_detector.domain.crop_questions import CropQuestion
from safety_detector.domain.detections import DetectorOutcome, DetectorRun
from safety_detector.errors import DetectorError, ModelUnreachable, ServerFailure
from safety_detector.pictures.images import RgbImage, size_of
from safety_detector.ports import Detector

Answer = TypeVar("Answer")


class SecondLook:
    """The detectors of cameras' frames, one a camera; safe to use from several threads.

    Args:
        servers: of the language model; whoever made them closes them.
        screen: looks first; closed with this.
        keeper: says what is asked; closed with this.
        patience: how long answers are waited for.
    """

    def __init__(
        self,
        servers: QwenVlDetector,
        screen: EmbeddedScreen,
        keeper: PlanKeeper,
        patience: Patience,
    ) -> None:
        self._servers = servers
        self._screen = screen
        self._keeper = keeper
        self._patience = patience

    def of(self, camera_id: str | None) -> Detector:
        """The detector of a camera's frames; closing it does nothing."""
        return _OfCamera(self, self._servers, camera_id)

    def look(
        self, camera_id: str | None, rgb: RgbImage, attempt: int, *, urgent: bool
    ) -> DetectorOutcome:
        """What is found in a frame of a camera.

        What the language model does not answer in time leaves a hazard unverified, and what is only
        suspected inconclusive; nothing that it does or does not say is an error here.  Where the
        screen cannot compute the model is shown all of the frame.

        Args:
            camera_id: whose frame it is.
            rgb: uint8 (H, W, 3), upright.
            attempt: 1 for the first time.
            urgent: whether it goes before pictures that are not.

        Raises:
            DetectorError: the screen could not compute, and the model said nothing either.
        """
        blind: DetectorError | None = None
        try:
            screened = self._screen.screen(rgb)
        except DetectorError as exc:
            blind = exc
            screened = self._screen.failed(exc)
        with self._patience.place() as has_place:
            has_room = self._patience.has_room(has_place=has_place)
            size = size_of(rgb)
            takes = self._servers.requests_for(size)
            if blind is None:
                plan = self._keeper.plan(
                    screened, size, camera_id, has_room=has_room, full_takes=takes
                )
            else:
                plan = self._keeper.plan_unscreened(size, has_room=has_room, full_takes=takes)
            asked = self._ask(rgb, plan, attempt, urgent=urgent)
            asked.wait(self._patience.seconds)
            said = self._said(plan, asked)
            outcome = self._outcome(screened, plan, said)
            if said.is_late:
                self._patience.ran_out()
                if has_place and not shows_danger(outcome):
                    # That nothing was found is no news: a slow model may still say that it is so.
                    asked.wait(None)
                    said = self._said(plan, asked)
                    outcome = self._outcome(screened, plan, said)
        self._patience.leave(asked.every)
        if blind is not None and not isinstance(said.full, DetectorOutcome):
            raise blind
        looks = [one if isinstance(one, CropLook) else None for one in said.looks]
        full = said.full if isinstance(said.full, DetectorOutcome) else None
        self._keeper.learn(plan, looks, full, camera_id)
        return outcome

    def close(self) -> None:
        """Closes the screen, and what is kept."""
        self._screen.close()
        self._keeper.close()

    def _ask(self, rgb: RgbImage, plan: Plan, attempt: int, *, urgent: bool) -> _Asked:
        looks = [
            self._patience.ask(self._question(rgb, place, attempt, urgent=urgent))
            for place in plan.ask
        ]
        full = None
        if plan.full:
            full = self._patience.ask(partial(self._servers.detect, rgb, attempt, urgent=urgent))
        return _Asked(time.perf_counter(), looks, full)

    def _question(
        self, rgb: RgbImage, place: Place, attempt: int, *, urgent: bool
    ) -> Callable[[], CropLook]:
        """What asks about a place, and does not keep the frame until it is answered."""
        try:
            return self._servers.prepare_look(
                rgb, place.box, place.question, attempt=attempt, urgent=urgent
            )
        except DetectorError as exc:
            return partial(_fail, exc)

    def _said(self, plan: Plan, asked: _Asked) -> _Said:
        """What has come by now."""
        looks: list[CropLook | Failed] = []
        is_late = False
        ms = (time.perf_counter() - asked.at) * 1000
        for place, one in zip(plan.ask, asked.looks, strict=True):
            is_late |= not one.done()
            said = self._result(one, ms, place.question)
            looks.append(said)
        full = None
        if asked.full is not None:
            is_late |= not asked.full.done()
            full = self._result(asked.full, ms, None)
        return _Said(looks, full, is_late)

    def _result(
        self, one: Future[Answer], ms: float, question: CropQuestion | None
    ) -> Answer | Failed:
        try:
            return one.result(0)
        except TimeoutError:
            error: DetectorError = self._patience.too_slow()
        except ModelUnreachable as exc:
            lacks_room = exc.failure is ServerFailure.NO_ROOM
            error = self._patience.too_slow() if lacks_room else exc
        except DetectorError as exc:
            error = exc
        return Failed(self._servers.failed_run(error, ms, question))

    def _outcome(self, screened: Screened, plan: Plan, said: _Said) -> DetectorOutcome:
        answering = DetectorRun(self._servers.backend, self._servers.model)
        return combine(screened, plan, said.looks, said.full, answering)


def _fail(error: DetectorError) -> CropLook:
    raise error


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the servers were asked about a frame.

    Attributes:
        at: when, by ``time.perf_counter``.
        looks: at each place of the plan.
        full: at all of it; None where that was not due.
    """

    at: float
    looks: Sequence[Future[CropLook]]
    full: Future[DetectorOutcome] | None

    def wait(self, timeout_s: float | None) -> None:
        """Waits until everything came, or the time is over; None: however long that takes."""
        wait(self.every, timeout_s)

    @property
    def every(self) -> list[Future[Any]]:
        """All that is to come, or came."""
        return [*self.looks, *([] if self.full is None else [self.full])]


@dataclass(frozen=True, slots=True)
class _Said:
    """What came of it, and whether anything was still to come then."""

    looks: Sequence[CropLook | Failed]
    full: DetectorOutcome | Failed | None
    is_late: bool


class _OfCamera(NamedAfterServers):
    """A camera's detector; see ``ports.Detector``."""

    def __init__(
        self, second_look: SecondLook, servers: QwenVlDetector, camera: str | None
    ) -> None:
        self._second_look = second_look
        super().__init__(servers)
        self._camera_id = camera

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """What is found in a frame of the camera; see ``SecondLook.look``."""
        return self._second_look.look(self._camera_id, rgb, attempt, urgent=urgent)

    def close(self) -> None:
        """Leaves the servers and the screen to the other cameras."""
