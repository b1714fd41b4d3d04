"""The shortest way that a person walks, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.api_server import Api

from .conftest import Visits

pytestmark = pytest.mark.processes


@pytest.mark.parametrize(
    ("locale", "waiting", "confirmed"),
    [("en-US", "Nobody has seen these yet", "Confirmed"), ("zh-CN", "待处理", "已确认")],
)
def test_from_now_to_a_judgement(
    visits: Visits, api: Api, locale: str, waiting: str, confirmed: str
) -> None:
    """Now shows what waits; its picture is opened; one key judges it, and it is gone from there."""
    page = visits.page(locale=locale)
    page.goto(api.url)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(waiting + r"\s*3"))
    page.keyboard.press("j")
    card = page.locator('[data-card][aria-current="true"]')
    incident_id = card.get_attribute("data-card")
    page.keyboard.press("o")
    page.wait_for_url(f"**/incidents/{incident_id}")
    annotated, original = page.locator("[data-annotated]"), page.locator("[data-original]")
    expect(annotated).to_be_visible()
    assert annotated.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    page.keyboard.press("v")
    expect(annotated).to_be_hidden()
    assert original.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    page.goto(api.url)
    page.locator(f'[data-card="{incident_id}"]').focus()
    page.keyboard.press("c")
    expect(page.locator(f'[data-card="{incident_id}"]')).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(waiting + r"\s*2"))
    page.goto(f"{api.url}/incidents/{incident_id}")
    expect(page.locator(".plates .state")).to_have_text(confirmed)


def test_the_language_is_changed_with_one_click(visits: Visits, api: Api) -> None:
    """The same page comes back in the other language, with its filter, and stays so."""
    page = visits.page()
    page.goto(f"{api.url}/incidents?state=open")
    page.get_by_role("button", name="中文").click()
    expect(page).to_have_url(f"{api.url}/incidents?state=open")
    expect(page.get_by_role("heading", level=1)).to_have_text("隐患事件")
    page.goto(api.url)
    assert page.locator("html").get_attribute("lang") == "zh-CN"


def test_pages_work_without_scripts(visits: Visits, api: Api) -> None:
    """Scripts spare reloads; judging and filtering do without them."""
    page = visits.page(java_script_enabled=False)
    page.goto(api.url)
    page.locator("button.confirm").first.click()
    expect(page.locator("[data-card]")).to_have_count(2)
    page.get_by_role("link", name="Incidents").click()
    page.get_by_label("State").select_option("confirmed")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(1)
