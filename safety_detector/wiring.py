"""The composition root: the only place that chooses concrete adapters from the settings."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from safety_detector.appearance.fonts import FontFiles, find_fonts
from safety_detector.domain.hazards import Label, Language
from safety_detector.errors import ConfigurationInvalid, SafetyDetectorError
from safety_detector.host.disk_room import DiskRoom, RoomPolicy
from safety_detector.host.local_time import local_time_zone
from safety_detector.ingest.admission import Limits
from safety_detector.ingest.fetching import FetchPolicy
from safety_detector.network.permitted import AllowedNetworks
from safety_detector.network.redis_address import with_verified_tls
from safety_detector.ports import CameraDetectors, Detector
from safety_detector.settings import Backend, Settings

if TYPE_CHECKING:
    # Their libraries are loaded only when they are built.
    from safety_detector.batch.remote import RemoteService
    from safety_detector.camera_sources.opening import PullOptions
    from safety_detector.camera_sources.puller import Puller, SourceReport
    from safety_detector.camera_sources.source import CameraSource
    from safety_detector.database.engine import Database
    from safety_detector.datasets.finetuning.drafting import FineTuningOptions
    from safety_detector.detectors.embedded.detector import OnnxDetector
    from safety_detector.detectors.patience import Patience
    from safety_detector.detectors.qwen.detector import QwenVlDetector
    from safety_detector.detectors.qwen.dialects import Dialect
    from safety_detector.detectors.qwen.prompt_words import PromptWords
    from safety_detector.detectors.qwen.servers.in_flight_limit import InFlightBounds
    from safety_detector.detectors.qwen.servers.server_board import ServerStatus
    from safety_detector.detectors.qwen.servers.server_states import ServerStates
    from safety_detector.detectors.second_look.detector import SecondLook
    from safety_detector.domain.incidents.opening_rules import RuleChanges
    from safety_detector.sealing import Seal
    from safety_detector.service.cameras.sources import AllowedPlaces
    from safety_detector.service.cameras.watching import WatchedCamera
    from safety_detector.service.core import Service
    from safety_detector.service.retention.retention import KeepPolicy
    from safety_detector.storage.storage import Storage

# Beside the pictures that the servers have, a worker reads the next ones and draws the last ones.
_SLOTS_AROUND = 4


def picture_limits(settings: Settings) -> Limits:
    """The limits that every submitted picture is checked against."""
    return Limits(max_bytes=settings.max_picture_bytes, max_pixels=settings.max_picture_pixels)


def fetch_policy(settings: Settings) -> FetchPolicy:
    """What may be fetched by URL."""
    return FetchPolicy(
        limits=picture_limits(settings),
        allow=settings.fetch_allow,
        deadline=settings.fetch_deadline,
        ca_file=settings.fetch_ca_file,
    )


def find_configured_fonts(settings: Settings) -> FontFiles:
    """The operator's fonts from the data folder, else the bundled ones."""
    return find_fonts(settings.data_dir / "fonts")


def build_detector(settings: Settings, backend: Backend | None = None) -> Detector:
    """The detector of the named backend, or of the one that the settings lead to.

    Raises:
        ConfigurationInvalid: ``qwen`` without a server.
        WeightsInvalid: the embedded detector's weights are missing or broken.
    """
    if (backend or settings.effective_backend) == "embedded":
        return build_embedded_detector(settings)
    servers = build_qwen_detector(settings)
    if settings.qwen_fallback != "embedded":
        return servers
    from safety_detector.detectors.fallback import FallbackDetector

    return FallbackDetector(servers, build_embedded_detector(settings))


