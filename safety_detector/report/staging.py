"""Files that appear under their names only when all of them are whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from safety_detector.errors import ReportFailed
from safety_detector.message_texts.reason import system_cause

UNPUBLISHED = ".report-*.part"
"""Names of files that are not whole yet; those of a process that was killed stay behind."""


class Staging:
    """Collects files under temporary names in their own folders until they are published."""

    def __init__(self) -> None:
        self._parts: list[tuple[Path, Path]] = []

    @contextmanager
    def open(self, path: Path) -> Iterator[IO[bytes]]:
        """A file to write that will be ``path``; on disk when the block is left."""
        part = path.with_name(UNPUBLISHED.replace("*", secrets.token_hex(6)))
        with part.open("xb") as file:
            self._parts.append((part, path))
            yield file
            file.flush()
            os.fsync(file.fileno())

    def publish(self) -> None:
        """Gives every file its name, in the order in which they were opened."""
        for part, path in self._parts:
            part.replace(path)

    def discard(self) -> None:
        """Removes what has not been published."""
        for part, _ in self._parts:
            part.unlink(missing_ok=True)


@contextmanager
def staged(path: Path) -> Iterator[Staging]:
    """Publishes the files when the block ends; after an error inside it nothing is left of them.

    Args:
        path: the most important of the files, named in the error.

    Raises:
        ReportFailed: a file cannot be written.
    """
    staging = Staging()
    try:
        if path.is_dir():
            raise ReportFailed("report-path-is-folder", path=path)
        try:
            yield staging
            staging.publish()
        finally:
            staging.discard()
    except OSError as exc:
        raise ReportFailed("report-not-written", path=path, cause=system_cause(exc)) from exc
