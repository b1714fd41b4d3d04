"""Files without a row."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from safety_detector.observability.metrics import Metrics
from safety_detector.service.access.audit import Actor, AuditAction, AuditFilter
from safety_detector.service.operation.metrics import service_metrics
from safety_detector.service.records import Submission
from safety_detector.service.retention.orphans import ORPHAN_AGE
from safety_detector.storage.keys import annotated_key, picture_key
from tests.pictures import jpeg
from tests.service_stand import Stand

OPERATOR = Actor("ann")


def age(path: Path) -> None:
    """Makes a file older than orphans have to be."""
    long_ago = time.time() - ORPHAN_AGE.total_seconds() - 60
    os.utime(path, (long_ago, long_ago))


def collect_all(stand: Stand) -> int:
    """Every part of the data folder; the number of removed files."""
    orphans = stand.service.retention.orphans
    return sum(orphans.collect(part, OPERATOR).files for part in range(orphans.parts))


def test_old_files_that_no_row_tells_of_are_removed(stand: Stand) -> None:
    """A picture stored without its row, and annotated pictures of lost claims; nothing else."""
    storage = stand.service.storage
    kept = stand.accept(1)
    claim = stand.claim()
    assert stand.complete(claim)
    storage.store_annotated([(kept.id, 7, b"late"), ("01KAJ8W4T0X2V7Q9R5N3M1B6CD", 1, b"gone")])
    storage.store_picture(b"accepted by nobody")
    foreign = stand.folder / "images" / "ab" / "notes.txt"
    foreign.write_bytes(b"the operator's")
    fresh = storage.root / picture_key(storage.store_picture(b"on its way"))
    for path in stand.folder.rglob("*"):
        if path.is_file() and path != fresh:
            age(path)
    found = sum(stand.service.retention.orphans.count(part).files for part in range(288))
    assert (found, collect_all(stand), collect_all(stand)) == (3, 3, 0)
    assert fresh.exists()
    assert foreign.exists()
    assert storage.read_picture(str(kept.picture.sha256))
    assert (storage.root / annotated_key(kept.id, claim.fence)).exists()
    told = stand.service.access.audit.entries(AuditFilter(action=AuditAction.ORPHANS_REMOVED), 10)
    assert sum(len(entry.details["files"]) for entry in told) == 3


def test_an_annotated_picture_that_is_being_recorded_stays(stand: Stand) -> None:
    """While the inspection runs, its file may be the result's."""
    running = stand.accept(1)
    claim = stand.claim()
    stand.service.storage.store_annotated([(running.id, claim.fence, b"result")])
    age(stand.service.storage.root / annotated_key(running.id, claim.fence))
    assert collect_all(stand) == 0


def test_a_round_counts_them_and_removes_none(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says where they are and what removes them; the count is that of all parts."""
    storage = stand.service.storage
    paths = []
    for number in range(3):
        inspection = f"01KAJ8W4T0X2V7Q9R5N3M1B6{number}X"
        storage.store_annotated([(inspection, 1, b"evidence")])
        paths.append(storage.root / annotated_key(inspection, 1))
    paths.append(storage.root / picture_key(storage.store_picture(b"more")))
    for path in paths:
        age(path)
    orphans = stand.service.retention.orphans
    for _ in range(2):
        with caplog.at_level(logging.WARNING):
            assert sum(orphans.note(part).files for part in range(orphans.parts)) == 4
        assert stand.service.operation.figures.standing().orphan_files == 4
    assert "purge --orphans" in caplog.text
    assert all(path.exists() for path in paths)
    metrics = Metrics()
    metrics.add_source(lambda: service_metrics(stand.service.operation.figures))
    assert metrics.registry.get_sample_value("safety_orphan_files") == 4


def test_an_orphan_that_is_uploaded_while_it_is_removed_is_there(stand: Stand) -> None:
    """Whoever comes first: what was accepted can be read."""
    data = jpeg(5)
    sha256 = hashlib.sha256(data).hexdigest()
    storage, orphans = stand.service.storage, stand.service.retention.orphans
    part = int(sha256[:2], 16)
    removed = 0
    for round_number in range(20):
        other = jpeg(100 + round_number)
        storage.store_picture(data)
        age(storage.root / picture_key(sha256))
        with ThreadPoolExecutor(2) as threads:
            removal = threads.submit(orphans.collect, part, OPERATOR)
            upload = threads.submit(
                stand.service.inspections.intake.accept, data, Submission("5.jpg")
            )
            removed += removal.result().files
            upload.result()
        assert storage.read_picture(sha256) == data
        stand.service.inspections.intake.accept(other, Submission("other.jpg"))
        _forget(stand, sha256)
    assert removed <= 20


def _forget(stand: Stand, sha256: str) -> None:
    """Takes the rows away, as if the upload had crashed before them."""
    from sqlalchemy import delete

    from safety_detector.database.tables import inspections, pictures

    with stand.service.database.write() as connection:
        connection.execute(delete(inspections).where(inspections.c.sha256 == sha256))
        connection.execute(delete(pictures).where(pictures.c.sha256 == sha256))
