"""The road of the second look: the product's own decisions, played on a virtual clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from benchmarks.screened_hours import CAMERA_SIZE, ScreenedFrame
from benchmarks.second_look_roads import FULL_RUN, SCREEN_RUN, SCREEN_S, Site, Stand
from safety_detector.detectors.qwen.crops import crop_around
from safety_detector.detectors.second_look.budget import Bucket
from safety_detector.detectors.second_look.combining import combine
from safety_detector.detectors.second_look.memory import CameraMemory
from safety_detector.detectors.second_look.planning import (
    LeftOut,
    Plan,
    Policy,
    begin,
    learn,
    plan_frame,
)
from safety_detector.detectors.second_look.screen import SCREEN_SHARE
from safety_detector.detectors.second_look.suspects import Place, Screened
from safety_detector.domain.crop_looks import CropLook
from safety_detector.domain.detections import Detection, DetectorOutcome

_SUSPECT, _FULL = 0, 1  # their order in the servers' line

PATIENCE_S: Final = 20.0
"""After so long the screen's word goes out: ``SAFETY_ALARM_PATIENCE`` as by default."""


@dataclass(frozen=True, slots=True)
class Screening:
    """How frames are screened, and what may be asked.

    Attributes:
        share: of the thresholds of reporting, from which something is suspected.
        policy: the operator's.
        rate: requests a second that the budget of all servers together allows; None for no budget.
        phase: another one has each camera's first full look at another moment, which is chance.
    """

    share: float = SCREEN_SHARE
    policy: Policy = field(default_factory=Policy)
    rate: float | None = None
    phase: int = 0


@dataclass(slots=True)
class Asked:
    """What was asked in some frames."""

    frames: int = 0
    suspicious: int = 0
    questions: int = 0
    whole: int = 0

    def per_frame(self, question_cost: float, whole_cost: float) -> float:
        """What a frame costs in the mean."""
        if not self.frames:
            return 0.0
        return (self.questions * question_cost + self.whole * whole_cost) / self.frames


@dataclass(slots=True)
class _Waiting:
    """A frame that waits for its answers."""

    screened: Screened
    plan: Plan
    looks: list[CropLook | None]
    full: DetectorOutcome | None = None
    waits_for: int = 0
    is_told: bool = False


class SuspectsOnly:
    """Each frame is screened; suspected places are asked about, and now and then all of a frame."""

    def __init__(self, site: Site, screening: Screening) -> None:
        self._site = site
        self._screening = screening
        self._memories: dict[str, CameraMemory] = {}
        self._bucket = Bucket.full(screening.rate or 0.0, 0.0)
        self.left_out = 0
        self.asked = {False: Asked(), True: Asked()}
        """By whether a known hazard was there."""

    def take(self, stand: Stand, frame: ScreenedFrame) -> None:
        """Is screened."""
        clock = self._site.clock
        clock.at(clock.now_s + SCREEN_S, lambda: self._ask(stand, frame))

    def _ask(self, stand: Stand, frame: ScreenedFrame) -> None:
        now_s, camera_id = self._site.clock.now_s, stand.camera.id
        suspects = tuple(one for one in frame.found[self._screening.share] if one.hazard.is_danger)
        screened = Screened(DetectorOutcome(frame.found[1.0], SCREEN_RUN), suspects)
        memory, plan = plan_frame(
            screened,
            CAMERA_SIZE,
            f"{camera_id} {self._screening.phase}",
            self._memories.get(camera_id, CameraMemory()),
            self._screening.policy,
            now_s,
        )
        self._memories[camera_id] = memory
        if (rate := self._screening.rate) is not None:
            self._bucket, grant = self._bucket.take(
                len(plan.ask), full=plan.full, rate=rate, now=now_s
            )
            plan = plan.within(grant.questions, full=grant.full, why=LeftOut.BUDGET)
        self._memories[camera_id] = begin(memory, plan)
        self._count(stand, frame, plan)
        asked = _Waiting(
            screened, plan, [None] * len(plan.ask), waits_for=len(plan.ask) + plan.full
        )
        for number, place in enumerate(plan.ask):
            self._ask_about(stand, frame, asked, number, place)
        if plan.full:
            self._site.ask_full(
                stand, frame.at_s, _FULL, lambda found: self._full(stand, frame, asked, found)
            )
        if not asked.waits_for:
            self._tell(stand, frame, asked)
        else:
            self._site.clock.at(now_s + PATIENCE_S, lambda: self._run_out(stand, frame, asked))

    def _count(self, stand: Stand, frame: ScreenedFrame, plan: Plan) -> None:
        hazards = [one for one in stand.camera.happenings if one.is_known]
        is_there = any(one.from_s <= frame.at_s < one.until_s for one in hazards)
        asked = self.asked[is_there]
        asked.frames += 1
        asked.suspicious += bool(plan.places)
        asked.questions += len(plan.ask)
        asked.whole += plan.full
        self.left_out += len(plan.left_out)

    def _ask_about(
        self, stand: Stand, frame: ScreenedFrame, asked: _Waiting, number: int, place: Place
    ) -> None:
        crop = crop_around(place.box, CAMERA_SIZE, place.question)
        answer = stand.model.answer(crop, place.question, frame.at_s)
        look = CropLook(place.question, place.box, crop, answer, "", None, FULL_RUN)

        def then() -> None:
            asked.looks[number] = look
            self._one_more(stand, frame, asked)

        self._site.ask_about(place.box, place.question, answer, _SUSPECT, then)

    def _full(
        self, stand: Stand, frame: ScreenedFrame, asked: _Waiting, found: tuple[Detection, ...]
    ) -> None:
        asked.full = DetectorOutcome(found, FULL_RUN)
        self._one_more(stand, frame, asked)

    def _one_more(self, stand: Stand, frame: ScreenedFrame, asked: _Waiting) -> None:
        asked.waits_for -= 1
        if not asked.waits_for:
            self._tell(stand, frame, asked)

    def _run_out(self, stand: Stand, frame: ScreenedFrame, asked: _Waiting) -> None:
        """Tells of a danger as it stands; that nothing was found is no news, and waits on."""
        found = self._outcome(asked).detections
        if not asked.is_told and any(one.hazard.is_danger for one in found):
            self._tell(stand, frame, asked)

    def _tell(self, stand: Stand, frame: ScreenedFrame, asked: _Waiting) -> None:
        if asked.is_told:
            return
        asked.is_told = True
        camera_id, now_s = stand.camera.id, self._site.clock.now_s
        self._memories[camera_id] = learn(
            self._memories[camera_id], asked.plan, asked.looks, asked.full, now_s
        )
        outcome = self._outcome(asked)
        runs = [*outcome.earlier, outcome.run, *outcome.later]
        self._site.tell(stand, frame.at_s, outcome.detections, runs)

    def _outcome(self, asked: _Waiting) -> DetectorOutcome:
        return combine(asked.screened, asked.plan, asked.looks, asked.full, FULL_RUN)
