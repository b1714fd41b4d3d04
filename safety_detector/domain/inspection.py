"""One submitted picture and its outcome, the verdict rule, and the result document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from safety_detector.domain.capture_time import (
    Taken,
    TakenFrom,
)
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.hazards import (
    Label,
    Language,
    SubLabel,
)
from safety_detector.message_texts.reason import Reason


class Status(StrEnum):
    """Where an inspection stands; the last two are final."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Verdict(StrEnum):
    """What a picture means for safety."""

    HAZARD = "hazard"
    CLEAR = "clear"
    INCONCLUSIVE = "inconclusive"


_VERDICT_NAMES: dict[Verdict, dict[Language, str]] = {
    Verdict.HAZARD: {"en": "hazard", "zh": "存在隐患"},
    Verdict.CLEAR: {"en": "clear", "zh": "未见隐患"},
    Verdict.INCONCLUSIVE: {"en": "inconclusive", "zh": "无法判定"},
}


def verdict_name(verdict: Verdict, language: Language) -> str:
    """The verdict's name for people."""
    return _VERDICT_NAMES[verdict][language]


def decide_verdict(detections: Sequence[Detection], runs: Sequence[DetectorRun]) -> Verdict:
    """The verdict of a picture, by these rules in this order.

    1. ``hazard`` if there is any fire or smoke (of whatever severity) or a person without a
       helmet, even in an incomplete run;
    2. ``inconclusive`` if no detector ran, a run failed or is incomplete, or the helmet of a
       person is uncertain;
    3. ``clear`` otherwise.  A failure is never ``clear``.
    """
    if any(one.hazard.is_danger for one in detections):
        return Verdict.HAZARD
    if not runs or any(run.error is not None or not run.complete for run in runs):
        return Verdict.INCONCLUSIVE
    if any(
        one.hazard.label is Label.PERSON and one.hazard.sub_label is SubLabel.UNCERTAIN
        for one in detections
    ):
        return Verdict.INCONCLUSIVE
    return Verdict.CLEAR


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What is known of the submitted picture; size in pixels of the upright original."""

    name: str
    sha256: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an inspection failed.

    Attributes:
        code: of the kind of error, stable, for programs (``errors.py``).
        reason: which occasion of it, and its facts.
        attempts: how often it was tried.
    """

    code: str
    reason: Reason
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Inspection:
    """One submitted picture and its outcome.

    ``verdict`` is None until the status is final.  Times carry their zone.  ``captured_at`` is what
    the submitter said of when it was taken; ``taken`` what counts, None where nobody looked for it.
    ``metadata`` is the submitter's own JSON object, ``camera_name`` the camera's for people.
    """

    id: str
    status: Status
    picture: PictureFacts
    received_at: datetime
    verdict: Verdict | None = None
    detections: tuple[Detection, ...] = ()
    runs: tuple[DetectorRun, ...] = ()
    error: Problem | None = None
    waiting_reason: Reason | None = None
    camera_id: str | None = None
    camera_name: str | None = None
    batch_id: str | None = None
    captured_at: datetime | None = None
    taken: Taken | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def incomplete(self) -> bool:
        """Whether a detector run may have missed something."""
        return any(not run.complete for run in self.runs)

    @property
    def when_taken(self) -> Taken:
        """When the picture was taken, as far as is known; at the latest when it arrived."""
        if self.taken is not None:
            return self.taken
        if self.captured_at is not None:
            return Taken(self.captured_at, TakenFrom.CAPTURED_AT)
        return Taken(self.received_at, TakenFrom.ARRIVAL)


def timestamp(moment: datetime) -> str:
    """A moment as every document writes it: UTC, milliseconds, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
