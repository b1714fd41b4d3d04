"""Migrations."""

from __future__ import annotations

import multiprocessing
import multiprocessing.synchronize
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import alembic.command
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, func, select, text

from safety_detector.database import migrations
from safety_detector.database.engine import Database
from safety_detector.database.feed import FEED_START, append_event, read_events
from safety_detector.database.migrate import (
    check_migrated,
    current_revision,
    migrate,
    newest_revision,
)
from safety_detector.database.sqlite import sqlite_url
from safety_detector.database.tables import audit, events, inspections, metadata, replaced_frames
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.domain.urgency import hazard_bits, urgency_of
from safety_detector.errors import DatabaseOutdated
from safety_detector.service.cameras.history import FrameFates, camera_lifetimes, frame_fates
from safety_detector.service.reports.records import ReportOrder
from tests.postgresql_server import administer
from tests.service_stand import build_stand


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, quick_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield sqlite_url(quick_path / "empty.db")
        return
    url: str = request.getfixturevalue("postgresql_url")
    administer(url, "CREATE DATABASE empty")
    yield url.replace("/postgres?", "/empty?")
    administer(url, "DROP DATABASE empty WITH (FORCE)")


def test_migrations_make_exactly_the_tables_of_the_program(database: Database) -> None:
    """A change to the tables without its migration fails here."""
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_tables_of_another_version_are_noticed(empty_url: str) -> None:
    """Before the migration the program says what to do; after it, it works."""
    database = Database(empty_url)
    assert current_revision(database) is None
    with pytest.raises(DatabaseOutdated, match="safety-detector migrate"):
        check_migrated(database)
    migrate(database)
    check_migrated(database)
    assert current_revision(database) == newest_revision()
    database.close()


def test_tables_of_a_newer_program_are_left_alone(empty_url: str) -> None:
    """An old program on a new database refuses instead of guessing."""
    database = Database(empty_url)
    migrate(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseOutdated, match="newer program"):
        migrate(database)
    database.close()


def test_a_restored_dump_of_this_version_is_made_fit_for_this_cluster(empty_url: str) -> None:
    """Events of another cluster, which would hide the new ones, go; those of this one stay."""
    database = Database(empty_url)
    migrate(database)
    now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    with database.write() as connection:
        append_event(connection, "ours", "queued", now)
        if not database.is_sqlite:
            theirs = {"transaction_id": 10**15, "inspection_id": "theirs", "kind": "queued"}
            connection.execute(events.insert().values(theirs | {"at": now}))
    migrate(database)
    with database.write() as connection:
        append_event(connection, "new", "queued", now)
    with database.read() as connection:
        found = [entry.inspection_id for entry in read_events(connection, FEED_START, 10)]
        assert found == ["ours", "new"]
        assert connection.scalar(select(func.count()).select_from(events)) == 2
    database.close()


def test_pictures_of_an_older_version_get_the_time_at_which_they_were_taken(
    empty_url: str,
) -> None:
    """What a sender stated counts, a wrong clock is noted, and nothing that was found is lost."""
    database = Database(empty_url)
    with database.write() as connection:
        upgrade_to(connection, "0005")
        old = Table("inspections", MetaData(), autoload_with=connection)
        now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
        for number, (captured_at, status, verdict, found) in enumerate(OLD_ROWS):
            connection.execute(
                old.insert(),
                {
                    "id": f"{number:026d}", "status": status, "verdict": verdict, "name": "x.jpg",
                    "sha256": "0" * 64, "width": 1, "height": 1, "metadata": {},
                    "received_at": stored(connection, now), "source": "upload",
                    "captured_at": captured_at and stored(connection, captured_at),
                    "backend": "qwen", "priority": 0, "fence": 0, "failures": 0, "losses": 0,
                    "outages": 0, "runs": [], "has_fire": False, "has_smoke": False,
                    "has_person": bool(found),
                    "detections": [
                        {"box": [0, 0, 1, 1], "label": a, "sub_label": b, "score": None}
                        for a, b in found
                    ],
                },
            )  # fmt: skip
    migrate(database)
    with database.read() as connection:
        rows = connection.execute(select(inspections).order_by(inspections.c.id)).mappings().all()
    last_week, *by_arrival, burning, failed, clear = rows
    assert (last_week["taken_at"], last_week["taken_from"]) == (LAST_WEEK, "captured_at")
    for row in (*by_arrival, burning, failed, clear):
        assert (row["taken_at"], row["taken_from"]) == (now, "arrival")
    assert [[note["code"] for note in row["taken_notes"]] for row in by_arrival] == [
        ["clock-never-set"],
        ["in-the-future"],
    ]
    assert by_arrival[0]["taken_notes"][0]["stated"] == "1970-01-01T00:00:00+00:00"
    assert [row["urgency"] for row in rows] == [0, 0, 0, 200, 20, 10]
    as_new = [Detection(Box(0, 0, 1, 1), Hazard(Label(a), SubLabel(b))) for a, b in OLD_ROWS[3][3]]
    assert burning["hazard_bits"] == hazard_bits(as_new)
    assert burning["urgency"] == urgency_of(
        Status.COMPLETED, Verdict.HAZARD, [one.hazard for one in as_new]
    )
    database.close()


