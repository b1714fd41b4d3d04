"""How many cameras each watcher holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from safety_detector.watcher.sharing import fair_share

SLOTS = st.lists(st.integers(0, 100), min_size=1, max_size=8)


@given(st.integers(0, 400), SLOTS)
def test_every_camera_has_a_place_where_there_is_room(cameras: int, slots: list[int]) -> None:
    """Shares suffice for all cameras, nobody gets more than it can hold, and none is too large."""
    shares = [
        fair_share(cameras, own, slots[:place] + slots[place + 1 :])
        for place, own in enumerate(slots)
    ]
    assert all(share <= own for share, own in zip(shares, slots, strict=True))
    assert sum(shares) >= min(cameras, sum(slots))
    # Whoever is not full has the same share as the largest: one less each would not suffice.
    open_ended = {share for share, own in zip(shares, slots, strict=True) if share < own}
    assert len(open_ended) <= 1
    if open_ended and max(shares) > 0:
        level = max(shares)
        assert sum(min(level - 1, own) for own in slots) < cameras
