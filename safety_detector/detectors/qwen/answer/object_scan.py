"""Finds the JSON objects in a text, whatever stands around and between them.

Each object is read by itself: strict JSON first, repaired only where that fails and only if it is
whole.  A repair library alone is not enough: it takes ``[581, 587, 655, 65`` (cut inside a number)
for a box, keeps only the last of repeated keys, and turns prose into an empty string.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import json_repair

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


BOX_KEYS = frozenset({"bbox_2d", "box_2d", "bbox", "box", "bboxes", "boxes", "bounding_box"})
"""Keys under which models write boxes."""

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
"""A number as it stands in an answer."""

_BOX_KEY = re.compile(rf"\b(?:{'|'.join(sorted(BOX_KEYS, key=len, reverse=True))})\b\W{{0,3}}[:：]")

_OBJECT_START = re.compile(r"\{\s*[\"}]")

# A detection takes about 100 characters.  Longer broken objects are not worth a repair whose time
# grows with the square of their length.
_MAX_REPAIRED_CHARS = 4000

_BRACKETS = str.maketrans("｛｝［］", "{}[]")
_QUOTES = str.maketrans("“”„‟「」『』‘’", '""""""""\'\'')


class JsonObject(tuple[tuple[str, object], ...]):
    """A JSON object as its key-value pairs, repeated keys kept."""

    __slots__ = ()


class PlacedText(str):
    """A string of an object, and where its characters stand in the text, without the quotes."""

    at: tuple[int, int]


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)  # in what is known to be JSON


@dataclass(frozen=True, slots=True)
class ObjectScan:
    """What was found in a text.

    Attributes:
        objects: outermost readable objects, from left to right.
        lost: how many boxes are spoken of outside them, in objects that cannot be read.
        cut: whether the text ends inside an object or a list.
        cut_object: whether it ends inside an object.
    """

    objects: tuple[JsonObject, ...]
    lost: int
    cut: bool
    cut_object: bool


def scan_objects(text: str) -> ObjectScan:
    """Reads every whole object; of one that cannot be read, those that it holds."""
    text = text.translate(_BRACKETS)
    objects: list[JsonObject] = []
    rest: list[str] = []
    read_to = 0
    for start, end, pairs in _whole_objects(text):
        objects.append(pairs)
        rest += [text[read_to:start], " "]
        read_to = end
    around = "".join([*rest, text[read_to:]])
    # What stands around the objects read decides whether the text is cut: a quote too many inside
    # an object that could be repaired says nothing about the end.
    structure = match_brackets(around)
    return ObjectScan(
        objects=tuple(objects),
        lost=len(_BOX_KEY.findall(around[: structure.open_brace])),
        cut=structure.is_open,
        cut_object=structure.open_brace is not None,
    )


def mentions_box(text: str) -> bool:
    """Whether a key under which boxes stand occurs in the text."""
    return _BOX_KEY.search(text) is not None


def _whole_objects(text: str) -> Iterator[tuple[int, int, JsonObject]]:
    """Start, end and content of each object that is closed and can be read.

    Strings are ``PlacedText`` where their place is certain.
    """
    decoder = json.JSONDecoder(object_pairs_hook=JsonObject)
    closing, naive = match_brackets(text).braces, naive_braces(text)
    position = 0
    while (start := text.find("{", position)) >= 0:
        position = start + 1
        ends = [end + 1 for end in (closing.get(start), naive.get(start)) if end is not None]
        if not ends:
            continue
        try:
            pairs, position = _decode(decoder, text, start)
        except RecursionError:
            return  # nested a thousand deep: no answer, and each level would take as long again
        except ValueError:  # also for an integer of thousands of digits
            for end in ends:
                repaired = _repair(text, start, end)
                if repaired is not None:
                    position = end
                    yield start, end, _placed_where_once(repaired, text, start, end)
                    break
        else:
            yield start, position, pairs


def _decode(decoder: json.JSONDecoder, text: str, start: int) -> tuple[JsonObject, int]:
    # Looked at first because the decoder counts all lines before the place of an error.
    if _OBJECT_START.match(text, start) is None:
        raise ValueError("no object begins here")
    pairs, end = decoder.raw_decode(text, start)
    try:
        placed = _placed(pairs, (match.span() for match in _STRING.finditer(text, start, end)))
    except RecursionError:
        return pairs, end
    return cast(JsonObject, placed), end


def _placed(value: object, strings: Iterator[tuple[int, int]]) -> object:
    """What was decoded, each string with its place: they come in the order of the text."""
    if isinstance(value, str):
        start, end = next(strings)
        text = PlacedText(value)
        text.at = start + 1, end - 1
        return text
    if isinstance(value, JsonObject):
        return JsonObject((key, _placed(item, _behind_key(strings))) for key, item in value)
    if isinstance(value, list):
        return [_placed(item, strings) for item in value]
    return value


def _placed_where_once(pairs: JsonObject, text: str, start: int, end: int) -> JsonObject:
    """A repaired object; a string of it has its place if it stands once in what was repaired."""

    def placed(value: object) -> object:
        if not isinstance(value, str) or text.count(value, start, end) != 1:
            return value
        at = text.index(value, start, end)
        found = PlacedText(value)
        found.at = at, at + len(value)
        return found

    return JsonObject((key, placed(value)) for key, value in pairs)


def _behind_key(strings: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    next(strings)
    return strings


def _repair(text: str, start: int, end: int) -> JsonObject | None:
    """One object with one box from broken JSON, or None.

    Taken only if the numbers of the box stand in the text one behind the other, since repair
    libraries complete what is missing.
    """
    if end - start > _MAX_REPAIRED_CHARS or len(_BOX_KEY.findall(text[start:end])) != 1:
        return None
    plain = unicodedata.normalize("NFKC", text[start:end]).translate(_QUOTES).replace('\\"', '"')
    try:
        value = json_repair.loads(plain, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    pairs = JsonObject((str(key), item) for key, item in value.items())
    boxes = [item for key, item in pairs if key in BOX_KEYS]
    written = [float(number) for number in NUMBER.findall(plain)]
    return pairs if boxes and all(_stands_in(box, written) for box in boxes) else None


def _stands_in(box: object, written: list[float]) -> bool:
    """Whether the numbers of a repaired box stand in the text, one behind the other."""
    numbers = [float(number) for number in NUMBER.findall(str(box))]
    length = len(numbers)
    starts = range(len(written) - length + 1)
    return length >= 4 and any(written[at : at + length] == numbers for at in starts)
