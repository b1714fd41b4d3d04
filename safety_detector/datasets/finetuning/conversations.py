"""One sample: what is said before the picture, behind it, and the answer.  Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from safety_detector.domain.hazards import Language

PICTURE_MARK = "<image>"
"""Stands for the picture, in LLaMA-Factory as in ms-swift; ours stands before the question."""

# Other ways to ask the same.  The instruction stays: only the few words behind the picture vary, so
# that a small adapter does not learn one sentence by heart.
_OTHER_QUESTIONS: dict[Language, tuple[str, ...]] = {
    "zh": (
        "请检测图中的火焰、烟雾和人员，输出 JSON 数组。",
        "按要求检查这张现场图片，只输出 JSON 数组。",
        "框出图中所有目标，结果以 JSON 数组给出。",
        "这张图片里有哪些目标？请用 JSON 数组回答。",
    ),
    "en": (
        "Find fire, smoke and people in this picture; answer with the JSON array.",
        "Check this picture of the site. Output the JSON array only.",
        "Box everything that you were told to look for, as a JSON array.",
        "What is there to report in this picture? Answer with the JSON array.",
    ),
}

_ASK_FOR_REASONS: dict[Language, str] = {
    "zh": '已知判断依据的对象再加一项 "reason"，用一句话写出依据。',
    "en": 'Where you can say what decided it, add "reason" to the object, in a few words.',
}

# Marks that both programs, or the model's own tokenizer, would take for more than text.
_MARKS = re.compile(r"<\|?[\w/ -]{1,40}\|?>")
_MOST_REASON_CHARS = 120


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is asked about one picture and what should be answered.

    Attributes:
        instruction: the system message.
        question: the words behind the picture.
        answer: what the model should say.
        picture: the picture's file, relative to the set.
    """

    instruction: str
    question: str
    answer: str
    picture: str

    def as_messages(self) -> dict[str, Any]:
        """The sample as both programs read it: ShareGPT with the roles of OpenAI's protocol."""
        return {
            "messages": [
                {"role": "system", "content": self.instruction},
                {"role": "user", "content": PICTURE_MARK + self.question},
                {"role": "assistant", "content": self.answer},
            ],
            "images": [self.picture],
        }


def question_for(key: str, usual: str, language: Language) -> str:
    """A wording of the question: the usual one for every other picture; a key has always the same.

    Args:
        key: of the picture.
        usual: the question that the service asks.
        language: of the question.
    """
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")
    others = _OTHER_QUESTIONS[language]
    return usual if number % 2 else others[number // 2 % len(others)]


def asking_for_reasons(question: str, language: Language) -> str:
    """The question that asks for reasons beside the labels too."""
    separator = "" if language == "zh" else " "
    return question + separator + _ASK_FOR_REASONS[language]


def teachable_reason(written: str, most_chars: int = _MOST_REASON_CHARS) -> str:
    r"""What somebody wrote as a reason, on one line and without marks; empty where it is too long.

    Words that were cut would teach the model to stop in the middle.

    >>> teachable_reason("reflection of\nthe sun <image> <|im_end|>")
    'reflection of the sun'
    """
    plain = "".join(
        " " if unicodedata.category(char)[0] in "CZ" else char
        for char in unicodedata.normalize("NFC", written)
    )
    said = " ".join(_MARKS.sub(" ", plain).split())
    return said if len(said) <= most_chars and "<" not in said else ""
