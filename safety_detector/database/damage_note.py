"""A note beside a SQLite file that it is damaged, so that all processes know what one has met."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_LONGEST = 500  # bytes that are read of it


class DamageNote:
    """Kept in a file: the database cannot be relied on to hold it.

    Args:
        database: the database's file; None for one that no other process sees.
    """

    def __init__(self, database: Path | None) -> None:
        self._path = database and database.with_name(database.name + ".damaged")

    def write(self, cause: str) -> None:
        """Notes it, if the disk takes it."""
        if self._path is None:
            return
        with suppress(OSError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self._path, flags, 0o600)
            try:
                os.write(descriptor, cause.encode()[:_LONGEST])
            finally:
                os.close(descriptor)

    def read(self) -> tuple[str, float] | None:
        """What SQLite said of it, and when, as Unix time; None where nothing is noted."""
        if self._path is None:
            return None
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            said = os.read(descriptor, _LONGEST).decode("utf-8", "replace").strip()
            return said or "damaged", os.fstat(descriptor).st_mtime
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """The database is sound again, most likely another one."""
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()
