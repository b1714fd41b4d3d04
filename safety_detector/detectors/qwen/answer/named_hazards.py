"""Which hazards an answer speaks of anywhere, in prose, in lists, under keys, without denying them.

An answer may name a fire that stands in no box: "[…] There is also a big fire on the left", a bare
"fire" in a list, a second ``label``, a description.  Each is looked for among the detections, and a
hazard that is not there keeps the picture from being clear.  What is denied ("no smoke detected",
"没有发现火焰") or only sounds so ("fire extinguisher") is not named.  A denial that is not
understood counts as naming.
"""

from __future__ import annotations

import re
from enum import StrEnum

from safety_detector.detectors.qwen.answer.hazard_words import (
    FIRE_WORDS,
    FIRE_WORDS_ZH,
    PERSON_WORDS,
    PERSON_WORDS_ZH,
    SMOKE_WORDS,
    SMOKE_WORDS_ZH,
)
from safety_detector.detectors.qwen.answer.letters import fold


class Named(StrEnum):
    """What an answer can speak of."""

    FIRE = "fire"
    SMOKE = "smoke"
    PERSON = "person"
    BARE = "no helmet"


_KINDS = (
    (Named.FIRE, re.compile(f"{FIRE_WORDS}|{FIRE_WORDS_ZH}")),
    (Named.SMOKE, re.compile(f"{SMOKE_WORDS}|{SMOKE_WORDS_ZH}")),
    (Named.PERSON, re.compile(rf"\b(?:{PERSON_WORDS})\b|{PERSON_WORDS_ZH}")),
    (
        Named.BARE,
        re.compile(
            r"\b(?:no|not|without|w/o|missing|lacks?|lacking|\w+n't)"
            r"(?: (?:wearing|wear|worn|using|having|have|has|with|any|a|an|his|her|their|the|"
            r"safety|protective))*"
            r" (?:helm[ae]n?ts?|hard ?hats?)(?! (?:violation|issue|problem))"
            r"|\bnobody(?: \w+){0,3} (?:wear\w*|with|has|have)(?: \w+){0,2} "
            r"(?:helmets?|hard ?hats?)"
            r"|helmetless|unhelmeted|\bbare ?head"
            r"|(?:helmets?|hard ?hats?) (?:is |are )?(?:missing|not)"
            r"|(?:没有?|未|无|不)(?:正确|规范|能|曾)?(?:佩戴|配戴|穿戴|佩带|戴|带)?(?:好|上|着|了)?"
            r"(?:安全帽|防护帽|头盔)|(?:安全帽|头盔)(?:未|没有?|缺失)"
        ),
    ),
)

_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
_BLANK_ESCAPE = re.compile(r"\\+[nrtbf]")
_QUOTES = str.maketrans("“”„‟「」『』", '""""""""', "`*")
_QUOTED_WORD = re.compile(r"((?:[a-z] |[\u4e00-\u9fff]))\"(\w[\w ]{0,20})\"(?!\s*[:：])")
_KEY = re.compile(r"[\"']\s*[:：]\s*[\"']?")
_EMPTY_VALUE = re.compile(r":\s*(?:\[\s*\]|\{\s*\}|false\b|null\b|0(?![.\d]))")
_CLAUSES = re.compile(
    r"[\"{}\[\]\n.。!！?？;；|]+"
    r"|\b(?:but|however|although|though|yet|except|while|whereas|only|besides|apart|instead)\b"
    r"|但是|但|不过|然而|可是|而是|而|却|只有|只是|仅有|仅"
)
_HARMLESS = re.compile(
    r"\bfire ?(?:extinguish\w*|hydrants?|trucks?|engines?|alarms?|hoses?|exits?|doors?|escapes?|"
    r"departments?|stations?|safety|fighting|blankets?|sprinklers?|equipment|protection|prevention|"
    r"detection(?!\s*:)|detectors?)"
    r"|\bsmoke ?(?:detectors?|alarms?|sensors?|detection(?!\s*:)|free|stacks?)|\bno smoking"
    r"|灭火(?:器|毯|设备|系统)?|消防(?:车|栓|设施|器材|通道|设备)?|防火|烟囱|烟感"
    r"|(?:火灾|烟雾|火焰)(?:报警|探测|检测)器?|(?:禁止|严禁)(?:吸烟|烟火)|火花塞|火车"
    r"|机器人|人行道|无人机|人工智能|\bwith or without (?:safety )?(?:helmets?|hard ?hats?)"
)
_FIREFIGHTER = re.compile(r"\bfire ?(?:fighter|man|men)s?\b|消防员")

