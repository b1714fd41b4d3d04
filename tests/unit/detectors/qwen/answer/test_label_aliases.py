"""Words of answers → our labels and states."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety_detector.detectors.qwen.answer.label_aliases import read_hazard
from safety_detector.domain.hazards import (
    LANGUAGES,
    SUB_LABELS,
    Hazard,
    Language,
    label_name,
)

EVERY_HAZARD = [Hazard(label, state) for label in SUB_LABELS for state in SUB_LABELS[label]]


@pytest.mark.parametrize("hazard", EVERY_HAZARD)
@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_names_are_read_in_both_languages(hazard: Hazard, language: Language) -> None:
    """What we call a hazard, as two words or as one text, is read as that hazard."""
    names = (label_name(hazard.label, language), hazard.state_text(language))
    assert read_hazard(*names) == hazard
    assert read_hazard(hazard.text(language), None) == hazard
    assert read_hazard(hazard.label.value, hazard.sub_label.value) == hazard


@pytest.mark.parametrize(
    ("label", "sub_label", "expected"),
    [
        ("Fire", "Severe ", "fire severe"),
        ("flames", "high", "fire severe"),
        ("明火", "重度", "fire severe"),
        ("黑烟", "中度", "smoke moderate"),
        ("person", "not wearing helmat ", "person no_helmet"),
        ("person", "wearing helmat ", "person helmet"),
        ("motorcyclist", "not wearing helmat ", "person no_helmet"),
        ("person", "without_helmet", "person no_helmet"),
        ("person", "no hard hat", "person no_helmet"),
        ("worker", "未戴安全帽", "person no_helmet"),
        ("人", "戴着安全帽", "person helmet"),
        ("person without helmet", None, "person no_helmet"),
        ("person", "未正确佩戴安全帽", "person no_helmet"),
        ("person", "已正确佩戴安全帽", "person helmet"),
        ("未佩戴安全帽的人员", None, "person no_helmet"),
        ("no_helmet", None, "person no_helmet"),
        ("heavy smoke", None, "smoke severe"),
        ("严重火焰", None, "fire severe"),
    ],
)
def test_words_of_models_are_read(label: str, sub_label: str | None, expected: str) -> None:
    """Synonyms, the other language, misspellings, and states written into the label are read."""
    hazard = read_hazard(label, sub_label)
    assert hazard is not None
    assert f"{hazard.label} {hazard.sub_label}" == expected


@pytest.mark.parametrize(
    ("label", "sub_label"),
    [
        ("person", None),
        ("person", ""),
        ("person", "severe"),
        ("person", "wearing a cap"),
        ("fire", "helmet"),
        ("smoke", "purple"),
    ],
)
def test_unknown_state_is_uncertain(label: str, sub_label: str | None) -> None:
    """A state that is missing, unknown or impossible is never taken for the harmless one."""
    hazard = read_hazard(label, sub_label)
    assert hazard is not None
    assert hazard.sub_label == "uncertain"


@pytest.mark.parametrize(
    "label",
    [
        "fire extinguisher",
        "fire truck",
        "灭火器",
        "smoke detector",
        "smoking area sign",
        "safety helmet",
        "helmet",
        "安全帽",
        "motorcycle",
        "",
        None,
        "fire " * 40,
    ],
)
def test_other_things_are_not_ours(label: str | None) -> None:
    """A word of ours inside another thing's name does not make it ours."""
    assert read_hazard(label, None) is None


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_words_are_read_without_error(label: str, sub_label: str) -> None:
    """Whatever a model writes, the answer is a hazard or None."""
    hazard = read_hazard(label, sub_label)
    assert hazard is None or hazard in EVERY_HAZARD
