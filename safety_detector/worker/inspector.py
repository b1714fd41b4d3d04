"""Inspects claimed pictures: through the pipeline, and into the record."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from celery.exceptions import SoftTimeLimitExceeded

from safety_detector import wiring
from safety_detector.appearance.fonts import FontFiles
from safety_detector.detectors.qwen.servers.blame import of_a_breaker
from safety_detector.detectors.qwen.tiles import BEGIN_TILES_WITHIN
from safety_detector.domain.hazards import Language
from safety_detector.errors import (
    DatabaseUnavailable,
    ModelUnreachable,
    SafetyDetectorError,
    TimeLimitExceeded,
)
from safety_detector.ingest.admission import Limits, admit
from safety_detector.jobs.records import Claim
from safety_detector.jobs.runner import insist, settle_error
from safety_detector.jobs.store import JobStore
from safety_detector.pictures.images import PictureHeader
from safety_detector.pictures.memory_budget import MemoryBudget
from safety_detector.pipeline import inspect_picture
from safety_detector.ports import CameraDetectors, Detector
from safety_detector.service.core import Service
from safety_detector.service.records import PRIORITIES, ClaimedPicture, Finding, Priority, Source
from safety_detector.settings import Backend, Settings
from safety_detector.worker.finisher import Finisher

_log = logging.getLogger(__name__)

DetectorFactory = Callable[[Settings, Backend], Detector]

# A file is not kept while its picture waits for memory, unless it takes next to none.
_KEPT_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Equipment:
    """What pictures are inspected with.

    Attributes:
        detector: of the backend whose pictures are claimed.
        for_cameras: of their frames, for which alarms wait.
        limits: checked again, since they may have changed after a picture was accepted.
        fonts, language: of the annotated pictures.
    """

    detector: Detector
    for_cameras: CameraDetectors
    limits: Limits
    fonts: FontFiles
    language: Language


class Inspector:
    """Inspects claimed pictures; safe to use from several threads.

    Args:
        service: where pictures are.
        finisher: takes the results.
        equipment: what they are inspected with.
    """

    def __init__(self, service: Service, finisher: Finisher, equipment: Equipment) -> None:
        self._service = service
        self._finisher = finisher
        self._equipment = equipment
        self._budget = MemoryBudget()

    def handle(self, claim: Claim[ClaimedPicture], begin: Callable[[], None]) -> bool:
        """Inspects one picture; the result is recorded in the background.

        Raises:
            SafetyDetectorError: there is no result.
        """
        try:
            self._finisher.hand_over(self._look(claim, begin))
        except ModelUnreachable as error:
            # Servers broke down with it again and again: that is the picture's fault.
            if error.server_broke_down and claim.losses:
                raise of_a_breaker(error) from error
            raise
        return False

    def explain(self, fault: Exception) -> SafetyDetectorError | None:
        """Celery's limit stops a picture by an exception."""
        if isinstance(fault, SoftTimeLimitExceeded):
            return TimeLimitExceeded("took-too-long")
        return None

    def _look(self, claim: Claim[ClaimedPicture], begin: Callable[[], None]) -> Finding:
        picture, equipment = claim.subject.picture, self._equipment
        kept, header = self._admitted(picture.sha256 or "")
        size_bytes = len(kept)
        if size_bytes > _KEPT_BYTES:
            kept = b""
        with self._budget.room_for(size_bytes + header.working_bytes):
            begin()  # only now: what waits for memory does not hang
            data = kept or self._service.storage.read_picture(picture.sha256 or "")
            is_frame = claim.subject.source is Source.FRAME
            camera_id = claim.subject.camera_id
            inspected = inspect_picture(
                data,
                picture.name,
                equipment.for_cameras.of(camera_id) if is_frame else equipment.detector,
                equipment.limits,
                attempt=claim.failures + 1,
                urgent=PRIORITIES[claim.subject.source] is Priority.URGENT,
                header=header if kept else None,
            )
            annotated_jpeg = inspected.annotated_jpeg(equipment.fonts, equipment.language)
        return Finding(
            claim, inspected.detections, inspected.runs, inspected.verdict, annotated_jpeg
        )

    def _admitted(self, sha256: str) -> tuple[bytes, PictureHeader]:
        """The stored file, and what its header says."""
        data = self._service.storage.read_picture(sha256)
        return data, admit(data, self._equipment.limits)


class InspectionWork:
    """Inspecting pictures of a backend.

    Args:
        backend: whose pictures.
        build_detector: makes the detector, once a process.
    """

    burst_s = 1.0  # the broker's part of the time is small then
    most_at_once = 8

    def __init__(self, backend: Backend, build_detector: DetectorFactory) -> None:
        self._backend = backend
        self._build_detector = build_detector
        self._open: tuple[Finisher, Sequence[Detector | CameraDetectors]] | None = None

    def longest(self, settings: Settings) -> timedelta:
        """How long a picture may take."""
        # The qwen adapter waits for a place and for an answer, once more for another server's that
        # it asks in the last moment, and for a test picture's; each as long as an answer may take.
        # The last tile of a large picture may begin that much later.
        tiles = 0 if settings.qwen_tiling == "off" else BEGIN_TILES_WITHIN
        return max(settings.picture_time_limit, settings.qwen_deadline * (4 + tiles))

    def store(self, service: Service) -> JobStore[ClaimedPicture]:
        """The pictures."""
        return service.inspections.jobs

    def open(
        self,
        settings: Settings,
        service: Service,
        let_go: Callable[[Claim[ClaimedPicture]], None],
    ) -> Inspector:
        """Builds the detector, and begins to take results."""
        detector = self._build_detector(settings, self._backend)
        for_cameras = wiring.build_camera_detectors(settings, detector)
        equipment = Equipment(
            detector,
            for_cameras,
            wiring.picture_limits(settings),
            wiring.find_configured_fonts(settings),
            settings.language,
        )
        finisher = Finisher(
            record=partial(record, service),
            finished=lambda finding: let_go(finding.claim),
        )
        self._open = (finisher, [for_cameras, detector])
        finisher.start()
        return Inspector(service, finisher, equipment)

    def close(self) -> None:
        """Records what was handed over, and closes the detector."""
        if self._open is not None:
            finisher, detectors = self._open
            finisher.stop()
            for detector in detectors:
                detector.close()
            self._open = None


def record(service: Service, findings: Sequence[Finding]) -> None:
    """Completes inspections together; what cannot be stored goes back into the queue.

    Raises:
        DatabaseUnavailable: it stayed away; the leases will end.
    """
    try:
        recorded = insist(lambda: service.inspections.findings.record(findings))
    except DatabaseUnavailable:
        raise
    except SafetyDetectorError as error:
        for finding in findings:
            settle_error(service.inspections.jobs, finding.claim, error)
        return
    for finding, is_recorded in zip(findings, recorded, strict=True):
        claim = finding.claim
        waited = claim.claimed_at - claim.subject.received_at
        _log.log(
            logging.INFO if is_recorded else logging.WARNING,
            "inspected" if is_recorded else "inspected, but somebody else has it now",
            extra={
                "inspection": claim.subject_id,
                "verdict": finding.verdict.value,
                "waited_s": round(waited.total_seconds(), 3),
            },
        )
