"""Cameras as records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from ulid import ULID

from safety_detector.camera_sources.source import CameraSource, redacted
from safety_detector.database.engine import Database
from safety_detector.database.statements import insert_unless_there
from safety_detector.database.tables import (
    COALESCED,
    camera_deliveries,
    camera_devices,
    camera_sightings,
    cameras,
    former_cameras,
    jobs,
)
from safety_detector.domain.camera_rules import NO_RULES, CameraRules
from safety_detector.domain.incidents.opening_rules import NO_CHANGES, IncidentRules, RuleChanges
from safety_detector.errors import (
    CameraExists,
    SecretsLost,
    SubmissionRefused,
    UnknownCamera,
)
from safety_detector.jobs.store import JobStore
from safety_detector.sealing import Seal
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, note_act
from safety_detector.service.cameras.health import CameraHealth, open_faults
from safety_detector.service.cameras.history import (
    CameraLifetime,
    FrameFates,
    camera_lifetimes,
    camera_names,
    frame_fates,
)
from safety_detector.service.cameras.looks import forget_looks
from safety_detector.service.cameras.rule_versions import keep_rules, site_rules
from safety_detector.service.cameras.sources import (
    PUSHED,
    AllowedPlaces,
    has_same_server,
    login_of,
    open_source,
    read_source,
    stored_source,
    with_login,
)
from safety_detector.service.cameras.stored_rules import (
    read_rule_changes,
    read_rules,
    stored_rule_changes,
    stored_rules,
)
from safety_detector.service.cameras.suppressed import suppressed_of
from safety_detector.service.cameras.watching import (
    DEFAULT_INTERVAL_S,
    WatchedCamera,
    follow_camera,
)
from safety_detector.service.notifications.alert_rules import keep_rules_telling
from safety_detector.service.records import (
    INSPECTION,
    Camera,
    CameraFault,
    CameraSighting,
    FrameCounts,
    Login,
    SuppressedCount,
)
from safety_detector.value_faults import ValueFault

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # stands in URLs, labels and file names


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What an operator decides about a camera; see ``records.Camera``.

    Attributes:
        source: with user and password where these are given.
        keeps_login: user and password stay as they are, but for what ``source`` has of them.
        every_s: None for the usual interval where pictures are fetched.
    """

    name: str
    enabled: bool = True
    backend: str | None = None
    min_interval_ms: int = 0
    location: str | None = None
    timezone: str | None = None
    source: CameraSource = PUSHED
    keeps_login: bool = False
    every_s: float | None = None
    expected: bool = True
    rules: CameraRules = NO_RULES
    incident_rules: RuleChanges = NO_CHANGES


_LOGIN = ("username", "password")

# Built once: building a statement takes longer than answering it.
_SEEN = [
    column.label(f"seen_{column.name}")
    for column in camera_sightings.c
    if column.name != "camera_id"
]
_WITH_SIGHTINGS = select(cameras, *_SEEN).join_from(
    cameras, camera_sightings, camera_sightings.c.camera_id == cameras.c.id, isouter=True
)
_ALL = _WITH_SIGHTINGS.order_by(cameras.c.id)
_FRAMES_IN_FLIGHT = (
    select(jobs.c.coalesce_key, func.count())
    .where(COALESCED, jobs.c.kind == INSPECTION)
    .group_by(jobs.c.coalesce_key)
)
_NO_FRAMES = {
    f"frames_{name}": 0
    for name in ("received", "inspected", "skipped", "replaced", "refused", "unchanged")
}


