"""How many pictures a second threads get through."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

Inspect = Callable[[bytes], object]


def run_all(inspect: Inspect, pictures: Sequence[bytes], threads: int) -> list[float]:
    """When each inspection ended, in order."""

    def timed(data: bytes) -> float:
        inspect(data)
        return time.perf_counter()

    with ThreadPoolExecutor(threads) as pool:
        return sorted(pool.map(timed, pictures))


def steady_rate(started: float, ended: Sequence[float], threads: int) -> float:
    """Ends per second; of several threads, without their first two rounds and the last one.

    In the first round the machine fills, and a client that feels its way to how much the machine
    can take needs one more; in the last one the machine empties.

    Raises:
        ValueError: there are not four rounds.
    """
    if threads == 1:
        return len(ended) / (ended[-1] - started)
    if len(ended) < 4 * threads:
        raise ValueError(f"{len(ended)} pictures are no four rounds of {threads} threads")
    steady = ended[2 * threads - 1 : len(ended) - threads]
    return (len(steady) - 1) / (steady[-1] - steady[0])
