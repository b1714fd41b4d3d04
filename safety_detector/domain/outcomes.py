"""How an inspection ended, and the one word for it in terminal and report."""

from __future__ import annotations

from enum import StrEnum

from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection, Status, Verdict, verdict_name


class Outcome(StrEnum):
    """A verdict, or that there is none."""

    HAZARD = "hazard"
    INCONCLUSIVE = "inconclusive"
    CLEAR = "clear"
    FAILED = "failed"
    UNFINISHED = "unfinished"


_WITHOUT_VERDICT: dict[Outcome, dict[Language, str]] = {
    Outcome.FAILED: {"en": "failed", "zh": "检测失败"},
    Outcome.UNFINISHED: {"en": "not finished", "zh": "尚未完成"},
}


def outcome_of(inspection: Inspection) -> Outcome:
    """How the inspection ended; a completed one without a verdict counts as not finished."""
    return outcome_of_end(inspection.status, inspection.verdict)


def outcome_of_end(status: Status, verdict: Verdict | None) -> Outcome:
    """The same, by its status and verdict."""
    if status is Status.FAILED:
        return Outcome.FAILED
    if status is Status.COMPLETED and verdict is not None:
        return Outcome(verdict.value)
    return Outcome.UNFINISHED


def outcome_name(outcome: Outcome, language: Language) -> str:
    """The outcome's name for people."""
    if outcome in _WITHOUT_VERDICT:
        return _WITHOUT_VERDICT[outcome][language]
    return verdict_name(Verdict(outcome.value), language)
