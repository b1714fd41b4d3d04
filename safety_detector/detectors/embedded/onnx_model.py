"""An ONNX file of ours behind ONNX Runtime: checks it, feeds it, gives plain arrays back.

The file's contract: input ``image`` ``uint8`` ``(1, H, W, 3)`` RGB, letterboxed, H and W any
multiples of 32; outputs ``boxes`` ``(N, 4)`` xyxy in input pixels, ``scores`` ``(N, 5)`` and,
where trained, ``picture_scores`` ``(2,)`` for fire and smoke.  Name, version, classes, input size
and thresholds stand in the file's metadata (``training/export.py`` writes them).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import cv2
import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from safety_detector.detectors.embedded.overview import Look
from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.errors import DetectorError, WeightsInvalid
from safety_detector.pictures.images import RgbImage

if TYPE_CHECKING:
    import onnxruntime

BUNDLED_WEIGHTS = Path(__file__).parent / "weights" / "safety-embedded.onnx"

LETTERBOX_GREY = 114
"""Value of the pixels beside a picture that does not fill its input, the same as in training."""

INPUT_MULTIPLE = 32
"""Both sides of the input are multiples of it: the stride of the network's coarsest map."""

MOST_INPUT_SIZE = 4096
"""Longest side that a network may see: from there on one picture takes gigabytes."""

_MOST_CHARACTERS = 200  # of a name, which every result carries

PICTURE_CLASSES = (RawClass.FIRE, RawClass.SMOKE)


def _from_json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc


Share = Annotated[float, Field(ge=0.0, le=1.0)]


class OverlapLimits(BaseModel):
    """How boxes of one class in one picture stand to each other.

    Attributes:
        suppress: a box that overlaps a better one by more (IoU) goes.
        average: one that overlaps a remaining one by at least this has a say in where it lies.
        agreement: how much that say counts in the score; see ``raw_boxes.weigh_rivals``.
        rivalry: how much a box loses that scores less than the picture's best.
    """

    model_config = ConfigDict(frozen=True)

    suppress: Share
    average: Share
    agreement: float = Field(default=0.0, ge=0.0, le=4.0)
    rivalry: float = Field(default=0.0, ge=0.0, le=4.0)


class Overview(BaseModel):
    """The second look at a whole picture (``overview``).

    Attributes:
        size: longer side of what the network sees then, in pixels.
        least_share: share of the picture's longer side from which a box counts.
    """

    model_config = ConfigDict(frozen=True)

    size: int = Field(ge=32, le=MOST_INPUT_SIZE, multiple_of=32)
    least_share: Share


class ModelFacts(BaseModel):
    """What an ONNX file says about itself.

    ``overview`` is None for weights that are to look once.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())

    model_name: str = Field(max_length=_MOST_CHARACTERS)
    version: str = Field(max_length=_MOST_CHARACTERS)
    classes: Annotated[tuple[RawClass, ...], BeforeValidator(_from_json)]
    input_size: int = Field(ge=32, le=MOST_INPUT_SIZE, multiple_of=32)
    thresholds: Annotated[Mapping[str, Share], BeforeValidator(_from_json)]
    overlaps: Annotated[Mapping[RawClass, OverlapLimits], BeforeValidator(_from_json)]
    overview: Annotated[Overview | None, BeforeValidator(_from_json)] = None

    def threshold(self, kind: RawClass) -> float:
        """Score from which a box of the class counts."""
        return self.thresholds[kind.value]

    def picture_threshold(self, kind: RawClass) -> float | None:
        """Score from which the whole picture counts as showing fire or smoke, if it has one."""
        return self.thresholds.get(f"picture_{kind.value}")


class OnnxModel:
    """One loaded file.  Safe to use from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, facts: ModelFacts) -> None:
        self._session = session
        self._has_picture_scores = "picture_scores" in [o.name for o in session.get_outputs()]
        self.facts = facts

    def run(self, letterboxed: RgbImage, scale: float) -> Look:
        """Answers for one letterboxed picture.

        Args:
            letterboxed: from ``letterbox``.
            scale: the factor that ``letterbox`` applied.

        Raises:
            DetectorError: ONNX Runtime could not compute.
        """
        names = ["boxes", "scores"] + ["picture_scores"] * self._has_picture_scores
        try:
            arrays = self._session.run(names, {"image": letterboxed[np.newaxis]})
        except _runtime_errors() as exc:
            raise DetectorError("onnx-failed", cause=exc) from exc
        return Look(
            boxes=arrays[0] / np.float32(scale),
            scores=arrays[1],
            picture_scores=arrays[2] if self._has_picture_scores else None,
        )


