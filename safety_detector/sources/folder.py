"""A folder of pictures with everything below it."""

from __future__ import annotations

import errno
import heapq
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from safety_detector.errors import PictureUnreadable
from safety_detector.ingest.admission import Limits, read_file
from safety_detector.sources.earlier_outputs import holds_outputs, is_own_name, lies_in_outputs
from safety_detector.sources.left_out import OUTPUTS, Selection
from safety_detector.sources.names import (
    PICTURE_ENDINGS,
    ending_of,
    looks_like_picture,
    readable_path,
)
from safety_detector.sources.offers import Offer, ReadPicture, file_stamp

_NOWHERE = (errno.ELOOP, errno.ENOTDIR)  # of links, besides those to what is not there


class FolderSource:
    """Every picture in a folder, its subfolders, and the folders that symbolic links lead to.

    A folder that can be reached in several ways is entered once, by its real path if that lies
    inside; so loops of links end.  What is remembered meanwhile is one number a folder.

    Args:
        root: absolute path.
        limits: largest file that is read.
        output: a folder that is not entered.
        selection: what is left out.
    """

    def __init__(
        self, root: Path, limits: Limits, output: Path, selection: Selection | None = None
    ) -> None:
        self._root = root
        self._limits = limits
        self._output = output
        self._selection = selection or Selection()
        self.skipped: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()

    @property
    def description(self) -> str:
        """The folder's path."""
        return readable_path(os.fsencode(self._root))

    @property
    def pictures(self) -> Path | None:
        """The folder itself."""
        return self._root.absolute()

    def offers(self) -> Iterator[Offer]:
        """Every picture, folder by folder; a folder that cannot be listed is one offer."""
        entered = {_identity(self._output)}
        below: list[str] = [""]
        linked: list[str] = []
        while below or linked:
            is_link = not below
            relative = below.pop() if below else heapq.heappop(linked)
            identity = _identity(self._root / relative)
            if identity is not None and identity in entered:
                continue
            entered.add(identity)
            if is_link and lies_in_outputs(Path(os.path.realpath(self._root / relative))):
                self.left_out[OUTPUTS] += 1
                continue
            try:
                with os.scandir(self._root / relative) as entries:
                    yield from self._list(relative, entries, below, linked)
            except OSError:
                yield Offer(readable_path(os.fsencode(relative)) + "/", os.fsencode(relative))

    def hand_out(self, offers: Iterable[Offer]) -> Iterator[tuple[Offer, ReadPicture | None]]:
        """Each offer with what reads it."""
        for offer in offers:
            yield offer, partial(self.read_again, offer)

    def read_again(self, offer: Offer) -> bytes:
        """The file's bytes.

        Raises:
            PictureUnreadable: it cannot be read, or it is a folder that cannot be listed.
            PictureTooLarge: it holds more bytes than the limit.
        """
        path = self._root / os.fsdecode(offer.key)
        if offer.name.endswith("/"):
            raise PictureUnreadable("folder-not-listed", path=path)
        return read_file(path, self._limits)

    def file_of(self, offer: Offer) -> Path | None:
        """The file itself."""
        return self._root / os.fsdecode(offer.key)

    def is_fleeting(self, _offer: Offer) -> bool:
        """Files stay."""
        return False

    def close(self) -> None:
        """No file stays open."""

    def _list(
        self,
        relative: str,
        entries: Iterable[os.DirEntry[str]],
        below: list[str],
        linked: list[str],
    ) -> Iterator[Offer]:
        has_outputs = holds_outputs(self._root / relative)
        for entry in entries:
            path = f"{relative}/{entry.name}" if relative else entry.name
            reason = self._selection.reason(path)
            if has_outputs and is_own_name(entry.name):
                reason = OUTPUTS
            if reason is not None:
                self.left_out[reason] += 1
            elif entry.is_dir(follow_symlinks=False):
                below.append(path)
            elif _leads_to_folder(entry):
                heapq.heappush(linked, path)
            elif self._is_picture(entry):
                raw = os.fsencode(path)
                yield Offer(readable_path(raw), raw, _stamp(entry))
            else:
                self.skipped[readable_path(os.fsencode(ending_of(entry.name)))] += 1

    @staticmethod
    def _is_picture(entry: os.DirEntry[str]) -> bool:
        if ending_of(entry.name) in PICTURE_ENDINGS:
            return True
        try:
            if not entry.is_file():
                return False
            with open(entry.path, "rb") as file:  # noqa: PTH123 (a Path for each file costs more)
                return looks_like_picture(file.read(16))
        except OSError:
            return False


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    """Whether a link is to be entered, also where nobody can look behind it: that is then said."""
    try:
        return entry.is_dir()
    except OSError as exc:
        return exc.errno not in _NOWHERE and ending_of(entry.name) not in PICTURE_ENDINGS


def _stamp(entry: os.DirEntry[str]) -> str:
    try:
        return file_stamp(entry.stat())
    except OSError:  # a link that leads nowhere; reading it will say so
        return ""


def _identity(folder: Path) -> int | None:
    try:
        facts = folder.stat()
    except OSError:
        return None
    return facts.st_dev << 64 | facts.st_ino
