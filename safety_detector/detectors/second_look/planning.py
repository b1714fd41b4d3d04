"""Which road a frame takes: screened alone, places asked about, shown whole.  Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from safety_detector.detectors.second_look.memory import CameraMemory, KnownPlace
from safety_detector.detectors.second_look.suspects import Place, Screened, is_same, places_of
from safety_detector.domain.crop_looks import CropLook
from safety_detector.domain.detections import Detection, DetectorOutcome
from safety_detector.domain.geometry import ImageSize

_KEPT = 27.0
"""So many times longer than they stand are answers kept: another of the same lets them stand on."""

_AGAIN_S = 10.0
"""So long after a look at a whole frame that failed the next is tried: at once would load servers
that are in trouble with every frame."""

_CLOSER_S = 60.0
_MOST_MISSES = 1
"""What the next look at all of it does not show was most often nothing: to give up after three
found as much and cost 6 % more (``python -m benchmarks.second_look``)."""

_ENOUGH_HITS = 3
"""So many looks open any incident; from then on it is enough to see now and then that it lasts."""


class LeftOut(StrEnum):
    """Why a suspected place was not asked about."""

    LIMIT = "second-look-limit"
    BUDGET = "second-look-budget"
    BUSY = "second-look-busy"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator says of second looks.

    Attributes:
        full_every: of each camera one frame in so many is shown to the model whole; 0: none; 1:
            every one.
        most_questions: about one frame.
        stands_s: how long an answer stands at its place.
    """

    full_every: int = 32
    most_questions: int = 3
    stands_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with a screened frame.

    Attributes:
        size: of the picture.
        full: whether all of it is shown to the model.
        ask: about these places, the most urgent first.
        standing: places of which an earlier answer stands, with how long ago it was given.
        left_out: places that nobody is asked about, and why.
        full_left_out: why all of it is not shown though that was due; None where it is shown, or
            was not due.
        is_every_full: whether all of every frame is meant to be shown; one that is not was then
            not judged.
        at: when it was planned.
        since_full: frames since all of one was shown, with this one.
    """

    size: ImageSize
    full: bool = False
    ask: tuple[Place, ...] = ()
    standing: tuple[tuple[Place, KnownPlace, float], ...] = ()
    left_out: tuple[tuple[Place, LeftOut], ...] = ()
    full_left_out: LeftOut | None = None
    is_every_full: bool = False
    at: float = 0.0
    since_full: int = 0

    @property
    def places(self) -> tuple[Place, ...]:
        """All suspected places."""
        return (
            *self.ask,
            *(place for place, _, _ in self.standing),
            *(place for place, _ in self.left_out),
        )

    def within(self, questions: int, *, full: bool, why: LeftOut) -> Plan:
        """The plan with at most so many questions, and shown whole only if that is granted."""
        left_out = tuple((place, why) for place in self.ask[questions:])
        return replace(
            self,
            full=self.full and full,
            ask=self.ask[:questions],
            left_out=(*self.left_out, *left_out),
            full_left_out=why if self.full and not full else self.full_left_out,
        )


def plan_frame(
    screened: Screened,
    size: ImageSize,
    camera_id: str,
    memory: CameraMemory,
    policy: Policy,
    now: float,
) -> tuple[CameraMemory, Plan]:
    """What to do with a frame, before anybody said whether there is room for it.

    Args:
        screened: what the screen says of it.
        size: of the picture.
        camera_id: whose it is; cameras are not shown whole all at the same time.
        memory: of the camera.
        policy: the operator's.
        now: the moment, in seconds of any clock that all who share the memory go by.

    Returns:
        The camera's memory, in which the frame is counted, and the plan.
    """
    memory = memory.without_older(now, _KEPT * policy.stands_s)
    if memory.since_full is None:  # the first frame: some of the way to the first full look is over
        start = zlib.crc32(camera_id.encode()) % max(policy.full_every, 1)
        memory = replace(memory, since_full=start)
    memory = replace(memory, since_full=(memory.since_full or 0) + 1)
    ask, standing = [], []
    for place in places_of(screened):
        known = memory.standing(place, size, now, policy.stands_s)
        if known is None:
            ask.append(place)
        else:
            standing.append((place, known, now - known.at))
    plan = Plan(
        size,
        full=_is_full_due(memory, policy, now),
        ask=tuple(ask),
        standing=tuple(standing),
        is_every_full=policy.full_every == 1,
        at=now,
        since_full=memory.since_full or 0,
    )
    return memory, plan.within(policy.most_questions, full=True, why=LeftOut.LIMIT)


def begin(memory: CameraMemory, plan: Plan) -> CameraMemory:
    """The camera's memory when what was planned, and granted, is asked.

    From then on frames are counted to the next full look, not from an answer that may take long.
    """
    for place in plan.ask:
        memory = memory.asking(place, plan.size, plan.at)
    if plan.full:
        memory = replace(memory, since_full=0, full_at=max(memory.full_at, plan.at))
    return memory


def learn(
    memory: CameraMemory,
    plan: Plan,
    looks: Sequence[CropLook | None],
    full: DetectorOutcome | None,
    now: float,
) -> CameraMemory:
    """The camera's memory with what the model said of a frame.

    Args:
        memory: as it is now, maybe with other frames counted since.
        plan: of the frame, as it was begun.
        looks: one for each place that was asked about, in their order; None without an answer.
        full: what the model said of the whole frame; None where it was not asked, or was silent.
        now: the moment.
    """
    for place, look in zip(plan.ask, looks, strict=True):
        if look is None:
            memory = memory.unanswered(place, plan.size, plan.at)
        else:
            memory = memory.answered(place, plan.size, look, plan.at)
    if not plan.full:
        return memory
    if full is None:  # it is still due
        since_full = max(memory.since_full or 0, plan.since_full)
        return replace(memory, since_full=since_full, retry_at=now + _AGAIN_S)
    dangers = [one for one in full.detections if one.hazard.is_danger]
    memory = memory.seen_whole(dangers, plan.size, full.run, plan.at)
    memory = replace(memory, retry_at=0.0)
    if _shows_unsuspected(dangers, plan):
        hits = memory.hits + 1 if now < memory.closer_until else 1
        return replace(memory, closer_until=now + _CLOSER_S, hits=hits, misses=0)
    misses = memory.misses + 1
    return replace(
        memory,
        misses=misses,
        closer_until=0.0 if misses >= _MOST_MISSES else memory.closer_until,
    )


def _shows_unsuspected(dangers: Iterable[Detection], plan: Plan) -> bool:
    suspects = [one.detection for place in plan.places for one in place.suspects]
    return any(not any(is_same(one, other) for other in suspects) for one in dangers)


def _is_full_due(memory: CameraMemory, policy: Policy, now: float) -> bool:
    if not policy.full_every:
        return False
    is_too_soon = policy.full_every > 1 and 0 < memory.retry_at - now <= _AGAIN_S
    if (memory.since_full or 0) >= policy.full_every and not is_too_soon:
        return True
    if now >= memory.closer_until:
        return False
    return memory.hits < _ENOUGH_HITS or now - memory.full_at >= policy.stands_s
