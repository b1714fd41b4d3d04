"""Copies of a SQLite database that is in use."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from safety_detector.errors import DatabaseUnavailable

_PAGES_AT_ONCE = 1000  # 4 MB; writers get their turn in between


def back_up_sqlite(
    source: Path, target: Path, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> None:
    """Copies the database as it is at one moment; a service may go on writing meanwhile.

    SQLite's own backup, since a copied file would lack what is still in the write-ahead log.  The
    copy is examined and made durable before it takes the target's name, so that an earlier copy
    there is replaced by a whole one or not at all.

    Args:
        source: the database.
        target: the copy; its folder is there.
        progress: told the pages that are done and all pages, now and then.

    Raises:
        DatabaseUnavailable: the database cannot be read, or the copy cannot be written.
    """
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600, exist_ok=False)  # hashes of keys, and what pictures show
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as read,
            closing(sqlite3.connect(unfinished)) as written,
        ):
            read.backup(
                written,
                pages=_PAGES_AT_ONCE,
                progress=lambda _status, left, total: progress(total - left, total),
            )
            # One file that needs no other beside it.
            written.execute("PRAGMA journal_mode = DELETE")
            [[verdict]] = written.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != "ok":
            raise DatabaseUnavailable("database-damaged", cause=verdict)
        _make_durable(unfinished, target)
    except (sqlite3.Error, OSError) as exc:
        raise DatabaseUnavailable("database-not-copied", path=target, cause=exc) from exc
    finally:
        unfinished.unlink(missing_ok=True)


def _make_durable(unfinished: Path, target: Path) -> None:
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
