"""``safety-detector report``: a PDF from stored results."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from safety_detector import __version__
from safety_detector.cli.console import printable, stderr
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.picture_files import prepare_output_file
from safety_detector.cli.startup import local_time_zone, settings_with_warnings
from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection, Status
from safety_detector.errors import ConfigurationInvalid
from safety_detector.report.contents import ReportScope
from safety_detector.service.records import InspectionFilter
from safety_detector.service.results import Results
from safety_detector.stored_reports import ReportDesk
from safety_detector.wiring import find_configured_fonts, open_service

_PAGE = 500  # inspections that are read from the database at a time


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Which inspections are reported, and how; None means any."""

    out: Path
    inspection_ids: Sequence[str]
    camera_id: str | None
    batch_id: str | None
    since: datetime | None
    until: datetime | None
    language: Language | None


def run_report(options: ReportOptions) -> int:
    """Writes the report; returns the exit code.

    Raises:
        ConfigurationInvalid: an inspection does not exist or is not done, or nothing is chosen.
        ReportFailed: the report cannot be made or written.
    """
    settings = settings_with_warnings()
    prepare_output_file(options.out)
    language = options.language or settings.language
    with closing(open_service(settings, wake_up=lambda _backend: None)) as service:
        inspections = _choose(service.results, options)
        desk = ReportDesk(service.results, find_configured_fonts(settings), settings.language)
        scope = ReportScope(
            made_at=datetime.now(UTC),
            made_by=f"safety-detector {__version__}",
            camera_id=options.camera_id,
            since=options.since,
            until=options.until,
            time_zone=local_time_zone(),
        )
        for path in desk.write(options.out, inspections, scope, language):
            stderr.print(f"Report: {printable(str(path))}", markup=False, soft_wrap=True)
    return DONE


def _choose(results: Results, options: ReportOptions) -> list[Inspection]:
    if options.inspection_ids:
        return [_final(results, inspection_id) for inspection_id in options.inspection_ids]
    wanted = InspectionFilter(
        camera_id=options.camera_id,
        batch_id=options.batch_id,
        since=options.since,
        until=options.until,
    )
    if wanted == InspectionFilter():
        raise ConfigurationInvalid(
            "Say what the report is about: --inspection ID, --camera ID, --batch ID, --since or "
            "--until."
        )
    found: list[Inspection] = []
    cursor = None
    while True:
        page = results.list(wanted, _PAGE, cursor)
        found += page.inspections
        cursor = page.next_cursor
        if cursor is None:
            return found[::-1]  # oldest first


def _final(results: Results, inspection_id: str) -> Inspection:
    inspection = results.get(inspection_id)
    if inspection is None:
        raise ConfigurationInvalid(f"There is no inspection {inspection_id!r}.")
    if inspection.status not in (Status.COMPLETED, Status.FAILED):
        raise ConfigurationInvalid(
            f"Inspection {inspection_id} is {inspection.status}; report on it when it is done."
        )
    return inspection
