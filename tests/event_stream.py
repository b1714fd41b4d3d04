"""A client of server-sent events, as small as tests need it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2


@dataclass(frozen=True)
class Received:
    """One block of a stream: an event, or a comment with an id."""

    id: str | None
    event: str | None
    data: dict[str, Any] | None
    comment: str | None


@contextmanager
def following(
    client: httpx2.Client, last_id: str | None = None, **params: str
) -> Iterator[Iterator[Received]]:
    """The blocks of ``/v1/events``, as they arrive."""
    headers = {"Last-Event-ID": last_id} if last_id is not None else {}
    with client.stream("GET", "/v1/events", headers=headers, params=params) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["Content-Type"].startswith("text/event-stream")
        yield _blocks(response.iter_lines())


def events_of(blocks: Iterator[Received], count: int) -> list[Received]:
    """The next events, comments left out."""
    found: list[Received] = []
    while len(found) < count:
        block = next(blocks)
        if block.event is not None:
            found.append(block)
    return found


def _blocks(lines: Iterator[str]) -> Iterator[Received]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name or "comment"] = value.strip()
            continue
        data = json.loads(fields["data"]) if "data" in fields else None
        yield Received(fields.get("id"), fields.get("event"), data, fields.get("comment"))
        fields = {}
