"""The roads that cameras' frames can take to a verdict, played on a virtual clock."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from benchmarks.asked_tokens import (
    costs,
    crop_answer_tokens,
    crop_prompt,
    full_answer_tokens,
    full_prompt,
)
from benchmarks.camera_hours import MadeCamera
from benchmarks.made_frames import EVERY_S
from benchmarks.screened_hours import CAMERA_SIZE, ScreenedFrame
from benchmarks.t4_engine import PromptTokens
from benchmarks.told_alarms import Alarms, CameraAlarms
from benchmarks.truthful_model import ErrorRates, TruthfulModel
from benchmarks.virtual_servers import VirtualClock, VirtualServers
from safety_detector.capacity.gpu_timing import Timing
from safety_detector.capacity.gpu_work import full_batch_s
from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box

SCREEN_S: Final = 0.05
"""From a frame's arrival until the screen has said what it suspects: 0.04 s of a processor."""

SCREEN_RUN: Final = DetectorRun("embedded", "screen")
FULL_RUN: Final = DetectorRun("qwen", "truthful")


@dataclass(slots=True)
class Played:
    """What a road came to.

    Attributes:
        frames: that came.
        requests: to the model, by what was asked.
        replaced: frames that a newer one of their camera took the place of before the model had
            room.
        busy_gpu_s: for how long the servers' cards computed anything, added up.
        costs_gpu_s: what the same requests take of servers that have plenty to do, by what was
            asked.
        alarms: what people were told.
    """

    frames: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    replaced: int = 0
    busy_gpu_s: float = 0.0
    costs_gpu_s: dict[str, float] = field(default_factory=dict)
    alarms: Alarms = field(default_factory=Alarms)

    @property
    def full_batch_gpu_s(self) -> float:
        """What all requests take of servers that have plenty to do."""
        return sum(self.costs_gpu_s.values())

    def cost_gpu_s(self, kind: str) -> float:
        """Of one request, in the mean."""
        return self.costs_gpu_s[kind] / self.requests[kind]


@dataclass(slots=True)
class Stand:
    """A camera while a road is played.

    Attributes:
        begins_s: when it began: cameras do not all send at the same moment.
    """

    camera: MadeCamera
    begins_s: float
    model: TruthfulModel
    alarms: CameraAlarms


class Site:
    """The cameras, the servers and the clock of one played road.

    Args:
        cameras: all cameras.
        kinds: from ``burning_kinds``.
        rates: how often the model errs.
        servers: how many there are; None where every answer is there at once and costs nothing,
            for what does not depend on time.
        seed: of the model's dice.
    """

    def __init__(
        self,
        cameras: Sequence[MadeCamera],
        kinds: Mapping[Path, frozenset[int]],
        rates: ErrorRates,
        servers: int | None,
        seed: int,
    ) -> None:
        self.clock = VirtualClock()
        self.timing = Timing()
        self._servers = (
            None if servers is None else VirtualServers(self.clock, servers, self.timing)
        )
        self.played = Played()
        self.stands = [
            Stand(
                camera,
                EVERY_S * number / len(cameras),
                TruthfulModel(camera, CAMERA_SIZE, kinds, rates, seed),
                CameraAlarms(camera, CAMERA_SIZE, self.played.alarms),
            )
            for number, camera in enumerate(cameras)
        ]

    @property
    def has_room(self) -> bool:
        """Whether a request would be worked on at once."""
        return self._servers is None or self._servers.has_room

    @property
    def busy_gpu_s(self) -> float:
        """For how long cards computed anything, added up."""
        return 0.0 if self._servers is None else self._servers.busy_gpu_s

    def ask_about(
        self,
        place: Box,
        question: CropQuestion,
        answer: CropAnswer,
        order: int,
        then: Callable[[], None],
    ) -> None:
        """Has a place looked at."""
        self.played.requests["crop"] += 1
        if self._servers is None:
            self.clock.at(self.clock.now_s, then)
            return
        output = crop_answer_tokens(answer, self.played.requests["crop"])
        prompt = crop_prompt(place, question, CAMERA_SIZE)
        self._ask(self._servers, "crop", prompt, output, order, then)

    def ask_full(
        self, stand: Stand, at_s: float, order: int, then: Callable[[tuple[Detection, ...]], None]
    ) -> None:
        """Has a whole frame looked at."""
        found = stand.model.detections(at_s)
        self.played.requests["full"] += 1
        if self._servers is None:
            self.clock.at(self.clock.now_s, lambda: then(found))
            return
        output = full_answer_tokens(found)
        prompt = full_prompt(CAMERA_SIZE)
        self._ask(self._servers, "full", prompt, output, order, lambda: then(found))

    def _ask(
        self,
        servers: VirtualServers,
        kind: str,
        prompt: PromptTokens,
        output: int,
        order: int,
        then: Callable[[], None],
    ) -> None:
        cost_gpu_s = full_batch_s(costs(prompt, output), self.timing) * self.timing.cards
        by_kind = self.played.costs_gpu_s
        by_kind[kind] = by_kind.get(kind, 0.0) + cost_gpu_s
        servers.ask(prompt, output, order, then)

    def tell(
        self,
        stand: Stand,
        at_s: float,
        detections: Sequence[Detection],
        runs: Sequence[DetectorRun],
    ) -> None:
        """Takes the result of a frame in, now."""
        stand.alarms.looked(at_s, self.clock.now_s - stand.begins_s, detections, runs)


class Road(Protocol):
    """What becomes of a frame."""

    def take(self, stand: Stand, frame: ScreenedFrame) -> None:
        """A frame comes."""
        ...


class EveryFrame:
    """Every frame is shown to the model; where it has no room, the newest of each camera waits."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._waiting: OrderedDict[str, tuple[Stand, ScreenedFrame]] = OrderedDict()

    def take(self, stand: Stand, frame: ScreenedFrame) -> None:
        """Waits in its camera's place, and goes when there is room."""
        self._site.played.replaced += stand.camera.id in self._waiting
        self._waiting[stand.camera.id] = (stand, frame)
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and self._site.has_room:
            _, (stand, frame) = self._waiting.popitem(last=False)

            def then(
                found: tuple[Detection, ...], stand: Stand = stand, at_s: float = frame.at_s
            ) -> None:
                self._site.tell(stand, at_s, found, [FULL_RUN])
                self._go_on()

            self._site.ask_full(stand, frame.at_s, 0, then)


class EmbeddedOnly:
    """The embedded detector alone, as it reports."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def take(self, stand: Stand, frame: ScreenedFrame) -> None:
        """Its result is there at once."""
        clock, found = self._site.clock, frame.found[1.0]
        at_s = clock.now_s + SCREEN_S
        clock.at(at_s, lambda: self._site.tell(stand, frame.at_s, found, [SCREEN_RUN]))


def play(site: Site, road: Road, frames: Mapping[str, Sequence[ScreenedFrame]]) -> Played:
    """Plays all frames, and goes on until the last answer is there."""
    for stand in site.stands:
        for frame in frames[stand.camera.id]:
            site.played.frames += 1

            def then(stand: Stand = stand, frame: ScreenedFrame = frame) -> None:
                road.take(stand, frame)

            site.clock.at(stand.begins_s + frame.at_s, then)
    site.clock.run()
    site.played.busy_gpu_s = site.busy_gpu_s
    return site.played
