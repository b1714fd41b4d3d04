"""Makes claimed reports into files."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from celery.exceptions import SoftTimeLimitExceeded

from safety_detector import wiring
from safety_detector.appearance.fonts import FontFiles
from safety_detector.domain.hazards import Language
from safety_detector.errors import (
    DatabaseUnavailable,
    ReportFailed,
    SafetyDetectorError,
    StorageUnavailable,
)
from safety_detector.host.local_time import local_time_zone
from safety_detector.jobs.records import Claim
from safety_detector.jobs.runner import insist
from safety_detector.jobs.store import JobStore
from safety_detector.service.core import Service
from safety_detector.service.reports.records import ClaimedReport, ReportFile
from safety_detector.settings import Settings
from safety_detector.stored_reports.writing import ReportPress

_log = logging.getLogger(__name__)

_PROGRESS_EVERY_S = 1.0

# A third of the weight that an inspecting process has in Linux' scheduler: a report gives way to a
# backlog, and is done all the same.
_NICENESS = 5


class _ClaimLost(Exception):
    """Somebody else has the report by now."""


class Renderer:
    """Makes claimed reports.

    Args:
        service: where orders come from and files go.
        find_fonts: the fonts; asked for each report, so that new ones count.
        language: of reports for which none is wanted.
    """

    def __init__(
        self, service: Service, find_fonts: Callable[[], FontFiles], language: Language
    ) -> None:
        self._service = service
        self._find_fonts = find_fonts
        self._language = language

    def handle(self, claim: Claim[ClaimedReport], begin: Callable[[], None]) -> bool:
        """Makes one report; what is written of one that cannot be made is removed.

        Raises:
            SafetyDetectorError: there is no report.
        """
        begin()
        try:
            self._make(claim)
        except _ClaimLost:
            _log.warning("somebody else has the report now", extra={"report": claim.subject_id})
            self._discard(claim)
        except Exception:
            self._discard(claim)
            raise
        return True

    def explain(self, fault: Exception) -> SafetyDetectorError | None:
        """Celery's limit stops a report by an exception."""
        if isinstance(fault, SoftTimeLimitExceeded):
            return ReportFailed("report-took-too-long")
        return None

    def _discard(self, claim: Claim[ClaimedReport]) -> None:
        insist(lambda: self._service.reports.files.discard(claim))

    def _make(self, claim: Claim[ClaimedReport]) -> None:
        service, order = self._service, claim.subject.order
        press = ReportPress(service, self._find_fonts(), local_time_zone())
        folder = service.reports.files.begin(claim)
        path = folder / f"report-{claim.subject_id}.pdf"
        language = order.language or self._language
        try:
            made_at = claim.subject.requested_at
            written = press.write(path, order, made_at, language, self._progress_of(claim))
        except ReportFailed as exc:
            if isinstance(exc.__cause__, OSError):  # a full disk is an outage, not the report's end
                raise StorageUnavailable(exc.reason) from exc
            raise
        files = [_describe(one) for one in written.paths]
        made = service.reports.files
        if not insist(lambda: made.complete(claim, files, written.sheets)):
            raise _ClaimLost
        _log.info("made", extra={"report": claim.subject_id, "sheets": written.sheets})

    def _progress_of(self, claim: Claim[ClaimedReport]) -> Callable[[int, int], None]:
        next_s = 0.0

        def tell(number: int, total: int) -> None:
            nonlocal next_s
            if time.monotonic() < next_s:
                return
            try:
                held = self._service.reports.files.note_progress(claim, number - 1, total)
            except DatabaseUnavailable as exc:
                _log.warning("progress was not noted: %s", exc)
                held = True
            if not held:
                raise _ClaimLost
            next_s = time.monotonic() + _PROGRESS_EVERY_S

        return tell


class ReportWork:
    """Making reports; no detector, so that it is light."""

    burst_s = 0.0  # a report a wake-up
    most_at_once = 1

    def longest(self, settings: Settings) -> timedelta:
        """How long a report may take."""
        return settings.report_time_limit

    def store(self, service: Service) -> JobStore[ClaimedReport]:
        """The reports."""
        return service.reports.jobs

    def open(
        self,
        settings: Settings,
        service: Service,
        let_go: Callable[[Claim[ClaimedReport]], None],  # noqa: ARG002 (reports are settled at once)
    ) -> Renderer:
        """Gives way to pictures, also where all workers share one machine."""
        os.nice(_NICENESS)
        find_fonts = partial(wiring.find_configured_fonts, settings)
        return Renderer(service, find_fonts, settings.language)

    def close(self) -> None:
        """Nothing is open."""


def _describe(path: Path) -> ReportFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ReportFile(path.name, path.stat().st_size, digest)
