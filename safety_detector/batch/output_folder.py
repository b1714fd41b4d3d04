"""The output folder: made, held by one run at a time, and cleared where a run begins anew."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.lock_files import holder_of, lock, opened_lock_file
from safety_detector.host.output_files import (
    FRAMES,
    OUTPUT_FILES,
    OUTPUT_FOLDERS,
    PART_ENDING,
    RESULTS,
    VOLUMES,
    replacing,
    storage_errors,
    sync_folder,
)
from safety_detector.message_texts.reason import system_cause
from safety_detector.report.staging import UNPUBLISHED

_NONCE = ".batch-nonce"
_LOCK = ".batch-lock"


@contextmanager
def held_folder(folder: Path, *, restart: bool) -> Iterator[None]:
    """Makes the folder and holds it; the kernel lets go when the process ends, however it ends.

    Args:
        folder: where all outputs go.
        restart: remove the outputs of earlier runs, and nothing else.

    Raises:
        ConfigurationInvalid: it cannot be made or written, another run holds it, or it has files
            of these names that no run made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writers = _writers_beside_owner(folder)
    except OSError as exc:
        raise ConfigurationInvalid("not-made", path=folder, cause=system_cause(exc)) from exc
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigurationInvalid("not-writable", path=folder)
    with ExitStack() as held:
        try:
            # Whoever reads the results could lock the folder itself.
            file = held.enter_context(opened_lock_file(folder / _LOCK, writers))
            is_ours = lock(file)
        except OSError as exc:
            raise ConfigurationInvalid("not-made", path=folder, cause=system_cause(exc)) from exc
        if not is_ours:
            raise ConfigurationInvalid(
                "output-held", path=folder, process=holder_of(file) or "unknown"
            )
        if restart:
            _clear(folder)
        _refuse_strangers(folder)
        _sweep(folder)
        yield


def _writers_beside_owner(folder: Path) -> int:
    """Permissions to read and write for those, group or others, who may write the folder."""
    mode = folder.stat().st_mode
    return (0o060 if mode & 0o020 else 0) | (0o006 if mode & 0o002 else 0)


def folder_nonce(folder: Path) -> str:
    """A random text that stays with the folder until its outputs are thrown away.

    Call it while the folder is held.

    Raises:
        StorageUnavailable: it cannot be kept.
    """
    path = folder / _NONCE
    with storage_errors(path):
        if path.exists():
            return path.read_text("ascii", "replace")
    nonce = secrets.token_hex(16)
    with replacing(path) as file:
        file.write(nonce.encode())
    return nonce


def _refuse_strangers(folder: Path) -> None:
    if (folder / RESULTS).exists():
        return
    strangers = [name for name in (*OUTPUT_FILES, *OUTPUT_FOLDERS) if (folder / name).exists()]
    if strangers:
        raise ConfigurationInvalid(
            "output-holds-strangers", path=folder, name=strangers[0], results=RESULTS
        )


def _sweep(folder: Path) -> None:
    """Removes what a killed run had begun to build."""
    for pattern in (*(f"{name}{PART_ENDING}" for name in (FRAMES, *OUTPUT_FILES)), UNPUBLISHED):
        for part in folder.glob(pattern):
            part.unlink(missing_ok=True)


def _clear(folder: Path) -> None:
    """The journal goes before its outputs: what is there without it is never taken for results.

    The nonce goes before the journal: an empty one beside an old nonce would have a service repeat
    what is thrown away here.
    """
    try:
        for name in (_NONCE, FRAMES, *OUTPUT_FILES):
            (folder / name).unlink(missing_ok=True)
        sync_folder(folder)
        for volume in folder.glob(VOLUMES):
            volume.unlink(missing_ok=True)
        for name in OUTPUT_FOLDERS:
            shutil.rmtree(folder / name, ignore_errors=True)
    except OSError as exc:
        raise ConfigurationInvalid("not-cleared", path=folder, cause=system_cause(exc)) from exc
