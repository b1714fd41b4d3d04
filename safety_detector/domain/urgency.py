"""How urgently somebody should look at a picture, and what was found in it, as numbers that sort.

Databases keep these numbers: they are only added to, never given another meaning.
"""

from __future__ import annotations

from collections.abc import Iterable

from safety_detector.domain.detections import Detection
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import Status, Verdict

PENDING, CLEAR, FAILED, INCONCLUSIVE = 0, 10, 20, 30
"""Urgencies of what shows no hazard: nobody knows what is on a failed or inconclusive picture."""

_MOST = 200
"""The most urgent hazard has this one; each place after it one less."""

_BITS: tuple[tuple[Label, SubLabel], ...] = (
    (Label.FIRE, SubLabel.MINOR),
    (Label.FIRE, SubLabel.MODERATE),
    (Label.FIRE, SubLabel.SEVERE),
    (Label.FIRE, SubLabel.UNCERTAIN),
    (Label.SMOKE, SubLabel.MINOR),
    (Label.SMOKE, SubLabel.MODERATE),
    (Label.SMOKE, SubLabel.SEVERE),
    (Label.SMOKE, SubLabel.UNCERTAIN),
    (Label.PERSON, SubLabel.HELMET),
    (Label.PERSON, SubLabel.NO_HELMET),
    (Label.PERSON, SubLabel.UNCERTAIN),
)


def urgency_of(status: Status, verdict: Verdict | None, hazards: Iterable[Hazard]) -> int:
    """How urgent a picture is; the higher, the sooner somebody should look at it."""
    if status is Status.FAILED:
        return FAILED
    if status is not Status.COMPLETED:
        return PENDING
    if verdict is Verdict.HAZARD:
        return max((_MOST - one.rank for one in hazards), default=_MOST)
    return INCONCLUSIVE if verdict is Verdict.INCONCLUSIVE else CLEAR


def urgencies_of(verdict: Verdict) -> tuple[int, int]:
    """The least and the greatest urgency of pictures with that verdict, which no other has.

    >>> urgencies_of(Verdict.CLEAR)
    (10, 10)
    """
    match verdict:
        case Verdict.CLEAR:
            return CLEAR, CLEAR
        case Verdict.INCONCLUSIVE:
            return FAILED, INCONCLUSIVE
        case Verdict.HAZARD:
            return INCONCLUSIVE + 1, _MOST


def hazard_bits(detections: Iterable[Detection]) -> int:
    """One bit for each pair of label and state that occurs."""
    bits = 0
    for one in detections:
        bits |= 1 << _BITS.index((one.hazard.label, one.hazard.sub_label))
    return bits


def wanted_bits(label: Label | None, sub_label: SubLabel | None) -> tuple[int, ...]:
    """What the bits of a picture must have: of each number at least one bit.

    Label and state are those of one box, where a box can have both; of two, where none can.
    """
    labels = sum(1 << place for place, pair in enumerate(_BITS) if pair[0] is label)
    states = sum(1 << place for place, pair in enumerate(_BITS) if pair[1] is sub_label)
    if label and sub_label:
        return (labels & states,) if labels & states else (labels, states)
    return tuple(one for one in (labels, states) if one)
