"""Blobs as files in a folder; the key is the path.

What is put is fsynced under a temporary name, renamed to its own, and the folder is fsynced, so
that a power cut leaves either the whole file or none.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO

from safety_detector.storage.blobs import BlobFacts, BlobMissing, OpenBlob


class LocalFolder:
    """Blobs below a folder.

    Args:
        root: the folder; whoever makes it decides who may read it.
        incoming: for what is on its way in, on the same file system; where it is missing the
            folder's disk is away.
    """

    def __init__(self, root: Path, incoming: Path) -> None:
        self._root = root
        self._incoming = incoming

    def prepare(self, prefixes: Iterable[str]) -> None:
        """Makes the folders, durably, so that no blob has to wait for one of its own."""
        folders = [self._root / prefix for prefix in prefixes]
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        for parent in {folder.parent for folder in folders} | {self._root}:
            fsync_folder(parent)

    def receive(self) -> IncomingFile:
        """A file under a temporary name."""
        return IncomingFile(self, self._incoming / secrets.token_hex(16))

    def path_of(self, key: str) -> Path:
        """Where the blob with this key lies, whether or not it is there.

        Raises:
            ValueError: that would not be below the folder.
        """
        if key.startswith("/") or ".." in key.split("/"):
            raise ValueError(f"{key!r} is no key")
        return self._root / key

    def put(self, contents: Sequence[tuple[str, bytes]]) -> None:
        """Makes files durable together.

        Everything is written before anything is fsynced: the file system then brings the first
        fsync's neighbours to disk along with it.
        """
        with ExitStack() as opened:
            written = []
            for key, content in contents:
                temporary = self._incoming / secrets.token_hex(16)
                file = opened.enter_context(temporary.open("xb"))
                opened.callback(temporary.unlink, missing_ok=True)
                file.write(content)
                file.flush()
                written.append((file, temporary, self.path_of(key)))
            for file, _, _ in written:
                os.fsync(file.fileno())
            for _, temporary, target in written:
                _rename(temporary, target)
            for folder in {target.parent for _, _, target in written}:
                fsync_folder(folder)

    def stat(self, key: str) -> BlobFacts | None:
        """Size and time of the file, None if there is none."""
        try:
            return _facts(key, self.path_of(key).stat())
        except FileNotFoundError:
            return None

    def read(self, key: str) -> bytes:
        """All bytes of the file.

        Raises:
            BlobMissing: it is not there, and the folder's disk is.
        """
        with self._file(key) as file:
            return file.read()

    def open(self, key: str, start: int = 0, size_bytes: int | None = None) -> OpenBlob:
        """The file, to be read.

        Raises:
            BlobMissing: it is not there, and the folder's disk is.
        """
        file = self._file(key)
        try:
            facts = _facts(key, os.fstat(file.fileno()))
            file.seek(start)
        except OSError:
            file.close()
            raise
        left = max(0, facts.size_bytes - start)
        return OpenBlob(facts, file, left if size_bytes is None else min(left, size_bytes))

    def _file(self, key: str) -> BinaryIO:
        try:
            return self.path_of(key).open("rb")
        except FileNotFoundError as exc:
            if not self._incoming.is_dir():
                raise
            raise BlobMissing(key) from exc

    def delete(self, key: str) -> None:
        """Removes the file."""
        self.path_of(key).unlink(missing_ok=True)

    def list(self, prefix: str) -> Sequence[BlobFacts]:
        """The files in the folder of that name."""
        found = []
        with os.scandir(self.path_of(prefix)) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # removed meanwhile
                    if not entry.is_dir(follow_symlinks=False):
                        facts = entry.stat(follow_symlinks=False)
                        found.append(_facts(prefix + entry.name, facts))
        return found

    def begin_group(self, group: str) -> Path:
        """The group's own folder: nobody reads a file of it before it has its name."""
        folder = self.path_of(group)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def keep_group(self, group: str) -> None:
        """Fsyncs the folder, and the one in which it is."""
        folder = self.path_of(group)
        fsync_folder(folder)
        fsync_folder(folder.parent)

    def groups(self, prefix: str) -> Sequence[str]:
        """The folders whose paths begin with the text."""
        folder, _, beginning = prefix.rpartition("/")
        try:
            names = [path.name for path in self.path_of(folder).iterdir()]
        except FileNotFoundError:
            return []
        return [f"{folder}/{name}/" for name in names if name.startswith(beginning)]

    def delete_group(self, group: str) -> None:
        """Removes the group's folder."""
        shutil.rmtree(self.path_of(group), ignore_errors=True)


class IncomingFile:
    """A file on its way in, under a temporary name; made when it is needed first."""

    def __init__(self, folder: LocalFolder, path: Path) -> None:
        self._folder = folder
        self._path = path
        self._is_committed = False
        self._open: BinaryIO | None = None

    @property
    def _file(self) -> BinaryIO:
        if self._open is None:
            self._open = self._path.open("xb+")
        return self._open

    def write(self, data: bytes) -> None:
        """Appends bytes."""
        self._file.write(data)

    def read(self) -> bytes:
        """All bytes written so far."""
        self._file.seek(0)
        data = self._file.read()
        self._file.seek(0, os.SEEK_END)
        return data

    def flush(self) -> None:
        """Brings the bytes written so far to disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def commit(self, key: str) -> None:
        """Renames the file to its key and fsyncs the folder."""
        self._file.close()
        target = self._folder.path_of(key)
        _rename(self._path, target)
        fsync_folder(target.parent)
        self._is_committed = True

    def discard(self) -> None:
        """Removes the file, also where the disk is full."""
        if self._open is None:
            return
        with suppress(OSError):  # closing writes what still is in memory, wanted by nobody
            self._open.close()
        if not self._is_committed:
            with suppress(OSError):  # what stays is removed as a stale upload
                self._path.unlink(missing_ok=True)


def fsync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rename(source: Path, target: Path) -> None:
    """Renames a file into a folder, which is made durably if it is missing."""
    try:
        source.replace(target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        fsync_folder(target.parent.parent)
        source.replace(target)


def _facts(key: str, stat: os.stat_result) -> BlobFacts:
    return BlobFacts(key, stat.st_size, stat.st_mtime)
