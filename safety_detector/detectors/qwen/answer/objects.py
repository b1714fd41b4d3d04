"""From the objects of an answer to its boxes, as written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, NamedTuple, TypeAlias

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from safety_detector.detectors.qwen.answer.object_scan import (
    BOX_KEYS,
    NUMBER,
    JsonObject,
    PlacedText,
    scan_objects,
)
from safety_detector.detectors.qwen.answer.token_scores import Span

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
    ONLY_NAMED = "named beside the boxes, in none of them"
    FOREIGN_LABEL = "not one of our labels"
    UNREAD_LABEL = "a label with a word of ours that is not understood"
    FRACTIONS = "fractions in place of pixels"
    NO_AREA = "no width or no height"
    OUTSIDE = "outside the picture"
    DUPLICATE = "the same box again"


@dataclass(frozen=True, slots=True)
class WrittenBox:
    """One box of an answer, as written; the words are stripped of blanks, None where missing.

    Attributes:
        label_at: where in the text the label stands; None where that is not known.
        sub_label_at: where the state does.
    """

    bbox: Corners
    label: str | None
    sub_label: str | None
    label_at: Span | None = field(default=None, compare=False)
    sub_label_at: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something of an answer that did not become a detection, and why."""

    bbox: Corners | None
    label: str | None
    reason: DropReason


_POINT_KEYS = frozenset({"point_2d", "point", "points"})
_DEEPEST_LIST = 4  # lists in lists in which boxes are looked for
_LABEL_KEYS = ("label", "text_content", "object", "name_zh", "name", "category", "class", "zh")
_SUB_LABEL_KEYS = ("sub_label", "sublabel", "label2", "severity", "state", "status")


@dataclass(frozen=True, slots=True)
class FoundBoxes:
    """What the text of an answer holds.

    Attributes:
        boxes: in the order of the text.
        dropped: objects of which no box could be read.
        cut: whether the text ends inside an object or a list.
    """

    boxes: tuple[WrittenBox, ...]
    dropped: tuple[Dropped, ...]
    cut: bool


def find_boxes(text: str) -> FoundBoxes:
    """Reads every whole object with a box; nothing is taken from one that the text ends inside.

    Every box returned stands in the text: its four numbers one behind the other.
    """
    scan = scan_objects(text)
    boxes: list[WrittenBox] = []
    dropped: list[Dropped] = []
    for pairs in scan.objects:
        for part in _flatten(pairs):
            _read_part(part, boxes, dropped)
    dropped.extend([Dropped(None, None, DropReason.UNREADABLE)] * scan.lost)
    if scan.cut_object:
        dropped.append(Dropped(None, None, DropReason.CUT))
    if not boxes and not dropped:
        boxes, dropped = _native_boxes(text)
    return FoundBoxes(tuple(boxes), tuple(dropped), scan.cut)


def _flatten(root: JsonObject) -> Iterator[JsonObject]:
    """An object and those inside it, outer before inner, in the order of the text."""
    waiting: list[object] = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, JsonObject):
            yield from _split_repeats(item)
            waiting.extend(value for _, value in reversed(item))
        elif isinstance(item, list):
            waiting.extend(reversed(item))


def _split_repeats(pairs: JsonObject) -> Iterable[JsonObject]:
    """An object that writes its first key again begins a new one there."""
    if not pairs:
        return []
    starts = [at for at, (key, _) in enumerate(pairs) if key == pairs[0][0]]
    return [
        JsonObject(pairs[start:end])
        for start, end in zip(starts, [*starts[1:], len(pairs)], strict=True)
    ]


def _read_part(pairs: JsonObject, boxes: list[WrittenBox], dropped: list[Dropped]) -> None:
    label, sub_label = _label(pairs), _first_text(pairs, _SUB_LABEL_KEYS)
    words = (label.text, sub_label.text, label.at, sub_label.at)
    box_values = [value for key, value in pairs if key in BOX_KEYS]
    for value in box_values:
        if isinstance(value, list) and any(isinstance(item, JsonObject) for item in value):
            continue  # a list of objects under a key like "boxes": they are read by themselves
        for corners in _boxes_under(value):
            if corners is None:
                dropped.append(Dropped(None, label.text, DropReason.NOT_FOUR_NUMBERS))
            else:
                boxes.append(WrittenBox(corners, *words))
    keys = {key for key, _ in pairs}
    if not box_values and (keys & _POINT_KEYS or "label" in keys):
        dropped.append(Dropped(None, label.text, DropReason.NO_BOX))


