"""The health of cameras: what was seen of each is remembered, and its faults are opened and ended.

Pictures are looked at where they come in, whatever road they take, each camera's at most every
``LOOK_EVERY``; silence is found by the sweeper, which needs nobody to send or to watch anything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection, RowMapping, delete, insert, or_, select, update

from safety_detector.database.engine import Database
from safety_detector.database.statements import upsert
from safety_detector.database.tables import (
    OPEN_FAULT,
    camera_faults,
    camera_references,
    camera_sightings,
    camera_states,
    cameras,
)
from safety_detector.domain.camera_health import (
    CameraState,
    Expectations,
    Fault,
    Look,
    after_look,
    after_refusal,
    after_silence,
    notice_after,
    read_state,
    state_document,
    switched_off,
    with_reference,
)
from safety_detector.domain.incidents.camera_faults import Spell
from safety_detector.errors import SafetyDetectorError, UnknownCamera
from safety_detector.message_texts.reason import Reason
from safety_detector.pictures.change import Excess, read_excess
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, note_act
from safety_detector.service.cameras.fault_reasons import fault_reason
from safety_detector.service.cameras.scenes import Scene
from safety_detector.service.cameras.watching import DEFAULT_INTERVAL_S, PUSH
from safety_detector.service.incidents.camera_faults import FaultIncidents, over_for_long
from safety_detector.service.records import CameraFault

_log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=5)
"""Often enough for the grace of 30 s, and seldom enough to cost little beside a look at change."""

_DIFFERENCES_KEPT: Final = 24  # two minutes of looks
_RENEWED_AFTER = timedelta(minutes=10)  # how often the scene as it was lately is kept
REFERENCE: Final = "reference"
LATELY: Final = "lately"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a look at a camera's health needs to know, read before the look.

    Attributes:
        is_due: whether the last look is old enough for another.
        scenes: its references, as they are kept; none where no look is due.
        differences: by how much its frames differed lately.
    """

    is_due: bool
    scenes: tuple[bytes, ...]
    differences: tuple[Excess, ...]