def build_batch_detector(
    settings: Settings, backend: Backend | None, workers: int | None
) -> tuple[Detector, int]:
    """A detector for many pictures at a time, and how many those are.

    The embedded one gets a thread for each picture in hand, and one picture more than there are
    cores, so that no core waits for a disk.  Model servers get as many as they take; a batch waits
    for them, whatever ``SAFETY_QWEN_FALLBACK`` says, so that one model judges all of it.

    Args:
        settings: the settings.
        backend: as for ``build_detector``.
        workers: pictures in hand at a time; None for as many as are worth it.

    Raises:
        ConfigurationInvalid, WeightsInvalid: as for ``build_detector``.
    """
    if (backend or settings.effective_backend) == "qwen":
        return build_qwen_detector(settings), workers or qwen_slots(settings)
    if not settings.embedded_threads:
        settings = settings.model_copy(update={"embedded_threads": 1})
    return build_embedded_detector(settings), workers or _cores() + 1


def build_worker_detector(settings: Settings, backend: Backend) -> Detector:
    """The detector of a worker, which examines model servers before the first picture comes.

    Raises:
        ConfigurationInvalid, WeightsInvalid: as for ``build_detector``.
    """
    from safety_detector.detectors.fallback import FallbackDetector
    from safety_detector.detectors.qwen.detector import QwenVlDetector

    detector = build_detector(settings, backend)
    if isinstance(detector, QwenVlDetector | FallbackDetector):
        detector.watch()
    return detector


def build_camera_detectors(settings: Settings, detector: Detector) -> CameraDetectors:
    """What looks at cameras' pictures, given the detector of the others; closed before that one.

    It is the same one where that needs no model servers, or nothing is to stand in for them.

    Raises:
        WeightsInvalid: second looks are wanted, and the embedded detector cannot look first.
    """
    from safety_detector.detectors.alarms import AlarmDetector
    from safety_detector.detectors.fallback import FallbackDetector
    from safety_detector.detectors.for_cameras import SameForAll
    from safety_detector.detectors.qwen.detector import QwenVlDetector

    servers = detector.servers if isinstance(detector, FallbackDetector) else detector
    if not isinstance(servers, QwenVlDetector):
        return SameForAll(detector)
    if settings.second_look != "off":
        return _build_second_look(settings, servers)
    if settings.qwen_fallback == "wait":
        return SameForAll(detector)
    alarms = AlarmDetector(servers, lambda: build_embedded_detector(settings), _patience(settings))
    return SameForAll(alarms, is_own=True)


def _build_second_look(settings: Settings, servers: QwenVlDetector) -> SecondLook:
    from safety_detector.detectors.embedded.raw_boxes import RawClass
    from safety_detector.detectors.second_look.detector import SecondLook
    from safety_detector.detectors.second_look.keeping import PlanKeeper
    from safety_detector.detectors.second_look.planning import Policy
    from safety_detector.detectors.second_look.screen import EmbeddedScreen

    # Many frames at a time, one core each, are more a second than one frame on all cores.
    screen = EmbeddedScreen(
        build_embedded_detector(settings.model_copy(update={"embedded_threads": 1})),
        {RawClass(name): score for name, score in settings.second_look_thresholds.items()},
        settings.embedded_threads or _cores(),
    )
    policy = Policy(
        full_every=1 if settings.second_look == "all" else settings.second_look_full_every,
        most_questions=settings.second_look_questions,
        stands_s=settings.second_look_stands.total_seconds(),
    )
    budget = settings.second_look_budget
    rate = None if budget is None else budget * len(settings.qwen_urls)
    keeper = PlanKeeper(_server_states(settings), policy, rate)
    return SecondLook(servers, screen, keeper, _patience(settings))


