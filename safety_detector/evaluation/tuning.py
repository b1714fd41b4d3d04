"""Thresholds for a site, from its own judged pictures: what to set, and what that costs.  Pure.

For each hazard the score from which it counts is chosen so that as many pictures that show it as
possible are called, while at most a given share of those that do not is.  What it costs is told by
pictures that the choice did not see: the set is divided into folds by group (a camera's day stays
in one), each fold is judged at the threshold that the others choose.  Answers are judged anew by
the detector's own rules at each threshold, so nothing here imitates them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.evaluation.counting import HEAD_STATES
from safety_detector.evaluation.resampling import (
    CONFIDENCE,
    FloatArray,
    Resampler,
    group_numbers,
    interval,
    mcnemar_p,
)
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.truth import LabelledPicture

TUNED = (RawClass.FIRE, RawClass.SMOKE, RawClass.HEAD_BARE)
"""Whose thresholds decide about alarms; those of people and helmets decide who is counted."""

THRESHOLDS = tuple(round(float(one), 2) for one in np.arange(0.05, 0.96, 0.01))
"""What is tried: from the least score that is reported, in steps that people can tell apart."""

FOLDS = 5

FEWEST_PICTURES = 20
"""With the hazard, and as many without: below it one picture is worth more than five points, and a
threshold is chosen by chance."""

FEWEST_GROUPS = 5
"""With the hazard, and as many without: one a fold."""

Judge = Callable[[Answered, float], tuple[Detection, ...]]
"""What would have been reported of a picture, had the thresholds of all that is tuned been this."""

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class AlarmRates:
    """How often pictures are called so, on pictures that the threshold was not chosen by.

    Attributes:
        recall: share of the pictures that show the hazard.
        recall_interval: 95 %, by groups.
        false_alarms: share of those that do not.
        false_alarms_interval: 95 %, by groups.
    """

    recall: float
    recall_interval: tuple[float, float] | None
    false_alarms: float
    false_alarms_interval: tuple[float, float] | None

    def document(self) -> dict[str, Any]:
        """As ``eval --json`` prints it."""
        return {
            "recall": round(self.recall, 4),
            "recall_interval": _rounded(self.recall_interval),
            "false_alarms": round(self.false_alarms, 4),
            "false_alarms_interval": _rounded(self.false_alarms_interval),
        }


@dataclass(frozen=True, slots=True)
class Changed:
    """What another threshold changes in pictures of one kind, held out.

    Attributes:
        right: pictures that are called rightly and were not.
        wrong: the other way round.
        is_told: whether the difference is more than chance and a few groups would do.
    """

    right: int
    wrong: int
    is_told: bool

    @property
    def is_gain(self) -> bool:
        """Whether more is right, surely."""
        return self.is_told and self.right > self.wrong

    @property
    def is_loss(self) -> bool:
        """Whether less is right, surely."""
        return self.is_told and self.right < self.wrong


@dataclass(frozen=True, slots=True)
class TunedThreshold:
    """What the set says about one class's threshold.

    Attributes:
        kind: the class.
        positives: pictures that show the hazard.
        negatives: pictures that are known not to.
        now: the threshold in force.
        most_false_alarms: the bound on false alarms.
        chosen: the one that is best within it; None where there are too few pictures to choose one.
        spread: the lowest and highest that a fold's complement chose.
        at_now: what the threshold in force does.
        held_out: what the chosen ones do on pictures that they were not chosen by.
        found: what changes in pictures that show the hazard.
        by_chosen: the same of the chosen one itself, on all of them: folds may choose milder ones.
        spared: what changes in those that do not.
        keeps_bound: whether any threshold keeps false alarms within the bound.
    """

    kind: RawClass
    positives: int
    negatives: int
    now: float
    most_false_alarms: float
    chosen: float | None = None
    spread: tuple[float, float] | None = None
    at_now: AlarmRates | None = None
    held_out: AlarmRates | None = None
    found: Changed = Changed(0, 0, is_told=False)
    by_chosen: Changed = Changed(0, 0, is_told=False)
    spared: Changed = Changed(0, 0, is_told=False)
    keeps_bound: bool = True

    @property
    def is_beyond_bound(self) -> bool:
        """Whether the threshold in force surely gives more false alarms than are allowed."""
        bounds = self.at_now.false_alarms_interval if self.at_now is not None else None
        return bounds is not None and bounds[0] > self.most_false_alarms

    @property
    def finds_less(self) -> bool:
        """Whether the chosen one surely finds less than what is in force."""
        return self.found.is_loss or self.by_chosen.is_loss

    @property
    def is_trade(self) -> bool:
        """Whether it would keep the bound at the price of what is found: a person has to choose."""
        return self.is_beyond_bound and self.finds_less

    @property
    def finds_more(self) -> bool:
        """Whether the chosen one surely finds more, and its false alarms may be within the bound.

        Of pictures that it was not chosen by a few more are called than of those that it was: that
        alone does not speak against it, unless the bound is surely passed.
        """
        if self.held_out is None or not self.found.is_gain:
            return False
        bounds = self.held_out.false_alarms_interval
        return bounds is None or bounds[0] <= self.most_false_alarms

    @property
    def spares_more(self) -> bool:
        """Whether the chosen one surely gives fewer false alarms, and finds no less."""
        return self.spared.is_gain and self.found.right >= self.found.wrong

    @property
    def to_set(self) -> float | None:
        """The chosen one, where there is a reason to change what is in force."""
        has_reason = self.is_beyond_bound or self.finds_more or self.spares_more
        return self.chosen if has_reason and not self.finds_less else None

    def document(self) -> dict[str, Any]:
        """As ``eval --json`` prints it."""
        return {
            "positives": self.positives,
            "negatives": self.negatives,
            "now": round(self.now, 4),
            "chosen": self.chosen,
            "to_set": self.to_set,
            "is_trade": self.is_trade,
            "spread": self.spread,
            "at_now": self.at_now.document() if self.at_now else None,
            "held_out": self.held_out.document() if self.held_out else None,
            "found": asdict(self.found),
            "by_chosen": asdict(self.by_chosen),
            "spared": asdict(self.spared),
            "keeps_bound": self.keeps_bound,
        }


def tune_thresholds(
    answers: Sequence[Answered], judge: Judge, now: dict[RawClass, float], most_false_alarms: float
) -> list[TunedThreshold]:
    """What to set for each hazard, and what it costs.

    Args:
        answers: with the raw boxes of the embedded detector; failed runs are left out.
        judge: the detector's own rules at a threshold.
        now: the thresholds in force.
        most_false_alarms: share of the pictures without a hazard that may be called so.
    """
    sound = [one for one in answers if one.raw is not None]
    called = _called_at(sound, judge)
    groups = group_numbers([one.picture for one in sound])
    return [
        _tuned(kind, sound, called[kind], groups, now[kind], most_false_alarms) for kind in TUNED
    ]


def _called_at(answers: Sequence[Answered], judge: Judge) -> dict[RawClass, BoolArray]:
    """Whether each picture is called so at each threshold, shape ``(thresholds, n)``."""
    called = {kind: np.zeros((len(THRESHOLDS), len(answers)), np.bool_) for kind in TUNED}
    for column, answer in enumerate(answers):
        for row, threshold in enumerate(THRESHOLDS):
            detections = judge(answer, threshold)
            for kind in TUNED:
                called[kind][row, column] = is_called(kind, detections)
            if not any(called[kind][row, column] for kind in TUNED):
                break  # a higher threshold reports nothing more
    return called


def is_called(kind: RawClass, detections: Sequence[Detection]) -> bool:
    """Whether a picture is called fire, smoke, or somebody in it bare-headed."""
    if kind is RawClass.HEAD_BARE:
        return any(one.hazard.sub_label is SubLabel.NO_HELMET for one in detections)
    return any(one.hazard.label is Label(kind.value) for one in detections)


def shows_hazard(kind: RawClass, picture: LabelledPicture) -> bool | None:
    """Whether a picture shows the hazard; None where the set does not say."""
    if kind is not RawClass.HEAD_BARE or not picture.as_reported:
        return picture.tells(kind)
    states = [one.state for one in picture.boxes if one.kind is RawClass.PERSON]
    if HEAD_STATES[kind] in states:
        return True
    if RawClass.PERSON not in picture.labelled:
        return None
    return False if all(one is SubLabel.HELMET for one in states) else None


def _tuned(
    kind: RawClass,
    answers: Sequence[Answered],
    called: BoolArray,
    groups: NDArray[np.intp],
    now: float,
    most: float,
) -> TunedThreshold:
    said = [shows_hazard(kind, one.picture) for one in answers]
    known = np.array([one is not None for one in said], np.bool_)
    shows = np.array([one is True for one in said], np.bool_)
    positives, negatives = known & shows, known & ~shows
    found = TunedThreshold(kind, int(positives.sum()), int(negatives.sum()), now, most)
    if min(found.positives, found.negatives) < FEWEST_PICTURES or any(
        len(np.unique(groups[one])) < FEWEST_GROUPS for one in (positives, negatives)
    ):
        return found
    chosen, keeps = _choose(called[:, positives], called[:, negatives], most)
    folds = _folds(groups, positives, negatives)
    held_out = np.zeros(len(answers), np.bool_)
    rows = []
    for fold in range(FOLDS):
        inside = folds == fold
        row, _ = _choose(called[:, positives & ~inside], called[:, negatives & ~inside], most)
        held_out[inside] = called[row, inside]
        rows.append(row)
    today = np.array([is_called(kind, one.detections) for one in answers], np.bool_)
    resampler = Resampler(groups)
    return TunedThreshold(
        kind=kind,
        positives=found.positives,
        negatives=found.negatives,
        now=now,
        most_false_alarms=most,
        chosen=THRESHOLDS[chosen],
        spread=(THRESHOLDS[min(rows)], THRESHOLDS[max(rows)]),
        at_now=_rates(today, positives, negatives, resampler),
        held_out=_rates(held_out, positives, negatives, resampler),
        found=_changed(today, held_out, positives, resampler),
        by_chosen=_changed(today, called[chosen], positives, resampler),
        spared=_changed(~today, ~held_out, negatives, resampler),
        keeps_bound=keeps,
    )


def _changed(before: BoolArray, now: BoolArray, among: BoolArray, resampler: Resampler) -> Changed:
    """What changed among some pictures, of all of which it is told whether they were right."""
    right, wrong = int((among & now & ~before).sum()), int((among & ~now & before).sum())
    p = mcnemar_p(right, wrong)
    change = np.where(among, now.astype(float) - before.astype(float), 0.0)
    bounds = interval(resampler.ratios(change, among.astype(float)))
    leaves_zero_out = bounds is not None and not bounds[0] <= 0 <= bounds[1]
    return Changed(right, wrong, p is not None and p <= 1 - CONFIDENCE and leaves_zero_out)


def _choose(positives: BoolArray, negatives: BoolArray, most: float) -> tuple[int, bool]:
    """The row of the best threshold, and whether it keeps false alarms within the bound.

    Of those that call as many pictures rightly it is the one with the fewest false alarms, and of
    those that do the same the middle one, which stands furthest from where that changes.
    """
    allowed = int(negatives.shape[1] * most)
    caught, alarms = positives.sum(axis=1), negatives.sum(axis=1)
    rows = np.flatnonzero(alarms <= allowed)
    if len(rows) == 0:
        rows, keeps = np.flatnonzero(alarms == alarms.min()), False
    else:
        keeps = True
    rows = rows[caught[rows] == caught[rows].max()]
    rows = rows[alarms[rows] == alarms[rows].min()]
    return int(rows[len(rows) // 2]), keeps


def _folds(
    groups: NDArray[np.intp], positives: BoolArray, negatives: BoolArray
) -> NDArray[np.intp]:
    """The fold of each picture: groups stay whole, and each fold gets its share of both kinds.

    The largest groups are dealt out first, each to the fold that has fewest of what it brings.
    """
    count = int(groups.max(initial=-1)) + 1
    brings = np.stack(
        [
            np.bincount(groups, weights=one.astype(float), minlength=count)
            for one in (positives, negatives)
        ]
    )
    have: FloatArray = np.zeros((2, FOLDS))
    fold_of = np.zeros(count, np.intp)
    for group in np.argsort(-brings.sum(axis=0), kind="stable"):
        main = int(brings[1, group] > brings[0, group])
        fold_of[group] = int(np.lexsort((have.sum(axis=0), have[main]))[0])
        have[:, fold_of[group]] += brings[:, group]
    return fold_of[groups]


def _rates(
    called: BoolArray, positives: BoolArray, negatives: BoolArray, resampler: Resampler
) -> AlarmRates:
    shares = [
        (
            float((called & one).sum() / one.sum()),
            resampler.share_interval((called & one).astype(float), one.astype(float)),
        )
        for one in (positives, negatives)
    ]
    (recall, recall_interval), (alarms, alarms_interval) = shares
    return AlarmRates(recall, recall_interval, alarms, alarms_interval)


def _rounded(bounds: tuple[float, float] | None) -> list[float] | None:
    return None if bounds is None else [round(one, 4) for one in bounds]
