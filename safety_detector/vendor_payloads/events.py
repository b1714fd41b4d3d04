"""What a device says of an event, whatever its make."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from safety_detector.message_texts.reason import Reason


class Make(StrEnum):
    """Whose payloads are read."""

    HIKVISION = "hikvision"
    DAHUA = "dahua"


class EventState(StrEnum):
    """How an event stands."""

    ACTIVE = "active"
    INACTIVE = "inactive"


LONGEST_TEXT = 128
"""Characters that are kept of a field, as many as the vendors' own limit."""

_MAC = re.compile(r"[0-9a-f]{12}")
_MAC_MARKS = re.compile(r"[:.\s-]")
_NUMBER = re.compile(r"[0-9]{1,6}")
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})[T ]([0-9]{1,2}):([0-9]{2})"
    r"(?::([0-9]{2})(\.[0-9]{1,9})?)?"
    r"\s*(Z|z|[+-][0-9]{1,2}:?[0-9]{2})?"
)


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """An event, as its device tells of it; None where it does not.

    Attributes:
        make: whose form it has.
        kind: what happened, in the vendor's word.
        state: whether it goes on.
        is_heartbeat: whether it only says that the device is there.
        address: the device's, by its own account.
        mac: the device's, as ``44:19:b6:0a:1b:2c``.
        channel: the camera's of a recorder, from 1.
        channel_name: what people called it.
        happened_at: when, without zone where the device names none.
        count: its number in a row of the same.
        picture_urls: where pictures of it are.
        picture_ids: names of the parts beside it that are pictures of it.
        fault: why the rest of the text was not read.
    """

    make: Make
    kind: str | None = None
    state: EventState | None = None
    is_heartbeat: bool = False
    address: str | None = None
    mac: str | None = None
    channel: int | None = None
    channel_name: str | None = None
    happened_at: datetime | None = None
    count: int | None = None
    picture_urls: tuple[str, ...] = ()
    picture_ids: tuple[str, ...] = ()
    fault: Reason | None = None

    def moment(self, zone: tzinfo) -> datetime | None:
        """When it happened, in the site's zone where the device names none."""
        if self.happened_at is None or self.happened_at.tzinfo is not None:
            return self.happened_at
        return self.happened_at.replace(tzinfo=zone)


def as_mac(text: str) -> str | None:
    """A MAC address as it is compared; None if it is none, or that of no device."""
    plain = _MAC_MARKS.sub("", text.lower())
    if not _MAC.fullmatch(plain) or plain in ("000000000000", "ffffffffffff"):
        return None
    return ":".join(plain[place : place + 2] for place in range(0, 12, 2))


def as_address(text: str) -> str | None:
    """An IP address as it is compared; None if it is none, or that of no device."""
    try:
        found = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return None if found.is_unspecified else str(found)


def as_number(text: str) -> int | None:
    """A count or a channel; None for all else."""
    plain = text.strip()
    return int(plain) if _NUMBER.fullmatch(plain) else None


def as_text(text: str) -> str | None:
    """A field for people: printable, of bounded length."""
    shown = "".join(char if char.isprintable() else " " for char in text[: 4 * LONGEST_TEXT])
    return shown.strip()[:LONGEST_TEXT] or None


def as_moment(text: str) -> datetime | None:
    """A date and time as devices write them, with or without zone; None where it cannot be."""
    found = _MOMENT.fullmatch(text.strip()[:40])
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    written = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}:{second or '00'}{fraction or ''}"
    if zone:
        sign, digits = zone[0], zone[1:].replace(":", "").zfill(4)
        written += "+00:00" if zone in "Zz" else f"{sign}{digits[:2]}:{digits[2:]}"
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def as_epoch(text: str) -> datetime | None:
    """Seconds since 1970; None for all that no device can have seen."""
    plain = text.strip().partition(".")[0]
    if not plain.isdecimal() or not plain.isascii() or len(plain) > 10 or plain == "0":
        return None
    return datetime.fromtimestamp(int(plain), UTC)
