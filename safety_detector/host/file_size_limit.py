"""The limit on the size of files that a process writes (``ulimit -f``), which no disk tells of."""

from __future__ import annotations

import logging
import resource
from contextlib import suppress

from safety_detector.message_texts.reason import Reason

_log = logging.getLogger(__name__)

# Of a database that grows; pictures, and forms while they arrive, need less.
_ENOUGH_BYTES = 2 * 2**30


def files_limited() -> Reason | None:
    """Why files may become too large for this process; None if they may grow."""
    largest, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if largest == resource.RLIM_INFINITY or largest >= _ENOUGH_BYTES:
        return None
    return Reason.of("files-limited", size_mib=largest / 2**20)


def allow_large_files() -> None:
    """Raises the limit of this process and its children as far as it may; says where that is low.

    Beyond it a write fails with ``EFBIG``, for Python ignores the signal that would end it.
    """
    _, highest = resource.getrlimit(resource.RLIMIT_FSIZE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (highest, highest))
    limited = files_limited()
    if limited is not None:
        _log.warning("%s", limited.text("en"))
