"""Python's collector of garbage while a program starts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection_while_importing() -> Iterator[None]:
    """Collects no garbage for the moment, and never looks again at what was imported.

    Modules stay; to look through them again and again, and once more at the end, was a third of
    the CPU time that a process takes to start and to stop.
    """
    gc.disable()
    try:
        yield
    finally:
        # Once a process: what lives later may end.
        if not gc.get_freeze_count():
            gc.freeze()
        gc.enable()
