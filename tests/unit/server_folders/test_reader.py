"""Reading claimed folders into pictures: each once, whatever happens on the way."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from safety_detector.database.engine import Database
from safety_detector.domain.inspection import Inspection
from safety_detector.ingest.admission import Limits
from safety_detector.jobs.kinds import MOST_LOSSES
from safety_detector.jobs.records import Claim
from safety_detector.server_folders import read_slice
from safety_detector.server_folders.allowed import AllowedFolders
from safety_detector.server_folders.read_slice import Backlog
from safety_detector.server_folders.reader import FolderReader
from safety_detector.service.access.audit import Actor, AuditAction, AuditFilter
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.folders.jobs import ReadingLost
from safety_detector.service.folders.records import (
    FOLDER_QUEUE,
    ClaimedFolder,
    FolderOrder,
    FolderProgress,
    FolderReading,
    ReadingStatus,
)
from safety_detector.service.operation.metrics import folder_metrics
from safety_detector.service.records import InspectionFilter, Priority, Source
from tests import batch_stand
from tests.pictures import jpeg
from tests.service_stand import LEASE, Stand, build_stand

BATCH = "01KB5V4Q2W9GZT3XJ8N7R6M5HD"
OTHER = "01KB5V4Q2W9GZT3XJ8N7R6M5HE"
SOMEBODY = Actor("test", "01KB5V4Q2W9GZT3XJ8N7R6M5HK")
DEADLINE_S = 60.0  # the machine may be busy with other things
LIMITS = Limits(max_bytes=1_000_000, max_pixels=1_000_000)


class Killed(BaseException):
    """What a process that is killed does not come back from."""


@pytest.fixture
def stand(database: Database, quick_path: Path) -> Stand:
    """A service on an empty database and data folder."""
    return build_stand(database, quick_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five pictures, two files that are none, one that claims to be."""
    return fill(
        tmp_path / "in",
        {
            **{name: jpeg(seed) for seed, name in enumerate(["b.jpg", "a/1.jpg", "a/2.JPG"])},
            "c/deep/no-ending": jpeg(5),
            "z.png": jpeg(6),
            "broken.jpg": jpeg(7)[:-100],
            "notes.txt": b"x",
            "a/list.csv": b"x",
        },
    )


