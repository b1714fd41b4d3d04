"""What people are told of a made camera's looks, by the product's own rules, and when."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from benchmarks.camera_hours import Happening, MadeCamera
from benchmarks.known_hazards import TOLD, hazard_meant, mistaken_for_hazard
from safety_detector.domain.camera_rules import NO_RULES
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.incidents.counting import Inspected, look_of
from safety_detector.domain.incidents.incident import ChangeKind, Incident
from safety_detector.domain.incidents.looks import Look
from safety_detector.domain.incidents.opening_rules import IncidentRules
from safety_detector.domain.incidents.state_machine import CameraState, fold_one
from safety_detector.domain.inspection import Verdict, decide_verdict

BEGAN = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
"""When every made camera begins."""


@dataclass(slots=True)
class Alarms:
    """What came of some cameras.

    Attributes:
        delays_s: from when a hazard began until people were told, for those that they were told of.
        unverified: of these, told before a language model saw it.
        false: incidents that were none, by family.
        false_unverified: of these, told before a language model said anything.
        not_judged: incidents of which nobody knows whether they were any.
        messages: in all.
        verdicts: how many looks had each.
    """

    delays_s: dict[Happening, float] = field(default_factory=dict)
    unverified: set[Happening] = field(default_factory=set)
    false: dict[str, int] = field(default_factory=lambda: {"burning": 0, "helmets": 0})
    false_unverified: int = 0
    not_judged: int = 0
    messages: int = 0
    verdicts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    why: list[str] = field(default_factory=list)


class CameraAlarms:
    """Folds one camera's looks as they become known; one that is late at its place.

    Args:
        camera: which.
        size: of its frames.
        alarms: where it is counted.
    """

    def __init__(self, camera: MadeCamera, size: ImageSize, alarms: Alarms) -> None:
        self._camera = camera
        self._size = size
        self._alarms = alarms
        self._rules = IncidentRules()
        self._looks: list[tuple[tuple[datetime, str], Look]] = []
        self._states = [CameraState(camera.id)]
        self._told: set[tuple[str, ChangeKind, datetime]] = set()

    def looked(
        self,
        at_s: float,
        known_s: float,
        detections: Sequence[Detection],
        runs: Sequence[DetectorRun],
    ) -> Verdict:
        """Takes a finished look in.

        Args:
            at_s: when the frame was taken, since the camera's start.
            known_s: when the look was finished.
            detections: of the look.
            runs: likewise.
        """
        verdict = decide_verdict(detections, runs)
        self._alarms.verdicts[verdict] += 1
        at = BEGAN + timedelta(seconds=at_s)
        named = f"{self._camera.id}-{at_s:09.2f}"
        inspected = Inspected(named, at, UTC, self._size, verdict, detections, runs)
        look = look_of(inspected, NO_RULES)
        insort(self._looks, (look.key, look), key=lambda one: one[0])
        first = next(
            number for number in range(len(self._looks) - 1, -1, -1)
            if self._looks[number][0] == look.key
        )  # fmt: skip
        del self._states[first + 1 :]
        for _, each in self._looks[first:]:
            self._fold(each, known_s)
        return verdict

    def _fold(self, look: Look, known_s: float) -> None:
        step = fold_one(self._states[-1], look, self._rules)
        self._states.append(step.state)
        by_id = {one.id: one for one in step.incidents}
        for change in step.changes:
            told = (change.incident_id, change.kind, change.at)
            if change.kind in TOLD and told not in self._told:
                self._told.add(told)
                self._count(by_id[change.incident_id], change.kind, known_s)

    def _count(self, incident: Incident, kind: ChangeKind, known_s: float) -> None:
        alarms = self._alarms
        alarms.messages += 1
        seen = incident.track[-1]
        taken_s = (seen.at - BEGAN).total_seconds()
        one = hazard_meant(self._camera, incident.family, seen.box, taken_s)
        if one is not None:
            if one not in alarms.delays_s and not incident.is_verified:
                alarms.unverified.add(one)
            alarms.delays_s.setdefault(one, known_s - one.from_s)
        elif kind is ChangeKind.OPENED:
            kinds = mistaken_for_hazard(self._camera, incident.family, taken_s)
            if kinds is None:
                alarms.not_judged += 1
                return
            alarms.false[incident.family] += 1
            alarms.false_unverified += not incident.is_verified
            where = "verified" if incident.is_verified else "unverified"
            alarms.why.append(
                f"{self._camera.id} {taken_s:.0f} s: {incident.family} {where}; "
                f"{', '.join(kinds) or 'nothing'}"
            )
