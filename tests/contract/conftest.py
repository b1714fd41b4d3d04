"""The real server, as the tests of this folder see it; without one they are not collected."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from safety_detector.detectors.qwen.dialects import Dialect, dialect_for_model
from safety_detector.detectors.qwen.prompts import Prompt, make_prompt
from safety_detector.detectors.qwen.servers.model_server import ModelServer
from tests.compose_file import read_compose
from tests.contract.record import Finding, add_finding

# `make contract` says where the server is.
collect_ignore_glob = [] if "CONTRACT_URL" in os.environ else ["test_*.py"]

MODEL = read_compose()["services"]["worker-qwen"]["environment"]["SAFETY_QWEN_MODEL"]
TIMEOUT_S = 300.0  # the machine may be busy with other things

Note = Callable[[str, str, object], None]


@pytest.fixture
def note() -> Note:
    """Writes down what the server did: section, what was asked, what was seen."""

    def write(section: str, asked: str, said: object) -> None:
        add_finding(Path(os.environ["CONTRACT_FINDINGS"]), Finding(section, asked, str(said)))

    return write


@pytest.fixture(scope="session")
def url() -> str:
    """The server's base URL."""
    return os.environ["CONTRACT_URL"]


@pytest.fixture(scope="session")
def key() -> str:
    """The server's API key."""
    return os.environ["CONTRACT_API_KEY"]


@pytest.fixture
def server(url: str, key: str) -> Iterator[ModelServer]:
    """Our side of the connection, fresh for each test."""
    server = ModelServer(url, MODEL, key, TIMEOUT_S)
    yield server
    server.close()


@pytest.fixture(scope="session")
def dialect() -> Dialect:
    """The model family's grid."""
    return dialect_for_model(MODEL)


@pytest.fixture(params=["zh", "en"])
def any_prompt(request: pytest.FixtureRequest, dialect: Dialect) -> Prompt:
    """Each built-in prompt."""
    return make_prompt(request.param, dialect)


@pytest.fixture
def prompt(dialect: Dialect) -> Prompt:
    """The usual prompt."""
    return make_prompt("zh", dialect)


class RawServer:
    """The server without our client, for what our client never asks."""

    def __init__(self, url: str, key: str) -> None:
        self._client = httpx2.Client(
            base_url=url.removesuffix("/v1"),
            headers={"Authorization": f"Bearer {key}"},
            timeout=TIMEOUT_S,
            trust_env=False,
            # The server cuts a connection behind some of its refusals.
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    def get(self, path: str, *, with_key: bool = True) -> httpx2.Response:
        """One look."""
        headers = {} if with_key else {"Authorization": ""}
        return self._client.get(path, headers=headers)

    def chat(self, content: list[dict[str, object]], **more: object) -> httpx2.Response:
        """One question to the model, in one piece."""
        message = {"role": "user", "content": content}
        return self.post(
            {"model": MODEL, "messages": [message], "max_tokens": 8, "temperature": 0, **more}
        )

    def post(self, body: dict[str, object]) -> httpx2.Response:
        """One request to the model."""
        return self._client.post("/v1/chat/completions", json=body)

    def metric(self, name: str) -> float:
        """The sum of one of its counters."""
        lines = self.get("/metrics").text.splitlines()
        values = [
            line.rsplit(" ", 1)[1] for line in lines if line.startswith((f"{name}{{", f"{name} "))
        ]
        assert values, name
        return sum(map(float, values))

    def becomes_idle(self, within_s: float) -> bool:
        """Whether nothing is being answered or waits, before the time is over."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            names = ("vllm:num_requests_running", "vllm:num_requests_waiting")
            if not any(self.metric(name) for name in names):
                return True
            time.sleep(0.05)
        return False

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


@pytest.fixture
def raw(url: str, key: str) -> Iterator[RawServer]:
    """The server without our client."""
    raw = RawServer(url, key)
    yield raw
    raw.close()
