"""Why a detector run may have missed something: stable codes, their facts, and words for both.

Several reasons may hold at once: an answer that was cut, of a picture that is too dark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from safety_detector.domain.hazards import Language

Fact: TypeAlias = str | int | float


class IncompleteCode(StrEnum):
    """What makes a run incomplete; the text of each is stable, for programs."""

    # The model's answer
    ANSWER_CUT = "answer-cut"
    BOX_DROPPED = "box-dropped"
    BOX_OUTSIDE = "box-outside"
    OBJECT_LIMIT = "object-limit"
    # The picture
    TOO_SMALL = "picture-too-small"
    TOO_DARK = "picture-too-dark"
    TOO_BRIGHT = "picture-too-bright"
    NO_STRUCTURE = "picture-without-structure"
    BLURRED = "picture-blurred"
    NO_SIGNAL = "picture-no-signal"
    PART_MISSING = "picture-part-missing"
    SHRUNK = "picture-shrunk"
    DAMAGED = "picture-damaged"
    OTHER = "other"


_WORDS: dict[str, dict[Language, str]] = {
    IncompleteCode.ANSWER_CUT: {"en": "the answer was cut", "zh": "回答被截断"},
    IncompleteCode.BOX_DROPPED: {"en": "a box had to be dropped", "zh": "有检测框被舍弃"},
    IncompleteCode.BOX_OUTSIDE: {
        "en": "a box reached far outside the picture",
        "zh": "有检测框远超画面范围",
    },
    IncompleteCode.OBJECT_LIMIT: {
        "en": "the answer holds as many objects as the limit of {limit}",
        "zh": "回答中的目标数已达上限 {limit}",
    },
    IncompleteCode.TOO_SMALL: {
        "en": "the picture is too small to see anything ({width} x {height} pixels)",
        "zh": "图片过小（{width} x {height} 像素），无法看清内容",
    },
    IncompleteCode.TOO_DARK: {
        "en": "the picture is too dark to see anything",
        "zh": "画面过暗，无法看清内容",
    },
    IncompleteCode.TOO_BRIGHT: {
        "en": "the picture is too bright to see anything",
        "zh": "画面过曝，无法看清内容",
    },
    IncompleteCode.NO_STRUCTURE: {
        "en": "the picture shows nothing but an even area (is the lens covered?)",
        "zh": "画面为单一色块，没有可辨认的内容（镜头可能被遮挡）",
    },
    IncompleteCode.BLURRED: {
        "en": "the picture is too blurred to see anything",
        "zh": "画面严重模糊，无法看清内容",
    },
    IncompleteCode.NO_SIGNAL: {
        "en": "the picture is a no-signal or test screen",
        "zh": "画面为无信号或测试画面",
    },
    IncompleteCode.PART_MISSING: {
        "en": "{percent} % of the picture are missing",
        "zh": "画面有 {percent}% 缺失",
    },
    IncompleteCode.SHRUNK: {
        "en": "the picture was shrunk ({width} x {height} pixels), so that people of less than "
        "{person_px} pixels were lost",
        "zh": "图片被缩小（原为 {width} x {height} 像素），不足 {person_px} 像素的人员无法识别",
    },
    IncompleteCode.DAMAGED: {
        "en": "the picture's file is damaged: {words}",
        "zh": "图片文件已损坏：{words}",
    },
    IncompleteCode.OTHER: {"en": "{text}", "zh": "{text}"},
}


@dataclass(frozen=True, slots=True)
class IncompleteReason:
    """One reason.

    Attributes:
        code: one of ``IncompleteCode``; a document of a newer program may hold another.
        facts: numbers and texts that belong to it; they fill its words.
    """

    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def text(self, language: Language) -> str:
        """The reason in a few words, without a full stop; an unknown code stands for itself.

        >>> IncompleteReason("object-limit", {"limit": 10}).text("en")
        'the answer holds as many objects as the limit of 10'
        """
        words = _WORDS.get(self.code)
        try:
            return words[language].format_map(self.facts) if words else str(self.code)
        except (KeyError, ValueError):  # facts that another version wrote
            return str(self.code)


def reasons_text(reasons: Iterable[IncompleteReason], language: Language) -> str:
    """Several reasons behind each other."""
    return ("；" if language == "zh" else "; ").join(one.text(language) for one in reasons)


def read_reason(document: Mapping[str, Any]) -> IncompleteReason:
    """The reason that a document of a run shows.

    Raises:
        KeyError, TypeError, ValueError: it is no such document.
    """
    facts = document["facts"]
    if not all(isinstance(fact, str | int | float) for fact in facts.values()):
        raise ValueError("a fact is a text or a number")
    return IncompleteReason(str(document["code"]), dict(facts))


def read_sentences(text: str) -> tuple[IncompleteReason, ...]:
    """The reasons of a result that was stored when they were English sentences alone."""
    return tuple(map(_read_sentence, text.split("; ")))


_SENTENCES = (
    IncompleteCode.ANSWER_CUT,
    IncompleteCode.BOX_DROPPED,
    IncompleteCode.BOX_OUTSIDE,
)


def _read_sentence(sentence: str) -> IncompleteReason:
    for code in _SENTENCES:
        if sentence == _WORDS[code]["en"]:
            return IncompleteReason(code)
    limit = re.fullmatch(r"the answer holds as many objects as the limit of (\d+)", sentence)
    if limit is not None:
        return IncompleteReason(IncompleteCode.OBJECT_LIMIT, {"limit": int(limit[1])})
    return IncompleteReason(IncompleteCode.OTHER, {"text": sentence})
