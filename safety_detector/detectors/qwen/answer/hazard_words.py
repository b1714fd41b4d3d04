"""Words that speak of fire, smoke or people: ours, near ones, and the commonest of other languages.

What holds one of them and is not understood is no detection, and no picture is clear because of it.
All are matched in folded text (``letters``).
"""

from __future__ import annotations

# Whole words for people, since "cement" holds "men"; anywhere for fire and smoke ("firelight").
PERSON_WORDS = (
    "person|persons|people|human|humans|man|men|woman|women|boy|boys|girl|girls|child|children|"
    "worker|workers|pedestrian|pedestrians|employee|employees|operator|operators|driver|drivers|"
    "rider|riders|cyclist|cyclists|motorcyclist|motorcyclists|firefighter|firefighters|fireman|"
    "firemen|guy|guys|lady|welder|welders|labourer|labourers|laborer|laborers|engineer|engineers|"
    "adult|adults|staff|somebody|someone|individual|individuals|visitor|visitors"
)
PERSON_WORDS_ZH = "人|工友|员工|司机|骑手"

FIRE_WORDS = (
    r"fire|flame|flaming\b|blaze|blazing|burn|inferno|explosion|explod|combust|conflagrat|deflagrat|"
    r"detonat|incendi|incendie|smoulder|smolder|scorch|charred|pyre\b|arson|"
    r"\bembers?\b|\bignit|\bsparks?\b|\bsparking|"
    r"\bfuego|\bllamas\b|\bfeu\b|\bflamm|\bfeuer|\bfogo\b|\bchamas\b|\bfiamm|\bfuoco|\bkebakaran|"
    r"огонь|огня|пожар|пламя|火|炎|불|화재|불꽃|حريق|نار"
)
SMOKE_WORDS = (
    r"smok|\bfum(?:e|es|ing)\b|\bhaz[ey]\b|\bsmog\b|\bsoot|\bplumes?\b|black clouds?|"
    r"\brauch\b|\bfumees?\b|\bhumo\b|\bfumaca\b|\bfumo\b|\bdym\b|дым|연기|دخان"
)
FIRE_WORDS_ZH = r"[火焰燃焚烧灾灼]|爆炸|爆裂|🔥|💥"
SMOKE_WORDS_ZH = r"[烟霾熏]|(?:黑|白|浓|灰)色?(?:气体|雾)|💨"
