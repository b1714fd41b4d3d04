"""The embedded detector: our own weights on the CPU, backend ``embedded``.

A picture is letterboxed, the network answers for five classes, once more for what is large
(``overview``), duplicates are averaged, and the parts of a large picture are looked at too
(``tiles``, ``views``).  Boxes of one fire become one
(``joined_boxes``), heads and people are joined (``helmets``), and fire and smoke get a severity
(``severity``).

A second output of the network judges the whole picture: what it is sure of is in the score of the
best box of fire and of smoke (``picture_belief``).

A score is a fixed function of what the network says.  What is one thing, where it lies and how
grave it is follow from the thresholds of the weights; the thresholds that are asked for only say
which of these things count.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from safety_detector.detectors.embedded.helmets import Judged, judge_people
from safety_detector.detectors.embedded.joined_boxes import join_boxes
from safety_detector.detectors.embedded.onnx_model import (
    BUNDLED_WEIGHTS,
    PICTURE_CLASSES,
    ModelFacts,
    OnnxModel,
    fit,
    letterbox,
    load_model,
    on_grey,
)
from safety_detector.detectors.embedded.overview import Look, join_looks, needs_overview
from safety_detector.detectors.embedded.picture_belief import LEAST_SCORE, believe_picture
from safety_detector.detectors.embedded.raw_boxes import (
    Cutoffs,
    RawAnswer,
    RawBox,
    RawClass,
    as_shown,
    average_duplicates,
    of_kind,
    suppress_duplicates,
    weigh_rivals,
)
from safety_detector.detectors.embedded.severity import judge_severity
from safety_detector.detectors.embedded.tiles import least_scale, plan_tiles
from safety_detector.detectors.embedded.views import is_uncut, join_views, moved
from safety_detector.detectors.score_calibration import ScoreCalibration
from safety_detector.detectors.shrinking import lost_people_reason
from safety_detector.detectors.tiling import AUTO, TileBox, Tiling
from safety_detector.domain.detections import (
    Detection,
    DetectorOutcome,
    DetectorRun,
    RunConditions,
    by_urgency,
)
from safety_detector.domain.geometry import Box, ImageSize, fit_to_pixels
from safety_detector.domain.hazards import Label
from safety_detector.pictures.images import RgbImage, size_of

EVALUATION_MIN_SCORE = 0.01
"""Boxes below it change no average precision that matters."""

MAX_CANDIDATES_PER_CLASS = 800
"""Best boxes of a class that go into suppression, whose time grows with the square; a crowd of a
hundred heads has about six candidates each."""

MAX_BOXES_PER_CLASS = 300
"""More than the most crowded labelled picture holds (about 120 heads)."""

CERTAIN_ABOVE_THRESHOLD = 1.1
"""A fire or smoke box is certain from this multiple of its threshold on, else ``uncertain``."""


@dataclass(frozen=True, slots=True)
class EmbeddedOptions:
    """What may be asked of the embedded detector.

    Attributes:
        thresholds: score from which a class counts, instead of the weights' own.
        tiling: whether parts of a picture are looked at too.
        labels: what is looked for; the rest is not reported.
        calibration: what the scores were worth on a site's labelled pictures.
    """

    thresholds: Mapping[RawClass, float] | None = None
    tiling: Tiling = AUTO
    labels: Collection[Label] = tuple(Label)
    calibration: ScoreCalibration | None = None


class OnnxDetector:
    """Finds fire, smoke and people with an ONNX file of ours.

    Args:
        model: from ``load_model``.
        options: what is asked for instead of the usual.

    Raises:
        ConfigurationInvalid: the calibration is about other weights.
    """

    backend = "embedded"
    prompt_version = None

    def __init__(self, model: OnnxModel, options: EmbeddedOptions | None = None) -> None:
        self._model = model
        options = options or EmbeddedOptions()
        self._tiling = options.tiling
        self._labels = tuple(label for label in Label if label in options.labels)
        self._calibration = options.calibration
        if self._calibration is not None:
            self._calibration.require_about(self.backend, self.model, None)
        asked = dict(options.thresholds or {})
        own = {kind: model.facts.threshold(kind) for kind in RawClass}
        self._thresholds = own | asked
        self._cutoffs = Cutoffs(
            own,
            {kind: max(score, LEAST_SCORE) for kind, score in self._thresholds.items()},
            asked.get(RawClass.PERSON, 0.0),
        )

    @property
    def facts(self) -> ModelFacts:
        """Name, version and thresholds that the file carries."""
        return self._model.facts

    @property
    def model(self) -> str:
        """Name and version of the weights."""
        return f"{self.facts.model_name} {self.facts.version}"

    @property
    def thresholds(self) -> Mapping[RawClass, float]:
        """The score from which each class counts, as set."""
        return dict(self._thresholds)

    # `attempt` is the Protocol's; the same pixels give the same answer here.
    def detect(
        self,
        rgb: RgbImage,
        attempt: int = 1,  # noqa: ARG002
        *,
        urgent: bool = True,  # noqa: ARG002
    ) -> DetectorOutcome:
        """Detections in one picture, most urgent first; see ``ports.Detector``."""
        answer = self._answer(rgb, LEAST_SCORE, self._cutoffs)
        return self._outcome(answer, size_of(rgb))

    def screen(
        self, rgb: RgbImage, thresholds: Mapping[RawClass, float]
    ) -> tuple[DetectorOutcome, tuple[Detection, ...]]:
        """The same, and what it would find by lower thresholds, from one pass of the network.

        Args:
            rgb: uint8 (H, W, 3), upright.
            thresholds: of the classes for which others hold than usual; higher ones change nothing.

        Raises:
            DetectorError: ONNX Runtime could not compute.
        """
        size = size_of(rgb)
        lowered = {
            kind: min(score, thresholds.get(kind, score))
            for kind, score in self._cutoffs.asked.items()
        }
        cutoffs = replace(self._cutoffs, asked=lowered)
        answer = self._answer(rgb, LEAST_SCORE, cutoffs)
        return self._outcome(answer, size), self.judge(answer, size, cutoffs)

    def _outcome(self, answer: RawAnswer, size: ImageSize) -> DetectorOutcome:
        tiles = self._tiles(size)
        scale = least_scale(size, self.facts.input_size, tiles)
        shrunk = lost_people_reason(size, scale) if Label.PERSON in self._labels else None
        run = DetectorRun(
            backend=self.backend,
            model=self.model,
            timings_ms=answer.timings_ms,
            conditions=self.conditions,
            tiles=len(tiles),
        )
        return DetectorOutcome(
            detections=self.judge(answer, size), run=run.with_reasons([shrunk] if shrunk else [])
        )

    @property
    def conditions(self) -> RunConditions:
        """What every run of this detector goes by."""
        return RunConditions(
            thresholds={kind.value: score for kind, score in self._thresholds.items()},
            tiling=str(self._tiling),
            classes=tuple(label.value for label in self._labels),
            calibration=self._calibration.version if self._calibration else None,
        )

    def raw(self, rgb: RgbImage, min_score: float = EVALUATION_MIN_SCORE) -> RawAnswer:
        """All five classes with scores, duplicates suppressed, nothing joined or judged.

        Raises:
            DetectorError: ONNX Runtime could not compute.
        """
        return self._answer(rgb, min_score, None)

    def _answer(self, rgb: RgbImage, min_score: float, cutoffs: Cutoffs | None) -> RawAnswer:
        """The raw answer, with ``cutoffs`` without most of what they will not let pass."""
        started = time.perf_counter()
        size = size_of(rgb)
        fitted, scale = fit(rgb, self.facts.input_size)
        letterboxed = on_grey(fitted)
        prepared = time.perf_counter()
        whole = self._model.run(letterboxed, scale)
        overview, longer_side = self.facts.overview, max(size.width, size.height)
        persons = self.facts.classes.index(RawClass.PERSON)
        if overview and needs_overview(whole, longer_side, persons):
            # From what has been shrunk already: half the side of that is nearly the same pixels.
            smaller, factor = letterbox(fitted if scale < 1 else rgb, overview.size)
            far = self._model.run(smaller, factor * min(scale, 1.0))
            believed = [self.facts.classes.index(kind) for kind in PICTURE_CLASSES]
            whole = join_looks(whole, far, overview.least_share * longer_side, believed)
        parts = [(tile, self._look_at(rgb, tile)) for tile in self._tiles(size)]
        computed = time.perf_counter()
        picture_scores = _picture_scores(whole)
        # A tile's boxes may join weak ones of the whole picture.
        boxes = self._boxes(whole, size, min_score, None if parts else cutoffs)
        if parts:
            seen = [(tile, self._tile_boxes(tile, one, size, min_score)) for tile, one in parts]
            boxes = join_views(boxes, seen, scale)
        boxes = believe_picture(boxes, picture_scores, self.facts, size)
        parsed = time.perf_counter()
        return RawAnswer(
            boxes=tuple(boxes),
            picture_scores=picture_scores,
            timings_ms={
                "prepare": (prepared - started) * 1000,
                "model": (computed - prepared) * 1000,
                "parse": (parsed - computed) * 1000,
            },
        )

    def cutoffs_at(self, thresholds: Mapping[RawClass, float]) -> Cutoffs:
        """The scores from which boxes count, had these thresholds been asked for as well."""
        asked = {kind: max(score, LEAST_SCORE) for kind, score in thresholds.items()}
        return replace(self._cutoffs, asked={**self._cutoffs.asked, **asked})

    def judge(
        self, answer: RawAnswer, size: ImageSize, cutoffs: Cutoffs | None = None
    ) -> tuple[Detection, ...]:
        """Hazards from a raw answer for a picture of the given size, most urgent first."""
        cutoffs = cutoffs or self._cutoffs
        flames = [
            one.box
            for one in of_kind(answer.boxes, RawClass.FIRE)
            if one.place_score >= self._cutoffs.own[RawClass.FIRE]
        ]
        boxes = [one for one in answer.boxes if cutoffs.matters(one)]
        judged = judge_people(boxes, cutoffs, flames)
        for kind in PICTURE_CLASSES:
            judged += self._judge_kind(kind, boxes, size, cutoffs)
        detections = []
        for one in judged:
            box = fit_to_pixels(one.box, size)
            if box is not None and one.hazard.label in self._labels:
                detections.append(Detection(box, one.hazard, as_shown(one.score)))
        ordered = by_urgency(detections)
        return self._calibration.apply(ordered) if self._calibration else ordered

    def close(self) -> None:
        """Nothing to give back: the session goes with the detector."""

    def _judge_kind(
        self, kind: RawClass, boxes: Sequence[RawBox], size: ImageSize, cutoffs: Cutoffs
    ) -> list[Judged]:
        """Fires, or clouds of smoke, with their severity."""
        label = Label(kind.value)
        certain_from = CERTAIN_ABOVE_THRESHOLD * self._cutoffs.own[kind]
        return [
            Judged(
                one.box,
                judge_severity(label, one.box, size, one.place_score >= certain_from),
                one.score,
            )
            for one in join_boxes(of_kind(boxes, kind), kind, cutoffs)
        ]

    def _tiles(self, size: ImageSize) -> list[TileBox]:
        return plan_tiles(size, self.facts.input_size, self._tiling)

    def _look_at(self, rgb: RgbImage, tile: TileBox) -> Look:
        x1, y1, x2, y2 = tile
        letterboxed, scale = letterbox(rgb[y1:y2, x1:x2], self.facts.input_size)
        return self._model.run(letterboxed, scale)

    def _tile_boxes(
        self, tile: TileBox, answer: Look, size: ImageSize, min_score: float
    ) -> list[RawBox]:
        """What one tile shows uncut, in pixels of the picture."""
        x1, y1, x2, y2 = tile
        uncut = is_uncut(answer.boxes, tile, size)
        kept = Look(answer.boxes[uncut], answer.scores[uncut], answer.picture_scores)
        boxes = self._boxes(kept, ImageSize(x2 - x1, y2 - y1), min_score)
        # Each tile is another chance to be wrong: it tells of fire only if all of it says fire.
        scores = _picture_scores(answer)
        silent = {
            kind
            for kind, score in scores.items()
            if score < (self.facts.picture_threshold(kind) or 0.0)
        }
        return [moved(one, tile) for one in boxes if one.kind not in silent]

    def _boxes(
        self, answer: Look, size: ImageSize, min_score: float, cutoffs: Cutoffs | None = None
    ) -> list[RawBox]:
        far_corner = np.array([size.width, size.height] * 2, np.float32)
        # Nineteen cells in twenty say nothing of any class.
        told = (answer.scores >= min_score).any(axis=1)
        clipped, all_scores = np.clip(answer.boxes[told], 0, far_corner), answer.scores[told]
        real = (clipped[:, 2:] - clipped[:, :2]).min(axis=1, initial=np.inf) > 0
        found: list[RawBox] = []
        for column, kind in enumerate(self.facts.classes):
            rows = np.flatnonzero(real & (all_scores[:, column] >= min_score))
            rows = rows[np.argsort(-all_scores[rows, column])[:MAX_CANDIDATES_PER_CLASS]]
            scores, limits = all_scores[rows, column], self.facts.overlaps[kind]
            kept = suppress_duplicates(clipped[rows], scores, limits.suppress, MAX_BOXES_PER_CLASS)
            boxes, votes = average_duplicates(clipped[rows], scores, kept, limits.average)
            weighed = weigh_rivals(scores[kept], votes, limits.agreement, limits.rivalry)
            boxes = np.clip(boxes, 0, far_corner)  # a mean may be rounded past the edge
            strong = weighed >= min_score
            if cutoffs is not None and len(weighed):
                strong &= weighed >= cutoffs.least(kind)
                best = weighed.argmax()  # the picture may believe in it, whatever it scores
                strong[best] = weighed[best] >= min_score
            boxes, weighed = boxes[strong], weighed[strong]
            found += [
                RawBox(kind, Box(*corners), score)
                for corners, score in zip(boxes.tolist(), weighed.tolist(), strict=True)
            ]
        return sorted(found, key=lambda one: -one.score)


def load_onnx_detector(
    path: Path = BUNDLED_WEIGHTS, threads: int = 0, options: EmbeddedOptions | None = None
) -> OnnxDetector:
    """The embedded detector, ready; ``threads`` 0 means one per core.

    Raises:
        WeightsInvalid: the file is missing, broken, or not a model of ours.
    """
    return OnnxDetector(load_model(path, threads), options)


def _picture_scores(answer: Look) -> dict[RawClass, float]:
    if answer.picture_scores is None:
        return {}
    return dict(zip(PICTURE_CLASSES, answer.picture_scores.tolist(), strict=True))
