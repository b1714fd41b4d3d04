"""Reads the English sentences that were stored before reasons had codes.

Results of earlier versions (``results.jsonl``, databases) hold the sentence alone.  Its message is
found by the English text of the catalogue, so that no expression is written by hand; a sentence
that is not of the catalogue any more stays English.
"""

from __future__ import annotations

import re
from functools import cache
from string import Formatter

from safety_detector.message_texts.catalogue import PHRASES
from safety_detector.message_texts.pages import PAGES
from safety_detector.message_texts.phrase import Phrase

_LONGEST = 2_000
"""Characters of a sentence that is looked for; the longest ones quote much from outside."""


def recognise(sentence: str) -> tuple[str, dict[str, str | int]] | None:
    """Code and facts of the message; None if the catalogue does not have it."""
    if len(sentence) > _LONGEST:
        return None
    for code, pattern in _patterns():
        found = pattern.fullmatch(sentence)
        if found is not None:
            facts = found.groupdict().items()
            return code, {name: _as_written(fact) for name, fact in facts if name[0] != "_"}
    return None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Those with the most text of their own first: they say more than wider ones."""
    # What stands on pages was never stored.
    stored = {code: phrase for code, phrase in PHRASES.items() if code not in PAGES}
    told = [(code, phrase) for code, phrase in stored.items() if _own_letters(phrase)]
    told.sort(key=lambda one: -_own_letters(one[1]))
    return tuple((code, _pattern(phrase)) for code, phrase in told)


def _own_letters(phrase: Phrase) -> int:
    """How many letters stand around its facts."""
    return sum(map(str.isalpha, "".join(text for text, *_ in Formatter().parse(phrase.en))))


def _pattern(phrase: Phrase) -> re.Pattern[str]:
    """Finds the English sentence with whatever facts, and names them."""
    parts, names = [], set[str]()
    for text, name, _, conversion in Formatter().parse(phrase.en):
        parts.append(re.escape(text))
        if not name:
            continue
        if name in names:
            parts.append(f"(?P={name})")
        elif conversion == "r":
            parts.append(f"""(?P<_{name}>['"])(?P<{name}>.+?)(?P=_{name})""")
        else:
            parts.append(f"(?P<{name}>.+?)")
        names.add(name)
    return re.compile("".join(parts), re.DOTALL)


def _as_written(fact: str) -> str | int:
    """A number as one, so that it is written as numbers are."""
    digits = fact.replace(",", "")
    return (
        int(digits)
        if digits.isascii() and digits.isdigit() and f"{int(digits):,}" == fact
        else fact
    )
