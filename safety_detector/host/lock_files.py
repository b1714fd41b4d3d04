"""Files whose lock says that somebody is at work; others of the machine cannot take them."""

from __future__ import annotations

import fcntl
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def opened_lock_file(path: Path, others: int = 0) -> Iterator[int]:
    """Opens a file to be locked, made if missing, for this user alone.

    Whoever may read a file may lock it, and so keep its owner out for ever.

    Args:
        path: the file.
        others: permissions of group and others; for those who may do what it guards.

    Returns:
        Its descriptor; with it ends the lock.

    Raises:
        OSError: it cannot be opened.
    """
    descriptor = os.open(
        path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600 | others
    )
    try:
        facts = os.fstat(descriptor)
        if stat.S_IMODE(facts.st_mode) & 0o077 != others and facts.st_uid == os.geteuid():
            os.fchmod(descriptor, 0o600 | others)  # umask, or an earlier version
        yield descriptor
    finally:
        os.close(descriptor)


def lock(descriptor: int) -> bool:
    """Takes the lock of an open file; False where another process has it.

    Raises:
        OSError: the file system has no locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def holder_of(descriptor: int) -> str | None:
    """Who has the lock of an open file, as people find it: process, program and user.

    Returns:
        For example ``4711, tail of user mallory``; None where this system does not tell.
    """
    facts = os.fstat(descriptor)
    wanted = f"{os.major(facts.st_dev):02x}:{os.minor(facts.st_dev):02x}:{facts.st_ino}"
    try:
        lines = Path("/proc/locks").read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    for line in lines:  # 1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF
        parts = line.split()
        # Behind -> stand those that wait.  A process outside of this container has no number here.
        if len(parts) > 5 and parts[1] == "FLOCK" and parts[5] == wanted and int(parts[4]) > 0:
            return _described(int(parts[4]))
    return None


def _described(process: int) -> str:
    folder = Path(f"/proc/{process}")
    try:
        program = (folder / "comm").read_text("utf-8", "replace").strip()
        owner = folder.stat().st_uid
    except OSError:
        return str(process)
    try:
        user = pwd.getpwuid(owner).pw_name
    except KeyError:
        user = str(owner)
    return f"{process}, {program} of user {user}"
