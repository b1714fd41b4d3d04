"""The end of a report: the limits of the method, and lines to sign on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safety_detector.domain.hazards import Language
from safety_detector.report import style, wording
from safety_detector.report.blocks import Group, Item, Space, heading, listed, subheading
from safety_detector.report.page_canvas import Bookmark, PageCanvas
from safety_detector.report.typesetting import Typefaces

_LIMITS_KEY = "limits"
_SIGNATURES_KEY = "signatures"


def compose_limits(
    limits: Sequence[str], language: Language, typefaces: Typefaces, *, small: bool = False
) -> list[Group]:
    """What the method cannot do, as a numbered list; ``small`` where a page has more to hold."""
    title = wording.LIMITS.say(language)
    bookmark = Bookmark(_LIMITS_KEY, title, level=1)
    begin = subheading if small else heading
    look = style.SMALL if small else style.BODY
    items = begin(title, typefaces, bookmark)
    for number, text in enumerate(limits, start=1):
        items.append(Item(listed(f"{number}.", text, look, typefaces)))
    return [Group((*items, Item(Space(14.0))))]


def compose_signatures(
    language: Language, typefaces: Typefaces, *, small: bool = False
) -> list[Group]:
    """Three roles with room for name, signature and date."""
    title = wording.SIGNATURES.say(language)
    begin = subheading if small else heading
    items = begin(title, typefaces, Bookmark(_SIGNATURES_KEY, title, level=1))
    roles = tuple(role.say(language) for role in wording.ROLES)
    fields = tuple(one.say(language) for one in (wording.NAME, wording.SIGNATURE, wording.DATE))
    return [Group((*items, Item(_Signatures(roles, fields))))]


@dataclass(frozen=True, slots=True)
class _Signatures:
    roles: tuple[str, ...]
    fields: tuple[str, ...]
    height: float = 112.0

    def draw(self, canvas: PageCanvas, top: float) -> None:
        gap = 18.0
        width = (style.BODY_WIDTH - gap * (len(self.roles) - 1)) / len(self.roles)
        for position, role in enumerate(self.roles):
            left = style.BODY_LEFT + position * (width + gap)
            canvas.text(left, top, role, style.CELL_BOLD)
            for line, name in enumerate(self.fields):
                y = top + 22.0 + line * 29.0
                canvas.text(left, y + 8.0, name, style.CAPTION)
                name_width = canvas.typefaces.width_pt(name, style.CAPTION.weight, 7)
                start = left + name_width + 6.0
                canvas.rule(start, y + 18.0, left + width - start, style.FAINT, 0.6)
