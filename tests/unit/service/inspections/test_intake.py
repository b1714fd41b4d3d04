"""Accepting pictures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from safety_detector.domain.inspection import Status
from safety_detector.errors import (
    IdempotencyConflict,
    NotAPicture,
    PictureTooLarge,
    UnknownCamera,
)
from safety_detector.service.records import InspectionFilter, Submission
from tests.pictures import jpeg
from tests.service_stand import Stand


def files(stand: Stand) -> list[str]:
    """Names of everything in the data folder's images."""
    return sorted(path.name for path in (stand.folder / "images").rglob("*") if path.is_file())


def test_an_accepted_picture_is_stored_queued_and_its_backend_woken(stand: Stand) -> None:
    """When accept returns, the bytes lie under their hash and the inspection is there."""
    data = jpeg()
    accepted = stand.service.inspections.intake.accept(
        data, Submission("gate.jpg", metadata={"shift": 2})
    )
    assert accepted.status is Status.QUEUED
    assert accepted.picture.sha256 is not None
    assert files(stand) == [accepted.picture.sha256]
    assert stand.service.storage.read_picture(accepted.picture.sha256) == data
    found = stand.service.inspections.results.get(accepted.id)
    assert found == accepted
    assert found is not None
    assert found.metadata == {"shift": 2}
    assert (found.picture.name, found.picture.width, found.picture.height) == ("gate.jpg", 64, 48)
    assert stand.woken == ["embedded"]


def test_an_upload_in_pieces_is_the_same_as_its_bytes(stand: Stand) -> None:
    """The web layer hands over a spooled upload; nothing else of it stays behind."""
    data = jpeg(3, 300, 200)
    with stand.service.storage.new_upload() as upload:
        for start in range(0, len(data), 1000):
            upload.write(data[start : start + 1000])
        accepted = stand.service.inspections.intake.accept(upload, Submission("a.jpg"))
    assert files(stand) == [accepted.picture.sha256]
    assert stand.service.storage.read_picture(str(accepted.picture.sha256)) == data


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"hello, world", NotAPicture), (b"", NotAPicture), (bytes(1_000_001), PictureTooLarge)],
)
def test_a_refused_picture_leaves_nothing_behind(
    stand: Stand, data: bytes, error: type[Exception]
) -> None:
    """Refused bytes are neither stored nor listed, and nobody is woken."""
    with pytest.raises(error):
        stand.service.inspections.intake.accept(data, Submission("a.jpg"))
    assert files(stand) == []
    assert stand.service.inspections.results.list(InspectionFilter(), 10).items == ()
    assert stand.woken == []


def test_a_picture_of_an_unknown_camera_is_refused(stand: Stand) -> None:
    """A submission that names a camera must name one that is there."""
    with pytest.raises(UnknownCamera):
        stand.service.inspections.intake.accept(jpeg(), Submission("a.jpg", camera_id="nowhere"))
    assert files(stand) == []


def test_the_same_idempotency_key_and_bytes_give_the_same_inspection(stand: Stand) -> None:
    """A client that repeats a request whose answer it lost gets the first answer."""
    submission = Submission("a.jpg", idempotency_key="once")
    first = stand.service.inspections.intake.accept(jpeg(), submission)
    assert stand.service.inspections.intake.accept(jpeg(), submission).id == first.id
    assert len(stand.service.inspections.results.list(InspectionFilter(), 10).items) == 1
    assert stand.service.operation.figures.counters().accepted == 1


def test_an_idempotency_key_with_other_bytes_is_refused(stand: Stand) -> None:
    """A key stands for one picture; anything else is a mistake that must be seen."""
    stand.service.inspections.intake.accept(jpeg(1), Submission("a.jpg", idempotency_key="once"))
    with pytest.raises(IdempotencyConflict):
        stand.service.inspections.intake.accept(
            jpeg(2), Submission("a.jpg", idempotency_key="once")
        )


def test_a_url_submitted_again_with_its_key_is_known_before_it_is_fetched(stand: Stand) -> None:
    """A camera's address gives another picture each time; the repeated request is the same."""
    snapshot = Submission("a.jpg", idempotency_key="once", fetched_from="http://cam/a.jpg")
    intake = stand.service.inspections.intake
    assert intake.fetched_before(snapshot) is None
    first = intake.accept(jpeg(1), snapshot)
    known = intake.fetched_before(snapshot)
    assert known is not None
    assert known.id == first.id
    assert intake.accept(jpeg(2), snapshot).id == first.id
    with pytest.raises(IdempotencyConflict):
        intake.fetched_before(replace(snapshot, fetched_from="http://cam/b.jpg"))
    with pytest.raises(IdempotencyConflict):
        intake.accept(jpeg(1), replace(snapshot, fetched_from=None))


def test_idempotency_keys_of_different_key_holders_do_not_meet(stand: Stand) -> None:
    """Two clients that count from one do not get each other's inspections."""
    one = Submission("a.jpg", idempotency_key="1", submitted_by="A")
    other = Submission("a.jpg", idempotency_key="1", submitted_by="B")
    first = stand.service.inspections.intake.accept(jpeg(), one)
    assert stand.service.inspections.intake.accept(jpeg(), other).id != first.id


def test_the_same_key_at_the_same_time_makes_one_inspection(stand: Stand) -> None:
    """Eight requests with one key race; all get the same inspection."""
    submission = Submission("a.jpg", idempotency_key="once")
    with ThreadPoolExecutor(8) as threads:
        accepted = list(
            threads.map(
                lambda _: stand.service.inspections.intake.accept(jpeg(), submission).id, range(8)
            )
        )
    assert len(set(accepted)) == 1
    assert stand.service.operation.figures.counters().accepted == 1


def test_the_same_picture_twice_is_two_inspections_and_one_file(stand: Stand) -> None:
    """Without a key each submission is its own inspection; the bytes are kept once."""
    first, second = stand.accept(1), stand.accept(1)
    assert first.id != second.id
    assert files(stand) == [first.picture.sha256]
