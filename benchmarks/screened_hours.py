"""What the embedded detector says of every frame of made cameras at several thresholds.

As a screen it is asked for less than it reports: dangers count from a share of their threshold.
The network computes once; what follows from its answer at each share is judged by the detector
itself, since boxes are joined and heads given to people by thresholds.  Kept outside the tree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2

from benchmarks.camera_hours import WIDTH, MadeCamera
from benchmarks.judged_hours import read_detections, said_of, written
from benchmarks.made_frames import Frames
from safety_detector.detectors.embedded.detector import EmbeddedOptions, OnnxDetector
from safety_detector.detectors.embedded.onnx_model import BUNDLED_WEIGHTS, load_model
from safety_detector.detectors.embedded.picture_belief import LEAST_SCORE
from safety_detector.detectors.second_look.screen import SCREENED_CLASSES
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import ImageSize
from safety_detector.pictures.images import decode, read_header, size_of

CAMERA_SIZE: Final = ImageSize(1920, 1080)
"""What made cameras count as: the detector sees a Full HD frame at the size they are made in."""

SCREEN_SHARES: Final = (1.0, 0.8, 0.6, 0.4, 0.25)
"""Of the thresholds from which the detector reports; the product's own share is one of them."""

_VERSION = "screened 1"


@dataclass(frozen=True, slots=True)
class ScreenedFrame:
    """What was said of one frame.

    Attributes:
        at_s: since the camera's start.
        found: by the share of the thresholds, in pixels of ``CAMERA_SIZE``.
    """

    at_s: float
    found: Mapping[float, tuple[Detection, ...]]


def screened(
    cameras: Sequence[MadeCamera], cache: Path, workers: int
) -> dict[str, list[ScreenedFrame]]:
    """The frames of each camera, by its id; those that the cache lacks are judged now."""
    kept = said_of(cameras, cache, workers, _judge, _VERSION)
    return {camera_id: [_read(one) for one in said] for camera_id, said in kept.items()}


def _judge(camera: MadeCamera) -> list[Any]:
    cv2.setNumThreads(1)
    model = load_model(BUNDLED_WEIGHTS, threads=1)
    usual = OnnxDetector(model)
    detectors = []
    for share in SCREEN_SHARES:
        asked = {kind: share * usual.thresholds[kind] for kind in SCREENED_CLASSES}
        detectors.append(OnnxDetector(model, EmbeddedOptions(asked)))
    said = []
    for at_s, frame in Frames(camera):
        rgb = decode(frame, read_header(frame))
        raw, size = usual.raw(rgb, LEAST_SCORE), size_of(rgb)
        said.append([at_s, *(written(one.judge(raw, size)) for one in detectors)])
    return said


def _read(kept: list[Any]) -> ScreenedFrame:
    at_s, *found = kept
    scale = CAMERA_SIZE.width / WIDTH
    by_share = {
        share: read_detections(one, scale) for share, one in zip(SCREEN_SHARES, found, strict=True)
    }
    return ScreenedFrame(float(at_s), by_share)
