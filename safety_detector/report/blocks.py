"""The pieces that pages are made of: each knows its height and how to draw itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from reportlab.lib.colors import Color

from safety_detector.report import style
from safety_detector.report.page_canvas import Area, Bookmark, PageCanvas
from safety_detector.report.style import TextStyle
from safety_detector.report.typesetting import Typefaces


class Block(Protocol):
    """Something that stands on one page, over the body's whole width."""

    @property
    def height(self) -> float:
        """Height in points."""

    def draw(self, canvas: PageCanvas, top: float) -> None:
        """Draws it with its upper edge at ``top``."""


@dataclass(frozen=True, slots=True)
class Item:
    """A block and how it may be placed.

    Attributes:
        block: what is drawn.
        keep_with_next: never the last one on its page.
        repeated_head: drawn again above the block when a page begins with it.
        bookmark: marks the block's upper edge.
    """

    block: Block
    keep_with_next: bool = False
    repeated_head: Block | None = None
    bookmark: Bookmark | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Items that belong together: they share a page where one page can hold them all.

    Attributes:
        items: from top to bottom.
        new_page: begins a page.
        together: False for long tables, which may break anywhere between their items.
        headless: its first page has no header, since it is a form by itself.
        paper: number of a paper that begins with the group and is filed by itself: its pages are
            counted from one, and have its number above.
    """

    items: tuple[Item, ...]
    new_page: bool = False
    together: bool = True
    headless: bool = False
    paper: str | None = None

    @property
    def height(self) -> float:
        """Height in points, on one page; space behind the last block is none of it."""
        heights = [item.block.height for item in self.items]
        if self.items and isinstance(self.items[-1].block, Space):
            heights.pop()
        return sum(heights)


@dataclass(frozen=True, slots=True)
class Space:
    """Nothing, of some height; at the end of a page it is left out."""

    height: float

    def draw(self, canvas: PageCanvas, top: float) -> None:
        """Draws nothing."""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, already broken into lines."""

    lines: tuple[str, ...]
    look: TextStyle
    indent: float = 0.0

    @property
    def height(self) -> float:
        """Height of all lines."""
        return len(self.lines) * self.look.leading

    def draw(self, canvas: PageCanvas, top: float) -> None:
        """Draws line under line."""
        for number, line in enumerate(self.lines):
            y = top + number * self.look.leading
            canvas.text(style.BODY_LEFT + self.indent, y, line, self.look)


@dataclass(frozen=True, slots=True)
class Listed:
    """A paragraph that hangs behind a sign or a number."""

    sign: str
    text: Text

    @property
    def height(self) -> float:
        """Height of the paragraph."""
        return self.text.height + 2.0

    def draw(self, canvas: PageCanvas, top: float) -> None:
        """Draws the sign at the margin and the paragraph behind it."""
        canvas.text(style.BODY_LEFT, top, self.sign, self.text.look)
        self.text.draw(canvas, top)


def paragraph(text: str, look: TextStyle, typefaces: Typefaces, indent: float = 0.0) -> Text:
    """The text broken to the body's width."""
    width = style.BODY_WIDTH - indent
    return Text(typefaces.break_lines(text, look.weight, look.size, width), look, indent)


def listed(sign: str, text: str, look: TextStyle, typefaces: Typefaces) -> Listed:
    """The text broken to the body's width behind its sign."""
    return Listed(sign, paragraph(text, look, typefaces, indent=14.0))


def heading(text: str, typefaces: Typefaces, bookmark: Bookmark | None = None) -> list[Item]:
    """A section's heading, kept with what follows."""
    return [
        Item(paragraph(text, style.HEADING, typefaces), keep_with_next=True, bookmark=bookmark),
        Item(Space(4.0), keep_with_next=True),
    ]


def subheading(text: str, typefaces: Typefaces, bookmark: Bookmark | None = None) -> list[Item]:
    """A smaller heading, kept with what follows."""
    return [
        Item(Space(6.0), keep_with_next=True),
        Item(paragraph(text, style.SUBHEADING, typefaces), keep_with_next=True, bookmark=bookmark),
        Item(Space(2.0), keep_with_next=True),
    ]


def join(*sections: Sequence[Group]) -> Group:
    """The sections as one group, so that they share a page."""
    return Group(tuple(item for groups in sections for group in groups for item in group.items))


def under_heading(
    title: str, key: str, groups: Sequence[Group], typefaces: Typefaces
) -> list[Group]:
    """The groups, the first of them under the section's heading, on the page before if it fits."""
    first, *others = groups
    head = heading(title, typefaces, Bookmark(key, title))
    return [Group((*head, *first.items), together=first.together), *others]


def draw_lines(
    canvas: PageCanvas, left: float, top: float, lines: Sequence[str], look: TextStyle
) -> None:
    """Draws lines under each other."""
    for number, line in enumerate(lines):
        canvas.text(left, top + number * look.leading, line, look)


def pill(canvas: PageCanvas, area: Area, text: str, colour: Color, look: TextStyle) -> None:
    """A rounded coloured field with white text in its middle."""
    canvas.fill(area, colour, radius=min(area.height / 2, 3.0))
    top = area.top + (area.height - look.leading) / 2
    canvas.text_centred(area.left + area.width / 2, top, text, look)
