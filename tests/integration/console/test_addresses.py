"""Whatever stands in the address of a page, it is shown, or it is said what is wrong."""

from __future__ import annotations

import pytest

from safety_detector.database.engine import Database
from tests.api_server import ApiRunner
from tests.console_stand import add_incidents

pytestmark = pytest.mark.processes

WRONG = [
    "since=0001-01-01T00:00:00%2B14:00",
    "since=0001-01-01",
    "until=9999-12-31T23:59:59-14:00",
    "until=9999-12-31",
    "since=yesterday",
    "camera_id=%00",
    "camera_id=gate%00",
    "assignee=%00",
    "assignee=Wang%00",
    "assignee=" + "x" * 300,
    "cursor=%00",
    "cursor=01KAJ8W4T02M5QCZXK1D7H3R9%00",
    "cursor=nothing",
    "state=nothing",
]
RIGHT = [
    "",
    "state=&stage=&hazard=&severity=&camera_id=&since=&until=&cursor=&assignee=",
    "since=2026-11-21&until=2026-11-22",
    "since=2026-11-21T08:00:00%2B08:00",
    "since=2026-11-21T08:00:00+08:00",
    "since=2026-11-21T08:00",
    "camera_id=camera-1&assignee=王",
    "cursor=01KAJ8W4T02M5QCZXK1D7H3R9N",
    "of=another+page",
]


def test_an_address_is_understood_or_refused(runner: ApiRunner, database: Database) -> None:
    """What no clock or database can hold is a mistake of the address and not of the program."""
    api = runner.start(database=database)
    (incident_id,) = add_incidents(api, "Gate 1")
    one = f"/incidents/{incident_id}?pictures="
    wrong = [f"/incidents?{query}" for query in WRONG] + [f"{one}%00", f"{one}nothing"]
    right = [f"/incidents?{query}" for query in RIGHT] + [one]
    with api.client() as client:
        found = {path: client.get(path).status_code for path in wrong + right}
        assert found == dict.fromkeys(wrong, 422) | dict.fromkeys(right, 200)
        for path in (
            "/v1/incidents?cursor=%00",
            f"/v1/incidents/{incident_id}/pictures?cursor=%00",
        ):
            assert client.get(path).status_code == 422, path
        shown = client.get("/incidents?since=2026-11-21&camera_id=camera-1")
        assert incident_id in shown.text
        assert 'value="2026-11-21"' in shown.text
