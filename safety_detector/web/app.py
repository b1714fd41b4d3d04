"""The REST API as an ASGI application."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta, tzinfo
from functools import partial
from pathlib import Path
from threading import Semaphore

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from safety_detector import __version__
from safety_detector.appearance.fonts import FontFiles
from safety_detector.camera_sources import opening
from safety_detector.camera_sources.puller import SourceReport
from safety_detector.camera_sources.source import CameraSource
from safety_detector.datasets.finetuning.drafting import FineTuningOptions, built_in_options
from safety_detector.datasets.people_finder import PeopleFinder, bundled_people_finder
from safety_detector.detectors.qwen.servers.server_board import ServerStatus
from safety_detector.domain.hazards import Language
from safety_detector.host.signs_of_life import Signs
from safety_detector.ingest.fetching import FetchPolicy
from safety_detector.network.permitted import AllowedNetworks
from safety_detector.notifications.best_pictures import BestPictures
from safety_detector.notifications.mqtt_states import MqttStates
from safety_detector.notifications.sender import Sender
from safety_detector.notifications.senders import SendingOptions, build_senders
from safety_detector.notifications.sending_threads import SendingThreads
from safety_detector.observability.metrics import Metrics
from safety_detector.server_folders.allowed import AllowedFolders
from safety_detector.server_folders.read_slice import Backlog
from safety_detector.server_folders.reading_thread import ReadingThread
from safety_detector.service.core import Service
from safety_detector.web.accept_places import AcceptPlaces
from safety_detector.web.access.rate_limits import RateLimiter
from safety_detector.web.alert_rules import routes as alert_rules
from safety_detector.web.audit import routes as audit
from safety_detector.web.batches import folders as batch_folders
from safety_detector.web.batches import routes as batches
from safety_detector.web.batches.documents import FolderErrorDocument
from safety_detector.web.bodies.uploads import UploadLimits
from safety_detector.web.cameras import latest as camera_latest
from safety_detector.web.cameras import routes as cameras
from safety_detector.web.cameras import trials as camera_trials
from safety_detector.web.cameras.banners import AgeBanners
from safety_detector.web.channels import routes as channels
from safety_detector.web.collaborators import (
    Admission,
    CameraViewing,
    Collaborators,
    DatasetMaking,
    Fetching,
    FolderReading,
    Health,
    Reporting,
    Streaming,
    Uploading,
)
from safety_detector.web.connection.forwarding import ForwardedRequests, ProxyOptions
from safety_detector.web.corrections import routes as corrections
from safety_detector.web.datasets import routes as datasets
from safety_detector.web.events import routes as events
from safety_detector.web.events.documents import EventDocument, IncidentEventDocument
from safety_detector.web.events.feed import EventFeed
from safety_detector.web.health import routes as health
from safety_detector.web.health.readiness import Readiness
from safety_detector.web.holds import routes as holds
from safety_detector.web.incidents import routes as incidents
from safety_detector.web.inspections import pictures, requeue
from safety_detector.web.inspections import report as inspection_report
from safety_detector.web.inspections import routes as inspections
from safety_detector.web.inspections.fetch_places import FetchPlaces
from safety_detector.web.inspections.fields import FolderSubmission, UrlSubmission
from safety_detector.web.middleware.cross_origin import CrossOrigin
from safety_detector.web.middleware.head_requests import HeadRequests
from safety_detector.web.middleware.refused_heads import RefusedHeads
from safety_detector.web.middleware.request_metrics import RequestMetrics
from safety_detector.web.middleware.response_headers import ResponseHeaders
from safety_detector.web.middleware.unexpected_errors import UnexpectedErrors
from safety_detector.web.middleware.unread_bodies import UnreadBodies
from safety_detector.web.openapi.description import EVERYWHERE, install_schemas
from safety_detector.web.openapi.pages import install_documentation
from safety_detector.web.operation import routes as operation
from safety_detector.web.operation.settings import SettingDocument
from safety_detector.web.permits import routes as permits
from safety_detector.web.problems.problem import install_problem_handlers
from safety_detector.web.queries.known import install_known_queries
from safety_detector.web.receivers import routes as receivers
from safety_detector.web.reports import routes as reports
from safety_detector.web.wall import routes as wall

_DESCRIPTION = """\
Finds fire, smoke and missing safety helmets in pictures.

