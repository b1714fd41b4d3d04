"""Whether other weights may replace those in use: both answer the same questions.  Pure.

A question is about one picture or one head, and an answer is right or wrong: is the fire that is
there reported, is none reported where there is none, is this bare head called bare.  So each
picture is its own comparison, and what got worse can be looked at.  Weights *lose* if any kind of
question has fewer right answers than before, beyond ``ALLOWED_LOSS``; a gain elsewhere does not
make up for it, since nobody asked those who are protected whether they would trade.

They are *surely better* where more groups of pictures gain than lose and chance would hardly do
that (McNemar's exact test; a camera's pictures of one day are one piece of evidence).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.hazards import SubLabel
from safety_detector.evaluation.counting import HEAD_STATES, calls_it, judged_heads
from safety_detector.evaluation.resampling import CONFIDENCE, group_numbers, mcnemar_p
from safety_detector.evaluation.running import Answered

ALLOWED_LOSS = 0.02
"""Share of the questions of a kind that may turn out worse on balance.

One in fifty is what two looks at a borderline picture differ by; below fifty questions not one.
"""

_HAZARDS = (RawClass.FIRE, RawClass.SMOKE)


class Question(StrEnum):
    """What weights are asked; the value is what people read."""

    FIRE = "fire reported where it is"
    SMOKE = "smoke reported where it is"
    CALM = "no alarm where there is neither"
    NOBODY = "nobody called no_helmet where nobody is"
    BARE = "bare heads called no_helmet"
    HELMET = "helmets called helmet"


_STATE_QUESTIONS = {RawClass.HEAD_BARE: Question.BARE, RawClass.HEAD_HELMET: Question.HELMET}


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of question, before and after.

    Attributes:
        asked: how often.
        before: right answers of the weights in use.
        after: right answers of those that are to replace them.
        worse: names of the pictures with an answer that was right and is wrong.
        better: the other way round.
    """

    question: Question
    asked: int
    before: int
    after: int
    worse: tuple[str, ...]
    better: tuple[str, ...]

    @property
    def gain(self) -> int:
        """Right answers more than before."""
        return self.after - self.before

    @property
    def loses(self) -> bool:
        """Whether it is worse by more than is allowed."""
        return -self.gain > int(ALLOWED_LOSS * self.asked)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every kind of question that a set asks.

    Attributes:
        changes: by question.
        groups_better: groups of pictures with more right answers than before.
        groups_worse: those with fewer.
    """

    changes: tuple[Change, ...]
    groups_better: int = 0
    groups_worse: int = 0

    @property
    def losses(self) -> tuple[Change, ...]:
        """What forbids the replacement."""
        return tuple(one for one in self.changes if one.loses)

    @property
    def gain(self) -> int:
        """Right answers more than before, over all questions."""
        return sum(one.gain for one in self.changes)

    @property
    def asked(self) -> int:
        """Questions in all."""
        return sum(one.asked for one in self.changes)

    def is_surely_better(self, tries: int = 1) -> bool:
        """Whether chance would hardly gain as much.

        Args:
            tries: how many were tried on these pictures, of which this may be the best; chance has
                as many tries (Bonferroni).
        """
        p = mcnemar_p(self.groups_better, self.groups_worse)
        is_sure = p is not None and p <= (1 - CONFIDENCE) / tries
        return is_sure and self.groups_better > self.groups_worse and self.gain > 0


def compare(before: Sequence[Answered], after: Sequence[Answered]) -> Comparison:
    """Holds two detectors' answers to the same pictures against each other.

    Args:
        before: of the weights in use, in the order of the pictures.
        after: of those that are to replace them, in the same order.

    Raises:
        ValueError: the answers are not to the same pictures.
    """
    found: dict[Question, list[tuple[str, bool, bool]]] = {}
    groups = group_numbers([one.picture for one in before]).tolist()
    gains = dict.fromkeys(groups, 0)
    for group, old, new in zip(groups, before, after, strict=True):
        if old.picture is not new.picture and old.picture != new.picture:
            raise ValueError(f"{old.picture.path} was answered once, {new.picture.path} once")
        pairs = zip(rights(old), rights(new), strict=True)
        for (question, was_right), (_, is_right) in pairs:
            found.setdefault(question, []).append((old.picture.path.name, was_right, is_right))
            gains[group] += is_right - was_right
    return Comparison(
        tuple(_change(question, found[question]) for question in Question if question in found),
        groups_better=sum(one > 0 for one in gains.values()),
        groups_worse=sum(one < 0 for one in gains.values()),
    )


def _change(question: Question, answers: Sequence[tuple[str, bool, bool]]) -> Change:
    return Change(
        question=question,
        asked=len(answers),
        before=sum(was for _, was, _ in answers),
        after=sum(now for _, _, now in answers),
        worse=tuple(dict.fromkeys(name for name, was, now in answers if was and not now)),
        better=tuple(dict.fromkeys(name for name, was, now in answers if now and not was)),
    )


def rights(answer: Answered) -> Iterator[tuple[Question, bool]]:
    """Each question about one picture and whether the answer is right, always in one order.

    A run that failed has no answer, and no answer is a wrong one.
    """
    failed = answer.error is not None
    reported = {one.hazard.label.value for one in answer.detections}
    known = {kind: answer.picture.tells(kind) for kind in _HAZARDS}
    there = [kind for kind, is_there in known.items() if is_there]
    absent = [kind for kind, is_there in known.items() if is_there is False]
    for kind in there:
        question = Question.FIRE if kind is RawClass.FIRE else Question.SMOKE
        yield question, not failed and kind.value in reported
    if absent and not there:
        yield Question.CALM, not failed and not any(kind.value in reported for kind in absent)
    if _is_deserted(answer):
        bare = any(calls_it(one, SubLabel.NO_HELMET) for one in answer.detections)
        yield Question.NOBODY, not failed and not bare
    for head in judged_heads(answer.picture, answer.detections):
        yield _STATE_QUESTIONS[head.kind], not failed and head.called is HEAD_STATES[head.kind]


def _is_deserted(answer: Answered) -> bool:
    """Whether the set says that nobody is in the picture."""
    people = {RawClass.PERSON, *(() if answer.picture.as_reported else HEAD_STATES)}
    return people <= answer.picture.labelled and not any(map(answer.picture.shows, people))
