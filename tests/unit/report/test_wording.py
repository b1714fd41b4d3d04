"""Every text of a report exists in both languages and says the same."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from safety_detector.detectors.answer import read_answer, to_detections
from safety_detector.detectors.dialects import dialect_for_model
from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import SafetyDetectorError
from safety_detector.report import wording
from safety_detector.report.wording import Phrase


def phrases(value: object) -> list[Phrase]:
    """All phrases in a value of the module, however they are nested."""
    if isinstance(value, Phrase):
        return [value]
    if isinstance(value, dict):
        return [one for part in value.values() for one in phrases(part)]
    if isinstance(value, tuple):
        return [one for part in value for one in phrases(part)]
    return []


ALL = [one for name in dir(wording) for one in phrases(getattr(wording, name))]


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
    assert codes <= wording.ERRORS.keys()


def test_every_reason_of_an_incomplete_answer_is_known_in_chinese() -> None:
    """What the answer's reader writes about a cut answer does not stand in English."""
    size = ImageSize(112, 112)
    dialect = dialect_for_model("Qwen/Qwen2.5-VL-7B-Instruct")
    boxes = ",".join(
        f'{{"bbox_2d": [{x}, 1, {x + 8}, 9], "label": "person", "sub_label": "helmet"}}'
        for x in range(0, 100, 10)
    )
    far = '{"bbox_2d": [5000, 1, 6000, 9], "label": "fire", "sub_label": "minor"}'
    reasons = []
    for text, finish in ((f"[{boxes}]", "stop"), (f"[{boxes}", "length"), (f"[{far}]", "stop")):
        reading = read_answer(text, finish_reason=finish)
        reasons.append(to_detections(reading, dialect, size, size).incomplete_reason)
    assert all(reasons)
    for reason in reasons:
        assert not re.search(r"[a-z]", wording.incomplete_text(reason or "", "zh"))
        assert wording.incomplete_text(reason or "", "en") == reason


def test_an_unknown_code_or_reason_stands_for_itself() -> None:
    """A report never hides what it has no words for."""
    assert wording.error_text("from-the-future", "zh") == "from-the-future"
    assert wording.incomplete_text("power cut", "zh") == "power cut"