# A denial reaches over what it lists and no further: not over "no doubt that", not over a verb.
_FIRE_OR_SMOKE = rf"\b[a-z]{{0,12}}(?:{FIRE_WORDS}|{SMOKE_WORDS})[a-z]{{0,12}}"
_NAMED = rf"(?:{_FIRE_OR_SMOKE}|\b(?:{PERSON_WORDS}|one)\b)"
_FILLER = (
    r"(?:a|an|any|the|signs?|of|visible|active|evidence|open|indications?|traces?|such|apparent|"
    r"obvious|clear|clearly|detected|detectable|see|seen|observe|observed|find|found|detect|"
    r"identify|identified|spot|notice|other|actual|real|presence|either|kind|sort|sources?|on|"
    r"have|has|contain|show|include)"
)
_GOES_ON = (
    r"(?= (?:(?:is|are|was|were) )?(?!being\b|existing\b|wearing\b)\w+ing\b| (?:can|could) be\b"
    r"| (?:rises?|spreads?|billows?|burns?|fills?|comes?|everywhere|near|behind)\b"
    r"| on the\b| (?:is|are) (?:on|in|at|near|behind)\b)"
)
_ASSERTED = r"(?= (?:is|are|was|were) (?!not\b))"
_LIST_AND = rf"and(?! (?:{_FILLER} )*{_NAMED}{_GOES_ON})"
_LIST_COMMA = (
    rf",(?= (?:(?:or|and|nor) )?(?:{_FILLER} )*{_NAMED})"
    rf"(?! (?:{_FILLER} )*{_NAMED}(?:{_GOES_ON}|{_ASSERTED}))"
)
_LISTED = rf"(?: ?/ ?| (?:or|nor|{_LIST_AND}) |{_LIST_COMMA} (?:(?:or|and|nor) )?)"
_BARE_STATE = (
    r"(?: (?:without|not wearing|who (?:is|are) not wearing|with no)(?: \w+){0,2}? "
    r"(?:helmets?|hard ?hats?))"
)
_DENIED = re.compile(
    r"(?:\b(?:no|not|neither|nor|none of|free of|free from|absence of|lack of|lacks|lacking|cannot|"
    r"nothing is|never|\w+n't)|(?<!not )(?<!never )(?<!n't )\bwithout)"
    rf"(?: {_FILLER})* {_NAMED}(?: burning)?{_BARE_STATE}?"
    rf"(?:,? (?:or|nor) (?:{_FILLER} )*{_NAMED}{_BARE_STATE}|{_LISTED}(?:{_FILLER} )*{_NAMED})*"
)
_SEEN = (
    r"(?:visible|detected|present|found|seen|observed|there|identified|apparent|noticed|evident)"
)
_DENIED_BEHIND = re.compile(
    rf"{_NAMED}(?: (?:detected|visible|present|found|count|level|detection|seen))?\s*"
    r"(?::|=|-|\bis\b|\bare\b)\s*(?:none|no|absent|false|not? {seen}|0|nil|n/a|null|negative)"
    rf"(?=\s*(?:$|[,)]))"
    rf"|(?:{_NAMED}(?: (?:or|nor|and) {_NAMED})* (?:are|were|have|can|could)"
    rf"|{_NAMED}(?: or {_NAMED})* (?:is|was|has))"
    rf"(?: been)?(?: not|n't)(?: be| been)? {_SEEN}".replace("{seen}", _SEEN)
)

