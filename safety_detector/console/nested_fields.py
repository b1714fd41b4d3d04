"""Forms with lists in them: ``zones.0.name`` is the name of the first zone.

A box that is ticked is a field of its own, ``zones.0.watch.fire``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from safety_detector.console.forms import Form

_DEEPEST = 6


def nested(form: Form) -> dict[str, Any]:
    """What was filled in, by the parts of the names; what has numbers for names is a list.

    Places between the numbers do not count: somebody may have removed what stood there.
    """
    found: dict[str, Any] = {}
    for name, value in form.fields.items():
        parts = name.split(".")
        place = found
        for part in parts[:-1][:_DEEPEST]:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[parts[-1]] = value
    return {name: _with_lists(value) for name, value in found.items()}


def part(typed: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The fields of a part; none where there is none, or a single text."""
    found = typed.get(name)
    return found if isinstance(found, dict) else {}


def items(typed: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The fields of each thing of a list."""
    found = typed.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def ticked(typed: Mapping[str, Any], name: str) -> list[str]:
    """The names of the boxes that are ticked."""
    return list(part(typed, name))


def text(typed: Mapping[str, Any], name: str) -> str:
    """What was written; empty where nothing was."""
    found = typed.get(name)
    return found if isinstance(found, str) else ""


def number(written: str) -> int | float | str | None:
    """The number that a text is; the text where it is none, for the check; None where it is empty.

    >>> number("2"), number("0.5"), number("often"), number("")
    (2, 0.5, 'often', None)
    """
    if not written:
        return None
    try:
        return int(written)
    except ValueError:
        pass
    try:
        found = float(written.replace(",", "."))
    except ValueError:
        return written
    return found if math.isfinite(found) else written


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(one) for name, one in value.items()}
    if inner and all(name.isascii() and name.isdigit() and len(name) < 5 for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
