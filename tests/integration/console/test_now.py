"""Now: what waits, what is broken in words, and today beside the same day of last week."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from safety_detector.host.disk_room import DiskShare, RoomPolicy
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
