"""Which incidents a report is about, and whether it can be about them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from safety_detector.domain.incidents.handling import Review
from safety_detector.errors import NoticeRefused, UnknownIncident
from safety_detector.service.incidents.periods import Periods
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.reports.records import ReportOrder, ReportSort
from safety_detector.service.reports.selection import check_begun, check_size, list_ids

_LOOKED_BACK = timedelta(days=30)
"""For repetitions, before the beginning of a period."""


@dataclass(frozen=True, slots=True)
class SelectedIncidents:
    """The incidents of a report.

    Attributes:
        hazards: what pictures show, in the report's order; false alarms are among them.
        of_cameras: faults of cameras, which are told in the coverage.
        merged: how many went into others.
        carried: hazards from before the period that were not closed when it began.
        earlier: those from before the period, as far back as they count for a comparison.
        notices: ids of the incidents for which a notice is made, as they are now.
    """

    hazards: tuple[StoredIncident, ...]
    of_cameras: tuple[StoredIncident, ...] = ()
    merged: int = 0
    carried: tuple[StoredIncident, ...] = ()
    earlier: tuple[StoredIncident, ...] = ()
    notices: tuple[str, ...] = ()


def check_incident_order(
    periods: Periods, order: ReportOrder, max_pictures: int | None, now: datetime
) -> None:
    """Passes when the report can be made as far as is known today.

    Args:
        periods: where incidents are.
        order: what is ordered.
        max_pictures: most incidents, each of which has a picture; None for any number.
        now: the present moment.

    Raises:
        PeriodNotBegun: the period lies in the future.
        UnknownIncident: a named incident is not there, or one of a notice is not in the report.
        NoticeRefused: one of a notice is no hazard.
        ReportTooLarge: more incidents than may be.
    """
    check_begun(order, now)
    selected = select_incidents(periods, order, now)
    check_size(len(selected.hazards), max_pictures)
    known = {one.id: one for one in selected.hazards}
    outside = [one for one in selected.notices if one not in known]
    if outside:
        raise UnknownIncident("notice-incident-outside", ids=list_ids(outside))
    for one in selected.notices:
        if known[one].review is Review.FALSE_ALARM:
            raise NoticeRefused("notice-on-false-alarm", incident_id=one)


def select_incidents(periods: Periods, order: ReportOrder, before: datetime) -> SelectedIncidents:
    """The incidents of the report: the named ones in their order, others as the order sorts them.

    By time the earliest comes first; by urgency the gravest, of equals the earliest.

    Args:
        periods: where they are.
        order: which.
        before: what opened later is not part of the report.

    Raises:
        UnknownIncident: a named incident is not there.
        NoticeRefused: a named incident is a fault of a camera.
    """
    notices = _present_ids(periods, order.notices)
    if order.named_incidents:
        found = periods.named(order.named_incidents)
        _check_known(order.named_incidents, found)
        hazards = {one.id: one for one in found.values()}
        for one in hazards.values():
            if one.is_of_camera:
                raise NoticeRefused("incident-of-camera", incident_id=one.id)
        return SelectedIncidents(tuple(hazards.values()), notices=notices)
    until = before if order.until is None else min(order.until, before)
    chosen = replace(order.chosen, until=until)
    found_ones = periods.opened(chosen)
    hazards_found = [one for one in found_ones if not one.is_of_camera]
    if order.sort is ReportSort.URGENCY:
        hazards_found.sort(key=_urgency)  # stable: of equals the earliest stays first
    return SelectedIncidents(
        hazards=tuple(hazards_found),
        of_cameras=tuple(one for one in found_ones if one.is_of_camera),
        merged=periods.count_parts(chosen),
        carried=periods.unclosed_at(order.chosen, order.since) if order.since else (),
        earlier=_earlier(periods, order),
        notices=notices,
    )


def _earlier(periods: Periods, order: ReportOrder) -> tuple[StoredIncident, ...]:
    """Hazards of the period before, of the same length, and of the days that count repetitions."""
    since = order.since
    if since is None:
        return ()
    length = order.until - since if order.until else timedelta(0)
    try:
        begin = since - max(length, _LOOKED_BACK)
    except OverflowError:
        return ()
    found = periods.opened(replace(order.chosen, since=begin, until=since))
    return tuple(one for one in found if not one.is_of_camera)


def _present_ids(periods: Periods, incident_ids: Sequence[str]) -> tuple[str, ...]:
    """The ids that incidents have by now, of ids that they had."""
    found = periods.named(incident_ids)
    _check_known(incident_ids, found)
    return tuple(dict.fromkeys(found[one].id for one in incident_ids))


def _check_known(wanted: Sequence[str], found: Collection[str]) -> None:
    unknown = [one for one in wanted if one not in found]
    if unknown:
        raise UnknownIncident("no-incidents", ids=list_ids(unknown))


def _urgency(one: StoredIncident) -> tuple[int, int]:
    return (list(type(one.hazards[0])).index(one.hazards[0]), -one.severity.rank)
