"""Pictures by URL while other servers keep silent: whoever answers is not held up by them."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import httpx2
import pytest

from safety_detector.ingest.fetching import FetchPolicy
from safety_detector.service.records import Scope
from safety_detector.web.app import WebOptions
from safety_detector.web.inspections import fetch_places
from tests.api_server import Api, ApiRunner, make_jpeg

PATIENCE_S = 600.0


class Camera(BaseHTTPRequestHandler):
    """Gives a picture at once."""

    def do_GET(self) -> None:
        """One picture."""
        picture = make_jpeg()
        self.send_response(200)
        self.send_header("Content-Length", str(len(picture)))
        self.end_headers()
        self.wfile.write(picture)

    def log_message(self, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def good_url() -> Iterator[str]:
    """A camera that answers at once."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Camera) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/snap.jpg"
        server.shutdown()
        thread.join()


class SilentServers:
    """Servers that take connections and say nothing until they are closed.

    Args:
        count: how many, each on a port of its own.
    """

    def __init__(self, count: int) -> None:
        self._listeners = [
            socket.create_server(("127.0.0.1", 0), backlog=500) for _ in range(count)
        ]
        self._taken: list[socket.socket] = []
        self.urls = [f"http://127.0.0.1:{one.getsockname()[1]}/" for one in self._listeners]

    def wait_for_connections(self, count: int) -> None:
        """Returns when so many clients wait for an answer."""
        with selectors.DefaultSelector() as selector:
            for listener in self._listeners:
                selector.register(listener, selectors.EVENT_READ)
            while len(self._taken) < count:
                ready = selector.select(PATIENCE_S)
                assert ready, f"{len(self._taken)} connections came"
                self._taken += [key.fileobj.accept()[0] for key, _ in ready]  # type: ignore[union-attr]

    def close(self) -> None:
        """Hangs up."""
        for one in (*self._taken, *self._listeners):
            one.close()


def start(runner: ApiRunner) -> Api:
    """An API that may fetch from this machine, and is as patient as the test."""
    policy = FetchPolicy(allow=(ip_network("127.0.0.0/8"),), deadline=timedelta(seconds=PATIENCE_S))
    return runner.start(WebOptions(fetch=policy, open_without_keys=True))


def submit(api: Api, url: str, key: str | None = None) -> httpx2.Response:
    """Asks for a picture by URL."""
    with api.client(key, timeout_s=PATIENCE_S) as client:
        return client.post("/v1/inspections", json={"url": url})


@pytest.mark.parametrize(("servers", "each"), [(1, 20), (20, 1), (200, 1), (40, 5)])
def test_a_good_url_does_not_wait_for_silent_ones(
    runner: ApiRunner, good_url: str, servers: int, each: int
) -> None:
    """However many there are, of one camera or of many: it is fetched while they hang."""
    api, silent = start(runner), SilentServers(servers)
    with ThreadPoolExecutor(servers * each) as threads:
        hanging = [threads.submit(submit, api, url) for url in silent.urls * each]
        try:
            silent.wait_for_connections(servers * min(each, 8))
            assert submit(api, good_url).status_code == HTTPStatus.ACCEPTED
            assert not all(one.done() for one in hanging)
        finally:
            silent.close()


def test_what_has_no_place_is_told_when_to_come_back(
    runner: ApiRunner, good_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another key's pictures are fetched all the same."""
    monkeypatch.setattr(fetch_places, "_OF_ONE_KEY", 2)
    monkeypatch.setattr(fetch_places, "_OF_ONE_SERVER", 1)
    monkeypatch.setattr(fetch_places, "_LONGEST_WAIT_S", 0.2)
    api, silent = start(runner), SilentServers(2)
    greedy, other = api.key(Scope.SUBMIT), api.key(Scope.SUBMIT)
    with ThreadPoolExecutor(4) as threads, ExitStack() as stack:
        stack.callback(silent.close)
        for url in silent.urls:
            threads.submit(submit, api, url, greedy)
        silent.wait_for_connections(2)
        for url, words in ((silent.urls[0], "from 127.0.0.1:"), (good_url, "with this API key")):
            refused = submit(api, url, greedy)
            assert (refused.status_code, refused.json()["code"]) == (503, "fetches-busy")
            assert words in refused.json()["detail"]
            assert int(refused.headers["Retry-After"]) > 0
        assert submit(api, good_url, other).status_code == HTTPStatus.ACCEPTED


def test_bytes_that_arrive_are_counted_over_all_fetches(
    runner: ApiRunner, good_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many places must not mean as much memory; what was held is free again afterwards."""
    api = start(runner)
    size = len(make_jpeg())
    monkeypatch.setattr(fetch_places, "_MOST_BYTES", size - 1)
    refused = submit(api, good_url)
    assert (refused.status_code, refused.json()["code"]) == (503, "fetches-busy")
    monkeypatch.setattr(fetch_places, "_MOST_BYTES", size)
    for _ in range(3):
        assert submit(api, good_url).status_code == HTTPStatus.ACCEPTED