PICTURES = ["a/1.jpg", "a/2.JPG", "b.jpg", "c/deep/no-ending", "z.png"]


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    """Writes files; gives the folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def reader_of(
    stand: Stand, folder: Path, worker: str = "reader-1", backlog: int = 1000
) -> FolderReader:
    """What reads there; one picture at a time where ``backlog`` is 1."""
    allowed = AllowedFolders([folder], stand.folder)
    waiting = Backlog(backlog, patience=timedelta(0))
    return build(stand, allowed, waiting, worker, threading.Event())


def build(
    stand: Stand,
    allowed: AllowedFolders,
    backlog: Backlog,
    worker: str,
    stopping: threading.Event,
) -> FolderReader:
    """What reads folders of that service."""
    jobs, intake = stand.service.folders.jobs, stand.service.folders.intake
    return FolderReader(jobs, intake, allowed, LIMITS, backlog, worker, stopping)


def claim_folder(stand: Stand, worker: str) -> Claim[ClaimedFolder] | None:
    """Claims a folder, also one whose reader is lost."""
    stand.service.folders.jobs.take_back_lost()
    return next(iter(stand.service.folders.jobs.claim(FOLDER_QUEUE, worker)), None)


def order(stand: Stand, folder: Path, batch_id: str = BATCH) -> FolderReading:
    """Orders a folder."""
    return stand.service.folders.orders.begin(
        FolderOrder(batch_id=batch_id, folder=str(folder)), SOMEBODY
    )


def reading(stand: Stand, batch_id: str = BATCH) -> FolderReading:
    """How it stands."""
    found = stand.service.folders.orders.get(batch_id)
    assert found is not None
    return found


def accepted(stand: Stand, batch_id: str = BATCH) -> list[Inspection]:
    """The inspections of the batch, in the order of their names."""
    page = stand.service.inspections.results.list(InspectionFilter(batch_id=batch_id), 500)
    return sorted(page.items, key=lambda one: one.picture.name)


def names(stand: Stand, batch_id: str = BATCH) -> list[str]:
    """Of the inspections of the batch."""
    return [one.picture.name for one in accepted(stand, batch_id)]


def read_all(stand: Stand, reader: FolderReader) -> None:
    """Reads until nothing is due."""
    while reader.read_next():
        stand.clock.advance(0.001)


def work(stand: Stand) -> None:
    """Completes all pictures that wait."""
    while (claim := stand.next_claim("worker-1")) is not None:
        stand.complete(claim)


@contextmanager
def at_statement(holds: Callable[[str], bool], error: BaseException) -> Iterator[None]:
    """Raises in place of the statements for which it holds."""

    def look(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if holds(statement):
            raise error

    event.listen(Engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", look)


def test_every_picture_of_a_folder_is_accepted_once(stand: Stand, folder: Path) -> None:
    """Those that are refused have a line each, the others are counted by ending."""
    assert order(stand, folder).status is ReadingStatus.QUEUED
    read_all(stand, reader_of(stand, folder))
    found = reading(stand)
    assert found.status is ReadingStatus.COMPLETED
    assert found.finished_at is not None
    assert found.progress == FolderProgress(b"z.png", 5, 1, {".txt": 1, ".csv": 1})
    assert names(stand) == PICTURES
    (error,) = stand.service.folders.orders.errors(BATCH, 0, 10)
    assert (error.path, error.code) == ("broken.jpg", "picture-truncated")
    assert stand.service.folders.orders.errors(BATCH, error.number, 10) == []
    assert not reader_of(stand, folder).read_next()


def test_pictures_are_those_of_a_batch(stand: Stand, folder: Path) -> None:
    """They wait for frames and uploads, belong to whoever ordered, and wake the workers."""
    order(stand, folder)
    read_all(stand, reader_of(stand, folder))
    stand.accept(99)
    assert stand.claim().subject.picture.name == "99.jpg"
    assert stand.woken == ["embedded"] * 6
    counters = stand.service.operation.figures.counters()
    assert (counters.accepted, counters.lost) == (6, 0)


def test_what_is_said_of_the_folder_is_said_of_each_picture(stand: Stand, folder: Path) -> None:
    """Camera, time and metadata, and the same order once more changes nothing."""
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate-3")
    wanted = FolderOrder(
        batch_id=BATCH,
        folder=str(folder),
        camera_id="gate-3",
        captured_at=stand.clock.now,
        metadata={"shift": "night"},
    )
    first = stand.service.folders.orders.begin(wanted, SOMEBODY)
    read_all(stand, reader_of(stand, folder))
    for one in accepted(stand):
        assert (one.camera_id, one.captured_at, one.metadata) == (
            "gate-3",
            wanted.captured_at,
            {"shift": "night"},
        )
    again = stand.service.folders.orders.begin(wanted, SOMEBODY)
    assert (again.requested_at, again.status) == (first.requested_at, ReadingStatus.COMPLETED)
    entries = stand.service.access.audit.entries(AuditFilter(action=AuditAction.FOLDER_ORDERED), 10)
    assert [(entry.subject, entry.details["folder"]) for entry in entries] == [(BATCH, str(folder))]


# Every write of a part: the claim, each picture's place, picture, inspection, event and tally, the
# refused file's line, the end.
@pytest.mark.parametrize("table", ["folder_readings", "pictures", "inspections", "tallies", "none"])
def test_a_process_that_is_killed_anywhere_costs_and_doubles_nothing(
    stand: Stand, folder: Path, table: str
) -> None:
    """Another one goes on when the lease has ended, as often as that happens."""
    order(stand, folder)
    kills = 0
    for number in range(8):
        seen = 0

        def is_the_one(statement: str, last: int = number % 7) -> bool:
            nonlocal seen
            if statement.startswith(("INSERT INTO " + table, "UPDATE " + table)):
                seen += 1
                return seen > last
            return False

        with at_statement(is_the_one, Killed()):
            try:
                read_all(stand, reader_of(stand, folder, f"reader-{number}"))
            except Killed:
                kills += 1
        stand.clock.advance(LEASE.total_seconds() + 1)
    read_all(stand, reader_of(stand, folder))
    assert reading(stand).status is ReadingStatus.COMPLETED
    assert names(stand) == PICTURES
    assert reading(stand).progress.accepted == len(PICTURES)
    assert [one.path for one in stand.service.folders.orders.errors(BATCH, 0, 10)] == ["broken.jpg"]
    assert stand.service.operation.figures.counters().lost == 0
    assert kills or table == "none"


def test_a_reader_that_lost_its_lease_writes_nothing(stand: Stand, folder: Path) -> None:
    """Neither a picture nor a place; who took over has them."""
    order(stand, folder)
    intake = stand.service.folders.intake
    late = claim_folder(stand, "late")
    assert late is not None
    assert claim_folder(stand, "too-early") is None
    stand.clock.advance(LEASE.total_seconds() + 1)
    read_all(stand, reader_of(stand, folder))
    progress = FolderProgress(b"a/1.jpg", 1)
    with pytest.raises(ReadingLost):
        intake.accept(late, progress, "a/1.jpg", jpeg(1))
    with pytest.raises(ReadingLost):
        intake.keep(late, progress)
    with pytest.raises(ReadingLost):
        intake.give_back(late, progress)
    assert names(stand) == PICTURES
    assert reading(stand).status is ReadingStatus.COMPLETED


def test_a_process_that_has_the_folder_again_writes_under_its_new_claim_alone(
    stand: Stand, folder: Path
) -> None:
    """What it began before, and took too long for, counts no more."""
    order(stand, folder)
    intake = stand.service.folders.intake
    first = claim_folder(stand, "reader-1")
    stand.clock.advance(LEASE.total_seconds() + 1)
    second = claim_folder(stand, "reader-1")
    assert first is not None
    assert second is not None
    progress = FolderProgress(b"a/1.jpg", 1)
    with pytest.raises(ReadingLost):
        intake.accept(first, progress, "a/1.jpg", jpeg(1))
    intake.accept(second, progress, "a/1.jpg", jpeg(1))
    assert names(stand) == ["a/1.jpg"]


def test_a_file_that_ends_its_reader_again_and_again_is_passed_over(
    stand: Stand, folder: Path
) -> None:
    """It has a line that says so, and the others are accepted."""
    order(stand, folder)

    def holds(statement: str) -> bool:
        return statement.startswith("INSERT INTO pictures")

    for number in range(MOST_LOSSES + 1):
        with at_statement(holds, Killed()), pytest.raises(Killed):
            read_all(stand, reader_of(stand, folder, f"reader-{number}"))
        stand.clock.advance(LEASE.total_seconds() + 1)
    read_all(stand, reader_of(stand, folder))
    errors = {one.path: one.code for one in stand.service.folders.orders.errors(BATCH, 0, 10)}
    assert errors == {"a/1.jpg": "worker-lost", "broken.jpg": "picture-truncated"}
    assert names(stand) == PICTURES[1:]


def test_files_before_the_one_that_ends_its_reader_are_not_taken_for_it(
    stand: Stand, tmp_path: Path
) -> None:
    """Not even those of which nothing is written as long as all goes well."""
    folder = fill(tmp_path / "in", {"0.txt": b"x", "1.txt": b"x", "2.jpg": jpeg(2)})
    order(stand, folder)

    def holds(statement: str) -> bool:
        return statement.startswith("INSERT INTO pictures")

    for number in range(MOST_LOSSES + 1):
        with at_statement(holds, Killed()), pytest.raises(Killed):
            read_all(stand, reader_of(stand, folder, f"reader-{number}"))
        stand.clock.advance(LEASE.total_seconds() + 1)
    read_all(stand, reader_of(stand, folder))
    errors = [(one.path, one.code) for one in stand.service.folders.orders.errors(BATCH, 0, 10)]
    assert errors == [("2.jpg", "worker-lost")]
    assert reading(stand).progress.skipped == {".txt": 2}


def test_no_more_is_read_than_there_is_room_for(stand: Stand, folder: Path) -> None:
    """Pictures of other batches count too; when some are done it goes on."""
    waiting = stand.accept(50, Source.BATCH)
    order(stand, folder)
    reader = reader_of(stand, folder, backlog=3)
    read_all(stand, reader)
    assert len(names(stand)) == 2
    stand.clock.advance(2)
    read_all(stand, reader)
    assert (len(names(stand)), reading(stand).status) == (2, ReadingStatus.QUEUED)
    assert "3 pictures" in str(reading(stand).waiting_reason)
    while reading(stand).status is not ReadingStatus.COMPLETED:
        work(stand)
        stand.clock.advance(2)
        read_all(stand, reader)
        queued = stand.service.folders.intake.count_waiting(at_most=100)
        assert queued <= 3
    assert names(stand) == PICTURES
    assert waiting.id not in {one.id for one in accepted(stand)}


def test_uploads_do_not_make_a_folder_wait(stand: Stand, folder: Path) -> None:
    """Only what waits with the same urgency counts."""
    for seed in range(4):
        stand.accept(seed + 50)
    order(stand, folder)
    read_all(stand, reader_of(stand, folder, backlog=5))
    assert names(stand) == PICTURES
    assert Priority.URGENT < Priority.BATCH


def test_folders_take_turns(stand: Stand, folder: Path, tmp_path: Path) -> None:
    """One that waits for room does not keep another from being read."""
    other = fill(tmp_path / "other", {f"{seed}.jpg": jpeg(seed) for seed in range(4)})
    order(stand, folder)
    order(stand, other, OTHER)
    reader = reader_of(stand, tmp_path, backlog=2)
    for _ in range(12):
        work(stand)
        stand.clock.advance(2)
        reader.read_next()
    assert names(stand, OTHER) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert names(stand) == PICTURES


def test_what_the_listing_takes_is_not_taken_from_the_reading(
    stand: Stand, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A share that is slow to list would give a picture a listing as soon as there are two."""
    order(stand, folder)
    order(stand, fill(tmp_path / "other", {"0.jpg": jpeg(0)}), OTHER)
    now_s = 0.0

    def list_slowly(statement: str) -> bool:
        nonlocal now_s
        if "count(" in statement:  # is there room?  Then the folder is listed.
            now_s += 100.0
        return False

    monkeypatch.setattr(read_slice, "time", SimpleNamespace(monotonic=lambda: now_s))
    with at_statement(list_slowly, Killed()):
        assert reader_of(stand, tmp_path).read_next()
    assert now_s == 100.0
    assert names(stand) == PICTURES


