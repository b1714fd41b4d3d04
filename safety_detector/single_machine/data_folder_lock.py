"""One ``serve`` a data folder: a second one is refused while the first runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.lock_files import holder_of, lock, opened_lock_file
from safety_detector.message_texts.reason import system_cause


@contextmanager
def locked_data_folder(data_dir: Path) -> Iterator[None]:
    """Makes the folder and holds it; the kernel lets go when the process ends, however it ends.

    Raises:
        ConfigurationInvalid: the folder cannot be made, or another process holds it.
    """
    path = data_dir / "serve.lock"
    with ExitStack() as held:
        try:
            data_dir.parent.mkdir(parents=True, exist_ok=True)
            data_dir.mkdir(mode=0o700, exist_ok=True)  # pictures of people, and hashes of keys
            file = held.enter_context(opened_lock_file(path))
            is_ours = lock(file)
        except OSError as exc:
            raise ConfigurationInvalid(
                "data-folder-unusable", path=data_dir, cause=system_cause(exc)
            ) from exc
        if not is_ours:
            noted = os.pread(file, 20, 0).decode("ascii", "replace").strip()
            raise ConfigurationInvalid(
                "data-folder-in-use",
                path=data_dir.absolute(),
                process=holder_of(file) or noted or "unknown",
                lock=path.absolute(),
            )
        with suppress(OSError):  # on a full disk; it only tells others whom to stop
            os.ftruncate(file, 0)
            os.pwrite(file, str(os.getpid()).encode(), 0)
        yield
