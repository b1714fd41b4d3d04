"""A language model that answers by the truth of a made camera, with a stated error rate.

Its errors are not thrown anew at each look: a flame that a model fails to see in one frame it
mostly fails to see in the next.  Each thing therefore has an error rate of its own, drawn from a
beta distribution whose mean is the stated rate and whose intra-class correlation is ``alike`` (0:
every look is thrown anew, 1: a thing is always or never mistaken).  The same dice fall for the same
look, whatever else was asked, so that two ways to ask differ by what they ask alone.

What the truth is: a fire or a bare head that happens, where it is drawn at that moment.  Everything
else is none, empty scenes as well: about each camera's scene the model errs at a rate of its own,
as about lamps, steam and helmets, and a whole frame has one place where it does.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.camera_hours import (
    FIRE,
    HEIGHT,
    SMOKE,
    WIDTH,
    Corners,
    Happening,
    MadeCamera,
    Sources,
)
from safety_detector.detectors.embedded.severity import judge_severity
from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel

_SHOWN_SHARE: Final = 0.25  # of a thing has to be in a crop, or of the crop to be it
_HEADS = ("passer_by", "bare_head")
_ANSWERS: Mapping[frozenset[int], CropAnswer] = {
    frozenset({FIRE}): CropAnswer.FIRE,
    frozenset({SMOKE}): CropAnswer.SMOKE,
    frozenset({FIRE, SMOKE}): CropAnswer.FIRE_AND_SMOKE,
}


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """How often the model is wrong about one thing at one look, in the mean over things.

    Attributes:
        missed: a hazard that is there is said not to be.
        false: something that is none is said to be one.
        cannot_tell: of a place it says that it cannot tell.
        alike: how alike looks at one thing are, 0.0 to 1.0.
    """

    missed: float = 0.05
    false: float = 0.03
    cannot_tell: float = 0.03
    alike: float = 0.5


def burning_kinds(sources: Sources) -> dict[Path, frozenset[int]]:
    """Whether a picture of something that burns shows fire, smoke or both."""
    return {one.path: frozenset(one.boxes) & {FIRE, SMOKE} for one in sources.burning}


class TruthfulModel:
    """What the model says of one camera's frames.

    Args:
        camera: which.
        size: of its frames; boxes are in its pixels.
        kinds: from ``burning_kinds``.
        rates: how often it errs.
        seed: of the dice.
    """

    def __init__(
        self,
        camera: MadeCamera,
        size: ImageSize,
        kinds: Mapping[Path, frozenset[int]],
        rates: ErrorRates,
        seed: int,
    ) -> None:
        self._camera = camera
        self._size = size
        self._kinds = kinds
        self._rates = rates
        self._seed = seed
        self._own_rates: dict[tuple[str, float], float] = {}

    def answer(self, crop: Box, question: CropQuestion, at_s: float) -> CropAnswer:
        """What it says of a part of a frame."""
        named = f"{question} {crop.centre[0]:.0f} {crop.centre[1]:.0f}"
        if self._dice(named, "cannot tell", at_s).random() < self._rates.cannot_tell:
            return CropAnswer.CANNOT_TELL
        shown = [one for one in self._now(at_s) if _is_shown(self._box(one, at_s), crop)]
        if question is CropQuestion.FIRE_SMOKE:
            return self._burning_answer(shown, crop, at_s)
        heads = [one for one in shown if one.kind in _HEADS]
        for one in heads:
            if one.kind == "bare_head" and not self._errs(one, self._rates.missed, at_s):
                return CropAnswer.NO_HELMET
        if any(one.kind == "bare_head" for one in heads):
            return CropAnswer.HELMET
        if self._takes_for_hazard(heads, at_s, "heads"):
            return CropAnswer.NO_HELMET
        return CropAnswer.HELMET if heads else CropAnswer.NO_PERSON

    def detections(self, at_s: float) -> tuple[Detection, ...]:
        """What it finds in a whole frame; without scores, as it gives none."""
        return tuple(self._found(at_s))

    def _found(self, at_s: float) -> Iterator[Detection]:
        now = self._now(at_s)
        for one in now:
            box = self._box(one, at_s)
            if one.kind == "fire":
                if not self._errs(one, self._rates.missed, at_s):
                    for label in self._labels(one):
                        yield self._burning(label, box)
            elif one.kind == "bare_head":
                if not self._errs(one, self._rates.missed, at_s):
                    yield Detection(box, Hazard(Label.PERSON, SubLabel.NO_HELMET))
            elif self._errs(one, self._rates.false, at_s):
                if one.kind == "passer_by":
                    yield Detection(box, Hazard(Label.PERSON, SubLabel.NO_HELMET))
                else:
                    yield self._burning(Label.FIRE, box)
        if self._errs(None, self._rates.false, at_s):
            yield self._burning(Label.FIRE, self._scene_place())

    def _burning_answer(self, shown: list[Happening], crop: Box, at_s: float) -> CropAnswer:
        fires = [one for one in shown if one.kind == "fire"]
        for one in fires:
            if not self._errs(one, self._rates.missed, at_s):
                return _ANSWERS[self._kinds_of(one)]
        if fires:
            return CropAnswer.NEITHER
        lights = [one for one in shown if one.kind not in _HEADS]
        mistaken = self._takes_for_hazard(lights, at_s)
        return CropAnswer.FIRE if mistaken else CropAnswer.NEITHER

    def _takes_for_hazard(self, things: list[Happening], at_s: float, about: str = "") -> bool:
        if not things:
            return self._errs(None, self._rates.false, at_s, about)
        return any(self._errs(one, self._rates.false, at_s) for one in things)

    def _now(self, at_s: float) -> list[Happening]:
        return [one for one in self._camera.happenings if one.from_s <= at_s < one.until_s]

    def _errs(self, one: Happening | None, mean: float, at_s: float, about: str = "") -> bool:
        named = f"{one.kind} {one.from_s}" if one else f"scene{about}"
        return self._dice(named, "errs", at_s).random() < self._own_rate(named, mean)

    def _own_rate(self, named: str, mean: float) -> float:
        alike = self._rates.alike
        if not 0 < mean < 1 or alike <= 0:
            return mean
        known = self._own_rates.get((named, mean))
        if known is None:
            dice = random.Random(f"{self._seed} {self._camera.id} {self._camera.seed} {named}")
            if alike >= 1:
                known = float(dice.random() < mean)
            else:
                spread = (1 - alike) / alike
                known = dice.betavariate(mean * spread, (1 - mean) * spread)
            self._own_rates[named, mean] = known
        return known

    def _dice(self, named: str, what: str, at_s: float) -> random.Random:
        camera = self._camera
        return random.Random(f"{self._seed} {camera.id} {camera.seed} {named} {what} {at_s}")

    def _kinds_of(self, one: Happening) -> frozenset[int]:
        return self._kinds[one.picture] if one.picture else frozenset({FIRE})

    def _labels(self, one: Happening) -> Iterator[Label]:
        kinds = self._kinds_of(one)
        return (
            label for kind, label in ((FIRE, Label.FIRE), (SMOKE, Label.SMOKE)) if kind in kinds
        )

    def _burning(self, label: Label, box: Box) -> Detection:
        return Detection(box, judge_severity(label, box, self._size, certain=True))

    def _scene_place(self) -> Box:
        """The place of the empty scene that it may take for a fire: a tenth of it each way."""
        dice = random.Random(f"{self._seed} {self._camera.seed} scene")
        left, top = dice.uniform(0, 0.9), dice.uniform(0, 0.9)
        return self._scaled((left, top, left + 0.1, top + 0.1))

    def _box(self, one: Happening, at_s: float) -> Box:
        return self._scaled(_drawn_at(one, at_s))

    def _scaled(self, corners: Corners) -> Box:
        x1, y1, x2, y2 = corners
        width, height = self._size.width, self._size.height
        return Box(x1 * width, y1 * height, x2 * width, y2 * height)


def _drawn_at(one: Happening, at_s: float) -> Corners:
    """Where ``made_frames`` draws it, in fractions of the picture."""
    if one.fills:
        return (0.0, 0.0, 1.0, 1.0)
    left, top, _, bottom = one.place
    if one.picture is None or one.box is None:
        return one.place
    since_s, tall = at_s - one.from_s, bottom - top
    width, height = one.box[2:]
    wide = min(width / height * tall * HEIGHT / WIDTH, 1.0)
    if one.kind == "fire":
        scale = min(0.3 + since_s / 40, 1.0)
        left, top = left + (1 - scale) * wide / 2, top + (1 - scale) * tall
        wide, tall = scale * wide, scale * tall
    elif not one.stands:
        walk = np.random.default_rng(one.seed)
        way = walk.uniform(-14, 14) if one.kind != "bare_head" else walk.uniform(-1.5, 1.5)
        left += way * since_s / WIDTH
    x1, x2 = min(max(left, 0.0), 0.99), min(max(left + wide, 0.01), 1.0)
    return (x1, min(max(top, 0.0), 0.99), max(x2, x1 + 0.01), min(max(top + tall, 0.01), 1.0))


def _is_shown(thing: Box, crop: Box) -> bool:
    wide = min(thing.x2, crop.x2) - max(thing.x1, crop.x1)
    tall = min(thing.y2, crop.y2) - max(thing.y1, crop.y1)
    if wide <= 0 or tall <= 0:
        return False
    return wide * tall >= _SHOWN_SHARE * min(thing.area, crop.area)
