"""Moments as they are written on the command line."""

from __future__ import annotations

from datetime import datetime

import typer

_YEARS = range(1970, 9999)  # what identifiers and all time zones can hold, as in requests


def read_moment(text: str | datetime) -> datetime:
    """A date, perhaps with a time of day and a zone: ``2026-11-21``, ``2026-11-21 14:00+08:00``.

    A moment without a zone is meant as the clocks here show it, a date as its first moment.

    Raises:
        typer.BadParameter: it is none; the message says how one is written.
    """
    if isinstance(text, datetime):  # Typer asks again about what it has already
        return text
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as exc:
        raise typer.BadParameter(
            f"{text[:64]!r} is no moment; write it like 2026-11-21, '2026-11-21 14:00' or "
            "2026-11-21T14:00:00+08:00."
        ) from exc
    if moment.year not in _YEARS:
        raise typer.BadParameter(
            f"{text[:64]!r}: the year must be from {_YEARS.start} to {_YEARS.stop - 1}; leave the "
            "option out where there is no bound."
        )
    return moment