Submit a picture, follow it to its result, fetch the annotated picture and the PDF.  Every error is
`application/problem+json`; its `code` is stable.
"""


_EVENT_PICTURE = timedelta(seconds=8)
"""Time for the picture that an event names by its address; its device waits for the answer."""

_ROUTERS = (
    inspections.router,
    pictures.router,
    inspection_report.router,
    batches.router,
    batch_folders.router,
    events.router,
    cameras.router,
    camera_latest.router,
    wall.router,
    camera_trials.router,
    incidents.router,
    channels.router,
    alert_rules.router,
    operation.router,
    permits.router,
    receivers.router,
    reports.router,
    requeue.router,
    corrections.router,
    datasets.router,
    holds.router,
    audit.router,
)
"""Of everything under ``/v1``."""

_FURTHER_MODELS = (
    EventDocument, IncidentEventDocument, FolderErrorDocument, FolderSubmission, UrlSubmission,
)  # fmt: skip
"""Of bodies and answers that no route's signature names."""


@dataclass(frozen=True, slots=True)
class WebOptions:
    """What the operator decides about the API.

    Attributes:
        limits: what a request may bring.
        fetch: what may be fetched by URL.
        language: of reports for which none is asked.
        time_zone: of the times in a report on one picture.
        open_without_keys: whether requests are served while there are no API keys; for a server
            that listens on loopback alone.
        requests_per_second: of one key in the long run; None for no limit.
        burst: requests of one key at once.
        max_wait: longest ``Prefer: wait``.
        heartbeat: longest silence of an event stream; proxies commonly cut at 60 s.
        max_streams: event streams and waiting requests at the same time.
        reports_at_once: reports that are made at the same time, some 100 MB each.
        datasets_at_once: labelled sets that are made at the same time, and besides as many that
            are counted; more get 503.
        camera_tests_at_once: sources of cameras that are tried at the same time; more get 503.
        zips_at_once: uploaded zips that are taken apart at the same time; further ones wait.
        batch_folders: folders on the server that may be read into batches, with all below them.
        batch_backlog: pictures of batches that may wait while such a folder is read on.
        proxies: the prefix before all paths, and whose words about a request are believed.
        cors_origins: origins whose pages may ask.
        sending: what the operator decides about messages.
        camera_networks: in which the pictures may be that events of cameras name.
        settings: what all of that was made of, for people.
    """

    limits: UploadLimits = field(default_factory=UploadLimits)
    fetch: FetchPolicy = field(default_factory=FetchPolicy)
    language: Language = "en"
    time_zone: tzinfo = UTC
    open_without_keys: bool = False
    requests_per_second: float | None = None
    burst: int = 200
    max_wait: timedelta = timedelta(seconds=60)
    heartbeat: timedelta = timedelta(seconds=15)
    max_streams: int = 500
    reports_at_once: int = 2
    datasets_at_once: int = 2
    camera_tests_at_once: int = 4
    zips_at_once: int = 4
    batch_folders: tuple[Path, ...] = ()
    batch_backlog: int = 1000
    proxies: ProxyOptions = field(default_factory=ProxyOptions)
    cors_origins: tuple[str, ...] = ()
    sending: SendingOptions = field(default_factory=SendingOptions)
    camera_networks: AllowedNetworks = field(default_factory=AllowedNetworks)
    settings: tuple[SettingDocument, ...] = ()