def test_a_stopped_reading_accepts_nothing_more(stand: Stand, folder: Path) -> None:
    """Also where somebody reads at that moment; what is accepted stays."""
    order(stand, folder)
    claim = claim_folder(stand, "reader-1")
    assert claim is not None
    progress = FolderProgress(b"a/1.jpg", 1)
    stand.service.folders.intake.accept(claim, progress, "a/1.jpg", jpeg(1))
    stopped = stand.service.folders.orders.stop(BATCH, SOMEBODY)
    assert stopped is not None
    assert stopped.status is ReadingStatus.STOPPED
    with pytest.raises(ReadingLost):
        stand.service.folders.intake.accept(claim, progress, "a/2.jpg", jpeg(2))
    read_all(stand, reader_of(stand, folder))
    assert names(stand) == ["a/1.jpg"]
    assert stand.service.folders.orders.stop(BATCH, SOMEBODY) == stopped
    entries = stand.service.access.audit.entries(AuditFilter(action=AuditAction.FOLDER_STOPPED), 10)
    assert [entry.details["accepted"] for entry in entries] == [1]
    assert stand.service.folders.orders.stop(OTHER, SOMEBODY) is None


@pytest.mark.parametrize("away", ["gone", "empty", "another", "not allowed"])
def test_a_folder_that_is_away_waits(stand: Stand, folder: Path, tmp_path: Path, away: str) -> None:
    """It is never taken for read; when it is back the rest follows."""
    order(stand, folder)
    reader = reader_of(stand, folder, backlog=2)
    read_all(stand, reader)
    work(stand)
    kept = tmp_path / "kept"
    shutil.copytree(folder, kept)
    allowed = folder
    if away == "not allowed":
        allowed = tmp_path / "other"
    else:
        shutil.rmtree(folder)
        if away == "empty":
            folder.mkdir()
        if away == "another":
            folder.symlink_to("/etc")
    for _ in range(3):
        stand.clock.advance(100)
        read_all(stand, reader_of(stand, allowed))
    assert reading(stand).status is ReadingStatus.QUEUED
    assert str(folder) in str(reading(stand).waiting_reason)
    assert len(names(stand)) == 2
    if folder.is_symlink():
        folder.unlink()
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    stand.clock.advance(100)
    read_all(stand, reader_of(stand, folder))
    assert names(stand) == PICTURES
    assert reading(stand).waiting_reason is None


