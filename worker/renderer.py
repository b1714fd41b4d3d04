"""Claimed reports into files."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

from celery.exceptions import SoftTimeLimitExceeded

from safety_detector.domain.hazards import Language
from safety_detector.errors import (
    DatabaseUnavailable,
    ReportFailed,
    SafetyDetectorError,
    StorageUnavailable,
    UnexpectedFault,
)
from safety_detector.fonts import FontFiles
from safety_detector.local_time import local_time_zone
from safety_detector.service.core import Service
from safety_detector.service.report_records import ReportClaim, ReportFile
from safety_detector.stored_reports import StoredReportWriter, prepare_report
from worker.pulse import Pulse
from worker.retry_policy import GiveUp, Retry, Wait, decide
from worker.settlement import insist

_log = logging.getLogger(__name__)

_PROGRESS_EVERY_S = 1.0


class _ClaimLost(Exception):
    """Somebody else has the report by now."""


class Renderer:
    """Claims reports and makes them, one at a time.

    Args:
        service: where orders come from and files go.
        pulse: extends the lease meanwhile; its name is the worker's.
        find_fonts: the fonts; asked for each report, so that new ones count.
        language: of reports for which none is wanted.
    """

    def __init__(
        self,
        service: Service,
        pulse: Pulse[ReportClaim],
        find_fonts: Callable[[], FontFiles],
        language: Language,
    ) -> None:
        self._service = service
        self._pulse = pulse
        self._find_fonts = find_fonts
        self._language = language

    def render_next(self) -> bool:
        """Makes the report that waits for longest; False if nothing is due.

        Whatever goes wrong with it is settled here.

        Raises:
            DatabaseUnavailable: nothing could be claimed, or what was claimed could not be settled;
                its lease will end.
        """
        claim = self._service.report_claims.claim(self._pulse.worker)
        if claim is None:
            return False
        self._pulse.hold(claim)
        try:
            self._render(claim)
        finally:
            self._pulse.let_go(claim)
        return True

    def _render(self, claim: ReportClaim) -> None:
        try:
            self._make(claim)
        except _ClaimLost:
            _log.warning("somebody else has the report now", extra={"report": claim.report_id})
            insist(lambda: self._service.report_claims.discard(claim))
        except SafetyDetectorError as error:
            self._settle(claim, error)
        except SoftTimeLimitExceeded:
            text = (
                "The report took longer than it may; raise SAFETY_REPORT_TIME_LIMIT, or order the "
                'hazards alone ("verdict": "hazard").'
            )
            self._settle(claim, ReportFailed(text))
        except Exception as exc:  # noqa: BLE001 (the edge: a fault must not stop the worker)
            _log.exception("unexpected fault", extra={"report": claim.report_id})
            self._settle(claim, UnexpectedFault(f"Unexpected {type(exc).__name__}: {exc}"))

    def _make(self, claim: ReportClaim) -> None:
        service, order = self._service, claim.order
        prepared = prepare_report(service, order, claim.requested_at, local_time_zone())
        inspections, scope = prepared.inspections, prepared.scope
        writer = StoredReportWriter(service.results, self._find_fonts())
        folder = service.storage.begin_report(claim.report_id, claim.fence)
        path = folder / f"report-{claim.report_id}.pdf"
        language = order.language or self._language
        try:
            written = writer.write(path, inspections, scope, language, self._progress_of(claim))
        except ReportFailed as exc:
            if isinstance(exc.__cause__, OSError):  # a full disk is an outage, not the report's end
                raise StorageUnavailable(exc.message) from exc
            raise
        files = [_describe(one) for one in written]
        claims = service.report_claims
        if not insist(lambda: claims.complete(claim, files, len(inspections))):
            raise _ClaimLost
        _log.info("made", extra={"report": claim.report_id, "pictures": len(inspections)})

    def _progress_of(self, claim: ReportClaim) -> Callable[[int, int], None]:
        next_s = 0.0

        def tell(number: int, total: int) -> None:
            nonlocal next_s
            if time.monotonic() < next_s:
                return
            try:
                held = self._service.report_claims.note_progress(claim, number - 1, total)
            except DatabaseUnavailable as exc:
                _log.warning("progress was not noted: %s", exc)
                held = True
            if not held:
                raise _ClaimLost
            next_s = time.monotonic() + _PROGRESS_EVERY_S

        return tell

    def _settle(self, claim: ReportClaim, error: SafetyDetectorError) -> None:
        claims = self._service.report_claims
        decision = decide(error, failures=claim.failures, outages=claim.outages)
        _log.warning(
            "no report: %s",
            error.message,
            extra={
                "report": claim.report_id,
                "code": error.code,
                "decision": type(decision).__name__.lower(),
            },
        )
        insist(lambda: claims.discard(claim))
        match decision:
            case Wait(delay):
                insist(lambda: claims.return_claim(claim, error, delay))
            case Retry(delay):
                insist(lambda: claims.retry(claim, error, delay))
            case GiveUp():
                insist(lambda: claims.fail(claim, error))


def _describe(path: Path) -> ReportFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ReportFile(path.name, path.stat().st_size, digest)
