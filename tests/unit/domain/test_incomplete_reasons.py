"""Reasons of an incomplete run: several together, in both languages, readable for good."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from safety_detector.documents.runs import RunDocument, read_run
from safety_detector.domain.detections import DetectorRun
from safety_detector.domain.hazards import LANGUAGES, Language
from safety_detector.domain.incomplete_reasons import IncompleteCode
from safety_detector.message_texts.catalogue import PHRASES
from safety_detector.message_texts.reason import Reason, join_reasons

CUT = Reason(IncompleteCode.ANSWER_CUT)
LIMIT = Reason(IncompleteCode.OBJECT_LIMIT, {"limit": 10})
DARK = Reason(IncompleteCode.TOO_DARK, {"luminance": 1.5})


def stored_before(reason: str | None) -> dict[str, object]:
    """A run as it was stored when its reasons were English sentences."""
    return {
        "backend": "qwen",
        "model": "m",
        "prompt_version": "zh-1",
        "complete": reason is None,
        "incomplete_reason": reason,
        "dropped": 0,
        "usage": None,
        "timings_ms": {"model": 2.0},
        "error": None,
    }


@pytest.mark.parametrize("code", IncompleteCode)
def test_every_code_has_words_in_both_languages(code: IncompleteCode) -> None:
    """Whatever makes a run incomplete is said in the reader's language."""
    chinese = re.sub(r"{.*?}", "", PHRASES[code].zh)
    if code is not IncompleteCode.OTHER:
        assert re.search(r"[一-鿿]", chinese)
        assert not re.search(r"[A-Za-z]{2}", chinese)


def test_every_code_is_documented() -> None:
    """Programs that go by a code find out what it means."""
    page = (Path(__file__).parents[3] / "docs" / "verdict.md").read_text("utf-8")
    assert [code for code in IncompleteCode if f"| `{code.value}` |" not in page] == []


def test_reasons_stand_together_and_come_back() -> None:
    """A cut answer about a dark picture says both, and the document holds both."""
    run = DetectorRun("qwen", "m", picture={"luminance": 1.5}).with_reasons([CUT, LIMIT])
    run = run.with_reasons([DARK]).with_reasons([])
    document = RunDocument.of(run, "zh").as_json()
    assert not run.complete
    assert [one["code"] for one in document["incomplete_reasons"]] == [
        "answer-cut",
        "object-limit",
        "picture-too-dark",
    ]
    assert document["incomplete_reason"] == join_reasons((CUT, LIMIT, DARK), "en")
    assert "上限 10" in document["incomplete_reasons"][1]["text"]
    assert read_run(document) == run


def test_a_complete_run_stays_complete_without_a_reason() -> None:
    """Nothing to say changes nothing; a reason in a run that calls itself complete is refused."""
    assert DetectorRun("qwen", "m").with_reasons([]).complete
    assert not DetectorRun("qwen", "m", complete=False).with_reasons([]).complete
    with pytest.raises(ValueError, match="complete"):
        DetectorRun("qwen", "m", incomplete_reasons=(CUT,))


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        (None, []),
        ("the answer was cut", ["answer-cut"]),
        (
            "; ".join(
                (
                    "the answer was cut",
                    "a box had to be dropped",
                    "a box reached far outside the picture",
                    "the answer holds as many objects as the limit of 10",
                )
            ),
            ["answer-cut", "box-dropped", "box-outside", "object-limit"],
        ),
        ("power cut", ["other"]),
    ],
)
def test_earlier_results_are_read(sentence: str | None, codes: list[str]) -> None:
    """What an earlier version wrote as a sentence keeps its meaning, and is said in Chinese too."""
    run = read_run(stored_before(sentence))
    assert [one.code for one in run.incomplete_reasons] == codes
    assert run.incomplete_reason == sentence
    assert run.complete is (sentence is None)
    if codes != ["other"]:
        assert not re.search(r"[a-z]", join_reasons(run.incomplete_reasons, "zh"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_of_another_version_stands_for_itself(language: Language) -> None:
    """An unknown code, or facts that do not fit, hide nothing and break nothing."""
    assert Reason("from-the-future").text(language) == "from-the-future"
    assert Reason(IncompleteCode.OBJECT_LIMIT).text(language) == "object-limit"
