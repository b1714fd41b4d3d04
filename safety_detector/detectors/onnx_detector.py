"""The embedded detector: our own weights on the CPU, backend ``embedded``.

A picture is letterboxed, the network answers for five classes, duplicates are averaged, boxes
below their class's threshold go, heads and people are joined (``helmets``), and fire and smoke
get a severity (``severity``).

A second output of the network judges the whole picture.  Where it is sure of fire or smoke but no
box passes, the best box still becomes a detection, ``uncertain``: silence is never "safe".
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from safety_detector.detectors.helmets import Judged, judge_people
from safety_detector.detectors.onnx_model import (
    BUNDLED_WEIGHTS,
    PICTURE_CLASSES,
    ModelAnswer,
    ModelFacts,
    OnnxModel,
    letterbox,
    load_model,
)
from safety_detector.detectors.raw_boxes import (
    RawAnswer,
    RawBox,
    RawClass,
    average_duplicates,
    of_kind,
    suppress_duplicates,
    weigh_rivals,
)
from safety_detector.detectors.severity import judge_severity
from safety_detector.detectors.tiles import merge_answers, tile_boxes
from safety_detector.domain.detections import Detection, DetectorOutcome, DetectorRun, by_urgency
from safety_detector.domain.geometry import Box, ImageSize, fit_to_pixels
from safety_detector.domain.hazards import Hazard, Label
from safety_detector.images import RgbImage, size_of

EVALUATION_MIN_SCORE = 0.01
"""Boxes below it change no average precision that matters."""

BEST_BOX_MIN_SCORE = 0.05
"""Where the whole picture shows a hazard, boxes from this score on can say where."""

MAX_CANDIDATES_PER_CLASS = 800
"""Best boxes of a class that go into suppression, whose time grows with the square; a crowd of a
hundred heads has about six candidates each."""

MAX_BOXES_PER_CLASS = 300
"""More than the most crowded labelled picture holds (about 120 heads)."""

CERTAIN_ABOVE_THRESHOLD = 1.1
"""A fire or smoke box is certain from this multiple of its threshold on, else ``uncertain``."""


class OnnxDetector:
    """Finds fire, smoke and people with an ONNX file of ours.

    Args:
        model: from ``load_model``.
        thresholds: score from which a class counts, instead of the file's own.
        tiling: also look at overlapping parts of pictures much larger than the input, for people
            who are small in them; costs one run a part.
    """

    backend = "embedded"
    prompt_version = None

    def __init__(
        self,
        model: OnnxModel,
        thresholds: Mapping[RawClass, float] | None = None,
        tiling: bool = False,
    ) -> None:
        self._model = model
        self._tiling = tiling
        self._thresholds = {kind: model.facts.threshold(kind) for kind in RawClass}
        self._thresholds.update(thresholds or {})

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
        answer = self.raw(rgb, min(*self._thresholds.values(), BEST_BOX_MIN_SCORE))
        return DetectorOutcome(
            detections=self.judge(answer, size_of(rgb)),
            run=DetectorRun(
                backend=self.backend,
                model=self.model,
                timings_ms=answer.timings_ms,
            ),
        )

    def raw(self, rgb: RgbImage, min_score: float = EVALUATION_MIN_SCORE) -> RawAnswer:
        """All five classes with scores, duplicates suppressed, nothing joined or judged.

        Raises:
            DetectorError: ONNX Runtime could not compute.
        """
        started = time.perf_counter()
        size = size_of(rgb)
        letterboxed, scale = letterbox(rgb, self.facts.input_size)
        prepared = time.perf_counter()
        answer = self._model.run(letterboxed, scale)
        if self._tiling:
            answer = self._look_closer(rgb, answer)
        computed = time.perf_counter()
        boxes = self._boxes(answer, size, min_score)
        parsed = time.perf_counter()
        return RawAnswer(
            boxes=boxes,
            picture_scores=_picture_scores(answer),
            timings_ms={
                "prepare": (prepared - started) * 1000,
                "model": (computed - prepared) * 1000,
                "parse": (parsed - computed) * 1000,
            },
        )

    def judge(self, answer: RawAnswer, size: ImageSize) -> tuple[Detection, ...]:
        """Hazards from a raw answer for a picture of the given size, most urgent first."""
        passed = [one for one in answer.boxes if one.score >= self._thresholds[one.kind]]
        judged = judge_people(passed)
        for kind in PICTURE_CLASSES:
            judged += self._judge_kind(kind, of_kind(passed, kind), answer, size)
        detections = []
        for one in judged:
            box = fit_to_pixels(one.box, size)
            if box is not None:
                detections.append(Detection(box, one.hazard, one.score))
        return by_urgency(detections)

    def close(self) -> None:
        """Nothing to give back: the session goes with the detector."""

    def _judge_kind(
        self, kind: RawClass, passed: list[RawBox], answer: RawAnswer, size: ImageSize
    ) -> list[Judged]:
        """Fire or smoke boxes with their severity."""
        label = Label(kind.value)
        certain_from = CERTAIN_ABOVE_THRESHOLD * self._thresholds[kind]
        judged = [
            Judged(
                one.box, judge_severity(label, one.box, size, one.score >= certain_from), one.score
            )
            for one in passed
        ]
        if judged or not self._picture_shows(kind, answer):
            return judged
        best = next(iter(of_kind(answer.boxes, kind)), None)
        box = best.box if best else Box(0, 0, size.width, size.height)
        hazard: Hazard = judge_severity(label, box, size, certain=False)
        return [Judged(box, hazard, answer.picture_scores[kind])]

    def _picture_shows(self, kind: RawClass, answer: RawAnswer) -> bool:
        threshold = self.facts.picture_threshold(kind)
        return threshold is not None and answer.picture_scores.get(kind, 0.0) >= threshold

    def _look_closer(self, rgb: RgbImage, whole: ModelAnswer) -> ModelAnswer:
        """The answer for the whole picture with those for its parts."""
        parts = []
        for x1, y1, x2, y2 in tile_boxes(size_of(rgb), self.facts.input_size):
            letterboxed, scale = letterbox(rgb[y1:y2, x1:x2], self.facts.input_size)
            parts.append(((x1, y1, x2, y2), self._model.run(letterboxed, scale)))
        return merge_answers(whole, parts, size_of(rgb))

    def _boxes(self, answer: ModelAnswer, size: ImageSize, min_score: float) -> tuple[RawBox, ...]:
        far_corner = np.array([size.width, size.height] * 2, np.float32)
        clipped = np.clip(answer.boxes, 0, far_corner)
        real = (clipped[:, 2:] - clipped[:, :2]).min(axis=1) > 0
        found: list[RawBox] = []
        for column, kind in enumerate(self.facts.classes):
            rows = np.flatnonzero(real & (answer.scores[:, column] >= min_score))
            rows = rows[np.argsort(-answer.scores[rows, column])[:MAX_CANDIDATES_PER_CLASS]]
            scores, limits = answer.scores[rows, column], self.facts.overlaps[kind]
            kept = suppress_duplicates(clipped[rows], scores, limits.suppress, MAX_BOXES_PER_CLASS)
            boxes, votes = average_duplicates(clipped[rows], scores, kept, limits.average)
            weighed = weigh_rivals(scores[kept], votes, limits.agreement, limits.rivalry)
            boxes = np.clip(boxes, 0, far_corner)  # a mean may be rounded past the edge
            found += [
                RawBox(kind, Box(*corners), score)
                for corners, score in zip(boxes.tolist(), weighed.tolist(), strict=True)
            ]
        return tuple(sorted(found, key=lambda one: -one.score))


def load_onnx_detector(
    path: Path = BUNDLED_WEIGHTS,
    threads: int = 0,
    thresholds: Mapping[RawClass, float] | None = None,
    tiling: bool = False,
) -> OnnxDetector:
    """The embedded detector, ready; ``threads`` 0 means one per core.

    Raises:
        WeightsInvalid: the file is missing, broken, or not a model of ours.
    """
    return OnnxDetector(load_model(path, threads), thresholds, tiling)


def _picture_scores(answer: ModelAnswer) -> dict[RawClass, float]:
    if answer.picture_scores is None:
        return {}
    return dict(zip(PICTURE_CLASSES, answer.picture_scores.tolist(), strict=True))
