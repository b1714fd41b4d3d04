"""Orphans: files in the data folder that no row tells of, left behind by crashes.

Nothing is removed unattended.  What a database does not know may be evidence all the same: with a
new one on an old folder every picture is an orphan, with a restored dump everything that came after
it, and neither the database nor the files tell that from a crash.  So a round counts those of one
of the folder's parts, which keeps it short, and somebody who knows decides.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from safety_detector.database.engine import Database
from safety_detector.database.statements import insert_unless_there, upsert
from safety_detector.database.tables import inspections, pictures, tallies
from safety_detector.domain.inspection import Status
from safety_detector.service.access.audit import Actor, AuditAction, note_act
from safety_detector.service.retention.age_clock import AgeClock
from safety_detector.storage.storage import PARTS, Storage, StoredFile

_log = logging.getLogger(__name__)

ORPHAN_AGE = timedelta(days=1)
"""Between a file and its row lie seconds; a day leaves time to notice a wrong database."""

ORPHAN_TALLY = "orphan_files"
"""The tally of what the last round found; its shards are the parts of the data folder."""

_AT_ONCE = 25  # files a transaction; uploads of the same bytes wait for it, on SQLite all writers
_QUERIED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class OrphanFiles:
    """How many were found, or removed, and their size."""

    files: int = 0
    size_bytes: int = 0

    def __add__(self, other: OrphanFiles) -> OrphanFiles:
        return OrphanFiles(self.files + other.files, self.size_bytes + other.size_bytes)


class Orphans:
    """Finds them, and removes them for somebody who asks for it.

    Attributes:
        parts: into how many parts the data folder is divided.
    """

    parts = PARTS

    def __init__(
        self,
        database: Database,
        storage: Storage,
        clock: Callable[[], datetime],
        age_clock: AgeClock,
    ) -> None:
        self._database = database
        self._storage = storage
        self._clock = clock
        self._age_clock = age_clock

    def count(self, part: int) -> OrphanFiles:
        """What stands in one part of the data folder; changes nothing."""
        return _total(self._find(part))

    def note(self, part: int) -> OrphanFiles:
        """Counts what stands in one part of the data folder, for ``/metrics``.

        Raises:
            StorageUnavailable, DatabaseUnavailable: the count is that of the last time.
        """
        found = self._find(part)
        if found:
            _log.warning(
                "%d files in %s have no row in the database; if the two belong together, "
                "safety-detector purge --orphans --dry-run counts them and without --dry-run "
                "removes them",
                len(found),
                found[0].key.rpartition("/")[0],
            )
        self._write_tally(part, len(found))
        return _total(found)

    def collect(self, part: int, by: Actor) -> OrphanFiles:
        """Removes what stands in one part of the data folder.

        Args:
            part: which, from 0 to ``parts`` - 1.
            by: who wants it.

        Raises:
            StorageUnavailable, DatabaseUnavailable: some are still there.
        """
        found = self._find(part)
        removed = OrphanFiles()
        for start in range(0, len(found), _AT_ONCE):
            removed += self._remove(found[start : start + _AT_ONCE], by)
        self._write_tally(part, len(found) - removed.files)
        return removed

    def _age(self) -> timedelta:
        """How old a file has to look beside this machine's clock."""
        with self._database.read() as connection:
            return ORPHAN_AGE + self._age_clock.excess_of(self._clock(), connection)

    def _write_tally(self, part: int, files: int) -> None:
        row = {"name": ORPHAN_TALLY, "shard": part, "total": files}
        with self._database.write(durable=False) as connection:
            statement = upsert(
                connection.dialect.name, tallies, on=("name", "shard"), overwrite=("total",)
            )
            connection.execute(statement, row)

    def _find(self, part: int) -> list[StoredFile]:
        files = self._storage.old_files(part, self._age())
        found: list[StoredFile] = []
        with self._database.read() as connection:
            for start in range(0, len(files), _QUERIED_AT_ONCE):
                found += _without_row(connection, files[start : start + _QUERIED_AT_ONCE])
        return sorted(found, key=lambda file: file.key)

    def _remove(self, files: Sequence[StoredFile], by: Actor) -> OrphanFiles:
        """Removes files under the lock that uploads of the same bytes take."""
        now = self._clock()
        age = self._age()
        with self._database.write() as connection:
            ours = [file for file in files if _lock(connection, file, now)]
            gone = [file for file in ours if self._storage.delete_if_old(file, age)]
            hashes = [file.owner.id for file in ours if file.owner.fence is None]
            connection.execute(delete(pictures).where(pictures.c.sha256.in_(hashes)))
            if gone:
                names = [file.key.rpartition("/")[2] for file in gone]
                size_bytes = _total(gone).size_bytes
                note_act(
                    connection, by, AuditAction.ORPHANS_REMOVED, now, files=names, bytes=size_bytes
                )
        return _total(gone)


def _without_row(connection: Connection, files: Sequence[StoredFile]) -> list[StoredFile]:
    owners = [file.owner.id for file in files]
    if all(file.owner.fence is None for file in files):
        known = set(
            connection.scalars(select(pictures.c.sha256).where(pictures.c.sha256.in_(owners)))
        )
        return [file for file in files if file.owner.id not in known]
    query = select(inspections.c.id, inspections.c.status, inspections.c.annotated_fence)
    rows = connection.execute(query.where(inspections.c.id.in_(owners)))
    wanted = {row.id: _wanted_fence(row.status, row.annotated_fence) for row in rows}
    return [
        file for file in files if wanted.get(file.owner.id, "none") not in ("any", file.owner.fence)
    ]


def _wanted_fence(status: str, annotated_fence: int | None) -> int | str:
    """Which annotated pictures of an inspection are wanted: one, ``any`` or ``none``.

    While it goes on, any may be that of a result which is just being recorded.
    """
    if status not in (Status.COMPLETED, Status.FAILED):
        return "any"
    return "none" if annotated_fence is None else annotated_fence


def _lock(connection: Connection, file: StoredFile, now: datetime) -> bool:
    """Keeps uploads of the same bytes waiting; False if one came first.

    A row is put in the upload's way and removed together with the file.  An annotated picture needs
    none: no file is ever written twice under its name.
    """
    if file.owner.fence is not None:
        return True
    row = {
        "sha256": file.owner.id,
        "size_bytes": file.size_bytes,
        "format": "",
        "width": 0,
        "height": 0,
        "touched_at": now,
    }
    statement = insert_unless_there(connection.dialect.name, pictures, on=("sha256",))
    return connection.execute(statement, row).rowcount == 1


def _total(files: Sequence[StoredFile]) -> OrphanFiles:
    return OrphanFiles(len(files), sum(file.size_bytes for file in files))
