"""How many cameras a watcher should hold, so that all hold about as many; pure."""

from __future__ import annotations

from collections.abc import Iterable


def fair_share(cameras: int, own_slots: int, others_slots: Iterable[int]) -> int:
    """The most that one watcher holds where cameras are shared evenly.

    The lowest level at which all cameras are held, when each watcher holds as many as that or as
    it can.

    Args:
        cameras: all that are to be watched.
        own_slots: how many this watcher can hold.
        others_slots: the same of each other.

    >>> fair_share(20, 64, [64])
    10
    >>> fair_share(20, 64, [4])
    16
    >>> fair_share(20, 64, [64, 64])
    7
    """
    unfilled = sorted((own_slots, *others_slots))
    left = cameras
    while unfilled:
        level = -(-left // len(unfilled))
        if unfilled[0] >= level:
            return min(level, own_slots)
        left -= unfilled.pop(0)
    return own_slots
