"""What a whole report about incidents says: headline, counts, lists and sheets (pure)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC

from safety_detector.domain.hazards import Language
from safety_detector.domain.outcomes import Outcome
from safety_detector.report import coverage_texts, rows, sentences
from safety_detector.report import wording as general
from safety_detector.report.contents import CoverageContents, Fact, Kind
from safety_detector.report.incidents import figures, tables, wording
from safety_detector.report.incidents.contents import (
    HazardChart,
    IncidentContents,
    Standing,
    Tile,
)
from safety_detector.report.incidents.figures import Counts
from safety_detector.report.incidents.incident_texts import (
    build_index_rows,
    build_register_row,
    build_sheet,
)
from safety_detector.report.incidents.notices import build_notices
from safety_detector.report.incidents.records import (
    CameraIncident,
    IncidentEntry,
    IncidentScope,
    ReportedIncident,
)
from safety_detector.report.parts import Part


def in_report_order(entries: Iterable[IncidentEntry]) -> list[IncidentEntry]:
    """Hazards before false alarms, so that both are numbered without holes; else as they are."""
    return sorted(entries, key=lambda one: one.incident.is_false_alarm)


def build_contents(
    entries: Sequence[IncidentEntry], scope: IncidentScope, language: Language, part: Part
) -> IncidentContents:
    """Everything that a file on these incidents says; they are numbered in their order."""
    numbered = list(enumerate(entries, start=part.first_number))
    incidents = [one.incident for one in entries]
    hazards = [(number, one) for number, one in numbered if not one.incident.is_false_alarm]
    false_alarms = [(number, one) for number, one in numbered if one.incident.is_false_alarm]
    counts = figures.count(incidents, scope.as_of, figures.find_repeated(incidents, scope.earlier))
    is_whole = part.kind is not Kind.VOLUME
    has_sheets = part.kind is not Kind.INDEX
    return IncidentContents(
        kind=part.kind,
        language=language,
        title=_title(scope, language, part),
        subject=wording.SUBJECT.say(language),
        author=sentences.shorten(scope.report.site or scope.report.made_by),
        reference=part.reference,
        made_by=sentences.shorten(scope.report.made_by),
        made_line=general.MADE_LINE.say(
            language,
            program=sentences.shorten(scope.report.made_by),
            moment=_as_of_text(scope, language),
        ),
        facts=_facts(entries, scope, language, part),
        headline=_headline(counts, language),
        headline_outcome=_headline_outcome(counts, scope),
        warning=_warning(counts, scope, language) if is_whole else None,
        tiles=_tiles(counts, language),
        statistics=tables.build_statistics(incidents, scope, language)
        if is_whole and incidents
        else (),
        statistics_note=_statistics_note(scope, language),
        times=tables.build_times(incidents, language) if is_whole else (),
        reasons=tables.build_reasons(incidents, language) if is_whole else (),
        cameras=tables.build_camera_bars(incidents, scope) if is_whole else (),
        over_time=_over_time([one.incident for _, one in hazards], scope, language)
        if is_whole
        else (),
        coverage=_coverage(scope, language) if is_whole and scope.coverage else None,
        camera_faults=tuple(_camera_fault(one, scope, language) for one in scope.of_cameras),
        register=tuple(
            build_register_row(one.incident, number, scope, language) for number, one in hazards
        ),
        carried=tuple(build_register_row(one, None, scope, language) for one in scope.carried)
        if is_whole
        else (),
        sheets=tuple(build_sheet(one, number, scope, language) for number, one in hazards)
        if has_sheets
        else (),
        cards=tuple(build_sheet(one, number, scope, language) for number, one in false_alarms)
        if has_sheets
        else (),
        index=tuple(
            row
            for number, one in numbered
            for row in build_index_rows(one, number, scope, language)
        ),
        notices=build_notices(numbered, scope, language) if has_sheets else (),
        limits=tuple(text.say(language) for text in (*wording.LIMIT_TEXTS, *general.LIMIT_TEXTS)),
    )


def number_report(entries: Sequence[IncidentEntry], scope: IncidentScope) -> str:
    """A number to file the report under: the day, and a digest of what it is about and says."""
    report = scope.report
    moments = [one and one.astimezone(UTC).isoformat() for one in (report.since, report.until)]
    about = (report.title, report.site, report.camera_id, dict(scope.filters), moments)
    digest = hashlib.sha256(repr((about, report.notices, report.notices_alone)).encode())
    for entry in entries:
        one, handled = entry.incident, entry.incident.handled
        shown = [(each.role.value, each.entry.inspection.id) for each in entry.pictures]
        acts = [(act.kind.value, act.at.astimezone(UTC).isoformat()) for act in handled.acts]
        said = (one.id, one.hazards, one.severity, one.sightings, handled.state, shown, acts)
        digest.update(repr(said).encode("utf-8", "backslashreplace"))
    day = scope.as_of.astimezone(report.time_zone).strftime("%Y%m%d")
    return f"SI-{day}-{digest.hexdigest()[:8].upper()}"


def _title(scope: IncidentScope, language: Language, part: Part) -> str:
    title = sentences.shorten(scope.report.title or wording.TITLE.say(language))
    if part.kind is Kind.NOTICES:
        notices = general.NOTICES if len(scope.report.notices) > 1 else general.NOTICE
        return notices.say(language)
    if part.kind is Kind.INDEX:
        return general.INDEX_TITLE.say(language, title=title)
    if part.kind is Kind.VOLUME:
        numbers = {"volume": part.volume, "volumes": part.volumes}
        return general.VOLUME_TITLE.say(language, title=title, **numbers)
    return title


def _as_of_text(scope: IncidentScope, language: Language) -> str:
    return sentences.say_moment_and_zone(scope.as_of, scope.report.time_zone, language)


def _facts(
    entries: Sequence[IncidentEntry], scope: IncidentScope, language: Language, part: Part
) -> tuple[Fact, ...]:
    report = scope.report
    numbers = None
    if part.kind is Kind.VOLUME:
        numbers = f"{part.first_number}-{part.first_number + len(entries) - 1}"
    runs = (run for one in entries for each in one.pictures for run in each.entry.inspection.runs)
    models = dict.fromkeys(sentences.say_model(run, language) for run in runs)
    known = [
        (general.REFERENCE, part.reference),
        (general.SITE, report.site),
        (general.NUMBERS, numbers),
        (general.CAMERA, rows.camera_and_id(report.camera_id, report, language)),
        *(
            (wording.FILTERS[name], _filter_text(name, value, language))
            for name, value in scope.filters.items()
        ),
        (general.PERIOD, coverage_texts.say_period(report, language)),
        (wording.AS_OF, _as_of_text(scope, language)),
        (general.MADE_BY, report.made_by),
        (general.MODELS, "; ".join(models)),
    ]
    return rows.name_facts(known, language)


def _filter_text(name: str, value: str, language: Language) -> str:
    """A choice in words where it is one of ours."""
    words = {
        "hazard": {one.value: text for one, text in wording.CATEGORIES.items()},
        "severity": {one.value: text for one, text in wording.SEVERITIES.items()},
        "state": {one.value: text for one, text in wording.STATES.items()},
        "level": {one.value: text for one, text in wording.LEVELS.items() if one},
    }.get(name, {})
    return sentences.capitalise(words[value].say(language)) if value in words else value


def _headline(counts: Counts, language: Language) -> str:
    if counts.found:
        return wording.HEADLINE.say(
            language,
            found=f"{counts.found:,}",
            closed=f"{counts.closed:,}",
            open=f"{counts.found - counts.closed:,}",
            overdue=f"{counts.overdue:,}",
        )
    if counts.false_alarms:
        return wording.HEADLINE_ALL_FALSE.say(language, n=f"{counts.false_alarms:,}")
    return wording.HEADLINE_NONE.say(language)


def _headline_outcome(counts: Counts, scope: IncidentScope) -> Outcome:
    if counts.found > counts.closed:
        return Outcome.HAZARD
    looked = any(one.outcomes.completed for one in scope.coverage)
    # Where nobody looked nothing is known, and no green says otherwise.
    return Outcome.CLEAR if looked or counts.found else Outcome.INCONCLUSIVE


def _warning(counts: Counts, scope: IncidentScope, language: Language) -> str | None:
    report = scope.report
    said = [*coverage_texts.say_purged(report, language)]
    if counts.unjudged:
        said.append(wording.UNJUDGED.say(language, n=f"{counts.unjudged:,}"))
    if scope.carried:
        still = sum(not one.is_closed for one in scope.carried)
        numbers = {"n": f"{len(scope.carried):,}", "open": f"{still:,}"}
        said.append(wording.CARRIED_OVER.say(language, **numbers))
    if counts.reopened:
        said.append(wording.REOPENED.say(language, n=f"{counts.reopened:,}"))
    if scope.merged:
        said.append(wording.MERGED.say(language, n=f"{scope.merged:,}"))
    if report.faults:
        said.append(wording.FAULTY.say(language, n=f"{len(report.faults):,}"))
    if report.cameras or scope.coverage:
        if not any(one.outcomes.submitted for one in scope.coverage):
            said.append(wording.NO_COVERAGE.say(language))
        else:
            said += coverage_texts.say_silent(scope.coverage, report, language)
    return sentences.join_sentences(said, language) or None


def _tiles(counts: Counts, language: Language) -> tuple[Tile, ...]:
    rate = general.NONE.say(language) if counts.rate is None else f"{counts.rate:.0%}"
    open_ = counts.found - counts.closed
    tiles = [
        (wording.TILE_FOUND, f"{counts.found:,}", None),
        (wording.TILE_CLOSED, f"{counts.closed:,}", Standing.CLOSED),
        (wording.TILE_OPEN, f"{open_:,}", Standing.OPEN),
        (wording.TILE_OVERDUE, f"{counts.overdue:,}", Standing.OVERDUE),
        (wording.TILE_RATE, rate, None),
        (wording.TILE_FALSE, f"{counts.false_alarms:,}", Standing.FALSE_ALARM),
    ]
    return tuple(Tile(name.say(language), text, standing) for name, text, standing in tiles)


def _statistics_note(scope: IncidentScope, language: Language) -> str:
    compared = general.COMPARED if scope.is_compared else general.NOT_COMPARED
    said = [one.say(language) for one in (compared, wording.NOTE_STATISTICS)]
    return sentences.join_sentences(said, language)


def _over_time(
    hazards: Sequence[ReportedIncident], scope: IncidentScope, language: Language
) -> tuple[HazardChart, ...]:
    zone, since, until = scope.report.time_zone, scope.report.since, scope.report.until
    if until is not None:
        until = min(until, scope.report.made_at)  # what is to come has no hazards yet
    charts = [
        (wording.BY_MONTH, figures.count_months(hazards, zone, since, until)),
        (wording.BY_DAY, figures.count_days(hazards, zone, since, until)),
        (wording.BY_HOUR, figures.count_hours(hazards, zone)),
    ]
    return tuple(HazardChart(title.say(language), columns) for title, columns in charts if columns)


def _camera_fault(one: CameraIncident, scope: IncidentScope, language: Language) -> tuple[str, ...]:
    """Number, camera, fault, from when, until when, and how far people are with it."""
    zone = scope.report.time_zone
    lasts = wording.LASTS.say(language)
    return (
        one.reference,
        sentences.shorten(scope.report.camera_text(one.camera_id)),
        sentences.capitalise(general.FAULTS[one.fault].say(language)),
        sentences.say_moment(one.since, zone),
        lasts if one.until is None else sentences.say_moment(one.until, zone),
        sentences.capitalise(wording.STATES[one.handled.state].say(language)),
    )


def _coverage(scope: IncidentScope, language: Language) -> CoverageContents:
    report = scope.report
    outcomes = [one.outcomes for one in scope.coverage]
    total = {
        name: f"{sum(getattr(one, name) for one in outcomes):,}"
        for name in ("submitted", "completed", "failed", "inconclusive")
    }
    ordered = sorted(scope.coverage, key=lambda one: coverage_texts.by_name(one, report))
    return CoverageContents(
        sentence=wording.COVERED.say(language, **total),
        notes=(coverage_texts.say_zone_of_period(report, language),),
        frames_line=coverage_texts.say_frames(scope.coverage, report, language),
        fault_lines=coverage_texts.say_faults(report, language),
        cameras=tuple(rows.build_camera_row(one, report, language) for one in ordered),
    )
