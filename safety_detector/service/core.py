"""The service as one object: what the web layer, the workers and the command line hold."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection

from safety_detector.database.clock import database_now
from safety_detector.database.engine import Database
from safety_detector.domain.incidents.incident import Change
from safety_detector.ingest.admission import Limits
from safety_detector.jobs.store import JobStore
from safety_detector.sealing import Seal
from safety_detector.service.access.audit import AuditLog
from safety_detector.service.access.keys import Keys
from safety_detector.service.access.people import People
from safety_detector.service.access.sessions import Sessions
from safety_detector.service.access.sign_in import SignIn
from safety_detector.service.cameras.cameras import Cameras
from safety_detector.service.cameras.deliveries import Deliveries
from safety_detector.service.cameras.devices import Devices
from safety_detector.service.cameras.frames import Frames
from safety_detector.service.cameras.health import CameraHealth
from safety_detector.service.cameras.latest import LatestPictures, LivePolicy
from safety_detector.service.cameras.sightings import Sightings
from safety_detector.service.cameras.sources import AllowedPlaces
from safety_detector.service.cameras.wall import Wall
from safety_detector.service.cameras.watchers import Watchers
from safety_detector.service.cameras.watching import WatchedCamera, watch_kind
from safety_detector.service.datasets.judged import JudgedPictures
from safety_detector.service.folders.folders import Folders
from safety_detector.service.folders.jobs import FolderIntake, folder_kind
from safety_detector.service.folders.records import ClaimedFolder
from safety_detector.service.incidents.acts import Acts
from safety_detector.service.incidents.camera_faults import FaultIncidents
from safety_detector.service.incidents.folding import Folding, Told
from safety_detector.service.incidents.following import Following
from safety_detector.service.incidents.incidents import Incidents
from safety_detector.service.incidents.mask_proposals import MaskProposals
from safety_detector.service.incidents.overview import Overview
from safety_detector.service.incidents.periods import Periods
from safety_detector.service.incidents.permits import Permits
from safety_detector.service.incidents.replay import Replay
from safety_detector.service.incidents.reviewing import Reviewing
from safety_detector.service.incidents.seen_pictures import SeenPictures
from safety_detector.service.incidents.site_rules import SiteRules
from safety_detector.service.incidents.statistics import IncidentStatistics
from safety_detector.service.inspections.batches import Batches
from safety_detector.service.inspections.corrections import Corrections
from safety_detector.service.inspections.findings import Findings
from safety_detector.service.inspections.intake import Intake
from safety_detector.service.inspections.jobs import inspection_kind
from safety_detector.service.inspections.recovery import Recovery
from safety_detector.service.inspections.results import Results
from safety_detector.service.notifications.alert_rules import AlertRules
from safety_detector.service.notifications.channels import Channels
from safety_detector.service.notifications.dry_runs import DryRuns
from safety_detector.service.notifications.due import DueAlerts
from safety_detector.service.notifications.jobs import message_kind
from safety_detector.service.notifications.outbox import Outbox
from safety_detector.service.notifications.outcomes import Outcomes
from safety_detector.service.notifications.pacing import Pacing
from safety_detector.service.notifications.present_hazards import PresentHazards
from safety_detector.service.notifications.records import ClaimedMessage
from safety_detector.service.operation.changes import Changes
from safety_detector.service.operation.clock_skew import ClockSkew
from safety_detector.service.operation.clock_steps import ClockSteps
from safety_detector.service.operation.figures import Figures
from safety_detector.service.operation.storage_growth import StorageGrowth
from safety_detector.service.operation.upkeep import Upkeep
from safety_detector.service.operation.work_counters import Meter
from safety_detector.service.records import ClaimedPicture
from safety_detector.service.reports.jobs import ReportFiles, report_kind
from safety_detector.service.reports.records import ClaimedReport, ReportLimits
from safety_detector.service.reports.reports import Reports
from safety_detector.service.retention.age_clock import (
    COUNTED_AT_ONCE,
    AgeClock,
    Uptime,
    read_uptime,
)
from safety_detector.service.retention.holds import Holds
from safety_detector.service.retention.incident_retention import IncidentRetention
from safety_detector.service.retention.orphans import Orphans
from safety_detector.service.retention.report_retention import ReportRetention
from safety_detector.service.retention.retention import KEEP_EVERYTHING, KeepPolicy, Retention
from safety_detector.storage.storage import Storage

SEAL_KEY = "keys/seal.key"
"""Where in the data folder the key is that passwords are sealed with, unless another is named."""

LEASE = timedelta(seconds=30)
"""How long a claim holds without a heartbeat; what a lost worker costs its picture in time."""


@dataclass(frozen=True, slots=True)
class IncidentService:
    """What cameras' looks come to.

    Attributes:
        records: reading incidents.
        pictures: those that show them.
        statistics: counting them.
        periods: the incidents of a period, with all that was said of them.
        acts: what people do about them.
        replay: stored inspections by other rules.
        overview: what waits for people.
        reviewing: hands out what nobody has judged.
        permits: for hot work.
        site_rules: when incidents open, where nothing else is said of a camera.
        mask_proposals: masks where false alarms were.
        folding: makes incidents of looks.
    """

    records: Incidents
    pictures: SeenPictures
    statistics: IncidentStatistics
    periods: Periods
    acts: Acts
    replay: Replay
    overview: Overview
    reviewing: Reviewing
    permits: Permits
    site_rules: SiteRules
    mask_proposals: MaskProposals
    folding: Folding


@dataclass(frozen=True, slots=True)
class NotificationService:
    """Telling people, and their systems.

    Attributes:
        channels: where they are told.
        rules: who is told of what.
        dry_runs: what a rule would have told.
        jobs: messages that are to be sent.
        pacing: how many are sent in a minute.
        outcomes: how tries to send them went.
        due: what is told because nobody did anything.
        present: which hazards there are now.
        seal: opens the channels' addresses and secrets.
    """

    channels: Channels
    rules: AlertRules
    dry_runs: DryRuns
    jobs: JobStore[ClaimedMessage]
    pacing: Pacing
    outcomes: Outcomes
    due: DueAlerts
    present: PresentHazards
    seal: Seal


@dataclass(frozen=True, slots=True)
class InspectionService:
    """Pictures and what is found in them.

    Attributes:
        intake: accepting uploads.
        results: reading inspections, pictures and events.
        jobs: pictures that workers claim.
        findings: taking what they found.
        recovery: queueing again what failed.
        corrections: what people say is in them.
        batches: which there are.
        judged: labelled pictures of what people said.
    """

    intake: Intake
    results: Results
    jobs: JobStore[ClaimedPicture]
    findings: Findings
    recovery: Recovery
    corrections: Corrections
    batches: Batches
    judged: JudgedPictures


@dataclass(frozen=True, slots=True)
class CameraService:
    """Cameras and their frames.

    Attributes:
        records: what the operator says of each.
        latest: the newest picture of each.
        wall: what a wall of them shows.
        frames: accepting what they send.
        jobs: cameras that watchers claim.
        watchers: how the processes stand that watch cameras.
        sightings: what these see of them.
        health: what is wrong with each.
        devices: by what the receivers know them.
        deliveries: what devices sent lately.
    """

    records: Cameras
    latest: LatestPictures
    wall: Wall
    frames: Frames
    jobs: JobStore[WatchedCamera]
    watchers: Watchers
    sightings: Sightings
    health: CameraHealth
    devices: Devices
    deliveries: Deliveries


@dataclass(frozen=True, slots=True)
class FolderService:
    """Folders on the server.

    Attributes:
        orders: ordering them to be read, and how far they are.
        jobs: folders that processes of the API claim.
        intake: taking the pictures that they find there.
    """

    orders: Folders
    jobs: JobStore[ClaimedFolder]
    intake: FolderIntake


@dataclass(frozen=True, slots=True)
class ReportService:
    """Reports that a worker makes.

    Attributes:
        orders: ordering them, and reading how they stand.
        jobs: reports that workers claim.
        files: taking what they made.
    """

    orders: Reports
    jobs: JobStore[ClaimedReport]
    files: ReportFiles


@dataclass(frozen=True, slots=True)
class RetentionService:
    """What is kept, and what need not be.

    Attributes:
        holds: evidence that is kept.
        inspections, reports, incidents: what need not be kept goes.
        orphans: files that no row tells of.
        age_clock: how old things are, whatever the machine's clock says.
    """

    holds: Holds
    inspections: Retention
    reports: ReportRetention
    incidents: IncidentRetention
    orphans: Orphans
    age_clock: AgeClock


@dataclass(frozen=True, slots=True)
class AccessService:
    """Who may do what, and who did.

    Attributes:
        keys: of the API.
        people: who may sign in to the console.
        sessions: who is signed in.
        sign_in: lets people in.
        audit: who did what.
    """

    keys: Keys
    people: People
    sessions: Sessions
    sign_in: SignIn
    audit: AuditLog

    def had_nobody_lately(self) -> bool:
        """Whether there was neither key nor account half a second ago; asks nobody."""
        return self.keys.had_none_lately() and self.people.had_none_lately()

    def has_anybody(self) -> bool:
        """Whether there ever was a key or an account: from then on every request needs one."""
        return self.keys.any_made() or self.people.any_made()


@dataclass(frozen=True, slots=True)
class OperationService:
    """How the service stands.

    Attributes:
        figures: counters, health, the length of the queue.
        changes: how far everything is that people see change.
        upkeep: presence of workers, roles, removal of leftovers.
        clock_steps: mending times that a wrong clock wrote.
        clock_skew: how far machines' clocks are from the database's.
        storage_growth: how much is stored, and when there is no room any more.
    """

    figures: Figures
    changes: Changes
    upkeep: Upkeep
    clock_steps: ClockSteps
    clock_skew: ClockSkew
    storage_growth: StorageGrowth


@dataclass(frozen=True, slots=True)
class Service:
    """The transactions, by what they are about; and what all of them stand on.

    Attributes:
        storage: pictures and reports as they are kept.
        database: everything else.
    """

    inspections: InspectionService
    incidents: IncidentService
    notifications: NotificationService
    cameras: CameraService
    folders: FolderService
    reports: ReportService
    retention: RetentionService
    access: AccessService
    operation: OperationService
    storage: Storage
    database: Database

    @property
    def jobs(self) -> tuple[JobStore[Any], ...]:
        """The jobs of every kind."""
        return (
            self.inspections.jobs,
            self.reports.jobs,
            self.folders.jobs,
            self.cameras.jobs,
            self.notifications.jobs,
        )

    def close(self) -> None:
        """Closes the database's connections."""
        self.database.close()


