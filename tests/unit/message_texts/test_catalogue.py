"""The catalogue of messages: both languages, the facts of each, and every place that uses one."""

from __future__ import annotations

import ast
import errno
import os
import re
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import pytest

from safety_detector import errors
from safety_detector.errors import SafetyDetectorError
from safety_detector.message_texts import (
    cameras,
    causes,
    commands,
    datasets,
    health,
    incidents,
    models,
    payloads,
    pictures,
    runs,
    service,
    settings,
    values,
)
from safety_detector.message_texts.catalogue import FORMER, PHRASES
from safety_detector.message_texts.kinds import error_text
from safety_detector.message_texts.libraries import LIBRARIES
from safety_detector.message_texts.pages import PAGES
from safety_detector.message_texts.phrase import LANGUAGES, Language
from safety_detector.message_texts.reason import Reason
from tests.console_names import named_codes

ROOT = Path(__file__).parents[3]

_NOT_WORDED_HERE = {"quoted", "other", "sentences"}


def facts_of(code: str, language: Language) -> set[str]:
    """Names of the facts in a message."""
    return {name for _, name, _, _ in Formatter().parse(PHRASES[code].of(language)) if name}


def example(code: str) -> Reason:
    """The reason with a fact in each place, a number where numbers are written."""
    facts = {
        name: 7 if spec and spec != "r" else f"<{name}>"
        for _, name, spec, _ in Formatter().parse(PHRASES[code].en)
        if name
    }
    return Reason.of(code, **facts)


@pytest.mark.parametrize("code", PHRASES)
def test_every_message_says_the_same_facts_in_both_languages(code: str) -> None:
    """Nothing is lost in translation, and a reader of Chinese gets Chinese."""
    assert facts_of(code, "en") == facts_of(code, "zh")
    for language in LANGUAGES:
        said = example(code).text(language)
        assert said != code or PHRASES[code].en == code
        assert all(f"<{name}>" in said or "7" in said for name in facts_of(code, language))
    chinese = PHRASES[code].zh
    if re.search(r"[a-z]", re.sub(r"{.*?}", "", PHRASES[code].en)):
        assert re.search(r"[一-鿿]", chinese)
        assert not re.search(r"[一-鿿][,;:!?(]|[,;:!?)][一-鿿]", re.sub(r"{.*?}", "", chinese))


def test_no_code_stands_for_two_messages() -> None:
    """Tables that are put together take nothing from each other."""
    tables = (
        *(pictures.PICTURES, models.MODELS, runs.RUNS, service.SERVICE),
        *(commands.COMMANDS, settings.SETTINGS, causes.CAUSES, LIBRARIES, FORMER),
        *(
            cameras.CAMERAS,
            payloads.PAYLOADS,
            incidents.INCIDENTS,
            datasets.DATASETS,
            PAGES,
            health.HEALTH,
            values.VALUES,
        ),
    )
    codes = [code for table in tables for code in table]
    assert len(codes) == len(set(codes)) == len(PHRASES) - len(_NOT_WORDED_HERE)


@pytest.mark.parametrize("code", [code for code in PHRASES if code.startswith("errno-")])
def test_causes_are_the_operating_system_s_own_words(code: str) -> None:
    """English readers find what every other program says."""
    number = getattr(errno, code.removeprefix("errno-").upper())
    assert PHRASES[code].en == os.strerror(number)


class Use(NamedTuple):
    """A place in the sources where a message is used."""

    place: str
    made: str
    code: str
    facts: set[str]


def classes_of_errors() -> dict[str, type[SafetyDetectorError]]:
    """Every class of the tree by its name."""
    return {
        name: one
        for name, one in vars(errors).items()
        if isinstance(one, type) and issubclass(one, SafetyDetectorError)
    }


def uses() -> list[Use]:
    """Every error and every reason that is made of a text in the sources."""
    found = []
    makers = {*classes_of_errors(), "Reason", "HeaderUnreadable", "ValueFault"}
    for path in sorted((*ROOT.glob("safety_detector/**/*.py"), *ROOT.glob("worker/*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            made = ast.unparse(node.func).removeprefix("errors.").removesuffix(".of")
            said = node.args[0]
            if made not in makers:
                continue
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            facts = {one.arg for one in node.keywords if one.arg is not None}
            if len(node.args) > 1 and isinstance(node.args[1], ast.Dict):
                facts |= {ast.literal_eval(key) for key in node.args[1].keys if key is not None}
            if isinstance(said, ast.Constant) and None in {
                one.arg for one in node.keywords
            }:  # of a dictionary, told apart by tests
                facts |= facts_of(str(said.value), "en")
            if isinstance(said, ast.Constant):
                found.append(Use(place, made, str(said.value), facts))
            elif isinstance(said, ast.JoinedStr) and not ast.unparse(said).startswith("f'outcome-"):
                found.append(Use(place, made, ast.unparse(said), facts))
    return found


@pytest.mark.parametrize("use", uses(), ids=lambda use: f"{use.place} {use.code[:30]}")
def test_every_error_and_reason_has_a_message_whose_facts_it_brings(use: Use) -> None:
    """A sentence where it is raised would have no Chinese, and a missing fact no sentence."""
    assert use.code in PHRASES, f"{use.place}: add the message to message_texts"
    assert facts_of(use.code, "en") <= use.facts, use.place


def test_every_message_is_used() -> None:
    """What nobody says any more goes."""
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (*ROOT.glob("safety_detector/**/*.py"), *ROOT.glob("worker/*.py"))
        if "message_texts" not in path.parts or path.name == "reason.py"
    )
    # Names of what pages show are put together there: tests/unit/console/test_words.py.
    templates = (ROOT / "safety_detector" / "console" / "templates").glob("*.html")
    text += "\n".join(one.read_text(encoding="utf-8") for one in templates).replace("'", '"')
    unused = [
        code
        for code in PHRASES
        if f'"{code}"' not in text
        and code not in {*FORMER, *LIBRARIES}
        and not code.startswith(("errno-", "outcome-"))
        and code not in named_codes()
    ]
    assert unused == []


@pytest.mark.parametrize("name", classes_of_errors())
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_class_of_error_is_named_in_both_languages(name: str, language: Language) -> None:
    """Where there is no room for a sentence the class's code is said in a few words."""
    code = classes_of_errors()[name].code
    assert error_text(code, language) != code
