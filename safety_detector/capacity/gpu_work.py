"""From tokens to seconds of a model server: what one request costs, and how busy many keep it.

A server batches: each step gives every answer that is being written one token, and computes
prompts on the side.  A step for sixteen takes little longer than a step for one, so that a token
costs a twelfth of what it costs alone.  Hence two figures for the same requests:

- *at full batches* (``full_batch_s``): what the work takes of a server that has plenty of it.  It
  adds up, and says how much a server can do.
- *busy* (``busy_share``): for how much of the time it computes anything at all with the requests
  that really come.  At little load most answers are written alone, and it is several times more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from safety_detector.capacity.gpu_timing import MAX_RUNNING, Timing


@dataclass(frozen=True, slots=True)
class RequestTokens:
    """The tokens of one request that cost something; means of many may be fractions.

    Attributes:
        visual: of the picture.
        text: of the prompt, without those that the server has computed before (the instruction).
        output: of the answer.
    """

    visual: float
    text: float
    output: float

    def prefill_s(self, timing: Timing) -> float:
        """Seconds until the prompt is computed, which no other request shares."""
        return self.visual * timing.visual_token_s + self.text * timing.text_token_s


def mean_tokens(parts: Iterable[tuple[float, RequestTokens]]) -> RequestTokens:
    """The tokens of a request in the mean, from how often each kind comes.

    Raises:
        ValueError: nothing comes at all.
    """
    every = list(parts)
    total = sum(often for often, _ in every)
    if not total > 0:
        raise ValueError("no requests")
    return RequestTokens(
        visual=sum(often * one.visual for often, one in every) / total,
        text=sum(often * one.text for often, one in every) / total,
        output=sum(often * one.output for often, one in every) / total,
    )


def requests_a_second(tokens: RequestTokens, timing: Timing, together: int = MAX_RUNNING) -> float:
    """Requests a second of one server that always has so many of them in hand.

    The first token comes with the step that ends the prompt, all others share a step each.

    >>> from safety_detector.capacity.gpu_timing import ANSWER_TOKENS, TEXT_TOKENS
    >>> vga = RequestTokens(391, TEXT_TOKENS, ANSWER_TOKENS)
    >>> round(requests_a_second(vga, Timing()), 1), round(requests_a_second(vga, Timing(), 1), 2)
    (2.2, 0.33)
    """
    written_s = max(tokens.output - 1, 0) * timing.step_s(together, 0, 0)
    return together / (together * tokens.prefill_s(timing) + written_s)


def full_batch_s(tokens: RequestTokens, timing: Timing) -> float:
    """Seconds that a request takes of a server that always has as many as it works on at a time."""
    return 1 / requests_a_second(tokens, timing)


def busy_share(arrivals_a_second: float, tokens: RequestTokens, timing: Timing) -> float:
    """For how much of the time one server is busy with requests that come at random, 0 to 1.

    A queue whose speed depends on how many requests are in it (``requests_a_second``), in balance:
    each number of them is as often left upwards as it is reached from above.  1.0 where more come
    than it can do.

    Args:
        arrivals_a_second: requests a second of this server.
        tokens: of a request, in the mean.
        timing: of the server.
    """
    if arrivals_a_second <= 0:
        return 0.0
    most = requests_a_second(tokens, timing)
    if arrivals_a_second >= most:
        return 1.0
    # Sums over the number of requests in hand; logarithms, since the products span many decades.
    weights, weight = [0.0], 0.0
    for together in range(1, MAX_RUNNING + 1):
        speed = requests_a_second(tokens, timing, together)
        weight += math.log(arrivals_a_second / speed)
        weights.append(weight)
    waiting = arrivals_a_second / most  # each one more that waits is by this factor rarer
    highest = max(weights)
    shares = [math.exp(one - highest) for one in weights]
    total = sum(shares) + shares[-1] * waiting / (1 - waiting)
    return 1 - shares[0] / total
