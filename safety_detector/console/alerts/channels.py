"""``/alerts/channels``: where people are told: add, try, change, look what came of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from safety_detector.console.alerts.channel_forms import (
    body_of,
    fields_of,
    values_in,
    values_of,
    values_of_new,
)
from safety_detector.console.alerts.messages import Id, told
from safety_detector.console.alerts.refusals import Refusal, check_seen, refusal_of, seen_after
from safety_detector.console.forms import digest_of, read_form
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Administrator, Manager, Visitor
from safety_detector.errors import SafetyDetectorError
from safety_detector.service.notifications.channels import Channels
from safety_detector.service.notifications.records import (
    Channel,
    ChannelKind,
    MessageFilter,
)
from safety_detector.web.answers import base_path
from safety_detector.web.channels.bodies import ChannelBody
from safety_detector.web.channels.change_bodies import ChannelChangeBody
from safety_detector.web.channels.documents import ChannelDocument, MessageLogDocument
from safety_detector.web.collaborators import collaborators
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.values import checked

router = APIRouter(include_in_schema=False, route_class=PageRoute)

ChannelId = Annotated[str, Path(max_length=64)]
MessageId = Annotated[str, Path(max_length=64)]
_PAGE = 20


@router.get("/alerts/channels/new")
async def show_new(request: Request, visitor: Administrator) -> Response:
    """The kinds, and the fields of the one that is chosen."""
    kind = checked(_Kind, dict(request.query_params)).kind
    values = values_of_new(kind) if kind else {}
    return _form_page(request, visitor, kind, values, None)


@router.post("/alerts/channels/new")
async def add(request: Request, visitor: Administrator) -> Response:
    """Adds it, and shows once what is never shown again."""
    form = await read_form(request, visitor)
    kind = checked(_NeededKind, form.fields).kind
    try:
        wanted = checked(ChannelBody, body_of(form, kind)).wanted()
        channel, secret = await run_in_threadpool(_channels(request).create, wanted, visitor.actor)
    except (RequestProblem, SafetyDetectorError) as exc:
        refusal = refusal_of(exc, visitor.language)
        return _form_page(request, visitor, kind, values_in(form, kind), refusal)
    if secret is None or form.get("secret"):
        return _to_channel(request, channel.id)
    return await _secret_page(request, visitor, channel, secret)


@router.get("/alerts/channels/{channel_id}")
async def show(request: Request, visitor: Manager, channel_id: ChannelId) -> Response:
    """What it is, what came of a test, what it was told; and the form to change it."""
    channel = await _find(request, channel_id)
    return await _channel_page(request, visitor, channel, None, None)


@router.post("/alerts/channels/{channel_id}")
async def change(request: Request, visitor: Administrator, channel_id: ChannelId) -> Response:
    """Changes it; a secret that is not typed stays."""
    form = await read_form(request, visitor)
    channel = await _find(request, channel_id)
    try:
        body = checked(ChannelChangeBody, body_of(form, channel.kind))
        check_seen(form.get("seen"), _digest(channel))
        changed = await run_in_threadpool(
            _channels(request).replace,
            channel_id,
            body.wanted(),
            visitor.actor,
            keeps_secret=body.keeps_secret,
            seen=channel,
        )
    except (RequestProblem, SafetyDetectorError) as exc:
        refusal = refusal_of(exc, visitor.language)
        values = values_in(form, channel.kind)
        return await _channel_page(request, visitor, channel, values, refusal, form.get("seen"))
    if changed is None:
        raise not_found("channel", channel_id)
    fresh, secret = changed
    if secret is None or form.get("secret"):
        return _to_channel(request, channel_id)
    return await _secret_page(request, visitor, fresh, secret)


@router.post("/alerts/channels/{channel_id}/test")
async def send_test(request: Request, visitor: Administrator, channel_id: ChannelId) -> Response:
    """Sends a test message, the way that every other goes; the page shows what comes of it."""
    await read_form(request, visitor)
    await _find(request, channel_id)
    message_id = await run_in_threadpool(_channels(request).test, channel_id)
    if message_id is None:
        raise not_found("channel", channel_id)
    return _to_channel(request, channel_id, f"?message={message_id}#tried")


@router.post("/alerts/channels/{channel_id}/remove")
async def remove(request: Request, visitor: Administrator, channel_id: ChannelId) -> Response:
    """Removes it, if that is said twice."""
    form = await read_form(request, visitor)
    await _find(request, channel_id)
    if not form.get("sure"):
        return _to_channel(request, channel_id, "#remove")
    await run_in_threadpool(_channels(request).remove, channel_id, visitor.actor)
    return RedirectResponse(f"{base_path(request)}/alerts", HTTPStatus.SEE_OTHER)


@router.get("/alerts/channels/{channel_id}/messages/{message_id}")
async def show_message(
    request: Request, visitor: Manager, channel_id: ChannelId, message_id: MessageId
) -> Response:
    """What it says, and how each try to deliver it went."""
    channel = await _find(request, channel_id)
    found = None
    if is_possible_id(message_id):
        found = await run_in_threadpool(_channels(request).message, channel_id, message_id)
    if found is None:
        raise not_found("message", message_id)
    things = {
        "channel": ChannelDocument.of(channel),
        "log": MessageLogDocument.of(found),
    }
    return page(request, visitor, "alert_message.html", things)


@router.post("/alerts/channels/{channel_id}/messages/{message_id}/resend")
async def resend(
    request: Request, visitor: Administrator, channel_id: ChannelId, message_id: MessageId
) -> Response:
    """Sends it now, whatever came of it so far."""
    await read_form(request, visitor)
    await _find(request, channel_id)
    if not is_possible_id(message_id) or not await run_in_threadpool(
        _channels(request).resend, channel_id, message_id
    ):
        raise not_found("message", message_id)
    return _to_channel(request, channel_id, f"?message={message_id}#tried")


class _Kind(BaseModel):
    """Which kind is chosen."""

    kind: ChannelKind | None = None


class _NeededKind(BaseModel):
    """Which kind is added."""

    kind: ChannelKind


class _Query(BaseModel):
    """What an address may say of a channel's page."""

    message: Id = None
    cursor: Id = None