def _patience(settings: Settings) -> Patience:
    from safety_detector.detectors.patience import Patience

    return Patience(settings.qwen_patience.total_seconds(), max(qwen_slots(settings) // 2, 1))


def build_remote_service(
    settings: Settings, url: str, source: str, workers: int, stop: threading.Event
) -> RemoteService:
    """A running service that judges a batch; the caller closes it.

    Args:
        settings: the settings.
        url: its address.
        source: the batch's source, which makes its id.
        workers: pictures that are sent or waited for at a time.
        stop: set when waiting is to end.

    Raises:
        ConfigurationInvalid: the address is none.
    """
    from safety_detector.batch.remote import RemoteService

    key = settings.server_key.get_secret_value() if settings.server_key else None
    return RemoteService(
        url, key, source, picture_limits(settings), workers, stop, settings.server_ca
    )


def remote_trust(settings: Settings) -> ssl.SSLContext:
    """What the certificate of a service that runs elsewhere is checked against.

    Raises:
        ConfigurationInvalid: SAFETY_SERVER_CA cannot be used.
    """
    from safety_detector.batch.remote import service_trust

    return service_trust(settings.server_ca)


def build_embedded_detector(settings: Settings) -> OnnxDetector:
    """Our own detector on the CPU.

    Raises:
        WeightsInvalid: its weights are missing or broken.
        ConfigurationInvalid: a table of ``SAFETY_SCORE_CALIBRATION`` is none, or of other weights.
    """
    from safety_detector.detectors.embedded.detector import EmbeddedOptions, load_onnx_detector
    from safety_detector.detectors.embedded.raw_boxes import RawClass
    from safety_detector.detectors.score_calibration import read_calibrations
    from safety_detector.detectors.tiling import parse_tiling

    return load_onnx_detector(
        path=embedded_weights_path(settings),
        threads=settings.embedded_threads,
        options=EmbeddedOptions(
            thresholds={RawClass(name): one for name, one in settings.embedded_thresholds.items()},
            tiling=parse_tiling(settings.embedded_tiling),
            labels=_labels(settings),
            calibration=read_calibrations(settings.score_calibration).get("embedded"),
        ),
    )


def embedded_weights_path(settings: Settings) -> Path:
    """The weights that a setting names, else those installed here, else the program's own.

    Raises:
        WeightsInvalid: what was installed is missing or changed.
    """
    from safety_detector.detectors.embedded.installed import InstalledWeights
    from safety_detector.detectors.embedded.onnx_model import BUNDLED_WEIGHTS

    if settings.embedded_weights is not None:
        return settings.embedded_weights
    return InstalledWeights(settings.data_dir).path() or BUNDLED_WEIGHTS


def build_qwen_detector(settings: Settings) -> QwenVlDetector:
    """The adapter of the vision-language model servers.

    Raises:
        ConfigurationInvalid: no server is set, the model's name does not say its dialect, or a
            prompt of the site's own cannot be used.
    """
    from safety_detector.detectors.qwen.detector import QwenVlDetector
    from safety_detector.detectors.score_calibration import read_calibrations
    from safety_detector.detectors.tiling import parse_tiling

    if not settings.qwen_urls:
        raise ConfigurationInvalid("qwen-needs-urls")
    key = settings.qwen_api_key
    return QwenVlDetector(
        settings.qwen_urls,
        settings.qwen_model,
        qwen_dialect(settings),
        api_key=key.get_secret_value() if key else None,
        language=settings.qwen_prompt_language,
        prompts=read_prompts(settings),
        max_pixels=settings.qwen_max_pixels,
        max_output_tokens=settings.qwen_max_output_tokens,
        scores=settings.qwen_scores,
        calibration=read_calibrations(settings.score_calibration).get("qwen"),
        timeout_s=settings.qwen_deadline.total_seconds(),
        in_flight=_in_flight_bounds(settings),
        labels=_labels(settings),
        tiling=parse_tiling(settings.qwen_tiling),
        states=_server_states(settings),
    )


def qwen_dialect(settings: Settings) -> Dialect:
    """How the model sees pictures and writes boxes.

    Raises:
        ConfigurationInvalid: the model's name does not say it, nor does a setting.
    """
    from safety_detector.detectors.qwen.dialects import dialect_for_model, dialect_named

    if settings.qwen_dialect:
        return dialect_named(settings.qwen_dialect)
    return dialect_for_model(settings.qwen_model)


def read_prompts(settings: Settings) -> dict[str, PromptWords]:
    """The site's own prompts, by the names of their files; empty if it has none.

    Raises:
        ConfigurationInvalid: the folder or one of its files cannot be used.
    """
    from safety_detector.detectors.qwen.prompt_files import prompt_kinds, read_prompt_folder

    if settings.prompt_dir is None:
        return {}
    return read_prompt_folder(settings.prompt_dir, prompt_kinds(qwen_dialect(settings)))


def fine_tuning_options(
    settings: Settings,
    *,
    dialect: str | None = None,
    language: Language | None = None,
    crop_questions: bool = True,
    varied_wording: bool = False,
    with_reasons: bool = False,
) -> FineTuningOptions:
    """How a language model is asked by this service, for sets that it learns from.

    Args:
        settings: of the service.
        dialect: of the model that learns; that of the setting's model unless given.
        language: of instruction and states; the setting's unless given.
        crop_questions: whether it learns questions about single places too.
        varied_wording: whether questions vary in their words.
        with_reasons: whether people's reasons are taught beside labels.

    Raises:
        ConfigurationInvalid: the dialect is unknown or not told, or a prompt of the site's own
            cannot be used.
    """
    from safety_detector.datasets.finetuning.drafting import FineTuningOptions
    from safety_detector.detectors.qwen.crop_prompts import make_crop_prompt
    from safety_detector.detectors.qwen.dialects import dialect_named
    from safety_detector.detectors.qwen.prompt_files import crop_name, detection_name
    from safety_detector.detectors.qwen.prompts import make_prompt
    from safety_detector.domain.crop_questions import CropQuestion

    learner = dialect_named(dialect) if dialect else qwen_dialect(settings)
    spoken = language or settings.qwen_prompt_language
    own = read_prompts(settings)
    kinds = tuple(CropQuestion) if crop_questions else ()
    return FineTuningOptions(
        dialect=learner,
        language=spoken,
        prompt=make_prompt(spoken, learner, own.get(detection_name(spoken))),
        max_pixels=settings.qwen_max_pixels,
        crop_prompts={
            kind: make_crop_prompt(kind, spoken, own.get(crop_name(kind, spoken))) for kind in kinds
        },
        varied_wording=varied_wording,
        with_reasons=with_reasons,
    )


def _labels(settings: Settings) -> tuple[Label, ...]:
    return tuple(Label(name) for name in settings.classes) or tuple(Label)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def qwen_slots(settings: Settings) -> int:
    """Pictures that one qwen worker has in hand at a time."""
    servers = max(len(settings.qwen_urls), 1)
    if settings.qwen_slots:
        return settings.qwen_slots
    # While some wait for the servers, the screen goes on with others.
    screened = _cores() if settings.second_look != "off" else 0
    return servers * settings.qwen_max_in_flight + _SLOTS_AROUND + screened


def read_server_statuses(settings: Settings) -> list[ServerStatus]:
    """How each model server stands in the eyes of all workers; empty where nothing is shared.

    Raises:
        BrokerUnavailable: Redis, which keeps it, does not answer.
    """
    from safety_detector.detectors.qwen.servers.model_server import shown_address
    from safety_detector.detectors.qwen.servers.server_board import ServerBoard
    from safety_detector.detectors.qwen.servers.server_states import RedisStates

    if settings.redis_url is None or not settings.qwen_urls:
        return []
    with closing(RedisStates(broker_url(settings))) as states:
        board = ServerBoard(
            [shown_address(url) for url in settings.qwen_urls],
            settings.qwen_model,
            states,
            _in_flight_bounds(settings),
        )
        return board.statuses()


def _in_flight_bounds(settings: Settings) -> InFlightBounds:
    from safety_detector.detectors.qwen.servers.in_flight_limit import InFlightBounds

    most = settings.qwen_max_in_flight
    least = min(settings.qwen_min_in_flight, most)
    return InFlightBounds(max(least, min(settings.qwen_start_in_flight, most)), least, most)


def _server_states(settings: Settings) -> ServerStates:
    """Shared with the other processes, where there is something to share it through."""
    from safety_detector.detectors.qwen.servers.server_states import (
        LocalStates,
        RedisStates,
        SharedStates,
    )

    if settings.redis_url is None:
        return LocalStates()
    return SharedStates(RedisStates(broker_url(settings)))


def open_database(settings: Settings) -> Database:
    """The service's database as it is; the caller closes it.

    Raises:
        ConfigurationInvalid: the URL makes no sense.
        StorageUnavailable: the data folder cannot be made.
    """
    from safety_detector.database.engine import Database
    from safety_detector.database.sqlite import sqlite_url

    if settings.database_url is not None:
        return Database(settings.database_url.get_secret_value())
    open_storage(settings)
    return Database(sqlite_url(sqlite_path(settings)))


def sqlite_path(settings: Settings) -> Path:
    """Where the database lies if none is named."""
    return settings.data_dir.absolute() / "safety-detector.db"


def require_data_folder(settings: Settings) -> None:
    """Before something is done to a service that must be there already.

    A command in the wrong folder would else make an empty service beside the real one, and answer
    about that.

    Raises:
        ConfigurationInvalid: there is no data folder, or no database in it.
    """
    folder = settings.data_dir.absolute()
    made = folder / "images" if settings.database_url else sqlite_path(settings)
    if made.exists():
        return
    reason = "data-folder-without-database" if folder.is_dir() else "data-folder-not-there"
    raise ConfigurationInvalid(reason, path=folder)


def open_migrated_database(settings: Settings) -> Database:
    """The service's database with the tables of this version; the caller closes it.

    Raises:
        ConfigurationInvalid: the URL makes no sense.
        StorageUnavailable, DatabaseUnavailable: the data folder or the database is away.
        DatabaseOutdated: it was made by a newer version of the program.
    """
    from safety_detector.database.migrate import migrate

    database = open_database(settings)
    try:
        migrate(database)
    except SafetyDetectorError:
        database.close()
        raise
    return database


def open_storage(settings: Settings) -> Storage:
    """The data folder, made if missing; on a full disk its reserve is given up first.

    Raises:
        StorageUnavailable: it cannot be made or written.
    """
    from safety_detector.storage.storage import Storage

    folder = settings.data_dir.absolute()
    room = DiskRoom(folder, RoomPolicy(settings.min_free_disk, settings.disk_reserve))
    room.relieve()
    storage = Storage(folder, room)
    storage.prepare()
    return storage


def site_rules(settings: Settings) -> RuleChanges:
    """When incidents open and end, as the operator says it of all cameras.

    Raises:
        ConfigurationInvalid: the file cannot be read, or says what cannot be.
    """
    from safety_detector.documents.incident_rules import IncidentRulesDocument
    from safety_detector.domain.incidents.opening_rules import (
        NO_CHANGES,
        IncidentRules,
    )
    from safety_detector.service.incidents.rules_files import read_rules_file, rules_invalid

    path = settings.incident_rules
    if path is None:
        return NO_CHANGES
    changes = read_rules_file(path, IncidentRulesDocument).changes()
    try:
        changes.check(IncidentRules(), ())
    except ValueError as exc:
        raise rules_invalid(path, f"{exc}.") from exc
    return changes


def open_service(settings: Settings, wake_up: Callable[[str], None]) -> Service:
    """The service's transactions on the configured database and data folder; the caller closes it.

    Args:
        settings: the settings.
        wake_up: told a backend's name after something became claimable.

    Raises:
        ConfigurationInvalid, StorageUnavailable: as for ``open_database``.
    """
    from safety_detector.service.cameras.latest import LivePolicy
    from safety_detector.service.core import build_service
    from safety_detector.service.reports.records import ReportLimits

    return build_service(
        open_database(settings),
        open_storage(settings),
        limits=picture_limits(settings),
        default_backend=settings.effective_backend,
        wake_up=wake_up,
        lease=settings.lease,
        keep=keep_policy(settings),
        zone=local_time_zone(),
        camera_grace=settings.camera_grace,
        unchanged_max=settings.unchanged_max,
        public_url=settings.public_url,
        report_limits=ReportLimits(
            max_pictures=settings.max_report_pictures,
            max_unfinished=settings.max_unfinished_reports,
        ),
        seal=open_seal(settings),
        camera_places=camera_places(settings),
        live=LivePolicy(settings.camera_grace, settings.unchanged_max),
        frames_wait=settings.qwen_fallback == "wait" and settings.second_look == "off",
    )


def camera_places(settings: Settings) -> AllowedPlaces:
    """Where the sources of cameras may be."""
    from safety_detector.service.cameras.sources import AllowedPlaces

    return AllowedPlaces(
        AllowedNetworks(settings.camera_networks),
        settings.camera_folders,
        settings.data_dir.absolute(),
    )


def pull_options(settings: Settings) -> PullOptions:
    """How the pictures of cameras are fetched."""
    from safety_detector.camera_sources.opening import PullOptions
    from safety_detector.camera_sources.streams.job import StreamLimits

    return PullOptions(
        networks=AllowedNetworks(settings.camera_networks),
        limits=StreamLimits(
            memory_bytes=settings.watch_memory,
            max_pixels=settings.max_picture_pixels,
            max_jpeg_bytes=settings.max_picture_bytes,
        ),
        ca_file=settings.fetch_ca_file,
    )


def camera_opener(settings: Settings, service: Service) -> Callable[[WatchedCamera], Puller]:
    """Gives what pulls the pictures of a camera that was claimed.

    What it gives raises ``CameraAddressRefused`` where its source may not be used any more, and
    ``SecretsLost`` where its password cannot be read.
    """
    from safety_detector.camera_sources.opening import open_puller

    options = pull_options(settings)

    def open_camera(camera: WatchedCamera) -> Puller:
        source = service.cameras.records.source_of(camera)
        service.cameras.records.check_place(source)
        return open_puller(source, camera.every_s, options)

    return open_camera


def build_source_test(settings: Settings) -> Callable[[CameraSource], SourceReport]:
    """Opens a source of a camera, and gives back its first picture within 15 seconds.

    It raises CameraUnavailable, with what is wrong.
    """
    from safety_detector.camera_sources.opening import test_source

    return partial(test_source, options=pull_options(settings))


def open_seal(settings: Settings) -> Seal:
    """What passwords and the keys of devices are sealed with; makes no key yet."""
    from safety_detector.sealing import Seal
    from safety_detector.service.core import SEAL_KEY

    return Seal(settings.seal_key_file or settings.data_dir.absolute() / SEAL_KEY)


def keep_policy(settings: Settings) -> KeepPolicy:
    """What retention leaves."""
    from safety_detector.service.retention.retention import KeepPolicy

    age = None if settings.keep_days is None else timedelta(days=settings.keep_days)
    return KeepPolicy(age, settings.keep_bytes)


def broker_url(settings: Settings) -> str:
    """The address of the broker.

    Raises:
        ConfigurationInvalid: none is set; only ``serve`` starts one of its own.
    """
    if settings.redis_url is None:
        raise ConfigurationInvalid("redis-url-missing")
    if settings.redis_ca_file is not None and not settings.redis_ca_file.is_file():
        raise ConfigurationInvalid("redis-ca-missing", path=settings.redis_ca_file)
    return with_verified_tls(settings.redis_url.get_secret_value(), settings.redis_ca_file)
