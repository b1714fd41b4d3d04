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
    """Ends per second; without the first and the last round where there are several threads.

    Raises:
        ValueError: there are not three rounds.
    """
    if threads == 1:
        return len(ended) / (ended[-1] - started)
    if len(ended) < 3 * threads:
        raise ValueError(f"{len(ended)} pictures are no three rounds of {threads} threads")
    steady = ended[threads - 1 : len(ended) - threads]
    return (len(steady) - 1) / (steady[-1] - steady[0])
