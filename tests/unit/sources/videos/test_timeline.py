"""Times of frames."""

from __future__ import annotations

import pytest

from safety_detector.sources.videos.timeline import Timeline, clock, slot_of


@pytest.mark.parametrize(
    ("said", "placed"),
    [
        ([0, 40, 80, 4080], [0, 40, 80, 4080]),
        ([100_000, 100_040, 100_080], [0, 40, 80]),
        ([-80, 0, 40], [0, 40, 120]),
        ([0, 0, 0, 0], [0, 40, 80, 120]),
        ([80, 120, 160, 0, 0], [0, 40, 80, 120, 160]),
        ([0, 40, 0, 120], [0, 40, 80, 120]),
        ([0, 40, 5000, 80, 120, 160], [0, 40, 5000, 5040, 5080, 5120]),
        ([0, 9000, 9040, 40, 9120, 9160], [0, 9000, 9040, 9080, 9120, 9160]),
        ([0, 4000, 8000, 100, 4100, 8100], [0, 4000, 8000, 8040, 8080, 12080]),
        ([0, 80, 60, 120], [0, 80, 120, 160]),
    ],
)
def test_every_frame_has_a_moment_of_its_own(said: list[float], placed: list[float]) -> None:
    """Whatever the decoder says, times rise, and true distances stay where they are known."""
    timeline = Timeline(interval_ms=40)
    assert [timeline.place(one) for one in said] == placed


def test_a_moment_lies_in_one_part_of_a_second() -> None:
    """Containers round to milliseconds: 66.667 may be written as 66."""
    assert [slot_of(time_ms, 15) for time_ms in (0, 66, 66.7, 132, 133)] == [0, 1, 1, 1, 2]
    assert clock(3_723_500) == "01-02-03.500"
