"""``/v1/events``: inspections and incidents as they change, as server-sent events."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.sse import format_sse_event
from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from safety_detector.documents.incidents import IncidentDocument
from safety_detector.domain.hazards import Language
from safety_detector.domain.incidents.events import IncidentEvent
from safety_detector.domain.inspection import Inspection, Verdict
from safety_detector.errors import ServiceUnavailable
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.records import Event, EventKind
from safety_detector.web.access.authentication import Reader, may_read
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.connection.protocol import sending_has_ended
from safety_detector.web.events.camera_faults import CAMERA_EVENT, FaultFollower
from safety_detector.web.events.documents import EventDocument, IncidentEventDocument
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

    kinds: frozenset[EventKind | IncidentEvent] | None = None
    verdict: Verdict | None = None
    camera_id: str | None = None
    batch_id: str | None = None

    @property
    def tells_of_cameras(self) -> bool:
        """Whether faults of cameras are sent: not to those who want certain inspections."""
        return (self.kinds, self.verdict, self.batch_id) == (None, None, None)

    def admits_incident(self, event: Event, incident: StoredIncident | None) -> bool:
        """Whether an incident's event is sent: not to those who want certain inspections."""
        if self.kinds is not None and event.kind not in self.kinds:
            return False
        if (self.verdict, self.batch_id) != (None, None):
            return False
        return self.camera_id is None or (
            incident is not None and incident.camera_id == self.camera_id
        )

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
    kind: Annotated[
        list[EventKind | IncidentEvent] | None, Query(description="Only these; repeatable.")
    ] = None,
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

    Events of incidents, named `incident.…`, stand among them and are resumed with them: what
    cameras see of an incident and what people do about it. Their `data` is an
    IncidentEventDocument. Who asks for a `verdict` or `batch_id` gets none.

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
                subjects = await _subjects_of(events, here)
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
                shown = _written(request, event, subjects, wanted, language)
                if shown is not None:
                    yield shown
                    spoken_s = time.monotonic()
            if is_due and time.monotonic() - spoken_s >= silence_s:
                # The id moves the client on over events that it does not want.
                yield format_sse_event(comment="still here", id=position)
                spoken_s = time.monotonic()


@dataclass(frozen=True, slots=True)
class _Subjects:
    """What events are about, as far as it is there, by id."""

    inspections: Mapping[str, Inspection]
    incidents: Mapping[str, StoredIncident]


async def _subjects_of(events: Sequence[Event], here: Collaborators) -> _Subjects:
    incident_ids = {one.incident_id for one in events if one.incident_id is not None}
    ids = {one.inspection_id for one in events if one.inspection_id and one.incident_id is None}
    inspections: Mapping[str, Inspection] = {}
    incidents: Mapping[str, StoredIncident] = {}
    if ids:
        inspections = await run_in_threadpool(here.service.inspections.results.get_many, ids)
    if incident_ids:
        incidents = await run_in_threadpool(here.service.incidents.records.get_many, incident_ids)
    return _Subjects(inspections, incidents)


def _written(
    request: Request,
    event: Event,
    subjects: _Subjects,
    wanted: EventFilter,
    language: Language | None,
) -> bytes | None:
    """The event as it is sent; None where the client does not want it."""
    base = base_path(request)
    data: EventDocument | IncidentEventDocument
    if event.incident_id is not None:
        incident = subjects.incidents.get(event.incident_id)
        if not wanted.admits_incident(event, incident):
            return None
        data = IncidentEventDocument(
            incident_id=event.incident_id,
            kind=IncidentEvent(event.kind),
            at=event.at,
            inspection_id=event.inspection_id,
            incident=incident and IncidentDocument.of(incident, language, base),
        )
    else:
        inspection_id = event.inspection_id or ""
        inspection = subjects.inspections.get(inspection_id)
        if not wanted.admits(event, inspection):
            return None
        data = EventDocument(
            inspection_id=inspection_id,
            kind=EventKind(event.kind),
            at=event.at,
            inspection=inspection and InspectionDocument.of(inspection, language, base),
        )
    return format_sse_event(event=event.kind.value, data_str=data.model_dump_json(), id=event.id)
