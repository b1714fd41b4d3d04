"""Moments as browsers write them: of a day or a clock on the wall, without a zone."""

from __future__ import annotations

from datetime import datetime, tzinfo


def with_zone(written: str, zone: tzinfo) -> str:
    """A browser's local time or day as the site means it; what is none is left for the check."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return written
    return moment.replace(tzinfo=moment.tzinfo or zone).isoformat(timespec="seconds")
