"""Claimed pictures through the pipeline."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass

from celery.exceptions import SoftTimeLimitExceeded

from safety_detector.domain.hazards import Language
from safety_detector.errors import SafetyDetectorError, TimeLimitExceeded, UnexpectedFault
from safety_detector.fonts import FontFiles
from safety_detector.ingest.admission import Limits, admit
from safety_detector.memory_budget import MemoryBudget
from safety_detector.pipeline import inspect_picture
from safety_detector.ports import Detector
from safety_detector.service.core import Service
from safety_detector.service.records import PRIORITIES, Claim, Finding, Priority
from worker.appetite import Appetite
from worker.finisher import Finisher
from worker.pulse import Pulse
from worker.settlement import settle

_log = logging.getLogger(__name__)


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
        service: where pictures come from.
        pulse: extends the leases meanwhile; its name is the worker's.
        finisher: takes the results.
        backend: whose pictures.
        equipment: what they are inspected with.
    """

    def __init__(
        self,
        service: Service,
        pulse: Pulse[Claim],
        finisher: Finisher,
        backend: str,
        equipment: Equipment,
    ) -> None:
        self._service = service
        self._pulse = pulse
        self._finisher = finisher
        self._backend = backend
        self._equipment = equipment
        self._budget = MemoryBudget()
        self._appetite = Appetite()

    def inspect_next(self) -> int:
        """Inspects the most urgent due pictures; returns how many, 0 if nothing is due.

        Whatever goes wrong with a picture is settled here.

        Raises:
            DatabaseUnavailable: nothing could be claimed, or what was claimed could not be settled;
                its lease will end.
        """
        claims = self._service.claims.claim_several(
            self._backend, self._pulse.worker, self._appetite.pictures
        )
        for claim in claims:
            self._pulse.hold_waiting(claim)
        untouched = deque(claims)
        try:
            while untouched:
                started = time.monotonic()
                self._inspect(untouched.popleft())
                self._appetite.inspected(time.monotonic() - started)
        finally:
            for claim in untouched:
                self._pulse.let_go(claim)
        return len(claims)

    def _inspect(self, claim: Claim) -> None:
        try:
            self._finisher.hand_over(self._look(claim))
        except SafetyDetectorError as error:
            self._settle(claim, error)
        except SoftTimeLimitExceeded:
            self._settle(claim, TimeLimitExceeded("The picture took longer than it may."))
        except Exception as exc:  # noqa: BLE001 (the edge: a fault must not stop the worker)
            _log.exception("unexpected fault", extra={"inspection": claim.inspection_id})
            self._settle(claim, UnexpectedFault(f"Unexpected {type(exc).__name__}: {exc}"))

    def _look(self, claim: Claim) -> Finding:
        picture, equipment = claim.picture, self._equipment
        with self._budget.room_for(self._bytes_for(claim)):
            self._pulse.hold(claim)  # only now: what waits for memory does not hang
            data = self._service.storage.read_picture(picture.sha256 or "")
            inspected = inspect_picture(
                data,
                picture.name,
                equipment.detector,
                equipment.limits,
                attempt=claim.failures + 1,
                urgent=PRIORITIES[claim.source] is Priority.URGENT,
            )
            annotated_jpeg = inspected.annotated_jpeg(equipment.fonts, equipment.language)
        return Finding(
            claim, inspected.detections, inspected.runs, inspected.verdict, annotated_jpeg
        )

    def _bytes_for(self, claim: Claim) -> int:
        """Memory that the inspection takes at its peak; the file is not kept while it waits."""
        data = self._service.storage.read_picture(claim.picture.sha256 or "")
        return len(data) + admit(data, self._equipment.limits).working_bytes

    def _settle(self, claim: Claim, error: SafetyDetectorError) -> None:
        try:
            settle(self._service.claims, claim, error)
        finally:
            self._pulse.let_go(claim)