def test_a_folder_that_goes_while_it_is_read_waits(stand: Stand, folder: Path) -> None:
    """A file that cannot be opened is a fault of its own only while the folder is there."""
    order(stand, folder)

    def take_away(statement: str) -> bool:
        if statement.startswith("INSERT INTO inspections") and folder.exists():
            shutil.rmtree(folder)
        return False

    with at_statement(take_away, Killed()):
        read_all(stand, reader_of(stand, folder))
    assert reading(stand).status is ReadingStatus.QUEUED
    assert len(names(stand)) == 1
    assert stand.service.folders.orders.errors(BATCH, 0, 10) == []


def test_outages_of_storage_and_database_end_nothing(stand: Stand, folder: Path) -> None:
    """The same picture is tried again; none is a line among the errors for it."""
    order(stand, folder)
    incoming = stand.folder / "images" / ".incoming"
    incoming.rename(stand.folder / "elsewhere")
    read_all(stand, reader_of(stand, folder))
    assert "data folder" in str(reading(stand).waiting_reason)
    (stand.folder / "elsewhere").rename(incoming)
    stand.clock.advance(100)
    fault = OperationalError("", {}, sqlite3.OperationalError("disk I/O error"))
    with at_statement(lambda text: text.startswith("INSERT INTO inspections"), fault):
        read_all(stand, reader_of(stand, folder))
    assert "database" in str(reading(stand).waiting_reason)
    stand.clock.advance(100)
    read_all(stand, reader_of(stand, folder))
    assert names(stand) == PICTURES
    assert [one.path for one in stand.service.folders.orders.errors(BATCH, 0, 10)] == ["broken.jpg"]


