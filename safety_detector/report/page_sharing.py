"""Puts two sheets on a page where both fit, if need be with smaller pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from safety_detector.report import style
from safety_detector.report.blocks import Group, Space, join
from safety_detector.report.prefetch import Prefetcher

BEHIND_A_SHEET = Space(18.0)

_Arrangement = TypeVar("_Arrangement")


class SheetPlan(Protocol[_Arrangement]):
    """A sheet before it is decided how large its pictures are."""

    @property
    def full(self) -> _Arrangement:
        """The pictures as large as the page lets them be."""

    @property
    def compact(self) -> _Arrangement | None:
        """Smaller ones; None where they would show too little."""

    def height(self, arrangement: _Arrangement) -> float:
        """Height of the sheet in points, without the space behind it."""

    def compose(self, prefetcher: Prefetcher, arrangement: _Arrangement) -> Group:
        """The sheet's blocks; their pictures are ordered from the prefetcher."""


def share_pages(
    plans: Sequence[SheetPlan[_Arrangement]], prefetcher: Prefetcher, room: float, head: float
) -> list[Group]:
    """The sheets, two to a page where both fit on it, if need be with smaller pictures.

    Args:
        plans: of the sheets.
        prefetcher: makes their pictures.
        room: what is left on the page before, in points.
        head: height of the heading that comes over the first sheet.
    """
    groups: list[Group] = []
    position = 0
    while position < len(plans):
        above = head if position == 0 else 0.0
        chosen = _fitting(plans[:1], room - above) if position == 0 else None
        chosen = chosen or _fitting(plans[position : position + 2], style.BODY_HEIGHT - above)
        # Alone, and smaller rather than over the page's end.
        chosen = chosen or _fitting(plans[position : position + 1], style.BODY_HEIGHT - above)
        chosen = chosen or [plans[position].full]
        sheets = [
            plans[at].compose(prefetcher, arrangement)
            for at, arrangement in enumerate(chosen, start=position)
        ]
        groups.append(join(sheets))
        position += len(sheets)
    return groups


def _fitting(plans: Sequence[SheetPlan[_Arrangement]], room: float) -> list[_Arrangement] | None:
    """The largest arrangements with which all of the sheets stand in the room; None: none do."""
    for wanted in ([one.full for one in plans], [one.compact for one in plans]):
        arrangements = [one for one in wanted if one is not None]
        if len(arrangements) < len(plans):
            continue
        heights = (plan.height(one) for plan, one in zip(plans, arrangements, strict=True))
        if sum(heights) + (len(plans) - 1) * BEHIND_A_SHEET.height <= room:
            return arrangements
    return None
