"""What a whole report says: from inspections to headline, counts, lists and sheets (pure)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection
from safety_detector.domain.outcomes import Outcome, outcome_of
from safety_detector.report import coverage_texts, figures, rows, sentences, when_taken, wording
from safety_detector.report.contents import (
    ColumnChart,
    Fact,
    Kind,
    ReportContents,
    ReportScope,
    WholeCounts,
)
from safety_detector.report.figures import CameraCount, Outcomes
from safety_detector.report.notices import build_notices
from safety_detector.report.parts import Part

_OPEN = (Outcome.INCONCLUSIVE, Outcome.FAILED, Outcome.UNFINISHED)


def build_contents(
    inspections: Sequence[Inspection], scope: ReportScope, language: Language, part: Part
) -> ReportContents:
    """Everything that a file on these inspections says; they are numbered in their order."""
    numbered = list(enumerate(inspections, start=part.first_number))
    shown = WholeCounts(figures.count_outcomes(inspections), figures.count_hazards(inspections))
    whole = scope.whole if scope.whole and part.kind is not Kind.VOLUME else shown
    outcomes = whole.outcomes
    # Of a selection nobody could tell a gap in time from pictures that were left out.
    is_selection = outcomes.submitted != len(inspections)
    counted = whole.inspections or (() if is_selection else inspections)
    cameras = _cameras(counted, scope, part) if counted or not is_selection else ()
    has_sheets, is_whole = part.kind is not Kind.INDEX, part.kind is not Kind.VOLUME
    return ReportContents(
        kind=part.kind,
        language=language,
        title=_title(scope, language, part),
        subject=wording.SUBJECT.say(language),
        author=sentences.shorten(scope.site or scope.made_by),
        reference=part.reference,
        made_by=sentences.shorten(scope.made_by),
        made_line=_made_line(inspections, scope, language, part),
        zone_line=wording.TIMES_IN.say(language, zone=_zones(inspections, scope, language)),
        taken_line=when_taken.say_sources(counted, language) if counted else None,
        frames_line=coverage_texts.say_frames(cameras, scope, language) if is_whole else None,
        fault_lines=coverage_texts.say_faults(scope, language)
        if part.kind is not Kind.VOLUME
        else (),
        facts=_report_facts(inspections, scope, language, part),
        headline=_headline(outcomes, language),
        headline_outcome=_headline_outcome(outcomes),
        warning=_warning(outcomes, inspections, cameras, scope, language),
        outcomes=outcomes,
        hazards=whole.hazards,
        statistics=rows.build_statistics(figures.count_dangers(counted), scope.before, language)
        if counted and is_whole
        else (),
        is_compared=scope.before is not None,
        cameras=tuple(rows.build_camera_row(one, scope, language) for one in cameras),
        over_time=_over_time(counted, scope, language),
        sheets=tuple(
            rows.build_sheet(one, number, scope, language) for number, one in numbered if has_sheets
        ),
        register=tuple(
            rows.build_register_row(one, number, scope, language)
            for number, one in numbered
            if outcome_of(one) is Outcome.HAZARD
        ),
        troubles=tuple(
            rows.build_trouble_row(one, number, scope, language)
            for number, one in numbered
            if outcome_of(one) in _OPEN
        ),
        index=tuple(rows.build_index_row(one, number, scope, language) for number, one in numbered),
        notices=build_notices(numbered, scope, language) if has_sheets else (),
        limits=tuple(text.say(language) for text in wording.LIMIT_TEXTS),
    )


def number_report(inspections: Sequence[Inspection], scope: ReportScope) -> str:
    """A number to file the report under: the day, and a digest of what it is about and says.

    The same order on the same results has the same number whenever it is made, and in both
    languages.
    """
    digest = hashlib.sha256()
    moments = [one and one.astimezone(UTC).isoformat() for one in (scope.since, scope.until)]
    about = (
        *(scope.title, scope.site, scope.camera_id, scope.verdict),
        *(scope.notices, scope.notices_alone, moments),
    )
    whole = scope.whole and scope.whole.outcomes
    digest.update(repr((about, whole)).encode("utf-8", "backslashreplace"))
    for one in inspections:
        found = [(box.hazard.text("en"), box.box.xyxy, box.score) for box in one.detections]
        said = (one.id, one.picture.sha256, one.status.value, one.verdict, one.incomplete, found)
        digest.update(repr(said).encode("utf-8", "backslashreplace"))
    day = as_of(inspections, scope).astimezone(scope.time_zone).strftime("%Y%m%d")
    return f"SD-{day}-{digest.hexdigest()[:8].upper()}"


def as_of(inspections: Sequence[Inspection], scope: ReportScope) -> datetime:
    """Up to when the report tells: the period's end, or else the arrival of its last picture.

    Not the moment of making, which would make another paper of each copy.
    """
    if scope.until is not None and scope.until <= scope.made_at:
        return scope.until
    if inspections:
        return max(one.received_at for one in inspections)
    return scope.made_at.replace(second=0, microsecond=0)


def _title(scope: ReportScope, language: Language, part: Part) -> str:
    title = sentences.shorten(scope.title or wording.TITLE.say(language))
    if part.kind is Kind.NOTICES:
        return (wording.NOTICES if len(scope.notices) > 1 else wording.NOTICE).say(language)
    if part.kind is Kind.INDEX:
        return wording.INDEX_TITLE.say(language, title=title)
    if part.kind is Kind.VOLUME:
        return wording.VOLUME_TITLE.say(
            language, title=title, volume=part.volume, volumes=part.volumes
        )
    return title


def _made_line(
    inspections: Sequence[Inspection], scope: ReportScope, language: Language, part: Part
) -> str:
    moment = _as_of_text(inspections, scope, language, part)
    program = sentences.shorten(scope.made_by)
    return wording.MADE_LINE.say(language, moment=moment, program=program)


def _as_of_text(
    inspections: Sequence[Inspection], scope: ReportScope, language: Language, part: Part
) -> str:
    moment = part.as_of or as_of(inspections, scope)
    return sentences.say_moment_and_zone(moment, scope.time_zone, language)


def _zones(inspections: Sequence[Inspection], scope: ReportScope, language: Language) -> str:
    """The zone of all times that the report names."""
    moments = [figures.time_of(one) for one in inspections]
    moments += [one for one in (scope.since, scope.until) if one is not None]
    moments = moments or [scope.made_at]
    return sentences.say_zones(min(moments), max(moments), scope.time_zone, language)


def _report_facts(
    inspections: Sequence[Inspection], scope: ReportScope, language: Language, part: Part
) -> tuple[Fact, ...]:
    numbers = None
    if part.kind is Kind.VOLUME:
        numbers = f"{part.first_number}-{part.first_number + len(inspections) - 1}"
    runs = (run for one in inspections for run in one.runs)
    models = dict.fromkeys(sentences.say_model(run, language) for run in runs)
    return rows.name_facts(
        [
            (wording.REFERENCE, part.reference),
            (wording.SITE, scope.site),
            (wording.NUMBERS, numbers),
            (wording.CAMERA, rows.camera_and_id(scope.camera_id, scope, language)),
            (wording.PERIOD, _period(inspections, scope, language, part)),
            (wording.AS_OF, _as_of_text(inspections, scope, language, part)),
            (wording.MADE_BY, scope.made_by),
            (wording.MODELS, "; ".join(models)),
        ],
        language,
    )


def _period(
    inspections: Sequence[Inspection], scope: ReportScope, language: Language, part: Part
) -> str | None:
    """The period asked for, or else the one that the pictures span."""
    since, until = scope.since, scope.until
    if since is None and until is None and inspections and part.kind is not Kind.SINGLE:
        moments = [figures.time_of(one) for one in inspections]
        since, until = min(moments), max(moments)
    return coverage_texts.say_span(since, until, scope, language)


def _headline(outcomes: Outcomes, language: Language) -> str:
    if not outcomes.submitted:
        return wording.HEADLINE_NONE.say(language)
    total = f"{outcomes.submitted:,}"
    if outcomes.hazard:
        return wording.HEADLINE_HAZARD.say(language, hazards=f"{outcomes.hazard:,}", total=total)
    if outcomes.open:
        return wording.HEADLINE_OPEN.say(language, open=f"{outcomes.open:,}", total=total)
    return wording.HEADLINE_CLEAR.say(language, total=total)


def _headline_outcome(outcomes: Outcomes) -> Outcome:
    if outcomes.hazard:
        return Outcome.HAZARD
    if outcomes.open or not outcomes.submitted:
        return Outcome.INCONCLUSIVE
    return Outcome.CLEAR


def _cameras(
    inspections: Sequence[Inspection], scope: ReportScope, part: Part
) -> tuple[CameraCount, ...]:
    """What each camera delivered; a volume has only a part of the period, so no edges count."""
    if part.kind is Kind.VOLUME:
        return figures.count_cameras(inspections)
    until = scope.until
    if scope.since is not None or until is not None or scope.cameras:
        until = min(until or scope.made_at, scope.made_at)  # what is to come is no gap
    expected: defaultdict[str, list[figures.Lifetime]] = defaultdict(list)
    for one in scope.cameras:
        expected[one.camera_id].append(figures.Lifetime(one.since, one.until))
    counts = figures.count_cameras(inspections, scope.since, until, expected or None)
    return tuple(sorted(counts, key=lambda one: coverage_texts.by_name(one, scope)))


def _warning(
    outcomes: Outcomes,
    inspections: Sequence[Inspection],
    cameras: Sequence[CameraCount],
    scope: ReportScope,
    language: Language,
) -> str | None:
    purged = coverage_texts.say_purged(scope, language)
    if not outcomes.submitted:
        none = wording.NO_PICTURES_LEFT if purged else wording.NO_PICTURES
        return sentences.join_sentences([none.say(language), *purged], language)
    sentences_said = [*purged]
    if outcomes.open:
        sentences_said.append(wording.SILENCE.say(language, open=f"{outcomes.open:,}"))
        listed = sum(outcome_of(one) in _OPEN for one in inspections)
        if listed == outcomes.open:
            sentences_said.append(wording.SEE_ANNEX.say(language))
        elif listed:
            sentences_said.append(wording.SOME_IN_ANNEX.say(language, n=f"{listed:,}"))
    if len(inspections) < outcomes.submitted:
        numbers = {"shown": f"{len(inspections):,}", "total": f"{outcomes.submitted:,}"}
        if scope.verdict is None:
            sentences_said.append(wording.SELECTION.say(language, **numbers))
        else:
            verdict = rows.outcome_text(Outcome(scope.verdict.value), language)
            sentences_said.append(wording.SELECTED.say(language, verdict=verdict, **numbers))
    wrong = when_taken.count_wrong_clocks(inspections)
    if wrong:
        sentences_said.append(wording.WRONG_CLOCKS.say(language, n=f"{wrong:,}"))
    sentences_said += coverage_texts.say_silent(cameras, scope, language)
    return sentences.join_sentences(sentences_said, language) or None


def _over_time(
    inspections: Sequence[Inspection], scope: ReportScope, language: Language
) -> tuple[ColumnChart, ...]:
    zone, since, until = scope.time_zone, scope.since, scope.until
    if since is not None or until is not None:
        until = min(until or scope.made_at, scope.made_at)  # what is to come has no pictures yet
    charts = [
        (wording.BY_MONTH, figures.count_months(inspections, zone, since, until)),
        (wording.BY_DAY, figures.count_days(inspections, zone, since, until)),
        (wording.BY_HOUR, figures.count_hours(inspections, zone)),
    ]
    return tuple(ColumnChart(title.say(language), columns) for title, columns in charts if columns)
