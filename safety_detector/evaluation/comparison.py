"""Two detectors on the same pictures: what is better, what is worse, and what nobody can tell.

Each figure is a share of things in pictures, or an average precision, so that it can be computed
anew on any draw of the pictures.  It is called better or worse where the 95 % interval of the
difference leaves out zero *and* enough groups of pictures differ for chance not to do that alone;
of questions with right and wrong answers McNemar's exact test has to agree.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.evaluation.acceptance import Question, rights
from safety_detector.evaluation.compared_shares import (
    CLASS_NAMES,
    FALSE_SHARES,
    Share,
    failed_runs,
    precision_at,
    rank_boxes,
    recall_at,
)
from safety_detector.evaluation.mistakes import Mistaken, find_mistakes
from safety_detector.evaluation.resampling import (
    CONFIDENCE,
    FloatArray,
    Resampler,
    group_numbers,
    interval,
    mcnemar_p,
)
from safety_detector.evaluation.saved import JudgedBy, SavedAnswers, picture_names

FEWEST_DIFFERING = 6
"""Groups that must differ: if all of five went one way, chance does so in one of 16 comparisons
(2 · 0.5⁵ = 0.06), with six in one of 32."""

_DIGITS = 4


class Judgement(StrEnum):
    """What a person may read from a figure."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    """Not one answer differs."""
    CANNOT_TELL = "can't tell"


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One figure of both detectors.

    Attributes:
        name: what it is, as people read it.
        higher_is_better: which way it should go.
        before: of the one that is compared against; None where it has none.
        now: of the other one.
        asked: how many things it is a share of.
        interval: the 95 % interval of the difference.
        differing: groups of pictures in which the two differ.
        gained: of questions, answers that were wrong and are right.
        lost: the other way round.
        p: McNemar's, of questions.
    """

    name: str
    higher_is_better: bool
    before: float | None
    now: float | None
    asked: int
    interval: tuple[float, float] | None
    differing: int
    gained: int | None = None
    lost: int | None = None
    p: float | None = None

    @property
    def difference(self) -> float | None:
        """Now less before; None where one has none."""
        return None if self.before is None or self.now is None else self.now - self.before

    @property
    def judgement(self) -> Judgement:
        """Better, worse, same, or nobody can tell."""
        if self.difference is None:
            return Judgement.CANNOT_TELL
        if self.differing == 0:
            return Judgement.SAME
        if self.interval is None or self.differing < FEWEST_DIFFERING:
            return Judgement.CANNOT_TELL
        if self.gained is not None and (self.p is None or self.p > 1 - CONFIDENCE):
            return Judgement.CANNOT_TELL
        low, high = self.interval
        if low <= 0 <= high:
            return Judgement.CANNOT_TELL
        return Judgement.BETTER if (low > 0) is self.higher_is_better else Judgement.WORSE

    def document(self) -> dict[str, Any]:
        """As ``eval --json`` prints it."""
        return {
            "figure": self.name,
            "higher_is_better": self.higher_is_better,
            "before": _rounded(self.before),
            "now": _rounded(self.now),
            "difference": _rounded(self.difference),
            "interval": [_rounded(one) for one in self.interval] if self.interval else None,
            "asked": self.asked,
            "differing": self.differing,
            "gained": self.gained,
            "lost": self.lost,
            "p": _rounded(self.p),
            "judgement": self.judgement.value,
        }


@dataclass(frozen=True, slots=True)
class PictureChange:
    """One picture of which the two make other mistakes.

    Attributes:
        name: from the folder of the set on.
        before: the mistakes of the one that is compared against.
        now: of the other one.
    """

    name: str
    before: Mistaken
    now: Mistaken

    @property
    def cost(self) -> float:
        """By how much it got worse, by ``mistakes.COSTS``; below zero where it got better."""
        return self.now.cost - self.before.cost

    def document(self) -> dict[str, Any]:
        """As ``eval --json`` prints it."""
        return {
            "picture": self.name,
            "cost": self.cost,
            "before": _counted(self.before),
            "now": _counted(self.now),
        }


@dataclass(frozen=True, slots=True)
class ComparedAnswers:
    """Everything that can be said of two detectors on one set.

    Attributes:
        before: what is compared against.
        now: what is compared.
        pictures: in the set.
        groups: of pictures that are one piece of evidence.
        figures: in the order in which people read them.
        changed: pictures with other mistakes, those that got worse first.
    """

    before: JudgedBy
    now: JudgedBy
    pictures: int
    groups: int
    figures: tuple[FigureChange, ...]
    changed: tuple[PictureChange, ...]

    @property
    def worse(self) -> tuple[PictureChange, ...]:
        """Pictures that got worse, worst first."""
        return tuple(one for one in self.changed if one.cost > 0)

    @property
    def better(self) -> tuple[PictureChange, ...]:
        """Pictures that got better, best first."""
        return tuple(one for one in reversed(self.changed) if one.cost < 0)

    def judged(self, judgement: Judgement) -> list[str]:
        """Names of the figures of which that holds."""
        return [one.name for one in self.figures if one.judgement is judgement]

    def document(self) -> dict[str, Any]:
        """As ``eval --json`` prints it."""
        return {
            "before": self.before.model_dump(),
            "now": self.now.model_dump(),
            "pictures": self.pictures,
            "groups": self.groups,
            "figures": [one.document() for one in self.figures],
            "better": self.judged(Judgement.BETTER),
            "worse": self.judged(Judgement.WORSE),
            "pictures_worse": [one.document() for one in self.worse],
            "pictures_better": [one.document() for one in self.better],
        }


