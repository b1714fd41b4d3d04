"""Distributes groups of blocks over pages (pure: nothing is drawn here)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from safety_detector.report import style
from safety_detector.report.blocks import Block, Group, Item, Space
from safety_detector.report.page_canvas import Bookmark, Place

_TOLERANCE = 0.01
"""Points by which a page may be overfull: sums of heights are floats."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A block at its place; ``top`` counts from the body's upper edge."""

    block: Block
    top: float
    bookmark: Bookmark | None = None


@dataclass(slots=True)
class Page:
    """The blocks of one page; see ``Group`` for ``headless`` and ``paper``."""

    placed: list[Placed] = field(default_factory=list)
    used: float = 0.0
    headless: bool = False
    paper: str | None = None

    def add(self, block: Block, bookmark: Bookmark | None = None) -> None:
        """Places a block under the others."""
        self.placed.append(Placed(block, self.used, bookmark))
        self.used += block.height


def paginate(groups: Sequence[Group], body_height: float) -> list[Page]:
    """Places every block, in order.

    A group goes to the next page when it does not fit any more but would fit there; a longer one
    breaks between its items, never behind one that is kept with the next, and repeats its head.
    """
    pages = [Page()]
    for group in groups:
        page = pages[-1]
        fits_here = page.used + group.height <= body_height + _TOLERANCE
        fits_alone = group.height <= body_height + _TOLERANCE
        if page.placed and (group.new_page or (group.together and not fits_here and fits_alone)):
            pages.append(Page(paper=page.paper))
        pages[-1].headless |= group.headless
        pages[-1].paper = group.paper or pages[-1].paper
        _place_items(group.items, pages, body_height)
    return pages


def room_behind(groups: Sequence[Group], body_height: float = style.BODY_HEIGHT) -> float:
    """Height in points that is left on the page on which the groups end."""
    return body_height - paginate(groups, body_height)[-1].used


def count_pages(pages: Sequence[Page]) -> list[tuple[int, int]]:
    """For each page its number and how many there are, in the file or in its paper."""
    totals = Counter(page.paper for page in pages)
    counted: Counter[str | None] = Counter()
    numbers = []
    for page in pages:
        counted[page.paper] += 1
        numbers.append((counted[page.paper], totals[page.paper]))
    return numbers


def _place_items(items: Sequence[Item], pages: list[Page], body_height: float) -> None:
    for index, item in enumerate(items):
        page = pages[-1]
        needed = _height_with_next(items, index)
        if needed > body_height:  # parted after all: no page could hold it
            needed = item.block.height
        if page.placed and page.used + needed > body_height + _TOLERANCE:
            if isinstance(item.block, Space) and not item.keep_with_next:
                continue
            page = Page(paper=page.paper)
            pages.append(page)
            if item.repeated_head is not None:
                page.add(item.repeated_head)
        page.add(item.block, item.bookmark)


def _height_with_next(items: Sequence[Item], index: int) -> float:
    """Height of the item and of those behind it that it must not be parted from."""
    height = items[index].block.height
    while items[index].keep_with_next and index + 1 < len(items):
        index += 1
        height += items[index].block.height
    return height


def find_places(pages: Sequence[Page]) -> dict[str, Place]:
    """The page of each bookmark."""
    return {
        placed.bookmark.key: Place(number)
        for number, page in enumerate(pages, start=1)
        for placed in page.placed
        if placed.bookmark is not None
    }
