"""Why an open incident is not seen any more, where that is no sign that it is over.

An outage of camera or model keeps incidents open; whoever looks at one is told so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from safety_detector.database.tables import cameras, incident_states
from safety_detector.domain.camera_health import Fault
from safety_detector.domain.incidents.incident import Stage
from safety_detector.domain.incidents.state_machine import CameraState
from safety_detector.jobs.outages import read_outages
from safety_detector.message_texts.reason import Reason
from safety_detector.service.cameras.health import open_faults
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.incidents.rows import to_state

_LEAST: Final = timedelta(seconds=60)
_INTERVALS: Final = 3
"""A camera whose last look is older, and older than ``_LEAST``, is not being looked at."""

_BLINDING = (Fault.SILENT, Fault.REFUSED, Fault.DARK, Fault.COVERED)


def with_why_unseen(
    connection: Connection, incidents: Sequence[StoredIncident], now: datetime
) -> tuple[StoredIncident, ...]:
    """Incidents, each open one of a camera that is not being looked at with why that is so."""
    wanted = {
        one.camera_id for one in incidents if one.stage is Stage.OPEN and not one.is_of_camera
    }
    if not wanted:
        return tuple(incidents)
    because = _why(connection, wanted, now)
    return tuple(
        replace(one, unseen_because=because[one.camera_id])
        if one.stage is Stage.OPEN and not one.is_of_camera
        else one
        for one in incidents
    )


def _why(
    connection: Connection, camera_ids: Collection[str], now: datetime
) -> dict[str, Reason | None]:
    """Why nobody looks at cameras, None where somebody does; as many queries for all as for one."""
    kept = incident_states.c
    states = connection.execute(
        select(kept.camera_id, kept.state).where(kept.camera_id.in_(camera_ids))
    )
    looks = {camera_id: to_state(stored) for camera_id, stored in states}
    query = select(cameras.c.id, cameras.c.enabled, cameras.c.every_s)
    known = {
        one.id: _Camera(one.enabled, one.every_s)
        for one in connection.execute(query.where(cameras.c.id.in_(camera_ids)))
    }
    faults: dict[str, dict[Fault, Reason]] = defaultdict(dict)
    for fault in open_faults(connection):
        faults[fault.camera_id][fault.fault] = fault.reason
    outages = [one.reason for one in read_outages(connection)]
    return {
        one: _why_of(known.get(one), looks.get(one) or CameraState(one), faults[one], outages, now)
        for one in camera_ids
    }


@dataclass(frozen=True, slots=True)
class _Camera:
    enabled: bool
    every_s: float | None


def _why_of(
    camera: _Camera | None,
    state: CameraState,
    faults: Mapping[Fault, Reason],
    outages: Sequence[Reason],
    now: datetime,
) -> Reason | None:
    if camera is None:
        return Reason("unseen-camera-removed")
    if not camera.enabled:
        return Reason("unseen-camera-off")
    late = max(_INTERVALS * timedelta(seconds=camera.every_s or 0), _LEAST)
    if state.looked_at is not None and now - state.looked_at <= late:
        return None
    for fault in _BLINDING:
        if fault in faults:
            return faults[fault]
    for outage in outages:
        return Reason.of("unseen-model-away", reason=outage)
    if state.newest is not None and state.newest[0] != state.looked_at:
        return Reason("unseen-inconclusive")
    return Reason("unseen-no-look")
