"""One picture from its claim to its record."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from celery.exceptions import SoftTimeLimitExceeded

from safety_detector.domain.hazards import Language
from safety_detector.errors import (
    DatabaseUnavailable,
    SafetyDetectorError,
    TimeLimitExceeded,
    UnexpectedFault,
)
from safety_detector.fonts import FontFiles
from safety_detector.ingest.admission import Limits
from safety_detector.pipeline import InspectedPicture, inspect_picture
from safety_detector.ports import Detector
from safety_detector.service.core import Service
from safety_detector.service.records import Claim
from worker.pixel_budget import PixelBudget
from worker.pulse import Pulse
from worker.retry_policy import GiveUp, Retry, Wait, decide

_log = logging.getLogger(__name__)

# A result is worth waiting for: while the database restarts it is offered again and again.  Should
# the lease end meanwhile, the fence decides whether it still counts.
_INSIST_FOR_S = 60.0
_INSIST_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Equipment:
    """What pictures are inspected with.

    Attributes:
        detector: of the backend whose pictures are claimed.
        limits: checked again, since they may have changed after a picture was accepted.
        fonts, language: of the annotated pictures.
    """

    detector: Detector
    limits: Limits
    fonts: FontFiles
    language: Language


class Inspector:
    """Claims and inspects pictures; safe to use from several threads.

    Args:
        service: where pictures come from and results go.
        pulse: extends the leases meanwhile; its name is the worker's.
        backend: whose pictures.
        equipment: what they are inspected with.
    """

    def __init__(self, service: Service, pulse: Pulse, backend: str, equipment: Equipment) -> None:
        self._service = service
        self._pulse = pulse
        self._backend = backend
        self._equipment = equipment
        self._budget = PixelBudget()

    def inspect_next(self) -> bool:
        """Inspects the most urgent due picture; False if nothing is due.

        Whatever goes wrong with the picture is settled here.

        Raises:
            DatabaseUnavailable: nothing could be claimed, or what was claimed could not be settled;
                its lease will end.
        """
        claim = self._service.claims.claim(self._backend, self._pulse.worker)
        if claim is None:
            return False
        with self._pulse.holding(claim):
            try:
                self._inspect(claim)
            except SafetyDetectorError as error:
                self._settle(claim, error)
            except SoftTimeLimitExceeded:
                self._settle(claim, TimeLimitExceeded("The picture took longer than it may."))
            except Exception as exc:  # noqa: BLE001 (the edge: a fault must not stop the worker)
                _log.exception("unexpected fault", extra={"inspection": claim.inspection_id})
                self._settle(claim, UnexpectedFault(f"Unexpected {type(exc).__name__}: {exc}"))
        return True

    def _inspect(self, claim: Claim) -> None:
        picture = claim.picture
        pixels = (picture.width or 0) * (picture.height or 0)
        with self._budget.room_for(pixels):
            inspected, annotated_jpeg = self._look(claim)
        recorded = _insist(lambda: self._service.claims.record(claim, inspected, annotated_jpeg))
        _log.log(
            logging.INFO if recorded else logging.WARNING,
            "inspected" if recorded else "inspected, but somebody else has it now",
            extra={
                "inspection": claim.inspection_id,
                "verdict": inspected.verdict.value,
                "waited_s": round((claim.claimed_at - claim.received_at).total_seconds(), 3),
            },
        )

    def _look(self, claim: Claim) -> tuple[InspectedPicture, bytes]:
        equipment = self._equipment
        data = self._service.storage.read_picture(claim.picture.sha256 or "")
        inspected = inspect_picture(data, claim.picture.name, equipment.detector, equipment.limits)
        return inspected, inspected.annotated_jpeg(equipment.fonts, equipment.language)

    def _settle(self, claim: Claim, error: SafetyDetectorError) -> None:
        decision = decide(error, failures=claim.failures, outages=claim.outages)
        _log.warning(
            "no result: %s",
            error.message,
            extra={
                "inspection": claim.inspection_id,
                "code": error.code,
                "decision": type(decision).__name__.lower(),
            },
        )
        claims = self._service.claims
        match decision:
            case Wait(delay):
                _insist(lambda: claims.return_claim(claim, error, delay))
            case Retry(delay):
                _insist(lambda: claims.retry(claim, error, delay))
            case GiveUp():
                _insist(lambda: claims.fail(claim, error))


def _insist(write: Callable[[], bool]) -> bool:
    """Tries again while the database is away, for a while."""
    until = time.monotonic() + _INSIST_FOR_S
    while True:
        try:
            return write()
        except DatabaseUnavailable as exc:
            if time.monotonic() >= until:
                raise
            _log.warning("not written yet: %s", exc)
            time.sleep(_INSIST_EVERY_S)
