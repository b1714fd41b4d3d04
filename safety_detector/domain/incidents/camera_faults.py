"""What is wrong with a camera becomes one incident a fault, however often it comes and goes.

What comes out depends on the faults and their times alone: whoever goes through the stored ones
once more gets the same incidents, with the same ids.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from safety_detector.domain.camera_health import Fault
from safety_detector.domain.incidents.hazards import IncidentHazard, hazard_of_fault
from safety_detector.domain.incidents.incident import Change, ChangeKind, Stage, incident_id
from safety_detector.domain.incidents.looks import Severity
from safety_detector.message_texts.reason import Reason

MERGE_WINDOW: Final = timedelta(minutes=5)
"""A fault that comes again within it is the same incident; as long as that of what is seen."""

_SEVERITIES = {
    # Some of what happens can be seen all the same, or all of it at a wrong time.
    Fault.BLURRED: Severity.MINOR,
    Fault.MOVED: Severity.MINOR,
    Fault.CLOCK: Severity.MINOR,
}


def severity_of(fault: Fault) -> Severity:
    """How grave every incident of a fault is."""
    return _SEVERITIES.get(fault, Severity.MODERATE)


@dataclass(frozen=True, slots=True)
class Spell:
    """One time that a camera had a fault.

    Attributes:
        since: since when it is so; before ``noticed_at``, when it had lasted long enough.
        reason: what was seen.
    """

    since: datetime
    noticed_at: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class FaultIncident:
    """One fault of a camera, from when it began to its end; see ``incident.Incident``.

    Attributes:
        spells: how often it came.
        last_seen_at: when it was noticed for the last time, or was over.
    """

    id: str
    camera_id: str
    hazard: IncidentHazard
    stage: Stage
    severity: Severity
    first_seen_at: datetime
    opened_at: datetime
    last_seen_at: datetime
    reason: Reason
    quiet_at: datetime | None = None
    ended_at: datetime | None = None
    spells: int = 1
    changes: int = 0


@dataclass(frozen=True, slots=True)
class FaultStep:
    """What one moment made of the incidents of a camera's fault.

    Attributes:
        incidents: those that it touched, as they stand now, the earlier first.
        changes: what happened to them, in order.
    """

    incidents: tuple[FaultIncident, ...] = ()
    changes: tuple[Change, ...] = ()

    def then(self, other: FaultStep) -> FaultStep:
        """Both, one after the other."""
        by_id = {one.id: one for one in (*self.incidents, *other.incidents)}
        return FaultStep(tuple(by_id.values()), (*self.changes, *other.changes))


def id_of_spell(camera_id: str, fault: Fault, since: datetime) -> str:
    """The id of the incident that a fault begins."""
    return incident_id(camera_id, hazard_of_fault(fault).value, "", since, 0)


def begun(
    present: FaultIncident | None,
    camera_id: str,
    fault: Fault,
    spell: Spell,
    ended_one: FaultIncident | None = None,
) -> FaultStep:
    """A fault was noticed.

    Args:
        present: the fault's last incident that has not ended; None where there is none.
        camera_id: the camera.
        fault: which.
        spell: since when, and what was seen.
        ended_one: the ended incident that this spell began before: nothing was expected of the
            camera for a while, and what was wrong still is.  None where there is none.
    """
    settled = FaultStep()
    if present is not None:
        settled = ended(present, spell.since)
        present = ended_one if settled.incidents else present
    else:
        present = ended_one
    if present is None:
        hazard = hazard_of_fault(fault)
        new = FaultIncident(
            id=id_of_spell(camera_id, fault, spell.since),
            camera_id=camera_id,
            hazard=hazard,
            stage=Stage.OPEN,
            severity=severity_of(fault),
            first_seen_at=spell.since,
            opened_at=spell.noticed_at,
            last_seen_at=spell.noticed_at,
            reason=spell.reason,
        )
        return settled.then(_noted(new, ChangeKind.OPENED, spell.noticed_at))
    if present.stage is Stage.OPEN:
        return settled
    again = replace(
        present,
        stage=Stage.OPEN,
        quiet_at=None,
        ended_at=None,
        last_seen_at=spell.noticed_at,
        reason=spell.reason,
        spells=present.spells + 1,
    )
    return settled.then(_noted(again, ChangeKind.REOPENED, spell.noticed_at))


def over(present: FaultIncident, at: datetime, because: tuple[str, ...] = ()) -> FaultStep:
    """A fault is over.

    Args:
        present: its incident.
        at: since when it is over.
        because: why, where not by itself: ``off``, ``removed``, ``reference``.
    """
    if present.stage is not Stage.OPEN:
        return FaultStep()
    quiet = replace(present, stage=Stage.QUIET, quiet_at=at, last_seen_at=at)
    return _noted(quiet, ChangeKind.QUIET, at, because)


def ended(present: FaultIncident, now: datetime) -> FaultStep:
    """The next time that the fault comes is another incident, if it has been over for so long."""
    if present.quiet_at is None or now - present.quiet_at <= MERGE_WINDOW:
        return FaultStep()
    at = present.quiet_at + MERGE_WINDOW
    return _noted(replace(present, stage=Stage.ENDED, ended_at=at), ChangeKind.ENDED, at)


def _noted(
    one: FaultIncident, kind: ChangeKind, at: datetime, because: tuple[str, ...] = ()
) -> FaultStep:
    number = one.changes + 1
    change = Change(one.id, number, kind, at, None, because)
    return FaultStep((replace(one, changes=number),), (change,))
