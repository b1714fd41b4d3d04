"""What a score was worth: the share of labelled detections with such a score that were right.

``eval --calibrate`` writes the table.  A detector that has one gives each of its detections that
share beside the score, which stays as it is: thresholds, and a table that is made anew, go by it.
"""

from __future__ import annotations

import hashlib
import itertools
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from safety_detector.domain.detections import Detection, ScoreFrom
from safety_detector.domain.hazards import Hazard, Label
from safety_detector.errors import ConfigurationInvalid
from safety_detector.message_texts.reason import system_cause

TABLE_FORMAT = "safety-detector score calibration 1"

_MOST_BYTES = 1 << 20  # a table has about 10 KB
_MOST_POINTS = 200
_SHOWN_PROBLEMS = 3
_VERSION_DIGITS = 12

_Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]


class CalibratedClass(StrEnum):
    """What has a curve of its own: people by what is said of their helmet."""

    FIRE = "fire"
    SMOKE = "smoke"
    PERSON_NO_HELMET = "person_no_helmet"
    PERSON_HELMET = "person_helmet"
    PERSON_UNCERTAIN = "person_uncertain"

    @classmethod
    def of(cls, hazard: Hazard) -> CalibratedClass:
        """The class of a hazard; how severe a fire is makes no difference."""
        if hazard.label is Label.PERSON:
            return cls(f"{Label.PERSON}_{hazard.sub_label}")
        return cls(hazard.label.value)


class CalibratedCurve(BaseModel):
    """Of one class: points (score, share that was right) between which it is straight.

    Attributes:
        boxes: labelled detections that it was made of.
        right: of these, those that were right.
    """

    curve: list[tuple[_Share, _Share]] = Field(min_length=1, max_length=_MOST_POINTS)
    boxes: int = Field(ge=1)
    right: int = Field(ge=0)

    @model_validator(mode="after")
    def _rises(self) -> CalibratedCurve:
        for (score, share), (higher, next_share) in itertools.pairwise(self.curve):
            if higher <= score or next_share < share:
                raise ValueError("the scores of the curve must rise, and its shares not fall")
        if self.right > self.boxes:
            raise ValueError("more are right than there are")
        return self

    def share(self, score: float) -> float:
        """The share at a score; outside the curve that of its end."""
        return share_at(self.curve, score)


def share_at(curve: Sequence[tuple[float, float]], score: float) -> float:
    """The share at a score on a curve of rising scores."""
    at = bisect_right(curve, (score, 2.0))
    if at in (0, len(curve)):
        return curve[min(at, len(curve) - 1)][1]
    (left, low), (right, high) = curve[at - 1], curve[at]
    return low + (high - low) * (score - left) / (right - left)


class _Table(BaseModel):
    format: Literal["safety-detector score calibration 1"]
    backend: Literal["qwen", "embedded"]
    model: str
    prompt_version: str | None
    score_from: ScoreFrom
    classes: dict[CalibratedClass, CalibratedCurve] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class ScoreCalibration:
    """A table that was read.

    Attributes:
        path: its file.
        version: of its content, twelve digits; stands in the runs that went by it.
        backend: of the detector that it is about.
        model: its model.
        prompt_version: its prompt; None where it has none.
        score_from: which kind of score.
        curves: of each class that had enough labelled detections.
    """

    path: Path
    version: str
    backend: str
    model: str
    prompt_version: str | None
    score_from: ScoreFrom
    curves: Mapping[CalibratedClass, CalibratedCurve]

    def require_about(self, backend: str, model: str, prompt_version: str | None) -> None:
        """Makes sure that the table is about that detector.

        Raises:
            ConfigurationInvalid: it was made with another model or prompt, whose scores mean
                something else.
        """
        made_with = (self.backend, self.model, self.prompt_version)
        if made_with != (backend, model, prompt_version):
            raise ConfigurationInvalid(
                "calibration-of-another",
                path=self.path,
                made_with=_named(*made_with),
                present=_named(backend, model, prompt_version),
            )

    def apply(self, detections: Iterable[Detection]) -> tuple[Detection, ...]:
        """The detections, each with the share of its score where the table knows its class."""
        return tuple(self._with_share(one) for one in detections)

    def _with_share(self, detection: Detection) -> Detection:
        curve = self.curves.get(CalibratedClass.of(detection.hazard))
        if curve is None or detection.score is None or detection.score_from is not self.score_from:
            return detection
        return replace(detection, calibrated=curve.share(detection.score))


def read_calibration(path: Path) -> ScoreCalibration:
    """Reads a table that ``eval --calibrate`` wrote.

    Raises:
        ConfigurationInvalid: it cannot be read, or parts of it are missing or contradict each
            other; the message names them.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as exc:
        raise ConfigurationInvalid(
            "calibration-unreadable", path=path, cause=system_cause(exc)
        ) from exc
    if len(data) > _MOST_BYTES:
        raise ConfigurationInvalid("calibration-too-large", path=path, bytes=_MOST_BYTES)
    try:
        table = _Table.model_validate_json(data)
    except ValidationError as exc:
        raise ConfigurationInvalid("calibration-malformed", path=path, listed=_listed(exc)) from exc
    return ScoreCalibration(
        path=path,
        version=hashlib.sha256(data).hexdigest()[:_VERSION_DIGITS],
        backend=table.backend,
        model=table.model,
        prompt_version=table.prompt_version,
        score_from=table.score_from,
        curves=table.classes,
    )


def read_calibrations(paths: Iterable[Path]) -> Mapping[str, ScoreCalibration]:
    """The tables by the backend that each is about.

    Raises:
        ConfigurationInvalid: as for one, or two are about the same backend.
    """
    tables: dict[str, ScoreCalibration] = {}
    for path in paths:
        table = read_calibration(path)
        other = tables.setdefault(table.backend, table)
        if other is not table:
            raise ConfigurationInvalid(
                "calibrations-of-one", backend=table.backend, first=other.path, second=path
            )
    return tables


def _listed(exc: ValidationError) -> str:
    problems: list[Any] = list(exc.errors(include_url=False, include_input=False))
    listed = [
        ": ".join(filter(None, [".".join(str(part) for part in one["loc"]), one["msg"]]))
        for one in problems[:_SHOWN_PROBLEMS]
    ]
    more = len(problems) - len(listed)
    return "; ".join(listed) + (f"; and {more} more" if more else "")


def _named(backend: str, model: str, prompt_version: str | None) -> str:
    return f"{backend}, {model}" + (f", {prompt_version}" if prompt_version else "")