@pytest.mark.attack("folders")
def test_links_lead_nowhere_else(stand: Stand, tmp_path: Path) -> None:
    """A link to a picture in an allowed folder is followed; others have a line each."""
    folder = fill(tmp_path / "in", {"day/a.jpg": jpeg(1)})
    fill(tmp_path / "beside", {"secret.jpg": jpeg(2), "inner/secret.jpg": jpeg(3)})
    (folder / "inside.jpg").symlink_to("day/a.jpg")
    (folder / "outside.jpg").symlink_to(tmp_path / "beside" / "secret.jpg")
    (folder / "secret").symlink_to("../beside/secret.jpg")
    (folder / "loop").symlink_to(".")
    (folder / "there").symlink_to(tmp_path / "beside" / "inner")
    (folder / "broken.jpg").symlink_to("nowhere.jpg")
    (folder / "round.jpg").symlink_to("round.jpg")
    order(stand, folder)
    read_all(stand, reader_of(stand, folder))
    assert names(stand) == ["day/a.jpg", "inside.jpg"]
    errors = {one.path: one.code for one in stand.service.folders.orders.errors(BATCH, 0, 10)}
    assert errors == {
        "secret": "link-refused",
        "broken.jpg": "picture-unreadable",
        "loop/": "link-refused",
        "outside.jpg": "link-refused",
        "round.jpg": "picture-unreadable",
        "there/": "link-refused",
    }


def test_odd_names_and_files_are_no_obstacle(stand: Stand, tmp_path: Path) -> None:
    """Bytes that are no UTF-8, line feeds, pipes, files that are too large or closed to us."""
    folder = fill(tmp_path / "in", {"a\nb.jpg": jpeg(1), "作业 1.jpg": jpeg(2), "e.jpg": b""})
    odd = os.fsencode(folder) + b"/\xff.jpg"
    Path(os.fsdecode(odd)).write_bytes(jpeg(3))
    (folder / "large.jpg").write_bytes(bytes(LIMITS.max_bytes + 1))
    os.mkfifo(folder / "pipe.jpg")
    os.mkfifo(folder / "pipe")
    order(stand, folder)
    read_all(stand, reader_of(stand, folder))
    assert names(stand) == [r"\xff.jpg", "a\nb.jpg", "作业 1.jpg"]
    errors = {one.path: one.code for one in stand.service.folders.orders.errors(BATCH, 0, 10)}
    assert errors == {
        "e.jpg": "not-a-picture",
        "large.jpg": "picture-too-large",
        "pipe.jpg": "picture-unreadable",
    }
    assert reading(stand).progress.skipped == {"": 1}


