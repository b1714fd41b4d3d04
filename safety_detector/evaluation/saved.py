"""Answers of an evaluation as a file: what was said of each picture, not how it was judged.

Whoever compares two detectors later judges both by the labels and the code of that day, so a label
that was corrected meanwhile does not make one of them look better.  The pictures must be the same
to the byte, by their names and SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from safety_detector import __version__
from safety_detector.detectors.embedded.raw_boxes import RawAnswer, RawBox, RawClass
from safety_detector.domain.detections import Detection, RunConditions, ScoreFrom
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.errors import AnnotationsInvalid
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.truth import NAMED_PROBLEMS, LabelledPicture
from safety_detector.host.output_files import replacing
from safety_detector.message_texts.reason import system_cause
from safety_detector.ports import Detector

FORMAT = "safety-detector eval answers 1"

MOST_BYTES = 2 * 2**30
"""Of one file; a picture takes about 10 KB with the raw boxes of the embedded detector."""

_Corner = float
_RawRow = tuple[float, float, float, float, float, float | None]


class JudgedBy(BaseModel):
    """Which detector gave the answers, and what was asked of it."""

    model_config = ConfigDict(frozen=True)

    backend: str
    model: str
    prompt_version: str | None = None
    thresholds: dict[str, float] | None = None
    tiling: str | None = None
    classes: tuple[str, ...] | None = None

    @classmethod
    def of(cls, detector: Detector) -> JudgedBy:
        """The detector as it is now."""
        asked: RunConditions = detector.conditions
        return cls(
            backend=detector.backend,
            model=detector.model,
            prompt_version=detector.prompt_version,
            thresholds=dict(asked.thresholds) if asked.thresholds is not None else None,
            tiling=asked.tiling,
            classes=asked.classes,
        )

    @property
    def class_thresholds(self) -> Mapping[RawClass, float] | None:
        """The score from which each class counts, for a detector that gives raw boxes."""
        if self.thresholds is None or not set(RawClass) <= set(self.thresholds):
            return None
        return {kind: self.thresholds[kind] for kind in RawClass}

    def beside(self, other: JudgedBy) -> str:
        """In a few words, with all that was asked otherwise of the other one."""
        said = [str(self)]
        mine, theirs = self.thresholds or {}, other.thresholds or {}
        differing = [name for name in mine if mine[name] != theirs.get(name)]
        if differing and theirs:
            listed = " ".join(f"{name}={mine[name]:g}" for name in differing)
            said.append(f"thresholds {listed}")
        if self.tiling != other.tiling:
            said.append(f"tiling {self.tiling or 'off'}")
        if self.classes != other.classes:
            said.append(f"classes {' '.join(self.classes) if self.classes else 'all'}")
        return ", ".join(said)

    def __str__(self) -> str:
        """In a few words."""
        prompt = f", prompt {self.prompt_version}" if self.prompt_version else ""
        return f"{self.backend}: {self.model}{prompt}"


class _SavedDetection(BaseModel):
    bbox_2d: tuple[_Corner, _Corner, _Corner, _Corner]
    label: Label
    sub_label: SubLabel
    score: float | None = Field(None, ge=0, le=1)
    score_from: ScoreFrom = ScoreFrom.DETECTOR


class _SavedRaw(BaseModel):
    boxes: dict[RawClass, list[_RawRow]]
    picture_scores: dict[RawClass, float] = Field(default_factory=dict)


class _SavedPicture(BaseModel):
    file: str
    sha256: str
    ms: float
    error: str | None = None
    detections: list[_SavedDetection]
    raw: _SavedRaw | None = None


class _Saved(BaseModel):
    format: Literal["safety-detector eval answers 1"]
    judged_by: JudgedBy
    pictures: list[_SavedPicture]


@dataclass(frozen=True, slots=True)
class SavedAnswers:
    """What a detector said of each picture of a set, in the order of the set."""

    judged_by: JudgedBy
    answers: tuple[Answered, ...]


def save_answers(path: Path, saved: SavedAnswers, figures: Mapping[str, Any]) -> None:
    """Writes the file, whole or not at all.

    Args:
        path: a file that is there is replaced.
        saved: the answers.
        figures: for people who open the file; nobody reads them back.

    Raises:
        StorageUnavailable: it cannot be written.
    """
    names = picture_names([one.picture for one in saved.answers])
    document = {
        "format": FORMAT,
        "program": __version__,
        "judged_by": saved.judged_by.model_dump(),
        "figures": figures,
        "pictures": [
            _picture(name, answer) for name, answer in zip(names, saved.answers, strict=True)
        ],
    }
    with replacing(path) as file:
        file.write(json.dumps(document, ensure_ascii=False).encode())


def read_answers(path: Path, pictures: Sequence[LabelledPicture]) -> SavedAnswers:
    """The answers of a file to exactly these pictures.

    Raises:
        AnnotationsInvalid: the file is none that ``eval --save`` wrote, or is about other pictures.
    """
    saved = _parse(path)
    names = picture_names(pictures)
    by_name = {one.file: one for one in saved.pictures}
    problems = [f"{name} has no answer in it" for name in names if name not in by_name]
    wanted = set(names)
    problems += [f"{name} is not in the set" for name in by_name if name not in wanted]
    if len(by_name) != len(saved.pictures):
        problems.append("a picture is answered twice")
    if not problems:
        problems = [
            f"{name} is another picture now"
            for name, picture in zip(names, pictures, strict=True)
            if by_name[name].sha256 != _sha256(picture.path)
        ]
    if problems:
        more = len(problems) - NAMED_PROBLEMS
        listed = "; ".join(problems[:NAMED_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
        raise AnnotationsInvalid("answers-of-another-set", path=path, listed=listed)
    answers = tuple(
        _answered(by_name[name], picture) for name, picture in zip(names, pictures, strict=True)
    )
    return SavedAnswers(saved.judged_by, answers)


def picture_names(pictures: Sequence[LabelledPicture]) -> list[str]:
    """The pictures' paths from the folder on that they have in common."""
    if not pictures:
        return []
    common = os.path.commonpath([one.path.absolute().parent for one in pictures])
    relative = (one.path.absolute().relative_to(common).as_posix() for one in pictures)
    # Names may hold bytes that are no text.
    return [os.fsencode(name).decode("utf-8", "backslashreplace") for name in relative]


