"""What is said about each single picture: its sheet and its lines in the lists (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from safety_detector.domain.detections import Detection, by_urgency
from safety_detector.domain.hazards import Label, Language, label_name
from safety_detector.domain.inspection import Inspection
from safety_detector.domain.outcomes import Outcome, outcome_name, outcome_of
from safety_detector.message_texts.phrase import Phrase
from safety_detector.report import sentences, when_taken, wording
from safety_detector.report.contents import (
    CameraRow,
    DetectionRow,
    Fact,
    IndexRow,
    RegisterRow,
    ReportScope,
    SheetContents,
    StatisticsRow,
    TroubleRow,
    UninspectedFrames,
)
from safety_detector.report.figures import CameraCount, DangerCounts, time_of


def name_facts(rows: Iterable[tuple[Phrase, str | None]], language: Language) -> tuple[Fact, ...]:
    """The facts that are known, under their names in the language."""
    return tuple(
        Fact(name.say(language), sentences.shorten(value)) for name, value in rows if value
    )


def outcome_text(outcome: Outcome, language: Language) -> str:
    """The outcome's name as it begins a cell of a table."""
    return sentences.capitalise(outcome_name(outcome, language))


def size_wh(inspection: Inspection) -> tuple[int, int] | None:
    """Width and height of the upright picture in pixels, where they are known."""
    picture = inspection.picture
    return (picture.width, picture.height) if picture.width and picture.height else None


def build_sheet(
    inspection: Inspection, number: int, scope: ReportScope, language: Language
) -> SheetContents:
    """What the evidence sheet of one picture says."""
    outcome = outcome_of(inspection)
    return SheetContents(
        number=number,
        name=_name(inspection, language),
        outcome=outcome,
        outcome_text=outcome_text(outcome, language),
        description=sentences.describe(inspection, language),
        reservations=sentences.reservations(inspection, language),
        time_text=sentences.say_moment(time_of(inspection), scope.time_zone),
        camera=_camera(inspection, scope, language) if inspection.camera_id else None,
        detections=detection_rows(inspection.detections, language),
        facts=_sheet_facts(inspection, scope, language),
        size_wh=size_wh(inspection),
    )


def build_register_row(
    inspection: Inspection, number: int, scope: ReportScope, language: Language
) -> RegisterRow:
    """The line of a picture that shows a hazard."""
    none = wording.NONE.say(language)
    return RegisterRow(
        number=number,
        time_text=sentences.say_moment(time_of(inspection), scope.time_zone),
        camera=_camera(inspection, scope, language),
        name=_name(inspection, language),
        hazards=sentences.count_dangers(inspection.detections, language),
        severity=sentences.worst_severity(inspection.detections, language) or none,
    )


def build_trouble_row(
    inspection: Inspection, number: int, scope: ReportScope, language: Language
) -> TroubleRow:
    """The line of a picture without a conclusion, and why it has none."""
    outcome = outcome_of(inspection)
    reasons = list(sentences.reservations(inspection, language))
    if outcome is not Outcome.INCONCLUSIVE:
        reasons.insert(0, sentences.describe(inspection, language))
    if inspection.error is not None:
        reasons.append(sentences.shorten(inspection.error.reason.text(language)))
    return TroubleRow(
        number=number,
        time_text=sentences.say_moment(time_of(inspection), scope.time_zone),
        camera=_camera(inspection, scope, language),
        name=_name(inspection, language),
        outcome_text=outcome_text(outcome, language),
        reason=sentences.join_sentences(reasons, language) or wording.NO_REASON.say(language),
    )


def build_index_row(
    inspection: Inspection, number: int, scope: ReportScope, language: Language
) -> IndexRow:
    """The line of any picture in the evidence index."""
    return IndexRow(
        number=number,
        time_text=sentences.say_moment(time_of(inspection), scope.time_zone),
        camera=_camera(inspection, scope, language) if inspection.camera_id else None,
        name=_name(inspection, language),
        sha256=inspection.picture.sha256 or wording.UNKNOWN.say(language),
        outcome_text=outcome_text(outcome_of(inspection), language),
    )


def build_statistics(
    counts: DangerCounts, before: DangerCounts | None, language: Language
) -> tuple[StatisticsRow, ...]:
    """The pictures inspected, and of each category those that show it, beside the period before."""

    def row(name: str, now: int, then: int | None, *, is_total: bool = False) -> StatisticsRow:
        none = wording.NONE.say(language)
        change = f"{(now - then) / then:+.0%}" if then else none
        before_text = none if then is None else f"{then:,}"
        return StatisticsRow(sentences.capitalise(name), now, before_text, change, is_total)

    total = row(
        wording.INSPECTED.say(language),
        counts.pictures,
        before.pictures if before else None,
        is_total=True,
    )
    return (
        total,
        *(
            row(
                wording.CATEGORIES[label].say(language),
                counts.by_label[label],
                before.by_label[label] if before else None,
            )
            for label in Label
        ),
    )


