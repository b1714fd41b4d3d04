"""The data folder: submitted pictures by their hash, annotated pictures, reports.

What is stored is durable before a call returns: the file is fsynced under a temporary name, renamed
to its own, and the folder is fsynced, so that a power cut leaves either the whole file or none.

::

    images/ab/<sha256>                      submitted pictures, ``ab`` the hash's first two digits
    images/.incoming/                       uploads on their way in, files that are made to be sent
    marked_images/X/<inspection>-<fence>.jpg    ``X`` the inspection id's last character
    reports/<report>-<fence>/*.pdf          a report as made under one claim; volumes beside it
    reserve/                                given up when the disk is full (``disk_room``)
    fonts/                                  the operator's own fonts, none at first

Long on purpose: every path and every fsync of the folder is decided in this one file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from safety_detector.errors import PictureMissing, StorageFull, StorageUnavailable
from safety_detector.host.disk_room import DiskRoom
from safety_detector.host.file_size_limit import files_limited
from safety_detector.message_texts.reason import Reason, system_cause

_IMAGES, _INCOMING = "images", ".incoming"
_MARKED_IMAGES = "marked_images"
_REPORTS = "reports"
_FONTS = "fonts"
_ABOUT_FONTS = """\
A TrueType font (.ttf) put here takes the place of the one that comes with safety-detector, in
annotated pictures and reports. A name with "bold" in it is the bold weight. The font must have
Chinese characters.
放在这里的 TrueType 字体（.ttf）将替换 safety-detector 自带的字体，用于标注图片和报告；
文件名含 bold 的为粗体；字体须含中文字符。
"""
# A camera's 640×480 JPEG is 30 to 150 kB.
_IN_MEMORY_BYTES = 512 * 2**10
_PREFIXES = tuple(f"{value:02x}" for value in range(256))
_LAST_CHARACTERS = tuple("0123456789ABCDEFGHJKMNPQRSTVWXYZ")  # Crockford's base 32, of ULIDs
_PICTURE_NAME = re.compile(r"[0-9a-f]{64}")
_ANNOTATED_NAME = re.compile(r"([0-9A-HJKMNP-TV-Z]{26})-([0-9]{1,9})\.jpg")
_REPORT_NAME = re.compile(r"([0-9A-HJKMNP-TV-Z]{26})-[0-9]{1,9}")

PARTS = len(_PREFIXES) + len(_LAST_CHARACTERS)
"""Sub-folders of submitted and of annotated pictures, for ``Storage.old_files``."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A submitted or annotated picture in the data folder.

    Attributes:
        path: where it lies.
        owner: the SHA-256 of a submitted picture, the inspection of an annotated one.
        fence: of an annotated one; None for a submitted one.
    """

    path: Path
    owner: str
    fence: int | None
    size_bytes: int


class Upload:
    """A picture on its way in: written in pieces, then committed under its hash or discarded.

    A small one waits in memory, so that it goes to the disk once, and only if it is accepted.  It
    is hashed as it comes.  Use it as a context manager; what was not committed when it ends is
    discarded.

    Attributes:
        size_bytes: number of bytes written so far.
    """

    def __init__(self, storage: Storage, path: Path) -> None:
        self.size_bytes = 0
        self._storage = storage
        self._path = path
        self._is_committed = False
        self._hash = hashlib.sha256()
        self._pieces: list[bytes] = []
        self._file: BinaryIO | None = None

    @property
    def sha256(self) -> str:
        """Hash of the bytes written so far, 64 hexadecimal digits."""
        return self._hash.hexdigest()

    def holds(self, chunk: bytes) -> bool:
        """Whether these bytes would stay in memory; if not, writing them waits for the disk."""
        return self._file is None and self.size_bytes + len(chunk) <= _IN_MEMORY_BYTES

    def write(self, chunk: bytes) -> None:
        """Appends bytes.

        Raises:
            StorageUnavailable: the disk is full or gone.
        """
        if self.holds(chunk):
            self._pieces.append(chunk)
        else:
            with _storage_errors("cannot-receive-picture"):
                self._on_disk().write(chunk)
        self._hash.update(chunk)
        self.size_bytes += len(chunk)

    def read(self) -> bytes:
        """All bytes written so far."""
        if self._file is None:
            return b"".join(self._pieces)
        with _storage_errors("cannot-read-received-picture"):
            self._file.seek(0)
            data = self._file.read()
            self._file.seek(0, os.SEEK_END)
        return data

    def _on_disk(self) -> BinaryIO:
        """The file, with all bytes written so far; made when it is needed first."""
        if self._file is None:
            self._file = self._path.open("xb+")
            self._file.writelines(self._pieces)
            self._pieces = []
        return self._file

    def flush(self) -> None:
        """Brings the bytes written so far to disk; they do not wait in memory any more.

        Raises:
            StorageUnavailable: the disk is full or gone.
        """
        with _storage_errors("cannot-receive-picture"):
            file = self._on_disk()
            file.flush()
            os.fsync(file.fileno())

    def commit(self) -> str:
        """Makes the bytes durable under their hash; the same bytes may be there already.

        Returns:
            The SHA-256 under which they can be read.

        Raises:
            StorageUnavailable: the disk is full or gone; nothing was stored.
        """
        target = self._storage.picture_path(self.sha256)
        with _storage_errors("cannot-store-picture"):
            self.flush()
            self._on_disk().close()
            _rename_durably(self._path, target)
        self._is_committed = True
        return self.sha256

    def discard(self) -> None:
        """Gives the bytes up, unless they were committed; raises nothing where the disk is full."""
        if self._file is None:
            return
        with suppress(OSError):  # closing writes what still is in memory, wanted by nobody
            self._file.close()
        if not self._is_committed:
            with suppress(OSError):  # what stays is removed as a stale upload
                self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.discard()


class Storage:
    """The one place that knows where a file lies.

    Args:
        root: the data folder; ``prepare`` makes it.
        room: looks after the room on its disk; None for nothing that is kept free.
    """

    def __init__(self, root: Path, room: DiskRoom | None = None) -> None:
        self._root = root
        self.room = room or DiskRoom(root)

    @property
    def root(self) -> Path:
        """The data folder."""
        return self._root

    def prepare(self) -> None:
        """Makes the folders, durably; what is there already stays.

        Raises:
            StorageUnavailable: the data folder cannot be made or written.
        """
        images, marked = self._root / _IMAGES, self._root / _MARKED_IMAGES
        # All at once, so that no picture has to wait for a folder of its own to become durable.
        folders = [self._root / _REPORTS, images / _INCOMING]
        folders += [images / prefix for prefix in _PREFIXES]
        folders += [marked / character for character in _LAST_CHARACTERS]
        about_fonts = self._root / _FONTS / "README.txt"
        with _storage_errors("cannot-be-made"):
            self._root.parent.mkdir(parents=True, exist_ok=True)
            self._root.mkdir(mode=0o700, exist_ok=True)
            for folder in (*folders, about_fonts.parent):
                folder.mkdir(parents=True, exist_ok=True)
            if not about_fonts.exists():
                with suppress(OSError):  # on a full disk pictures can still be read and purged
                    about_fonts.write_text(_ABOUT_FONTS, encoding="utf-8")
            for parent in (images, marked, self._root, self._root.resolve().parent):
                _fsync_folder(parent)

    def exposure(self) -> str | None:
        """What other users of the machine may do with the data folder; None if nothing."""
        mode = self._root.stat().st_mode
        others = {"read": 0o044, "change": 0o022}
        may = " and ".join(verb for verb, bits in others.items() if mode & bits)
        if not may:
            return None
        return f"Other users of this machine may {may} {self._root}: chmod 700 {self._root}"

    def check_writable(self) -> None:
        """Writes and removes a small file.

        Raises:
            StorageUnavailable: that did not work; the message says why.
        """
        with self.new_upload() as upload:
            upload.write(b"probe")
            upload.flush()

    def new_upload(self) -> Upload:
        """An empty upload in the file system of the stored pictures."""
        return Upload(self, self._root / _IMAGES / _INCOMING / secrets.token_hex(16))

    @contextmanager
    def scratch_folder(self) -> Iterator[Path]:
        """An empty folder that is gone after the block.

        Should the process end before that, it goes with the stale uploads.

        Raises:
            StorageUnavailable: it cannot be made.
        """
        with _storage_errors("cannot-make-folder"):
            folder = Path(tempfile.mkdtemp(dir=self._root / _IMAGES / _INCOMING))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def store_picture(self, data: bytes) -> str:
        """Makes a picture durable; returns its SHA-256.

        Raises:
            StorageUnavailable: the disk is full or gone; nothing was stored.
        """
        with self.new_upload() as upload:
            upload.write(data)
            return upload.commit()

    def picture_path(self, sha256: str) -> Path:
        """Where the picture with this hash lies, whether or not it is there."""
        return self._root / _IMAGES / sha256[:2] / sha256

    def read_picture(self, sha256: str) -> bytes:
        """The bytes of a stored picture.

        Raises:
            PictureMissing: it is not in its folder.
            StorageUnavailable: it cannot be read, or its folder is gone.
        """
        path = self.picture_path(sha256)
        with _storage_errors("cannot-read-stored-picture"):
            try:
                return path.read_bytes()
            except FileNotFoundError as exc:
                if not path.parent.is_dir():
                    raise
                raise PictureMissing("picture-gone", sha256=sha256) from exc

    def delete_picture(self, sha256: str) -> None:
        """Removes a stored picture; one that is not there is no error."""
        with _storage_errors("cannot-remove-picture"):
            self.picture_path(sha256).unlink(missing_ok=True)

    def store_annotated(self, pictures: Sequence[tuple[str, int, bytes]]) -> None:
        """Makes annotated pictures durable, each under its inspection and the fence of its claim.

        A late worker with an older fence writes another file, never over the current one.

        Args:
            pictures: inspection id, fence, JPEG.

        Raises:
            StorageUnavailable: the disk is full or gone.
        """
        with _storage_errors("cannot-store-annotated-picture"):
            self._store(
                [(self.annotated_path(owner, fence), jpeg) for owner, fence, jpeg in pictures]
            )

    def annotated_path(self, inspection_id: str, fence: int) -> Path:
        """Where the annotated picture of that claim lies, whether or not it is there."""
        folder = self._root / _MARKED_IMAGES / inspection_id[-1:]
        return folder / f"{inspection_id}-{fence}.jpg"

    def delete_annotated(self, inspection_id: str, fence: int) -> None:
        """Removes the annotated picture of that claim; one that is not there is no error."""
        with _storage_errors("cannot-remove-annotated-picture"):
            self.annotated_path(inspection_id, fence).unlink(missing_ok=True)

    def old_files(self, part: int, age: timedelta) -> list[StoredFile]:
        """The pictures in one sub-folder that were written long enough ago.

        Args:
            part: which, from 0 to ``PARTS`` - 1.
            age: how long ago at least.

        Raises:
            StorageUnavailable: the folder cannot be read.
        """
        if part < len(_PREFIXES):
            folder = self._root / _IMAGES / _PREFIXES[part]
        else:
            folder = self._root / _MARKED_IMAGES / _LAST_CHARACTERS[part - len(_PREFIXES)]
        with _storage_errors("cannot-be-read"), os.scandir(folder) as entries:
            found = [_stored_file(entry, age) for entry in entries]
        return [file for file in found if file is not None]

    def delete_if_old(self, file: StoredFile, age: timedelta) -> bool:
        """Removes a file, unless it was written again meanwhile; tells whether it did."""
        with _storage_errors("cannot-remove-file"):
            try:
                if not _is_old(file.path.stat(), age):
                    return False
                file.path.unlink()
            except FileNotFoundError:
                return False
        return True

    def report_folder(self, report_id: str, fence: int) -> Path:
        """Where the files of that claim of a report lie, whether or not they are there."""
        return self._root / _REPORTS / f"{report_id}-{fence}"

    def report_ids(self) -> set[str]:
        """The reports of which files are there, whole or not.

        Raises:
            StorageUnavailable: the folder cannot be read.
        """
        with _storage_errors("cannot-be-read"), os.scandir(self._root / _REPORTS) as entries:
            return {found[1] for entry in entries if (found := _REPORT_NAME.fullmatch(entry.name))}

    def begin_report(self, report_id: str, fence: int) -> Path:
        """The empty folder for the files of a claim; those of earlier claims are removed.

        Raises:
            StorageUnavailable: it cannot be made.
        """
        self.delete_reports(report_id)
        folder = self.report_folder(report_id, fence)
        with _storage_errors("cannot-make-folder-for-report"):
            folder.mkdir(parents=True)
        return folder

    def keep_report(self, report_id: str, fence: int) -> None:
        """Makes the names of a claim's files durable; the files themselves are fsynced already.

        Raises:
            StorageUnavailable: the disk is gone.
        """
        folder = self.report_folder(report_id, fence)
        with _storage_errors("cannot-keep-report"):
            _fsync_folder(folder)
            _fsync_folder(folder.parent)

    def delete_reports(self, report_id: str, but_fence: int | None = None) -> None:
        """Removes the files of a report, or of all its claims but one."""
        kept = None if but_fence is None else self.report_folder(report_id, but_fence)
        with _storage_errors("cannot-remove-report"):
            for folder in (self._root / _REPORTS).glob(f"{report_id}-*"):
                if folder != kept:
                    shutil.rmtree(folder, ignore_errors=True)

    def delete_report(self, report_id: str, fence: int) -> None:
        """Removes the files of one claim of a report."""
        shutil.rmtree(self.report_folder(report_id, fence), ignore_errors=True)

    def discard_stale_uploads(self, age: timedelta) -> int:
        """Removes uploads and scratch folders that a process left behind; returns how many.

        Args:
            age: how long ago they were last written; longer than any upload or report may take.
        """
        oldest_s = time.time() - age.total_seconds()
        removed = 0
        with _storage_errors("cannot-remove-stale-uploads"):
            for path in (self._root / _IMAGES / _INCOMING).iterdir():
                with suppress(FileNotFoundError):  # committed or discarded meanwhile
                    if path.stat().st_mtime < oldest_s:
                        if path.is_dir():
                            shutil.rmtree(path)
                        else:
                            path.unlink()
                        removed += 1
        return removed

    def _store(self, contents: Sequence[tuple[Path, bytes]]) -> None:
        """Makes files durable together.

        Everything is written before anything is fsynced: the file system then brings the first
        fsync's neighbours to disk along with it.
        """
        incoming = self._root / _IMAGES / _INCOMING
        with ExitStack() as opened:
            written = []
            for target, content in contents:
                temporary = incoming / secrets.token_hex(16)
                file = opened.enter_context(temporary.open("xb"))
                opened.callback(temporary.unlink, missing_ok=True)
                file.write(content)
                file.flush()
                written.append((file, temporary, target))
            for file, _, _ in written:
                os.fsync(file.fileno())
            for _, temporary, target in written:
                _rename(temporary, target)
            for folder in {target.parent for target, _ in contents}:
                _fsync_folder(folder)


def _rename_durably(source: Path, target: Path) -> None:
    """Renames a fsynced file and fsyncs its folder."""
    _rename(source, target)
    _fsync_folder(target.parent)


def _rename(source: Path, target: Path) -> None:
    """Renames a file into a folder, which is made durably if it is missing."""
    try:
        source.replace(target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        _fsync_folder(target.parent.parent)
        source.replace(target)


def _stored_file(entry: os.DirEntry[str], age: timedelta) -> StoredFile | None:
    """The file, if it is one of ours and old enough."""
    annotated = _ANNOTATED_NAME.fullmatch(entry.name)
    if not annotated and not _PICTURE_NAME.fullmatch(entry.name):
        return None
    try:
        facts = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # removed meanwhile
        return None
    if not _is_old(facts, age):
        return None
    owner, fence = (annotated[1], int(annotated[2])) if annotated else (entry.name, None)
    return StoredFile(Path(entry.path), owner, fence, facts.st_size)


def _is_old(facts: os.stat_result, age: timedelta) -> bool:
    return facts.st_mtime < time.time() - age.total_seconds()


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _storage_errors(reason: str) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise storage_error(reason, exc) from exc


def storage_error(code: str, error: OSError) -> StorageUnavailable:
    """What to raise where the data folder cannot do something.

    Args:
        code: of the message that says what.
        error: why.
    """
    reason = Reason.of(code, cause=system_cause(error), errno=error.errno)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull("make-room", reason=reason, errno=error.errno)
    limited = files_limited() if error.errno == errno.EFBIG else None
    if limited is not None:
        return StorageFull(limited.code, **limited.facts, errno=error.errno)
    return StorageUnavailable(reason)
