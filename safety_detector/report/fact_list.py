"""Names and values in small print, in two columns where they are short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safety_detector.report import style
from safety_detector.report.blocks import draw_lines
from safety_detector.report.contents import Fact
from safety_detector.report.page_canvas import PageCanvas
from safety_detector.report.typesetting import Typefaces

_NAME_WIDTH = 92.0


@dataclass(frozen=True, slots=True)
class _SetFact:
    name: str
    lines: tuple[str, ...]
    left: float


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact over the whole width, or two short ones side by side."""

    facts: tuple[_SetFact, ...]

    @property
    def height(self) -> float:
        """Height of the longer fact."""
        return max(len(one.lines) for one in self.facts) * style.SMALL.leading + 1.0

    def draw(self, canvas: PageCanvas, top: float) -> None:
        """Draws each name in grey and its value behind it."""
        for one in self.facts:
            canvas.text(one.left, top, one.name, style.CAPTION)
            draw_lines(canvas, one.left + _NAME_WIDTH, top, one.lines, style.SMALL)


def fact_lines(facts: Sequence[Fact], typefaces: Typefaces) -> list[FactLine]:
    """Names and values in small print; two facts that are short share a line."""
    look = style.SMALL
    half_room = style.BODY_WIDTH / 2 - _NAME_WIDTH - 8.0
    lines: list[FactLine] = []
    for fact in facts:
        broken = typefaces.break_lines(fact.value, look.weight, look.size, half_room)
        last = lines[-1].facts if lines else ()
        if len(broken) == 1 and len(last) == 1 and _is_short(last[0], half_room, typefaces):
            second = _SetFact(fact.name, broken, style.BODY_LEFT + style.BODY_WIDTH / 2)
            lines[-1] = FactLine((last[0], second))
            continue
        room = style.BODY_WIDTH - _NAME_WIDTH
        whole = typefaces.break_lines(fact.value, look.weight, look.size, room)
        lines.append(FactLine((_SetFact(fact.name, whole, style.BODY_LEFT),)))
    return lines


def _is_short(fact: _SetFact, room: float, typefaces: Typefaces) -> bool:
    look = style.SMALL
    return len(fact.lines) == 1 and (
        typefaces.width_pt(fact.lines[0], look.weight, look.size) <= room
    )
