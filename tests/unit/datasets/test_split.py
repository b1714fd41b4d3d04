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


def test_the_share_is_met_on_average() -> None:
    """The nearer the more groups there are; none and all are met exactly."""
    assert share(items(*[5] * 1000), 0.2) == pytest.approx(0.2, abs=0.04)
    assert share(items(*[5] * 1000), 0.5) == pytest.approx(0.5, abs=0.05)
    assert 0 < share(items(*[5] * 40), 0.2) < 0.4
    assert share(items(*[5] * 40), 0.0) == 0
    assert share(items(*[5] * 40), 1.0) == 1


def test_both_sides_have_something_where_that_is_possible() -> None:
    """Of two groups one is for validation; of a single one none."""
    assert share(items(50, 50), 0.2) == 0.5
    assert share(items(50, 1), 0.01) in (pytest.approx(1 / 51), pytest.approx(50 / 51))
    assert 0 < share(items(50, 1), 0.99) < 1
    assert share(items(10), 0.2) == 0
    assert share(items(10, 10, 10, link="incident 1"), 0.9) == 0
    assert split([], 0.2) == {}


@given(
    st.lists(
        st.tuples(st.integers(0, 19), st.lists(st.integers(0, 15), max_size=1)),
        min_size=30,
        max_size=90,
    ),
    st.sampled_from([0.1, 0.2, 0.5]),
)
def test_what_was_learnt_is_never_for_validation_later(
    found: list[tuple[int, list[int]]], validation: float
) -> None:
    """However a set grows: by days, by pictures of earlier days, by links between them."""
    every = [
        SplitItem(f"{number}", f"camera/gate/day-{group:02}", tuple(f"look {one}" for one in links))
        for number, (group, links) in enumerate(found)
    ]
    # Two days that are alone, so that neither side needs one of the others.
    alone = [SplitItem(f"alone {one}", f"camera/a/day-{one}") for one in _ONE_ON_EACH_SIDE]
    before = split([*alone, *every[:20]], validation)
    after = split([*alone, *every], validation)
    assert {before[one.key].side for one in alone} == {Side.TRAIN, Side.VALIDATION}
    moved = [key for key, place in before.items() if place.side is Side.TRAIN]
    assert all(after[key].side is Side.TRAIN for key in moved)


_ONE_ON_EACH_SIDE = (1, 7)
"""Numbers whose groups have hashes near 0 and near 1."""
