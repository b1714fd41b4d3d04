"""The text of an answer about one place → one of the few answers that the question has.

Pure.  "Neither" and "helmet" let a suspicion go, so they are read only where they stand as the
answer; nothing becomes one of them by failure.  An answer that its own reason contradicts is
"cannot tell", and what is none of the answers is none: whatever a text in the picture demands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from safety_detector.detectors.qwen.answer.crop_phrases import contradicts, read_prose, read_word
from safety_detector.detectors.qwen.answer.empty_answers import garbage_run
from safety_detector.detectors.qwen.answer.letters import fold
from safety_detector.detectors.qwen.answer.object_scan import (
    JsonObject,
    PlacedText,
    scan_objects,
)
from safety_detector.detectors.qwen.answer.token_scores import Span
from safety_detector.domain.crop_questions import MAX_REASON_CHARS, CropAnswer, CropQuestion

_LONGEST_ANSWER = 4_000  # characters; the limit of tokens allows 1,280
_DEEPEST = 4  # objects and lists in which an answer is looked for
_FINISHED = (None, "stop")

_ANSWER_KEYS = frozenset(
    {"answer", "result", "verdict", "conclusion", "label", "judgement", "judgment"}
    | {"答案", "回答", "结论", "判断", "结果"}
)
_REASON_KEYS = frozenset(
    {"why", "reason", "explanation", "evidence", "because", "rationale"}
    | {"原因", "理由", "依据", "说明", "解释"}
)

# Where the object is cut, or is none: a key of ours, and its value up to a quote or the line's end.
_KEY = "|".join(sorted(_ANSWER_KEYS))
_PAIR = re.compile(
    rf"(?:^|[\s{{,，\"'`*“])(?:{_KEY})[\"'`*”]*\s*[:：=]\s*\**\s*(?P<quote>[\"'`“「]*)"
    r"(?P<value>[^\"'`*”」\n{}\[\]]{1,400})(?=(?P<end>[\s\S]?))",
    re.IGNORECASE,
)
_REASON_PAIR = re.compile(
    rf"(?:{'|'.join(sorted(_REASON_KEYS))})[\"'`*”]*\s*[:：=][\s\"'`*“「]*(?P<value>[^\"”」\n{{}}]+)",
    re.IGNORECASE,
)
_ERROR_KEYS = frozenset({"error", "errors", "exception", "traceback", "错误"})
_IS_ERROR = re.compile(  # where the object cannot be read
    r"(?:^|[{,])\s*[\"']?(?:errors?|exception|traceback|错误)[\"']?\s*[:：=]"
    r"\s*(?!null\b|none\b|false\b|0\b|\"\"|''|\[\s*\]|\{\s*\})\S",
    re.IGNORECASE | re.MULTILINE,
)
_STATUS_KEYS = frozenset({"object", "type", "status"})
_YES = frozenset({"true", "yes", "是", "有"})
_FENCE = re.compile(r"```[a-zA-Z]*")

_ALARMS = frozenset({CropAnswer.FIRE, CropAnswer.SMOKE, CropAnswer.FIRE_AND_SMOKE})


@dataclass(frozen=True, slots=True)
class CropReading:
    """What an answer about one place says.

    Attributes:
        answer: None where none can be read.
        reason: the model's words, on one line and bounded; may be empty.
        fault: what makes the answer a fault of the server (``answer-empty``, ``answer-garbage``).
        span: where in the text the word of the answer stands, with the quote that ends it; None
            where that is not known, or where the answer is not what that word says.
    """

    answer: CropAnswer | None
    reason: str = ""
    fault: str | None = None
    span: Span | None = None


def read_crop_answer(
    text: str, kind: CropQuestion, *, finish_reason: str | None = None
) -> CropReading:
    """Reads an answer; never raises.

    >>> read_crop_answer('{"answer": "neither", "why": "a lamp"}', CropQuestion.FIRE_SMOKE)
    CropReading(answer=<CropAnswer.NEITHER: 'neither'>, reason='a lamp', fault=None, span=(12, 20))

    Args:
        text: the answer, to the letter.
        kind: what was asked.
        finish_reason: why the server stopped; anything but ``stop`` means that the end is missing.
            None where it is not known.
    """
    if not text.strip():
        return CropReading(None, fault="answer-empty")
    if garbage_run(text):
        return CropReading(None, fault="answer-garbage")
    if len(text) > _LONGEST_ANSWER:
        return CropReading(None)
    before, mark, behind = text.rpartition("</think>")
    said, thinks, _ = behind.partition("<think>")
    # As long as it was, so that places in it are known.
    plain = _FENCE.sub(lambda fence: " " * len(fence[0]), said)
    cut = bool(thinks) or finish_reason not in _FINISHED
    written = _written(plain, cut=cut)
    if written is None:
        return CropReading(None if cut else read_prose(plain, kind), as_shown(plain))
    answers, rests = _read_values(written.values, kind)
    reason = as_shown(written.reason)
    if answers is None:
        return CropReading(None, reason)
    beside = "\n".join([written.reason, *rests, written.around])
    answer = _agreed(answers, beside, kind)
    span = None
    if answers == [answer] and len(written.values) == 1:
        span = _span(written.values[0], len(before) + len(mark))
    return CropReading(answer, reason, span=span)


def as_shown(reason: str) -> str:
    """A reason on one line, without what cannot be seen or turns the direction of what follows."""
    seen = "".join(
        " " if char.isspace() else char
        for char in reason
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    return " ".join(seen.split())[:MAX_REASON_CHARS].strip()


@dataclass(frozen=True, slots=True)
class _Written:
    """What was found under the keys, and the text before the first and behind the last of them."""

    values: tuple[object, ...]
    reason: str
    around: str


def _written(text: str, *, cut: bool) -> _Written | None:
    """What stands under the keys of an answer, None where no such key is there."""
    pairs = [pair for one in scan_objects(text).objects for pair in _pairs(one)]
    values = [
        value
        for key, value in pairs
        if fold(key).strip() in _ANSWER_KEYS and not isinstance(value, JsonObject)
    ]
    reasons = [
        value
        for key, value in pairs
        if fold(key).strip() in _REASON_KEYS and isinstance(value, str)
    ]
    if any(_tells_error(key, value) for key, value in pairs):
        return _Written((), " ".join(reasons), "")
    around = text[: max(text.find("{"), 0)] + "\n" + text[text.rfind("}") + 1 :]
    # {"fire": true} beside the answer is a reason too.
    around += "".join(f"\n{key}" for key, value in pairs if _is_yes(value))
    if not values:
        if _IS_ERROR.search(text):
            return _Written((), "", "")
        found = list(_PAIR.finditer(text))
        around = _PAIR.sub(" ", text)
        # A value that runs into the end of a cut text may have gone on: "both", "both unseen".
        opened = cut or "{" in text
        values = [_placed(one) for one in found if one["end"] or not (opened or one["quote"])]
        reasons = [one["value"] for one in _REASON_PAIR.finditer(text)]
        if not found:
            return None
    return _Written(tuple(values), " ".join(reasons), around)


def _tells_error(key: str, value: object) -> bool:
    """Whether a pair says that the object is a server's report of a fault, and no answer."""
    name = fold(key).strip()
    if name in _STATUS_KEYS:
        return isinstance(value, str) and fold(value).strip() in _ERROR_KEYS
    return name in _ERROR_KEYS and bool(value)


