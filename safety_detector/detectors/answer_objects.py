"""Finds the boxes that an answer's text holds, whatever stands around and between them.

Each object is read by itself: strict JSON first, repaired only where that fails and only if it is
whole.  A repair library alone is not enough: it takes ``[581, 587, 655, 65`` (cut inside a number)
for a box, keeps only the last of repeated keys, and turns prose into an empty string.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeAlias

import json_repair
from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from safety_detector.detectors.brackets import match_brackets, naive_braces

Number: TypeAlias = int | float
Corners: TypeAlias = tuple[Number, Number, Number, Number]
"""``x1, y1, x2, y2`` as written: not yet ordered, scaled or clipped."""

SAME_BOX_IOU = 0.9
"""Boxes of one label that overlap this much are one thing said twice."""


class DropReason(StrEnum):
    """Why something that an answer says is not among the detections."""

    CUT = "the answer ends inside it"
    UNREADABLE = "not readable as an object"
    NO_BOX = "no box"
    NOT_FOUR_NUMBERS = "not four numbers"
    NO_LABEL = "no label"
    FOREIGN_LABEL = "not one of our labels"
    FRACTIONS = "fractions in place of pixels"
    NO_AREA = "no width or no height"
    OUTSIDE = "outside the picture"
    DUPLICATE = "the same box again"


@dataclass(frozen=True, slots=True)
class WrittenBox:
    """One box of an answer, as written; the words are stripped of blanks, None where missing."""

    bbox: Corners
    label: str | None
    sub_label: str | None


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something of an answer that did not become a detection, and why."""

    bbox: Corners | None
    label: str | None
    reason: DropReason


@dataclass(frozen=True, slots=True)
class FoundObjects:
    """What the text of an answer holds.

    Attributes:
        boxes: in the order of the text.
        dropped: objects of which no box could be read.
        cut: whether the text ends inside an object or a list.
    """

    boxes: tuple[WrittenBox, ...]
    dropped: tuple[Dropped, ...]
    cut: bool


_BOX_KEYS = frozenset({"bbox_2d", "box_2d", "bbox", "box", "bboxes", "boxes", "bounding_box"})
_POINT_KEYS = frozenset({"point_2d", "point", "points"})
_LABEL_KEYS = ("label", "text_content", "object", "name_zh", "name", "category", "class", "zh")
_SUB_LABEL_KEYS = ("sub_label", "sublabel", "label2", "severity", "state", "status")

_BOX_KEY_WRITTEN = re.compile(rf"\b(?:{'|'.join(sorted(_BOX_KEYS, key=len, reverse=True))})\b")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")

# A detection takes about 100 characters.  Longer broken objects are not worth a repair whose time
# grows with the square of their length.
_MAX_REPAIRED_CHARS = 4000

_QUOTES = str.maketrans("“”„‟「」『』‘’", '""""""""\'\'')


class _Object(tuple[tuple[str, object], ...]):
    """A JSON object as its key-value pairs, repeated keys kept."""

    __slots__ = ()


