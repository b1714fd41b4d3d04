"""``/review``: what nobody has judged, one after the other, by keys alone."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.console.incidents.judging import judging
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Reviewer
from safety_detector.documents.incidents import IncidentDocument
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.queries.ids import is_possible_id

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_AHEAD = 4  # so that the next picture is there before the key is pressed
_MOST_SKIPPED = 200


@router.get("/review")
async def show_review(request: Request, visitor: Reviewer) -> Response:
    """The next ones; nobody else gets them meanwhile."""
    skipped = [one for one in request.query_params.getlist("skipped") if is_possible_id(one)]
    # A window of its own for each browser, also where nobody has signed in.
    holder = hashlib.sha256(f"holder:{visitor.form_secret}".encode()).hexdigest()
    handed = await run_in_threadpool(
        collaborators(request).service.incidents.reviewing.hand_out,
        holder,
        _AHEAD,
        skipped[-_MOST_SKIPPED:],
    )
    base = base_path(request)
    return page(
        request,
        visitor,
        "review.html",
        {
            "incidents": [
                IncidentDocument.of(one, visitor.language, base) for one in handed.incidents
            ],
            "left": handed.left,
            "judging": judging(visitor),
        },
    )