# Chinese is written without blanks.
_NAMED_ZH = (
    r"(?:(?:作业|工作|施工|操作|相关)?(?:人员|工人|员工|人物|行人|人)"
    r"|[火焰燃焚烧灾烟霾雾气尘浓黑白明光苗势情着起冒]{0,4}(?:[火焰燃焚烧灾烟霾]|爆炸)"
    r"[雾气尘光苗势情]{0,2})"
)
_BARE_ZH = r"(?:(?:没有?|未|不)(?:正确|规范)?(?:佩戴|戴)(?:安全帽|头盔))"
_FILLER_ZH = (
    r"(?:有|发现|检测|检出|看到|看见|见|识别|观察|察觉|出现|存在|显示|到|出|任何|明显"
    r"|可见|可疑|的|被)"
)
_LISTED_ZH = rf"(?:[、/和与或及]|以及|或者|[,，] ?(?={_NAMED_ZH}(?:[、,，和与或及等的]|存在|$)))"
_DENIED_ZH = re.compile(
    rf"(?:没有?|未能?|无法?|并未|并无|不存在|不见|看不[到见]|未曾){_FILLER_ZH}*{_NAMED_ZH}"
    rf"{_BARE_ZH}?(?:{_LISTED_ZH}(?:任何|明显的?)*{_NAMED_ZH})*"
    rf"|{_NAMED_ZH}(?:[、/和与或及]{_NAMED_ZH})*(?:等|情况|现象|迹象|区域)*\s*[:：]?\s*(?:均|都|并)?"
    r"(?:未(?:被)?(?:检测到|发现|检出|出现)|没有(?:被)?(?:检测到|发现|出现)|未见|不存在|不可见"
    r"|(?:无|没有|否|none)(?=\s*(?:$|[,，)）])))"
)
_ALL_THREE = frozenset({Named.FIRE, Named.SMOKE, Named.PERSON})
_QUESTION = re.compile(
    r"^\W*(?:here|below|the following|results?|output|json|answer|detections?|based on|以下|结果"
    r"|如下|输出|根据|检测|这是)[^:：]*[:：]\W*$|\bfor (?:any |the |signs? of )*" + _NAMED + ",? "
)


def named_hazards(text: str) -> frozenset[Named]:
    """What an answer speaks of without denying it.

    >>> sorted(named_hazards('[{"label": "excavator"}] There is a fire, but no smoke.'))
    [<Named.FIRE: 'fire'>]
    >>> named_hazards("There is no fire in the picture.")
    frozenset()
    """
    return frozenset().union(*(_named_in(clause) for clause in _speaking_clauses(text)))


def denied_hazards(text: str) -> frozenset[Named]:
    """What an answer speaks of only to deny it, in one clause at least.

    >>> sorted(denied_hazards("There is a fire, but no smoke."))
    [<Named.SMOKE: 'smoke'>]
    """
    return frozenset().union(
        *(_kinds_in(_HARMLESS.sub(" ", one)) - _named_in(one) for one in _speaking_clauses(text))
    )


def _speaking_clauses(text: str) -> list[str]:
    """The clauses of a text that holds any word of ours at all."""
    plain = _FIREFIGHTER.sub("person", _as_prose(text)).replace("no one", "nobody")
    return _CLAUSES.split(plain) if _kinds_in(plain) else []


def _as_prose(text: str) -> str:
    """JSON as sentences: each value behind its key, escapes as what they mean."""
    pairs = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    whole = pairs.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    plain = fold(_BLANK_ESCAPE.sub(" ", whole.translate(_QUOTES)).replace("\\", ""))
    plain = _KEY.sub(": ", _QUOTED_WORD.sub(r"\1\2", plain))
    plain = _EMPTY_VALUE.sub(": none", plain)
    return re.sub(r"[^\S\n]+", " ", re.sub(r"_+|(?<=\w)-(?=\w)", " ", plain))


def _named_in(clause: str) -> frozenset[Named]:
    clause = _HARMLESS.sub(" ", clause).strip()
    for denied in (_DENIED_BEHIND, _DENIED, _DENIED_ZH):
        clause = denied.sub(" ", clause)
    found = _kinds_in(clause)
    # Whoever repeats what was asked for names all three kinds, and asserts none.
    return frozenset() if found == _ALL_THREE and _QUESTION.search(clause) else found


def _kinds_in(clause: str) -> frozenset[Named]:
    return frozenset(kind for kind, pattern in _KINDS if pattern.search(clause))