def letterbox(rgb: RgbImage, size: int) -> tuple[RgbImage, float]:
    """The picture with its longer side scaled to ``size``, on grey; and the factor applied."""
    fitted, scale = fit(rgb, size)
    return on_grey(fitted), scale


def fit(rgb: RgbImage, size: int) -> tuple[RgbImage, float]:
    """The picture with its longer side scaled to ``size``; and the factor applied."""
    height, width = rgb.shape[:2]
    scale = size / max(height, width)
    fitted_wh = (max(round(width * scale), 1), max(round(height * scale), 1))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cast(RgbImage, cv2.resize(rgb, fitted_wh, interpolation=interpolation)), scale


def on_grey(fitted: RgbImage) -> RgbImage:
    """The picture top left on grey that reaches to the next multiple of ``INPUT_MULTIPLE``.

    A full square would cost a wide picture nearly half of the computing for nothing.
    """
    height, width = fitted.shape[:2]
    canvas = np.full((_whole_cells(height), _whole_cells(width), 3), LETTERBOX_GREY, np.uint8)
    canvas[:height, :width] = fitted
    return canvas


def _whole_cells(length: int) -> int:
    return -(-length // INPUT_MULTIPLE) * INPUT_MULTIPLE


def load_model(path: Path, threads: int) -> OnnxModel:
    """Loads and checks a file; ``threads`` 0 means one per core.

    Raises:
        WeightsInvalid: the file is missing, broken, or not a model of ours.
    """
    # From version 1.29 on ONNX Runtime reports to its maker what runs where, and keeps a device id
    # in the home folder, unless this is there before it is loaded.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # Imported here: it takes a tenth of a second that other backends need not wait for.
    import onnxruntime

    if not path.is_file():
        raise WeightsInvalid("no-weights", path=path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait for each other by spinning take twice the processor time of one thread, and
    # twice as long, as soon as another process works beside them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors only; they come as exceptions anyhow
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except _runtime_errors() as exc:
        raise WeightsInvalid("weights-unreadable", path=path, cause=exc) from exc
    return OnnxModel(session, _read_facts(session, path))


def _read_facts(session: onnxruntime.InferenceSession, path: Path) -> ModelFacts:
    inputs = [one.name for one in session.get_inputs()]
    outputs = [one.name for one in session.get_outputs()]
    if inputs != ["image"] or outputs[:2] != ["boxes", "scores"]:
        raise WeightsInvalid("weights-foreign", path=path, inputs=inputs, outputs=outputs)
    try:
        facts = ModelFacts.model_validate(session.get_modelmeta().custom_metadata_map)
    except ValidationError as exc:
        problem = exc.errors()[0]
        field = ".".join(str(part) for part in problem["loc"])
        raise WeightsInvalid(
            "weights-metadata-wrong", path=path, field=field, cause=problem["msg"]
        ) from exc
    named = (set(facts.classes), set(facts.thresholds), set(facts.overlaps))
    if not all({kind.value for kind in RawClass} <= names for names in named):
        raise WeightsInvalid(
            "weights-lack-classes",
            path=path,
            known=list(facts.classes),
            wanted=[k.value for k in RawClass],
        )
    return facts


def _runtime_errors() -> tuple[type[Exception], ...]:
    """Every exception that ONNX Runtime defines, and the one that its Python side raises."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = [value for value in vars(state).values() if isinstance(value, type)]
    return (*(one for one in own if issubclass(one, Exception)), ValueError)
