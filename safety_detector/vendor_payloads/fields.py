"""The fields of a text in XML or JSON, in one form, however deep they stand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from safety_detector.message_texts.reason import Reason
from safety_detector.network.xml_messages import MOST_BYTES, Element, decode_message, read_xml

_MOST_FIELDS = 20_000
_MOST_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Field:
    """A text with a name.

    Attributes:
        name: of the element or member that holds it.
        text: what it says.
        depth: 1 for what stands directly in the message.
    """

    name: str
    text: str
    depth: int


@dataclass(frozen=True, slots=True)
class Message:
    """A text in XML or JSON.

    Attributes:
        name: of the outermost element, or of the single member that wraps all; ``""`` without one.
        fields: in the order in which they stand.
        fault: why the rest was not read.
    """

    name: str
    fields: Sequence[Field]
    fault: Reason | None = None

    def first(self, *names: str) -> str | None:
        """What the field of this name says that stands least deep, of the first name that has one.

        What is empty says nothing.
        """
        for name in names:
            found = [one for one in self.fields if one.name == name and one.text.strip()]
            if found:
                return min(found, key=lambda one: one.depth).text
        return None

    def all(self, *names: str) -> tuple[str, ...]:
        """What all fields of these names say."""
        return tuple(one.text for one in self.fields if one.name in names and one.text.strip())


def read_message(data: bytes) -> Message:
    """The fields of a text; as much of it as can be read."""
    text = data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1]
    if text == b"<":
        return _of_xml(data)
    if text in (b"{", b"["):
        return _of_json(data)
    return Message("", (), Reason("payload-neither-xml-nor-json"))


def _of_xml(data: bytes) -> Message:
    message = read_xml(data)
    fault = message.fault and Reason.of("payload-xml-broken", cause=message.fault)
    if message.root is None:
        return Message("", (), fault or Reason("payload-empty"))
    return Message(message.root.name, list(_fields_of(message.root, 0)), fault or None)


def _fields_of(element: Element, depth: int) -> Iterator[Field]:
    for child in element.children:
        if child.children:
            yield from _fields_of(child, depth + 1)
        else:
            yield Field(child.name, child.text, depth + 1)


def _of_json(data: bytes) -> Message:
    if len(data) > MOST_BYTES:
        return Message("", (), Reason.of("payload-too-long", limit=MOST_BYTES))
    try:
        value = json.loads(decode_message(data).strip("\0 \t\r\n"))
    except (ValueError, RecursionError) as exc:
        return Message("", (), Reason.of("payload-json-broken", cause=str(exc)[:200]))
    name = ""
    if isinstance(value, list):
        value = value[0] if value else {}
    if isinstance(value, dict) and len(value) == 1:
        ((name, inner),) = value.items()
        value = inner if isinstance(inner, dict) else value
    fields: list[Field] = []
    _collect(value, "", 0, fields)
    return Message(name, fields)


def _collect(value: Any, name: str, depth: int, fields: list[Field]) -> None:
    if len(fields) >= _MOST_FIELDS or depth > _MOST_DEPTH:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            _collect(inner, key, depth + 1, fields)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, name, depth + 1, fields)
    elif value is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        fields.append(Field(name, text, depth))
