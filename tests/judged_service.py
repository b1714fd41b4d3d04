"""A service with pictures that people judged: corrected ones, and incidents."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from safety_detector.datasets.labelled import LabelledPicture
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard
from safety_detector.domain.inspection import decide_verdict
from safety_detector.service.access.audit import Actor
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.core import Service
from safety_detector.service.datasets.judged import JudgedPictures
from safety_detector.service.datasets.records import DatasetFilter
from safety_detector.service.incidents.records import NewAct
from safety_detector.service.inspections.corrections import NewBox, NewCorrection
from safety_detector.service.records import Finding, Submission
from tests.service_stand import next_claim

REVIEWER = Actor("Wang Lei")


@dataclass
class Judged:
    """Makes pictures and judgements in a service, with the service's own calls.

    Attributes:
        cameras: those that are there.
    """

    service: Service
    cameras: set[str] = field(default_factory=set)

    def picture(
        self,
        data: bytes,
        *found: tuple[Box, Hazard],
        name: str = "gate.jpg",
        camera_id: str | None = None,
        taken_at: datetime | None = None,
        metadata: Mapping[str, Any] | None = None,
        score: float = 0.8,
    ) -> str:
        """The inspection of a picture in which a detector found these."""
        if camera_id is not None and camera_id not in self.cameras:
            self.service.cameras.records.create(CameraSettings(camera_id), camera_id)
            self.cameras.add(camera_id)
        accepted = self.service.inspections.intake.accept(
            data,
            Submission(name, camera_id=camera_id, captured_at=taken_at, metadata=metadata or {}),
        )
        claim = next_claim(self.service, "worker")
        assert claim is not None
        detections = tuple(Detection(box, hazard, score) for box, hazard in found)
        runs = (DetectorRun("embedded", "a model"),)
        finding = Finding(claim, detections, runs, decide_verdict(detections, runs), b"annotated")
        assert self.service.inspections.findings.record([finding]) == [True]
        return accepted.id

    def correct(
        self,
        inspection_id: str,
        *boxes: tuple[Box, Hazard] | tuple[Box, Hazard, int],
        complete: bool = True,
        note: str = "",
    ) -> None:
        """Says what is in a picture; the third value is the detection that a box was made of."""
        wanted = tuple(NewBox(*one) for one in boxes)
        correction = NewCorrection(wanted, complete, note)
        self.service.inspections.corrections.save(inspection_id, correction, REVIEWER)

    def judge(self, inspection_id: str, act: NewAct) -> str:
        """Judges the only incident that a picture shows; gives its id."""
        (incident_id,) = self.service.incidents.pictures.incidents_of(inspection_id)
        assert self.service.incidents.acts.do(incident_id, act, REVIEWER) is not None
        return incident_id


@dataclass
class HeldCounts:
    """Looks at what was judged at the camera "gate", which wait until they may go on.

    Attributes:
        begun: released by each as it begins.
        go_on: lets all of them end.
    """

    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go_on: threading.Event = field(default_factory=threading.Event)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Has looks wait from now on."""
        listed = JudgedPictures.list

        def slow(judged: JudgedPictures, wanted: DatasetFilter) -> Iterator[LabelledPicture]:
            if wanted.camera_ids:
                self.begun.release()
                assert self.go_on.wait(60)
            return listed(judged, wanted)

        monkeypatch.setattr(JudgedPictures, "list", slow)