class CameraHealth:
    """Keeps the health of cameras.

    Args:
        database: where it is kept.
        clock: the present moment, with its zone.
        grace: what is shorter is no event.
        incidents: what faults come to.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        grace: timedelta,
        incidents: FaultIncidents,
    ) -> None:
        self._database = database
        self._clock = clock
        self._grace = grace
        self._incidents = incidents
        self._last_sweep: datetime | None = None
        self._listening_since: datetime | None = None
        self._off: set[str] = set()
        self._on_since: dict[str, datetime] = {}

    def remembered(self, connection: Connection, camera_id: str, now: datetime) -> Remembered:
        """What is to be known of a camera before its next picture is looked at."""
        row = connection.execute(
            select(camera_states.c.seen_at, camera_states.c.differences).where(
                camera_states.c.camera_id == camera_id
            )
        ).one_or_none()
        differences = () if row is None else tuple(map(read_excess, row.differences))
        # One from the future was written by a clock that was wrong then.
        if row is not None and timedelta(0) <= now - row.seen_at < LOOK_EVERY:
            return Remembered(False, (), differences)
        scenes = connection.scalars(
            select(camera_references.c.picture)
            .where(camera_references.c.camera_id == camera_id)
            .order_by(camera_references.c.kind)
        )
        return Remembered(True, tuple(scenes), differences)

    def note_picture(
        self,
        connection: Connection,
        camera: RowMapping,
        scene: Scene,
        excess: Excess | None,
        clock_ahead: timedelta | None,
        now: datetime,
    ) -> None:
        """Takes account of a picture, as part of a transaction that holds the camera's lock.

        Args:
            connection: the transaction, in which the frame has been counted.
            camera: its row as it was before.
            scene: what is seen in the picture.
            excess: by how much it differs from the last look; None where that is not known.
            clock_ahead: how far the camera's clock is ahead, where the frame tells.
            now: the present moment.
        """
        before, received = _read_state(connection, camera["id"])
        wanted = self._expected_of(camera)
        if clock_ahead is None:
            clock_ahead = _clock_of_stream(connection, camera["id"])
        total = camera["frames_received"] + 1
        look = Look(
            at=now,
            received=max(total - received, 1) if received is not None else 1,
            mark=scene.mark,
            is_dark=scene.is_dark,
            is_covered=scene.is_covered,
            is_blurred=scene.is_blurred,
            sharpness=scene.sharpness,
            is_moved=scene.is_moved,
            clock_ahead=clock_ahead,
        )
        after = after_look(before, look, wanted)
        if scene.shows_the_scene:
            after = _keep_scene(connection, camera["id"], scene, after, now)
        self._write(connection, camera["id"], before, after, total, now, scene, clock_ahead)
        if excess is not None:
            _add_difference(connection, camera["id"], excess)

    def note_refusal(self, connection: Connection, camera: RowMapping, why: Reason) -> None:
        """Takes account of a frame that was refused, under the camera's lock."""
        now = self._clock()
        before, _ = _read_state(connection, camera["id"])
        after = after_refusal(before, now, self._expected_of(camera))
        total = camera["frames_received"] + 1
        self._write(connection, camera["id"], before, after, total, now, why=why)

    def sweep(self) -> None:
        """Finds cameras that fell silent, and ends what no longer counts; for one process alone.

        Who did not listen for a while hears no silence: after a pause of this process, or of the
        whole service, each camera has its time anew.
        """
        now = self._clock()
        if self._last_sweep is None or abs(now - self._last_sweep) > self._grace:
            self._listening_since = now
        self._last_sweep = now
        listening_since = self._listening_since or now
        with self._database.read() as connection:
            rows = connection.execute(_CAMERAS_AND_STATES).mappings().all()
            gone = set(connection.scalars(_OF_NO_CAMERA))
            settled = over_for_long(connection, now, partial(self._notice_after, rows))
        self._note_switches(rows, now)
        for row in rows:
            self._apart(row["id"], partial(self._sweep_one, row, listening_since, now))
        for camera_id in sorted(gone):
            self._apart(camera_id, partial(self._forget_gone, camera_id, now))
        for incident_id in settled:
            self._apart(incident_id, partial(self._settle, incident_id, now))

    def _apart(self, subject: str, work: Callable[[], None]) -> None:
        """Does one camera's work; what goes wrong with it keeps nothing from the others."""
        try:
            work()
        except SafetyDetectorError:
            raise
        except Exception:  # noqa: BLE001 (the edge: one camera must not stop the others)
            _log.exception("health of cameras, %s", subject)

    def _sweep_one(self, known: RowMapping, listening_since: datetime, now: datetime) -> None:
        if self._swept(known, listening_since, now) is None:
            return
        camera_id = known["id"]
        with self._database.write() as connection:
            query = _CAMERAS_AND_STATES.where(cameras.c.id == camera_id)
            row = connection.execute(query.with_for_update(of=cameras)).mappings().first()
            after = self._swept(row, listening_since, now) if row is not None else None
            if row is None or after is None:
                return
            before = read_state(row["state"] or {})
            received = row["received"] or row["frames_received"]
            why = row["last_error"] if not row["connected"] else None
            because = () if row["enabled"] else ("off",)
            self._write(
                connection, camera_id, before, after, received, now, why=why, because=because
            )

    def _forget_gone(self, camera_id: str, now: datetime) -> None:
        with self._database.write() as connection:
            self.forget(connection, camera_id, now)

    def _settle(self, incident_id: str, now: datetime) -> None:
        with self._database.write() as connection:
            self._incidents.settle(connection, incident_id, now)

    def _notice_after(self, rows: Sequence[RowMapping], camera_id: str, fault: Fault) -> timedelta:
        """How long a fault of a camera may have lasted; nobody looks at one that is off."""
        row = next((one for one in rows if one["id"] == camera_id and one["enabled"]), None)
        if row is None:
            return timedelta(0)
        return notice_after(_known_state(row), fault, self._expected_of(row))

    def _note_switches(self, rows: Sequence[RowMapping], now: datetime) -> None:
        """Remembers which cameras are off, and since when those are on that were."""
        off = {row["id"] for row in rows if not row["enabled"]}
        self._on_since |= dict.fromkeys(self._off - off, now)
        known = {row["id"] for row in rows}
        self._on_since = {one: at for one, at in self._on_since.items() if one in known - off}
        self._off = off

    def _swept(
        self, row: RowMapping, listening_since: datetime, now: datetime
    ) -> CameraState | None:
        """The state of a camera after a look at the clock alone; None if it stays as it is."""
        before = read_state(row["state"] or {})
        if not row["enabled"]:
            after = switched_off(before) if before.open else before
        else:
            on_since = self._on_since.get(row["id"], row["created_at"])
            begun = max(listening_since, row["created_at"], on_since)
            after = after_silence(before, now, begun, self._expected_of(row))
        return None if after == before else after

    def open_faults(self, camera_id: str | None = None) -> tuple[CameraFault, ...]:
        """Faults that are open, of all cameras or of one, by camera and fault."""
        with self._database.read() as connection:
            return open_faults(connection, camera_id)

    def faults_between(
        self, since: datetime | None, until: datetime | None
    ) -> tuple[CameraFault, ...]:
        """Faults that were open at some time in a period, by camera, fault and time."""
        query = select(camera_faults).order_by(
            camera_faults.c.camera_id, camera_faults.c.since, camera_faults.c.fault
        )
        if since is not None:
            ended = camera_faults.c.ended_at
            query = query.where(or_(ended.is_(None), ended > since))
        if until is not None:
            query = query.where(camera_faults.c.since < until)
        with self._database.read() as connection:
            return tuple(_to_fault(row) for row in connection.execute(query).mappings())

    def set_reference(self, camera_id: str, by: Actor = PROGRAM) -> None:
        """Takes the camera's next picture for its reference: how it looks now is how it should.

        Raises:
            UnknownCamera: there is none with that id.
        """
        with self._database.write() as connection:
            its = select(cameras.c.id).where(cameras.c.id == camera_id).with_for_update()
            if connection.scalar(its) is None:
                raise UnknownCamera("no-camera-see-list", camera_id=camera_id)
            now = self._clock()
            connection.execute(
                delete(camera_references).where(camera_references.c.camera_id == camera_id)
            )
            note_act(connection, by, AuditAction.CAMERA_REFERENCE_SET, now, camera_id)
            before, received = _read_state(connection, camera_id)
            if received is not None:
                after = with_reference(before, None)
                then = now - LOOK_EVERY
                because = ("reference",)
                self._write(connection, camera_id, before, after, received, then, because=because)

    def _expected_of(self, camera: RowMapping) -> Expectations:
        pulled = camera["source_kind"] != PUSH
        every_s = camera["every_s"] or (DEFAULT_INTERVAL_S if pulled else None)
        return Expectations(
            is_expected=bool(camera["expected"]),
            interval=timedelta(seconds=every_s) if every_s else None,
            grace=self._grace,
        )

    def _write(
        self,
        connection: Connection,
        camera_id: str,
        before: CameraState,
        after: CameraState,
        received: int,
        now: datetime,
        scene: Scene | None = None,
        clock_ahead: timedelta | None = None,
        why: Reason | None = None,
        because: tuple[str, ...] = (),
    ) -> None:
        statement = upsert(
            connection.dialect.name,
            camera_states,
            on=("camera_id",),
            overwrite=("state", "seen_at", "received"),
        )
        values = {"camera_id": camera_id, "state": state_document(after)}
        connection.execute(statement, values | {"seen_at": now, "received": received})
        was, is_now = before.open, after.open
        over = [one for one in was if one not in is_now]
        self._end_faults(connection, camera_id, over, now, because)
        for fault, since in is_now.items():
            if fault not in was:
                reason = fault_reason(fault, after, scene, clock_ahead, why)
                # Nothing was expected of it for a while, and what was wrong still is.
                again = upsert(
                    connection.dialect.name,
                    camera_faults,
                    on=("camera_id", "fault", "since"),
                    overwrite=("ended_at", "reason"),
                )
                connection.execute(
                    again,
                    {
                        "camera_id": camera_id,
                        "fault": fault,
                        "since": since,
                        "noticed_at": now,
                        "ended_at": None,
                        "reason": reason,
                    },
                )
                self._incidents.begin(connection, camera_id, fault, Spell(since, now, reason))

    def forget(self, connection: Connection, camera_id: str, now: datetime) -> None:
        """Ends the faults of a camera that was removed, and forgets what was seen of it."""
        open_ones = connection.scalars(
            select(camera_faults.c.fault).where(camera_faults.c.camera_id == camera_id, OPEN_FAULT)
        ).all()
        faults = [Fault(one) for one in open_ones]
        self._end_faults(connection, camera_id, faults, now, ("removed",))
        for table in (camera_states, camera_references):
            connection.execute(delete(table).where(table.c.camera_id == camera_id))

    def _end_faults(
        self,
        connection: Connection,
        camera_id: str,
        faults: Sequence[Fault],
        now: datetime,
        because: tuple[str, ...],
    ) -> None:
        if not faults:
            return
        its = camera_faults.c.camera_id == camera_id
        its_open = update(camera_faults).where(its, camera_faults.c.fault.in_(faults), OPEN_FAULT)
        connection.execute(its_open.values(ended_at=now))
        for fault in faults:
            self._incidents.end(connection, camera_id, fault, now, because)


