"""Thresholds and classes as people write them: ``fire=0.5,smoke=0.4`` and ``fire,smoke``.  Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, get_args

from safety_detector.domain.hazards import Label

RawClassName = Literal["fire", "smoke", "person", "head_helmet", "head_bare"]
"""What the embedded detector tells apart; the same as ``raw_boxes.RawClass``."""

_NAMES: tuple[RawClassName, ...] = get_args(RawClassName)

# What people write who know the results' words.
_MEANT = {"no_helmet": "head_bare", "helmet": "head_helmet", "head": "head_bare"}


def parse_thresholds(text: str) -> dict[RawClassName, float]:
    """Scores by class from pairs that commas separate.

    >>> parse_thresholds("fire=0.5, head_bare=0.6")
    {'fire': 0.5, 'head_bare': 0.6}

    Raises:
        ValueError: a class is unknown or named twice, or a score is none from 0 to 1.
    """
    thresholds: dict[RawClassName, float] = {}
    for part in text.split(","):
        if not part.strip():
            continue
        name, is_pair, number = (piece.strip() for piece in part.partition("="))
        if not is_pair:
            raise ValueError(f"{part.strip()!r} is no threshold: write class=score, like fire=0.5")
        known = _known(name)
        if known in thresholds:
            raise ValueError(f"{known} is given twice")
        thresholds[known] = _score(known, number)
    return thresholds


def check_thresholds(thresholds: Mapping[str, object]) -> dict[RawClassName, float]:
    """The same from a mapping, as programs give it.

    Raises:
        ValueError: as for ``parse_thresholds``.
    """
    return {_known(name): _score(name, str(score)) for name, score in thresholds.items()}


def parse_labels(text: str) -> tuple[str, ...]:
    """The labels that are looked for, in the order of the taxonomy.

    >>> parse_labels("smoke,fire")
    ('fire', 'smoke')

    Raises:
        ValueError: one is unknown, or none is left.
    """
    names = {part.strip().lower() for part in text.split(",") if part.strip()}
    known = [label.value for label in Label]
    unknown = sorted(names - set(known))
    if unknown:
        hint = "; whether helmets are worn is told of each person" if "helmet" in unknown[0] else ""
        raise ValueError(f"{unknown[0]!r} is no class: choose among {', '.join(known)}{hint}")
    if not names:
        raise ValueError(f"no class is named: choose among {', '.join(known)}")
    return tuple(name for name in known if name in names)


def _known(name: str) -> RawClassName:
    for known in _NAMES:
        if known == name.lower():
            return known
    meant = _MEANT.get(name.lower())
    hint = f" (did you mean {meant}?)" if meant else ""
    raise ValueError(f"{name!r} is no class with a threshold{hint}; they are {', '.join(_NAMES)}")


def _score(name: str, text: str) -> float:
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not 0 <= score <= 1:
        raise ValueError(f"{name}={text}: a threshold is a number from 0 to 1, for example 0.5")
    return score
