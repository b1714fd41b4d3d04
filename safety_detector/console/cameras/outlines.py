"""Outlines of areas as forms have them: a corner a line, in per cent of the picture's sides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from safety_detector.domain.camera_rules import Corner
from safety_detector.value_faults import ValueFault

Corners: TypeAlias = Sequence[Corner]

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)"
_LINE = re.compile(rf"\s*({_NUMBER})\s*%?\s*[\s,，;；]\s*({_NUMBER})\s*%?\s*")


def written(corners: Corners) -> str:
    """The outline as text.

    >>> written([(0.605, 0.2)])
    '60.5 20'
    """
    return "\n".join(f"{_percent(x)} {_percent(y)}" for x, y in corners)


def read(text: str, known: Mapping[str, Corners]) -> list[Corner]:
    """The corners of a text; an outline that was not touched is the same to the last bit.

    Args:
        text: what somebody typed or drew.
        known: outlines that are kept, by their texts.

    Raises:
        ValueFault: a line is no corner.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    same = known.get("\n".join(lines))
    if same is not None:
        return list(same)
    found = []
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueFault("corner-unreadable", number=number)
        found.append((float(match[1]) / 100, float(match[2]) / 100))
    return found


def by_text(outlines: Iterable[Corners]) -> dict[str, Corners]:
    """Outlines by their texts, for ``read``."""
    return {written(one): one for one in outlines}


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2f}".rstrip("0").rstrip(".")


def points(text: str, canvas: tuple[int, int]) -> str:
    """The outline of a text as SVG has it; lines that are no corners are left out."""
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return on_canvas([(float(one[1]) / 100, float(one[2]) / 100) for one in found if one], canvas)


def on_canvas(corners: Corners, canvas: tuple[int, int]) -> str:
    """The outline as SVG has it, in pixels of the picture.

    >>> on_canvas([(0.5, 0.25), (1, 1)], (200, 100))
    '100,25 200,100'
    """
    return " ".join(f"{x * canvas[0]:g},{y * canvas[1]:g}" for x, y in corners)