def compare_answers(before: SavedAnswers, now: SavedAnswers) -> ComparedAnswers:
    """Holds two detectors' answers to the same pictures, in the same order, against each other."""
    pictures = [one.picture for one in now.answers]
    groups = group_numbers(pictures)
    compared = _Compared(before, now, Resampler(groups))
    names = picture_names(pictures)
    changed = [
        PictureChange(name, find_mistakes(old), find_mistakes(new))
        for name, old, new in zip(names, before.answers, now.answers, strict=True)
    ]
    changed = [one for one in changed if one.cost != 0]
    changed.sort(key=lambda one: -one.cost)
    return ComparedAnswers(
        before=before.judged_by,
        now=now.judged_by,
        pictures=len(pictures),
        groups=len(set(groups.tolist())),
        figures=tuple(compared.figures()),
        changed=tuple(changed),
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    before: SavedAnswers
    now: SavedAnswers
    resampler: Resampler

    def figures(self) -> Iterator[FigureChange]:
        yield from self._questions()
        for name, share in FALSE_SHARES.items():
            change = self._share(name, share, higher_is_better=False)
            if change.asked:
                yield change
        yield from self._at_other_thresholds()
        yield from self._average_precisions()
        failed = self._share("runs that failed", failed_runs, higher_is_better=False)
        if failed.before or failed.now:
            yield failed

    def _questions(self) -> Iterator[FigureChange]:
        old = [list(rights(one)) for one in self.before.answers]
        new = [list(rights(one)) for one in self.now.answers]
        for question in Question:
            asked = _each(sum(one is question for one, _ in answers) for answers in old)
            if not asked.any():
                continue
            was = _each(sum(right for one, right in answers if one is question) for answers in old)
            is_now = _each(
                sum(right for one, right in answers if one is question) for answers in new
            )
            pairs = [
                (was_right, is_right)
                for olds, news in zip(old, new, strict=True)
                for (one, was_right), (_, is_right) in zip(olds, news, strict=True)
                if one is question
            ]
            gained = sum(is_right and not was_right for was_right, is_right in pairs)
            lost = sum(was_right and not is_right for was_right, is_right in pairs)
            yield FigureChange(
                name=question.value,
                higher_is_better=True,
                before=float(was.sum() / asked.sum()),
                now=float(is_now.sum() / asked.sum()),
                asked=int(asked.sum()),
                interval=interval(
                    self.resampler.ratios(is_now, asked) - self.resampler.ratios(was, asked)
                ),
                # A picture with one gained and one lost differs, though its sum does not.
                differing=self.resampler.groups_with(
                    np.array(
                        [
                            any(a != b for a, b in zip(olds, news, strict=True) if a[0] is question)
                            for olds, news in zip(old, new, strict=True)
                        ]
                    )
                ),
                gained=gained,
                lost=lost,
                p=mcnemar_p(gained, lost),
            )

    def _at_other_thresholds(self) -> Iterator[FigureChange]:
        """Boxes of the classes of which each of the two reports another part."""
        old, new = (one.judged_by.class_thresholds for one in (self.before, self.now))
        if old is None or new is None:
            return
        for kind in RawClass:
            if old[kind] == new[kind]:
                continue
            for named, share_at in (("recall", recall_at), ("precision", precision_at)):
                change = self._shares(
                    f"{CLASS_NAMES[kind]}: {named} of boxes",
                    (share_at(kind, old[kind]), share_at(kind, new[kind])),
                    higher_is_better=True,
                )
                if change.before is not None or change.now is not None:
                    yield change

    def _share(self, name: str, share: Share, *, higher_is_better: bool) -> FigureChange:
        return self._shares(name, (share, share), higher_is_better=higher_is_better)

    def _shares(
        self, name: str, shares: tuple[Share, Share], *, higher_is_better: bool
    ) -> FigureChange:
        was, is_now = shares
        old = np.array([was(one) for one in self.before.answers], np.float64).reshape(-1, 2)
        new = np.array([is_now(one) for one in self.now.answers], np.float64).reshape(-1, 2)
        drawn = [self.resampler.ratios(one[:, 0], one[:, 1]) for one in (old, new)]
        return FigureChange(
            name=name,
            higher_is_better=higher_is_better,
            before=_ratio(old),
            now=_ratio(new),
            asked=int(new[:, 1].sum()),
            interval=interval(drawn[1] - drawn[0]),
            differing=self.resampler.groups_with((old != new).any(axis=1)),
        )

    def _average_precisions(self) -> Iterator[FigureChange]:
        both = (self.before, self.now)
        if any(one.raw is None for side in both for one in side.answers if one.error is None):
            return
        for kind in RawClass:
            old, new = (rank_boxes(side.answers, kind) for side in both)
            if not old.truths.any():
                continue
            once = np.ones((1, len(old.truths)), np.float32)
            drawn = [one.average_precisions(self.resampler.weights) for one in (old, new)]
            yield FigureChange(
                name=f"{CLASS_NAMES[kind]}: average precision (AP50)",
                higher_is_better=True,
                before=float(old.average_precisions(once)[0]),
                now=float(new.average_precisions(once)[0]),
                asked=int(old.truths.sum()),
                interval=interval(drawn[1] - drawn[0]),
                differing=self.resampler.groups_with(old.differs(new)),
            )


def _each(values: Iterator[int]) -> FloatArray:
    return np.fromiter(values, np.float64)


def _ratio(parts: FloatArray) -> float | None:
    whole = parts[:, 1].sum()
    return float(parts[:, 0].sum() / whole) if whole else None


def _counted(mistaken: Mistaken) -> dict[str, int]:
    kinds = [one.kind for one in mistaken.mistakes]
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