class Cameras:
    """Keeps the cameras.

    Args:
        database: where they are kept.
        clock: the present moment.
        watching: the jobs of cameras that are watched.
        seal: for users and passwords.
        places: where sources may be.
        health: of the cameras.
        end_incidents: told the id of a camera that is removed, in that transaction.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        watching: JobStore[WatchedCamera],
        seal: Seal,
        places: AllowedPlaces,
        health: CameraHealth,
        end_incidents: Callable[[Connection, str], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._watching = watching
        self._seal = seal
        self._places = places
        self._health = health
        self._end_incidents = end_incidents

    def create(
        self, settings: CameraSettings, camera_id: str | None = None, by: Actor = PROGRAM
    ) -> Camera:
        """Adds a camera; without an id one is made up; ``by`` goes into the audit log.

        Raises:
            CameraExists: the id is taken.
            SubmissionRefused: the id has other characters than letters, digits, ``.``, ``_``,
                ``-``, or more than 64.
            CameraAddressRefused: its source is where none may be.
            SecretsLost, StorageUnavailable: user and password cannot be sealed.
        """
        camera_id = camera_id or str(ULID.from_datetime(self._clock())).lower()
        if not _ID.fullmatch(camera_id):
            raise SubmissionRefused("camera-id-malformed", camera_id=camera_id[:80])
        self._places.check(settings.source)
        now = self._clock()
        sealed = self._sealed_anew(login_of(settings.source))
        values = _values(settings, sealed) | _NO_FRAMES | {"id": camera_id, "created_at": now}
        with self._database.write() as connection:
            statement = insert_unless_there(connection.dialect.name, cameras, on=("id",))
            if connection.execute(statement, values).rowcount == 0:
                raise CameraExists("camera-exists", camera_id=camera_id)
            _check_incident_rules(connection, settings)
            row = find_camera(connection, camera_id)
            keep_rules(connection, row, now)
            follow_camera(connection, self._watching, None, row)
            note_act(connection, by, AuditAction.CAMERA_ADDED, now, camera_id, **_noted(row))
            return self._read(connection, camera_id)

    def get(self, camera_id: str) -> Camera:
        """One camera.

        Raises:
            UnknownCamera: there is none with that id.
        """
        with self._database.read() as connection:
            return self._read(connection, camera_id)

    def list(self) -> tuple[Camera, ...]:
        """Every camera, by id."""
        with self._database.read() as connection:
            rows = connection.execute(_ALL).mappings().all()
            in_flight = frames_in_flight(connection)
            faults = open_faults(connection)
            masks = {row["id"]: read_rules(row).masks for row in rows}
            suppressed = suppressed_of(connection, masks, self._clock())
        return tuple(
            self._camera(row, in_flight[row["id"]], faults, suppressed[row["id"]]) for row in rows
        )

    def names(self, camera_ids: Collection[str] | None = None) -> dict[str, str]:
        """The names of these cameras, removed ones too; for None of all that there are."""
        with self._database.read() as connection:
            if camera_ids is not None:
                return camera_names(connection, camera_ids)
            rows = connection.execute(select(cameras.c.id, cameras.c.name).order_by(cameras.c.id))
            return {row.id: row.name for row in rows}

    def open_source(self, camera_id: str) -> CameraSource:
        """The source of a camera with user and password, to pull from.

        Raises:
            UnknownCamera: there is none with that id.
            SecretsLost: user and password cannot be read; the message says what to do.
        """
        with self._database.read() as connection:
            row = find_camera(connection, camera_id)
        return open_source(row["source_kind"], row["source"], row["sealed"], self._seal)

    def source_of(self, camera: WatchedCamera) -> CameraSource:
        """The source of a camera that was claimed, with user and password.

        Raises:
            SecretsLost: user and password cannot be read; the message says what to do.
        """
        return open_source(camera.source_kind, camera.source, camera.sealed, self._seal)

    def with_kept_login(self, camera_id: str, source: CameraSource) -> CameraSource:
        """A source that a camera might get, with what it names no user and password of.

        Raises:
            UnknownCamera: there is none with that id.
            SubmissionRefused: the password would be shown to another server than the one that it
                was given for.
            SecretsLost: user and password cannot be read; the message says what to do.
        """
        with self._database.read() as connection:
            row = find_camera(connection, camera_id)
        if row["sealed"] is None or not source.is_remote:
            return source
        if not has_same_server(source, read_source(row["source_kind"], row["source"])):
            raise SubmissionRefused("camera-password-needed", url=redacted(source))
        login = self._seal.open(row["sealed"]) | login_of(source)
        return with_login(source, login)

    def site_rules(self) -> IncidentRules:
        """When incidents open of cameras of which nothing else is said."""
        with self._database.read() as connection:
            return site_rules(connection)

    def check_place(self, source: CameraSource) -> None:
        """Makes sure that a source is where one may be.

        Raises:
            CameraAddressRefused: it is not.
        """
        self._places.check(source)

    def lifetimes(self) -> tuple[CameraLifetime, ...]:
        """Every camera that there is and that there was, by id; see ``camera_lifetimes``."""
        with self._database.read() as connection:
            return camera_lifetimes(connection)

    def frame_fates(
        self, since: datetime | None, until: datetime | None
    ) -> Mapping[str, FrameFates]:
        """By camera, the frames that were not inspected; see ``camera_history.frame_fates``."""
        with self._database.read() as connection:
            return frame_fates(connection, since, until)

    def change(
        self,
        camera_id: str,
        changed: Callable[[CameraSettings], CameraSettings],
        by: Actor = PROGRAM,
    ) -> Camera:
        """Replaces the settings of a camera.

        Args:
            camera_id: the camera.
            changed: makes the new settings of the present ones; these keep the login, of which
                they say nothing.
            by: goes into the audit log.

        Raises:
            UnknownCamera: there is none with that id.
            CameraAddressRefused: its new source is where none may be.
            SubmissionRefused: the password would be shown to another server than the one that it
                was given for, or alert rules would fall silent.
            SecretsLost, StorageUnavailable: user and password cannot be sealed, or read where a
                part of them changes.
        """
        with self._database.write() as connection:
            before = find_camera(connection, camera_id, lock=True)
            settings = changed(_settings(before))
            self._places.check(settings.source)
            _check_incident_rules(connection, settings)
            values = _values(settings, self._sealed(settings, before))
            connection.execute(update(cameras).where(cameras.c.id == camera_id).values(values))
            after = find_camera(connection, camera_id)
            keep_rules_telling(connection, before, after)
            follow_camera(connection, self._watching, before, after)
            now = self._clock()
            keep_rules(connection, after, now)
            note_act(connection, by, AuditAction.CAMERA_CHANGED, now, camera_id, **_noted(after))
            return self._read(connection, camera_id)

    def remove(self, camera_id: str, by: Actor = PROGRAM) -> None:
        """Removes a camera; its inspections stay, and its name with them.

        Raises:
            UnknownCamera: there is none with that id.
            SubmissionRefused: alert rules name it, or the last one of a zone.
        """
        with self._database.write() as connection:
            row = find_camera(connection, camera_id, lock=True)
            now = self._clock()
            connection.execute(delete(cameras).where(cameras.c.id == camera_id))
            keep_rules_telling(connection, row, None)
            for table in (camera_devices, camera_deliveries):
                connection.execute(delete(table).where(table.c.camera_id == camera_id))
            follow_camera(connection, self._watching, row, None)
            self._health.forget(connection, camera_id, now)
            self._end_incidents(connection, camera_id)
            forget_looks(connection, camera_id)
            gone = {"id": camera_id, "name": row["name"], "created_at": row["created_at"]}
            connection.execute(insert(former_cameras), gone | {"removed_at": now})
            note_act(
                connection,
                by,
                AuditAction.CAMERA_REMOVED,
                now,
                camera_id,
                name=row["name"],
            )

    def _read(self, connection: Connection, camera_id: str) -> Camera:
        query = _WITH_SIGHTINGS.where(cameras.c.id == camera_id)
        row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise UnknownCamera("no-camera-see-list", camera_id=camera_id)
        faults = open_faults(connection, camera_id)
        masks = {camera_id: read_rules(row).masks}
        suppressed = suppressed_of(connection, masks, self._clock())[camera_id]
        return self._camera(row, frames_in_flight(connection)[camera_id], faults, suppressed)

    def _camera(
        self,
        row: RowMapping,
        in_flight: int,
        faults: Sequence[CameraFault],
        suppressed: tuple[SuppressedCount, ...],
    ) -> Camera:
        source, login = read_source(row["source_kind"], row["source"]), Login.NONE
        if row["sealed"] is not None:
            try:
                texts = self._seal.open(row["sealed"])
            except SecretsLost:  # everything else about the camera is as it was
                login = Login.LOST
            else:
                login = Login.KEPT
                if texts.get("password"):  # else the name itself is what opens it
                    source = replace(source, username=texts.get("username"))
        settings = _settings(row)
        return Camera(
            id=row["id"],
            name=settings.name,
            created_at=row["created_at"],
            enabled=settings.enabled,
            backend=settings.backend,
            min_interval_ms=settings.min_interval_ms,
            newest_frame_at=row["newest_frame_at"],
            newest_captured_at=row["newest_captured_at"],
            frames=FrameCounts(
                received=row["frames_received"],
                inspected=row["frames_inspected"],
                in_flight=in_flight,
                skipped=row["frames_skipped"],
                replaced=row["frames_replaced"],
                refused=row["frames_refused"],
                unchanged=row["frames_unchanged"],
            ),
            location=settings.location,
            timezone=settings.timezone,
            source=source,
            login=login,
            every_s=settings.every_s,
            expected=settings.expected,
            rules=settings.rules,
            incident_rules=settings.incident_rules,
            sighting=_sighting(row),
            faults=tuple(one for one in faults if one.camera_id == row["id"]),
            suppressed=suppressed,
        )

    def _sealed(self, settings: CameraSettings, before: RowMapping) -> bytes | None:
        """What is kept of user and password; the same bytes where they stay the same."""
        kept: bytes | None = before["sealed"]
        given = login_of(settings.source)
        if kept is None:
            return self._sealed_anew(given)
        if not settings.keeps_login or len(given) == len(_LOGIN):
            return kept if given == self._opened(kept) else self._sealed_anew(given)
        present = read_source(before["source_kind"], before["source"])
        if not settings.source.is_remote:
            return None
        if not has_same_server(settings.source, present):
            raise SubmissionRefused("camera-password-needed", url=redacted(settings.source))
        if not given:
            return kept
        login = self._seal.open(kept)
        return kept if login | given == login else self._sealed_anew(login | given)

    def _opened(self, sealed: bytes) -> dict[str, str] | None:
        try:
            return self._seal.open(sealed)
        except SecretsLost:
            return None

    def _sealed_anew(self, login: Mapping[str, str]) -> bytes | None:
        return self._seal.seal(login) if login else None


def find_camera(connection: Connection, camera_id: str, *, lock: bool = False) -> RowMapping:
    """A camera's row.

    Args:
        connection: a transaction.
        camera_id: the camera.
        lock: whether to keep others from changing the row until the transaction ends.

    Raises:
        UnknownCamera: there is none with that id.
    """
    query = select(cameras).where(cameras.c.id == camera_id)
    if lock:
        query = query.with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise UnknownCamera("no-camera-see-list", camera_id=camera_id)
    return row


def frames_in_flight(connection: Connection) -> Counter[str]:
    """By camera, its frames that are accepted and not final; at most a few each."""
    return Counter({row[0]: row[1] for row in connection.execute(_FRAMES_IN_FLIGHT)})


def _check_incident_rules(connection: Connection, settings: CameraSettings) -> None:
    """Makes sure that incidents can open by what is said of it."""
    zone_ids = [zone.id for zone in settings.rules.zones]
    try:
        settings.incident_rules.check(site_rules(connection), zone_ids)
    except ValueFault as exc:
        raise SubmissionRefused("incident-rules-invalid", problem=exc.reason) from None


def _settings(row: RowMapping) -> CameraSettings:
    return CameraSettings(
        name=row["name"],
        enabled=row["enabled"],
        backend=row["backend"],
        min_interval_ms=row["min_interval_ms"],
        location=row["location"],
        timezone=row["timezone"],
        source=read_source(row["source_kind"], row["source"]),
        keeps_login=True,
        every_s=row["every_s"],
        expected=row["expected"],
        rules=read_rules(row),
        incident_rules=read_rule_changes(row["incident_rules"]),
    )


def _values(settings: CameraSettings, sealed: bytes | None) -> dict[str, Any]:
    every_s = settings.every_s
    if every_s is None and settings.source.is_pulled:
        every_s = DEFAULT_INTERVAL_S
    return {
        "name": settings.name,
        "enabled": settings.enabled,
        "backend": settings.backend,
        "min_interval_ms": settings.min_interval_ms,
        "location": settings.location,
        "timezone": settings.timezone,
        "source_kind": settings.source.kind.value,
        "source": stored_source(settings.source),
        "sealed": sealed,
        "every_s": every_s,
        "expected": settings.expected,
        **stored_rules(settings.rules),
        "incident_rules": stored_rule_changes(settings.incident_rules),
    }


def _noted(row: RowMapping) -> dict[str, Any]:
    """What the audit log says of a camera: everything that was decided but the password."""
    source = read_source(row["source_kind"], row["source"])
    return {
        **{
            name: row[name]
            for name in (
                "name",
                "enabled",
                "backend",
                "min_interval_ms",
                "location",
                "timezone",
                "every_s",
                "expected",
                "zones",
                "masks",
                "schedule",
                "incident_rules",
            )
        },
        "source": {"kind": source.kind.value, "url": redacted(source)},
        "has_password": row["sealed"] is not None,
    }


def _sighting(row: RowMapping) -> CameraSighting | None:
    if row["seen_since"] is None:
        return None
    return CameraSighting(
        **{column.name.removeprefix("seen_"): row[column.name] for column in _SEEN}
    )
