"""What reports on stored things are about: period, zone of times, cameras and their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from safety_detector import __version__
from safety_detector.report.contents import (
    ExpectedCamera,
    FaultSpell,
    ReportScope,
    UninspectedFrames,
)
from safety_detector.service.cameras.history import CameraLifetime
from safety_detector.service.core import Service
from safety_detector.service.reports.records import ReportOrder


def with_period(
    service: Service, order: ReportOrder, made_at: datetime, scope: ReportScope
) -> ReportScope:
    """The scope with what happened to cameras and their frames in the order's period."""
    fates = service.cameras.records.frame_fates(order.since, min(order.until or made_at, made_at))
    frames = {
        camera_id: UninspectedFrames(one.replaced, one.skipped, one.unchanged)
        for camera_id, one in fates.items()
        if order.camera_id in (None, camera_id)
    }
    end = min(order.until or made_at, made_at)
    spells = tuple(
        # What came after the period is not told, or a report made later would say more.
        FaultSpell(
            one.camera_id,
            one.fault,
            one.since,
            one.ended_at if one.ended_at is not None and one.ended_at <= end else None,
        )
        for one in service.cameras.health.faults_between(order.since, end)
        if order.camera_id in (None, one.camera_id) and one.noticed_at <= end
    )
    return replace(scope, frames=frames, faults=spells)


def camera_labels(cameras: Iterable[CameraLifetime]) -> dict[str, str]:
    """What people call cameras, by their ids: the last name that each had.

    Where several have one name, or one has the id of another for its name, the id stands beside it.
    """
    names = {one.id: one.name.strip() or one.id for one in cameras}  # the last lifetime wins
    used = Counter(name.casefold() for name in names.values())
    ids = {camera_id.casefold(): camera_id for camera_id in names}

    def is_clear(camera_id: str, name: str) -> bool:
        return used[name.casefold()] == 1 and ids.get(name.casefold(), camera_id) == camera_id

    return {
        camera_id: name if is_clear(camera_id, name) else f"{name} ({camera_id})"
        for camera_id, name in names.items()
    }


def scope_of(
    order: ReportOrder,
    made_at: datetime,
    local_zone: tzinfo,
    cameras: Sequence[CameraLifetime],
    purged: tuple[datetime, datetime] | None = None,
) -> ReportScope:
    """What a report on stored inspections is about.

    Args:
        order: what was ordered; its times are written in the zone of its period.
        made_at: the report's clock.
        local_zone: the zone where the order names none.
        cameras: every camera that there is and that there was, by id; those that could have sent
            pictures are expected to.
        purged: see ``purged_span``.
    """
    return ReportScope(
        made_at=made_at,
        made_by=f"safety-detector {__version__}",
        title=order.title,
        site=order.site,
        since=order.since,
        until=order.until,
        camera_id=order.camera_id,
        time_zone=_zone_of(order, local_zone),
        notices=order.notices,
        notices_alone=bool(order.notices)
        and not (order.inspection_ids or order.incident_ids)
        and bool(order.named_ids or order.named_incidents),
        cameras=_expected_cameras(order, cameras) if order.is_about_a_period else (),
        camera_names=camera_labels(cameras),
        purged=purged,
    )


def _zone_of(order: ReportOrder, local_zone: tzinfo) -> tzinfo:
    """The zone in which the order gives its times.

    An offset alone is taken for the zone here where that has the same one at that moment, so that
    each time of the report has the offset it had then.
    """
    moment = order.since or order.until
    if moment is None or moment.tzinfo is None:
        return local_zone
    if moment.astimezone(local_zone).utcoffset() == moment.utcoffset():
        return local_zone
    return moment.tzinfo


def _expected_cameras(
    order: ReportOrder, cameras: Iterable[CameraLifetime]
) -> tuple[ExpectedCamera, ...]:
    """Those that were there in the period, also the ones that are switched off."""
    return tuple(
        ExpectedCamera(one.id, one.since, one.until)
        for one in cameras
        if order.camera_id in (None, one.id)
        and (order.until is None or one.since < order.until)
        and (order.since is None or one.until is None or one.until > order.since)
    )
