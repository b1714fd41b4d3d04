"""``/review/labels``: judgements that a detector speaks against which is seldom wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.console.incidents.chosen import with_camera_id
from safety_detector.console.local_moments import with_zone
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute, detail_of, status_of
from safety_detector.console.visitor import Reviewer, Visitor
from safety_detector.datasets.doubtful import FEWEST_OTHERS, Doubt, DoubtfulLabel
from safety_detector.domain.hazards import Label, SubLabel, label_name, state_name
from safety_detector.errors import SubmissionRefused
from safety_detector.service.datasets.records import DatasetFilter
from safety_detector.web.collaborators import collaborators
from safety_detector.web.datasets.doubting import doubtful_labels
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import Moment, RecordId, check_period, checked

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_USUAL_DAYS = 90
_MOST_SHOWN = 36  # fills two, three, four and six columns
_DAYS = ("since", "until")


class _Query(BaseModel):
    """What the address may say; of the same types and names as REST's list."""

    since: Moment | None = None
    until: Moment | None = None
    camera_id: RecordId | None = None


_NAMES = tuple(_Query.model_fields)


@router.get("/review/labels")
async def show_labels(request: Request, visitor: Reviewer) -> Response:
    """The most doubtful first; of the last months where the address says nothing."""
    here = collaborators(request)
    cameras = await run_in_threadpool(here.service.cameras.records.names)
    said = {one: request.query_params[one] for one in _NAMES if one in request.query_params}
    if not said:
        since = datetime.now(visitor.zone) - timedelta(days=_USUAL_DAYS)
        said = {"since": since.date().isoformat()}
    query = with_camera_id({name: text for name, text in said.items() if text.strip()}, cameras)
    things: dict[str, Any] = {"query": query, "cameras": cameras, "least": FEWEST_OTHERS}
    try:
        found = await doubtful_labels(here, _wanted(query, visitor))
    except (SubmissionRefused, RequestProblem) as exc:
        is_asked_well = isinstance(exc, SubmissionRefused)  # there is too little, or too much
        status = HTTPStatus.OK if is_asked_well else status_of(exc, HTTPStatus.UNPROCESSABLE_ENTITY)
        told = detail_of(exc, visitor.language)
        return page(request, visitor, "review_labels.html", things | {"refused": told}, status)
    shown = found.labels[:_MOST_SHOWN]
    ids = dict.fromkeys(one.inspection_id for one in shown)
    things |= {
        "refused": None,
        "found": found,
        "labels": [(one, _judged(one, visitor), _seen(one, visitor)) for one in shown],
        # The pictures' pages lead from one of these to the next.
        "named": urlencode([("id", one) for one in ids]),
    }
    return page(request, visitor, "review_labels.html", things)


def _wanted(query: dict[str, str], visitor: Visitor) -> DatasetFilter:
    """The judged pictures that an address means; its days are those of the site.

    Raises:
        RequestProblem: a value is none of those that there are.
    """
    days = {name: with_zone(query[name], visitor.zone) for name in _DAYS if name in query}
    wanted = checked(_Query, query | days)
    check_period(wanted.since, wanted.until)
    cameras = () if wanted.camera_id is None else (wanted.camera_id,)
    return DatasetFilter(wanted.since, wanted.until, cameras)


def _judged(one: DoubtfulLabel, visitor: Visitor) -> str:
    """What a person said is there, or is not; empty where nobody labelled anything."""
    if one.judged is None:
        return ""
    if one.doubt is Doubt.REFUTED:
        return one.judged.label_text(visitor.language)
    return one.judged.text(visitor.language)


def _seen(one: DoubtfulLabel, visitor: Visitor) -> str:
    """What the detector says is there; empty for nothing."""
    if not one.seen:
        return ""
    if one.doubt is Doubt.STATE:
        return state_name(Label.PERSON, SubLabel(one.seen), visitor.language)
    return label_name(Label(one.seen), visitor.language)
