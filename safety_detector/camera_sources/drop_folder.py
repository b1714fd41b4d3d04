"""A drop folder into which cameras put pictures by FTP or SMB.

A file is taken when it is at rest and a whole picture; what stays half is given out after a while
all the same, so that it is refused, counted and put away.  Files are put away before the next one
is given out: after a crash at most one is there that was taken already, and the service knows it
by name, content and time.  Anybody may be able to write into the folder: no link in it is followed,
and everything is opened by its parent, so that nothing can be exchanged under way.
"""

from __future__ import annotations

import contextlib
import errno
import heapq
import os
import shutil
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath

from safety_detector.camera_sources.puller import PulledFrame, StreamFacts
from safety_detector.camera_sources.source import CameraSource, Taken
from safety_detector.errors import CameraStreamBroken, CameraStreamMissing, PictureRefused
from safety_detector.ingest.admission import Limits, admit
from safety_detector.message_texts.reason import system_cause
from safety_detector.name_bytes import readable_text

ACCEPTED = "accepted"
"""The folder in the drop folder for what was taken, unless another one is named."""

REFUSED = "refused"
"""The folder beside it for what is no whole picture."""

_ENDINGS = (".jpg", ".jpeg", ".jpe", ".png")
_LOOK_EVERY_S = 1.0
_AT_REST_S = 1.0  # seen unchanged for so long
_LONG_AT_REST_S = 10.0  # by its own time; then it need not be seen twice
_HALF_FOR_S = 600.0  # then nobody writes on it any more
_BATCH = 1000  # files that are remembered of one look, the oldest ones
_MOST_DEPTH = 8
_MOST_PENDING = 10_000
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, order=True)
class _Entry:
    """A file as it was seen; the order is that of time."""

    modified_ns: int
    path: tuple[str, ...]
    size: int

    @property
    def shown(self) -> str:
        text = readable_text("/".join(self.path))
        return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)

    @property
    def age_s(self) -> float:
        return time.time() - self.modified_ns / 1e9


@dataclass(frozen=True, slots=True)
class _Given:
    """A file that was given out."""

    entry: _Entry
    name: str
    is_whole: bool


