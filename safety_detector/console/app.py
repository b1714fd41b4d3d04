"""The console beside the REST API, in the same application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeAlias, cast

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from safety_detector.console import asset_files, language
from safety_detector.console.alerts import channels as alert_channels
from safety_detector.console.alerts import messages as alert_messages
from safety_detector.console.alerts import routes as alerts
from safety_detector.console.alerts import rules as alert_rules
from safety_detector.console.batches import routes as batches
from safety_detector.console.cameras import routes as cameras
from safety_detector.console.incidents import after_pictures, listing, masks, one, parting
from safety_detector.console.live import routes as live
from safety_detector.console.live.watch import ChangeWatch
from safety_detector.console.now import routes as now
from safety_detector.console.picture import routes as picture
from safety_detector.console.pictures import routes as pictures
from safety_detector.console.reports import routes as reports
from safety_detector.console.review import labels as review_labels
from safety_detector.console.review import routes as review
from safety_detector.console.route import refusal_page
from safety_detector.console.sign_in import openid
from safety_detector.console.sign_in import routes as sign_in
from safety_detector.console.sign_in.elsewhere import SignInElsewhere
from safety_detector.console.statistics import routes as statistics
from safety_detector.console.stored_pictures import routes as stored_pictures
from safety_detector.console.system import account, audit, failed, keys, people, settings, state
from safety_detector.console.wall import routes as wall
from safety_detector.web.collaborators import Collaborators
from safety_detector.web.problems.problem import RequestProblem

_Handler: TypeAlias = Callable[[Request, Exception], Awaitable[Response]]

ROUTERS = (
    now.router,
    statistics.router,  # before the page of an incident, whose id it would be
    listing.router,
    one.router,
    after_pictures.router,
    parting.router,
    masks.router,
    wall.router,
    review.router,
    review_labels.router,
    pictures.router,
    batches.router,
    reports.router,
    *cameras.ROUTERS,
    picture.router,
    stored_pictures.router,
    alerts.router,
    alert_channels.router,
    alert_rules.router,
    alert_messages.router,
    live.router,
    state.router,
    failed.router,
    people.router,
    keys.router,
    settings.router,
    audit.router,
    account.router,
    sign_in.router,
    openid.router,
    language.router,
    asset_files.router,
)
"""Of every page; a new one is added here."""


def install_console(app: FastAPI, sign_in_elsewhere: SignInElsewhere | None = None) -> None:
    """Adds the pages to what ``create_app`` made.

    Args:
        app: the application.
        sign_in_elsewhere: which systems say who people are, besides their passwords here.
    """
    here: Collaborators = app.state.collaborators
    app.state.sign_in_elsewhere = sign_in_elsewhere or SignInElsewhere()
    app.state.change_watch = ChangeWatch(here.service.operation.changes.standing)
    for router in ROUTERS:
        app.include_router(router)
    _tell_people_on_a_page(app)


def _tell_people_on_a_page(app: FastAPI) -> None:
    """Whoever mistypes an address in a browser gets a page; programs get the problem."""
    of_programs = app.exception_handlers[HTTPException]

    async def answer(request: Request, error: Exception) -> Response:
        is_person = "text/html" in request.headers.get("accept", "")
        status = error.status_code if isinstance(error, HTTPException) else None
        if status == HTTPStatus.NOT_FOUND and is_person and request.method == "GET":
            return await refusal_page(request, RequestProblem("not-found", "Nothing is there."))
        return await cast(_Handler, of_programs)(request, error)

    app.add_exception_handler(HTTPException, answer)
