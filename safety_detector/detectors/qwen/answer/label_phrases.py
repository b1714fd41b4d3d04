"""Labels that are phrases: "head without helmet", "two fires", "火焰和烟雾", "man (no hard hat)".

Read where every word of a phrase is known to leave its meaning alone: articles, numbers, colours,
places.  A phrase with any other word is not guessed at ("fire extinguisher", "no fire", "没有火"),
but if it holds one of our words the run that dropped it is incomplete: the box may be the fire.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from safety_detector.detectors.qwen.answer.hazard_words import (
    FIRE_WORDS,
    FIRE_WORDS_ZH,
    PERSON_WORDS,
    PERSON_WORDS_ZH,
    SMOKE_WORDS,
    SMOKE_WORDS_ZH,
)
from safety_detector.detectors.qwen.answer.label_aliases import is_helmet_thing, read_hazard
from safety_detector.detectors.qwen.answer.letters import fold
from safety_detector.domain.hazards import Hazard, Label, SubLabel

_LONGEST_PHRASE = 60  # characters; longer ones are descriptions


@dataclass(frozen=True, slots=True)
class LabelReading:
    """What a label means.

    Attributes:
        hazards: one, or several that one box shows ("fire and smoke"); none where none is read.
        is_unread: whether it, or a part of it, holds a word of ours that is not understood.
    """

    hazards: tuple[Hazard, ...] = ()
    is_unread: bool = False


def read_label(label: str | None, sub_label: str | None) -> LabelReading:
    """The hazards that the words of an answer name.

    >>> read_label("head without helmet", None).hazards[0].sub_label.value
    'no_helmet'
    >>> read_label("fire extinguisher", None)
    LabelReading(hazards=(), is_unread=True)
    >>> read_label("dog", None)
    LabelReading(hazards=(), is_unread=False)
    """
    text = fold(label or "").strip()
    if not text:
        return LabelReading()
    read = _read_text(text, sub_label)
    if not read.hazards and sub_label and _names_ours(sub_label):
        return LabelReading(is_unread=True)  # the label is foreign, its state is not
    return read


def _read_text(text: str, sub_label: str | None) -> LabelReading:
    known = read_hazard(text, sub_label)
    if known is not None:
        return LabelReading((_graver(known, read_hazard(text, None)),))
    if len(text) > _LONGEST_PHRASE:
        return LabelReading(is_unread=holds_our_word(text))
    return _read_phrase(text, sub_label)


def holds_our_word(label: str) -> bool:
    """Whether a word of ours, in either language, stands anywhere in a label.

    A helmet by itself is a thing of its own and no state of a person.
    """
    text = fold(label)
    plain = _plain(text)
    return not _is_helmet_alone(plain) and _OUR_WORDS.search(text) is not None


def _names_ours(sub_label: str) -> bool:
    person = read_hazard("person", sub_label)
    is_bare = person is not None and person.sub_label is SubLabel.NO_HELMET
    return is_bare or holds_our_word(sub_label)


_OUR_WORDS = re.compile(
    rf"\b(?:{PERSON_WORDS}|nobody)\b|{FIRE_WORDS}|{SMOKE_WORDS}|helmet|hard ?hat|bare ?head"
    rf"|{FIRE_WORDS_ZH}|{SMOKE_WORDS_ZH}|{PERSON_WORDS_ZH}|安全帽|头盔"
)

_SEPARATORS = re.compile(r"[^\w&+]+|_+")
_AND = re.compile(
    r"\s+(?:and|plus|as well as|with|or)\s+|\s*[&+]\s*"
    r"|(?:和|与|及|以及|还有|并伴有|伴有|带有|夹带|夹杂|加|并)"
)
_HARD_PARTS = re.compile(r"[,，、;；/|+&()\[\]\n]")

# What may stand around a word without changing what it names.
_COUNT = (
    r"(?:a|an|the|one|two|three|four|five|six|seven|eight|nine|ten|some|several|many|multiple|few|"
    r"another|other|second|first|third|this|that|these|those|all|number|group|pair|couple|of|"
    r"x?0*[1-9]\d*x?|\d+(?:st|nd|rd|th))"
)
_QUALITY = (
    r"(?:visible|open|bright|orange|red|yellow|blue|white|black|grey|gray|brown|dark|thick|dense|"
    r"thin|active|wild|forest|grass|camp|bush|house|building|car|vehicle|electrical|kitchen|"
    r"industrial|outdoor|indoor|big|huge|tiny|little|raging|rising|burning|drifting|distant|"
    r"standing|walking|sitting|young|old|male|female|adult|construction|site|factory|"
    r"possible|potential|suspected|likely|probable|apparent|maybe|main|left|right|center|central)"
)
_DOUBT = re.compile(
    r"\b(?:possible|potential|suspected|likely|probable|apparent|maybe)\b|疑似|可能|似乎"
)
_PLACE = r"(?:in|on|at|from|near|behind|inside|above|under|over|beside|along|around|coming|rising)"
_FIRE = r"(?:fires?|flames?|blazes?|wildfires?|campfires?|bonfires?|burning|on fire)"
_SMOKE = (
    r"(?:smoke|smoke plumes?|smoke clouds?|plumes? of smoke|clouds? of smoke|columns? of smoke)"
)
_BEFORE = rf"(?:{_COUNT} |{_QUALITY} )*"
_BEHIND = rf"(?: \d+)?(?: {_PLACE}(?P<rest>(?: .*)?))?"
_BURNS = (
    r"(?:car|vehicle|house|building|wood|tree|bush|grass|trash|garbage|debris|object|material)s?"
)
_THINGS = (
    (Label.FIRE, re.compile(rf"{_BEFORE}(?:\w+ on fire|burning {_BURNS}|{_FIRE}){_BEHIND}")),
    (Label.SMOKE, re.compile(rf"{_BEFORE}{_SMOKE}{_BEHIND}")),
    (Label.PERSON, re.compile(rf"{_BEFORE}(?:{PERSON_WORDS}){_BEHIND}")),
)

_HELMET = (
    r"(?:safety |protective |construction |work |proper )*(?:helmets?|hard hats?|safety hats?)"
)
_MISSING = r"(?:no|not|without|w o|missing|lacks|lacking|doesn t|isn t|don t|aren t|never)"
_LINK = r"(?:wearing|wear|wears|worn|using|having|have|has|with|any|a|an|his|her|their|the)"
_SOMEBODY = rf"{_BEFORE}(?:{PERSON_WORDS}|heads?|faces?)(?: \d+)?"
_OTHER_WORDS = rf"(?: (?!{_MISSING}\b|with\b|wearing\b|nobody\b)\w+){{0,6}}?"
_BARE = re.compile(
    rf"(?:{_SOMEBODY}{_OTHER_WORDS} )?(?:who )?(?:is |are |with )?{_MISSING}(?: {_LINK})* {_HELMET}"
    r"(?: on| worn)?(?: (?:his|her|their|the) heads?)?"
    rf"|(?:{_SOMEBODY} )?(?:helmetless|unhelmeted|bare ?headed|{_HELMET} (?:missing|not worn))"
    rf"(?: {_SOMEBODY})?"
    rf"|{_BEFORE}bare ?heads?(?: \d+)?"
)
_HELMETED = re.compile(
    rf"{_SOMEBODY} (?:who )?(?:is |are )?(?:with|wearing|wears|has|have)(?: {_LINK})*"
    rf"(?: {_QUALITY})* {_HELMET}(?: on)?|helmeted {_SOMEBODY}"
)
_HEAD = re.compile(rf"{_BEFORE}(?:heads?|faces?|头|头部|人头)(?: \d+)?")
_NEGATION = re.compile(rf"\b(?:{_MISSING}|nobody|none|free|false|fake)\b|[没无未不非假]")
_HELMET_ALONE = re.compile(rf"{_BEFORE}{_HELMET}(?: \d+)?")

# Chinese is written without blanks: the same in characters.
_ZH_COUNT = r"第?(?:0*[1-9][0-9]*)?[一二两三四五六七八九十几多数]*[个处名位只团股片簇缕人]?"
_ZH_QUALITY = (
    r"(?:明显|可见|清晰|疑似|可能|似乎|橙色|红色|黄色|蓝色|黑色|白色|灰色|橙红色|较大|较小|巨大|大量|少量|"
    r"熊熊|滚滚|正在|室内|室外|现场|建筑|车辆|森林|有|的)*"
)
_ZH_AFTER = r"(?:区域|目标|现象|情况|点|处|源|升起|冒出|产生|[0-9])*"
_ZH_FIRE = r"(?:火焰|火苗|明火|着火|起火|火灾|火势|火光|大火|小火|烈火|烈焰|燃烧|失火|火)"
_ZH_SMOKE = r"(?:烟雾|浓烟|黑烟|白烟|灰烟|烟气|烟尘|冒烟|烟)"
_ZH_PERSON = (
    r"(?:人员|工作人员|作业人员|施工人员|操作人员|工人|行人|员工|人物|人体|男人|女人|男子|女子|男工|女工|"
    r"司机|骑手|消防员|人)"
)
_ZH_THINGS = (
    (Label.FIRE, re.compile(rf"{_ZH_COUNT}{_ZH_QUALITY}{_ZH_FIRE}{_ZH_AFTER}")),
    (Label.SMOKE, re.compile(rf"{_ZH_COUNT}{_ZH_QUALITY}{_ZH_SMOKE}{_ZH_AFTER}")),
    (Label.PERSON, re.compile(rf"{_ZH_COUNT}{_ZH_QUALITY}{_ZH_PERSON}{_ZH_AFTER}")),
)
_ZH_HELMET = r"(?:安全帽|防护帽|安全头盔|头盔)"
_ZH_SOMEBODY = rf"(?:{_ZH_COUNT}{_ZH_QUALITY}(?:{_ZH_PERSON}|头部|人头|头)[0-9]*)"
_ZH_WEAR = r"(?:佩戴|配戴|穿戴|佩带|戴|带)"
_ZH_RIGHTLY = r"(?:正确|规范|按规定|按要求)?"
_ZH_BARE_STATE = (
    rf"(?:没有|没|未|无|不|未能|未曾){_ZH_RIGHTLY}{_ZH_WEAR}?(?:好|上|着|了)?{_ZH_HELMET}"
)
_ZH_WORN_STATE = rf"(?:已|有)?{_ZH_RIGHTLY}{_ZH_WEAR}(?:好|上|着|了)?{_ZH_HELMET}"
_ZH_BARE = re.compile(
    rf"(?:{_ZH_SOMEBODY}|{_ZH_COUNT})(?:头部)?{_ZH_BARE_STATE}(?:的?{_ZH_SOMEBODY})?{_ZH_AFTER}"
    rf"|{_ZH_SOMEBODY}?{_ZH_HELMET}(?:未|没|没有){_ZH_RIGHTLY}{_ZH_WEAR}(?:好|上)?"
)
_ZH_HELMETED = re.compile(
    rf"{_ZH_SOMEBODY}{_ZH_WORN_STATE}|{_ZH_COUNT}{_ZH_WORN_STATE}的?{_ZH_SOMEBODY}"
)
_ZH_HELMET_ALONE = re.compile(rf"{_ZH_COUNT}{_ZH_QUALITY}{_ZH_HELMET}{_ZH_AFTER}")


def _read_phrase(text: str, sub_label: str | None) -> LabelReading:
    whole = _read_part(text, sub_label)
    if whole is not None:
        return LabelReading((whole.hazard,), whole.says_more)
    parts = [(part, _read_part(part, sub_label)) for part in _parts(text)]
    rest = [part for part, read in parts if read is None]
    if any(map(_NEGATION.search, rest)):
        return LabelReading(is_unread=True)  # "no fire or smoke": nobody knows how far it reaches
    found = [read for _, read in parts if read is not None]
    # "Fire and rescue truck" is no fire, but whoever stands beside a truck is a person.
    kept = [read for read in found if not rest or read.hazard.label is Label.PERSON]
    is_unread = len(kept) < len(found) or any(read.says_more for read in kept)
    hazards = dict.fromkeys(read.hazard for read in kept)
    return LabelReading(tuple(hazards), is_unread or any(map(holds_our_word, rest)))


def _parts(text: str) -> list[str]:
    """The things that a phrase joins; the whole phrase where it joins none."""
    parts = [part for hard in _HARD_PARTS.split(text) for part in _AND.split(hard)]
    return [part.strip() for part in parts if part.strip()]


@dataclass(frozen=True, slots=True)
class _Read:
    """A hazard, and whether a word of ours stands in what was said besides ("person near fire")."""

    hazard: Hazard
    says_more: bool = False


def _read_part(text: str, sub_label: str | None) -> _Read | None:
    plain = _plain(text)
    if not plain or _is_helmet_alone(plain):
        return None
    known = read_hazard(plain, sub_label)
    if known is not None:
        return _Read(_graver(known, read_hazard(plain, None)))
    packed = plain.replace(" ", "")
    for state, english, chinese in (
        (SubLabel.NO_HELMET, _BARE, _ZH_BARE),
        (SubLabel.HELMET, _HELMETED, _ZH_HELMETED),
    ):
        if english.fullmatch(plain) or chinese.fullmatch(packed):
            said = Hazard(Label.PERSON, state)
            return _Read(_graver(read_hazard("person", sub_label) if sub_label else None, said))
    if _HEAD.fullmatch(plain) and sub_label:
        return _with_state_alone(sub_label)
    for (label, english), (_, chinese) in zip(_THINGS, _ZH_THINGS, strict=True):
        found = english.fullmatch(plain)
        if found or chinese.fullmatch(packed):
            hazard = read_hazard(label.value, sub_label)
            if hazard is None:
                return None
            if label is not Label.PERSON and _DOUBT.search(plain):
                hazard = Hazard(label, SubLabel.UNCERTAIN)
            return _Read(hazard, found is not None and holds_our_word(found["rest"] or ""))
    return None


def _with_state_alone(sub_label: str) -> _Read | None:
    """A head whose state says whether a helmet is on it; a head alone is nothing of ours."""
    person = read_hazard("person", sub_label)
    is_certain = person is not None and person.sub_label is not SubLabel.UNCERTAIN
    return _Read(person) if person is not None and is_certain else None


def _plain(text: str) -> str:
    """Words with one blank between, without punctuation, known misspellings put right."""
    words = " ".join(_SEPARATORS.sub(" ", text.replace("(s)", "s")).split())
    words = words.replace("helmat", "helmet").replace("helment", "helmet")
    return words.replace("hardhat", "hard hat")


def _is_helmet_alone(plain: str) -> bool:
    return (
        is_helmet_thing(plain)
        or _HELMET_ALONE.fullmatch(plain) is not None
        or _ZH_HELMET_ALONE.fullmatch(plain.replace(" ", "")) is not None
    )


def _graver(first: Hazard | None, second: Hazard | None) -> Hazard:
    """The graver of what label and state say; the other where one says nothing.

    An uncertain state says nothing beside a certain one.
    """
    said = [one for one in (first, second) if one is not None]
    certain = [one for one in said if one.sub_label is not SubLabel.UNCERTAIN] or said
    return min(certain, key=lambda one: one.rank)
