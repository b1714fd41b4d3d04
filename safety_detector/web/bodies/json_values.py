"""JSON from outside: read, and checked to be something that every database can keep."""

from __future__ import annotations

import json
import math
import re

from safety_detector.web.problems.problem import RequestProblem

_MOST_LEVELS = 64  # far below what Python's own recursion bears, far above what anybody needs
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def parse_json(text: str | bytes) -> object:
    """Reads JSON.

    Raises:
        ValueError: it is none, is nested too deeply, or has numbers that no JSON has.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as exc:
        raise ValueError(_TOO_DEEP) from exc
    except UnicodeDecodeError as exc:
        raise ValueError("not UTF-8") from exc


def json_body(body: bytes) -> object:
    """The JSON of a body.

    Raises:
        RequestProblem: it is none.
    """
    try:
        return parse_json(body)
    except ValueError as exc:
        raise RequestProblem("body-malformed", f"The body is no JSON: {exc}.") from exc


def check_storable(value: object, levels: int = _MOST_LEVELS) -> None:
    """Refuses what one of the databases cannot keep.

    Raises:
        ValueError: NUL characters, halves of surrogate pairs, infinite numbers, too many levels.
    """
    if levels == 0:
        raise ValueError(_TOO_DEEP)
    if isinstance(value, dict):
        for key, inner in value.items():
            check_storable(key, levels - 1)
            check_storable(inner, levels - 1)
    elif isinstance(value, list):
        for inner in value:
            check_storable(inner, levels - 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is out of range")
    elif isinstance(value, str) and ("\0" in value or _HALF_PAIR.search(value)):
        raise ValueError("a text has a NUL character or half a surrogate pair")


_TOO_DEEP = f"nested more than {_MOST_LEVELS} levels deep"


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
