"""A picture that a source has."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

ReadPicture: TypeAlias = Callable[[], bytes]
"""Reads one offered picture; raises any ``SafetyDetectorError`` where that does not work."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A picture that a source has, not read yet.

    Attributes:
        name: as it stands in results, relative to the source; no two pictures have the same.
        key: what the source finds it by.
        stamp: becomes another one when the picture changes; "" where nothing is known of that.
        place: in the order of work; those of the same place go by name.
    """

    name: str
    key: bytes
    stamp: str = ""
    place: int = 0


def file_stamp(facts: os.stat_result) -> str:
    """Size and modification time, in bytes and nanoseconds."""
    return f"{facts.st_size} {facts.st_mtime_ns}"