def _boxes_under(value: object, depth: int = 0) -> list[Corners | None]:
    """The boxes under one key: one, or a list of them; None for what is not four numbers."""
    if isinstance(value, str):
        return [_corners(NUMBER.findall(value))]
    if not isinstance(value, list) or not value:
        return [None]
    if all(isinstance(item, list) for item in value):
        flat = [number for item in value for number in item]
        if len(value) == 2 and len(value[0]) == 2 and not any(isinstance(n, list) for n in flat):
            return [_corners(flat)]
        if depth == _DEEPEST_LIST:
            return [None]
        return [one for item in value for one in _boxes_under(item, depth + 1)]
    if len(value) == 1 and isinstance(value[0], str):
        return [_corners(NUMBER.findall(value[0]))]
    return [_corners(value)]


def _as_number(value: object) -> object:
    """Numbers in quotes count as numbers: real answers write ``["38", "314"]``."""
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        text = value.strip()
        return int(text) if text.lstrip("+-").isdigit() and len(text) < 12 else float(text)
    return value


# The bound is far beyond any picture and keeps every later product finite.
_Coordinate = Annotated[
    Annotated[int, Field(strict=True, ge=-1_000_000_000, le=1_000_000_000)]
    | Annotated[float, Field(strict=True, ge=-1e9, le=1e9, allow_inf_nan=False)],
    BeforeValidator(_as_number),
]
_CORNERS: TypeAdapter[Corners] = TypeAdapter(
    tuple[_Coordinate, _Coordinate, _Coordinate, _Coordinate]
)


def _corners(numbers: Sequence[object]) -> Corners | None:
    try:
        return _CORNERS.validate_python(tuple(numbers))
    except ValidationError:
        return None


class _Words(NamedTuple):
    """A text of an object and its place; nothing at all where there is none."""

    text: str | None = None
    at: Span | None = None

    @classmethod
    def of(cls, value: str) -> _Words:
        return cls(value.strip(), value.at if isinstance(value, PlacedText) else None)


def _label(pairs: JsonObject) -> _Words:
    """The text under a key that is known to name things, else the first text of the object."""
    known = _first_text(pairs, _LABEL_KEYS)
    if known.text is not None:
        return known
    for key, value in pairs:
        if key in BOX_KEYS or key in _SUB_LABEL_KEYS:
            continue
        if isinstance(value, str) and value.strip():
            return _Words.of(value)
        if isinstance(value, JsonObject):
            inner = _first_text(value, _LABEL_KEYS)
            if inner.text is not None:
                return inner
    return _Words()


def _first_text(pairs: JsonObject, keys: Sequence[str]) -> _Words:
    for key in keys:
        for name, value in pairs:
            if name == key and isinstance(value, str) and value.strip():
                return _Words.of(value)
    return _Words()


# The families before JSON: "<ref>fire</ref><box>(1,2),(3,4)</box>", with bars in Qwen2-VL, "det"
# and brackets in DeepSeek-VL2, pairs alone between answer tags.  A tag may hold several boxes, and
# several tags may follow one name.  Numbers end at a bracket or a tag: a text may end inside one.
_NUMBERS = r"[\s\d.,()\[\]+-]*"
_NATIVE = re.compile(
    r"<\|?(?:ref|object_ref_start)\|?>(?P<label>[^<]*)"
    r"|<\|?(?:box|box_start|det|answer)\|?>"
    rf"(?P<numbers>{_NUMBERS}[)\]]|{_NUMBERS}\d\s*(?=<))"
)


def _native_boxes(text: str) -> tuple[list[WrittenBox], list[Dropped]]:
    boxes: list[WrittenBox] = []
    dropped: list[Dropped] = []
    label: str | None = None
    label_at: Span | None = None
    for match in _NATIVE.finditer(text):
        if match["numbers"] is None:
            label, label_at = match["label"].strip() or None, match.span("label")
            continue
        numbers = NUMBER.findall(match["numbers"])
        for start in range(0, len(numbers), 4):
            corners = _corners(numbers[start : start + 4])
            if corners is None:
                dropped.append(Dropped(None, label, DropReason.NOT_FOUR_NUMBERS))
            else:
                boxes.append(WrittenBox(corners, label, None, label_at))
    return boxes, dropped
