"""Opens and ends incidents of what is wrong with cameras, in the transaction that notes it."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select

from safety_detector.database.statements import upsert
from safety_detector.database.tables import incident_changes, incidents
from safety_detector.domain.camera_health import Fault
from safety_detector.domain.incidents.camera_faults import (
    MERGE_WINDOW,
    FaultIncident,
    FaultStep,
    Spell,
    begun,
    ended,
    id_of_spell,
    over,
)
from safety_detector.domain.incidents.hazards import hazard_of_fault
from safety_detector.domain.incidents.incident import Change, Stage
from safety_detector.service.incidents.rows import (
    BITS_OF_CAMERAS,
    INCIDENT_COLUMNS,
    change_row,
    from_fault,
    hazard_bits,
    to_fault,
)


class FaultIncidents:
    """Makes incidents of cameras' faults.

    Whoever calls holds the camera's row, so that two moments of one camera come after each other.

    Args:
        told: hears of every change, in the same transaction.
    """

    def __init__(
        self, told: Callable[[Connection, Container[str], Sequence[Change]], None]
    ) -> None:
        self._told = told

    def begin(self, connection: Connection, camera_id: str, fault: Fault, spell: Spell) -> None:
        """A fault of a camera was noticed."""
        present = _going_on(connection, camera_id, fault)
        ended_one = _ended(connection, id_of_spell(camera_id, fault, spell.since))
        self._write(connection, begun(present, camera_id, fault, spell, ended_one))

    def end(
        self,
        connection: Connection,
        camera_id: str,
        fault: Fault,
        at: datetime,
        because: tuple[str, ...] = (),
    ) -> None:
        """A fault of a camera is over; ``because`` where not by itself: see ``over``."""
        present = _going_on(connection, camera_id, fault)
        if present is not None:
            self._write(connection, over(present, at, because))

    def settle(self, connection: Connection, incident_id: str, now: datetime) -> None:
        """Ends an incident that has been over for so long that the next one is another."""
        query = select(incidents).where(incidents.c.id == incident_id).with_for_update()
        row = connection.execute(query).mappings().one_or_none()
        if row is not None and row["stage"] == Stage.QUIET:
            self._write(connection, ended(to_fault(row, _changes(connection, row["id"])), now))

    def _write(self, connection: Connection, step: FaultStep) -> None:
        if not step.incidents:
            return
        put = upsert(connection.dialect.name, incidents, on=("id",), overwrite=INCIDENT_COLUMNS)
        connection.execute(put, [from_fault(one) for one in step.incidents])
        connection.execute(insert(incident_changes), [change_row(one) for one in step.changes])
        self._told(connection, {one.id for one in step.incidents}, step.changes)


def over_for_long(
    connection: Connection, now: datetime, notice_after: Callable[[str, Fault], timedelta]
) -> Sequence[str]:
    """Ids of what is to be settled.

    Args:
        connection: a transaction.
        now: the present moment.
        notice_after: how long a fault of a camera may have lasted, by its id, before it is noticed:
            one that began in time is the same incident.
    """
    rows = connection.execute(
        select(incidents.c.id, incidents.c.camera_id, incidents.c.hazards, incidents.c.quiet_at)
        .where(
            incidents.c.stage == Stage.QUIET,
            incidents.c.hazard_bits.bitwise_and(BITS_OF_CAMERAS) != 0,
            incidents.c.quiet_at < now - MERGE_WINDOW,
        )
        .order_by(incidents.c.id)
    ).all()
    fault_of = {hazard_of_fault(fault).value: fault for fault in Fault}
    return [
        row.id
        for row in rows
        if row.quiet_at + MERGE_WINDOW + notice_after(row.camera_id, fault_of[row.hazards[0]]) < now
    ]


def _going_on(connection: Connection, camera_id: str, fault: Fault) -> FaultIncident | None:
    query = (
        select(incidents)
        .where(
            incidents.c.camera_id == camera_id,
            incidents.c.hazard_bits == hazard_bits([hazard_of_fault(fault)]),
            incidents.c.stage.in_((Stage.OPEN, Stage.QUIET)),
        )
        .order_by(incidents.c.id.desc())
        .limit(1)
        .with_for_update()
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else to_fault(row, _changes(connection, row["id"]))


def _ended(connection: Connection, incident_id: str) -> FaultIncident | None:
    query = select(incidents).where(incidents.c.id == incident_id, incidents.c.stage == Stage.ENDED)
    row = connection.execute(query.with_for_update()).mappings().one_or_none()
    return None if row is None else to_fault(row, _changes(connection, row["id"]))


def _changes(connection: Connection, incident_id: str) -> int:
    of_incident = incident_changes.c.incident_id == incident_id
    return connection.scalar(select(func.max(incident_changes.c.number)).where(of_incident)) or 0
