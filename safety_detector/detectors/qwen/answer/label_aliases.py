"""Which words of an answer mean which of our labels and states, in English and Chinese.

Models answer in the other language, spell as the prompt misspelt, or write the state into the
label.  Only whole words and phrases listed here are read (others: ``label_phrases``): "fire
extinguisher" and "灭火器" are not fire, and "safety helmet" is a helmet, not one who wears it.
"""

from __future__ import annotations

import re

from safety_detector.detectors.qwen.answer.letters import fold
from safety_detector.detectors.qwen.prompts import state_word
from safety_detector.domain.hazards import (
    LANGUAGES,
    SUB_LABELS,
    Hazard,
    Label,
    SubLabel,
    label_name,
    state_name,
)

_LABEL_WORDS: dict[Label, str] = {
    Label.FIRE: "fires|flame|flames|visible flame|visible flames|open fire|open flame|open flames|"
    "burning|blaze|火|火苗|明火|着火|起火|火灾|燃烧|火光",
    Label.SMOKE: "visible smoke|dense smoke|thick smoke|black smoke|white smoke|grey smoke|"
    "gray smoke|smoke plume|烟|浓烟|烟气|冒烟|黑烟|白烟",
    Label.PERSON: "people|persons|human|humans|man|woman|men|women|boy|girl|child|worker|workers|"
    "pedestrian|employee|operator|driver|rider|cyclist|motorcyclist|firefighter|"
    "人|人物|行人|工人|人体|工作人员|作业人员|施工人员|操作人员|员工|司机|骑手|消防员|男人|女人",
}

_HELMET_THINGS = "helmet|a helmet|safety helmet|a safety helmet|hard hat|a hard hat"
_WORN = "with|wearing|has"
_MISSING = "no|without|not wearing|missing"

_SUB_LABEL_WORDS: dict[SubLabel, str] = {
    SubLabel.MINOR: "slight|mild|light|small|low|轻度|较轻|轻|小",
    SubLabel.MODERATE: "medium|middle|中度|中|一般",
    SubLabel.SEVERE: "serious|heavy|high|large|major|critical|extreme|重度|重|大|特别严重",
    SubLabel.HELMET: "helmeted|helmet on|safety helmet worn|已佩戴安全帽|正确佩戴安全帽|"
    "规范佩戴安全帽|佩戴了安全帽|戴安全帽|戴着安全帽|已戴安全帽|佩戴|已佩戴",
    SubLabel.NO_HELMET: "not helmet|helmet not worn|bare head|bareheaded|没有佩戴安全帽|"
    "没佩戴安全帽|未戴安全帽|没戴安全帽|没有戴安全帽|不戴安全帽|无安全帽|未佩戴|未带安全帽",
    SubLabel.UNCERTAIN: "unsure|unknown|unclear|not sure|not clear|cannot judge|cannot determine|"
    "无法判断|无法确定|难以判断|不明|未知|不清楚|不清晰",
}

# Misspellings of real answers ("helmat" echoed a prompt's own).
_RESPELLED = (("helmat", "helmet"), ("helment", "helmet"), ("hardhat", "hard hat"))
_LONGEST_LABEL = 60  # characters; longer ones are descriptions, not labels
_SEPARATORS = re.compile(r"[\s_\-,:;./()\"'。、]+")


def _normalised(text: str) -> str:
    """Folded, one blank between words, known misspellings put right."""
    words = _SEPARATORS.sub(" ", fold(text)).strip()
    for wrong, right in _RESPELLED:
        words = words.replace(wrong, right)
    return words


def _labels() -> dict[str, Label]:
    table: dict[str, Label] = {}
    for label, words in _LABEL_WORDS.items():
        names = [label.value, *(label_name(label, language) for language in LANGUAGES)]
        table.update({_normalised(word): label for word in [*names, *words.split("|")]})
    return table


def _sub_labels() -> dict[str, SubLabel]:
    table: dict[str, SubLabel] = {}
    for state, words in _SUB_LABEL_WORDS.items():
        names = [state_word(state, language) for language in LANGUAGES]
        names += [
            state_name(label, state, language)
            for label, states in SUB_LABELS.items()
            if state in states
            for language in LANGUAGES
        ]
        table.update({_normalised(word): state for word in [*names, *words.split("|")]})
    for thing in _HELMET_THINGS.split("|"):
        table[thing] = SubLabel.HELMET
        table.update({f"{word} {thing}": SubLabel.HELMET for word in _WORN.split("|")})
        table.update({f"{word} {thing}": SubLabel.NO_HELMET for word in _MISSING.split("|")})
    return table


_LABELS = _labels()
_SUB_LABELS = _sub_labels()


def read_hazard(label_text: str | None, sub_label_text: str | None) -> Hazard | None:
    """The hazard that an answer's words name, or None where they name none of ours.

    A state that is missing, unknown, or impossible for the label is ``uncertain``: of a person
    that makes the picture inconclusive, never clear.
    """
    label, state = _read_label(_normalised((label_text or "")[: _LONGEST_LABEL + 1]))
    if label is None:
        return None
    written = _SUB_LABELS.get(_normalised(sub_label_text or ""), state)
    if written not in SUB_LABELS[label]:
        written = SubLabel.UNCERTAIN
    return Hazard(label, written)


def is_helmet_thing(text: str) -> bool:
    """Whether the words name a helmet by itself, in either language."""
    return _normalised(text) in (*_HELMET_THINGS.split("|"), "安全帽", "头盔")


def _read_label(words: str) -> tuple[Label | None, SubLabel]:
    if len(words) > _LONGEST_LABEL:
        return None, SubLabel.UNCERTAIN
    if words in _LABELS:
        return _LABELS[words], SubLabel.UNCERTAIN
    state = _SUB_LABELS.get(words)
    if words not in _HELMET_THINGS.split("|") and state in (SubLabel.HELMET, SubLabel.NO_HELMET):
        return Label.PERSON, state
    return _split_label(words)


def _split_label(words: str) -> tuple[Label | None, SubLabel]:
    """Reads "severe fire", "person without helmet", "未佩戴安全帽的人员"."""
    for cut in range(1, len(words)):
        head, tail = words[:cut].removesuffix("的").strip(), words[cut:].strip()
        for thing, state_text in ((head, tail), (tail, head)):
            label, state = _LABELS.get(thing), _SUB_LABELS.get(state_text)
            if label is not None and state is not None and state in SUB_LABELS[label]:
                return label, state
    return None, SubLabel.UNCERTAIN
