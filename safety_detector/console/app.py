"""The console beside the REST API, in the same application."""

from __future__ import annotations

from fastapi import FastAPI

from safety_detector.console import asset_files, language
from safety_detector.console.incidents import routes as incidents
from safety_detector.console.live import routes as live
from safety_detector.console.live.watch import ChangeWatch
from safety_detector.console.now import routes as now
from safety_detector.console.review import routes as review
from safety_detector.console.sign_in import routes as sign_in
from safety_detector.console.stored_pictures import routes as stored_pictures
from safety_detector.web.collaborators import Collaborators

ROUTERS = (
    now.router,
    incidents.router,
    review.router,
    stored_pictures.router,
    live.router,
    sign_in.router,
    language.router,
    asset_files.router,
)
"""Of every page; a new one is added here."""


def install_console(app: FastAPI) -> None:
    """Adds the pages to what ``create_app`` made."""
    here: Collaborators = app.state.collaborators
    app.state.change_watch = ChangeWatch(here.service.operation.changes.standing)
    for router in ROUTERS:
        app.include_router(router)
