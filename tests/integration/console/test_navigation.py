"""The row at the top: it holds all pages on a desk, and is a menu on a telephone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from safety_detector.console.rendering import NAVIGATION
from tests.api_server import Api

from .conftest import Visits

pytestmark = pytest.mark.processes


def is_as_wide_as_its_window(page: Page) -> bool:
    """Whether nothing sticks out to the side."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return wide <= 0


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_all_pages_stand_in_the_row_of_a_desk(visits: Visits, api: Api, locale: str) -> None:
    """Each is in one line with the others, and none sticks out."""
    page = visits.page(locale=locale, viewport={"width": 1280, "height": 800})
    page.goto(api.url)
    links = page.locator(".top nav a")
    expect(links).to_have_count(len(NAVIGATION))
    boxes = [box for one in links.all() if (box := one.bounding_box())]
    assert len({box["y"] for box in boxes}) == 1
    assert max(box["x"] + box["width"] for box in boxes) < 1100  # name and language stand beside
    assert is_as_wide_as_its_window(page)
    expect(page.locator(".top nav [aria-current]")).to_have_count(1)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_telephone_has_a_menu(visits: Visits, api: Api, locale: str) -> None:
    """It says where one is, opens with a tap or a key, and leads to every page."""
    page = visits.page(locale=locale, viewport={"width": 390, "height": 800})
    page.goto(api.url)
    links = page.locator(".top nav a")
    expect(links.first).to_be_hidden()
    assert is_as_wide_as_its_window(page)
    menu = page.locator(".menu-button")
    expect(menu).to_have_text(links.first.text_content() or "")
    menu.focus()
    page.keyboard.press("Enter")
    for link in links.all():
        expect(link).to_be_in_viewport()
    page.locator('.top nav a[href="/incidents"]').click()
    page.wait_for_url("**/incidents")
    expect(links.first).to_be_hidden()
    expect(page.locator(".menu-button")).to_have_text(
        page.locator(".top nav [aria-current]").text_content() or ""
    )
