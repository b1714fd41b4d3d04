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

    Groups that are linked are one.  They are taken in the order of a hash of their names, each as
    long as it brings the share nearer, so that a set that grows keeps most of them where they were.
    A single group is for training; of several, one at least is for validation if any is wanted.

    Args:
        items: every picture.
        validation: the wanted share, 0.0 to 1.0.

    Returns:
        By the keys of the pictures.
    """
    together = _Together()
    for one in items:
        for link in one.links:
            together.join(group_link(one.group), link)
        together.add(group_link(one.group))
    names = _names({one.group for one in items}, together)
    sizes: dict[str, int] = defaultdict(int)
    for one in items:
        sizes[names[one.group]] += 1
    apart = _for_validation(sizes, validation)
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


def _for_validation(sizes: Mapping[str, int], validation: float) -> set[str]:
    wanted = validation * sum(sizes.values())
    apart: set[str] = set()
    taken = 0
    by_hash = sorted(sizes, key=lambda name: hashlib.sha256(name.encode()).digest())
    for name in by_hash:
        if abs(taken + sizes[name] - wanted) < abs(taken - wanted):
            apart.add(name)
            taken += sizes[name]
    if validation > 0 and not apart and len(sizes) > 1:
        apart.add(min(by_hash, key=lambda name: sizes[name]))
    if validation < 1 and apart and len(apart) == len(sizes):
        apart.discard(max(by_hash, key=lambda name: sizes[name]))
    return apart


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