def _form_page(
    request: Request,
    visitor: Visitor,
    kind: ChannelKind | None,
    values: dict[str, Any],
    refusal: Refusal | None,
) -> Response:
    things = {
        "kinds": list(ChannelKind),
        "kind": kind,
        "fields": fields_of(kind) if kind else (),
        "values": values,
        "refusal": refusal,
        "channel": None,
    }
    status = refusal.status if refusal else HTTPStatus.OK
    return page(request, visitor, "alert_channel_new.html", things, status)


async def _channel_page(
    request: Request,
    visitor: Visitor,
    channel: Channel,
    values: dict[str, Any] | None,
    refusal: Refusal | None,
    seen: str | None = None,
) -> Response:
    said = checked(_Query, dict(request.query_params))
    log = None
    if said.message is not None:
        log = await run_in_threadpool(_channels(request).message, channel.id, said.message)
    shown = ChannelDocument.of(channel)
    things = {
        "channel": shown,
        "kind": channel.kind,
        "fields": fields_of(channel.kind),
        "values": values_of(shown) if values is None else values,
        "refusal": refusal,
        "seen": seen_after(refusal, seen, _digest(channel)),
        "tried": MessageLogDocument.of(log).message if log else None,
        "told": await told(request, MessageFilter(channel.id), _PAGE, said.cursor),
    }
    status = refusal.status if refusal else HTTPStatus.OK
    return page(request, visitor, "alert_channel.html", things, status)


async def _secret_page(
    request: Request, visitor: Visitor, channel: Channel, secret: str
) -> Response:
    things = {"channel": ChannelDocument.of(channel), "secret": secret}
    return page(request, visitor, "alert_channel_secret.html", things)


def _to_channel(request: Request, channel_id: str, behind: str = "") -> Response:
    path = f"{base_path(request)}/alerts/channels/{channel_id}{behind}"
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def _digest(channel: Channel) -> str:
    return digest_of(ChannelDocument.of(channel).model_dump(mode="json"))


def _channels(request: Request) -> Channels:
    return collaborators(request).service.notifications.channels


async def _find(request: Request, channel_id: str) -> Channel:
    found = None
    if is_possible_id(channel_id):
        found = await run_in_threadpool(_channels(request).get, channel_id)
    if found is None:
        raise not_found("channel", channel_id)
    return found
