"""The instruction and the schema."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest

from safety_detector.detectors.qwen.answer.label_aliases import read_hazard
from safety_detector.detectors.qwen.dialects import DIALECT_NAMES, dialect_named
from safety_detector.detectors.qwen.prompts import OBJECT_LIMIT, make_prompt, state_word
from safety_detector.domain.hazards import LANGUAGES, SUB_LABELS, Hazard, Language

PROMPTS = [(language, name) for language in LANGUAGES for name in DIALECT_NAMES]

# Change the wording, and the version must change with it.
WORDINGS = {
    "zh-1": "6d582efdc2a02101",
    "en-1": "51233d979aef9340",
}


def schema_branches(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The kinds of object that the schema allows."""
    branches: list[dict[str, Any]] = schema["items"]["anyOf"]
    return branches


@pytest.mark.parametrize(("language", "dialect"), PROMPTS)
def test_schema_allows_every_hazard_and_no_other_pair(language: Language, dialect: str) -> None:
    """What the model may write is exactly our table of labels and their states."""
    schema = make_prompt(language, dialect_named(dialect)).schema
    allowed = {
        read_hazard(label, state)
        for branch in schema_branches(schema)
        for label in branch["properties"]["label"]["enum"]
        for state in branch["properties"]["sub_label"]["enum"]
    }
    assert allowed == {Hazard(label, state) for label in SUB_LABELS for state in SUB_LABELS[label]}


@pytest.mark.parametrize(("language", "dialect"), PROMPTS)
def test_instruction_names_every_label_and_state(language: Language, dialect: str) -> None:
    """A label or state that the schema demands is explained, in the words that it demands."""
    instruction = make_prompt(language, dialect_named(dialect)).instruction
    for label, states in SUB_LABELS.items():
        assert label.value in instruction
        assert all(state_word(state, language) in instruction for state in states)
    assert str(OBJECT_LIMIT) in instruction


@pytest.mark.parametrize(("language", "dialect"), PROMPTS)
def test_schema_uses_only_what_servers_obey(language: Language, dialect: str) -> None:
    """Numbers are bounded, objects limited and closed, keys in the order that was trained."""
    schema = make_prompt(language, dialect_named(dialect)).schema
    assert schema["maxItems"] == OBJECT_LIMIT
    assert "uniqueItems" not in repr(schema)
    for branch in schema_branches(schema):
        assert list(branch["properties"]) == branch["required"] == ["bbox_2d", "label", "sub_label"]
        assert branch["additionalProperties"] is False
        box = branch["properties"]["bbox_2d"]
        assert (box["minItems"], box["maxItems"]) == (4, 4)
        assert box["items"]["minimum"] == 0
        assert box["items"]["maximum"] <= 9999


@pytest.mark.parametrize(("language", "dialect"), PROMPTS)
def test_prompt_holds_no_example_box(language: Language, dialect: str) -> None:
    """A box in the prompt would come back as an answer; there is none."""
    prompt = make_prompt(language, dialect_named(dialect))
    assert re.search(r"\[\s*\d", prompt.instruction + prompt.question) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_coordinates_are_asked_for_as_the_family_writes_them(language: Language) -> None:
    """Qwen2.5-VL is asked for pixels, the others for thousandths."""
    asks_for_thousandths = {
        name: "1000" in make_prompt(language, dialect_named(name)).instruction
        for name in DIALECT_NAMES
    }
    assert asks_for_thousandths == {"qwen2.5-vl": False, "qwen2-vl": True, "qwen3-vl": True}


@pytest.mark.parametrize("language", LANGUAGES)
def test_wording_changes_only_with_its_version(language: Language) -> None:
    """Results name the version of the wording; so a version is one wording for ever."""
    prompt = make_prompt(language, dialect_named("qwen2.5-vl"))
    wording = hashlib.sha256((prompt.instruction + prompt.question).encode()).hexdigest()
    assert WORDINGS[prompt.version] == wording[:16]
