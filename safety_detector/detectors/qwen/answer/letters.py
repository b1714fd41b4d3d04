"""One spelling for letters that look or mean the same: full width, accents, "煙霧"."""

from __future__ import annotations

import re
import unicodedata

# Traditional and Japanese forms of the characters that our words are made of, not of all.
_TRADITIONAL = (
    "煙菸霧濃燒滅災勢戴帶頭員業體機騎無沒規範確輕嚴熾現發處個團數兩幾築車輛顯見點區標況產內場紅黃藍綠滾檢測識別圖異"
    "對囪燻與並雜還駕駛師護難斷塵氣燄簇縷們為動態較貓卻過僅禁嗎"
)
_SIMPLIFIED = (
    "烟烟雾浓烧灭灾势戴带头员业体机骑无没规范确轻严炽现发处个团数两几筑车辆显见点区标况产内场红黄蓝绿滚检测识别图异"
    "对囱熏与并杂还驾驶师护难断尘气焰簇缕们为动态较猫却过仅禁吗"
)
_CHARACTERS = str.maketrans(_TRADITIONAL + "著’‘", _SIMPLIFIED + "着''")
# Cyrillic and Greek letters that a word of Latin ones is disguised with.
_LOOKALIKES = str.maketrans("аеіїорсухкмнтвѕјɡοαερικνυ", "aeiiopcyxkmhtbsjgoaepikvu")
_MIXED = re.compile(r"(?=\w*[a-z])(?=\w*[\u0370-\u04ff])\w+")
_UNSEEN = frozenset({"Mn", "Me", "Cf", "Co", "Cn"})  # accents, joiners, blanks of no width
_BLANKS = re.compile(r"[\s\u2800\u3164]")


def fold(text: str) -> str:
    """Lower case, half width, simplified, without accents and whatever cannot be seen.

    >>> fold("ＦＩＲＥ 煙霧")
    'fire 烟雾'
    """
    if text.isascii():
        return "".join(char for char in text.lower() if char >= " " or char.isspace())
    spread = unicodedata.normalize("NFKD", text)
    seen = "".join(_seen(char) for char in spread)
    plain = unicodedata.normalize("NFKC", seen).lower().translate(_CHARACTERS)
    return _MIXED.sub(lambda word: word[0].translate(_LOOKALIKES), plain)


def _seen(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cc":
        return char if char.isspace() else ""
    if _BLANKS.fullmatch(char):
        return " " if char != "\n" else char
    return "" if category in _UNSEEN else char