def _is_yes(value: object) -> bool:
    return value is True or (isinstance(value, str) and fold(value).strip() in _YES)


def _placed(pair: re.Match[str]) -> str:
    """The value of a pair, with its place where quotes say that it is whole."""
    if pair["quote"] != '"' or pair["end"] != '"':
        return pair["value"]
    value = PlacedText(pair["value"])
    value.at = pair.span("value")
    return value


def _span(value: object, offset: int) -> Span | None:
    if not isinstance(value, PlacedText):
        return None
    return offset + value.at[0], offset + value.at[1] + 1


def _pairs(root: object, depth: int = 0) -> Iterator[tuple[str, object]]:
    """Every key and value of an object and those inside it, in the order of the text."""
    if depth > _DEEPEST:
        return
    if isinstance(root, JsonObject):
        for key, value in root:
            yield key, value
            yield from _pairs(value, depth + 1)
    elif isinstance(root, list):
        for item in root:
            yield from _pairs(item, depth + 1)


def _read_values(
    values: tuple[object, ...], kind: CropQuestion
) -> tuple[list[CropAnswer] | None, list[str]]:
    """The answers that the values are, None if one of them is none; and what else they say."""
    answers: list[CropAnswer] = []
    rests: list[str] = []
    for value in values:
        for word in value if isinstance(value, list) else [value]:
            read = read_word(word, kind) if isinstance(word, str) else None
            if read is not None:
                answers += read.answers
                rests.append(read.rest)
                continue
            said = read_prose(word, kind) if isinstance(word, str) else None
            if said is None:
                return None, rests
            answers.append(said)
    return answers or None, rests


def _agreed(answers: list[CropAnswer], reason: str, kind: CropQuestion) -> CropAnswer:
    """The one answer; "cannot tell" where there are several, or the reason says something else."""
    said = set(answers)
    if len(said) > 1 and said <= _ALARMS:
        said = {CropAnswer.FIRE_AND_SMOKE}
    if len(said) > 1:
        return CropAnswer.CANNOT_TELL
    [answer] = said
    return CropAnswer.CANNOT_TELL if contradicts(answer, reason, kind) else answer
