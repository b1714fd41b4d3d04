"""Now: what waits, what is broken in words, and today beside the same day of last week."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from safety_detector.database.tables import incidents
from safety_detector.host.disk_room import DiskShare, RoomPolicy
from safety_detector.service.incidents.rows import BITS_OF_CAMERAS
from tests.api_server import Api, ApiRunner

from .conftest import Visits

pytestmark = pytest.mark.processes


@pytest.mark.parametrize(("locale", "fire"), [("en-US", "Fire"), ("zh-CN", "火焰")])
def test_today_is_counted_by_hazard(visits: Visits, api: Api, locale: str, fire: str) -> None:
    """Beside the same day of last week by this time; a count leads to what it counts."""
    page = visits.page(locale=locale)
    page.goto(api.url)
    row = page.locator(".counts").get_by_role("row").filter(has_text=fire)
    expect(row.get_by_role("cell")).to_have_text(["3", "0"])
    rows = page.locator(".counts tbody tr")
    assert [one.locator("td").first.inner_text() for one in rows.all()] == ["3", "0", "0", "0"]
    expect(page.locator(".counts tfoot td")).to_have_text(["3", "0"])
    row.get_by_role("link").click()
    page.wait_for_url("**/incidents?hazard=fire&since=*")
    expect(page.locator("tbody tr")).to_have_count(3)


@pytest.mark.parametrize(
    ("locale", "storage", "workers"),
    [("en-US", "Storage", "Workers"), ("zh-CN", "存储", "处理进程")],
)
def test_what_is_broken_is_said_in_words(
    runner: ApiRunner, locale: str, storage: str, workers: str
) -> None:
    """A full disk, and that nobody works; with the way to more."""
    full = runner.start(room=RoomPolicy(DiskShare(share=1.0), DiskShare()))
    with full.client() as client:
        shown = client.get("/", headers={"Accept-Language": locale}).text
    assert "state-open" in shown.partition('data-refresh="broken"')[2].partition("</section>")[0]
    for name in (storage, workers):
        assert f"<b>{name}</b>" in shown
    assert 'href="/system"' in shown


def test_what_is_in_hand_are_hazards(api: Api) -> None:
    """A state's count is that of the list behind it, and counts no fault of a camera."""
    changed = update(incidents).where(incidents.c.camera_id == "camera-3")
    with api.service.database.write() as connection:
        connection.execute(changed.values(hazard_bits=BITS_OF_CAMERAS))
    with api.client() as client:
        hazards = client.get("/v1/incidents?state=open&of_camera=false").json()["incidents"]
        faults = client.get("/v1/incidents?state=open&of_camera=true").json()["incidents"]
        told = client.get("/").text
        behind = client.get("/incidents?state=open&of_camera=true").text
    assert faults
    count = re.search(r'state=open&amp;of_camera=false">[^<]*</a></dt><dd>(\d+)</dd>', told)
    assert count
    assert int(count[1]) == len(hazards)
    assert 'value="true" selected' in behind
    assert behind.count("<tr data-card") == len(faults)
