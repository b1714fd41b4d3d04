"""The zone in which people here read times, by its rules: each moment has the offset it had then.

``datetime.astimezone()`` gives a fixed offset, that of one moment: a report from October to
November would write half of its times an hour wrong.  And the C library takes a name that it does
not know for UTC without a word.
"""

from __future__ import annotations

import difflib
import os
import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from safety_detector.errors import ConfigurationInvalid
from safety_detector.value_faults import ValueFault

_SYSTEM_ZONE = Path("/etc/localtime")

# A name and how far it is west of UTC, both of which POSIX demands (POSIX.1-2024, 8.3, "TZ").
_POSIX_RULE = re.compile(r"(<[A-Za-z0-9+-]{3,}>|[A-Za-z]{3,})[+-]?\d", re.ASCII)

_STEP = timedelta(days=1)
"""Shorter than any time between two changes of a zone's offset."""


def local_time_zone() -> tzinfo:
    """The zone that ``TZ`` names, else the machine's.

    ``TZ`` may be a name (``Europe/Berlin``), a POSIX rule (``CET-1CEST,M3.5.0,M10.5.0/3``) or the
    path of a zone file, each also behind a colon; empty it means UTC, as everywhere.

    Raises:
        ConfigurationInvalid: ``TZ`` is none of these.
    """
    return _named_zone(os.environ["TZ"]) if "TZ" in os.environ else _system_zone()


def in_local_zone(moment: datetime) -> datetime:
    """The moment with its zone: one that says none is meant as the clocks here show it.

    Raises:
        ConfigurationInvalid: ``TZ`` names no zone.
    """
    if moment.tzinfo is None:
        return moment.replace(tzinfo=local_time_zone())
    return moment.astimezone(local_time_zone())


def zone_of(name: str) -> tzinfo:
    """The zone of a place by its IANA name, such as ``Asia/Shanghai``.

    Raises:
        ValueError: there is none; the nearest name is told.
    """
    zone = _zone_of_name(name)
    if zone is None:
        nearest = _nearest(name)
        if nearest:
            raise ValueFault("timezone-unknown-near", nearest=nearest)
        raise ValueFault("timezone-unknown")
    return zone


def offset_changes(zone: tzinfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """When the zone's offset changes between two moments, to the second, in UTC."""
    earlier, end = first.astimezone(UTC), last.astimezone(UTC)
    while earlier < end:
        later = min(earlier + _STEP, end)
        if _offset(earlier, zone) != _offset(later, zone):
            yield _change_between(earlier, later, zone)
        earlier = later


def _change_between(earlier: datetime, later: datetime, zone: tzinfo) -> datetime:
    before = _offset(earlier, zone)
    while later - earlier > timedelta(seconds=1):
        middle = earlier + (later - earlier) / 2
        if _offset(middle, zone) == before:
            earlier = middle
        else:
            later = middle
    return later.replace(microsecond=0)


def _offset(moment: datetime, zone: tzinfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


@cache
def _named_zone(text: str) -> tzinfo:
    name = text.removeprefix(":")
    if not name:
        return UTC
    zone = _zone_file(Path(name)) if name.startswith("/") else _zone_of_name(name)
    if zone is None and _POSIX_RULE.match(name):
        zone = _zone_of_rule(name)
    if zone is None:
        shown, nearest = repr(text[:64]), _nearest(name)
        if nearest:
            raise ConfigurationInvalid("zone-unknown-meant", name=shown, nearest=nearest)
        raise ConfigurationInvalid("zone-unknown", name=shown)
    return zone


def _zone_of_name(name: str) -> tzinfo | None:
    """The zone from the system's database, or else from the package ``tzdata``.

    Zones that count leap seconds (``right/…``), which ``ZoneInfo`` does not read, show the same
    clocks.
    """
    try:
        return ZoneInfo(name.removeprefix("right/").removeprefix("posix/"))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder, "Europe"
        return None


def _zone_file(path: Path) -> tzinfo | None:
    try:
        with path.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return None


def _zone_of_rule(rule: str) -> tzinfo | None:
    """A POSIX rule, read as the last line of a zone file without any history (RFC 9636)."""
    header = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 4)
    utc = struct.pack(">lBB4s", 0, 0, 0, b"UTC\0")
    try:
        return ZoneInfo.from_file(BytesIO(2 * (header + utc) + f"\n{rule}\n".encode("ascii")))
    except ValueError:
        return None


@cache
def _system_zone() -> tzinfo:
    """The machine's own zone; UTC where it has none, as in a container."""
    if not _SYSTEM_ZONE.exists():
        return datetime.now().astimezone().tzinfo or UTC
    name = str(_SYSTEM_ZONE.resolve()).partition("/zoneinfo/")[2]
    zone = (_zone_of_name(name) if name else None) or _zone_file(_SYSTEM_ZONE)
    if zone is None:
        raise ConfigurationInvalid("zone-file-invalid", path=_SYSTEM_ZONE)
    return zone


def _nearest(name: str) -> str:
    """The name that is most like it, empty where none is."""
    known = {one.lower(): one for one in available_timezones() if "/" in one}
    found = difflib.get_close_matches(name[:64].lower(), known, n=1, cutoff=0.8)
    return known[found[0]] if found else ""
