"""Pages of other origins that the operator has named."""

from __future__ import annotations

import httpx2
import pytest

from safety_detector.service.records import Scope
from safety_detector.web.app import WebOptions
from tests.api_server import Api, ApiRunner, make_jpeg, options_with

CONSOLE = "https://console.example"
PATHS = [
    ("POST", "/v1/inspections"),
    ("GET", "/v1/inspections/01KAJ8W4T0X2V7Q9R5N3M1B6CD"),
    ("DELETE", "/v1/cameras/gate-3"),
    ("PUT", "/v1/cameras/gate-3"),
    ("GET", "/v1/events"),
    ("GET", "/readyz"),
    ("GET", "/nowhere"),
]


@pytest.fixture
def shared_api(runner: ApiRunner) -> Api:
    """An API with a key, whose operator has named one origin."""
    api = runner.start(WebOptions(cors_origins=(CONSOLE,)))
    api.key(Scope.ADMIN)
    return api


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_preflight_is_answered_without_a_key(shared_api: Api, method: str, path: str) -> None:
    """A browser may ask for every route whether it may ask, with the headers that we read."""
    with shared_api.client() as client:
        answer = client.options(
            path,
            headers={
                "Origin": CONSOLE,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "authorization,content-type,prefer",
            },
        )
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == CONSOLE
    assert method in answer.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.attack("cross-origin")
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://console.example",
        "https://console.example.evil.example",
        "https://console.example:8443",
        "*",
    ],
)
def test_other_origins_get_no_permission(shared_api: Api, origin: str) -> None:
    """An origin that nobody named is given no header that lets its pages read."""
    with shared_api.client(shared_api.key(Scope.READ)) as client:
        preflight = client.options(
            "/v1/inspections",
            headers={"Origin": origin, "Access-Control-Request-Method": "GET"},
        )
        answer = client.get("/v1/inspections", headers={"Origin": origin})
    assert preflight.status_code == 400
    for one in (preflight, answer):
        assert "Access-Control-Allow-Origin" not in one.headers


def test_errors_can_be_read_by_the_page(runner: ApiRunner) -> None:
    """Refusals carry the same permission as results, so that the page can say what was wrong."""
    options = options_with(max_request_bytes=1000)
    api = runner.start(WebOptions(limits=options.limits, cors_origins=(CONSOLE,)))
    key = api.key(Scope.ADMIN)
    origin = {"Origin": CONSOLE}
    with api.client() as client:
        refusals = {
            401: client.get("/v1/inspections", headers=origin),
            404: client.get("/nowhere", headers=origin),
            405: client.put("/livez", headers=origin),
        }
        auth = origin | {"Authorization": f"Bearer {key}"}
        refusals[413] = client.post("/v1/inspections", files={"files": make_jpeg()}, headers=auth)
        refusals[415] = client.post(
            "/v1/inspections", content=b"x", headers=auth | {"Content-Type": "text/html"}
        )
        refusals[422] = client.get("/v1/inspections?limit=0", headers=auth)
    for status, answer in refusals.items():
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == CONSOLE
        assert "Location" in answer.headers["Access-Control-Expose-Headers"]


def test_answers_vary_by_origin(shared_api: Api) -> None:
    """No cache hands an answer for one origin to another."""
    with shared_api.client() as client:
        for headers in ({}, {"Origin": CONSOLE}, {"Origin": "https://evil.example"}):
            assert "Origin" in client.get("/readyz", headers=headers).headers["Vary"]


def test_named_page_may_use_an_open_service(runner: ApiRunner) -> None:
    """Without keys, on this machine, pages that the operator named are served, and no others."""
    api = runner.start(WebOptions(open_without_keys=True, cors_origins=("http://localhost:3000",)))
    with api.client() as client:
        named = {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}
        assert client.post("/v1/inspections", content=make_jpeg(), headers=named).is_success
        other = {"Origin": "http://localhost:4000", "Sec-Fetch-Site": "same-site"}
        assert client.get("/v1/inspections", headers=other).status_code == 403


def test_no_origin_is_named_by_default(client: httpx2.Client) -> None:
    """Unless the operator names origins, no answer permits anything."""
    answer = client.get("/livez", headers={"Origin": CONSOLE})
    assert not [name for name in answer.headers if name.startswith("access-control")]