def _parse(path: Path) -> _Saved:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise AnnotationsInvalid("answers-too-large", path=path, limit=MOST_BYTES)
        return _Saved.model_validate_json(path.read_bytes())
    except OSError as exc:
        raise AnnotationsInvalid("unreadable", path=path, cause=system_cause(exc)) from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise AnnotationsInvalid(
            "not-saved-answers", path=path, cause=f"{where}: {first['msg']}"
        ) from exc


def _picture(name: str, answer: Answered) -> dict[str, Any]:
    document: dict[str, Any] = {
        "file": name,
        "sha256": _sha256(answer.picture.path),
        "ms": round(answer.elapsed_ms, 2),
        "error": answer.error,
        "detections": [
            {
                "bbox_2d": one.box.xyxy,
                "label": one.hazard.label.value,
                "sub_label": one.hazard.sub_label.value,
                "score": one.score,
                "score_from": one.score_from.value,
            }
            for one in answer.detections
        ],
        "raw": None,
    }
    if answer.raw is not None:
        boxes: dict[str, list[_RawRow]] = {kind.value: [] for kind in RawClass}
        for one in answer.raw.boxes:
            boxes[one.kind].append((*one.box.xyxy, one.score, one.box_score))
        document["raw"] = {"boxes": boxes, "picture_scores": dict(answer.raw.picture_scores)}
    return document


def _answered(saved: _SavedPicture, picture: LabelledPicture) -> Answered:
    try:
        detections = tuple(
            Detection(
                Box(*one.bbox_2d), Hazard(one.label, one.sub_label), one.score, one.score_from
            )
            for one in saved.detections
        )
        raw = None
        if saved.raw is not None:
            boxes = [
                RawBox(kind, Box(*row[:4]), row[4], row[5])
                for kind, rows in saved.raw.boxes.items()
                for row in rows
            ]
            boxes.sort(key=lambda one: -one.score)
            raw = RawAnswer(tuple(boxes), saved.raw.picture_scores)
    except ValueError as exc:
        raise AnnotationsInvalid("not-saved-answers", path=saved.file, cause=exc) from exc
    return Answered(picture, detections, raw, saved.ms, saved.error)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
