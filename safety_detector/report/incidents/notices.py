"""Rectification notices on incidents: filled in from what people recorded (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.hazards import Language
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Level
from safety_detector.errors import NoticeRefused, ReportFailed
from safety_detector.report import rows, sentences
from safety_detector.report import wording as general
from safety_detector.report.contents import NoticeContents, NoticeHandling
from safety_detector.report.incidents import wording
from safety_detector.report.incidents.incident_texts import (
    place_text,
    say_due,
    say_hazard,
    say_sightings,
)
from safety_detector.report.incidents.records import (
    IncidentEntry,
    IncidentScope,
    ReportedAct,
    ReportedIncident,
)

_BURNING = (WatchedHazard.FIRE, WatchedHazard.SMOKE)


def check_notices(incidents: Iterable[ReportedIncident], wanted: Sequence[str]) -> None:
    """Passes when a notice can be written on every incident for which one is wanted.

    Raises:
        ReportFailed: one is not in the report; the message names it.
        NoticeRefused: one was judged a false alarm: nobody can be told to rectify nothing.
    """
    known = {one.id: one for one in incidents}
    for incident_id in wanted:
        if incident_id not in known:
            raise ReportFailed("no-incident-in-report", incident_id=incident_id[:64])
        if known[incident_id].is_false_alarm:
            raise NoticeRefused("notice-on-false-alarm", incident_id=incident_id[:64])


def build_notices(
    numbered: Iterable[tuple[int, IncidentEntry]], scope: IncidentScope, language: Language
) -> tuple[NoticeContents, ...]:
    """A notice for each of the numbered incidents that the scope names."""
    return tuple(
        _build_notice(entry, number, scope, language)
        for number, entry in numbered
        if entry.incident.id in scope.report.notices
    )


def _build_notice(
    entry: IncidentEntry, number: int, scope: IncidentScope, language: Language
) -> NoticeContents:
    incident, report = entry.incident, scope.report
    categories = [wording.CATEGORIES[one].say(language) for one in incident.hazards]
    description = incident.handled.description
    return NoticeContents(
        number=number,
        reference=incident.reference,
        unit=sentences.shorten(report.site or ""),
        place=_place(incident, scope, language),
        found_at=sentences.say_moment_and_zone(incident.opened_at, report.time_zone, language),
        category=sentences.capitalise(general.COMMA.say(language).join(categories)),
        description=sentences.shorten(description or "") or say_hazard(incident, scope, language),
        evidence=sentences.join_sentences(
            (say_sightings(incident, scope, language), _evidence(entry, language)), language
        ),
        may_burn=any(one in _BURNING for one in incident.hazards),
        size_wh=rows.size_wh(entry.pictures[0].entry.inspection) if entry.pictures else None,
        handling=_handling(incident, scope, language),
    )


def _place(incident: ReportedIncident, scope: IncidentScope, language: Language) -> str:
    """The place as a person named it, and the camera by which the records know it."""
    camera = rows.camera_and_id(incident.camera_id, scope.report, language) or ""
    place = place_text(incident, scope, language)
    if incident.handled.location:
        return general.IN_BRACKETS.say(language, text=place, more=camera)
    if incident.zone is not None:
        return wording.ZONE_AT.say(language, camera=camera, zone=sentences.shorten(incident.zone))
    return camera


def _evidence(entry: IncidentEntry, language: Language) -> str:
    if not entry.pictures:
        return wording.NO_PICTURES.say(language)
    inspection = entry.pictures[0].entry.inspection
    return general.EVIDENCE_TEXT.say(
        language,
        name=sentences.shorten(inspection.picture.name) or general.UNNAMED.say(language),
        inspection=inspection.id,
        sha256=inspection.picture.sha256 or general.UNKNOWN.say(language),
    )


def _handling(
    incident: ReportedIncident, scope: IncidentScope, language: Language
) -> NoticeHandling:
    handled, zone = incident.handled, scope.report.time_zone

    def by(act: ReportedAct | None) -> str:
        return sentences.shorten(act.by) if act else ""

    def day(act: ReportedAct | None) -> str:
        return sentences.say_day(act.at, zone) if act else ""

    def both(act: ReportedAct | None) -> str:
        return general.BY_ON.say(language, who=by(act), day=day(act)) if act else ""

    done, verified = handled.current(ActKind.RECTIFY), handled.current(ActKind.VERIFY)
    rejected = handled.last(ActKind.REJECT) if handled.state is HandlingState.ASSIGNED else None
    checked = verified or rejected
    passed = None
    if checked is not None:
        passed = verified is not None
    return NoticeHandling(
        department=sentences.shorten(handled.unit or ""),
        inspector=both(handled.last(ActKind.CONFIRM)),
        is_major=None if handled.level is None else handled.level is Level.MAJOR,
        clause=sentences.shorten(handled.basis or ""),
        measures=sentences.shorten(handled.measure or ""),
        responsible=sentences.shorten(handled.assignee or ""),
        funds=sentences.shorten(handled.funds or ""),
        deadline=say_due(handled.due_at, zone) if handled.due_at else "",
        plan=sentences.shorten(handled.plan or ""),
        issued=both(handled.last(ActKind.ASSIGN)),
        done=sentences.shorten(done.text or "") if done else "",
        done_by=by(done),
        done_on=day(done),
        is_passed=passed,
        checked_by=by(checked),
        checked_on=day(checked),
    )
