"""What the routes work with; made by ``wiring``, handed to ``create_app``, found by requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import cast

from anyio import CapacityLimiter
from fastapi import Request

from safety_detector.appearance.fonts import FontFiles
from safety_detector.detectors.qwen.servers.server_board import ServerStatus
from safety_detector.domain.hazards import Language
from safety_detector.ingest.fetching import FetchPolicy
from safety_detector.observability.metrics import Metrics
from safety_detector.server_folders.allowed import AllowedFolders
from safety_detector.server_folders.reading_thread import ReadingThread
from safety_detector.service.core import Service
from safety_detector.web.accept_places import AcceptPlaces
from safety_detector.web.access.rate_limits import RateLimiter
from safety_detector.web.bodies.uploads import UploadLimits
from safety_detector.web.events.feed import EventFeed
from safety_detector.web.health.readiness import Readiness
from safety_detector.web.inspections.fetch_places import FetchPlaces


@dataclass(frozen=True, slots=True)
class Collaborators:
    """The routes' collaborators and limits.

    Attributes:
        service: the transactions.
        metrics: of this process's requests.
        feed: changes of inspections, for everything that waits.
        limits: what a request may bring.
        fetch: what may be fetched by URL.
        find_fonts: the fonts of reports.
        language: of reports for which none is asked.
        time_zone: of the times in a report on one picture.
        open_without_keys: whether a service without keys answers; only on loopback.
        cors_origins: origins whose pages may ask.
        rate_limiter: None for no limit.
        readiness: what ``/readyz`` asks.
        model_servers: how the model servers stand; may raise that nobody knows at the moment.
        max_wait_s: longest ``Prefer: wait``.
        heartbeat_s: longest silence of an event stream.
        max_streams: event streams and waiting requests at the same time.
        report_slots: reports that are made at the same time.
        fetch_places: for pictures that are fetched by URL.
        accept_places: for the checking and storing of uploads.
        zip_slots: uploaded zips that are taken apart at the same time.
        folders: folders on the server that may be read into batches.
        reading: reads them in the background.
    """

    service: Service
    metrics: Metrics
    feed: EventFeed
    limits: UploadLimits
    fetch: FetchPolicy
    find_fonts: Callable[[], FontFiles]
    language: Language
    time_zone: tzinfo
    open_without_keys: bool
    cors_origins: tuple[str, ...]
    rate_limiter: RateLimiter | None
    readiness: Readiness
    model_servers: Callable[[], Sequence[ServerStatus]]
    max_wait_s: float
    heartbeat_s: float
    max_streams: int
    report_slots: CapacityLimiter
    fetch_places: FetchPlaces
    zip_slots: CapacityLimiter
    accept_places: AcceptPlaces
    folders: AllowedFolders
    reading: ReadingThread


def collaborators(request: Request) -> Collaborators:
    """The collaborators of the app that serves this request."""
    return cast(Collaborators, request.app.state.collaborators)