def create_app(
    service: Service,
    options: WebOptions,
    *,
    find_fonts: Callable[[], FontFiles],
    broker_problem: Callable[[], str | None],
    model_servers: Callable[[], Sequence[ServerStatus]] = tuple,
    test_source: Callable[[CameraSource], SourceReport] | None = None,
    find_people: Callable[[], PeopleFinder] = bundled_people_finder,
    asked_model: Callable[[], FineTuningOptions] = built_in_options,
) -> FastAPI:
    """The application; it opens nothing, and closes the service when it shuts down.

    Args:
        service: the transactions.
        options: limits and manners.
        find_fonts: the fonts of reports; asked for each report, so that new ones count.
        broker_problem: what is wrong with the broker, a sentence, or None; for ``/readyz``.
        model_servers: how the model servers stand, for ``/readyz`` and ``/metrics``; may raise that
            nobody knows at the moment.
        test_source: opens a source of a camera, for a look; None for one in the usual networks.
        find_people: loads who finds the faces that are blurred in labelled sets.
        asked_model: how a language model is asked, for labelled sets that it learns from.
    """
    app = FastAPI(
        title="safety-detector",
        version=__version__,
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.collaborators = _collaborators(
        service,
        options,
        find_fonts,
        broker_problem,
        model_servers,
        test_source or partial(opening.test_source, options=opening.PullOptions()),
        DatasetMaking(
            find_people,
            asked_model,
            slots=Semaphore(options.datasets_at_once),
            looks=Semaphore(options.datasets_at_once),
        ),
    )
    metrics: Metrics = app.state.collaborators.health.metrics
    app.state.root_path = options.proxies.root_path
    app.add_middleware(UnexpectedErrors)
    app.add_middleware(RefusedHeads)
    app.add_middleware(ResponseHeaders)
    if options.cors_origins:
        app.add_middleware(CrossOrigin, origins=options.cors_origins)
    app.add_middleware(RequestMetrics, metrics=metrics)
    # What is refused for its size is larger than anything that is taken.
    app.add_middleware(UnreadBodies, most_bytes=2 * options.limits.max_request_bytes)
    app.add_middleware(HeadRequests)
    app.add_middleware(ForwardedRequests, options=options.proxies)  # the outermost
    install_problem_handlers(app)
    for router in _ROUTERS:
        app.include_router(router, responses=EVERYWHERE)
    app.include_router(health.router, responses=EVERYWHERE)
    install_documentation(app)
    install_schemas(app, _ROUTERS, _FURTHER_MODELS)
    install_known_queries(app)
    return app


def _collaborators(
    service: Service,
    options: WebOptions,
    find_fonts: Callable[[], FontFiles],
    broker_problem: Callable[[], str | None],
    model_servers: Callable[[], Sequence[ServerStatus]],
    test_source: Callable[[CameraSource], SourceReport],
    datasets: DatasetMaking,
) -> Collaborators:
    rate = options.requests_per_second
    folders = AllowedFolders(options.batch_folders, own=service.storage.root)
    pictures = BestPictures(service.inspections.results)
    return Collaborators(
        service=service,
        uploads=Uploading(options.limits, AcceptPlaces(), CapacityLimiter(options.zips_at_once)),
        urls=Fetching(options.fetch, FetchPlaces(), _of_cameras(options)),
        folders=FolderReading(
            folders,
            ReadingThread(
                service.folders.jobs,
                service.folders.intake,
                folders,
                options.limits.picture,
                Backlog(options.batch_backlog),
            ),
        ),
        reports=Reporting(
            find_fonts,
            options.language,
            options.time_zone,
            CapacityLimiter(options.reports_at_once),
        ),
        datasets=datasets,
        cameras=CameraViewing(
            AgeBanners(service.inspections.results, find_fonts),
            test_source,
            CapacityLimiter(options.camera_tests_at_once),
        ),
        streams=Streaming(
            EventFeed(service.inspections.results),
            options.max_streams,
            max_wait_s=options.max_wait.total_seconds(),
            heartbeat_s=options.heartbeat.total_seconds(),
        ),
        access=Admission(
            options.open_without_keys,
            options.cors_origins,
            RateLimiter(rate, options.burst, time.monotonic) if rate else None,
        ),
        sending=_sending(service, options, pictures),
        states=MqttStates(service, options.sending, pictures),
        health=Health(
            Metrics(),
            Readiness(service, broker_problem, model_servers),
            model_servers,
            options.settings,
        ),
    )


def _sending(service: Service, options: WebOptions, pictures: BestPictures) -> SendingThreads:
    told = service.notifications
    senders = build_senders(options.sending, pictures)
    sender = Sender(told.pacing, told.outcomes, told.seal, senders)
    return SendingThreads(told.jobs, sender, told.due)


def _of_cameras(options: WebOptions) -> FetchPolicy:
    """A device's word on where its picture is leads to no other networks than cameras'."""
    return replace(options.fetch, networks=options.camera_networks, deadline=_EVENT_PICTURE)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    here: Collaborators = app.state.collaborators
    here.folders.reading.start()
    here.sending.start()
    here.states.start()
    signs = asyncio.create_task(Signs().give_from_loop())
    yield
    signs.cancel()
    here.streams.feed.close()
    await run_in_threadpool(here.folders.reading.stop)
    await run_in_threadpool(here.sending.stop)
    await run_in_threadpool(here.states.stop)
    here.service.close()
