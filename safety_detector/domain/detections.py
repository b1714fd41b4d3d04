"""What a detector says about one picture, and how it came to say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard
from safety_detector.message_texts.reason import Reason, join_reasons


class ScoreFrom(StrEnum):
    """What a score is made of; scores of one kind are not to be compared with the other's."""

    DETECTOR = "detector"
    """The embedded detector's own, to which its thresholds apply."""
    TOKENS = "tokens"
    """How probable a language model's words were to itself; no threshold applies to it."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One box with one hazard.

    Attributes:
        box: whole pixels of the upright original, inside it.
        hazard: label and state.
        score: the backend's own score, 0.0 to 1.0 and not a probability; None where it has none.
        score_from: what the score is made of.
        calibrated: share of a site's labelled detections with such a score that were right; None
            where the site has no table for it.
        verified: whether a language model saw it at its place, of a picture that was screened; None
            where that follows from the runs alone.
    """

    box: Box
    hazard: Hazard
    score: float | None = None
    score_from: ScoreFrom = ScoreFrom.DETECTOR
    verified: bool | None = None
    calibrated: float | None = None

    def __post_init__(self) -> None:
        for score in (self.score, self.calibrated):
            if score is not None and not 0.0 <= score <= 1.0:
                raise ValueError(f"a score lies between 0 and 1, not at {score}")


def by_urgency(detections: Iterable[Detection]) -> tuple[Detection, ...]:
    """The detections in the order in which they are numbered, drawn and listed everywhere.

    The most urgent hazard first; among equals the larger box first, then from left to right.
    """
    return tuple(sorted(detections, key=lambda one: (one.hazard.rank, -one.box.area, one.box.xyxy)))


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one request to a language model; None where the server did not say."""

    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class RunConditions:
    """What was asked of a detector, the same for all its runs.

    Attributes:
        thresholds: score from which each class counts; None where the detector gives no scores.
        tiling: whether parts of a picture are looked at too: ``off``, ``auto`` or ``3x2``; None
            where nothing was noted.
        classes: the labels that are looked for; None in results of the time before they were
            noted.  The verdict is about these alone.
        calibration: version of the table by which scores were calibrated; None without one.
    """

    thresholds: Mapping[str, float] | None = None
    tiling: str | None = None
    classes: tuple[str, ...] | None = None
    calibration: str | None = None


NO_CONDITIONS = RunConditions()
"""Of a detector that has none, and of results of the time before they were noted."""


class Role(StrEnum):
    """What a run was for: which road a picture took."""

    FULL = "full"
    """The detector that is meant to judge saw the whole picture."""
    SCREEN = "screen"
    """Another one looked first, for what the language model is to be asked about."""
    SECOND_LOOK = "second_look"
    """The language model was asked about one place."""
    STAND_IN = "stand_in"
    """Another one looked in place of the one that is meant."""


@dataclass(frozen=True, slots=True)
class AskedPlace:
    """A suspected place that a language model was asked about, and what it said.

    Attributes:
        place: the suspected place, in pixels of the upright original.
        suspected: what the screen took it for.
        suspected_score: how sure the screen was; None where it gives no scores.
        question: what was asked.
        answer: None where there is none: the run failed.
        reason: the model's own words, bounded, often empty; text in the picture may have dictated
            them.
        score: of the answer, 0.0 to 1.0 and not a probability; None where the server gave none.
        age_s: 0.0 where this picture was asked about; else how long ago an earlier one of the same
            camera was, whose answer stands.
    """

    place: Box
    suspected: Hazard
    suspected_score: float | None
    question: CropQuestion
    answer: CropAnswer | None = None
    reason: str = ""
    score: float | None = None
    age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class DetectorRun:
    """One call of one detector, with its provenance.

    Attributes:
        backend: ``qwen`` or ``embedded``.
        model: the model's name and, where it has one, version.
        prompt_version: version of the instruction, None where there is no prompt.
        complete: False when something may have been missed: by the answer (cut, a box of one of
            our labels dropped, as many objects as the limit), because of the picture (nothing can
            be seen in it, it is damaged), or because the run failed.
        dropped: boxes of the answer that are not among the detections.
        unscored: why detections of a language model have no score, each reason once.
        incomplete_reasons: why ``complete`` is False, all that hold; none for a run that failed.
        conditions: thresholds, tiling and classes.
        tiles: how many parts of the picture were looked at besides the whole.
        picture: what was seen of the picture's quality, by the names of ``picture_quality``; empty
            where nobody looked.
        usage: tokens, None for a detector that has none.
        timings_ms: milliseconds by stage (``prepare``, ``model``, ``parse``).
        error: the code of the error that ended the run, None if it gave a result.
        role: what it was for.
        asked: about which place, of a second look.
        full_left_out: of a screen's run, why a language model did not see the whole picture though
            it was its turn; None where it did, or was not due.
    """

    backend: str
    model: str
    prompt_version: str | None = None
    complete: bool = True
    dropped: int = 0
    unscored: tuple[str, ...] = ()
    incomplete_reasons: tuple[Reason, ...] = ()
    conditions: RunConditions = NO_CONDITIONS
    tiles: int = 0
    picture: Mapping[str, float] = field(default_factory=dict)
    usage: TokenUsage | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None
    role: Role = Role.FULL
    asked: AskedPlace | None = None
    full_left_out: str | None = None

    def __post_init__(self) -> None:
        if self.complete and self.incomplete_reasons:
            raise ValueError("a complete run has no reason to be incomplete")

    @property
    def incomplete_reason(self) -> str | None:
        """All reasons in English, in one line; None where there is none."""
        return join_reasons(self.incomplete_reasons, "en") or None

    def with_reasons(self, reasons: Iterable[Reason]) -> DetectorRun:
        """The run, incomplete for these reasons too."""
        together = (*self.incomplete_reasons, *reasons)
        return replace(self, complete=self.complete and not together, incomplete_reasons=together)


@dataclass(frozen=True, slots=True)
class DetectorOutcome:
    """The detections of one run together with the run's provenance.

    Attributes:
        detections: what the run found.
        run: how.
        earlier: runs before it, where a detector stood in for another or looked first.
        later: second looks behind it.
    """

    detections: tuple[Detection, ...]
    run: DetectorRun
    earlier: tuple[DetectorRun, ...] = ()
    later: tuple[DetectorRun, ...] = ()


def judging_run(runs: Sequence[DetectorRun]) -> DetectorRun | None:
    """The run that judged the whole picture, the last with a result; None where there was none."""
    whole = [run for run in runs if run.role is not Role.SECOND_LOOK]
    return next((run for run in reversed(whole) if run.error is None), whole[-1] if whole else None)


def finding_run(detection: Detection, runs: Sequence[DetectorRun]) -> DetectorRun | None:
    """The run that a detection is of: where a picture was screened its score tells them apart."""
    if detection.score is not None and detection.score_from is ScoreFrom.DETECTOR:
        screens = [run for run in runs if run.role is Role.SCREEN and run.error is None]
        if screens:
            return screens[-1]
    return judging_run(runs)


def is_verified(detection: Detection, runs: Iterable[DetectorRun]) -> bool:
    """Whether a language model saw the detection, as the runs behind it tell."""
    if detection.verified is not None:
        return detection.verified
    return any(
        run.backend == "qwen" and run.error is None and run.role is not Role.SECOND_LOOK
        for run in runs
    )
