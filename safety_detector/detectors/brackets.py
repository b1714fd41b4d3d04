"""Which bracket of an answer closes which, in text that may be broken or cut."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENING = {"}": "{", "]": "["}
_STRUCTURE = re.compile(r'\\.|["\n{}\[\]]', re.DOTALL)  # an escaped character is none of them
_BRACES = re.compile(r"[{}]")


@dataclass(frozen=True, slots=True)
class Brackets:
    """The structure of a text.

    Attributes:
        braces: offset of each ``{`` that is closed → offset of its ``}``.
        open_brace: offset of the innermost ``{`` that the text ends inside, or None.
        is_open: whether the text ends inside a ``{`` or ``[``.
    """

    braces: dict[int, int]
    open_brace: int | None
    is_open: bool


def match_brackets(text: str) -> Brackets:
    """Pairs brackets outside strings.

    A closing bracket closes the nearest opening one of its kind and forgets what stands unclosed
    between them (one brace too many); one that closes nothing is passed over.  Strings begin only
    inside brackets, since prose has apostrophes and inches, and end at the line's end, since JSON
    strings hold no raw line break: one lost quote does not swallow the rest.
    """
    braces: dict[int, int] = {}
    stack: list[int] = []
    in_string = False
    for match in _STRUCTURE.finditer(text):
        char, at = match[0], match.start()
        if in_string:
            in_string = char not in '"\n'
        elif char == '"':
            in_string = bool(stack)
        elif char in "{[":
            stack.append(at)
        elif char in "}]":
            _close(text, at, stack, braces)
    open_braces = [at for at in stack if text[at] == "{"]
    return Brackets(braces, open_braces[-1] if open_braces else None, bool(stack))


def naive_braces(text: str) -> dict[int, int]:
    """Pairs braces without a thought for strings, for objects in which a quote is missing."""
    braces: dict[int, int] = {}
    stack: list[int] = []
    for match in _BRACES.finditer(text):
        if match[0] == "{":
            stack.append(match.start())
        elif stack:
            braces[stack.pop()] = match.start()
    return braces


def _close(text: str, at: int, stack: list[int], braces: dict[int, int]) -> None:
    wanted = _OPENING[text[at]]
    for depth in range(len(stack) - 1, -1, -1):
        if text[stack[depth]] == wanted:
            if wanted == "{":
                braces[stack[depth]] = at
            del stack[depth:]
            return
