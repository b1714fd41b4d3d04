"""``/incidents/statistics``: what became of incidents, in numbers, charts and tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.console.incidents.chosen import chosen_incidents, filter_of, with_camera_id
from safety_detector.console.rendering import page, words_for
from safety_detector.console.reports.ordering import Draft, order_query, periods_of
from safety_detector.console.route import PageRoute, detail_of
from safety_detector.console.visitor import Viewer, Visitor
from safety_detector.documents.incident_statistics import StatisticsDocument
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.web.collaborators import collaborators
from safety_detector.web.problems.problem import RequestProblem

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_USUAL_DAYS = 30


@router.get("/incidents/statistics")
async def show_statistics(request: Request, visitor: Viewer) -> Response:
    """The incidents that the address means; those of the last days where it means none."""
    # Loaded with the first page of it: what draws charts stands on ReportLab.
    from safety_detector.console.statistics import charts

    here = collaborators(request)
    cameras = await run_in_threadpool(here.service.cameras.records.names)
    query = with_camera_id(filter_of(dict(request.query_params)), cameras) or _usual(visitor)
    # Faults of cameras are no hazards; the report tells of them beside its coverage.
    things = _around(query, cameras, visitor)
    try:
        wanted = chosen_incidents({"of_camera": "false", **query}, visitor)
    except RequestProblem as exc:
        things |= {"statistics": None, "refused": detail_of(exc, visitor.language)}
        return page(request, visitor, "statistics.html", things, HTTPStatus.UNPROCESSABLE_ENTITY)
    found = await run_in_threadpool(here.service.incidents.statistics.of, wanted)
    names = await run_in_threadpool(here.service.cameras.records.names, found.by_camera)
    document = StatisticsDocument.of(found)
    words = words_for(visitor)
    hazards = [(words.name("hazard", one), tally) for one, tally in document.by_hazard.items()]
    of_cameras = [(names.get(one) or one, tally) for one, tally in document.by_camera.items()]
    units = [
        (one or words.say("statistics-nobody-said"), tally)
        for one, tally in document.by_unit.items()
    ]
    levels = [
        (words.name("level", one or "none"), tally) for one, tally in document.by_level.items()
    ]
    drawn = [
        charts.over_time(document.by_day, wanted.since, wanted.until, words),
        charts.over_the_day(document.by_hour, words),
        charts.by_name(
            "hazards", words.say("statistics-by-hazard"), words.say("filter-hazard"), hazards, words
        ),
        charts.by_name(
            "cameras",
            words.say("statistics-by-camera"),
            words.say("filter-camera"),
            of_cameras,
            words,
        ),
    ]
    rates = [
        (words.say("filter-hazard"), hazards),
        (words.say("field-level"), levels),
        (words.say("field-responsible-unit"), units),
        (words.say("filter-camera"), sorted(of_cameras, key=lambda one: -one[1].found)),
    ]
    things |= {"statistics": document, "refused": None, "charts": drawn, "rates": rates}
    return page(request, visitor, "statistics.html", things)


def _around(
    query: dict[str, str], cameras: Mapping[str, str | None], visitor: Visitor
) -> dict[str, Any]:
    """What stands around the numbers: the filter, and where else it leads."""
    draft = Draft.of({"kind": "incidents", **query})
    return {
        "query": query,
        "order": order_query(query),
        "cameras": cameras,
        "periods": periods_of(draft, visitor),
        "hazards": [one for one in IncidentHazard if not one.is_of_camera],
    }


def _usual(visitor: Visitor) -> dict[str, str]:
    today = datetime.now(visitor.zone).date()
    return {
        "since": (today - timedelta(days=_USUAL_DAYS - 1)).isoformat(),
        "until": (today + timedelta(days=1)).isoformat(),
    }
