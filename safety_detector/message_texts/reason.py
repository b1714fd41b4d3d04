"""Why something failed, waits or is incomplete: a code and facts, for programs and for people."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, Union

from safety_detector.message_texts.catalogue import PHRASES
from safety_detector.message_texts.earlier import recognise
from safety_detector.message_texts.phrase import Language

Fact: TypeAlias = Union[str, int, float, "Reason", tuple["Reason", ...], None]
"""A number, a text as it came from outside, or reasons inside of the reason."""

SENTENCE = "other"
"""The code of a reason of which the English sentence alone was kept, before there were codes."""

_MOST_NESTED = 4
"""Reasons inside of reasons that are read: "Tried 2 times, last: none of 2 servers: …"."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason.

    Attributes:
        code: of the catalogue; what a newer program wrote may have another.
        facts: numbers, texts and further reasons that fill the places of its message.
    """

    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, code: str, /, **facts: object) -> Reason:
        """The reason with these facts; what is neither number nor reason becomes text."""
        return cls(code, {name: _as_fact(value) for name, value in facts.items()})

    @classmethod
    def of_sentence(cls, text: str) -> Reason:
        """The reason of which only the English sentence was kept."""
        return cls(SENTENCE, {"text": text})

    def __str__(self) -> str:
        return self.text("en")

    def text(self, language: Language) -> str:
        """The message; where code or facts are of another version, the code stands for it.

        >>> Reason("object-limit", {"limit": 10}).text("en")
        'the answer holds as many objects as the limit of 10'
        """
        if self.code == SENTENCE and language != "en":
            return _translated_sentence(str(self.facts.get("text", self.code)), language)
        phrase = PHRASES.get(self.code)
        if phrase is None:
            return self.code
        facts = {name: _say(name, fact, language) for name, fact in self.facts.items()}
        said = phrase.fill(language, facts)
        return self.code if said is None else said


def reason_document(reason: Reason) -> dict[str, Any]:
    """The reason as JSON-ready data."""
    return {
        "code": _storable(reason.code),
        "facts": {_storable(name): _fact_document(fact) for name, fact in reason.facts.items()},
    }


def read_reason(document: Any, nested: int = _MOST_NESTED) -> Reason:
    """The reason that ``reason_document`` wrote.

    Args:
        document: as it was parsed from JSON.
        nested: how many more reasons inside of reasons are read.

    Raises:
        ValueError: it is no such document.
    """
    match document:
        case {"code": str(code), "facts": Mapping() as facts} if nested >= 0:
            pass
        case _:
            raise ValueError("a reason is an object with a code and facts")
    return Reason(code, {str(name): _read_fact(fact, nested) for name, fact in facts.items()})


def join_reasons(reasons: Iterable[Reason], language: Language) -> str:
    """Reasons of a few words each, in one line."""
    return ("；" if language == "zh" else "; ").join(one.text(language) for one in reasons)


def system_cause(error: OSError) -> Reason:
    """What the operating system says, in the reader's language where the fault is a common one."""
    name = errno.errorcode.get(error.errno or 0, "").lower()
    code = f"errno-{name}"
    words = error.strerror or str(error) or type(error).__name__
    return Reason(code) if code in PHRASES else Reason("quoted", {"text": words})


def _translated_sentence(text: str, language: Language) -> str:
    found = recognise(text)
    if found is None:
        return text
    code, facts = found
    nested: dict[str, Fact] = {
        name: Reason.of_sentence(str(fact)) if name in _REASONS_INSIDE else fact
        for name, fact in facts.items()
    }
    return Reason(code, nested).text(language)


_REASONS_INSIDE = frozenset({"reason", "reasons"})
"""Names of facts that are messages of the catalogue themselves."""

_OF_LIBRARIES = frozenset({"cause", "words", "kind"})
"""Names of facts that may be what libraries and the operating system say."""


def _as_fact(value: object) -> Fact:
    if value is None or isinstance(value, int | float | Reason):
        return value
    if isinstance(value, tuple) and all(isinstance(one, Reason) for one in value):
        return value
    return _readable(str(value))


def _readable(text: str) -> str:
    """The text without the half characters that stand for odd bytes in names of files."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogateescape" if _is_of_bytes(text) else "surrogatepass")
        return raw.decode("utf-8", "backslashreplace")
    return text


def _is_of_bytes(text: str) -> bool:
    return not any("\ud800" <= one <= "\udfff" and not "\udc80" <= one <= "\udcff" for one in text)


def _say(name: str, fact: Fact, language: Language) -> str | int | float | None:
    if isinstance(fact, str) and language != "en" and name in _OF_LIBRARIES:
        return _translated_sentence(fact, language)
    if isinstance(fact, Reason):
        return fact.text(language)
    if isinstance(fact, tuple):
        between = "" if language == "zh" else " "
        return between.join(one.text(language) for one in fact)
    return fact


def _fact_document(fact: Fact) -> Any:
    if isinstance(fact, Reason):
        return reason_document(fact)
    if isinstance(fact, tuple):
        return [reason_document(one) for one in fact]
    return _storable(fact) if isinstance(fact, str) else fact


def _read_fact(fact: Any, nested: int) -> Fact:
    if fact is None or isinstance(fact, str | int | float):
        return fact
    if isinstance(fact, list):
        return tuple(read_reason(one, nested - 1) for one in fact)
    return read_reason(fact, nested - 1)


def _storable(text: str) -> str:
    """The text without what no database holds: half surrogate pairs, NUL."""
    return _readable(text).replace("\0", "\N{REPLACEMENT CHARACTER}")
