"""What a report says, in Chinese or English: from inspections to texts, numbers and rows (pure).

Nothing here knows of pages, fonts or colours; ``pdf`` decides how it looks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from safety_detector.domain.detections import Detection, by_urgency
from safety_detector.domain.hazards import Language, label_name, sub_label_name
from safety_detector.domain.inspection import Inspection, Status, Verdict
from safety_detector.images import RgbImage
from safety_detector.report import sentences, wording
from safety_detector.report.figures import (
    CameraCount,
    HazardCount,
    Outcomes,
    count_cameras,
    count_hazards,
    count_outcomes,
    time_of,
)


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One inspection and the way to its pictures.

    The pictures are asked for one at a time while the pages are drawn, so that a long report does
    not hold them all; None means that the picture is not there (any more).
    """

    inspection: Inspection
    original: Callable[[], RgbImage | None]
    annotated: Callable[[], RgbImage | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportScope:
    """What a report is about and who made it.

    Attributes:
        made_at: the report's only clock; the same input and moment give the same bytes.
        made_by: program and version.
        title: None for the usual title.
        site: name of the place, if known.
        since: beginning of the period; None: not limited.
        until: end of the period; None: not limited.
        camera_id: the only camera that the report is about, if there is one.
        time_zone: zone in which every time is written.
    """

    made_at: datetime
    made_by: str
    title: str | None = None
    site: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    camera_id: str | None = None
    time_zone: tzinfo = UTC


class Outcome(StrEnum):
    """How an inspection ended, for banners and counts."""

    HAZARD = "hazard"
    INCONCLUSIVE = "inconclusive"
    CLEAR = "clear"
    FAILED = "failed"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class DetectionRow:
    """One detection as it stands in the table; ``number`` is the one drawn on the picture."""

    number: int
    detection: Detection
    class_text: str
    state_text: str
    box_text: str
    score_text: str


@dataclass(frozen=True, slots=True)
class SheetContents:
    """The evidence of one picture."""

    number: int
    name: str
    outcome: Outcome
    outcome_text: str
    description: str
    reservations: tuple[str, ...]
    time_text: str
    camera: str | None
    detections: tuple[DetectionRow, ...]
    facts: tuple[Fact, ...]
    size_wh: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One line of the hazard register."""

    number: int
    time_text: str
    camera: str
    name: str
    hazards: str
    severity: str


@dataclass(frozen=True, slots=True)
class TroubleRow:
    """One picture without a conclusion, and why."""

    number: int
    name: str
    outcome: Outcome
    outcome_text: str
    reason: str


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One line of the evidence index."""

    number: int
    name: str
    sha256: str
    outcome: Outcome
    outcome_text: str


@dataclass(frozen=True, slots=True)
class CameraRow:
    """What one camera delivered."""

    name: str
    is_camera: bool
    outcomes: Outcomes
    first_text: str
    last_text: str
    longest_gap_text: str


@dataclass(frozen=True, slots=True)
class ReportContents:
    """Everything that a report says, in one language."""

    language: Language
    title: str
    subject: str
    reference: str
    author: str
    made_by: str
    made_line: str
    zone_line: str
    facts: tuple[Fact, ...]
    headline: str
    headline_outcome: Outcome
    warning: str | None
    outcomes: Outcomes
    hazards: tuple[HazardCount, ...]
    cameras: tuple[CameraRow, ...]
    sheets: tuple[SheetContents, ...]
    register: tuple[RegisterRow, ...]
    troubles: tuple[TroubleRow, ...]
    index: tuple[IndexRow, ...]
    limits: tuple[str, ...]

    @property
    def is_single(self) -> bool:
        """Whether the report is about one picture only."""
        return len(self.sheets) == 1


def build_contents(
    entries: Sequence[ReportEntry], scope: ReportScope, language: Language
) -> ReportContents:
    """Everything that the report on these inspections says; numbers count from 1 in their order."""
    inspections = [entry.inspection for entry in entries]
    numbered = list(enumerate(inspections, start=1))
    outcomes = count_outcomes(inspections)
    return ReportContents(
        language=language,
        title=sentences.shorten(scope.title or wording.TITLE.say(language)),
        subject=wording.SUBJECT.say(language),
        reference=_reference(inspections, scope),
        author=scope.site or scope.made_by,
        made_by=scope.made_by,
        made_line=wording.MADE_LINE.say(
            language,
            moment=sentences.say_moment(scope.made_at, scope.time_zone),
            program=scope.made_by,
        ),
        zone_line=wording.TIMES_IN.say(
            language, zone=sentences.say_zone(scope.made_at, scope.time_zone)
        ),
        facts=tuple(_report_facts(inspections, scope, language)),
        headline=_headline(outcomes, language),
        headline_outcome=_headline_outcome(outcomes),
        warning=_warning(outcomes, language),
        outcomes=outcomes,
        hazards=count_hazards(inspections),
        cameras=tuple(_camera_row(one, scope, language) for one in count_cameras(inspections)),
        sheets=tuple(build_sheet(one, number, scope, language) for number, one in numbered),
        register=tuple(
            _register_row(one, number, scope, language)
            for number, one in numbered
            if outcome_of(one) is Outcome.HAZARD
        ),
        troubles=tuple(
            _trouble_row(one, number, language)
            for number, one in numbered
            if outcome_of(one) in (Outcome.INCONCLUSIVE, Outcome.FAILED, Outcome.UNFINISHED)
        ),
        index=tuple(_index_row(one, number, language) for number, one in numbered),
        limits=tuple(text.say(language) for text in wording.LIMIT_TEXTS),
    )


def outcome_of(inspection: Inspection) -> Outcome:
    """How the inspection ended; a completed one without a verdict counts as not finished."""
    if inspection.status is Status.FAILED:
        return Outcome.FAILED
    if inspection.status is Status.COMPLETED and inspection.verdict is not None:
        return Outcome(inspection.verdict.value)
    return Outcome.UNFINISHED


def outcome_text(outcome: Outcome, language: Language) -> str:
    """The outcome's name for people."""
    if outcome is Outcome.FAILED:
        return wording.FAILED.say(language)
    if outcome is Outcome.UNFINISHED:
        return wording.UNFINISHED.say(language)
    return wording.VERDICTS[Verdict(outcome.value)].say(language)


def build_sheet(
    inspection: Inspection, number: int, scope: ReportScope, language: Language
) -> SheetContents:
    """What the evidence sheet of one picture says."""
    picture = inspection.picture
    outcome = outcome_of(inspection)
    size_wh = None
    if picture.width is not None and picture.height is not None:
        size_wh = (picture.width, picture.height)
    return SheetContents(
        number=number,
        name=sentences.shorten(picture.name),
        outcome=outcome,
        outcome_text=outcome_text(outcome, language),
        description=sentences.describe(inspection, language),
        reservations=sentences.reservations(inspection, language),
        time_text=sentences.say_moment(time_of(inspection), scope.time_zone),
        camera=sentences.shorten(inspection.camera_id) if inspection.camera_id else None,
        detections=_detection_rows(inspection.detections, language),
        facts=tuple(_sheet_facts(inspection, scope, language)),
        size_wh=size_wh,
    )


def _detection_rows(
    detections: Sequence[Detection], language: Language
) -> tuple[DetectionRow, ...]:
    return tuple(
        DetectionRow(
            number=number,
            detection=one,
            class_text=label_name(one.hazard.label, language),
            state_text=sub_label_name(one.hazard.sub_label, language),
            box_text=sentences.say_box(one),
            score_text=wording.NONE.say(language) if one.score is None else f"{one.score:.2f}",
        )
        for number, one in enumerate(by_urgency(detections), start=1)
    )


def _sheet_facts(inspection: Inspection, scope: ReportScope, language: Language) -> list[Fact]:
    picture = inspection.picture
    size = f"{picture.width} × {picture.height} px" if picture.width and picture.height else None
    captured = inspection.captured_at
    rows = [
        (wording.INSPECTION_ID, inspection.id),
        (wording.SIZE, size),
        (wording.CAPTURED, captured and sentences.say_moment(captured, scope.time_zone)),
        (wording.RECEIVED, sentences.say_moment(inspection.received_at, scope.time_zone)),
        (wording.CAMERA, inspection.camera_id),
        (wording.BATCH, inspection.batch_id),
        (wording.SHA256, picture.sha256 or wording.UNKNOWN.say(language)),
    ]
    rows += [(wording.RUN, sentences.say_run(run, language)) for run in inspection.runs]
    if inspection.error is not None:
        problem = inspection.error
        reason = f"{problem.code}: {sentences.shorten(problem.reason)}"
        rows += [(wording.REASON, reason), (wording.ATTEMPTS, str(problem.attempts))]
    return [Fact(name.say(language), sentences.shorten(value)) for name, value in rows if value]


def _report_facts(
    inspections: Sequence[Inspection], scope: ReportScope, language: Language
) -> list[Fact]:
    models = dict.fromkeys(_model_text(one, language) for one in inspections)
    rows = [
        (wording.REFERENCE, _reference(inspections, scope)),
        (wording.SITE, scope.site),
        (wording.CAMERA, scope.camera_id),
        (wording.PERIOD, _period(inspections, scope, language)),
        (
            wording.MADE_AT,
            wording.IN_ZONE.say(
                language,
                moment=sentences.say_moment(scope.made_at, scope.time_zone),
                zone=sentences.say_zone(scope.made_at, scope.time_zone),
            ),
        ),
        (wording.MADE_BY, scope.made_by),
        (wording.MODELS, "; ".join(model for model in models if model)),
    ]
    return [Fact(name.say(language), sentences.shorten(value)) for name, value in rows if value]


def _model_text(inspection: Inspection, language: Language) -> str:
    texts = []
    for run in inspection.runs:
        prompt = run.prompt_version
        suffix = f", {wording.PROMPT.say(language, version=prompt)}" if prompt else ""
        texts.append(f"{run.backend}: {run.model}{suffix}")
    return "; ".join(dict.fromkeys(texts))


def _period(
    inspections: Sequence[Inspection], scope: ReportScope, language: Language
) -> str | None:
    """The period asked for, or else the one that the pictures span."""
    since, until = scope.since, scope.until
    if since is None and until is None and inspections:
        moments = [time_of(one) for one in inspections]
        since, until = min(moments), max(moments)
    first = since and sentences.say_moment(since, scope.time_zone)
    last = until and sentences.say_moment(until, scope.time_zone)
    if first and last:
        return first if first == last else wording.SPAN.say(language, first=first, last=last)
    if first:
        return wording.FROM.say(language, moment=first)
    return wording.UNTIL.say(language, moment=last) if last else None


def _reference(inspections: Sequence[Inspection], scope: ReportScope) -> str:
    """A number to file the report under: the day, and a digest of the inspections in it."""
    digest = hashlib.sha256()
    for one in inspections:
        digest.update(f"{one.id}\n{one.picture.sha256}\n".encode("utf-8", "surrogatepass"))
    digest.update(scope.made_at.astimezone(UTC).isoformat().encode())
    day = scope.made_at.astimezone(scope.time_zone).strftime("%Y%m%d")
    return f"SD-{day}-{digest.hexdigest()[:8].upper()}"


def _headline(outcomes: Outcomes, language: Language) -> str:
    total = outcomes.submitted
    if not total:
        return wording.HEADLINE_NONE.say(language)
    if outcomes.hazard:
        return wording.HEADLINE_HAZARD.say(language, hazards=outcomes.hazard, total=total)
    if outcomes.open:
        return wording.HEADLINE_OPEN.say(language, open=outcomes.open, total=total)
    return wording.HEADLINE_CLEAR.say(language, total=total)


def _headline_outcome(outcomes: Outcomes) -> Outcome:
    if outcomes.hazard:
        return Outcome.HAZARD
    if outcomes.open or not outcomes.submitted:
        return Outcome.INCONCLUSIVE
    return Outcome.CLEAR


def _warning(outcomes: Outcomes, language: Language) -> str | None:
    if not outcomes.submitted:
        return wording.NO_PICTURES.say(language)
    return wording.SILENCE.say(language, open=outcomes.open) if outcomes.open else None


def _camera_row(count: CameraCount, scope: ReportScope, language: Language) -> CameraRow:
    gap = count.longest_gap
    return CameraRow(
        name=sentences.shorten(count.camera_id or wording.WITHOUT_CAMERA.say(language)),
        is_camera=count.camera_id is not None,
        outcomes=count.outcomes,
        first_text=sentences.say_moment(count.first, scope.time_zone),
        last_text=sentences.say_moment(count.last, scope.time_zone),
        longest_gap_text=(
            wording.NONE.say(language) if gap is None else sentences.say_duration(gap)
        ),
    )


def _register_row(
    inspection: Inspection, number: int, scope: ReportScope, language: Language
) -> RegisterRow:
    none = wording.NONE.say(language)
    worst = next(iter(by_urgency(inspection.detections)), None)
    return RegisterRow(
        number=number,
        time_text=sentences.say_moment(time_of(inspection), scope.time_zone),
        camera=sentences.shorten(inspection.camera_id or none),
        name=sentences.shorten(inspection.picture.name),
        hazards=sentences.count_by_name(inspection.detections, language),
        severity=sub_label_name(worst.hazard.sub_label, language) if worst else none,
    )


def _trouble_row(inspection: Inspection, number: int, language: Language) -> TroubleRow:
    outcome = outcome_of(inspection)
    reasons = list(sentences.reservations(inspection, language))
    if outcome is not Outcome.INCONCLUSIVE:
        reasons.insert(0, sentences.describe(inspection, language))
    if inspection.error is not None:
        reasons.append(sentences.shorten(inspection.error.reason))
    return TroubleRow(
        number=number,
        name=sentences.shorten(inspection.picture.name),
        outcome=outcome,
        outcome_text=outcome_text(outcome, language),
        reason=" ".join(reasons) or wording.NO_REASON.say(language),
    )


def _index_row(inspection: Inspection, number: int, language: Language) -> IndexRow:
    outcome = outcome_of(inspection)
    return IndexRow(
        number=number,
        name=sentences.shorten(inspection.picture.name),
        sha256=inspection.picture.sha256 or wording.UNKNOWN.say(language),
        outcome=outcome,
        outcome_text=outcome_text(outcome, language),
    )
