"""In which encoding names are that do not say it, by what people write; and encodings by name."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Sequence

from safety_detector.errors import ConfigurationInvalid

_FALLBACK = "cp437"  # APPNOTE 6.3.10, D.1: what a name is in that says nothing
_LONGEST_SAMPLE = 4096  # bytes of one, Linux's longest path
_SAMPLE_BYTES = 65_536  # of all of them: a second of computing; names in archives have some 30

# In the order of preference where several fit as well: Windows' code pages of people who write
# names without saying so, and those of DOS, which Windows' own zip folders use in Europe.
_CANDIDATES = (
    *("gb18030", "cp437", "cp932", "big5hkscs", "cp949", "cp850", "cp1252", "cp866", "cp1251"),
)
_COMMON_HAN = frozenset(  # by frequency in modern Chinese, and what pictures of sites are called
    "的一是了我不人在他有这上个们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多"
    "然于心学么之都好看起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头"
    "经长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感厂区工地门口东西南北号楼车机仓库"
    "安全帽图片照火烟电气设备现场监控摄像施检查建项目炉房井煤罐管氨化焊材料堆棚部办公室通道塔吊基坑钢筋一二三四五六七八九十月日夜班组"
)
_COMMON_HANGUL = frozenset(
    "이다는의에가을로하고기도사지한자리시대인어나해스정보제수일서부장아그주라원전관비구사진현장카메라공안모영상연화재업소작"
    "동문유과선여조성신상세트생방국개들계면내만를은와있것적출입남북서울광물실무차량번호월년오후전경치점검팀반송층외"
)


def check_encoding(name: str) -> str:
    """An encoding by its name, as a person writes it.

    Raises:
        ConfigurationInvalid: there is none of that name for text.
    """
    try:
        found = codecs.lookup(name)
        "a".encode(found.name)
    except (LookupError, ValueError, UnicodeError) as exc:
        raise ConfigurationInvalid("unknown-name-encoding", name=name) from exc
    return found.name


def guess_encoding(names: Sequence[bytes]) -> str:
    """The encoding in which those names, as many as fit into a second, look most like names."""
    names = _sample(names)
    best, best_score = _FALLBACK, 0.0
    for encoding in _CANDIDATES:
        try:
            texts = [name.decode(encoding) for name in names]
        except UnicodeDecodeError:
            continue
        score = sum(_score(text, encoding) for text in texts)
        if score > best_score:
            best, best_score = encoding, score
    return best


def _sample(names: Sequence[bytes]) -> list[bytes]:
    sample, left = [], _SAMPLE_BYTES
    for name in names:
        if len(name) <= min(left, _LONGEST_SAMPLE):
            sample.append(name)
            left -= len(name)
    return sample


def _score(text: str, encoding: str) -> float:
    """How much a text looks like a name, times the bytes of it that ASCII lacks."""
    total = 0.0
    for index, char in enumerate(text):
        if char > "\x7f":
            raw = char.encode(encoding)
            if len(raw) == 1:
                before = text[index - 1] if index else ""
                total += _score_single(before, char, text[index + 1 : index + 2], encoding)
            else:
                high = sum(byte > 0x7F for byte in raw)
                total += high * _score_double(char, raw, encoding)
    return total


def _score_single(before: str, char: str, after: str, encoding: str) -> float:
    if not char.isalpha() or encoding in {"gb18030", "cp932", "big5hkscs", "cp949"}:
        return -1.0  # signs, frames, and half-width kana
    neighbours = [one for one in (before, after) if one.isalpha()]
    if "\u0400" <= char <= "\u04ff":
        is_russian = char in "Ёё" or "А" <= char <= "я"
        in_word = any("\u0400" <= one <= "\u04ff" for one in neighbours)
        return 0.7 if is_russian and in_word and (char.islower() or not before.islower()) else -0.5
    if not unicodedata.name(char, "").startswith("LATIN") or not neighbours:
        return -0.5
    if char.isupper() and any(one.islower() for one in before):
        return -0.5
    return 1.0 if any(one.isascii() for one in neighbours) else 0.4


def _score_double(char: str, raw: bytes, encoding: str) -> float:
    lead = raw[0]
    if encoding == "gb18030":
        if len(raw) == 2 and raw[1] >= 0xA1:
            if 0xB0 <= lead <= 0xD7:  # GB 2312, level 1
                return 1.2 if char in _COMMON_HAN else 1.0
            return 0.3 if lead > 0xD7 or lead in (0xA1, 0xA3) else -0.6
        return -1.0
    if encoding == "big5hkscs":
        if 0xA4 <= lead <= 0xC6:  # level 1
            return 1.0
        return 0.3 if lead == 0xA1 else (-0.2 if lead >= 0xC9 else -1.0)
    if encoding == "cp949":
        if 0xB0 <= lead <= 0xC8 and raw[1] >= 0xA1:
            return 1.2 if char in _COMMON_HANGUL else 0.9
        return -1.0
    if "\u3041" <= char <= "\u30fc":
        return 1.1
    if 0x88 <= lead <= 0x97:  # JIS X 0208, level 1
        return 0.9
    return 0.3 if lead == 0x81 else -0.4