class DropFolder:
    """A ``Puller`` of the pictures in a folder and those below it, the oldest first.

    Args:
        source: the folder, and what becomes of accepted files.
        limits: of a picture.
    """

    def __init__(self, source: CameraSource, limits: Limits) -> None:
        self._root = Path(source.url)
        self._options = source.options
        self._limits = limits
        self._stopped = threading.Event()
        self._ready: list[_Entry] = []
        # When each file that was not at rest was first seen as it is, by the clock of this machine.
        self._pending: dict[tuple[str, ...], tuple[_Entry, float]] = {}
        # What is half or cannot be read, as it is: looked at again when it has changed.
        self._passed: dict[_Entry, bool] = {}  # and whether it was so when it was late
        self._looked_s = 0.0
        self._given: _Given | None = None

    def start(self) -> None:
        """Makes sure that the folder is there, and that files in it may be put away.

        Raises:
            CameraStreamMissing: it is not there.
            CameraStreamBroken: it may not be read or changed.
        """
        with self._opened() as root:
            if not os.access(self._root, os.R_OK | os.W_OK | os.X_OK):
                raise CameraStreamBroken("camera-folder-not-writable", path=self._shown)
            if self._options.taken is Taken.MOVED:
                try:
                    os.close(self._made(root, ()))
                except OSError as exc:
                    raise CameraStreamBroken(
                        "camera-file-not-put-away", path=self._shown, cause=system_cause(exc)
                    ) from exc

    def read(self, timeout_s: float) -> PulledFrame | None:
        """The oldest picture that was not given out yet; None where none is there in time.

        Raises:
            CameraUnavailable: the folder is gone, or what was taken cannot be put away.
        """
        deadline = time.monotonic() + timeout_s
        while not self._stopped.is_set():
            frame = self._next()
            if frame is not None:
                return frame
            left_s = deadline - time.monotonic()
            due_s = self._looked_s + _LOOK_EVERY_S - time.monotonic()
            if due_s <= 0:
                self._look()
            elif left_s <= 0:
                return None
            else:
                self._stopped.wait(min(due_s, left_s))
        return None

    def accepted(self, frame: PulledFrame) -> None:
        """Puts the picture's file away: it is stored.

        Raises:
            CameraStreamBroken: it cannot be put away; it would be taken again and again.
        """
        given = self._given
        if given is None or given.name != frame.name:
            return
        self._given = None
        try:
            with self._opened() as root, _parent(root, given.entry.path) as parent:
                if given.is_whole and self._options.taken is Taken.DELETED:
                    os.unlink(given.entry.path[-1], dir_fd=parent)
                else:
                    self._move(root, parent, given)
        except FileNotFoundError:
            return  # somebody else put it away
        except OSError as exc:
            raise CameraStreamBroken(
                "camera-file-not-put-away", path=given.name, cause=system_cause(exc)
            ) from exc

    def stop(self) -> None:
        """Ends it."""
        self._stopped.set()

    @property
    def _shown(self) -> str:
        return readable_text(str(self._root))

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            root = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as exc:
            raise CameraStreamMissing(
                "camera-folder-unreadable", path=self._shown, cause=system_cause(exc)
            ) from exc
        try:
            yield root
        finally:
            os.close(root)

    def _next(self) -> PulledFrame | None:
        """The next file that is ready, if it still is."""
        while self._ready and not self._stopped.is_set():
            entry = self._ready.pop()
            with self._opened() as root:
                data = self._content(root, entry)
            is_whole = data is not None and self._is_whole(data)
            is_late = entry.age_s >= _HALF_FOR_S
            if data is None or not (is_whole or is_late or len(data) > self._limits.max_bytes):
                self._passed[entry] = is_late  # somebody may go on writing
                continue
            self._given = _Given(entry, entry.shown, is_whole)
            written_at = datetime.fromtimestamp(entry.modified_ns / 1e9, UTC)
            now = datetime.now(UTC)
            return PulledFrame(data, entry.shown, min(written_at, now), now, StreamFacts())
        return None

    def _content(self, root: int, entry: _Entry) -> bytes | None:
        """The file's bytes; None where it is another one by now."""
        try:
            with _parent(root, entry.path) as parent:
                descriptor = os.open(entry.path[-1], _FILE, dir_fd=parent)
                with os.fdopen(descriptor, "rb") as file:
                    if _seen(os.fstat(descriptor), entry.path) != entry:
                        return None
                    return file.read(self._limits.max_bytes + 1)
        except OSError:
            return None

    def _is_whole(self, data: bytes) -> bool:
        try:
            admit(data, self._limits)
        except PictureRefused:
            return False
        return True

    def _look(self) -> None:
        """Finds the oldest files that are at rest."""
        now_s = time.monotonic()
        with self._opened() as root:
            try:
                found = heapq.nsmallest(_BATCH, self._at_rest(root, now_s))
            except OSError as exc:
                raise CameraStreamMissing(
                    "camera-folder-unreadable", path=self._shown, cause=system_cause(exc)
                ) from exc
        self._ready = found[::-1]
        self._looked_s = time.monotonic()

    def _at_rest(self, root: int, now_s: float) -> Iterator[_Entry]:
        pending: dict[tuple[str, ...], tuple[_Entry, float]] = {}
        passed: dict[_Entry, bool] = {}
        for entry in self._walk(root, ()):
            if entry in self._passed and not self._is_due(entry):
                passed[entry] = self._passed[entry]
                continue
            if entry.age_s >= _LONG_AT_REST_S:
                yield entry
                continue
            before, since_s = self._pending.get(entry.path, (None, now_s))
            if before != entry:
                since_s = now_s
            if now_s - since_s >= _AT_REST_S:
                yield entry
            if len(pending) < _MOST_PENDING:
                pending[entry.path] = (entry, since_s)
        self._pending, self._passed = pending, passed

    def _is_due(self, entry: _Entry) -> bool:
        """Whether a half file has been so for long enough to be given out."""
        return entry.age_s >= _HALF_FOR_S and not self._passed[entry]

    def _walk(self, folder: int, path: tuple[str, ...]) -> Iterator[_Entry]:
        below: list[str] = []
        with os.scandir(folder) as entries:
            for one in entries:
                if self._stopped.is_set():
                    return
                with contextlib.suppress(OSError):  # gone meanwhile
                    found = self._seen_at(one, path, below)
                    if found is not None:
                        yield found
        for name in below:
            try:
                inner = os.open(name, _DIRECTORY, dir_fd=folder)
            except OSError:
                continue
            try:
                yield from self._walk(inner, (*path, name))
            finally:
                os.close(inner)

    def _seen_at(
        self, one: os.DirEntry[str], path: tuple[str, ...], below: list[str]
    ) -> _Entry | None:
        """The file that an entry is; a folder is added to those below."""
        if one.name.startswith((".", "~")):
            return None
        if one.is_dir(follow_symlinks=False):
            if len(path) < _MOST_DEPTH and not self._is_own(path, one.name):
                below.append(one.name)
            return None
        if not one.name.lower().endswith(_ENDINGS):
            return None
        status = one.stat(follow_symlinks=False)
        return _seen(status, (*path, one.name)) if stat.S_ISREG(status.st_mode) else None

    def _is_own(self, path: tuple[str, ...], name: str) -> bool:
        """Whether it is where taken files go."""
        if not path and name in (ACCEPTED, REFUSED):
            return True
        move_to = self._options.move_to
        return move_to is not None and self._root.joinpath(*path, name) == Path(move_to)

    def _move(self, root: int, parent: int, given: _Given) -> None:
        name = given.entry.path[-1]
        target = self._made(root, given.entry.path[:-1], is_refused=not given.is_whole)
        try:
            free = _free_name(target, name)
            try:
                os.rename(name, free, src_dir_fd=parent, dst_dir_fd=target)
            except OSError as exc:
                if exc.errno != errno.EXDEV:
                    raise
                _copy(name, parent, free, target)
        finally:
            os.close(target)

    def _made(self, root: int, path: tuple[str, ...], *, is_refused: bool = False) -> int:
        """The folder for taken files of a folder, made where it is not there; its descriptor."""
        if is_refused or self._options.move_to is None:
            start = os.dup(root)
            path = (REFUSED if is_refused else ACCEPTED, *path)
        else:
            Path(self._options.move_to).mkdir(parents=True, exist_ok=True)
            start = os.open(self._options.move_to, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        folder = start
        for name in path:
            try:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o755, dir_fd=folder)
                inner = os.open(name, _DIRECTORY, dir_fd=folder)
            finally:
                os.close(folder)
            folder = inner
        return folder