def test_cameras_that_were_removed_before_are_known_from_the_audit_log(empty_url: str) -> None:
    """With their last name and their times; and what is known of replaced frames is counted."""
    database = Database(empty_url)
    made = datetime(2026, 11, 1, 8, 7, tzinfo=UTC)
    acts = [("camera-added", made), ("camera-removed", made + timedelta(days=2))]
    with database.write() as connection:
        upgrade_to(connection, "0006")
        for action, at in acts:
            note = {"at": at, "actor": "me", "action": action, "subject": "gate"}
            connection.execute(audit.insert().values(**note, details={"name": "北门"}))
        for number in range(3):
            frame = {"id": f"{number:026d}", "camera_id": "gate", "replaced_by": "x" * 26}
            connection.execute(replaced_frames.insert().values(**frame, replaced_at=made))
    migrate(database)
    with database.read() as connection:
        (gone,) = camera_lifetimes(connection)
        fates = frame_fates(connection, None, None)
    assert (gone.name, gone.since, gone.until) == ("北门", made, made + timedelta(days=2))
    assert fates == {"gate": FrameFates(3, 0)}
    database.close()


def test_work_of_an_older_version_is_carried_over_and_finished(
    empty_url: str, quick_path: Path
) -> None:
    """Pictures, reports and folders that wait or run; what is final stays, and can run again."""
    database = Database(empty_url)
    now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    with database.write() as connection:
        upgrade_to(connection, "0008")
        write_old_work(connection, now)
    migrate(database)
    stand = build_stand(database, quick_path)
    stand.clock.now = now + timedelta(seconds=10)
    service = stand.service
    counters = service.operation.figures.counters()
    assert (counters.queued, counters.running) == (5, 1)
    waiting = service.inspections.results.get(f"{3:026d}")
    assert waiting is not None
    assert str(waiting.waiting_reason) == "Tried 2 times, last: odd"
    # The worker of the old version is alive, and holds its lease: nobody else gets the picture.
    assert stand.service.inspections.jobs.take_back_lost() == 0
    stand.clock.advance(60)
    assert sum(store.take_back_lost() for store in service.jobs) == 3
    claimed = []
    while claim := stand.next_claim():
        claimed.append(claim)
        assert stand.complete(claim)
        stand.clock.advance(1)
    assert {one.subject_id: one.fence for one in claimed} == {
        **{f"{number:026d}": 1 for number in (0, 1, 4, 5)},
        f"{2:026d}": 8,
        f"{3:026d}": 1,
    }
    # A hundred of one key would not stand before the other's: each has turns of its own.
    assert {claimed[0].sender, claimed[1].sender} == {"A" * 26, "B" * 26}
    by_id = {one.subject_id: one for one in claimed}
    assert (by_id[f"{2:026d}"].losses, by_id[f"{3:026d}"].failures) == (1, 2)
    assert by_id[f"{4:026d}"].coalesce_key == "gate"
    for _ in range(2):
        [report] = service.reports.jobs.claim("render", "render-1")
        service.storage.begin_report(report.subject_id, report.fence)
        assert service.reports.files.complete(report, [], 0)
    for _ in range(2):
        [folder] = service.folders.jobs.claim("folders", "reader-1")
        service.folders.intake.complete(folder, folder.subject.progress)
        assert folder.subject.progress.position == b"a.jpg"
    assert service.inspections.recovery.requeue([f"{9:026d}"]) == (f"{9:026d}",)
    assert stand.claim().fence == 4
    counters = service.operation.figures.counters()
    assert (counters.queued, counters.running) == (0, 1)
    database.close()


