"""Which pictures are for training, and which for validation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety_detector.datasets.labelled import Side
from safety_detector.datasets.split import SplitItem, split


def items(*sizes: int, link: str | None = None) -> list[SplitItem]:
    """Pictures of groups of these sizes."""
    links = (link,) if link else ()
    return [
        SplitItem(f"{group}-{number}", f"day {group}", links)
        for group, size in enumerate(sizes)
        for number in range(size)
    ]


def share(found: list[SplitItem], validation: float) -> float:
    """How many are for validation, of all."""
    places = split(found, validation)
    return sum(one.side is Side.VALIDATION for one in places.values()) / len(places)


@given(
    st.lists(st.tuples(st.integers(0, 8), st.lists(st.integers(0, 5), max_size=2)), max_size=60),
    st.floats(0, 1),
)
def test_nothing_that_belongs_together_is_torn_apart(
    found: list[tuple[int, list[int]]], validation: float
) -> None:
    """Neither a group nor pictures that share a link, over however many others."""
    every = [
        SplitItem(f"{number}", f"day {group}", tuple(f"incident {one}" for one in links))
        for number, (group, links) in enumerate(found)
    ]
    places = split(every, validation)
    assert places.keys() == {one.key for one in every}
    sides: dict[str, set[Side]] = {}
    for one in every:
        for name in (one.group, *one.links):
            sides.setdefault(name, set()).add(places[one.key].side)
    assert all(len(one) == 1 for one in sides.values())


def test_the_share_is_met_as_nearly_as_groups_allow() -> None:
    """By pictures, not by groups; one large day does not swallow the training part."""
    assert share(items(*[5] * 40), 0.2) == pytest.approx(0.2, abs=0.03)
    assert 0 < share(items(90, 3, 3, 4), 0.2) <= 0.2
    assert share(items(*[5] * 40), 0.0) == 0
    assert share(items(*[5] * 40), 1.0) == 1


def test_both_sides_have_something_where_that_is_possible() -> None:
    """Of two groups one is for validation; of a single one none."""
    assert share(items(50, 50), 0.2) == 0.5
    assert share(items(50, 1), 0.2) == pytest.approx(1 / 51)
    assert share(items(10), 0.2) == 0
    assert share(items(10, 10, 10, link="incident 1"), 0.9) == 0
    assert split([], 0.2) == {}


def test_most_stay_where_they_were() -> None:
    """A set that grows by a day moves few pictures from one side to the other."""
    before = split(items(*[5] * 40), 0.2)
    after = split(items(*[5] * 41), 0.2)
    assert sum(after[key].side is not place.side for key, place in before.items()) <= 10
