"""``safety-detector report``: a PDF from stored results."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from safety_detector.cli import terminal_words
from safety_detector.cli.console import printable, stderr
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.picture_files import prepare_output_file
from safety_detector.cli.startup import settings_of_existing_service
from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.local_time import local_time_zone
from safety_detector.service.incidents.records import IncidentFilter
from safety_detector.service.records import InspectionFilter
from safety_detector.service.reports.records import ReportOrder, ReportSubject
from safety_detector.stored_reports.writing import ReportPress
from safety_detector.wiring import find_configured_fonts, open_service


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Where the report goes, and what it is about."""

    out: Path
    order: ReportOrder


def run_report(options: ReportOptions) -> int:
    """Writes the report; returns the exit code.

    Raises:
        ConfigurationInvalid: nothing is chosen, or inspections and a period at the same time.
        SubmissionRefused: an inspection does not exist or is not done; a camera or batch does not
            exist.
        ReportFailed: the report cannot be made or written.
    """
    order = options.order
    _check(order)
    settings = settings_of_existing_service()
    prepare_output_file(options.out)
    with closing(open_service(settings, wake_up=lambda _queue: None)) as service:
        service.reports.orders.check(order, max_pictures=None)
        made_at = datetime.now(UTC)
        press = ReportPress(service, find_configured_fonts(settings), local_time_zone())
        language = order.language or settings.language
        with stderr.status(terminal_words.READING.say(language)) as status:

            def tell(number: int, total: int) -> None:
                said = terminal_words.SHEET.say(language, n=f"{number:,}", total=f"{total:,}")
                status.update(said)

            written = press.write(options.out, order, made_at, language, tell)
    for path in written.paths:
        said = terminal_words.REPORT.say(language, path=printable(str(path)))
        stderr.print(said, markup=False, soft_wrap=True)
    return DONE


def _check(order: ReportOrder) -> None:
    if order.since and order.until and order.since >= order.until:
        raise ConfigurationInvalid("until-before-since")
    if order.about is ReportSubject.INCIDENTS:
        _check_about_incidents(order)
        return
    if order.hazard or order.zone_id or order.assignee:
        raise ConfigurationInvalid("report-needs-incidents")
    about_all = order.filter != InspectionFilter()
    if order.inspection_ids and about_all:
        raise ConfigurationInvalid("inspection-excludes-selection")
    if not order.named_ids and not about_all:
        raise ConfigurationInvalid("report-on-what")


def _check_about_incidents(order: ReportOrder) -> None:
    if order.inspection_ids or order.batch_id or order.verdict:
        raise ConfigurationInvalid("incidents-exclude-inspections")
    about_all = order.chosen != IncidentFilter()
    if order.incident_ids and about_all:
        raise ConfigurationInvalid("incident-excludes-selection")
    if not order.named_incidents and not about_all:
        raise ConfigurationInvalid("report-on-which-incidents")
