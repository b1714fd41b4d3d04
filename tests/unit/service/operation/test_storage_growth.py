"""When the disk will be full, by what came lately."""

from __future__ import annotations

from datetime import timedelta

import pytest

from safety_detector.service.operation.storage_growth import StorageGrowth
from safety_detector.service.retention.retention import KEEP_EVERYTHING, KeepPolicy
from tests.service_stand import Stand

DAY = 86_400


def growth(stand: Stand, keep: KeepPolicy = KEEP_EVERYTHING) -> StorageGrowth:
    """It, with what retention keeps."""
    return StorageGrowth(stand.service.database, stand.service.storage, keep, stand.clock)


def test_nothing_is_told_too_early(stand: Stand) -> None:
    """Neither without a picture nor by the pictures of a few minutes."""
    assert growth(stand).standing().grows_bytes_a_day is None
    stand.accept()
    stand.clock.advance(600)
    found = growth(stand).standing()
    assert (found.grows_bytes_a_day, found.full_at) == (None, None)
    assert found.stored_bytes > 0


@pytest.mark.parametrize("days", [1, 3, 30])
def test_it_grows_by_the_pictures_of_the_last_week(stand: Stand, days: int) -> None:
    """Of a service that runs for longer the week alone counts."""
    for seed in range(6):
        stand.accept(seed)
    stand.clock.advance(days * DAY - 3600)
    for seed in range(6, 12):
        stand.accept(seed)
    stand.clock.advance(3600)
    found = growth(stand).standing()
    assert found.grows_bytes_a_day is not None
    number, over = (12, days) if days < 7 else (6, 7)
    each = found.stored_bytes / 12
    assert found.grows_bytes_a_day == pytest.approx(number * each / over, rel=0.02)
    assert found.measured_over == pytest.approx(timedelta(days=over), abs=timedelta(minutes=1))


def test_retention_keeps_a_disk_from_filling_up(stand: Stand) -> None:
    """Where as much goes as comes there is no day on which it is full."""
    stand.accept()
    stand.clock.advance(2 * DAY)
    for keep in (KeepPolicy(timedelta(days=1)), KeepPolicy(max_bytes=10**6)):
        found = growth(stand, keep).standing()
        assert found.grows_bytes_a_day
        assert found.full_at is None
