"""Why an open incident is not seen any more, where that is no sign that it is over.

An outage of camera or model keeps incidents open; whoever looks at one is told so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
    because = {one: _why(connection, one, now) for one in sorted(wanted)}
    return tuple(
        replace(one, unseen_because=because[one.camera_id])
        if one.stage is Stage.OPEN and not one.is_of_camera
        else one
        for one in incidents
    )


def _why(connection: Connection, camera_id: str, now: datetime) -> Reason | None:
    """Why nobody looks at a camera; None where somebody does."""
    of_camera = incident_states.c.camera_id == camera_id
    stored = connection.scalar(select(incident_states.c.state).where(of_camera))
    state = CameraState(camera_id) if stored is None else to_state(stored)
    query = select(cameras.c.enabled, cameras.c.every_s).where(cameras.c.id == camera_id)
    camera = connection.execute(query).one_or_none()
    if camera is None:
        return Reason("unseen-camera-removed")
    if not camera.enabled:
        return Reason("unseen-camera-off")
    late = max(_INTERVALS * timedelta(seconds=camera.every_s or 0), _LEAST)
    if state.looked_at is not None and now - state.looked_at <= late:
        return None
    faults = {one.fault: one.reason for one in open_faults(connection, camera_id)}
    for fault in _BLINDING:
        if fault in faults:
            return faults[fault]
    for outage in read_outages(connection):
        return Reason.of("unseen-model-away", reason=outage.reason)
    if state.newest is not None and state.newest[0] != state.looked_at:
        return Reason("unseen-inconclusive")
    return Reason("unseen-no-look")
