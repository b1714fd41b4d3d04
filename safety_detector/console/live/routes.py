"""``/live``: that something has changed, as server-sent events; what it is, pages ask themselves.

REST's stream tells of every inspection with its result; a page that only wants to know when to look
again needs a few bytes.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import APIRouter, Header, Request
from fastapi.sse import format_sse_event
from starlette.responses import StreamingResponse

from safety_detector.console.live.watch import ChangeWatch
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import SignInNeeded, Viewer, visitor_of
from safety_detector.errors import ServiceUnavailable, SubmissionRefused
from safety_detector.service.operation.changes import Standing
from safety_detector.web.collaborators import collaborators
from safety_detector.web.connection.protocol import sending_has_ended
from safety_detector.web.problems.problem import RequestProblem

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_HERE_EVERY_S = 4.0  # a page that hears nothing for 10 s is not live
_LOOK_S = 1.0  # how often it is looked whether the browser is still there
_TRUSTED_S = 10.0  # how long a session is not looked at again
_LONGEST_S = 3600.0
_RETRY_MS = 1000


@router.get("/live")
async def follow(
    request: Request,
    _visitor: Viewer,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> StreamingResponse:
    """Events named ``changed``, with of what; ``here`` in between; ``left`` when signed out."""
    here = collaborators(request)
    watch = cast(ChangeWatch, request.app.state.change_watch)
    if watch.followers >= here.streams.at_most:
        raise RequestProblem(
            "rate-limited",
            f"At most {here.streams.at_most} browsers can follow at once.",
            headers={"Retry-After": "10"},
        )
    return StreamingResponse(
        _stream(request, watch, _read_id(last_event_id)),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
    )


async def _stream(
    request: Request, watch: ChangeWatch, known: Standing | None
) -> AsyncIterator[bytes]:
    feed = collaborators(request).streams.feed
    began_s = spoken_s = trusted_s = time.monotonic()
    yield format_sse_event(event="here", data_str="{}", retry=_RETRY_MS)
    async with watch.following():
        while not feed.closing and time.monotonic() - began_s < _LONGEST_S:
            standing = await watch.next(known, _LOOK_S)
            now_s = time.monotonic()
            if now_s - trusted_s >= _TRUSTED_S:
                if not await _is_still_signed_in(request):
                    yield format_sse_event(event="left", data_str="{}")
                    return
                trusted_s = now_s
            if standing is not None:
                of = standing.news_since(known) if known is not None else ()
                known = standing
                yield format_sse_event(
                    event="changed", data_str=json.dumps(of), id=_written_id(standing)
                )
                spoken_s = now_s
            elif now_s - spoken_s >= _HERE_EVERY_S or sending_has_ended(request):
                yield format_sse_event(event="here", data_str="{}")
                spoken_s = now_s


async def _is_still_signed_in(request: Request) -> bool:
    try:
        await visitor_of(request)
    except (SignInNeeded, RequestProblem, SubmissionRefused):  # the last of a proxy's people
        return False
    except ServiceUnavailable:
        return True
    return True


def _written_id(standing: Standing) -> str:
    return f"{standing.acts}-{standing.incidents}-{standing.pictures}"


def _read_id(written: str | None) -> Standing | None:
    """Where things stood when a browser was cut off; what is none of ours is nothing."""
    parts = (written or "").split("-")
    if len(parts) != 3 or not all(one.isascii() and one.isdigit() for one in parts):
        return None
    return Standing(*map(int, parts))
