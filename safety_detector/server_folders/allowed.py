"""Which folders of the server may be read, and opening what lies in them without leaving them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from safety_detector.errors import FolderRefused, UnknownFolder
from safety_detector.message_texts.reason import system_cause

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A named pipe would make opening wait for a writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class AllowedFolders:
    """The operator's list of folders.

    A folder is allowed if it is one of them or lies below one, after all links are resolved.

    Args:
        roots: absolute paths; they need not be there yet.
        own: the service's data folder, of which nothing is read.
    """

    def __init__(self, roots: Sequence[Path], own: Path) -> None:
        self._roots = tuple(roots)
        self._own = own

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders of the list."""
        return self._roots

    def find(self, named: str) -> Path:
        """The real path of a folder that may be read, and that has something in it.

        Where it is not allowed nobody learns whether it is there.

        Args:
            named: what was asked for; text without NUL characters.

        Raises:
            FolderRefused: none is allowed, or this one is not; or it is empty or closed.
            UnknownFolder: it would be allowed, and is not there.
        """
        if not self._roots:
            raise FolderRefused("no-server-folders")
        if not named.startswith("/") or ".." in named.split("/"):
            raise FolderRefused("folder-not-absolute", folder=named)
        real = Path(os.path.realpath(named))
        if not self.holds(real):
            raise FolderRefused("folder-not-allowed", folder=named)
        _check_contents(real, named)
        return real

    def holds(self, real: Path) -> bool:
        """Whether that path, in which no part is a link, lies in an allowed folder."""
        own = os.path.realpath(self._own)
        return not real.is_relative_to(own) and self._root_of(real) is not None

    def is_own(self, folder: int) -> bool:
        """Whether an open folder is the service's data folder."""
        try:
            return os.path.samestat(os.fstat(folder), self._own.stat())
        except FileNotFoundError:
            return False

    @contextmanager
    def opened(self, real: Path, *, is_folder: bool) -> Iterator[int]:
        """A descriptor of a folder or file, reached without a link from the allowed folder on.

        The descriptor is closed when the block ends.

        Raises:
            OSError: it cannot be opened, or a part of the path became a link meanwhile.
        """
        root = self._root_of(real)
        if root is None:
            raise FileNotFoundError(str(real))
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            parts = real.relative_to(root).parts
            for number, part in enumerate(parts, start=1):
                flags = _FOLDER if is_folder or number < len(parts) else _FILE
                inner = os.open(part, flags, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)

    def _root_of(self, real: Path) -> Path | None:
        roots = (Path(os.path.realpath(root)) for root in self._roots)
        return next((root for root in roots if real.is_relative_to(root)), None)


@contextmanager
def opened_in(folder: int, name: bytes, *, is_folder: bool) -> Iterator[int]:
    """A descriptor of what lies in an open folder, never of what a link leads to.

    Raises:
        OSError: it cannot be opened, or is a link.
    """
    descriptor = os.open(name, _FOLDER if is_folder else _FILE, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _check_contents(real: Path, named: str) -> None:
    try:
        os.fsencode(real).decode()
        with os.scandir(real) as entries:
            is_empty = next(entries, None) is None
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise UnknownFolder("folder-not-there", folder=named) from exc
    except UnicodeDecodeError as exc:
        raise FolderRefused("folder-not-utf8", folder=named) from exc
    except OSError as exc:
        raise FolderRefused("folder-closed", folder=named, cause=system_cause(exc)) from exc
    if is_empty:
        raise FolderRefused("folder-empty", folder=named)
