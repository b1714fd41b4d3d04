"""What is stored of pictures and reports, and how the data folder is kept."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from safety_detector.errors import PictureMissing
from safety_detector.host.disk_room import DiskRoom
from safety_detector.storage.blobs import BlobFacts, BlobMissing, Blobs, OpenBlob
from safety_detector.storage.keys import (
    INCOMING,
    PICTURE_PARTS,
    REPORTS,
    PictureOwner,
    annotated_key,
    picture_key,
    picture_owner,
    report_group,
    report_of,
)
from safety_detector.storage.local_folder import LocalFolder, fsync_folder
from safety_detector.storage.storage_errors import storage_errors
from safety_detector.storage.upload import Upload

_FONTS = "fonts"
_ABOUT_FONTS = """\
A TrueType font (.ttf) put here takes the place of the one that comes with safety-detector, in
annotated pictures and reports. A name with "bold" in it is the bold weight. The font must have
Chinese characters.
放在这里的 TrueType 字体（.ttf）将替换 safety-detector 自带的字体，用于标注图片和报告；
文件名含 bold 的为粗体；字体须含中文字符。
"""

PARTS = len(PICTURE_PARTS)
"""Of submitted and of annotated pictures, for ``Storage.old_files``."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A submitted or annotated picture as it is stored.

    Attributes:
        key: under which it is kept.
        owner: whose it is.
    """

    key: str
    owner: PictureOwner
    size_bytes: int


class Storage:
    """Keeps pictures and reports: the one place that knows what is stored.

    Args:
        root: the data folder; ``prepare`` makes it.
        room: looks after the room on its disk; None for nothing that is kept free.
        blobs: where pictures and reports are kept; None for the data folder itself.
    """

    def __init__(
        self, root: Path, room: DiskRoom | None = None, blobs: Blobs | None = None
    ) -> None:
        self._root = root
        self._incoming = root / INCOMING
        self._blobs = blobs or LocalFolder(root, self._incoming)
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
        about_fonts = self._root / _FONTS / "README.txt"
        with storage_errors("cannot-be-made"):
            self._root.parent.mkdir(parents=True, exist_ok=True)
            self._root.mkdir(mode=0o700, exist_ok=True)
            for folder in (self._incoming, about_fonts.parent):
                folder.mkdir(parents=True, exist_ok=True)
            if not about_fonts.exists():
                with suppress(OSError):  # on a full disk pictures can still be read and purged
                    about_fonts.write_text(_ABOUT_FONTS, encoding="utf-8")
            self._blobs.prepare((REPORTS, *PICTURE_PARTS))
            fsync_folder(self._root.resolve().parent)

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
        """An empty upload."""
        return Upload(self._blobs)

    @contextmanager
    def scratch_folder(self) -> Iterator[Path]:
        """An empty folder that is gone after the block.

        Should the process end before that, it goes with the stale uploads.

        Raises:
            StorageUnavailable: it cannot be made.
        """
        with storage_errors("cannot-make-folder"):
            folder = Path(tempfile.mkdtemp(dir=self._incoming))
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

    def has_picture(self, sha256: str) -> bool:
        """Whether the picture with this hash is there.

        Raises:
            StorageUnavailable: nobody can tell.
        """
        with storage_errors("cannot-read-stored-picture"):
            return self._blobs.stat(picture_key(sha256)) is not None

    def read_picture(self, sha256: str) -> bytes:
        """The bytes of a stored picture.

        Raises:
            PictureMissing: it is not in its folder.
            StorageUnavailable: it cannot be read, or its folder is gone.
        """
        with storage_errors("cannot-read-stored-picture"):
            try:
                return self._blobs.read(picture_key(sha256))
            except BlobMissing as exc:
                raise PictureMissing("picture-gone", sha256=sha256) from exc

    def read(self, key: str) -> bytes | None:
        """The bytes of a picture; None if it is not there any more.

        Raises:
            StorageUnavailable: it cannot be read.
        """
        with storage_errors("file-unreadable"):
            try:
                return self._blobs.read(key)
            except BlobMissing:
                return None

    def open(self, key: str) -> OpenBlob | None:
        """A picture, or a file of a report, to be read; None if it is not there any more.

        Raises:
            StorageUnavailable: it cannot be read.
        """
        with storage_errors("file-unreadable"):
            try:
                return self._blobs.open(key)
            except BlobMissing:
                return None

    def delete_picture(self, sha256: str) -> None:
        """Removes a stored picture; one that is not there is no error."""
        with storage_errors("cannot-remove-picture"):
            self._blobs.delete(picture_key(sha256))

    def store_annotated(self, pictures: Sequence[tuple[str, int, bytes]]) -> None:
        """Makes annotated pictures durable, each under its inspection and the fence of its claim.

        A late worker with an older fence writes another file, never over the current one.

        Args:
            pictures: inspection id, fence, JPEG.

        Raises:
            StorageUnavailable: the disk is full or gone.
        """
        with storage_errors("cannot-store-annotated-picture"):
            self._blobs.put(
                [(annotated_key(owner, fence), jpeg) for owner, fence, jpeg in pictures]
            )

    def delete_annotated(self, inspection_id: str, fence: int) -> None:
        """Removes the annotated picture of that claim; one that is not there is no error."""
        with storage_errors("cannot-remove-annotated-picture"):
            self._blobs.delete(annotated_key(inspection_id, fence))

    def old_files(self, part: int, age: timedelta) -> list[StoredFile]:
        """The pictures of one part that were written long enough ago.

        Args:
            part: which, from 0 to ``PARTS`` - 1.
            age: how long ago at least.

        Raises:
            StorageUnavailable: they cannot be listed.
        """
        with storage_errors("cannot-be-read"):
            listed = self._blobs.list(PICTURE_PARTS[part])
        return [
            StoredFile(one.key, owner, one.size_bytes)
            for one in listed
            if (owner := picture_owner(one.key)) is not None and _is_old(one, age)
        ]

    def delete_if_old(self, file: StoredFile, age: timedelta) -> bool:
        """Removes a picture, unless it was written again meanwhile; tells whether it did."""
        with storage_errors("cannot-remove-file"):
            facts = self._blobs.stat(file.key)
            if facts is None or not _is_old(facts, age):
                return False
            self._blobs.delete(file.key)
        return True

    def report_ids(self) -> set[str]:
        """The reports of which files are there, whole or not.

        Raises:
            StorageUnavailable: they cannot be listed.
        """
        with storage_errors("cannot-be-read"):
            groups = self._blobs.groups(REPORTS)
        return {report_id for one in groups if (report_id := report_of(one)) is not None}

    def begin_report(self, report_id: str, fence: int) -> Path:
        """An empty folder for the files of a claim; those of earlier claims are removed.

        Raises:
            StorageUnavailable: it cannot be made.
        """
        self.delete_reports(report_id)
        with storage_errors("cannot-make-folder-for-report"):
            return self._blobs.begin_group(report_group(report_id, fence))

    def keep_report(self, report_id: str, fence: int) -> None:
        """Makes the files of a claim durable under their names; their bytes are fsynced already.

        Raises:
            StorageUnavailable: the disk is gone.
        """
        with storage_errors("cannot-keep-report"):
            self._blobs.keep_group(report_group(report_id, fence))

    def delete_reports(self, report_id: str, but_fence: int | None = None) -> None:
        """Removes the files of a report, or of all its claims but one."""
        kept = None if but_fence is None else report_group(report_id, but_fence)
        with storage_errors("cannot-remove-report"):
            for group in self._blobs.groups(f"{REPORTS}{report_id}-"):
                if group != kept:
                    self._blobs.delete_group(group)

    def delete_report(self, report_id: str, fence: int) -> None:
        """Removes the files of one claim of a report."""
        self._blobs.delete_group(report_group(report_id, fence))

    def discard_stale_uploads(self, age: timedelta) -> int:
        """Removes uploads and scratch folders that a process left behind; returns how many.

        Args:
            age: how long ago they were last written; longer than any upload or report may take.
        """
        oldest_s = time.time() - age.total_seconds()
        removed = 0
        with storage_errors("cannot-remove-stale-uploads"):
            for path in self._incoming.iterdir():
                with suppress(FileNotFoundError):  # committed or discarded meanwhile
                    if path.stat().st_mtime < oldest_s:
                        if path.is_dir():
                            shutil.rmtree(path)
                        else:
                            path.unlink()
                        removed += 1
        return removed


def _is_old(facts: BlobFacts, age: timedelta) -> bool:
    return facts.written_s < time.time() - age.total_seconds()
