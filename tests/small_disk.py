"""A small file system of its own, where this user may mount one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str = "64m", files: int | None = None) -> Iterator[None]:
    """A tmpfs at the folder, which is made; the test is skipped where none can be mounted.

    Args:
        folder: where.
        size: as mount has it.
        files: how many it can hold; None for as many as there is room for.
    """
    folder.mkdir(parents=True)
    options = f"size={size},mode=700" + (f",nr_inodes={files}" if files else "")
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if mounted.returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(folder: Path, leave: int = 0) -> Path:
    """Fills the disk but for some bytes; the file that does.

    Args:
        folder: on that disk.
        leave: bytes that stay free.
    """
    ballast = folder / "ballast"
    # At once: what a service frees meanwhile is its own.
    with ballast.open("ab") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(folder).free - leave)
    return ballast


def use_up_files(folder: Path, leave: int = 0) -> list[Path]:
    """Makes files until no more fit, but for some; returns them."""
    made: list[Path] = []
    with suppress(OSError):
        while True:
            path = folder / f"ballast-{len(made)}"
            path.touch()
            made.append(path)
    for path in made[len(made) - leave :]:
        path.unlink()
    return made[: len(made) - leave]
