"""Which words mean which answer to a question about one place, in English and Chinese.

Pure.  Models without a grammar answer in the other language, add a word to the answer, or write a
sentence.  Sentences that alarm are read with more good will than those that let a suspicion go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from safety_detector.detectors.qwen.answer.hazard_words import PERSON_WORDS
from safety_detector.detectors.qwen.answer.letters import fold
from safety_detector.detectors.qwen.answer.named_hazards import (
    Named,
    denied_hazards,
    named_hazards,
)
from safety_detector.detectors.qwen.crop_prompts import answer_word
from safety_detector.domain.crop_questions import CROP_ANSWERS, CropAnswer, CropQuestion
from safety_detector.domain.hazards import LANGUAGES

_LONGEST_PROSE = 400  # characters
_LETS_GO = frozenset({CropAnswer.NEITHER, CropAnswer.HELMET, CropAnswer.NO_PERSON})

_ALIASES: dict[CropAnswer, str] = {
    CropAnswer.FIRE: "flame|flames|a fire|a flame|visible fire|visible flame|visible flames|"
    "open fire|open flame|open flames|fire only|only fire|"
    "火|明火|火苗|有火焰|有火|有明火|着火|起火|只有火焰|仅有火焰",
    CropAnswer.SMOKE: "visible smoke|smoke only|only smoke|"
    "烟|浓烟|有烟雾|有烟|冒烟|只有烟雾|仅有烟雾",
    CropAnswer.FIRE_AND_SMOKE: "fire and smoke|smoke and fire|both fire and smoke|fire & smoke|"
    "fire + smoke|fire/smoke|fire, smoke|smoke, fire|flames and smoke|smoke and flames|"
    "都有|两者|火焰和烟雾|烟雾和火焰|火焰与烟雾|火焰、烟雾|有火焰和烟雾|既有火焰又有烟雾",
    CropAnswer.NEITHER: "none|none of them|neither of them|neither one|neither fire nor smoke|"
    "no fire or smoke|no fire and no smoke|no fire, no smoke|no fire no smoke|no fire nor smoke|"
    "no smoke or fire|no flames or smoke|"
    "两者都没有|均无|均没有|既没有火焰也没有烟雾|没有火焰也没有烟雾|没有火焰和烟雾|"
    "没有火焰或烟雾|没有火焰、烟雾|无火焰无烟雾|无火焰和烟雾|无火焰或烟雾|无火焰、烟雾",
    CropAnswer.HELMET: "helmet on|helmet worn|wearing helmet|wearing a helmet|with helmet|"
    "with a helmet|wears a helmet|safety helmet|wearing a safety helmet|"
    "已佩戴安全帽|正确佩戴安全帽|已正确佩戴安全帽|戴安全帽|戴着安全帽|已戴安全帽|佩戴了安全帽",
    CropAnswer.NO_HELMET: "without helmet|without a helmet|not wearing helmet|bare head|"
    "not wearing a helmet|not wearing a safety helmet|no safety helmet|helmet not worn|"
    "没有佩戴安全帽|没佩戴安全帽|未戴安全帽|没戴安全帽|没有戴安全帽|不戴安全帽|无安全帽|未正确佩戴安全帽",
    CropAnswer.NO_PERSON: "no person|nobody|no one|no people|no person there|"
    "无人|没人|没有人员|没有真实的人",
    CropAnswer.CANNOT_TELL: "cannot tell|can't tell|cant tell|can not tell|uncertain|unclear|"
    "unknown|not sure|not clear|cannot judge|cannot determine|cannot be determined|can't say|"
    "无法确定|不确定|不清楚|难以判断|看不清|不能判断|无法看清|无法辨认",
}

_EDGES = " \t\r\n.。!！…\"'`*“”「」()（）:：,，;；|-—"
_SEPARATORS = re.compile(r"[,，;；:：()（）.。\n]|\s[-—–]+\s")
_BLANKS = re.compile(r"[\s_]+|(?<=[a-z])-(?=[a-z])")


def _normalised(text: str) -> str:
    return _BLANKS.sub(" ", fold(text)).strip(_EDGES)


def _table(kind: CropQuestion) -> dict[str, CropAnswer]:
    table: dict[str, CropAnswer] = {}
    for answer in CROP_ANSWERS[kind]:
        words = [answer.value, *(answer_word(answer, language) for language in LANGUAGES)]
        table |= {_normalised(word): answer for word in [*words, *_ALIASES[answer].split("|")]}
    return table


_TABLES = {kind: _table(kind) for kind in CropQuestion}


@dataclass(frozen=True, slots=True)
class WordReading:
    """What the value of an answer says.

    Attributes:
        answers: at least one; several contradict each other, or are fire and smoke.
        rest: what stands beside them.
    """

    answers: tuple[CropAnswer, ...]
    rest: str = ""


def read_word(text: str, kind: CropQuestion) -> WordReading | None:
    """The answer that a value is, or begins with; None where it is none of them.

    >>> read_word("neither (steam)", CropQuestion.FIRE_SMOKE)
    WordReading(answers=(<CropAnswer.NEITHER: 'neither'>,), rest='steam')
    """
    table = _TABLES[kind]
    whole = table.get(_normalised(text))
    if whole is not None:
        return WordReading((whole,))
    parts = [part for part in _SEPARATORS.split(text) if _normalised(part)]
    if not parts or _normalised(parts[0]) not in table:
        return None
    read = [(table.get(_normalised(part)), part) for part in parts]
    answers = tuple(answer for answer, _ in read if answer is not None)
    return WordReading(answers, " ".join(part.strip() for answer, part in read if answer is None))


# What a reason compares the thing with is not what it sees.
_W = r"(?:(?:open |visible |real |actual )?(?:fires?|flames?|smoke|burning)\b)"
_W_ZH = r"(?:真实|真正|明显|可见)?的?(?:火焰|明火|火苗|火光|火|烟雾|浓烟|烟气|烟|燃烧|着火)"
_COMPARED = re.compile(
    rf"\b(?:resembl\w+|mistaken for|mistaken as|confused with|similar to|imitat\w+|instead of|"
    rf"rather than|unlike|inconsistent with|not consistent with|(?:not|\w+n't) look like|not like|"
    rf"(?:no|lacks?|lacking|without)(?: \w+){{0,2}} "
    rf"(?:texture|feature|characteristic|shape|look)s? of|not|nor|isn't|aren't|could pass for)"
    rf"(?: (?:a|an|the|any))? {_W}"
    rf"(?: (?:or|and|nor) {_W})?"
    rf"|\b(?:looks?|looking|appears?|appearing|seems?)(?: (?:like|as|to be))+(?: (?:a|an))? {_W}"
    r"(?=.*\b(?:but|only|just|actually|though)\b)"
    rf"|{_W}[- ]?(?:like|coloured|colored|red|orange|shaped)\b"
    r"|\b(?:fire|flame)[- ](?:like|coloured|colored|red|orange|shaped)\b"
    rf"|(?:不是|非|不属于|不像|不似|没有|缺乏|缺少|不具备|不具有|不符合|误认为|误认作|误判为|不算|算不上|排除|无关){_W_ZH}(?:[、或和及与]{_W_ZH})?"
    rf"|(?:像|似|类似|形似|酷似|看似|好像){_W_ZH}(?=.*(?:但|只是|实为|其实|实际|而是))"
    r"|(?:火焰|火|烟)(?:状|形|色|红|样)"
    rf"|(?:与|和|跟){_W_ZH}无关"
    r"|\bnon[- ](?:fire|flame|smoke)\b"
    r"|\b(?:fire[- ]?proof|(?:fire|flame)[- ](?:retardant|resistant))\b"
    # Mist, steam and dust are not the smoke that was asked for, and sparks of tools no fire.
    r"|[白灰]色?的?雾气?|\bhaz[ey]\b|\bmist\b"
    r"|\b(?:steam|vapou?r|dust|water) plumes?\b|\bplumes? of (?:\w+ )?"
    r"(?:steam|vapou?r|dust|water)\b"
    r"|\b(?:welding|grinding|cutting) sparks?\b|(?:电焊|焊接|打磨|切割)的?(?:火花|火光)"
)
_WORN = re.compile(
    r"\bwear(?:s|ing)? (?:a |an |the )?(?:\w+ )?(?:safety )?(?:helmet|hard ?hat)|"
    r"\b(?:helmet|hard ?hat) (?:is )?(?:worn|on (?:the|his|her) head)|"
    r"(?<![未没有不])(?:正确|规范|已)*(?:佩戴|戴)(?:着|了|有)安全帽|(?<![未没有不])(?:已|正确佩戴)安全帽"
)


_IMPROPER = re.compile(
    r"\b(?:backwards?|to the back|askew|crooked|tilted|reversed|incorrect(?:ly)?|improper(?:ly)?|"
    r"not properly|wrong way|held|holding|hang(?:s|ing)|lying|in (?:the|his|her|one) hands?|"
    r"on the (?:ground|floor|table|belt))\b"
    r"|反戴|戴反|歪|朝后|不规范|不正确|未正确|拿着|拿在|提着|提在|手里|手中|挂在|挂着|放在"
)


# Words that doubt, by what keeps the model from seeing or by whom it believes instead of its eyes.
_SOUGHT = r"(?:fires?|flam\w+|smoke|burning|person|people|humans?|worker|man|anyone|anybody)\b"
_A = r"(?:any|a|an|the|visible|actual|clear|open|real)"
_UNSEEN = re.compile(
    r"\b(?:can ?not|can't|cant|could ?n[o']?t|unable to|impossible to|difficult to|hard to|"
    r"not possible to|not able to|hardly|barely)(?: \w+){0,2} (?:tell|told|judged?|determined?|say|"
    r"said|distinguish\w*|decided?|sure|certain|confirm\w*|verif\w+|assess\w*|excluded?|"
    r"ruled? out|know\w*|made? out|discern\w*|recogni\w+|interpret\w*|"
    rf"(?:see|seen|view|viewed|identify|identified|visible)\b(?!(?: {_A})* {_SOUGHT}))"
    r"|\b(?:unsure|uncertain|unclear|unrecogni[sz]able|unidentifiable|indistinct|ambiguous|"
    r"inconclusive|doubtful|no idea)\b"
    r"|\bnot (?:\w+ )?(?:sure|certain|clear|clearly)\b"
    r"|\btoo (?:\w+ )?(?:dark|dim|blurr\w+|small|tiny|far|distant|grainy|noisy|foggy|bright|faint|"
    rf"low|pixel\w+|over ?exposed)\b(?! to be(?: {_A})* {_SOUGHT})"
    r"|\b(?:blurr(?:y|ed)|blur|out of focus|obscured|occluded|obstructed|hidden|low resolution|"
    r"(?:poor|bad|low|insufficient) (?:image|picture|light\w*|quality|visibility)|"
    r"not enough (?:light|detail)|(?:over|under) ?exposed|pixelated|corrupt\w*|no signal|"
    r"no (?:image|picture)|nothing (?:is |can be )?(?:visible|seen)|pitch[- ](?:black|dark)|"
    r"darkness)\b"
    r"|\b(?:image|picture|photo|frame|crop|part|view|scene|area|screen|everything|all|it)"
    r"(?: (?:is|looks|appears|seems|was|too|very|completely|entirely|totally|mostly|almost|nearly|"
    r"just|only|quite|all))* (?:black|dark|blank|dim|grey|gray|noise|missing|damaged)"
    r"\s*(?:[^\s\w]|$)"
    r"|\b(?:black|blank|dark|grey|gray) (?:image|picture|photo|frame|crop|screen|view)\b"
    r"|^\W*(?:(?:very|too|all|completely) )?(?:dark|black|blank)\W*$"
    r"|\b(?:instruct\w*|told to|asked to|ignor\w+|according to the (?:sign|text|label))\b"
    r"|\b(?:sign|text|label|note|banner|poster) (?:says|states|claims|demands|tells|asks)\b"
    r"|\b(?:wrong|incorrect|untrue|not true|not empty|false(?! (?:alarm|positive)))\b"
    r"|(?:无法|不能|难以|很难|不易|没法|无从|不足以)\w{0,3}(?:判断|判定|确定|确认|看清|看出|辨认|识别|"
    r"分辨|辨别|区分|排除)|(?:看不|无法看)(?:清|出|[见到](?!\w{0,4}[火烟焰人]))"
    r"|不确定|不清|不明确|说不清|不好判断|存疑|未知|模糊|遮挡|挡住|被挡|失焦|虚焦"
    r"|[太过很全]暗|[太过全漆]黑|黑屏|一片黑|(?:画面|图像|图片|光线|环境|区域|头部)\w{0,3}[黑暗](?!色)"
    r"|[太过](?:小|远)|过曝|曝光过度|光线不足|分辨率低|像素低|花屏|无信号|无画面"
    r"|指令|忽略|按照?要求|不对|错误",
    re.MULTILINE,
)
# With a safety helmet on the head there is nothing to deny, and no other thing to be worn there.
_UNWORN = re.compile(
    r"\b(?:no|not|none|nothing|without|w/o|missing|lacks?|lacking|never|nobody|absent|uncovered|"
    r"unprotected|bare|bald|hair|removed|(?:taken|took|takes|taking) (?:\w+ ){0,2}off)\b|n't\b"
    r"|\b(?:caps?|beanie|hoods?|hoodie|turban|beret|head ?scarf|bandanas?|"
    r"(?<!hard )(?<!hard-)(?<!safety )hats?)\b"
    r"|\b(?:motor\w*|bicycle|bike|cycling|riding) helmet"
    r"|\b(?:helmets?|hard[- ]?hats?|it)(?: \w+){0,3}? (?:on|under|beside|next to) "
    r"(?>(?:(?:the|a|an|his|her|their|its|top of) )*)(?!heads?\b|workers?\b|persons?\b|man\b|"
    r"woman\b|him\b|employee|and\b|with\b|properly|correctly|straight|securely|firmly|construction|site)\w"
    r"|[没未无否]|非(?!常)|不(?!锈)|光头|秃|头发|露发|头巾|摘|脱"
    r"|(?<!安全)(?<!防护)帽(?![檐带壳衬沿舌扣体箍])|(?:摩托车?|骑行|自行车|电动车)头盔"
    r"|(?:安全帽|头盔)\w{0,4}在(?!\w{0,4}头)"
)
_PEOPLE = rf"(?:{PERSON_WORDS})"
_FIGURES = (
    r"(?:mannequins?|dummy|dummies|dolls?|statues?|posters?|pictures?|photos?|drawings?|paintings?|"
    r"adverts?|advertisements?|billboards?|cartoons?|scarecrows?|signs?|cut ?outs?|screens?|"
    r"murals?|prints?)"
)
_FIGURES_ZH = (
    r"(?:假人|模特|人偶|雕像|塑像|海报|画像|图案|广告牌?|宣传[画栏]|标识?牌|展板|稻草人|卡通)"
)
_IS_FIGURE = re.compile(
    rf"\b{_FIGURES}(?: (?:of|showing|depicting|with))+(?: (?:a|an|the|printed|painted))* "
    rf"(?:\w+ )?{_PEOPLE}\b"
    rf"|\b(?:printed|painted|drawn|plastic|toy|fake|cartoon|dummy|mannequin) {_PEOPLE}\b"
    rf"|\b{_PEOPLE}(?: (?:is|shown|printed|painted|drawn|pictured|depicted))* (?:on|in) "
    rf"(?:(?:a|an|the) )?(?:\w+ )?{_FIGURES}\b"
    rf"|\b{_PEOPLE} (?:is|looks like|appears to be) (?:(?:actually|only|just) )?"
    rf"(?:a|an) {_FIGURES}\b"
    rf"|\b{_PEOPLE}[- ](?:like|shaped)\b"
    rf"|{_FIGURES_ZH}(?:[上中里]的?)?(?:印|画)?(?:着|有|的)?(?:工人|人物|人像|人形|人员|人)?"
    r"|(?:印|画)(?:着|有|的)(?:工人|人物|人像|人形|人员|人)|人形|人像"
)


def contradicts(answer: CropAnswer, reason: str, kind: CropQuestion) -> bool:
    """Whether the reason says the opposite of the answer.

    What lets a suspicion go is contradicted as well by a reason that says that nothing is to be
    seen, or that something other than what is seen decided.

    >>> contradicts(CropAnswer.NEITHER, "a big flame on the roof", CropQuestion.FIRE_SMOKE)
    True
    >>> contradicts(CropAnswer.NEITHER, "an orange lamp, no flames", CropQuestion.FIRE_SMOKE)
    False
    >>> contradicts(CropAnswer.NEITHER, "too dark to see", CropQuestion.FIRE_SMOKE)
    True
    """
    if answer in _LETS_GO and _UNSEEN.search(fold(reason)):
        return True
    if kind is CropQuestion.HELMET:
        return _contradicts_helmet(answer, reason)
    named, denied = _named_and_denied(reason)
    match answer:
        case CropAnswer.NEITHER:
            return bool(named & {Named.FIRE, Named.SMOKE})
        case CropAnswer.FIRE:
            return Named.FIRE in denied - named
        case CropAnswer.SMOKE:
            return Named.SMOKE in denied - named
        case CropAnswer.FIRE_AND_SMOKE:
            return bool((denied - named) & {Named.FIRE, Named.SMOKE})
        case _:
            return False


def _contradicts_helmet(answer: CropAnswer, reason: str) -> bool:
    named, plain = named_hazards(reason), fold(reason)
    is_bare = Named.BARE in named or _IMPROPER.search(plain) is not None
    match answer:
        case CropAnswer.HELMET:
            return is_bare or _UNWORN.search(plain) is not None
        case CropAnswer.NO_HELMET:
            return not is_bare and _WORN.search(plain) is not None
        case CropAnswer.NO_PERSON:
            # A figure is nobody; whoever stands beside one is somebody.
            return bool(named_hazards(_IS_FIGURE.sub(" ", plain)) & {Named.PERSON, Named.BARE})
        case _:
            return False


def _named_and_denied(text: str) -> tuple[frozenset[Named], frozenset[Named]]:
    """What a text sees, and what it says is not there or only looks so."""
    plain = fold(text)
    named = named_hazards(_COMPARED.sub(" ", plain))
    return named, denied_hazards(plain) | (named_hazards(plain) - named)


_HEDGED = re.compile(
    r"\b(?:may|might|could|can|possibl[ey]|perhaps|maybe|probabl[ey]|likely|whether|if|suspect\w*|"
    r"appears?|seems?|unless|would|should|sorry|assist|help|sign|signs|text|says?|reads?|label|"
    r"written|word|words|instruct\w*|ignore)\b"
    r"|可能|也许|或许|疑似|似乎|是否|如果|好像|大概|抱歉|文字|写着|标语|标牌|字样|指令|忽略|吗"
)
_CANNOT = re.compile(
    r"\b(?:can ?not|can't|unable to|impossible to|difficult to|hard to|not possible to)"
    r"(?: \w+){0,2} (?:tell|judge|determine|see|say|identify|distinguish|decided?|determined)\b"
    r"|\b(?:unsure|uncertain|not sure|unclear)\b"
    r"|(?:无法|不能|难以|很难)(?:准确|清楚|可靠)?(?:判断|确定|看清|辨认|识别|分辨)|看不清|不确定"
)
_SENTENCES = re.compile(r"[.!?;。！？；\n]+")
_LEAD_IN = re.compile(
    r"^(?:(?:the |my )?(?:answer|result|verdict|conclusion) (?:is|would be)|it is|"
    r"it's|this is|yes,?|"
    r"答案是|答案为|答案|结论是|结果是|判断为)[:：]? *"
)
_NO_FIRE_OR_SMOKE = re.compile(
    r"(?:there (?:is|are) |i (?:can )?see |(?:this|the) (?:part|picture|image|crop|place) shows )?"
    r"(?:no (?:visible )?(?:fire|flames?),? (?:or|and no|and|nor) (?:visible )?smoke"
    r"|no (?:visible )?smoke,? (?:or|and no|and|nor) (?:visible )?(?:fire|flames?)"
    r"|neither (?:fire|flames?) nor smoke)"
    r"(?: (?:is |are )?(?:visible|detected|present|seen|found|there))?"
    r"(?: (?:here|in (?:this|the) (?:part|picture|image|crop|place)))?"
    r"|(?:这一?[张块处]?(?:图片|画面|区域|部分|图)?(?:中|里|内)?)?(?:既)?(?:没有|无|未见|未发现)(?:明显的?|可见的?|任何)?"
    r"(?:火焰|明火)(?:[,、]?(?:和|或|及|与|也没有|也无|没有|无)|、)(?:明显的?|可见的?|任何)?烟雾?"
)
_HELMET_WORN = re.compile(
    r"(?:(?:the|this|a) )?(?:person|worker|man|woman)?(?: is| has| in the \w+)? ?"
    r"(?:wearing|wears) (?:a |the |his |her )?(?:\w+ )?(?:safety )?(?:helmet|hard ?hat)"
    r"(?: properly)?"
    r"|(?:此人|该人员|这个人|工人|人员|该工人)?(?:已|正确|规范)*(?:佩戴|戴)(?:着|了|好)*(?:\w{1,3}色)?的?安全帽"
)


def read_prose(text: str, kind: CropQuestion) -> CropAnswer | None:
    """The answer that a sentence gives, None where it gives none.

    >>> read_prose("There is no fire or smoke. It is a lamp.", CropQuestion.FIRE_SMOKE)
    <CropAnswer.NEITHER: 'neither'>
    >>> read_prose("I'm sorry, I can't help with that.", CropQuestion.FIRE_SMOKE) is None
    True
    """
    if len(text) > _LONGEST_PROSE or any(mark in text for mark in "{}[]|"):
        return None
    plain = fold(text)
    bare = _LEAD_IN.sub("", plain.strip(_EDGES))
    word = read_word(bare, kind)
    if word is not None and len(word.answers) == 1:
        [answer] = word.answers
        doubted = _HEDGED.search(word.rest) or contradicts(answer, word.rest, kind)
        return CropAnswer.CANNOT_TELL if doubted else answer
    if word is not None:
        return CropAnswer.CANNOT_TELL
    if _CANNOT.search(plain):
        return CropAnswer.CANNOT_TELL
    if _HEDGED.search(plain):
        return None
    said = _read_sentences(plain, kind)
    return CropAnswer.CANNOT_TELL if said and contradicts(said, plain, kind) else said


def _read_sentences(plain: str, kind: CropQuestion) -> CropAnswer | None:
    first = _SENTENCES.split(plain.strip(_EDGES))[0].strip()
    named, _ = _named_and_denied(plain)
    if kind is CropQuestion.HELMET:
        if Named.BARE in named:
            return CropAnswer.NO_HELMET
        return CropAnswer.HELMET if _HELMET_WORN.fullmatch(first) else None
    seen = named & {Named.FIRE, Named.SMOKE}
    if seen:
        alone = CropAnswer.FIRE if seen == {Named.FIRE} else CropAnswer.SMOKE
        return CropAnswer.FIRE_AND_SMOKE if len(seen) > 1 else alone
    return CropAnswer.NEITHER if _NO_FIRE_OR_SMOKE.fullmatch(first) else None