def now_utc() -> datetime:
    """The present moment; the clock wherever no other is given."""
    return datetime.now(UTC)


def build_service(
    database: Database,
    storage: Storage,
    *,
    limits: Limits,
    default_backend: str,
    wake_up: Callable[[str], None],
    lease: timedelta = LEASE,
    keep: KeepPolicy = KEEP_EVERYTHING,
    report_limits: ReportLimits | None = None,
    clock: Callable[[], datetime] | None = None,
    zone: tzinfo = UTC,
    uptime: Callable[[], Uptime] = read_uptime,
    counted_at_once: timedelta = COUNTED_AT_ONCE,
    seal: Seal | None = None,
    camera_places: AllowedPlaces | None = None,
    live: LivePolicy | None = None,
    camera_grace: timedelta = timedelta(seconds=30),
    unchanged_max: timedelta = timedelta(0),
    frames_wait: bool = False,
    public_url: str | None = None,
) -> Service:
    """The service on a database and a data folder; opens nothing yet.

    Args:
        database: where the records are kept.
        storage: where the pictures are kept.
        limits: what a picture may cost.
        default_backend: the backend of submissions that name none, ``qwen`` or ``embedded``.
        wake_up: told a backend's name after something became claimable; must neither block nor
            raise (``job_queue.WakeUps.notify``).
        lease: how long a claim holds without a heartbeat.
        keep: what retention leaves.
        report_limits: what reports may be ordered; None for the usual limits.
        clock: the present moment, with its zone; None for this machine's clock, and for what
            processes tell each other the database's.
        zone: of the site, in which a camera's time is read that has no zone of its own.
        uptime: the time that this process measures.
        counted_at_once: a longer silence is time that nobody counted (``AgeClock``).
        seal: for passwords of cameras; None for one with its key in the data folder.
        camera_places: where sources of cameras may be; None for the usual networks.
        live: what of a camera is still shown as live; None for the usual times.
        camera_grace: what is wrong with a camera for less than this is no fault.
        unchanged_max: how long frames that show nothing new are not inspected; zero: all are.
        frames_wait: whether cameras' pictures wait while their model is away, like all others.
        public_url: what links in messages begin with; None for paths.
    """
    shared_clock = database_now if clock is None else _ignoring_connection(clock)
    clock = clock or now_utc
    seal = seal or Seal(storage.root / SEAL_KEY)
    meter = Meter()
    age_clock = AgeClock(database, shared_clock, uptime, counted_at_once)
    inspection_jobs = JobStore(
        database, inspection_kind(lease, meter, frames_pass_pauses=not frames_wait), shared_clock
    )
    report_jobs = JobStore(database, report_kind(lease, storage), shared_clock)
    folder_jobs = JobStore(database, folder_kind(lease), shared_clock)
    watch_jobs = JobStore(database, watch_kind(), shared_clock)
    intake = Intake(
        database, storage, limits, default_backend, wake_up, inspection_jobs, clock, zone
    )
    results = Results(database, storage)
    message_jobs = JobStore(database, message_kind(), shared_clock)
    outbox = Outbox(message_jobs, clock, zone, public_url or "")
    tell = _in_turn(Following(clock).heed, outbox.tell)
    health = CameraHealth(database, clock, camera_grace, FaultIncidents(tell))
    folding = Folding(database, tell, zone, clock)
    places = camera_places or AllowedPlaces()
    cameras = Cameras(database, clock, watch_jobs, seal, places, health, folding.end)
    report_limits = report_limits or ReportLimits()
    keys, people = Keys(database, clock, seal), People(database, clock)
    periods = Periods(database)
    latest, overview = LatestPictures(database, live or LivePolicy(), clock), Overview(database)
    incidents = Incidents(database, clock)
    return Service(
        inspections=InspectionService(
            intake=intake,
            results=results,
            jobs=inspection_jobs,
            findings=Findings(database, storage, inspection_jobs, meter, folding.fold_in, clock),
            recovery=Recovery(database, inspection_jobs, wake_up, clock),
            corrections=Corrections(database, clock),
            batches=Batches(database),
            judged=JudgedPictures(database, zone),
        ),
        incidents=IncidentService(
            records=incidents,
            pictures=SeenPictures(database),
            statistics=IncidentStatistics(database, clock, zone),
            periods=periods,
            acts=Acts(database, clock, outbox.tell_of_act),
            replay=Replay(database, zone),
            overview=overview,
            reviewing=Reviewing(database, clock),
            permits=Permits(database, clock),
            site_rules=SiteRules(database, clock),
            mask_proposals=MaskProposals(database, cameras, clock),
            folding=folding,
        ),
        notifications=NotificationService(
            channels=Channels(database, message_jobs, seal, clock),
            rules=AlertRules(database, clock),
            dry_runs=DryRuns(database, incidents, clock, zone),
            jobs=message_jobs,
            pacing=Pacing(database, message_jobs, clock),
            outcomes=Outcomes(database, message_jobs, clock),
            due=DueAlerts(database, outbox, message_jobs, clock),
            present=PresentHazards(database),
            seal=seal,
        ),
        cameras=CameraService(
            records=cameras,
            latest=latest,
            wall=Wall(cameras, latest, overview),
            sightings=Sightings(database, watch_jobs),
            frames=Frames(database, storage, limits, intake, health, unchanged_max, wake_up, clock),
            jobs=watch_jobs,
            watchers=Watchers(database, watch_jobs, meter, shared_clock),
            health=health,
            devices=Devices(database),
            deliveries=Deliveries(database, clock),
        ),
        folders=FolderService(
            orders=Folders(database, folder_jobs, clock),
            jobs=folder_jobs,
            intake=FolderIntake(database, intake, folder_jobs, clock),
        ),
        reports=ReportService(
            orders=Reports(
                database, storage, results, periods, report_jobs, report_limits, wake_up, clock
            ),
            jobs=report_jobs,
            files=ReportFiles(database, storage, report_jobs, clock),
        ),
        retention=RetentionService(
            holds=Holds(database, clock),
            inspections=Retention(database, storage, keep, clock, age_clock),
            reports=ReportRetention(database, storage, keep, clock, age_clock),
            incidents=IncidentRetention(database, keep, clock, age_clock),
            orphans=Orphans(database, storage, clock, age_clock),
            age_clock=age_clock,
        ),
        access=AccessService(
            keys=keys,
            people=people,
            sessions=Sessions(database, clock),
            sign_in=SignIn(database, people, keys, clock),
            audit=AuditLog(database),
        ),
        operation=OperationService(
            figures=Figures(database, shared_clock, newest_pass_pauses=not frames_wait),
            changes=Changes(database),
            upkeep=Upkeep(database, storage, meter, clock, shared_clock, age_clock),
            clock_steps=ClockSteps(database, lease, shared_clock),
            clock_skew=ClockSkew(database, clock, shared_clock),
            storage_growth=StorageGrowth(database, storage, keep, clock),
        ),
        storage=storage,
        database=database,
    )


def _ignoring_connection(clock: Callable[[], datetime]) -> Callable[[Connection], datetime]:
    return lambda _connection: clock()


def _in_turn(*told: Told) -> Told:
    """Each hears of changes after the ones before it."""

    def tell(connection: Connection, known: Container[str], changes: Sequence[Change]) -> None:
        for one in told:
            one(connection, known, changes)

    return tell
