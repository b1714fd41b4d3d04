"""What the routes work with; made by ``wiring``, handed to ``create_app``, found by requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from threading import Semaphore
from typing import cast

from anyio import CapacityLimiter
from fastapi import Request

from safety_detector.appearance.fonts import FontFiles
from safety_detector.camera_sources.puller import SourceReport
from safety_detector.camera_sources.source import CameraSource
from safety_detector.datasets.finetuning.drafting import FineTuningOptions
from safety_detector.datasets.people_finder import PeopleFinder
from safety_detector.detectors.qwen.servers.server_board import ServerStatus
from safety_detector.domain.hazards import Language
from safety_detector.ingest.fetching import FetchPolicy
from safety_detector.notifications.mqtt_states import MqttStates
from safety_detector.notifications.sending_threads import SendingThreads
from safety_detector.observability.metrics import Metrics
from safety_detector.server_folders.allowed import AllowedFolders
from safety_detector.server_folders.reading_thread import ReadingThread
from safety_detector.service.core import Service
from safety_detector.web.accept_places import AcceptPlaces
from safety_detector.web.access.digest import Nonces
from safety_detector.web.access.rate_limits import RateLimiter
from safety_detector.web.bodies.uploads import UploadLimits
from safety_detector.web.cameras.banners import AgeBanners
from safety_detector.web.events.feed import EventFeed
from safety_detector.web.health.readiness import Readiness
from safety_detector.web.inspections.fetch_places import FetchPlaces
from safety_detector.web.operation.settings import SettingDocument


@dataclass(frozen=True, slots=True)
class Uploading:
    """How pictures come in with requests.

    Attributes:
        limits: what a request may bring.
        places: for checking and storing what came.
        zip_slots: zips that are taken apart at the same time.
    """

    limits: UploadLimits
    places: AcceptPlaces
    zip_slots: CapacityLimiter


@dataclass(frozen=True, slots=True)
class Fetching:
    """How pictures are fetched by URL.

    Attributes:
        policy: what may be fetched.
        places: in which that is done.
        of_cameras: what may be fetched where a camera's event names the address.
    """

    policy: FetchPolicy
    places: FetchPlaces
    of_cameras: FetchPolicy


@dataclass(frozen=True, slots=True)
class FolderReading:
    """How folders on the server become batches.

    Attributes:
        allowed: folders that may be read.
        reading: reads them in the background.
    """

    allowed: AllowedFolders
    reading: ReadingThread


@dataclass(frozen=True, slots=True)
class Reporting:
    """How reports are made while a client waits.

    Attributes:
        find_fonts: their fonts.
        language: of those for which none is asked.
        time_zone: of the times in them.
        slots: reports that are made at the same time.
    """

    find_fonts: Callable[[], FontFiles]
    language: Language
    time_zone: tzinfo
    slots: CapacityLimiter


@dataclass(frozen=True, slots=True)
class DatasetMaking:
    """How labelled sets are made while a client fetches them.

    Attributes:
        find_people: loads who finds faces that are to be blurred; closed after the set.
        asked_model: how a language model is asked, for sets that it learns from.
        slots: sets that are made at the same time, released by the threads that make them.
        looks: looks at all judged pictures at the same time, while clients wait for counts.
    """

    find_people: Callable[[], PeopleFinder]
    asked_model: Callable[[], FineTuningOptions]
    slots: Semaphore
    looks: Semaphore


@dataclass(frozen=True, slots=True)
class CameraViewing:
    """How cameras are looked at.

    Attributes:
        banners: above pictures of those that are away.
        test_source: opens a source; raises CameraUnavailable, with what is wrong.
        test_slots: sources that are tried at the same time.
    """

    banners: AgeBanners
    test_source: Callable[[CameraSource], SourceReport]
    test_slots: CapacityLimiter


@dataclass(frozen=True, slots=True)
class Streaming:
    """How clients follow what changes.

    Attributes:
        feed: changes of inspections, for everything that waits.
        at_most: event streams and waiting requests at the same time.
        max_wait_s: longest ``Prefer: wait``.
        heartbeat_s: longest silence of an event stream.
    """

    feed: EventFeed
    at_most: int
    max_wait_s: float
    heartbeat_s: float


@dataclass(frozen=True, slots=True)
class Admission:
    """Who is answered.

    Attributes:
        open_without_keys: whether a service without keys answers; only on loopback.
        cors_origins: origins whose pages may ask.
        rate_limiter: None for no limit.
        nonces: of HTTP Digest.
    """

    open_without_keys: bool
    cors_origins: tuple[str, ...]
    rate_limiter: RateLimiter | None
    nonces: Nonces = field(default_factory=Nonces)


@dataclass(frozen=True, slots=True)
class Health:
    """What is told of the service.

    Attributes:
        metrics: of this process's requests.
        readiness: what ``/readyz`` asks.
        model_servers: how the model servers stand; may raise that nobody knows at the moment.
        settings: with which the service was started.
    """

    metrics: Metrics
    readiness: Readiness
    model_servers: Callable[[], Sequence[ServerStatus]]
    settings: tuple[SettingDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class Collaborators:
    """The transactions, and what the routes of each kind need besides."""

    service: Service
    uploads: Uploading
    urls: Fetching
    folders: FolderReading
    reports: Reporting
    datasets: DatasetMaking
    cameras: CameraViewing
    streams: Streaming
    access: Admission
    sending: SendingThreads
    states: MqttStates
    health: Health


def collaborators(request: Request) -> Collaborators:
    """The collaborators of the app that serves this request."""
    return cast(Collaborators, request.app.state.collaborators)