_CAMERAS_AND_STATES = (
    select(
        cameras.c.id,
        cameras.c.enabled,
        cameras.c.created_at,
        cameras.c.source_kind,
        cameras.c.every_s,
        cameras.c.expected,
        cameras.c.frames_received,
        camera_states.c.state,
        camera_states.c.received,
        camera_sightings.c.connected,
        camera_sightings.c.last_error,
    )
    .join(camera_states, camera_states.c.camera_id == cameras.c.id, isouter=True)
    .join(camera_sightings, camera_sightings.c.camera_id == cameras.c.id, isouter=True)
    .order_by(cameras.c.id)
)
_OF_NO_CAMERA = select(camera_states.c.camera_id).where(
    camera_states.c.camera_id.not_in(select(cameras.c.id))
)


def open_faults(connection: Connection, camera_id: str | None = None) -> tuple[CameraFault, ...]:
    """Faults that are open, of all cameras or of one, by camera and fault."""
    query = select(camera_faults).where(OPEN_FAULT)
    if camera_id is not None:
        query = query.where(camera_faults.c.camera_id == camera_id)
    query = query.order_by(camera_faults.c.camera_id, camera_faults.c.fault)
    return tuple(_to_fault(row) for row in connection.execute(query).mappings())


def _known_state(row: RowMapping) -> CameraState:
    """The state of a camera, or none where what is kept cannot be read."""
    try:
        return read_state(row["state"] or {})
    except (KeyError, TypeError, ValueError):
        return CameraState()


