"""One ``serve`` a data folder: a second one is refused while the first runs."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from safety_detector.errors import ConfigurationInvalid
from safety_detector.message_texts.reason import system_cause


@contextmanager
def locked_data_folder(data_dir: Path) -> Iterator[None]:
    """Makes the folder and holds it; the kernel lets go when the process ends, however it ends.

    Raises:
        ConfigurationInvalid: the folder cannot be made, or another process holds it.
    """
    path = data_dir / "serve.lock"
    try:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        data_dir.mkdir(mode=0o700, exist_ok=True)  # pictures of people, and hashes of keys
        file = path.open("a+", encoding="ascii")
    except OSError as exc:
        raise ConfigurationInvalid(
            "data-folder-unusable", path=data_dir, cause=system_cause(exc)
        ) from exc
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            file.seek(0)
            holder = file.read(20).strip()
            raise ConfigurationInvalid(
                "data-folder-in-use", path=data_dir.absolute(), process=holder or "unknown"
            ) from exc
        with suppress(OSError):  # on a full disk; it only tells others whom to stop
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        yield
