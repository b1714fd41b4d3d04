"""Carries an order for a report out, whatever it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from safety_detector.appearance.fonts import FontFiles
from safety_detector.domain.hazards import Language
from safety_detector.report.incidents.pdf import write_incident_report
from safety_detector.service.core import Service
from safety_detector.service.reports.records import ReportOrder, ReportSubject
from safety_detector.stored_reports.incidents import prepare_incident_report
from safety_detector.stored_reports.inspections import StoredReportWriter, prepare_report
from safety_detector.stored_reports.pictures import StoredPictures


@dataclass(frozen=True, slots=True)
class Written:
    """The files of a report, the whole or its index first, and how many sheets it has."""

    paths: list[Path]
    sheets: int


@dataclass(frozen=True, slots=True)
class ReportPress:
    """What it takes to report on what the service keeps.

    Attributes:
        service: where everything is.
        fonts: of the text and of labels on pictures.
        local_zone: of times, where an order names none.
    """

    service: Service
    fonts: FontFiles
    local_zone: tzinfo

    def write(
        self,
        path: Path,
        order: ReportOrder,
        made_at: datetime,
        language: Language,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Written:
        """Writes the PDF, whole or not at all; large reports have volumes beside it.

        Args:
            path: the PDF file; its folder exists.
            order: what was ordered.
            made_at: the report's clock; what came later is not part of it.
            language: of every text that does not come from outside.
            on_progress: told the number of the sheet that is begun, and how many there are.

        Raises:
            SubmissionRefused: what the order names is not there, or not final.
            ReportFailed: it cannot be made or written.
        """
        results = self.service.inspections.results
        if order.about is ReportSubject.INCIDENTS:
            pictures = StoredPictures(results, self.fonts)
            made = prepare_incident_report(
                self.service, order, made_at, self.local_zone, pictures, language
            )
            entries, scope = made.entries, made.scope
            paths = write_incident_report(path, entries, scope, self.fonts, language, on_progress)
            return Written(paths, len(entries))
        prepared = prepare_report(self.service, order, made_at, self.local_zone)
        writer = StoredReportWriter(results, self.fonts)
        inspections = prepared.inspections
        paths = writer.write(path, inspections, prepared.scope, language, on_progress)
        return Written(paths, len(inspections))
