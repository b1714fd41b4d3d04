"""What channels were told, on pages: of all of them, of one, of an incident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Manager
from safety_detector.service.notifications.records import MessageFilter, MessageStatus
from safety_detector.service.records import Page
from safety_detector.web.channels.documents import (
    ChannelDocument,
    MessageDocument,
    MessagesDocument,
)
from safety_detector.web.collaborators import collaborators
from safety_detector.web.queries.values import BatchId, checked, empty_is_none

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PAGE = 50
_OF_AN_INCIDENT = 100

Id = Annotated[BatchId | None, BeforeValidator(empty_is_none)]


@dataclass(frozen=True, slots=True)
class Told:
    """Messages, for ``alert_parts.html``.

    Attributes:
        messages: the newest first.
        names: of channels, by id; one that is gone has none.
        next_cursor: leads further; None on the last page.
    """

    messages: list[MessageDocument]
    names: Mapping[str, str]
    next_cursor: str | None = None


async def told(request: Request, wanted: MessageFilter, at_most: int, cursor: str | None) -> Told:
    """A page of what channels were told."""
    channels = collaborators(request).service.notifications.channels
    found = await run_in_threadpool(channels.log, wanted, at_most + 1, cursor)
    shown = MessagesDocument.of(Page.cut(found, at_most, lambda one: one.id))
    known = await run_in_threadpool(channels.list)
    return Told(shown.messages, {one.id: one.name for one in known}, shown.next_cursor)


async def told_of_incident(request: Request, incident_id: str) -> Told:
    """Whom an incident was told, for its page: ``alerts.messages_of_incident(told)``."""
    return await told(request, MessageFilter(incident_id=incident_id), _OF_AN_INCIDENT, None)


class _Query(BaseModel):
    """What an address may say of the list; of the same types as REST's."""

    channel_id: Id = None
    incident_id: Id = None
    status: Annotated[MessageStatus | None, BeforeValidator(empty_is_none)] = None
    cursor: Id = None


@router.get("/alerts/messages")
async def list_messages(request: Request, visitor: Manager) -> Response:
    """Of every channel, the newest first; the address holds the filter."""
    query = {name: value for name, value in request.query_params.items() if value}
    said = checked(_Query, query)
    query.pop("cursor", None)
    wanted = MessageFilter(said.channel_id, said.incident_id, said.status)
    channels = collaborators(request).service.notifications.channels
    things = {
        "told": await told(request, wanted, _PAGE, said.cursor),
        "channels": [ChannelDocument.of(one) for one in await run_in_threadpool(channels.list)],
        "query": query,
        "statuses": list(MessageStatus),
    }
    return page(request, visitor, "alert_messages.html", things)
