"""One allowed folder, open: its files in order, and the pictures among them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from safety_detector.errors import (
    FolderUnavailable,
    LinkRefused,
    PictureUnreadable,
    SubmissionRefused,
)
from safety_detector.ingest.admission import Limits, too_many_bytes
from safety_detector.message_texts.reason import system_cause
from safety_detector.server_folders.allowed import AllowedFolders, opened_in
from safety_detector.server_folders.walk import Found, FoundKind, walk
from safety_detector.sources.names import PICTURE_ENDINGS, ending_of, looks_like_picture

_HEAD_BYTES = 16  # by which a picture without a picture's ending is told


class ServerFolder:
    """An open folder; ``open_folder`` makes it.

    Args:
        path: its real path.
        descriptor: of the open folder; stays the caller's.
        allowed: where links may lead.
        limits: largest file that is read.
    """

    def __init__(
        self, path: Path, descriptor: int, allowed: AllowedFolders, limits: Limits
    ) -> None:
        self._path = path
        self._descriptor = descriptor
        self._allowed = allowed
        self._limits = limits

    def contents(self, after: bytes | None, breathe: Callable[[], None]) -> Iterator[Found]:
        """Everything in the folder and below it, behind a path.

        Args:
            after: path of what was looked at last; None for all.
            breathe: called now and then while a long folder is listed.

        Raises:
            FolderUnavailable: the folder is away.
        """
        try:
            yield from walk(self._descriptor, after, breathe, self._allowed.is_own)
        except OSError as exc:
            raise FolderUnavailable(
                "folder-unlistable", path=self._path, cause=system_cause(exc)
            ) from exc

    def read(self, found: Found) -> bytes | None:
        """The bytes of a picture that was just found, None if it is none or is left out.

        A link to a file is followed where that lies in an allowed folder too.  A link to a folder
        is not: what is behind it may be there a second time, or without end.

        Raises:
            LinkRefused: a link that is not followed.
            PictureUnreadable: it cannot be read, or is a folder that cannot be listed.
            PictureTooLarge: it has more bytes than the limit.
            FolderUnavailable: the whole folder is away.
        """
        if found.kind in (FoundKind.HIDDEN, FoundKind.OUTPUT):
            return None
        if found.kind is FoundKind.FOLDER_LINK:
            raise LinkRefused("link-to-folder")
        if found.kind is FoundKind.CLOSED_FOLDER:
            self._check_there()
            raise PictureUnreadable(found.reason or "it-is-no-regular-file")
        is_named_like_one = ending_of(os.fsdecode(found.name)) in PICTURE_ENDINGS
        try:
            with self._opened(found) as descriptor:
                return self._read(descriptor, is_named_like_one)
        except OSError as exc:
            self._check_there()
            if not is_named_like_one:
                return None
            raise PictureUnreadable("it-is-unreadable", cause=system_cause(exc)) from exc

    @contextmanager
    def _opened(self, found: Found) -> Iterator[int]:
        if found.kind is FoundKind.FILE:
            with opened_in(found.folder, found.name, is_folder=False) as descriptor:
                yield descriptor
            return
        linked = Path(os.path.realpath(self._path / os.fsdecode(found.path)))
        if not self._allowed.holds(linked):
            raise LinkRefused("link-leads-out")
        with self._allowed.opened(linked, is_folder=False) as descriptor:
            yield descriptor

    def _read(self, descriptor: int, is_named_like_one: bool) -> bytes | None:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            if is_named_like_one:
                raise PictureUnreadable("it-is-no-regular-file")
            return None
        with os.fdopen(os.dup(descriptor), "rb") as file:
            head = file.read(_HEAD_BYTES)
            if not is_named_like_one and not looks_like_picture(head):
                return None
            data = head + file.read(self._limits.max_bytes + 1 - len(head))
        if len(data) > self._limits.max_bytes:
            raise too_many_bytes(self._limits, facts.st_size)
        return data

    def _check_there(self) -> None:
        """Tells a file that cannot be read from a drive that is gone.

        Raises:
            FolderUnavailable: the folder is not there any more, or another one, or empty.
        """
        with open_folder(self._path, self._allowed, self._limits) as again:
            if not os.path.samestat(os.fstat(again._descriptor), os.fstat(self._descriptor)):
                raise FolderUnavailable("folder-replaced", path=self._path)


@contextmanager
def open_folder(path: Path, allowed: AllowedFolders, limits: Limits) -> Iterator[ServerFolder]:
    """A folder that was allowed when it was ordered, open until the block ends.

    One that is empty counts as away: a mount point without its drive looks like that, and what was
    not read would be taken for what is not there.

    Args:
        path: its real path.
        allowed: what may be read now.
        limits: largest file that is read.

    Raises:
        FolderUnavailable: it is away or empty, or may not be read any more.
    """
    with ExitStack() as opened:
        try:
            if allowed.find(str(path)) != path:
                raise FolderUnavailable("folder-redirected", path=path)
            descriptor = opened.enter_context(allowed.opened(path, is_folder=True))
        except SubmissionRefused as exc:
            raise FolderUnavailable(exc.reason) from exc
        except OSError as exc:
            raise FolderUnavailable(
                "folder-unopenable", path=path, cause=system_cause(exc)
            ) from exc
        yield ServerFolder(path, descriptor, allowed, limits)
