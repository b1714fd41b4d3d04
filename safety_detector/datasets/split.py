"""Which pictures are for training, and which for validation."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from safety_detector.datasets.labelled import Side


@dataclass(frozen=True, slots=True)
class SplitItem:
    """A picture to be put on a side.

    Attributes:
        key: of the picture.
        group: its source and day.
        links: whatever else it must not be torn from: other groups (``group_link``), incidents,
            near duplicates.
    """

    key: str
    group: str
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture went, with the name of all that went there together."""

    side: Side
    group: str


def group_link(group: str) -> str:
    """The link of whatever must not be torn from that group."""
    return f"group {group}"


def split(items: Sequence[SplitItem], validation: float) -> dict[str, Place]:
    """Puts whole groups on one side each, so that about that share of pictures is for validation.

    Groups that are linked are one.  The hash of its name alone puts a group on a side, whatever
    other groups there are, and one of several is for validation if each of them is: a picture that
    was for training stays so while the set grows, for what learnt a picture cannot be judged by it.
    The share is met on average, the nearer the more groups there are.  A single group is for
    training; of several, one at least is for validation if any is wanted, and one for training.

    Returns:
        By the keys of the pictures.
    """
    together = _Together()
    for one in items:
        for link in one.links:
            together.join(group_link(one.group), link)
        together.add(group_link(one.group))
    names = _names({one.group for one in items}, together)
    apart = _for_validation(names, validation)
    return {
        one.key: Place(
            Side.VALIDATION if names[one.group] in apart else Side.TRAIN, names[one.group]
        )
        for one in items
    }


def _names(groups: Iterable[str], together: _Together) -> dict[str, str]:
    """By group, the first group of all that are one with it."""
    first: dict[str, str] = {}
    names = {}
    for group in sorted(groups):
        names[group] = first.setdefault(together.root(group_link(group)), group)
    return names


def _for_validation(names: Mapping[str, str], validation: float) -> set[str]:
    ranks: dict[str, float] = defaultdict(float)
    for group, name in names.items():
        ranks[name] = max(ranks[name], _rank(group))
    apart = {name for name, rank in ranks.items() if rank < validation}
    if validation > 0 and not apart and len(ranks) > 1:
        apart.add(min(ranks, key=lambda name: ranks[name]))
    if validation < 1 and apart and len(apart) == len(ranks):
        apart.discard(min(ranks, key=_day_first))  # later days come to it, earlier ones seldom
    return apart


def _rank(group: str) -> float:
    """A number from 0.0 to below 1.0 that is its own, the same in each set."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:6]) / (1 << 48)


def _day_first(group: str) -> tuple[str, str]:
    source, _, day = group.rpartition("/")
    return day, source


class _Together:
    """What belongs together, by union and find."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def add(self, name: str) -> None:
        self._above.setdefault(name, name)

    def root(self, name: str) -> str:
        self.add(name)
        while self._above[name] != name:
            self._above[name] = self._above[self._above[name]]
            name = self._above[name]
        return name

    def join(self, one: str, other: str) -> None:
        self._above[self.root(one)] = self.root(other)
