"""``/system/failed``: pictures that could not be inspected, and trying them again."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from safety_detector.console.forms import read_form
from safety_detector.console.rendering import words_for
from safety_detector.console.route import PageRoute
from safety_detector.console.system.tabs import system_page
from safety_detector.console.visitor import Administrator
from safety_detector.domain.inspection import Status
from safety_detector.service.inspections.listing import CURSOR_PATTERN
from safety_detector.service.records import InspectionFilter, ListOrder
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.inspections.documents import PageDocument
from safety_detector.web.inspections.requeue import RequeueBody
from safety_detector.web.queries.values import checked, empty_is_none

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PAGE = 50
_SPANS = {"1": timedelta(hours=1), "24": timedelta(days=1), "168": timedelta(days=7)}


class _Query(BaseModel):
    """Where in the list the page begins; how many are tried again since a moment ago."""

    cursor: Annotated[
        Annotated[str, Field(pattern=CURSOR_PATTERN)] | None, BeforeValidator(empty_is_none)
    ] = None
    requeued: Annotated[int | None, BeforeValidator(empty_is_none)] = None


@router.get("/system/failed")
async def show_failed(request: Request, visitor: Administrator) -> Response:
    """The latest arrivals first."""
    said = checked(_Query, dict(request.query_params))
    results = collaborators(request).service.inspections.results
    wanted = InspectionFilter(status=Status.FAILED)
    found = await run_in_threadpool(results.list, wanted, _PAGE, said.cursor, ListOrder.ARRIVAL)
    return system_page(
        request,
        visitor,
        "system_failed.html",
        {
            "page": PageDocument.of(found, visitor.language, base_path(request)),
            "requeued": said.requeued,
            "spans": _SPANS,
        },
    )


@router.post("/system/failed")
async def requeue(request: Request, visitor: Administrator) -> Response:
    """Tries the chosen ones again, or all that failed within a span."""
    form = await read_form(request, visitor)
    recovery = collaborators(request).service.inspections.recovery
    span = _SPANS.get(form.get("within"))
    ids = [one.removeprefix("id-") for one in form.fields if one.startswith("id-")]
    again: tuple[str, ...] = ()
    if span is not None:
        since = words_for(visitor).now - span
        again = await run_in_threadpool(recovery.requeue_failed, since, None, visitor.actor)
    elif ids:
        body = checked(RequeueBody, {"inspection_ids": ids})
        again = await run_in_threadpool(recovery.requeue, body.inspection_ids or [], visitor.actor)
    path = f"{base_path(request)}/system/failed?requeued={len(again)}"
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
