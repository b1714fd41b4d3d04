"""``/v1/events``: inspections as they change, as server-sent events."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.sse import format_sse_event
from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection, Verdict
from safety_detector.errors import ServiceUnavailable
from safety_detector.service.records import Event, EventKind
from safety_detector.web.access.authentication import Reader, may_read
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.connection.protocol import sending_has_ended
from safety_detector.web.events.camera_faults import CAMERA_EVENT, FaultFollower
from safety_detector.web.events.documents import EventDocument
from safety_detector.web.inspections.documents import InspectionDocument
from safety_detector.web.openapi.description import KEYED, problem
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import RecordId

router = APIRouter(tags=["events"])

_EVENT_ID: dict[str, JsonValue] = {"pattern": "^[0-9]{1,18}-[0-9]{1,18}$"}
_LOOK_S = 1.0  # how often it is looked whether the client is still there
_RETRY_MS = 2000  # how long a client waits before it comes back
_LONGEST_STREAM_S = 3600.0  # then it comes back
_KEY_TRUSTED_S = 1.0  # how long a key that was good is not looked at again


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are sent; None means any."""

    kinds: frozenset[EventKind] | None = None
    verdict: Verdict | None = None
    camera_id: str | None = None
    batch_id: str | None = None

    @property
    def tells_of_cameras(self) -> bool:
        """Whether faults of cameras are sent: not to those who want certain inspections."""
        return (self.kinds, self.verdict, self.batch_id) == (None, None, None)

    def admits(self, event: Event, inspection: Inspection | None) -> bool:
        """Whether the event is sent; one without an inspection passes only the filter of kinds."""
        if self.kinds is not None and event.kind not in self.kinds:
            return False
        wanted = (self.verdict, self.camera_id, self.batch_id)
        if inspection is None:
            return wanted == (None, None, None)
        found = (inspection.verdict, inspection.camera_id, inspection.batch_id)
        return all(want is None or want == has for want, has in zip(wanted, found, strict=True))


@router.get(
    "/v1/events",
    summary="Follow inspections",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events; the `data` of each is an EventDocument as JSON",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **KEYED,
        429: problem("Too many streams"),
    },
)
async def follow_events(
    request: Request,
    _principal: Reader,
    kind: Annotated[list[EventKind] | None, Query(description="Only these; repeatable.")] = None,
    verdict: Annotated[Verdict | None, Query(description="Only with this verdict.")] = None,
    camera_id: RecordId | None = None,
    batch_id: RecordId | None = None,
    last_event_id: Annotated[
        str | None,
        Header(
            max_length=64,
            description="Goes on behind this event.",
            json_schema_extra=_EVENT_ID,
        ),
    ] = None,
    after: Annotated[
        str | None,
        Query(
            max_length=64,
            description="Like Last-Event-ID, for clients without headers.",
            json_schema_extra=_EVENT_ID,
        ),
    ] = None,
    lang: Annotated[Language | None, Query()] = None,
) -> StreamingResponse:
    """A stream that begins now, or behind `Last-Event-ID`, and misses nothing over restarts.

    With an event that the service has not given out (its database was restored from an older copy)
    all events that are kept are told again.  A stream ends when its key is revoked.

    The event's name is its kind; `data` holds `inspection_id`, `kind`, `at` and the `inspection`
    as it stands when the event is sent, which may be further on.  In a silence a comment is sent
    now and then, so that proxies keep the connection.

    Without `kind`, `verdict` and `batch_id` the stream also has events named `camera`: the faults
    of cameras that are open when it begins, and each that opens or ends; their `data` is a
    CameraEventDocument.
    """
    here = collaborators(request)
    if here.streams.feed.listeners >= here.streams.at_most:
        raise RequestProblem(
            "rate-limited",
            f"At most {here.streams.at_most} clients can follow at once.",
            headers={"Retry-After": "10"},
            limit=here.streams.at_most,
        )
    start = last_event_id or after
    if start is None:
        start = await run_in_threadpool(here.service.inspections.results.newest_event_id)
    else:
        # Refuses a cursor that is none of ours before the stream has begun.
        start = await run_in_threadpool(here.service.inspections.results.feed_start, start)
    wanted = EventFilter(frozenset(kind) if kind else None, verdict, camera_id, batch_id)
    stream = _stream(request, here, start, wanted, lang)
    # Proxies such as nginx would hold events back to fill their buffers.
    return StreamingResponse(
        stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _stream(
    request: Request,
    here: Collaborators,
    position: str,
    wanted: EventFilter,
    language: Language | None,
) -> AsyncIterator[bytes]:
    end_s = time.monotonic() + _LONGEST_STREAM_S
    spoken_s = admitted_s = time.monotonic()
    yield format_sse_event(comment="following", id=position, retry=_RETRY_MS)
    follower = FaultFollower(here.service.cameras.health, wanted.camera_id)
    async with here.streams.feed.listening():
        while not here.streams.feed.closing and time.monotonic() < end_s:
            try:
                events = await here.streams.feed.next(
                    position, min(_LOOK_S, here.streams.heartbeat_s)
                )
                inspections = await _inspections_of(events, here) if events else {}
                faults = await follower.changes(language) if wanted.tells_of_cameras else []
            except ServiceUnavailable:
                return  # the client comes back with its last event
            # One that sends nothing more may be gone; only what is written to it shows that.
            silence_s = 0.0 if sending_has_ended(request) else here.streams.heartbeat_s
            is_due = time.monotonic() - spoken_s >= silence_s
            if (events or faults or is_due) and time.monotonic() - admitted_s >= _KEY_TRUSTED_S:
                if not await may_read(request):
                    return
                admitted_s = time.monotonic()
            for fault in faults:
                yield format_sse_event(event=CAMERA_EVENT, data_str=fault, id=position)
                spoken_s = time.monotonic()
            for event in events:
                position = event.id
                inspection = inspections.get(event.inspection_id)
                if wanted.admits(event, inspection):
                    yield _written(request, event, inspection, language)
                    spoken_s = time.monotonic()
            if is_due and time.monotonic() - spoken_s >= silence_s:
                # The id moves the client on over events that it does not want.
                yield format_sse_event(comment="still here", id=position)
                spoken_s = time.monotonic()


async def _inspections_of(events: Sequence[Event], here: Collaborators) -> dict[str, Inspection]:
    ids = [event.inspection_id for event in events]
    return await run_in_threadpool(here.service.inspections.results.get_many, ids)


def _written(
    request: Request, event: Event, inspection: Inspection | None, language: Language | None
) -> bytes:
    shown = inspection and InspectionDocument.of(inspection, language, base_path(request))
    data = EventDocument(
        inspection_id=event.inspection_id, kind=event.kind, at=event.at, inspection=shown
    )
    return format_sse_event(event=event.kind.value, data_str=data.model_dump_json(), id=event.id)