def build_camera_row(count: CameraCount, scope: ReportScope, language: Language) -> CameraRow:
    """The line of a camera in the table of coverage."""
    gap = count.longest_gap
    gap_text = wording.NONE.say(language)
    has_none = not count.outcomes.submitted
    # Where pictures of the period were removed nobody knows whether these were among them.
    is_silent = has_none and scope.purged is None
    if has_none and not is_silent:
        gap_text = wording.NO_PICTURE_STORED.say(language)
    elif is_silent and gap is None:
        gap_text = wording.NO_PICTURE.say(language)
    elif is_silent and gap is not None:  # between no pictures there is no gap
        since = sentences.say_minute(gap.start, scope.time_zone)
        gap_text = wording.SILENT_SINCE.say(language, moment=since)
    elif gap is not None:
        gap_text = wording.GAP_FROM.say(
            language,
            duration=sentences.say_duration(gap.duration, language),
            moment=sentences.say_minute(gap.start, scope.time_zone),
        )
    return CameraRow(
        name=(
            sentences.shorten(scope.camera_text(count.camera_id))
            if count.camera_id
            else wording.WITHOUT_CAMERA.say(language)
        ),
        is_camera=count.camera_id is not None,
        is_silent=is_silent,
        outcomes=count.outcomes,
        first_text=_say_moment_if_any(count.first, scope, language),
        last_text=_say_moment_if_any(count.last, scope, language),
        longest_gap_text=gap_text,
        frames_text=_say_frames(scope.frames.get(count.camera_id or ""), language),
    )


def _say_moment_if_any(moment: datetime | None, scope: ReportScope, language: Language) -> str:
    return sentences.say_moment(moment, scope.time_zone) if moment else wording.NONE.say(language)


def camera_and_id(camera_id: str | None, scope: ReportScope, language: Language) -> str | None:
    """A camera's name with the id behind it, by which the records know it."""
    if camera_id is None:
        return None
    name = scope.camera_text(camera_id)
    if name == camera_id or name.endswith(f"({camera_id})"):
        return name
    return wording.IN_BRACKETS.say(language, text=sentences.shorten(name), more=camera_id)


def _camera(inspection: Inspection, scope: ReportScope, language: Language) -> str:
    if inspection.camera_id is None:
        return wording.NONE.say(language)
    return sentences.shorten(scope.camera_text(inspection.camera_id))


def _say_frames(frames: UninspectedFrames | None, language: Language) -> str | None:
    if frames is None:
        return None
    said = [
        wording.COUNTED.say(language, name=name.say(language), n=f"{number:,}")
        for name, number in (
            (wording.REPLACED, frames.replaced),
            (wording.SKIPPED, frames.skipped),
            (wording.UNCHANGED, frames.unchanged),
        )
        if number
    ]
    return wording.COMMA.say(language).join(said) or None


def _name(inspection: Inspection, language: Language) -> str:
    return sentences.shorten(inspection.picture.name) or wording.UNNAMED.say(language)


def detection_rows(detections: Sequence[Detection], language: Language) -> tuple[DetectionRow, ...]:
    """Detections in their order of urgency, numbered as on the annotated picture."""
    return tuple(
        DetectionRow(
            number=number,
            detection=one,
            class_text=sentences.capitalise(label_name(one.hazard.label, language)),
            state_text=sentences.capitalise(one.hazard.state_text(language)),
            box_text=sentences.say_box(one),
            score_text=wording.NONE.say(language) if one.score is None else f"{one.score:.2f}",
            right_text=None if one.calibrated is None else str(round(one.calibrated * 100)),
        )
        for number, one in enumerate(by_urgency(detections), start=1)
    )


def _sheet_facts(
    inspection: Inspection, scope: ReportScope, language: Language
) -> tuple[Fact, ...]:
    picture, problem = inspection.picture, inspection.error
    size = size_wh(inspection)

    def moment_text(moment: datetime) -> str:
        return sentences.say_moment_and_zone(moment, scope.time_zone, language)

    rows: list[tuple[Phrase, str | None]] = [
        (wording.PICTURE, picture.name),
        (wording.INSPECTION_ID, inspection.id),
        (wording.SIZE, f"{size[0]} × {size[1]} px" if size else None),
        (wording.CAPTURED, when_taken.say_taken(inspection, moment_text, language)),
        (wording.CLOCK, when_taken.say_notes(inspection, language)),
        (wording.RECEIVED, moment_text(inspection.received_at)),
        (wording.CAMERA, camera_and_id(inspection.camera_id, scope, language)),
        (wording.BATCH, inspection.batch_id),
        (wording.METADATA, sentences.say_metadata(inspection.metadata)),
        (wording.SHA256, picture.sha256 or wording.UNKNOWN.say(language)),
    ]
    rows += [(wording.RUN, sentences.say_run(run, language)) for run in inspection.runs]
    if problem is not None:
        reason = problem.reason.text(language)
        rows.append(
            (wording.REASON, wording.WITH_CODE.say(language, text=reason, code=problem.code))
        )
        rows.append((wording.ATTEMPTS, str(problem.attempts)))
    return name_facts(rows, language)
