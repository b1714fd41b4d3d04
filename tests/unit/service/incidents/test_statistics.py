"""Incidents are counted as the clocks of the place count."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from safety_detector.database.tables import incidents
from safety_detector.domain.incidents.handling import HandlingState
from safety_detector.service.incidents.records import IncidentFilter
from safety_detector.service.incidents.statistics import IncidentStatistics
from tests.service_stand import Stand


def opened(number: int, at: datetime) -> dict[str, object]:
    """A row of a fire."""
    return {
        "id": f"{number:026d}", "camera_id": "gate", "stage": "ended", "hazards": ["fire"],
        "hazard_bits": 1, "severity": 1, "first_seen_at": at, "opened_at": at, "last_seen_at": at,
        "looks": 1, "sightings": 1, "verified": False, "extent": 0.1, "state": "confirmed",
        "review": "confirmed", "acknowledged_at": at + timedelta(seconds=90),
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
)
def test_days_and_hours_are_those_of_the_place(stand: Stand, name: str) -> None:
    """Over a year with both changes of the clocks, by whole, half and quarter hours."""
    zone = ZoneInfo(name)
    start = datetime(2025, 11, 1, tzinfo=UTC)
    moments = [start + timedelta(hours=7 * n, minutes=n % 60) for n in range(1400)]
    with stand.service.database.write() as connection:
        connection.execute(insert(incidents), [opened(n, at) for n, at in enumerate(moments)])
    counting = IncidentStatistics(stand.service.database, stand.clock, zone)
    found = counting.of(IncidentFilter())
    local = [at.astimezone(zone) for at in moments]
    days = Counter(at.date().isoformat() for at in local)
    hours = Counter(str(at.hour) for at in local)
    assert {day: one.found for day, one in found.by_day.items()} == days
    assert {hour: one.found for hour, one in found.by_hour.items()} == hours
    assert list(found.by_hour) == [str(hour) for hour in range(24)]
    assert found.total.found == found.by_state[HandlingState.CONFIRMED] == 1400
    assert found.total.mean_s_to_acknowledge == pytest.approx(90, abs=0.01)
