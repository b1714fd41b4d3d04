"""Model servers of 4 × T4 on a clock that only the benchmark moves.

What happens is a queue of moments; between two of them no time passes, however long they take to
compute.  Requests wait in one line before all servers, those of a lower class first, and go to the
server with the fewest in hand, as the product's own pool gives them out.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from benchmarks.t4_engine import Engine, PromptTokens, Request, Step
from safety_detector.capacity.gpu_timing import MAX_RUNNING, Timing

Then = Callable[[], None]


class VirtualClock:
    """Moments in their order; ``now_s`` is the one that is being worked on."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._coming: list[tuple[float, int, Then]] = []
        self._number = itertools.count()

    def at(self, at_s: float, then: Then) -> None:
        """Has something done at a moment; what is past is done at once."""
        heapq.heappush(self._coming, (max(at_s, self.now_s), next(self._number), then))

    def run(self) -> None:
        """Goes on until nothing is to come."""
        while self._coming:
            self.now_s, _, then = heapq.heappop(self._coming)
            then()


class VirtualServers:
    """Some servers of the same model.

    Args:
        clock: by which they work.
        number: of them.
        timing: of each.
    """

    def __init__(self, clock: VirtualClock, number: int, timing: Timing) -> None:
        self._clock = clock
        self._servers = [_VirtualServer(clock, timing, self._give_out) for _ in range(number)]
        self._line: list[tuple[int, int, Request, Then]] = []
        self._number = itertools.count()
        self._timing = timing
        self.requests = 0

    @property
    def busy_gpu_s(self) -> float:
        """For how long cards computed anything, added up."""
        return sum(one.busy_s for one in self._servers) * self._timing.cards

    @property
    def has_room(self) -> bool:
        """Whether a request would be worked on at once."""
        return not self._line and any(one.has_room for one in self._servers)

    def ask(self, prompt: PromptTokens, output_tokens: int, order: int, then: Then) -> None:
        """Has a request answered; ``then`` is called when its last token is there.

        Args:
            prompt: of the request.
            output_tokens: of its answer.
            order: of its class in the line, lower ones first.
            then: what is done with it.
        """
        self.requests += 1
        request = Request(prompt, output_tokens)
        heapq.heappush(self._line, (order, next(self._number), request, then))
        self._give_out()

    def _give_out(self) -> None:
        while self._line:
            server = min(self._servers, key=lambda one: len(one.in_hand))
            if not server.has_room:
                return
            _, _, request, then = heapq.heappop(self._line)
            server.add(request, then)


class _VirtualServer:
    def __init__(self, clock: VirtualClock, timing: Timing, has_room_again: Then) -> None:
        self._clock = clock
        self._engine = Engine(timing=timing)
        self._has_room_again = has_room_again
        self._is_working = False
        self.in_hand: dict[Request, Then] = {}
        self.busy_s = 0.0

    @property
    def has_room(self) -> bool:
        return len(self.in_hand) < MAX_RUNNING

    def add(self, request: Request, then: Then) -> None:
        self.in_hand[request] = then
        self._engine.add(request)
        if not self._is_working:
            self._begin()

    def _begin(self) -> None:
        step = self._engine.begin_step()
        self._is_working = step is not None
        if step is not None:
            self.busy_s += step.duration_s
            self._clock.at(self._clock.now_s + step.duration_s, lambda: self._end(step))

    def _end(self, step: Step) -> None:
        done = [one for one in self._engine.end_step(step) if one.is_done]
        for request in done:
            self._clock.at(self._clock.now_s, self.in_hand.pop(request))
        if done:
            self._has_room_again()
        if self._is_working:
            self._begin()
