"""Tells an answer that says "nothing there" from one that says nothing.

Only a parsed empty list or an agreed phrase means that nothing was found.  Everything else without
a box (silence, runs of ``!``, prose, a refusal) is a failure and must never pass for an empty list.
"""

from __future__ import annotations

import json
import re
import unicodedata

from safety_detector.detectors.qwen.answer.named_hazards import named_hazards
from safety_detector.detectors.qwen.answer.object_scan import JsonObject

# A server whose 16-bit arithmetic overflows answers 200 with token 0 until the limit, and token 0
# is "!" (vllm issue 13817).  Eight in a row, with or without blanks, are no exclamation.
_GARBAGE = ("!" * 8, "?" * 8, "！" * 8, "？" * 8)

_FENCE = re.compile(r"```[a-zA-Z]*")
_EMPTY_LIST = re.compile(r"\[\s*\]")

_LIST_KEYS = frozenset({"objects", "detections", "results", "result", "data", "boxes", "bboxes"})

# "No fire detected" leaves smoke and people open, so it is not agreed.
_THINGS = (
    r"(?:(?:such |relevant )?objects?|objects? of interest|targets?|detections?|hazards?|"
    r"fire,? (?:or |and )?smoke,? (?:or|and|nor) (?:people|persons?))"
)
_PHRASES = re.compile(
    r"none|nothing|nothing (?:was |is )?(?:found|detected|there)|empty(?: list)?|"
    rf"(?:there (?:is|are|were) )?no (?:visible )?{_THINGS}"
    r"(?: (?:was|were|is|are))?(?: (?:found|detected|visible|present|seen))?"
    r"(?: in (?:the|this) (?:image|picture|photo|frame|scene))?|"
    r"(?:(?:这张|该)?(?:图片|图像|画面|图)(?:中|里)?)?(?:没有|未|无|未能)(?:检测到|发现|识别到|找到|检出)?"
    r"(?:任何)?(?:目标|物体|对象|目标物|隐患|异常|危险|火焰、?烟雾(?:、|和|或|以及)人员?)(?:存在)?|"
    r"无|没有",
)
_LEAD_IN = re.compile(
    r"(?:here|below|the following|result|output|json|answer|detection|based on|"
    r"以下|结果|如下|输出|根据|检测)"
    r"[^.。!?\n]{0,120}[:：]",
    re.IGNORECASE,
)


def garbage_run(text: str) -> bool:
    """Whether the text ends in a run of ``!`` or ``?``: the server's arithmetic, not an answer."""
    return "".join(text[-64:].split()).endswith(_GARBAGE)


def says_nothing_found(text: str) -> bool:
    """Whether the whole answer is an empty list, or a phrase that means the same."""
    plain = _FENCE.sub(" ", text).strip()
    if _is_empty_list(plain):
        return True
    rest, lists = _EMPTY_LIST.subn(" ", plain)
    if lists > 1 or (lists == 0 and len(plain) > 200):
        return False
    if lists == 1:
        rest = _LEAD_IN.sub(_unless_it_names_one, rest, count=1)
    sentences = [_normalised(part) for part in re.split(r"[.。!！\n]+", rest)]
    said = [sentence for sentence in sentences if sentence]
    agreed = all(_PHRASES.fullmatch(sentence) for sentence in said)
    return agreed and (lists == 1 or bool(said))


def _unless_it_names_one(lead_in: re.Match[str]) -> str:
    """Nothing; "Result: a big fire on the left:" as it stands, since it is more than a lead-in."""
    return lead_in[0] if named_hazards(lead_in[0]) else " "


def _is_empty_list(plain: str) -> bool:
    """``[]``, or an object whose lists of objects are all empty."""
    try:
        value = json.loads(plain, object_pairs_hook=JsonObject)
    except (ValueError, RecursionError):
        return False
    if isinstance(value, JsonObject) and value:
        return all(key in _LIST_KEYS and item == [] for key, item in value)
    return bool(value == [])


def _normalised(sentence: str) -> str:
    words = unicodedata.normalize("NFKC", sentence).lower()
    return re.sub(r"\s+", " ", words).strip(" \"'*;:")
