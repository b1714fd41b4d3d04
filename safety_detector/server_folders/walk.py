"""Everything below a folder in one order, so that a path alone says how far somebody came.

Names of a folder come in the order of their bytes, and what lies in a folder comes in its place.
What stands before a path is passed over without being listed; the names of a folder are taken in
portions, so that memory does not grow with the folder.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from safety_detector.message_texts.reason import Reason, system_cause
from safety_detector.server_folders.allowed import opened_in
from safety_detector.sources.earlier_outputs import holds_outputs, is_own_name
from safety_detector.sources.left_out import is_hidden

MOST_LEVELS = 64
"""Folders inside each other, each of which is open while what lies in it is looked at."""

NAMES_AT_ONCE = 50_000
"""Names in memory of each folder, some 10 MB; a folder of a million is listed 20 times."""

_BREATHE_EVERY = 10_000  # names; a slow network share lists as many in a second or two


class FoundKind(Enum):
    """What was found under a name."""

    FILE = "file"
    FOLDER = "folder"
    FILE_LINK = "a link to a file"
    FOLDER_LINK = "a link to a folder"
    CLOSED_FOLDER = "a folder that cannot be listed"
    HIDDEN = "a file or folder that is left out by its name"
    OUTPUT = "a file or folder that a batch wrote"


@dataclass(frozen=True, slots=True)
class Found:
    """Something that lies in a folder.

    Attributes:
        path: relative to where the walk began.
        folder: descriptor of the folder that it lies in, until the next one is asked for.
        reason: of a folder that cannot be listed, why.
    """

    path: bytes
    kind: FoundKind
    folder: int
    reason: Reason | None = None

    @property
    def name(self) -> bytes:
        """The last part of the path."""
        return self.path.rpartition(b"/")[2]


def walk(
    folder: int,
    after: bytes | None,
    breathe: Callable[[], None],
    is_left_out: Callable[[int], bool],
) -> Iterator[Found]:
    """Everything below an open folder behind a path, except folders that can be listed.

    Args:
        folder: its descriptor, which stays open.
        after: path of the last thing that was looked at, whether or not it is still there.
        breathe: called now and then while a long folder is listed.
        is_left_out: whether an open folder is passed over.

    Raises:
        OSError: the folder itself cannot be listed.
    """
    parts = tuple(after.split(b"/")) if after else ()
    return _walk(folder, b"", parts, 1, breathe, is_left_out)


def _walk(
    folder: int,
    prefix: bytes,
    after: tuple[bytes, ...],
    level: int,
    breathe: Callable[[], None],
    is_left_out: Callable[[int], bool],
) -> Iterator[Found]:
    has_outputs = holds_outputs(folder)
    for name, listed_kind in _list(folder, after, breathe):
        is_output = has_outputs and is_own_name(os.fsdecode(name))
        kind = FoundKind.OUTPUT if is_output else listed_kind
        found = Found(prefix + name, kind, folder)
        if kind is not FoundKind.FOLDER:
            yield found
            continue
        if level == MOST_LEVELS:
            yield _closed(found, Reason.of("lies-too-deep", limit=MOST_LEVELS))
            continue
        inner_after = after[1:] if after and name == after[0] else ()
        try:
            with opened_in(folder, name, is_folder=True) as inner:
                if not is_left_out(inner):
                    yield from _walk(
                        inner, found.path + b"/", inner_after, level + 1, breathe, is_left_out
                    )
        except OSError as exc:
            yield _closed(found, Reason.of("its-folder-unlistable", cause=system_cause(exc)))


def _closed(found: Found, reason: Reason) -> Found:
    return Found(found.path, FoundKind.CLOSED_FOLDER, found.folder, reason)


def _list(
    folder: int, after: tuple[bytes, ...], breathe: Callable[[], None]
) -> Iterator[tuple[bytes, FoundKind]]:
    """Names behind the first part of a path, and that part itself where the path leads into it."""
    last = after[0] if after else b""
    kept = last if len(after) > 1 else None
    while True:
        with os.scandir(folder) as entries:
            behind = _behind(entries, last, kept, breathe)
            portion = heapq.nsmallest(NAMES_AT_ONCE, behind, key=lambda one: one[0])
        yield from portion
        if len(portion) < NAMES_AT_ONCE:
            return
        last, kept = portion[-1][0], None


def _behind(
    entries: Iterator[os.DirEntry[str]],
    last: bytes,
    kept: bytes | None,
    breathe: Callable[[], None],
) -> Iterator[tuple[bytes, FoundKind]]:
    for number, entry in enumerate(entries, start=1):
        if number % _BREATHE_EVERY == 0:
            breathe()
        name = os.fsencode(entry.name)
        if name > last or name == kept:
            kind = _kind_of(entry)
            # The place of a file says that it is done with; a folder's that one was inside.
            if name != kept or kind is FoundKind.FOLDER:
                yield name, FoundKind.HIDDEN if is_hidden(entry.name) else kind


def _kind_of(entry: os.DirEntry[str]) -> FoundKind:
    try:
        if entry.is_symlink():
            return FoundKind.FOLDER_LINK if entry.is_dir() else FoundKind.FILE_LINK
        return FoundKind.FOLDER if entry.is_dir(follow_symlinks=False) else FoundKind.FILE
    except OSError:  # a link that cannot be looked behind; opening it will say so
        return FoundKind.FILE_LINK