def write_old_work(connection: Connection, now: datetime) -> None:
    """Rows as version 0008 wrote them."""
    tables = {
        name: Table(name, MetaData(), autoload_with=connection)
        for name in ("inspections", "reports", "folder_readings", "cameras", "pictures")
    }
    at, later = stored(connection, now), stored(connection, now + timedelta(seconds=30))
    job = {
        "due_at": at, "fence": 0, "failures": 0, "losses": 0, "outages": 0,
        "worker": None, "waiting_reason": None,
    }  # fmt: skip
    running = {"status": "running", "due_at": later, "fence": 7, "worker": "old"}
    tried = {"failures": 2, "waiting_reason": "Tried 2 times, last: odd"}
    frame = {"source": "frame", "camera_id": "gate", "submitted_by": None}
    failed = {"status": "failed", "fence": 3, "due_at": None, "finished_at": at}
    changes: dict[int, dict[str, object]] = {
        0: {}, 1: {"submitted_by": "B" * 26}, 2: running, 3: tried, 4: frame,
        5: {"priority": 1, "source": "batch"}, 9: failed,
    }  # fmt: skip
    inspection = {
        "status": "queued", "name": "x.jpg", "sha256": "0" * 64, "width": 1, "height": 1,
        "metadata": {}, "received_at": at, "taken_at": at, "taken_notes": [], "source": "upload",
        "backend": "embedded", "priority": 0, "submitted_by": "A" * 26, "camera_id": None,
        "claimed_at": None, "detections": [], "runs": [], "urgency": 0, "hazard_bits": 0,
        "finished_at": None,
    }  # fmt: skip
    for number, change in changes.items():
        row = {**inspection, **job, "id": f"{number:026d}", **change}
        connection.execute(tables["inspections"].insert(), row)
    camera = {
        "id": "gate", "name": "Gate", "enabled": True, "min_interval_ms": 0, "created_at": at,
        **{f"frames_{name}": 0 for name in ("inspected", "skipped", "replaced", "refused")},
        "frames_received": 1,
    }  # fmt: skip
    connection.execute(tables["cameras"].insert(), camera)
    wanted = ReportOrder(since=now).as_json()
    report = {
        "status": "queued", "wanted": wanted, "requested_at": at, "done": 0, "files": [], **job,
    }  # fmt: skip
    for number, change in enumerate(({}, running)):
        row = {**report, "id": f"{number:026d}", **change}
        connection.execute(tables["reports"].insert(), row)
    options = {"camera_id": None, "captured_at": None, "metadata": {}}
    reading = {
        "status": "queued", "folder": "/drive", "options": options, "requested_at": at,
        "position": b"a.jpg", "accepted": 1, "rejected": 0, "skipped": {},
        **{name: value for name, value in job.items() if name != "failures"},
    }  # fmt: skip
    for number, change in enumerate(({}, running)):
        row = {**reading, "batch_id": f"{number:026d}", **change}
        connection.execute(tables["folder_readings"].insert(), row)


LAST_WEEK = datetime(2026, 11, 14, 8, 0, tzinfo=UTC)
_FOUND = [("person", "no_helmet"), ("fire", "severe"), ("smoke", "uncertain")]
OLD_ROWS: list[tuple[datetime | None, str, str | None, list[tuple[str, str]]]] = [
    (LAST_WEEK, "queued", None, []),
    (datetime(1970, 1, 1, tzinfo=UTC), "queued", None, []),
    (datetime(2031, 1, 1, tzinfo=UTC), "running", None, []),
    (None, "completed", "hazard", _FOUND),
    (None, "failed", "inconclusive", []),
    (None, "completed", "clear", [("person", "helmet")]),
]


def stored(connection: Connection, moment: datetime) -> datetime:
    """As the database's own driver takes a moment."""
    return moment.replace(tzinfo=None) if connection.dialect.name == "sqlite" else moment


def upgrade_to(connection: Connection, revision: str) -> None:
    """Makes the tables of an older version."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    alembic.command.upgrade(config, revision)


def _migrate_in_process(url: str, start: multiprocessing.synchronize.Barrier) -> None:
    database = Database(url)
    start.wait(30)
    migrate(database)
    check_migrated(database)
    database.close()


def test_four_processes_that_migrate_at_once_do_not_disturb_each_other(empty_url: str) -> None:
    """Every role migrates when it starts, and they start together."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(4)
    processes = [
        context.Process(target=_migrate_in_process, args=(empty_url, start)) for _ in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]


def test_nobody_else_can_hold_up_a_migration(tmp_path: Path) -> None:
    """The file that one migration locks is this user's alone, earlier versions' too."""
    lock = tmp_path / "safety.db.migrating"
    lock.touch(0o644)
    database = Database(sqlite_url(tmp_path / "safety.db"))
    migrate(database)
    database.close()
    assert lock.stat().st_mode & 0o777 == 0o600
