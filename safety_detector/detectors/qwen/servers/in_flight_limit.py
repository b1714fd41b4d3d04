"""How many pictures one model server should have in hand at a time; pure.

A server that batches answers more pictures a second the more it has in hand, up to its own limit
(vLLM's ``--max-num-seqs``); what is sent beyond that waits inside it.  Latency alone does not tell
the two apart: at 16 in hand each picture takes two to five times as long as one alone, although
nothing waits.  The time before the first token does: a server with room begins at once.

So the rule is that of TCP Vegas (Brakmo and Peterson, IEEE JSAC 13(8), 1995; for requests: Netflix
``concurrency-limits``), applied to the first token and not to the whole answer::

    waiting = in flight × (first token - least first token of such pictures) / whole answer

By Little's law that is how many of the pictures in flight stand in the server's queue.  Fewer than
``_FEW`` and the limit grows; more than ``_MANY`` and it shrinks; the faster, the further it is off.
Both times are of the same answer, so that the size of the picture and the length of the answer
cancel out; and a server that always has ``_FEW`` waiting is never idle: a smaller limit would cost
throughput, a larger one gains none.

The servers' own figure (``vllm:num_requests_waiting`` at ``/metrics``) is not asked: clouds have
none, behind a load balancer it is that of one replica, and operators close that path.  What it says
is seen in the answers as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_FEW = 3.0  # alpha and beta of TCP Vegas: 2 to 3, and 4 to 6
_MANY = 6.0
_GROWTH = 2.0  # pictures that a round of answers adds for each that is missing to _FEW
_NEWEST_COUNTS = 0.1  # of the running mean: about one round of answers
# The least first token follows quickly downwards and hardly upwards: one cached picture does not
# set it for good, and a server that became slower is believed in time.
_FASTER_COUNTS = 0.25
_SLOWER_COUNTS = 0.002
_CUT = 0.7  # of the limit, after the server said that it has no room


@dataclass(frozen=True, slots=True)
class InFlightBounds:
    """What the limit of one server may be, in pictures.

    The most is what vLLM is started with (``--max-num-seqs 16``).  The start is half of it: by the
    figures of 4 × T4 (0.33 pictures/s for one, 2.2 for sixteen in flight) that is four fifths of
    the throughput, and two rounds of answers lead to the rest.  The least keeps a server busy: one
    picture in work, one being read in, two on their way.

    Attributes:
        start: the limit of a server of which nothing is known, and after an ejection.
        least, most: the limit stays between them.
    """

    start: int = 8
    least: int = 4
    most: int = 16

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.start <= self.most:
            raise ValueError(f"not in order: 1, {self.least}, {self.start}, {self.most}")

    def clip(self, limit: float) -> float:
        """The limit within the bounds."""
        return min(max(limit, float(self.least)), float(self.most))


DEFAULT_BOUNDS = InFlightBounds()
"""For a server that is started with ``--max-num-seqs 16``."""


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """How long one answer took.

    Attributes:
        visual_tokens: of the picture.
        first_token_s: from the request to the first token.
        whole_s: from the request to the end.
    """

    visual_tokens: int
    first_token_s: float
    whole_s: float


class InFlightLaw:
    """Watches the answers of one server and says by how much its limit should change.

    What it says are differences, so that several processes can add theirs to one limit.
    """

    def __init__(self) -> None:
        self._least_s: dict[int, float] = {}
        self._waiting_share: float | None = None

    def saw_alone(self, times: AnswerTimes) -> None:
        """Notes an answer that was asked for while the server had nothing else of ours in hand."""
        size = _size_class(times.visual_tokens)
        least_s = self._least_s.get(size, times.first_token_s)
        self._least_s[size] = min(least_s, times.first_token_s)

    def answered(self, times: AnswerTimes, in_flight: int, limit: float) -> float:
        """By how much the limit should change after this answer.

        Args:
            times: of the answer.
            in_flight: pictures that the server had in hand when it ended, this one included.
            limit: the present limit.
        """
        waiting = in_flight * self._mean_waiting_share(times)
        self._follow(times, may_rise=waiting < _FEW)
        if waiting > _MANY:
            return (_MANY - waiting) / limit
        if waiting > _FEW or in_flight * 2 < limit:
            return 0.0  # of a limit that was not felt nothing is known about a higher one
        return _GROWTH * (_FEW - waiting) / limit

    def refused(self, limit: float) -> float:
        """By how much the limit should change after the server said that it has no room."""
        return limit * (_CUT - 1)

    def _mean_waiting_share(self, times: AnswerTimes) -> float:
        least_s = self._least_s.get(_size_class(times.visual_tokens), times.first_token_s)
        waited_s = max(times.first_token_s - least_s, 0.0)
        share = min(waited_s / max(times.whole_s, 1e-6), 1.0)
        if self._waiting_share is None:
            self._waiting_share = share
        self._waiting_share += _NEWEST_COUNTS * (share - self._waiting_share)
        return self._waiting_share

    def _follow(self, times: AnswerTimes, *, may_rise: bool) -> None:
        """Moves the least first token; upwards only while next to nothing waits.

        Else a queue of our own making would pass for the server's nature after a while.
        """
        size = _size_class(times.visual_tokens)
        least_s = self._least_s.setdefault(size, times.first_token_s)
        difference_s = times.first_token_s - least_s
        if difference_s < 0:
            self._least_s[size] = least_s + _FASTER_COUNTS * difference_s
        elif may_rise:
            self._least_s[size] = least_s + _SLOWER_COUNTS * difference_s


def _size_class(visual_tokens: int) -> int:
    """Pictures of which the larger has at most about twice the tokens of the smaller."""
    return round(math.log2(max(visual_tokens, 1)))
