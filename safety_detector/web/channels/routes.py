"""``/v1/channels``: where people, or their systems, are told of incidents."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from safety_detector.documents.incidents import EXAMPLE_INCIDENT_ID
from safety_detector.service.notifications.records import Channel, MessageFilter, MessageStatus
from safety_detector.service.records import Page
from safety_detector.web.access.authentication import Admin, actor_of
from safety_detector.web.answers import base_path
from safety_detector.web.bodies.json_bodies import JsonBody
from safety_detector.web.channels.bodies import ChannelBody
from safety_detector.web.channels.change_bodies import ChannelChangeBody
from safety_detector.web.channels.documents import (
    ChannelDocument,
    ChannelsDocument,
    MessageLogDocument,
    MessagesDocument,
    NewChannelDocument,
    SentMessageDocument,
)
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.openapi.description import BODY, KEYED, ONE, located
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.pages import Limit, UlidCursor
from safety_detector.web.queries.values import BatchId

router = APIRouter(tags=["incidents"])

MessageId = Annotated[str, Path(description="A message's `id`.", max_length=64)]
ChannelId = Annotated[str, Path(description="A channel's `id`.", max_length=64)]


@router.post(
    "/v1/channels",
    status_code=HTTPStatus.CREATED,
    summary="Add a channel",
    responses={**KEYED, **BODY, 201: located("The channel, with its secret")},
)
async def create_channel(
    request: Request,
    response: Response,
    principal: Admin,
    body: Annotated[ChannelBody, Depends(JsonBody(ChannelBody))],
) -> NewChannelDocument:
    """From now on it is told of every incident that opens or escalates.

    A webhook is signed as [Standard Webhooks](https://www.standardwebhooks.com) says; what it gets
    twice has the same `webhook-id`.
    """
    channels, by = collaborators(request).service.notifications.channels, actor_of(principal)
    channel, secret = await run_in_threadpool(channels.create, body.wanted(), by)
    response.headers["Location"] = f"{base_path(request)}/v1/channels/{channel.id}"
    return NewChannelDocument.with_secret(channel, secret)


@router.get(
    "/v1/channels", summary="List channels", response_description="The channels", responses=KEYED
)
async def list_channels(request: Request, _principal: Admin) -> ChannelsDocument:
    """Every channel, the oldest first."""
    found = await run_in_threadpool(collaborators(request).service.notifications.channels.list)
    return ChannelsDocument(channels=[ChannelDocument.of(one) for one in found])


@router.get(
    "/v1/channels/{channel_id}",
    summary="Read a channel",
    response_description="The channel",
    responses=ONE,
)
async def read_channel(
    request: Request, _principal: Admin, channel_id: ChannelId
) -> ChannelDocument:
    """One channel."""
    return ChannelDocument.of(await _find(collaborators(request), channel_id))


@router.put(
    "/v1/channels/{channel_id}",
    summary="Change a channel",
    response_description="The channel as it is now, with its secret if that is new",
    responses={**ONE, **BODY},
)
async def replace_channel(
    request: Request,
    principal: Admin,
    channel_id: ChannelId,
    body: Annotated[ChannelChangeBody, Depends(JsonBody(ChannelChangeBody))],
) -> NewChannelDocument:
    """Puts what is sent in its place; what it does not name is as in a new channel.

    What is secret stays where it is not sent: `url` as it is shown stands for the whole one that is
    kept; without `secret` or `password` that stays, null takes it away (a webhook gets a new one).
    A password goes to no other server, user or encryption than it was given for. `kind` stays. One
    that is switched off (`enabled`) is told nothing any more, not even what still waits. One whose
    receiver answered 410 stays off until a test is delivered, or its `url` is another.
    """
    here = collaborators(request)
    await _find(here, channel_id)
    changed = await run_in_threadpool(
        here.service.notifications.channels.replace,
        channel_id,
        body.wanted(),
        actor_of(principal),
        keeps_secret=body.keeps_secret,
    )
    if changed is None:
        raise not_found("channel", channel_id)
    return NewChannelDocument.with_secret(*changed)


@router.delete(
    "/v1/channels/{channel_id}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    summary="Remove a channel",
    response_description="Removed",
    responses=ONE,
)
async def remove_channel(request: Request, principal: Admin, channel_id: ChannelId) -> None:
    """It is told nothing any more, not even what still waits."""
    here = collaborators(request)
    await _find(here, channel_id)
    channels = here.service.notifications.channels
    await run_in_threadpool(channels.remove, channel_id, actor_of(principal))


@router.post(
    "/v1/channels/{channel_id}/test",
    status_code=HTTPStatus.ACCEPTED,
    summary="Send a test message",
    response_description="Written",
    responses=ONE,
)
async def send_test_message(
    request: Request, _principal: Admin, channel_id: ChannelId
) -> SentMessageDocument:
    """It goes the way of every other message; `GET …/deliveries` shows what came of it."""
    here = collaborators(request)
    await _find(here, channel_id)
    message_id = await run_in_threadpool(here.service.notifications.channels.test, channel_id)
    if message_id is None:
        raise not_found("channel", channel_id)
    return SentMessageDocument(message_id=message_id)


@router.get(
    "/v1/channels/{channel_id}/deliveries",
    summary="What a channel was told",
    response_description="A page",
    responses=ONE,
)
async def list_deliveries(
    request: Request,
    _principal: Admin,
    channel_id: ChannelId,
    limit: Limit = 50,
    cursor: UlidCursor = None,
) -> MessagesDocument:
    """Its messages, the newest first, each with the last try to deliver it."""
    here = collaborators(request)
    await _find(here, channel_id)
    channels = here.service.notifications.channels
    found = await run_in_threadpool(channels.messages, channel_id, limit + 1, cursor)
    return MessagesDocument.of(Page.cut(found, limit, lambda one: one.id))


@router.get(
    "/v1/channels/{channel_id}/deliveries/{message_id}",
    summary="Everything about a message",
    response_description="The message",
    responses=ONE,
)
async def read_message(
    request: Request, _principal: Admin, channel_id: ChannelId, message_id: MessageId
) -> MessageLogDocument:
    """What it says, and how each try to deliver it went."""
    found = None
    if is_possible_id(channel_id) and is_possible_id(message_id):
        channels = collaborators(request).service.notifications.channels
        found = await run_in_threadpool(channels.message, channel_id, message_id)
    if found is None:
        raise not_found("message", message_id)
    return MessageLogDocument.of(found)


@router.get(
    "/v1/messages",
    summary="What all channels were told",
    response_description="A page",
    responses=KEYED,
)
async def list_messages(
    request: Request,
    _principal: Admin,
    incident_id: Annotated[
        BatchId | None,
        Query(description="About this incident alone.", examples=[EXAMPLE_INCIDENT_ID]),
    ] = None,
    channel_id: Annotated[
        BatchId | None,
        Query(description="That this channel was told."),
    ] = None,
    status: Annotated[
        MessageStatus | None,
        Query(description="That stand so."),
    ] = None,
    limit: Limit = 50,
    cursor: UlidCursor = None,
) -> MessagesDocument:
    """The messages of every channel, the newest first, each with the last try to deliver it."""
    log = collaborators(request).service.notifications.channels.log
    wanted = MessageFilter(channel_id, incident_id, status)
    found = await run_in_threadpool(log, wanted, limit + 1, cursor)
    return MessagesDocument.of(Page.cut(found, limit, lambda one: one.id))


@router.post(
    "/v1/channels/{channel_id}/deliveries/{message_id}/resend",
    status_code=HTTPStatus.ACCEPTED,
    summary="Send a message again",
    response_description="It will be sent now",
    responses=ONE,
)
async def resend_message(
    request: Request, _principal: Admin, channel_id: ChannelId, message_id: MessageId
) -> SentMessageDocument:
    """Whatever came of it, and under its id: a receiver that heeds `webhook-id` takes it once.

    If that fails too it is tried on by the schedule, as far as that goes.
    """
    here = collaborators(request)
    await _find(here, channel_id)
    resend = here.service.notifications.channels.resend
    if not is_possible_id(message_id) or not await run_in_threadpool(
        resend, channel_id, message_id
    ):
        raise not_found("message", message_id)
    return SentMessageDocument(message_id=message_id)


async def _find(here: Collaborators, channel_id: str) -> Channel:
    found = None
    if is_possible_id(channel_id):
        found = await run_in_threadpool(here.service.notifications.channels.get, channel_id)
    if found is None:
        raise not_found("channel", channel_id)
    return found
