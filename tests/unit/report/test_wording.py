"""Every text of a report exists in both languages and says the same."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from safety_detector.errors import SafetyDetectorError
from safety_detector.message_texts.kinds import ERRORS, error_text
from safety_detector.message_texts.phrase import Phrase
from safety_detector.report import wording
from safety_detector.report.incidents import wording as incident_wording


def phrases(value: object) -> list[Phrase]:
    """All phrases in a value of the module, however they are nested."""
    if isinstance(value, Phrase):
        return [value]
    if isinstance(value, dict):
        return [one for part in value.values() for one in phrases(part)]
    if isinstance(value, tuple):
        return [one for part in value for one in phrases(part)]
    return []


ALL = [
    one
    for module in (wording, incident_wording)
    for name in dir(module)
    if name not in ("PAGES",)
    for one in phrases(getattr(module, name))
]


def subclasses(error: type[SafetyDetectorError]) -> list[type[SafetyDetectorError]]:
    """The error and all below it."""
    return [error, *(one for child in error.__subclasses__() for one in subclasses(child))]


@pytest.mark.parametrize("phrase", ALL, ids=lambda phrase: phrase.en[:40])
def test_both_languages_state_the_same_facts(phrase: Phrase) -> None:
    """No place for a fact exists in one language only (an amount of one may be written out)."""

    def facts(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert phrase.en.strip()
    assert phrase.zh.strip()
    assert facts(phrase.en) == facts(phrase.zh)


@pytest.mark.parametrize("phrase", ALL, ids=lambda phrase: phrase.en[:40])
def test_each_language_keeps_to_its_punctuation(phrase: Phrase) -> None:
    """Chinese signs stand in Chinese, Latin ones in English: their widths differ."""
    assert not re.search(r"[一-鿿][,;:!?(]|[,;:!?)][一-鿿]", phrase.zh)
    assert not re.search(r"[一-鿿，。；：（）“”‘’…—]", phrase.en)


def test_every_error_has_words() -> None:
    """Whatever ends an inspection, the report can say it in its own language."""
    codes = {one.code for one in subclasses(SafetyDetectorError)}
    assert codes <= ERRORS.keys()


def test_an_unknown_code_stands_for_itself() -> None:
    """A report never hides what it has no words for."""
    assert error_text("from-the-future", "zh") == "from-the-future"