def _as_number(value: object) -> object:
    """Numbers in quotes count as numbers: real answers write ``["38", "314"]``."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        text = value.strip()
        return int(text) if text.lstrip("+-").isdigit() and len(text) < 12 else float(text)
    return value


_Coordinate = Annotated[
    Annotated[int, Field(strict=True, ge=-1_000_000_000, le=1_000_000_000)]
    | Annotated[float, Field(strict=True, ge=-1e9, le=1e9, allow_inf_nan=False)],
    BeforeValidator(_as_number),
]
_CORNERS: TypeAdapter[Corners] = TypeAdapter(
    tuple[_Coordinate, _Coordinate, _Coordinate, _Coordinate]
)


def find_objects(text: str) -> FoundObjects:
    """Reads every whole object with a box; nothing is taken from one that the text ends inside.

    Every box returned stands in the text: its four numbers one behind the other.
    """
    text = text.translate(str.maketrans("｛｝［］", "{}[]"))
    structure = match_brackets(text)
    boxes: list[WrittenBox] = []
    dropped: list[Dropped] = []
    for item in _read_objects(text, structure.braces):
        if isinstance(item, Dropped):
            dropped.append(item)
            continue
        for part in _flatten(item):
            _read_part(part, boxes, dropped)
    if not boxes and not dropped:
        boxes.extend(_native_boxes(text))
    if structure.open_brace is not None:
        dropped.append(Dropped(None, None, DropReason.CUT))
    return FoundObjects(tuple(boxes), tuple(dropped), structure.is_open)


def mentions_box(text: str) -> bool:
    """Whether a key under which boxes stand occurs in the text."""
    return _BOX_KEY_WRITTEN.search(text) is not None


def _read_objects(text: str, closing: dict[int, int]) -> Iterator[_Object | Dropped]:
    """Outermost readable objects from left to right; inside an unreadable one, those it holds."""
    decoder = json.JSONDecoder(object_pairs_hook=_Object)
    naive = naive_braces(text)
    position = 0
    while (start := text.find("{", position)) >= 0:
        position = start + 1
        ends = [end for end in (closing.get(start), naive.get(start)) if end is not None]
        if not ends:
            continue
        try:
            value, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            # ValueError is also raised for integers of thousands of digits.
            pass
        else:
            yield value
            continue
        segments = [text[start : end + 1] for end in ends if end - start < _MAX_REPAIRED_CHARS]
        repaired = next(filter(None, map(_repair, segments)), None)
        if repaired is not None:
            position = start + len(segments[0])
            yield repaired
        elif any(map(_is_lost, segments)):
            yield Dropped(None, None, DropReason.UNREADABLE)


def _is_lost(segment: str) -> bool:
    """Whether an innermost object speaks of a box that could not be read."""
    return "{" not in segment[1:] and mentions_box(segment)


def _repair(segment: str) -> _Object | None:
    """One object with one box from broken JSON, or None.

    Taken only if the numbers of the box stand in the segment one behind the other, since repair
    libraries complete what is missing.
    """
    if len(_BOX_KEY_WRITTEN.findall(segment)) != 1:
        return None
    plain = unicodedata.normalize("NFKC", segment).translate(_QUOTES)
    try:
        value = json_repair.loads(plain, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    pairs = _Object((str(key), item) for key, item in value.items())
    written = [float(number) for number in _NUMBER.findall(plain)]
    quads = [quad for key, item in pairs if key in _BOX_KEYS for quad in _quads(item)]
    if not quads or not all(_stand_in(quad, written) for quad in quads):
        return None
    return pairs


def _stand_in(quad: Corners | None, written: list[float]) -> bool:
    if quad is None:
        return False
    wanted = [float(number) for number in quad]
    return any(written[at : at + 4] == wanted for at in range(len(written) - 3))


def _flatten(root: _Object) -> Iterator[_Object]:
    """The objects inside an object that may hold a box, outer before inner, in text order."""
    waiting: list[object] = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, _Object):
            yield from _split_repeats(item)
            waiting.extend(value for _, value in reversed(item))
        elif isinstance(item, list):
            waiting.extend(reversed(item))


def _split_repeats(pairs: _Object) -> Iterable[_Object]:
    """An object that writes its first key again begins a new one there."""
    if not pairs:
        return []
    starts = [at for at, (key, _) in enumerate(pairs) if key == pairs[0][0]]
    return [
        _Object(pairs[start:end])
        for start, end in zip(starts, [*starts[1:], len(pairs)], strict=True)
    ]


def _read_part(pairs: _Object, boxes: list[WrittenBox], dropped: list[Dropped]) -> None:
    label, sub_label = _label(pairs), _first_text(pairs, _SUB_LABEL_KEYS)
    box_values = [value for key, value in pairs if key in _BOX_KEYS]
    for value in box_values:
        if isinstance(value, list) and any(isinstance(item, _Object) for item in value):
            continue  # a list of objects under a key like "boxes": they are read by themselves
        quads = _quads(value)
        for quad in quads or [None]:
            if quad is None:
                dropped.append(Dropped(None, label, DropReason.NOT_FOUR_NUMBERS))
            else:
                boxes.append(WrittenBox(quad, label, sub_label))
    keys = {key for key, _ in pairs}
    if not box_values and (keys & _POINT_KEYS or "label" in keys):
        dropped.append(Dropped(None, label, DropReason.NO_BOX))


def _quads(value: object) -> list[Corners | None]:
    """The boxes under one key: one, or a list of them; None for what is not four numbers."""
    if isinstance(value, str):
        return [_corners(_NUMBER.findall(value))]
    if not isinstance(value, list) or not value:
        return [None]
    if all(isinstance(item, list) for item in value):
        if len(value) == 2 and all(len(item) == 2 for item in value):
            return [_corners([*value[0], *value[1]])]
        return [_corners(item) for item in value]
    if len(value) == 1 and isinstance(value[0], str):
        return [_corners(_NUMBER.findall(value[0]))]
    return [_corners(value)]


def _corners(numbers: Sequence[object]) -> Corners | None:
    try:
        return _CORNERS.validate_python(tuple(numbers))
    except ValidationError:
        return None


def _label(pairs: _Object) -> str | None:
    """The text under a key that is known to name things, else the first text of the object."""
    known = _first_text(pairs, _LABEL_KEYS)
    if known is not None:
        return known
    for key, value in pairs:
        if key in _BOX_KEYS or key in _SUB_LABEL_KEYS:
            continue
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, _Object) and (inner := _first_text(value, _LABEL_KEYS)) is not None:
            return inner
    return None


def _first_text(pairs: _Object, keys: Sequence[str]) -> str | None:
    for key in keys:
        for name, value in pairs:
            if name == key and isinstance(value, str) and value.strip():
                return value.strip()
    return None


# The families before JSON: "<ref>fire</ref><box>(1,2),(3,4)</box>", with bars in Qwen2-VL, and
# pairs alone between answer tags.
_PAIR = r"\(\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\)"
_NATIVE = re.compile(
    r"(?:<\|?(?:object_)?ref(?:_start)?\|?>(?P<label>[^<]*)<[^>]*>\s*)?"
    rf"<(?:\|box_start\|box|\|box_start\||box|answer)>\s*{_PAIR}\s*,?\s*{_PAIR}"
)


def _native_boxes(text: str) -> Iterator[WrittenBox]:
    for match in _NATIVE.finditer(text):
        quad = _corners(match.groups()[1:])
        if quad is not None:
            yield WrittenBox(quad, (match["label"] or "").strip() or None, None)
