"""Reports about inspections that the service keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path

from safety_detector import __version__
from safety_detector.annotation.draw import painter_for
from safety_detector.appearance.fonts import FontFiles
from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection
from safety_detector.errors import StorageUnavailable
from safety_detector.pictures.images import RgbImage, decode, read_header
from safety_detector.report.contents import (
    ExpectedCamera,
    FaultSpell,
    ReportEntry,
    ReportScope,
    UninspectedFrames,
    WholeCounts,
)
from safety_detector.report.figures import count_dangers, count_hazards, count_outcomes
from safety_detector.report.pdf import write_report
from safety_detector.service.cameras.history import CameraLifetime
from safety_detector.service.core import Service
from safety_detector.service.inspections.results import Results
from safety_detector.service.records import StoredPicture
from safety_detector.service.reports.records import ReportOrder
from safety_detector.service.reports.selection import (
    purged_span,
    read_before,
    read_inspections,
    read_whole,
)


@dataclass(frozen=True, slots=True)
class PreparedReport:
    """The inspections that a report shows, in their order, and what it is about."""

    inspections: list[Inspection]
    scope: ReportScope


def prepare_report(
    service: Service, order: ReportOrder, made_at: datetime, local_zone: tzinfo
) -> PreparedReport:
    """Reads what a report on stored inspections needs, but for the pictures.

    Args:
        service: where inspections and cameras are.
        order: what was ordered.
        made_at: the report's clock; what arrived later is not part of it.
        local_zone: the zone where the order names none.

    Raises:
        UnknownInspection, InspectionUnfinished: a named inspection is not there or not final.
    """
    inspections = read_inspections(service.inspections.results, order, made_at)
    whole = read_whole(service.inspections.results, order, made_at)
    cameras = service.cameras.records.lifetimes()
    purged = purged_span(service.access.audit, order, made_at)
    scope = scope_of(order, made_at, local_zone, cameras, purged)
    before = read_before(service.inspections.results, order, made_at)
    if before:
        scope = replace(scope, before=count_dangers(before))
    if whole is not None:
        counts = WholeCounts(count_outcomes(whole), count_hazards(whole), tuple(whole))
        scope = replace(scope, whole=counts, verdict=order.verdict)
    if order.is_about_a_period:
        fates = service.cameras.records.frame_fates(
            order.since, min(order.until or made_at, made_at)
        )
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
        scope = replace(scope, frames=frames, faults=spells)
    return PreparedReport(inspections, scope)


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
        notices_alone=bool(order.notices) and not order.inspection_ids and bool(order.named_ids),
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


@dataclass(frozen=True, slots=True)
class StoredReportWriter:
    """What it takes to report on stored inspections.

    Attributes:
        results: where inspections and their pictures are.
        fonts: of the text and of labels on pictures, which are drawn for their size on paper.
    """

    results: Results
    fonts: FontFiles

    def write(
        self,
        path: Path,
        inspections: Sequence[Inspection],
        scope: ReportScope,
        language: Language,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> list[Path]:
        """Writes the PDF, whole or not at all; returns the files (large reports have volumes).

        Pictures are loaded one at a time.  One that retention has removed is reported as gone.

        Args:
            path: the PDF file; its folder exists.
            inspections: in the order in which they are numbered.
            scope: what the report is about.
            language: of every text that does not come from outside.
            on_progress: see ``write_report``.

        Raises:
            ReportFailed: it cannot be made or written.
        """
        entries = [self._entry(one, language) for one in inspections]
        return write_report(path, entries, scope, self.fonts, language, on_progress)

    def _entry(self, inspection: Inspection, language: Language) -> ReportEntry:
        return ReportEntry(
            inspection,
            original=partial(self._load, self.results.original, inspection.id),
            annotated=partial(self._load, self.results.annotated, inspection.id),
            paint=painter_for(inspection, self.fonts, language),
        )

    def _load(
        self, find: Callable[[str], StoredPicture | None], inspection_id: str
    ) -> RgbImage | None:
        """The upright picture; None if there is none, or none that can be read any more.

        Raises:
            PictureRefused: what is stored cannot be decoded.
        """
        picture = find(inspection_id)
        if picture is None:
            return None
        try:
            data = self.results.read(picture)
        except StorageUnavailable:
            return None
        return None if data is None else decode(data, read_header(data))
