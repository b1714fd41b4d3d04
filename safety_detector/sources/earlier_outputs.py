"""What an earlier batch wrote into a folder of pictures, told by its journal and not by names.

Annotated pictures, copies of frames and YOLO sets hold the pictures of a source once more; taken
for pictures they would be inspected and counted twice.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from safety_detector.host.output_files import OUTPUT_FILES, OUTPUT_FOLDERS, PART_ENDING, RESULTS

HEAD_BYTES = 1 << 20
"""Of a journal, so that its first line is whole: some thousand boxes."""

_OWN = frozenset({*OUTPUT_FILES, *OUTPUT_FOLDERS})
_OWN_BUILDING = frozenset(f"{name}{PART_ENDING}" for name in _OWN)


def is_own_name(name: str) -> bool:
    """Whether a batch writes a file or folder of that name beside its journal."""
    return name in _OWN or name in _OWN_BUILDING


def is_journal(head: bytes) -> bool:
    """Whether a file that begins so is the journal of a batch.

    Args:
        head: its first ``HEAD_BYTES``.
    """
    line, line_feed, _rest = head.partition(b"\n")
    if not line_feed:
        return False
    try:
        document = json.loads(line)
        return all(
            isinstance(document[part][name], str)
            for part, name in (("image", "name"), ("file", "source"), ("file", "stamp"))
        )
    except (KeyError, TypeError, ValueError, RecursionError):
        return False


def holds_outputs(folder: Path | int) -> bool:
    """Whether a batch wrote its outputs into that folder; a file without a result yet is none.

    Args:
        folder: its path or descriptor.
    """
    place = (RESULTS, folder) if isinstance(folder, int) else (folder / RESULTS, None)
    try:
        # Not to wait for a pipe's other end.
        file = os.open(place[0], os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=place[1])
    except OSError:
        return False
    try:
        return stat.S_ISREG(os.fstat(file).st_mode) and is_journal(os.pread(file, HEAD_BYTES, 0))
    except OSError:
        return False
    finally:
        os.close(file)


def lies_in_outputs(folder: Path) -> bool:
    """Whether a link that leads to this folder leads into what a batch wrote.

    Args:
        folder: its real path.
    """
    below: Iterable[Path] = (folder, *folder.parents)
    return any(is_own_name(one.name) and holds_outputs(one.parent) for one in below)


def own_path(path: str, output_folders: frozenset[str]) -> bool:
    """Whether a path of an archive leads to what a batch wrote.

    Args:
        path: with slashes.
        output_folders: that hold outputs, each with its slash; "" for the archive itself.
    """
    end = 0
    for name in path.split("/"):
        if path[:end] in output_folders and is_own_name(name):
            return True
        end += len(name) + 1
    return False
