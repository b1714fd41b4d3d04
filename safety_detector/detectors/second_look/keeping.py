"""Plans and budget where all processes that ask the same servers share them.

They are kept as the states of the servers are (``server_states``): in Redis, and in this process
while Redis is away; then each process has the whole budget for a while.  When Redis is back no
answer from before stands, for this process may have learned otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from safety_detector.detectors.qwen.servers.server_states import ServerStates
from safety_detector.detectors.second_look.budget import Grant, read_bucket, write_bucket
from safety_detector.detectors.second_look.memory import join_memories, read_memory, write_memory
from safety_detector.detectors.second_look.planning import (
    LeftOut,
    Plan,
    Policy,
    begin,
    learn,
    plan_frame,
)
from safety_detector.detectors.second_look.suspects import Screened
from safety_detector.domain.crop_looks import CropLook
from safety_detector.domain.detections import DetectorOutcome
from safety_detector.domain.geometry import ImageSize

_BUDGET_KEY = "second-look-budget"
_ALL_CAMERAS = ""
"""Frames of no camera that is known share a memory."""


class PlanKeeper:
    """Plans frames; safe to use from several threads and processes.

    Args:
        states: where memories and the budget are kept; closed with this.
        policy: the operator's.
        rate: requests a second that all servers together may get of second looks; None: any number.
    """

    def __init__(self, states: ServerStates, policy: Policy, rate: float | None) -> None:
        self._states = states
        self._policy = policy
        self._rate = rate

    def plan(
        self,
        screened: Screened,
        size: ImageSize,
        camera_id: str | None,
        *,
        has_room: bool = True,
        full_takes: int = 1,
    ) -> Plan:
        """What is to be done with a frame, within the budget; counts the frame.

        Args:
            screened: what the screen says of it.
            size: of the picture.
            camera_id: whose it is; None: nobody knows.
            has_room: whether anybody can wait for answers; else nothing of the budget is taken.
            full_takes: how many requests it takes to show all of it.
        """

        def change(text: str | None, now: float) -> tuple[str, Plan]:
            memory, plan = plan_frame(
                screened, size, camera_id or _ALL_CAMERAS, read_memory(text), self._policy, now
            )
            return write_memory(memory), plan

        plan = self._states.change(_key(camera_id), change, join_memories)
        if not has_room:
            return plan.within(0, full=False, why=LeftOut.BUSY)
        if self._rate is not None and (plan.ask or plan.full):
            grant = self._granted(plan, self._rate, full_takes)
            plan = plan.within(grant.questions, full=grant.full, why=LeftOut.BUDGET)
        if plan.ask or plan.full:
            self._begin(plan, camera_id)
        return plan

    def plan_unscreened(
        self, size: ImageSize, *, has_room: bool = True, full_takes: int = 1
    ) -> Plan:
        """The plan of a frame of which the screen can say nothing: whole, where there is room."""
        plan = Plan(size, full=True)
        if not has_room:
            return plan.within(0, full=False, why=LeftOut.BUSY)
        if self._rate is None:
            return plan
        grant = self._granted(plan, self._rate, full_takes)
        return plan.within(0, full=grant.full, why=LeftOut.BUDGET)

    def learn(
        self,
        plan: Plan,
        looks: Sequence[CropLook | None],
        full: DetectorOutcome | None,
        camera_id: str | None,
    ) -> None:
        """Remembers what the model said of a frame."""
        if not (plan.ask or plan.full):
            return

        def change(text: str | None, now: float) -> tuple[str, None]:
            return write_memory(learn(read_memory(text), plan, looks, full, now)), None

        self._states.change(_key(camera_id), change, join_memories)

    def close(self) -> None:
        """Closes connections."""
        self._states.close()

    def _begin(self, plan: Plan, camera_id: str | None) -> None:
        def change(text: str | None, _now: float) -> tuple[str, None]:
            return write_memory(begin(read_memory(text), plan)), None

        self._states.change(_key(camera_id), change, join_memories)

    def _granted(self, plan: Plan, rate: float, full_takes: int) -> Grant:
        def change(text: str | None, now: float) -> tuple[str, Grant]:
            bucket, grant = read_bucket(text, rate, now).take(
                len(plan.ask), full=full_takes if plan.full else 0, rate=rate, now=now
            )
            return write_bucket(bucket), grant

        return self._states.change(_BUDGET_KEY, change)


def _key(camera_id: str | None) -> str:
    digest = hashlib.sha256((camera_id or _ALL_CAMERAS).encode()).hexdigest()[:24]
    return f"second-look:{digest}"
