"""A set as a folder, which is there when it is whole and not before."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import IO

from safety_detector.errors import ConfigurationInvalid, StorageUnavailable
from safety_detector.host.lock_files import holder_of, lock, opened_lock_file
from safety_detector.host.output_files import sync_folder
from safety_detector.message_texts.reason import system_cause
from safety_detector.name_bytes import readable_text


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
        path = self._folder / name
        with _set_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def copy(self, name: str, file: IO[bytes]) -> None:
        """Writes what is left to read of an open file.

        Raises:
            StorageUnavailable: it cannot be written.
        """
        path = self._folder / name
        with _set_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as copy:
                shutil.copyfileobj(file, copy)


@contextmanager
def _set_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise StorageUnavailable(
            "dataset-not-written",
            path=readable_text(str(path)),
            cause=system_cause(exc),
            errno=exc.errno,
        ) from exc


@contextmanager
def new_folder(path: Path) -> Iterator[FolderFiles]:
    """Files that become a folder of this name when the block ends without an error, durably.

    Until then they lie beside it, in a folder that is made anew under a name that nobody can guess:
    where others may write too, nothing that they put there is written to, followed or emptied.
    What an export that was killed left there is removed by the next one.

    Raises:
        ConfigurationInvalid: something is there already, it cannot be made, or another export
            writes it at the moment.
        StorageUnavailable: it cannot be written.
    """
    path = path if path.name else path.resolve()
    _refuse_taken(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigurationInvalid("not-made", path=path, cause=system_cause(exc)) from exc
    with _held(path):
        _refuse_taken(path)
        _remove_left_ones(path)
        try:
            part = Path(mkdtemp(prefix=_part_prefix(path), dir=path.parent))
        except OSError as exc:
            raise ConfigurationInvalid("not-made", path=path, cause=system_cause(exc)) from exc
        try:
            yield FolderFiles(part)
            with _set_errors(path):
                os.sync()  # all files at once: a set has thousands
                _refuse_taken(path)
                part.rename(path)
                sync_folder(path.parent)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Keeps other exports from that name until the folder is there.

    The lock lies beside the folder, so that it is held over the renaming too.

    Raises:
        ConfigurationInvalid: another one writes it, or the lock cannot be made.
    """
    name = path.with_name(f".{path.name}.lock")
    while True:
        with ExitStack() as opened:
            try:
                held = opened.enter_context(opened_lock_file(name))
                is_locked = lock(held)
                is_there = is_locked and _is_same_file(held, name)
            except OSError as exc:
                raise ConfigurationInvalid("not-made", path=path, cause=system_cause(exc)) from exc
            if not is_locked:
                raise ConfigurationInvalid(
                    "dataset-folder-held", path=path, process=holder_of(held) or "unknown"
                )
            if not is_there:
                continue  # who held it before has removed it meanwhile
            try:
                yield
            finally:
                with suppress(OSError):
                    name.unlink()
            return


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _part_prefix(path: Path) -> str:
    return f".{path.name}.part-"


def _remove_left_ones(path: Path) -> None:
    """Removes what killed exports of this user left; what it cannot remove stays."""
    left = re.compile(re.escape(_part_prefix(path)) + r"[a-z0-9_]{8}")
    with suppress(OSError):
        for one in [*path.parent.iterdir()]:
            if not left.fullmatch(one.name):
                continue
            facts = one.lstat()
            if stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid():
                shutil.rmtree(one, ignore_errors=True)


def _refuse_taken(path: Path) -> None:
    try:
        is_free = not os.path.lexists(path) or (path.is_dir() and not any(path.iterdir()))
        # Who works in a folder that another one takes the place of sees nothing of it.
        is_here = path.is_dir() and path.samefile(Path.cwd())
    except OSError as exc:
        raise ConfigurationInvalid("not-made", path=path, cause=system_cause(exc)) from exc
    if is_here and is_free:
        raise ConfigurationInvalid("dataset-folder-here", path=path)
    if not is_free or path.is_symlink():
        raise ConfigurationInvalid("dataset-folder-taken", path=path)
