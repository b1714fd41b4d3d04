"""A set as a folder, which is there when it is whole and not before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.lock_files import holder_of, lock, opened_lock_file
from safety_detector.host.output_files import storage_errors, sync_folder, write_file
from safety_detector.message_texts.reason import system_cause

_LOCK = ".lock"


class FolderFiles:
    """Writes the files of a set into a folder.

    Args:
        folder: which is there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, data: bytes) -> None:
        """Writes a file.

        Raises:
            StorageUnavailable: it cannot be written.
        """
        write_file(self._folder / name, data)

    def copy(self, name: str, file: IO[bytes]) -> None:
        """Writes what is left to read of an open file.

        Raises:
            StorageUnavailable: it cannot be written.
        """
        path = self._folder / name
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as copy:
                shutil.copyfileobj(file, copy)


@contextmanager
def new_folder(path: Path) -> Iterator[FolderFiles]:
    """Files that become a folder of this name when the block ends without an error, durably.

    Until then they lie beside it, under a name of their own; what an export that was killed left
    there is removed by the next one.

    Raises:
        ConfigurationInvalid: something is there already, it cannot be made, or another export
            writes it at the moment.
        StorageUnavailable: it cannot be written.
    """
    _refuse_taken(path)
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir(mode=0o700, exist_ok=True)
    except OSError as exc:
        raise ConfigurationInvalid("not-made", path=path, cause=system_cause(exc)) from exc
    with storage_errors(part), opened_lock_file(part / _LOCK) as held:
        if not lock(held):
            raise ConfigurationInvalid(
                "dataset-folder-held", path=path, process=holder_of(held) or "unknown"
            )
        _clear(part)
        try:
            yield FolderFiles(part)
            os.sync()  # all files at once: a set has thousands
            (part / _LOCK).unlink()
            _refuse_taken(path)
            part.rename(path)
            sync_folder(path.parent)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


def _refuse_taken(path: Path) -> None:
    try:
        is_free = not os.path.lexists(path) or (path.is_dir() and not any(path.iterdir()))
    except OSError as exc:
        raise ConfigurationInvalid("not-made", path=path, cause=system_cause(exc)) from exc
    if not is_free or path.is_symlink():
        raise ConfigurationInvalid("dataset-folder-taken", path=path)


def _clear(part: Path) -> None:
    for one in part.iterdir():
        if one.name == _LOCK:
            continue
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink()