def _seen(status: os.stat_result, path: tuple[str, ...]) -> _Entry:
    return _Entry(status.st_mtime_ns, path, status.st_size)


@contextlib.contextmanager
def _parent(root: int, path: tuple[str, ...]) -> Iterator[int]:
    """The folder that a file is in, each on the way opened by the one before."""
    folder = os.dup(root)
    try:
        for name in path[:-1]:
            inner = os.open(name, _DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _free_name(folder: int, name: str) -> str:
    """The name, or one made of it that nothing in the folder has."""
    stem, ending = PurePath(name).stem, PurePath(name).suffix
    for number in range(1, 100_000):
        candidate = name if number == 1 else f"{stem}~{number}{ending}"
        try:
            os.stat(candidate, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return candidate
    raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))


def _copy(name: str, parent: int, free: str, target: int) -> None:
    """To another file system: the copy is whole before it has its name, and the file goes last."""
    part = f".{free}.part"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(part, dir_fd=target)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with (
        os.fdopen(os.open(name, _FILE, dir_fd=parent), "rb") as source,
        os.fdopen(os.open(part, flags, 0o644, dir_fd=target), "wb") as copy,
    ):
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())
    os.rename(part, free, src_dir_fd=target, dst_dir_fd=target)
    os.fsync(target)
    os.unlink(name, dir_fd=parent)
