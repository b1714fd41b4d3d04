"""What is said about each single incident: its sheet and its lines in the lists (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.hazards import Language
from safety_detector.domain.incidents.handling import ActKind
from safety_detector.domain.incidents.incident import ChangeKind
from safety_detector.domain.incidents.judging import judged_by
from safety_detector.message_texts.phrase import Phrase
from safety_detector.report import rows, sentences
from safety_detector.report import wording as general
from safety_detector.report.contents import Fact, IndexRow
from safety_detector.report.figures import time_of
from safety_detector.report.incidents import wording
from safety_detector.report.incidents.contents import (
    PictureText,
    RegisterRow,
    SheetContents,
    Standing,
    TimelineRow,
)
from safety_detector.report.incidents.records import (
    Evidence,
    EvidenceRole,
    IncidentEntry,
    IncidentScope,
    ReportedAct,
    ReportedIncident,
)

_MOST_ESCALATIONS = 3
_MOST_ROWS = 12
_MOST_DETECTIONS = 5


def standing_of(incident: ReportedIncident, as_of: datetime) -> Standing:
    """How an incident stands."""
    if incident.is_false_alarm:
        return Standing.FALSE_ALARM
    if incident.is_closed:
        return Standing.CLOSED
    return Standing.OVERDUE if incident.is_overdue(as_of) else Standing.OPEN


def state_text(incident: ReportedIncident, as_of: datetime, language: Language) -> str:
    """How far people are with it, as it begins a cell; overdue beside it, false alarms as such."""
    text = _plain_state(incident, language)
    if not incident.is_overdue(as_of):
        return text
    overdue = wording.OVERDUE_STATE.say(language)
    return general.IN_BRACKETS.say(language, text=text, more=overdue)


def _plain_state(incident: ReportedIncident, language: Language) -> str:
    if incident.is_false_alarm:
        return sentences.capitalise(wording.FALSE_ALARM.say(language))
    return sentences.capitalise(wording.STATES[incident.handled.state].say(language))


def hazards_text(hazards: Sequence[WatchedHazard], language: Language) -> str:
    """The hazards, the most urgent first, as a title begins."""
    names = [wording.HAZARDS[one].say(language) for one in hazards]
    return sentences.capitalise(general.AND.say(language).join(names))


def severity_text(incident: ReportedIncident, language: Language) -> str:
    """The severity seen, in brackets; empty of a missing helmet, which has none."""
    if incident.hazard is WatchedHazard.NO_HELMET:
        return ""
    severity = wording.SEVERITIES[incident.severity].say(language)
    return wording.SEVERITY_OF.say(language, severity=severity)


def camera_place(incident: ReportedIncident, scope: IncidentScope, language: Language) -> str:
    """Camera and zone."""
    camera = sentences.shorten(scope.report.camera_text(incident.camera_id))
    if incident.zone is None:
        return camera
    return wording.ZONE_AT.say(language, camera=camera, zone=sentences.shorten(incident.zone))


def place_text(incident: ReportedIncident, scope: IncidentScope, language: Language) -> str:
    """Where it is, as a person said; else camera and zone."""
    location = incident.handled.location
    return sentences.shorten(location) if location else camera_place(incident, scope, language)


def responsible_text(incident: ReportedIncident, language: Language) -> str:
    """Who puts it right: unit and person, as far as they are known."""
    handled = incident.handled
    named = [sentences.shorten(one) for one in (handled.unit, handled.assignee) if one]
    return general.COMMA.say(language).join(named)


def describe(incident: ReportedIncident, scope: IncidentScope, language: Language) -> str:
    """What cameras saw, and how often."""
    said = (say_hazard(incident, scope, language), say_sightings(incident, scope, language))
    return sentences.join_sentences(said, language)


def say_hazard(incident: ReportedIncident, scope: IncidentScope, language: Language) -> str:
    """One sentence on the hazard, and on nothing else."""
    names = [wording.HAZARDS_SAID[one].say(language) for one in incident.hazards]
    said = wording.HAZARD_AT.say(
        language,
        hazards=general.AND.say(language).join(names),
        place=camera_place(incident, scope, language),
        severity=severity_text(incident, language),
    )
    return sentences.capitalise(said)


def say_sightings(incident: ReportedIncident, scope: IncidentScope, language: Language) -> str:
    """One sentence on how often it was seen, and by which judge."""
    zone = scope.report.time_zone
    # What came after the moment of the report is not told, or each copy would say more.
    is_going_on = incident.last_seen_at > scope.as_of
    last = (
        wording.STILL_SEEN.say(language)
        if is_going_on
        else sentences.say_moment(incident.last_seen_at, zone)
    )
    judge = judged_by(is_verified=incident.verified, score=incident.peak_score)
    return wording.SEEN.say(
        language,
        sightings=f"{incident.sightings:,}",
        looks=f"{incident.looks:,}",
        first=sentences.say_moment(incident.first_seen_at, zone),
        last=last,
        judge=judge.text(language),
    )


def build_register_row(
    incident: ReportedIncident, number: int | None, scope: IncidentScope, language: Language
) -> RegisterRow:
    """The line of an incident."""
    zone, handled = scope.report.time_zone, incident.handled
    none = general.NONE.say(language)
    return RegisterRow(
        number=number,
        time_text=sentences.say_moment(incident.opened_at, zone),
        reference=incident.reference,
        place=place_text(incident, scope, language),
        hazard=hazards_text(incident.hazards, language) + severity_text(incident, language),
        level=sentences.capitalise(wording.LEVELS[handled.level].say(language))
        if handled.level
        else none,
        state=_plain_state(incident, language),
        overdue=wording.OVERDUE_STATE.say(language) if incident.is_overdue(scope.as_of) else "",
        standing=standing_of(incident, scope.as_of),
        responsible=responsible_text(incident, language) or none,
        due=sentences.say_day(handled.due_at, zone) if handled.due_at else none,
        closed_on=sentences.say_day(handled.closed_at, zone) if handled.closed_at else none,
    )


def build_sheet(
    entry: IncidentEntry, number: int, scope: IncidentScope, language: Language
) -> SheetContents:
    """What the evidence sheet of an incident says."""
    incident, pictures = entry.incident, entry.pictures
    best = pictures[0].entry.inspection.detections if pictures else ()
    zone = scope.report.time_zone
    return SheetContents(
        number=number,
        title=hazards_text(incident.hazards, language) + severity_text(incident, language),
        reference=incident.reference,
        time_text=sentences.say_moment(incident.opened_at, zone),
        place=place_text(incident, scope, language),
        hazards=incident.hazards,
        state=state_text(incident, scope.as_of, language),
        standing=standing_of(incident, scope.as_of),
        description=sentences.shorten(incident.handled.description or "")
        or describe(incident, scope, language),
        remarks=_remarks(incident, scope, language),
        pictures=tuple(
            PictureText(picture_caption(one, scope, language), rows.size_wh(one.entry.inspection))
            for one in pictures
        ),
        detections=tuple(
            one for one in rows.detection_rows(best, language) if one.detection.hazard.is_danger
        )[:_MOST_DETECTIONS],
        timeline=_timeline(incident, scope, language),
        facts=_facts(entry, scope, language),
    )


def picture_caption(picture: Evidence, scope: IncidentScope, language: Language) -> str:
    """Why the picture is shown, and when it was taken; the year stands over the sheet."""
    name = wording.PICTURE_ROLES[picture.role].say(language)
    taken = time_of(picture.entry.inspection).astimezone(scope.report.time_zone)
    return wording.AT_MOMENT.say(language, name=name, moment=f"{taken:%m-%d %H:%M:%S}")


def build_index_rows(
    entry: IncidentEntry, number: int, scope: IncidentScope, language: Language
) -> tuple[IndexRow, ...]:
    """A line for each picture of an incident."""
    return tuple(
        IndexRow(
            number=number,
            time_text=sentences.say_moment(time_of(one.entry.inspection), scope.report.time_zone),
            camera=sentences.shorten(scope.report.camera_text(entry.incident.camera_id)),
            name=sentences.capitalise(wording.PICTURE_ROLES[one.role].say(language)),
            sha256=one.entry.inspection.picture.sha256 or general.UNKNOWN.say(language),
            outcome_text=one.entry.inspection.id,
        )
        for one in entry.pictures
    )


def _remarks(
    incident: ReportedIncident, scope: IncidentScope, language: Language
) -> tuple[str, ...]:
    said = []
    if incident.handled.description:
        said.append(describe(incident, scope, language))
    if incident.permit:
        said.append(wording.PERMITTED.say(language, permit=sentences.shorten(incident.permit)))
    dismissed = incident.handled.last(ActKind.DISMISS)
    if incident.is_false_alarm and dismissed is not None:
        said.append(
            wording.FALSE_ALARM_BECAUSE.say(
                language,
                who=sentences.shorten(dismissed.by),
                text=sentences.shorten(dismissed.text or "")
                or wording.WITHOUT_REASON.say(language),
            )
        )
    elif not incident.is_judged:
        said.append(wording.NOT_JUDGED.say(language))
    return tuple(said)


def _timeline(
    incident: ReportedIncident, scope: IncidentScope, language: Language
) -> tuple[TimelineRow, ...]:
    """What happened and what was done, in order; of very much the beginning and the end."""
    zone, system = scope.report.time_zone, wording.BY_CAMERA_ITSELF.say(language)
    events: list[tuple[datetime, int, Phrase, str, str]] = [
        (incident.opened_at, 0, wording.OPENED, system, "")
    ]
    for change in incident.escalations[:_MOST_ESCALATIONS]:
        because = general.COMMA.say(language).join(
            wording.BECAUSE[one].say(language) for one in change.because if one in wording.BECAUSE
        )
        events.append((change.at, 1, wording.ESCALATED, system, because))
    ended = [one for one in incident.changes if one.kind is ChangeKind.ENDED]
    events += [(one.at, 2, wording.ENDED, system, "") for one in ended[-1:]]
    for number, act in enumerate(incident.handled.acts):
        if act.kind is ActKind.DESCRIBE:  # what it says stands below
            continue
        words = _words_of(act, scope, language)
        who = sentences.shorten(act.by)
        events.append((act.at, 3 + number, wording.ACTS[act.kind], who, words))
    events.sort(key=lambda one: one[:2])
    rows_said = [
        TimelineRow(
            sentences.say_moment(at, zone),
            sentences.capitalise(what.say(language)),
            who,
            words,
        )
        for at, _, what, who, words in events
    ]
    if len(rows_said) <= _MOST_ROWS:
        return tuple(rows_said)
    left_out = len(rows_said) - _MOST_ROWS + 1
    more = TimelineRow("", "", "", wording.MORE_ACTS.say(language, n=left_out))
    half = _MOST_ROWS // 2
    return (*rows_said[:half], more, *rows_said[half + left_out :])


def _words_of(act: ReportedAct, scope: IncidentScope, language: Language) -> str:
    """What somebody said, and to whom it was given until when."""
    said = []
    if act.assignee and act.due_at:
        due = say_due(act.due_at, scope.report.time_zone)
        said.append(wording.WITH_DUE.say(language, who=sentences.shorten(act.assignee), due=due))
    elif act.assignee:
        said.append(sentences.shorten(act.assignee))
    if act.text:
        said.append(sentences.shorten(act.text))
    return general.SEMICOLON.say(language).join(said)


def _facts(entry: IncidentEntry, scope: IncidentScope, language: Language) -> tuple[Fact, ...]:
    incident, handled = entry.incident, entry.incident.handled
    zone = scope.report.time_zone
    level = handled.level and sentences.capitalise(wording.LEVELS[handled.level].say(language))
    due = say_due(handled.due_at, zone) if handled.due_at else None
    known: list[tuple[Phrase, str | None]] = [
        (general.CAMERA, rows.camera_and_id(incident.camera_id, scope.report, language)),
        (general.RANK, level),
        (general.CLAUSE, handled.basis),
        (general.MEASURES_TAKEN, handled.measure),
        (general.RESPONSIBLE, responsible_text(incident, language)),
        (general.DEADLINE, due),
        (general.FUNDS, handled.funds),
        (general.PLAN, handled.plan),
    ]
    facts = [*rows.name_facts(known, language)]
    for one in entry.pictures:
        inspection = one.entry.inspection
        name = sentences.capitalise(wording.PICTURE_ROLES[one.role].say(language))
        digest = inspection.picture.sha256 or general.UNKNOWN.say(language)
        facts.append(Fact(name, f"{inspection.id}  SHA-256 {digest}"))
    return tuple(facts)


def say_due(moment: datetime, zone: tzinfo) -> str:
    """A deadline to the minute."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def after_picture(entry: IncidentEntry) -> Evidence | None:
    """The picture that shows it put right."""
    return next((one for one in entry.pictures if one.role is EvidenceRole.AFTER), None)
