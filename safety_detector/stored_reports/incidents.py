"""Reports about incidents that the service keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.hazards import Language
from safety_detector.domain.incidents.handling import HandlingState, Review
from safety_detector.domain.incidents.incident import Change, ChangeKind
from safety_detector.domain.inspection import Inspection, Status
from safety_detector.domain.outcomes import Outcome, outcome_of_end
from safety_detector.report.contents import ReportScope
from safety_detector.report.figures import CameraCount, Lifetime, Outcomes, count_camera
from safety_detector.report.incidents.numbers import incident_number
from safety_detector.report.incidents.records import (
    CameraIncident,
    EarlierIncident,
    Evidence,
    EvidenceRole,
    Handled,
    IncidentEntry,
    IncidentScope,
    ReportedIncident,
)
from safety_detector.service.core import Service
from safety_detector.service.incidents.periods import Delivered, Story
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.reports.incident_selection import (
    select_incidents,
)
from safety_detector.service.reports.records import ReportOrder
from safety_detector.service.reports.selection import purged_span
from safety_detector.stored_reports.past_handling import handled_at
from safety_detector.stored_reports.pictures import StoredPictures
from safety_detector.stored_reports.scopes import scope_of, with_period

_GRAVER = frozenset({"severity", "fire"})
_FINAL = (HandlingState.CLOSED, HandlingState.FALSE_ALARM)


@dataclass(frozen=True, slots=True)
class PreparedIncidents:
    """The incidents that a report shows, and what it is about."""

    entries: list[IncidentEntry]
    scope: IncidentScope


def prepare_incident_report(
    service: Service,
    order: ReportOrder,
    made_at: datetime,
    local_zone: tzinfo,
    pictures: StoredPictures,
    language: Language,
) -> PreparedIncidents:
    """Reads what a report on stored incidents needs, but for the pixels.

    Args:
        service: where incidents, inspections and cameras are.
        order: what was ordered.
        made_at: the report's clock; what was done later is not part of it.
        local_zone: the zone where the order names none.
        pictures: the ways to the pictures.
        language: of the labels that are drawn on them.

    Raises:
        UnknownIncident: a named incident is not there.
        NoticeRefused: a named incident is a fault of a camera.
    """
    selected = select_incidents(service.incidents.periods, order, made_at)
    everything = (*selected.hazards, *selected.carried, *selected.of_cameras)
    stories = service.incidents.periods.stories([one.id for one in everything])
    told = _Told(stories, service.incidents.periods.zone_names(), made_at)
    incidents = [told.reported(one) for one in selected.hazards]
    inspections = service.inspections.results.get_many(_wanted(selected.hazards, stories))
    entries = [
        IncidentEntry(
            one, tuple(_evidence(stored, stories[one.id], inspections, pictures, language))
        )
        for one, stored in zip(incidents, selected.hazards, strict=True)
    ]
    carried = tuple(told.reported(one) for one in selected.carried)
    lifetimes = service.cameras.records.lifetimes()
    scope = scope_of(replace(order, notices=selected.notices), made_at, local_zone, lifetimes)
    coverage: tuple[CameraCount, ...] = ()
    if order.is_about_a_period:
        purged = purged_span(service.access.audit, order, made_at)
        scope = replace(with_period(service, order, made_at, scope), purged=purged)
        coverage = tuple(_coverage(service, order, made_at, scope))
    return PreparedIncidents(
        entries,
        IncidentScope(
            report=scope,
            as_of=_as_of(order, [*incidents, *carried], made_at),
            filters=_filters(order),
            earlier=tuple(_earlier(one) for one in selected.earlier),
            is_compared=_is_compared(service, order, made_at),
            carried=carried,
            merged=selected.merged,
            coverage=coverage,
            of_cameras=tuple(
                CameraIncident(
                    reference=incident_number(one.id),
                    camera_id=one.camera_id,
                    fault=one.hazards[0].fault,
                    since=one.first_seen_at,
                    until=one.ended_at or one.quiet_at,
                    handled=told.handled(one),
                )
                for one in selected.of_cameras
                if one.hazards[0].fault is not None
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """Tells of incidents as they stood at a moment."""

    stories: dict[str, Story]
    zones: dict[tuple[str, str], str]
    moment: datetime

    def handled(self, one: StoredIncident) -> Handled:
        """How far people were with it."""
        acts = self.stories[one.id].acts
        return handled_at(one, acts, self.moment)

    def reported(self, one: StoredIncident) -> ReportedIncident:
        """All that the report says of it."""
        zone_id = one.zone_id
        ended = one.ended_at if one.ended_at and one.ended_at <= self.moment else None
        return ReportedIncident(
            id=one.id,
            reference=incident_number(one.id),
            camera_id=one.camera_id,
            hazards=tuple(WatchedHazard(each.value) for each in one.hazards),
            severity=one.severity,
            first_seen_at=one.first_seen_at,
            opened_at=one.opened_at,
            last_seen_at=one.last_seen_at,
            looks=one.looks,
            sightings=one.sightings,
            zone_id=zone_id,
            zone=self.zones.get((one.camera_id, zone_id), zone_id) if zone_id else None,
            ended_at=ended,
            peak_score=one.peak_score,
            verified=one.verified,
            permit=one.permit.number if one.permit else one.permit_id,
            changes=tuple(each for each in self.stories[one.id].changes if each.at <= self.moment),
            handled=self.handled(one),
        )


def _wanted(incidents: Iterable[StoredIncident], stories: dict[str, Story]) -> list[str]:
    """The inspections of all pictures that are shown."""
    return [
        inspection_id
        for one in incidents
        for _, inspection_id in _chosen_pictures(one, stories[one.id])
    ]


def _chosen_pictures(one: StoredIncident, story: Story) -> Iterator[tuple[EvidenceRole, str]]:
    """Which pictures are shown of an incident, each once, the best one first."""
    opened = next((each for each in story.changes if each.kind is ChangeKind.OPENED), None)
    chosen: list[tuple[EvidenceRole, str | None]] = [
        (EvidenceRole.BEST, one.best_inspection_id),
        (EvidenceRole.OPENED, opened.inspection_id if opened else None),
        (EvidenceRole.WORST, story.worst or _worst(story.changes)),
        (EvidenceRole.AFTER, one.after.inspection_id if one.after else None),
    ]
    seen = set()
    for role, inspection_id in chosen:
        if inspection_id is not None and inspection_id not in seen:
            seen.add(inspection_id)
            yield role, inspection_id


def _worst(changes: Sequence[Change]) -> str | None:
    """The picture of the last escalation that made it graver."""
    worse = [
        one
        for one in changes
        if one.kind is ChangeKind.ESCALATED and not _GRAVER.isdisjoint(one.because)
    ]
    return worse[-1].inspection_id if worse else None


def _evidence(
    one: StoredIncident,
    story: Story,
    inspections: dict[str, Inspection],
    pictures: StoredPictures,
    language: Language,
) -> Iterator[Evidence]:
    for role, inspection_id in _chosen_pictures(one, story):
        inspection = inspections.get(inspection_id)
        if inspection is not None and inspection.status is Status.COMPLETED:
            yield Evidence(role, pictures.entry(inspection, language))


def _as_of(
    order: ReportOrder, incidents: Sequence[ReportedIncident], made_at: datetime
) -> datetime:
    """Up to when handling is told: the report's clock, as long as anything may still change.

    Where the period is over and all is closed the last thing that happened, so that the same order
    gives the same bytes whenever it is carried out.
    """
    until = order.until
    is_over = until is not None and until <= made_at
    if not is_over or any(one.handled.state not in _FINAL for one in incidents):
        return made_at
    moments = [until] if until else []
    for one in incidents:
        moments += [act.at for act in one.handled.acts]
        moments += [one.last_seen_at, *([one.ended_at] if one.ended_at else [])]
    return min(max(moments), made_at)


def _filters(order: ReportOrder) -> dict[str, str]:
    names = ("hazard", "severity", "zone_id", "state", "assignee", "level")
    return {name: str(value) for name in names if (value := getattr(order, name)) is not None}


def _earlier(one: StoredIncident) -> EarlierIncident:
    return EarlierIncident(
        camera_id=one.camera_id,
        zone_id=one.zone_id,
        hazard=WatchedHazard(one.hazards[0].value),
        opened_at=one.opened_at,
        is_false_alarm=one.review is Review.FALSE_ALARM,
    )


def _is_compared(service: Service, order: ReportOrder, made_at: datetime) -> bool:
    """Whether a camera was there when the period before began, and this one is over."""
    since, until = order.since, order.until
    if since is None or until is None or until > made_at:
        return False
    try:
        begin = since - (until - since)
    except OverflowError:
        return False
    return any(
        one.since <= begin
        for one in service.cameras.records.lifetimes()
        if order.camera_id in (None, one.id)
    )


def _coverage(
    service: Service, order: ReportOrder, made_at: datetime, scope: ReportScope
) -> Iterator[CameraCount]:
    """What each camera delivered in the period, silent ones among them."""
    since, end = order.since, min(order.until or made_at, made_at)
    lifetimes: defaultdict[str, list[Lifetime]] = defaultdict(list)
    for one in scope.cameras:
        lifetimes[one.camera_id].append(Lifetime(one.since, one.until))
    delivered = service.incidents.periods.delivered(order.camera_id, since, end)
    silent = set(lifetimes)
    for each in delivered:
        silent.discard(each.camera_id)
        own = lifetimes.get(each.camera_id, [])
        yield count_camera(each.camera_id, _outcomes(each), each.moments, own, since, end)
    for camera_id in sorted(silent):
        none = Outcomes(0, 0, 0, 0, 0, 0, 0)
        yield count_camera(camera_id, none, (), lifetimes[camera_id], since, end)


def _outcomes(delivered: Delivered) -> Outcomes:
    counts: defaultdict[Outcome, int] = defaultdict(int)
    for (status, verdict), number in delivered.ends.items():
        counts[outcome_of_end(status, verdict)] += number
    return Outcomes(
        submitted=sum(counts.values()),
        hazard=counts[Outcome.HAZARD],
        inconclusive=counts[Outcome.INCONCLUSIVE],
        clear=counts[Outcome.CLEAR],
        failed=counts[Outcome.FAILED],
        unfinished=counts[Outcome.UNFINISHED],
        incomplete=0,  # nothing is said of it
    )
