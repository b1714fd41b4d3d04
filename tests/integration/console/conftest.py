"""APIs with incidents, and a real browser, for the tests in this folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.api_server import Api, ApiRunner
from tests.console_stand import add_incidents

sync_api = pytest.importorskip("playwright.sync_api")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[ApiRunner]:
    """Starts APIs; they end with the test."""
    runner = ApiRunner(tmp_path)
    yield runner
    runner.stop()


@pytest.fixture
def api(runner: ApiRunner) -> Api:
    """An API without accounts and keys, with three incidents."""
    api = runner.start()
    add_incidents(api, "Gate 1", "2 号门", "Gate 3")
    return api


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, of the system; while its event loop runs no other test can have one."""
    if _CHROMIUM is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    sync_api.expect.set_options(timeout=20_000)  # a busy machine is no fault of a page
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


class Visits:
    """Browser windows of one test, and what they complain of or ask elsewhere.

    Args:
        browser: makes them.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.asked: list[str] = []

    def context(self, **options: object) -> BrowserContext:
        """A browser of somebody's own, with cookies of its own."""
        context = self._browser.new_context(**{"locale": "en-US", **options})
        context.set_default_timeout(60_000)
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("console", lambda said: self._note(said.type, said.text))
        context.on("weberror", lambda error: self._note("error", str(error.error)))
        self._contexts.append(context)
        return context

    def page(self, **options: object) -> Page:
        """A window of a new browser."""
        return self.context(**options).new_page()

    def close(self) -> None:
        """Closes all of them."""
        for context in self._contexts:
            context.close()

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


@pytest.fixture
def visits(browser: Browser, api: Api) -> Iterator[Visits]:
    """Windows; none asks another server, or is stopped by the policy of its page."""
    visits = Visits(browser)
    yield visits
    visits.close()
    assert [one for one in visits.asked if not one.startswith((api.url, "blob:"))] == []
    assert [one for one in visits.complaints if "Content Security Policy" in one] == []
