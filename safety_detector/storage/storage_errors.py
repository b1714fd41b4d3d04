"""What is raised where something cannot be stored or read."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from safety_detector.errors import StorageFull, StorageUnavailable
from safety_detector.host.file_size_limit import files_limited
from safety_detector.message_texts.reason import Reason, system_cause


@contextmanager
def storage_errors(code: str) -> Iterator[None]:
    """Raises what becomes of each failure of the system in the block; see ``storage_error``."""
    try:
        yield
    except OSError as exc:
        raise storage_error(code, exc) from exc


def storage_error(code: str, error: OSError) -> StorageUnavailable:
    """What to raise where the data folder cannot do something.

    Args:
        code: of the message that says what.
        error: why.
    """
    reason = Reason.of(code, cause=system_cause(error), errno=error.errno)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull("make-room", reason=reason, errno=error.errno)
    limited = files_limited() if error.errno == errno.EFBIG else None
    if limited is not None:
        return StorageFull(limited.code, **limited.facts, errno=error.errno)
    return StorageUnavailable(reason)