def _read_state(connection: Connection, camera_id: str) -> tuple[CameraState, int | None]:
    query = select(camera_states.c.state, camera_states.c.received)
    row = connection.execute(query.where(camera_states.c.camera_id == camera_id)).one_or_none()
    return (CameraState(), None) if row is None else (read_state(row.state), row.received)


def _add_difference(connection: Connection, camera_id: str, excess: Excess) -> None:
    its = camera_states.c.camera_id == camera_id
    known = connection.scalar(select(camera_states.c.differences).where(its)) or []
    kept = [*known, excess.as_json()][-_DIFFERENCES_KEPT:]
    connection.execute(update(camera_states).where(its).values(differences=kept))


def _clock_of_stream(connection: Connection, camera_id: str) -> timedelta | None:
    seconds = connection.scalar(
        select(camera_sightings.c.clock_difference_s).where(
            camera_sightings.c.camera_id == camera_id
        )
    )
    return None if seconds is None else timedelta(seconds=seconds)


def _keep_scene(
    connection: Connection, camera_id: str, scene: Scene, state: CameraState, now: datetime
) -> CameraState:
    """Sets a reference where there is none, and renews how the scene was lately.

    Only by a picture that shows the same scene, so that dusk and snow are followed step by step,
    and a camera that is turned is not.
    """
    kept = {
        row.kind: row.set_at
        for row in connection.execute(
            select(camera_references.c.kind, camera_references.c.set_at).where(
                camera_references.c.camera_id == camera_id
            )
        )
    }
    if REFERENCE not in kept:
        values = {"camera_id": camera_id, "kind": REFERENCE, "set_at": now}
        connection.execute(insert(camera_references), values | {"picture": scene.copy})
        return with_reference(state, scene.sharpness)
    if scene.is_moved is False and now - kept.get(LATELY, kept[REFERENCE]) >= _RENEWED_AFTER:
        statement = upsert(
            connection.dialect.name,
            camera_references,
            on=("camera_id", "kind"),
            overwrite=("set_at", "picture"),
        )
        values = {"camera_id": camera_id, "kind": LATELY, "set_at": now}
        connection.execute(statement, values | {"picture": scene.copy})
    return state


def _to_fault(row: RowMapping) -> CameraFault:
    return CameraFault(
        camera_id=row["camera_id"],
        fault=Fault(row["fault"]),
        since=row["since"],
        noticed_at=row["noticed_at"],
        reason=row["reason"],
        ended_at=row["ended_at"],
    )
