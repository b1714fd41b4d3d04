"""What the embedded detector says of made cameras: judged once, kept outside the tree.

Which frames are looked at is decided as the service does (``service/cameras/looks.py``): one that
shows nothing new stands for up to a minute, and for a minute after a hazard every one is looked at.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2

from benchmarks.camera_hours import MadeCamera, Sources
from benchmarks.made_frames import Frames
from safety_detector.detectors.embedded.detector import EmbeddedOptions, OnnxDetector
from safety_detector.detectors.embedded.onnx_model import BUNDLED_WEIGHTS, load_model
from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import Verdict
from safety_detector.ingest.admission import Limits
from safety_detector.pictures.change import (
    Excess,
    SmallCopy,
    difference,
    is_change,
    packed,
    reduced,
    small_copy,
    unpacked,
)
from safety_detector.pipeline import inspect_picture
from safety_detector.ports import Detector

LONGEST_S, HAZARD_LOOKED_AFTER_S, INCONCLUSIVE_SHARE = 60.0, 60.0, 6
"""As by default: ``SAFETY_UNCHANGED_MAX`` and ``service.cameras.looks``."""

_LOW_SCORE = 0.05

VERSION = 1
"""Of how frames are made and looked at: what was judged by another one is judged anew."""

_LOOK_EVERY, _HISTORY = 3, 24  # as in ``benchmarks/unchanged.py``


@dataclass(frozen=True, slots=True)
class JudgedLook:
    """What was said of one frame, ``at_s`` seconds after the camera's start."""

    at_s: float
    verdict: Verdict
    detections: tuple[Detection, ...]


def judged(cameras: Sequence[MadeCamera], cache: Path, workers: int) -> dict[str, list[JudgedLook]]:
    """The looks of each camera, by its id; those that the cache lacks are judged now."""
    kept = said_of(cameras, cache, workers, _judge, VERSION)
    return {camera_id: [_read(one) for one in said] for camera_id, said in kept.items()}


def said_of(
    cameras: Sequence[MadeCamera],
    cache: Path,
    workers: int,
    judge: Callable[[MadeCamera], list[Any]],
    version: object,
) -> dict[str, list[Any]]:
    """What a detector says of each camera, by its id; what the cache lacks is judged now.

    Args:
        cameras: whose frames.
        cache: where answers are kept, as JSON.
        workers: processes.
        judge: says it of one camera; a function of a module.
        version: of how it does that.
    """
    cache.mkdir(parents=True, exist_ok=True)
    paths = {one.id: cache / f"{_key(one, version)}.json" for one in cameras}
    missing = [one for one in cameras if not paths[one.id].exists()]
    if missing:
        print(f"judging {len(missing)} of {len(cameras)} cameras …", file=sys.stderr, flush=True)
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            futures = {pool.submit(judge, one): one for one in missing}
            for done, future in enumerate(as_completed(futures), start=1):
                path = paths[futures[future].id]
                unfinished = path.with_suffix(".part")
                unfinished.write_text(json.dumps(future.result()))
                unfinished.rename(path)
                if done % 8 == 0:
                    print(f"  {done} of {len(missing)}", file=sys.stderr, flush=True)
    return {camera_id: json.loads(path.read_text()) for camera_id, path in paths.items()}


def mark_hard(sources: Sources, cache: Path) -> None:
    """Finds the eighth of the empty pictures and things that looks most like fire or smoke."""
    cache.mkdir(parents=True, exist_ok=True)
    every = [*sources.empties, *sources.things]
    names = sorted({one.path.name for one in every})
    digest = hashlib.sha256(BUNDLED_WEIGHTS.read_bytes() + " ".join(names).encode()).hexdigest()
    kept = cache / f"scores-{digest[:32]}.json"
    if not kept.exists():
        low = {RawClass.FIRE: _LOW_SCORE, RawClass.SMOKE: _LOW_SCORE}
        detector = OnnxDetector(load_model(BUNDLED_WEIGHTS, threads=1), EmbeddedOptions(low))
        kept.write_text(json.dumps({one.path.name: _most(detector, one.path) for one in every}))
    scores: dict[str, float] = json.loads(kept.read_text())
    for all_of_them, hard in (
        (sources.empties, sources.hard_empties),
        (sources.things, sources.hard_things),
    ):
        order = sorted(all_of_them, key=lambda one: (-scores[one.path.name], one.path.name))
        hard += order[: max(len(order) // 8, 1)]


def _most(detector: Detector, path: Path) -> float:
    seen = inspect_picture(path.read_bytes(), path.name, detector, Limits())
    burning = [one.score or 0 for one in seen.detections if one.hazard.label is not Label.PERSON]
    return max(burning, default=0.0)


def _key(camera: MadeCamera, version: object) -> str:
    """Of all that the answer depends on."""
    facts = json.dumps(asdict(camera), default=lambda path: path.name)  # wherever they lie
    digest = hashlib.sha256(f"{version} {facts}".encode())
    digest.update(BUNDLED_WEIGHTS.read_bytes())
    return digest.hexdigest()[:32]


def _judge(camera: MadeCamera) -> list[Any]:
    cv2.setNumThreads(1)
    detector = OnnxDetector(load_model(BUNDLED_WEIGHTS, threads=1))
    watch = _Watch(detector)
    return [found for at_s, frame in Frames(camera) if (found := watch.see(at_s, frame))]


class _Watch:
    """Looks at the frames of a camera that show something new."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._hazard_s = self._looked_s = float("-inf")
        self._verdict: Verdict | None = None
        self._small: SmallCopy | None = None
        self._history: list[Excess] = []
        self._frames = 0

    def see(self, at_s: float, frame: bytes) -> list[object] | None:
        """What is said of a frame; None for one that shows nothing new."""
        rgb = reduced(frame)
        if rgb is None:
            raise SystemExit("a frame cannot be decoded")
        small = unpacked(packed(small_copy(rgb)))
        if self._stands(at_s, small):
            return None
        seen = inspect_picture(frame, "frame.jpg", self._detector, Limits())
        self._small, self._looked_s, self._verdict = small, at_s, seen.verdict
        if seen.verdict is Verdict.HAZARD:
            self._hazard_s = at_s
        return [at_s, seen.verdict, written(seen.detections)]

    def _stands(self, at_s: float, small: SmallCopy) -> bool:
        self._frames += 1
        if self._small is None or at_s - self._hazard_s <= HAZARD_LOOKED_AFTER_S:
            return False
        excess = difference(self._small, small, self._history)
        changed = is_change(excess, self._history)
        if self._frames % _LOOK_EVERY == 0:
            self._history = [*self._history, excess][-_HISTORY:]
        clear = self._verdict is Verdict.CLEAR
        longest_s = LONGEST_S if clear else LONGEST_S / INCONCLUSIVE_SHARE
        return not changed and at_s - self._looked_s < longest_s


def written(detections: Iterable[Detection]) -> list[list[object]]:
    """Detections as the cache keeps them."""
    return [
        [one.hazard.label, one.hazard.sub_label, one.score, *one.box.xyxy] for one in detections
    ]


def read_detections(kept: Iterable[list[Any]], scale: float = 1.0) -> tuple[Detection, ...]:
    """Detections out of the cache, of a picture so many times as large."""
    return tuple(
        Detection(
            Box(*(scale * side for side in box)), Hazard(Label(label), SubLabel(state)), score
        )
        for label, state, score, *box in kept
    )


def _read(kept: list[Any]) -> JudgedLook:
    at_s, verdict, found = kept
    return JudgedLook(float(at_s), Verdict(verdict), read_detections(found))
