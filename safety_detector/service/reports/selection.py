"""Which inspections a report is about, and whether it can be about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ulid import ULID

from safety_detector.domain.inspection import Inspection, Status
from safety_detector.domain.urgency import urgency_of
from safety_detector.errors import (
    InspectionUnfinished,
    PeriodNotBegun,
    ReportTooLarge,
    UnknownInspection,
)
from safety_detector.report.notices import refuse_without_hazard
from safety_detector.service.access.audit import AuditAction, AuditFilter, AuditLog
from safety_detector.service.inspections.results import Results
from safety_detector.service.records import InspectionFilter
from safety_detector.service.reports.records import ReportOrder, ReportSort

_PAGE = 500  # inspections that are read from the database at a time
_MOST_NAMED = 10  # ids in a message
_MOST_COMPARED = 20_000  # inspections of the period before, which are only counted


def check_order(
    results: Results, order: ReportOrder, max_pictures: int | None, now: datetime
) -> None:
    """Passes when the report can be made as far as is known today.

    Args:
        results: where the inspections are.
        order: what is ordered.
        max_pictures: most inspections in the report; None for any number.
        now: the present moment.

    Raises:
        PeriodNotBegun: the period lies in the future.
        UnknownInspection: a named inspection is not there, or one of a notice is not in the report.
        InspectionUnfinished: a named one is not final.
        NoticeRefused: one of a notice found no hazard.
        ReportTooLarge: more pictures than ``max_pictures``.
    """
    check_begun(order, now)
    if order.named_ids:
        check_size(len(order.named_ids), max_pictures)
    found = _named(results, order.named_ids or order.notices)
    for one in found:
        if one.id in order.notices:
            refuse_without_hazard(one)
    if order.named_ids:
        return
    _check_within(found, order.filter)
    if max_pictures is not None:
        check_size(results.count(order.filter, max_pictures + 1), max_pictures)


def purged_span(
    log: AuditLog, order: ReportOrder, before: datetime
) -> tuple[datetime, datetime] | None:
    """When the first and the last picture were taken that retention removed from a report's period.

    The audit log tells of spans of time and not of each picture, so that some of another camera or
    batch may be among them.  Its older entries tell of arrivals alone.

    Args:
        log: what was purged.
        order: a report that goes by camera, batch or period; named inspections are there or not.
        before: pictures that arrived later are not part of the report.

    Returns:
        None if nothing was removed that the report could have been about.
    """
    if order.named_ids:
        return None
    begin = _begin_of(order.batch_id, before) if order.batch_id else None
    wanted = AuditFilter(action=AuditAction.PURGED, since=order.since or begin)
    found: tuple[datetime, datetime] | None = None
    cursor = None
    while entries := log.entries(wanted, _PAGE, cursor):
        cursor = entries[-1].id
        for entry in entries:
            first, last = (_time_taken(entry.details, end) for end in ("first", "last"))
            if (order.since and last < order.since) or (order.until and first >= order.until):
                continue
            if begin and _time_of(entry.details["last"]) < begin:  # arrived before the batch began
                continue
            found = (min(first, found[0]), max(last, found[1])) if found else (first, last)
    return found


def read_inspections(results: Results, order: ReportOrder, before: datetime) -> list[Inspection]:
    """The inspections of the report: the named ones in their order, others as the order sorts them.

    By time the oldest comes first; by urgency the most urgent, of equals the oldest.

    Args:
        results: where they are.
        order: which.
        before: others that arrived later are not part of the report.

    Raises:
        UnknownInspection, InspectionUnfinished: as for ``check_order``.
    """
    if order.named_ids:
        return _named(results, order.named_ids)
    found = _read(results, replace(order.filter, arrived_before=before))
    if order.sort is ReportSort.URGENCY:
        found.sort(key=_urgency, reverse=True)  # stable: of equals the oldest stays first
    return found


def read_whole(results: Results, order: ReportOrder, before: datetime) -> list[Inspection] | None:
    """Every inspection that a report on some of them counts, oldest first; None if it shows all.

    Args:
        results: where they are.
        order: which report.
        before: others that arrived later are not part of it.
    """
    if order.named_ids or order.verdict is None:
        return None
    return _read(results, replace(order.filter, verdict=None, arrived_before=before))


def read_before(results: Results, order: ReportOrder, made_at: datetime) -> list[Inspection] | None:
    """The inspections of the period before the order's, of the same length, to compare with.

    None where the order has no period that has ended, or the one before has more pictures than are
    read for a comparison.
    """
    since, until = order.since, order.until
    if order.named_ids or since is None or until is None or until > made_at:
        return None
    try:
        earlier = since - (until - since)
    except OverflowError:
        return None
    wanted = replace(order.filter, verdict=None, since=earlier, until=since, arrived_before=made_at)
    if results.count(wanted, _MOST_COMPARED + 1) > _MOST_COMPARED:
        return None
    return _read(results, wanted)


def _read(results: Results, wanted: InspectionFilter) -> list[Inspection]:
    found: list[Inspection] = []
    cursor = None
    while True:
        page = results.list(wanted, _PAGE, cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found[::-1]


def _urgency(one: Inspection) -> int:
    return urgency_of(one.status, one.verdict, (each.hazard for each in one.detections))


def _begin_of(batch_id: str, latest: datetime) -> datetime | None:
    """When a batch's id was made; None where that is no time, as in one made of a client's key."""
    made = ULID.from_str(batch_id)
    return made.datetime if made.timestamp <= latest.timestamp() else None


def _time_taken(details: Mapping[str, Any], end: str) -> datetime:
    taken = details.get(f"{end}_taken")
    return datetime.fromisoformat(taken) if taken else _time_of(details[end])


def _time_of(ulid: str) -> datetime:
    return ULID.from_str(ulid).datetime


def _named(results: Results, ids: Sequence[str]) -> list[Inspection]:
    found = results.get_many(ids)
    unknown = [one for one in ids if one not in found]
    if unknown:
        raise UnknownInspection("no-inspections", ids=list_ids(unknown))
    waiting = [
        one.id for one in found.values() if one.status not in (Status.COMPLETED, Status.FAILED)
    ]
    if waiting:
        raise InspectionUnfinished("inspections-unfinished", ids=list_ids(waiting))
    return [found[one] for one in ids]


def check_begun(order: ReportOrder, now: datetime) -> None:
    """Passes a period that has begun: of another an empty report would say that cameras failed.

    Raises:
        PeriodNotBegun: it lies in the future.
    """
    if order.since is not None and order.since > now:
        here = now.astimezone(order.since.tzinfo)
        raise PeriodNotBegun(
            "period-not-begun",
            since=order.since.isoformat(timespec="seconds"),
            now=here.isoformat(timespec="seconds"),
        )


def _check_within(noticed: Sequence[Inspection], wanted: InspectionFilter) -> None:
    outside = [one.id for one in noticed if not _matches(one, wanted)]
    if outside:
        raise UnknownInspection("notice-outside-selection", ids=list_ids(outside))


def _matches(one: Inspection, wanted: InspectionFilter) -> bool:
    return (
        wanted.camera_id in (None, one.camera_id)
        and wanted.batch_id in (None, one.batch_id)
        and wanted.verdict in (None, one.verdict)
        and (wanted.since is None or one.when_taken.at >= wanted.since)
        and (wanted.until is None or one.when_taken.at < wanted.until)
    )


def check_size(pictures: int, max_pictures: int | None) -> None:
    """Passes a number of pictures that one report may have.

    Raises:
        ReportTooLarge: there are more.
    """
    if max_pictures is not None and pictures > max_pictures:
        raise ReportTooLarge("report-too-large", limit=max_pictures)


def list_ids(ids: Collection[str]) -> str:
    """The first few ids for a message, and how many more there are."""
    shown = ", ".join(repr(one[:64]) for one in list(ids)[:_MOST_NAMED])
    return shown if len(ids) <= _MOST_NAMED else f"{shown} and {len(ids) - _MOST_NAMED} more"
