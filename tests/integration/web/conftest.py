"""APIs for the tests in this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.api_server import Api, ApiRunner, make_jpeg


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[ApiRunner]:
    """Starts APIs; they end with the test."""
    runner = ApiRunner(tmp_path)
    yield runner
    runner.stop()


@pytest.fixture
def api(runner: ApiRunner) -> Api:
    """An API without keys, open on loopback."""
    return runner.start()


@pytest.fixture
def client(api: Api) -> Iterator[httpx2.Client]:
    """A client of it."""
    with api.client() as client:
        yield client


@pytest.fixture
def jpeg() -> bytes:
    """A small picture."""
    return make_jpeg()