def test_the_data_folder_is_passed_over(stand: Stand) -> None:
    """An operator may allow a folder that it lies in; reading it would never end."""
    stand.accept(1)
    folder = stand.folder.parent
    fill(folder / "pictures", {"a.jpg": jpeg(2)})
    order(stand, folder)
    read_all(stand, reader_of(stand, folder))
    assert names(stand) == ["pictures/a.jpg"]


def test_endings_are_counted_up_to_some_number(stand: Stand, tmp_path: Path) -> None:
    """Hostile names do not fill the row."""
    files = {f"x.{number:03}": b"x" for number in range(60)}
    order(stand, fill(tmp_path / "in", files | {"a.jpg": jpeg(1)}))
    read_all(stand, reader_of(stand, tmp_path))
    skipped = reading(stand).progress.skipped
    assert (len(skipped), skipped["other"], sum(skipped.values())) == (51, 10, 60)


def test_what_systems_keep_for_themselves_is_left_out(stand: Stand, tmp_path: Path) -> None:
    """As in a folder on the command line: not looked into, and counted."""
    files = ("a.jpg", "._a.jpg", "@eaDir/a.jpg", "day/b.jpg", "day/.cache/c.jpg", "Thumbs.db")
    folder = fill(tmp_path / "odd", {name: jpeg(number) for number, name in enumerate(files)})
    order(stand, folder)
    read_all(stand, reader_of(stand, folder))
    assert names(stand) == ["a.jpg", "day/b.jpg"]
    assert reading(stand).progress.skipped == {"hidden": 4}


def test_what_a_batch_wrote_is_left_out(stand: Stand, folder: Path) -> None:
    """Pictures beside its journal are people's; annotated copies are not asked about again."""
    source = folder.with_name("source")
    shutil.copytree(folder, source)
    batch_stand.run(source, folder / "c" / "results")
    (folder / "c" / "results" / "d.jpg").write_bytes(jpeg(8))
    order(stand, folder)
    read_all(stand, reader_of(stand, folder))
    assert names(stand) == sorted([*PICTURES, "c/results/d.jpg"])
    assert reading(stand).progress.skipped["outputs"] > 0


def test_a_process_that_ends_gives_the_folder_back(stand: Stand, folder: Path) -> None:
    """At once, so that nobody waits for the lease, and behind the picture in hand."""
    order(stand, folder)
    stopping = threading.Event()

    def stop(statement: str) -> bool:
        if statement.startswith("INSERT INTO inspections"):
            stopping.set()
        return False

    allowed = AllowedFolders([folder], stand.folder)
    reader = build(stand, allowed, Backlog(), "reader-1", stopping)
    with at_statement(stop, Killed()):
        assert reader.read_next()
    assert names(stand) == PICTURES[:1]
    read_all(stand, reader_of(stand, folder))
    assert names(stand) == PICTURES


def test_a_folder_stays_open_while_pictures_are_done(stand: Stand, folder: Path) -> None:
    """A long one is not listed anew for each picture that there is room for."""
    order(stand, folder)
    allowed = AllowedFolders([folder], stand.folder)
    backlog, stopping = Backlog(2, patience=timedelta(seconds=DEADLINE_S)), threading.Event()
    reader = build(stand, allowed, backlog, "reader-1", stopping)
    thread = threading.Thread(target=reader.read_next)
    thread.start()
    deadline = time.monotonic() + DEADLINE_S
    reasons = set()
    while thread.is_alive():
        assert time.monotonic() < deadline
        found = reading(stand)
        assert found.status is not ReadingStatus.QUEUED or not found.progress.accepted
        reasons.add(found.waiting_reason)
        if found.waiting_reason:
            work(stand)
    assert names(stand) == PICTURES
    assert reasons == {None, backlog.reason}


def test_metrics_tell_of_folders(stand: Stand, folder: Path) -> None:
    """How many stand where, and what became of their files."""
    order(stand, folder)
    read_all(stand, reader_of(stand, folder))
    order(stand, folder, OTHER)
    samples = {
        (one.name, *one.labels.values()): one.value
        for metric in folder_metrics(stand.service.folders.orders)
        for one in metric.samples
    }
    assert samples["safety_folder_readings", "completed"] == 1
    assert samples["safety_folder_readings", "queued"] == 1
    assert samples["safety_folder_files_total", "accepted"] == 5
    assert samples["safety_folder_files_total", "rejected"] == 1
