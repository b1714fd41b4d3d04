"""One text in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any, Literal, NamedTuple

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Phrase(NamedTuple):
    """One text in both languages; ``{name}`` in it stands for a fact."""

    en: str
    zh: str

    def say(self, language: Language, **facts: str | int) -> str:
        """The text in the language, with its facts filled in."""
        text = self.of(language)
        return text.format(**facts) if facts else text

    def of(self, language: Language) -> str:
        """The text in the language, with its places for facts."""
        return self.zh if language == "zh" else self.en

    def fill(self, language: Language, facts: Mapping[str, Any]) -> str | None:
        """The text with facts that another version may have written; None if one is missing."""
        try:
            return _LENIENT.vformat(self.of(language), (), facts)
        except (KeyError, IndexError, AttributeError):
            return None


class _LenientFormatter(Formatter):
    """Writes a fact that cannot be formatted as wanted, a text for a number, as it is."""

    def format_field(self, value: Any, format_spec: str) -> str:
        try:
            return format(value, format_spec)
        except (TypeError, ValueError):
            return str(value)


_LENIENT = _LenientFormatter()
