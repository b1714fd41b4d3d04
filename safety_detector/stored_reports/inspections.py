"""Reports about inspections that the service keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path

from safety_detector.appearance.fonts import FontFiles
from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection
from safety_detector.report.contents import (
    ReportScope,
    WholeCounts,
)
from safety_detector.report.figures import count_dangers, count_hazards, count_outcomes
from safety_detector.report.pdf import write_report
from safety_detector.service.core import Service
from safety_detector.service.inspections.results import Results
from safety_detector.service.reports.records import ReportOrder
from safety_detector.service.reports.selection import (
    purged_span,
    read_before,
    read_inspections,
    read_whole,
)
from safety_detector.stored_reports.pictures import StoredPictures
from safety_detector.stored_reports.scopes import scope_of, with_period


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
        scope = with_period(service, order, made_at, scope)
    return PreparedReport(inspections, scope)


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
        pictures = StoredPictures(self.results, self.fonts)
        entries = [pictures.entry(one, language) for one in inspections]
        return write_report(path, entries, scope, self.fonts, language, on_progress)
