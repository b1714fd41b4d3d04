"""What a whole report says: from inspections to headline, counts, lists and sheets (pure)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection
from safety_detector.domain.outcomes import Outcome, outcome_of
from safety_detector.report import figures, rows, sentences, when_taken, wording
from safety_detector.report.contents import (
    ColumnChart,
    Fact,
    FaultSpell,
    Kind,
    ReportContents,
    ReportScope,
    WholeCounts,
)
from safety_detector.report.figures import CameraCount, Outcomes
from safety_detector.report.notices import build_notices

_OPEN = (Outcome.INCONCLUSIVE, Outcome.FAILED, Outcome.UNFINISHED)
_MOST_FAULTS = 12  # that are named
_MOST_SILENT_NAMED = 8  # on the first page; the table of coverage has them all


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a report a file is.

    Attributes:
        kind: what the file holds.
        reference: number of the whole report, the same in all its files.
        first_number: number of the part's first picture.
        volume: number of a volume, from 1; 0 where there are none.
        volumes: how many volumes there are.
        as_of: up to when the whole report tells; None for what this part's pictures say.
    """

    kind: Kind
    reference: str
    first_number: int = 1
    volume: int = 0
    volumes: int = 0
    as_of: datetime | None = None


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
    has_sheets = part.kind is not Kind.INDEX
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
        frames_line=_frames_line(cameras, scope, language)
        if part.kind is not Kind.VOLUME
        else None,
        fault_lines=_fault_lines(scope, language) if part.kind is not Kind.VOLUME else (),
        facts=_report_facts(inspections, scope, language, part),
        headline=_headline(outcomes, language),
        headline_outcome=_headline_outcome(outcomes),
        warning=_warning(outcomes, inspections, cameras, scope, language),
        outcomes=outcomes,
        hazards=whole.hazards,
        statistics=rows.build_statistics(figures.count_dangers(counted), scope.before, language)
        if counted and part.kind is not Kind.VOLUME
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
    first = sentences.say_moment(since, scope.time_zone) if since else None
    last = sentences.say_moment(until, scope.time_zone) if until else None
    if first and last:
        return first if first == last else wording.SPAN.say(language, first=first, last=last)
    if first:
        return wording.FROM.say(language, moment=first)
    return wording.UNTIL.say(language, moment=last) if last else None


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
    return tuple(sorted(counts, key=lambda one: _by_name(one, scope)))


def _frames_line(
    cameras: Sequence[CameraCount], scope: ReportScope, language: Language
) -> str | None:
    """How many frames of the period were not inspected, and why; None if all were."""
    frames = scope.frames.values()
    replaced, skipped, unchanged = (
        sum(getattr(one, name) for one in frames) for name in ("replaced", "skipped", "unchanged")
    )
    said = []
    if unchanged:
        looked = sum(one.outcomes.submitted for one in cameras if one.camera_id is not None)
        said.append(
            wording.UNCHANGED_FRAMES.say(language, looked=f"{looked:,}", unchanged=f"{unchanged:,}")
        )
    if replaced or skipped:
        said.append(wording.FRAMES.say(language, replaced=f"{replaced:,}", skipped=f"{skipped:,}"))
    return sentences.join_sentences(said, language) or None


def _fault_lines(scope: ReportScope, language: Language) -> tuple[str, ...]:
    """What was wrong with cameras, a line each, the longest-lasting first."""

    def length_s(one: FaultSpell) -> float:
        return ((one.until or scope.made_at) - one.since).total_seconds()

    def span(one: FaultSpell) -> str:
        first = sentences.say_moment(one.since, scope.time_zone)
        if one.until is None:
            return wording.FROM.say(language, moment=first)
        last = sentences.say_moment(one.until, scope.time_zone)
        return wording.SPAN.say(language, first=first, last=last)

    ordered = sorted(scope.faults, key=length_s, reverse=True)
    lines = [
        wording.CAMERA_FAULT.say(
            language,
            camera=sentences.shorten(scope.camera_text(one.camera_id)),
            fault=wording.FAULTS[one.fault].say(language),
            span=span(one),
        )
        for one in ordered[:_MOST_FAULTS]
    ]
    if len(ordered) > len(lines):
        lines.append(wording.MORE_FAULTS.say(language, n=f"{len(ordered) - len(lines):,}"))
    return tuple(lines)


def _by_name(count: CameraCount, scope: ReportScope) -> tuple[bool, str]:
    return count.camera_id is None, scope.camera_text(count.camera_id or "")


def _warning(
    outcomes: Outcomes,
    inspections: Sequence[Inspection],
    cameras: Sequence[CameraCount],
    scope: ReportScope,
    language: Language,
) -> str | None:
    purged = _purged(scope, language)
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
    silent = [
        scope.camera_text(one.camera_id or "") for one in cameras if not one.outcomes.submitted
    ]
    if silent:
        named = [sentences.shorten(one) for one in silent[:_MOST_SILENT_NAMED]]
        if len(silent) > len(named):
            named.append(wording.AND_MORE.say(language, n=len(silent) - len(named)))
        names = wording.COMMA.say(language).join(named)
        unseen = wording.UNSTORED_CAMERAS if purged else wording.SILENT_CAMERAS
        sentences_said.append(unseen.say(language, names=names))
    return sentences.join_sentences(sentences_said, language) or None


def _purged(scope: ReportScope, language: Language) -> tuple[str, ...]:
    """The sentence on what retention has removed, if it has: gone is not silent."""
    if scope.purged is None:
        return ()
    first, last = (sentences.say_moment(one, scope.time_zone) for one in scope.purged)
    return (wording.PURGED.say(language, first=first, last=last),)


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
