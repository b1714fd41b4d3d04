"""The service as one object: what the web layer, the workers and the command line hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from safety_detector.database.clock import database_now
from safety_detector.database.engine import Database
from safety_detector.ingest.admission import Limits
from safety_detector.service.age_clock import COUNTED_AT_ONCE, AgeClock, Uptime, read_uptime
from safety_detector.service.audit import AuditLog
from safety_detector.service.cameras import Cameras
from safety_detector.service.claims import Claims
from safety_detector.service.clock_skew import ClockSkew
from safety_detector.service.clock_steps import ClockSteps
from safety_detector.service.figures import Figures
from safety_detector.service.folder_claims import FolderClaims
from safety_detector.service.folders import Folders
from safety_detector.service.frames import Frames
from safety_detector.service.holds import Holds
from safety_detector.service.intake import Intake
from safety_detector.service.keys import Keys
from safety_detector.service.meter import Meter
from safety_detector.service.orphans import Orphans
from safety_detector.service.recovery import Recovery
from safety_detector.service.report_claims import ReportClaims
from safety_detector.service.report_records import RENDER_QUEUE, ReportLimits
from safety_detector.service.report_retention import ReportRetention
from safety_detector.service.reports import Reports
from safety_detector.service.results import Results
from safety_detector.service.retention import KEEP_EVERYTHING, KeepPolicy, Retention
from safety_detector.service.upkeep import Upkeep
from safety_detector.storage import Storage

LEASE = timedelta(seconds=30)
"""How long a claim holds without a heartbeat; what a lost worker costs its picture in time."""


@dataclass(frozen=True, slots=True)
class Service:
    """The transactions, by what they are about.

    Attributes:
        intake: accepting uploads.
        frames: accepting frames of cameras.
        results: reading inspections, pictures and events.
        claims: giving work to workers and taking results.
        recovery: queueing again what was lost or failed.
        clock_steps: mending times that a wrong clock wrote.
        age_clock: how old things are, whatever the machine's clock says.
        clock_skew: how far machines' clocks are from the database's.
        folders: ordering folders on the server to be read, and how far they are.
        folder_claims: giving these to processes that read them, and accepting their pictures.
        reports: ordering reports that a worker makes, and reading how they stand.
        report_claims: giving these to workers and taking their files.
        cameras, keys: records of the operator.
        figures: counters, health, the length of the queue.
        upkeep: presence of workers, roles, removal of leftovers.
        holds: evidence that is kept.
        retention, report_retention: what need not be kept goes.
        orphans: files that no row tells of.
        audit: who did what.
        storage: for ``new_upload``.
    """

    intake: Intake
    frames: Frames
    results: Results
    claims: Claims
    recovery: Recovery
    clock_steps: ClockSteps
    age_clock: AgeClock
    clock_skew: ClockSkew
    folders: Folders
    folder_claims: FolderClaims
    reports: Reports
    report_claims: ReportClaims
    cameras: Cameras
    keys: Keys
    figures: Figures
    upkeep: Upkeep
    holds: Holds
    retention: Retention
    report_retention: ReportRetention
    orphans: Orphans
    audit: AuditLog
    storage: Storage
    database: Database

    def count_due(self, queue: str, at_most: int) -> int:
        """How many claims a queue's workers could make now; counting ends at ``at_most``."""
        if queue == RENDER_QUEUE:
            return self.report_claims.count_due(at_most)
        return self.figures.count_due(queue, at_most)

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
    clock: Callable[[], datetime] = now_utc,
    zone: tzinfo = UTC,
    uptime: Callable[[], Uptime] = read_uptime,
    counted_at_once: timedelta = COUNTED_AT_ONCE,
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
        clock: the present moment, with its zone.
        zone: of the site, in which a camera's time is read that has no zone of its own.
        uptime: the time that this process measures.
        counted_at_once: a longer silence is time that nobody counted (``AgeClock``).
    """
    meter = Meter()
    # Processes on several machines go by one clock, unless a test sets the time.
    shared_clock = database_now if clock is now_utc else lambda _connection: clock()
    age_clock = AgeClock(database, shared_clock, uptime, counted_at_once)
    intake = Intake(database, storage, limits, default_backend, wake_up, clock, zone)
    results = Results(database, storage)
    report_limits = report_limits or ReportLimits()
    return Service(
        intake=intake,
        frames=Frames(database, storage, limits, intake, wake_up, clock),
        results=results,
        claims=Claims(database, storage, lease, meter, wake_up, clock),
        recovery=Recovery(database, wake_up, clock),
        clock_steps=ClockSteps(database, lease, clock),
        age_clock=age_clock,
        clock_skew=ClockSkew(database, clock, shared_clock),
        folders=Folders(database, clock),
        folder_claims=FolderClaims(database, intake, lease, clock),
        reports=Reports(database, storage, results, report_limits, wake_up, clock),
        report_claims=ReportClaims(database, storage, lease, clock),
        cameras=Cameras(database, clock),
        keys=Keys(database, clock),
        figures=Figures(database, clock),
        upkeep=Upkeep(database, storage, meter, clock, age_clock),
        holds=Holds(database, clock),
        retention=Retention(database, storage, keep, clock, age_clock),
        report_retention=ReportRetention(database, storage, keep, clock, age_clock),
        orphans=Orphans(database, storage, clock, age_clock),
        audit=AuditLog(database),
        storage=storage,
        database=database,
    )
