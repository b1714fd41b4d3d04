"""Every picture on a page: found by an address, chosen, and sent from a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.api_server import Api, make_jpeg

from .conftest import Visits

pytestmark = pytest.mark.processes


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., list[Path]]:
    """Writes pictures of these names into a folder, another picture each; gives their paths."""

    def write(*names: str, seed: int = 500) -> list[Path]:
        folder = tmp_path / "files"
        paths = [folder / name for name in names]
        for number, path in enumerate(paths):
            path.parent.mkdir(parents=True, exist_ok=True)
            is_picture = path.suffix in (".jpg", ".png")
            path.write_bytes(make_jpeg(seed + number) if is_picture else b"no picture at all")
        return paths

    return write


def send(page: Page, *paths: Path) -> None:
    """Chooses files for sending."""
    panel = page.locator("[data-send]")
    if panel.get_attribute("open") is None:
        panel.locator("summary").click()
    page.locator('input[name="files"]').set_input_files(list(paths))


def inspections(api: Api, **query: str) -> list[dict[str, object]]:
    """What REST lists."""
    with api.client() as client:
        listed: list[dict[str, object]] = client.get(
            "/v1/inspections", params={"limit": "500", **query}
        ).json()["inspections"]
    return listed


@pytest.mark.parametrize(
    ("locale", "summary", "hazard"),
    [("en-US", "2 / 3 arrived · 1 not accepted", "Fire"), ("zh-CN", "已接收 · 1 未接收", "火焰")],
)
def test_what_is_sent_is_answered_on_the_spot(
    visits: Visits,
    api: Api,
    files: Callable[..., list[Path]],
    locale: str,
    summary: str,
    hazard: str,
) -> None:
    """Each file says what became of it; the result comes to it by itself."""
    page = visits.page(locale=locale)
    page.goto(f"{api.url}/pictures")
    send(page, *files("a.jpg", "b.jpg", "notes.txt"))
    expect(page.locator(".sending-sum")).to_contain_text(summary)
    expect(page.locator(".file.refused")).to_contain_text("notes.txt")
    results = page.locator("[data-results] .tile")
    expect(results).to_have_count(2)
    api.work()
    expect(page.locator("[data-results] .tile:not([data-unfinished])")).to_have_count(2)
    expect(results.first.locator(".plate")).to_have_text(re.compile(hazard, re.IGNORECASE))
    image = results.first.locator("img")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert {one["image"]["name"] for one in inspections(api)} >= {"a.jpg", "b.jpg"}  # type: ignore[index]
