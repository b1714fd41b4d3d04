"""Who may do what: every route without a key, with the wrong scope, with another camera's key."""

from __future__ import annotations

import base64
import importlib
import pkgutil
import re
import socket
from collections.abc import Iterator

import httpx2
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

import safety_detector.web
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import Scope
from safety_detector.web.app import WebOptions
from tests.api_server import Api, ApiRunner, make_jpeg

# By its parameter's name, what a path names; everything else is named by an id that nothing has.
_NAMES = {"camera_id": "gate-3", "volume": "1"}
_ID = "01KAJ8W4T0X2V7Q9R5N3M1B6CD"

_TEMPLATES = [
    ("POST", "/v1/inspections", Scope.SUBMIT),
    ("GET", "/v1/inspections", Scope.READ),
    ("GET", "/v1/inspections/{inspection_id}", Scope.READ),
    ("GET", "/v1/inspections/{inspection_id}/original", Scope.READ),
    ("GET", "/v1/inspections/{inspection_id}/annotated", Scope.READ),
    ("GET", "/v1/inspections/{inspection_id}/report.pdf", Scope.READ),
    ("POST", "/v1/batches", Scope.SUBMIT),
    ("GET", "/v1/batches", Scope.READ),
    ("GET", "/v1/batches/{batch_id}", Scope.READ),
    ("GET", "/v1/batches/{batch_id}/results.csv", Scope.READ),
    ("GET", "/v1/batches/{batch_id}/annotated.zip", Scope.READ),
    ("GET", "/v1/batches/{batch_id}/results.jsonl", Scope.READ),
    ("GET", "/v1/batches/{batch_id}/coco.json", Scope.READ),
    ("GET", "/v1/batches/{batch_id}/report.pdf", Scope.READ),
    ("GET", "/v1/batches/{batch_id}/errors.jsonl", Scope.READ),
    ("DELETE", "/v1/batches/{batch_id}/reading", Scope.SUBMIT),
    ("GET", "/v1/events", Scope.READ),
    ("POST", "/v1/cameras", Scope.ADMIN),
    ("GET", "/v1/cameras", Scope.READ),
    ("GET", "/v1/cameras/{camera_id}", Scope.READ),
    ("PUT", "/v1/cameras/{camera_id}", Scope.ADMIN),
    ("DELETE", "/v1/cameras/{camera_id}", Scope.ADMIN),
    ("POST", "/v1/cameras/{camera_id}/reference", Scope.ADMIN),
    ("POST", "/v1/cameras/{camera_id}/frames", Scope.SUBMIT),
    ("POST", "/v1/cameras/test", Scope.ADMIN),
    ("GET", "/v1/cameras/{camera_id}/latest.jpg", Scope.READ),
    ("GET", "/v1/wall", Scope.READ),
    ("GET", "/v1/cameras/{camera_id}/deliveries", Scope.READ),
    ("GET", "/v1/cameras/{camera_id}/device", Scope.READ),
    ("PUT", "/v1/cameras/{camera_id}/device", Scope.ADMIN),
    ("POST", "/v1/receivers/hikvision", Scope.SUBMIT),
    ("POST", "/v1/receivers/hikvision/{camera_id}", Scope.SUBMIT),
    ("POST", "/v1/receivers/dahua", Scope.SUBMIT),
    ("POST", "/v1/receivers/dahua/{camera_id}", Scope.SUBMIT),
    ("GET", "/v1/receivers/deliveries", Scope.ADMIN),
    ("POST", "/v1/requeue", Scope.ADMIN),
    ("DELETE", "/v1/inspections/{inspection_id}", Scope.ADMIN),
    ("GET", "/v1/inspections/{inspection_id}/correction", Scope.READ),
    ("GET", "/v1/inspections/{inspection_id}/corrections", Scope.READ),
    ("PUT", "/v1/inspections/{inspection_id}/correction", Scope.HANDLE),
    ("PUT", "/v1/inspections/{inspection_id}/hold", Scope.ADMIN),
    ("DELETE", "/v1/inspections/{inspection_id}/hold", Scope.ADMIN),
    ("GET", "/v1/holds", Scope.ADMIN),
    ("GET", "/v1/datasets", Scope.READ),
    ("GET", "/v1/datasets/doubtful", Scope.READ),
    ("GET", "/v1/datasets/{format}.zip", Scope.READ),
    ("GET", "/v1/incidents", Scope.READ),
    ("GET", "/v1/incidents/{incident_id}", Scope.READ),
    ("GET", "/v1/incidents/{incident_id}/changes", Scope.READ),
    ("GET", "/v1/incidents/{incident_id}/acts", Scope.READ),
    ("POST", "/v1/incidents/{incident_id}/acts", Scope.HANDLE),
    ("PATCH", "/v1/incidents/{incident_id}", Scope.HANDLE),
    ("GET", "/v1/incidents/{incident_id}/pictures", Scope.READ),
    ("GET", "/v1/incidents/statistics", Scope.READ),
    ("POST", "/v1/channels", Scope.ADMIN),
    ("GET", "/v1/channels", Scope.ADMIN),
    ("GET", "/v1/channels/{channel_id}", Scope.ADMIN),
    ("PUT", "/v1/channels/{channel_id}", Scope.ADMIN),
    ("DELETE", "/v1/channels/{channel_id}", Scope.ADMIN),
    ("GET", "/v1/messages", Scope.ADMIN),
    ("POST", "/v1/channels/{channel_id}/test", Scope.ADMIN),
    ("GET", "/v1/channels/{channel_id}/deliveries", Scope.ADMIN),
    ("GET", "/v1/channels/{channel_id}/deliveries/{message_id}", Scope.ADMIN),
    ("POST", "/v1/channels/{channel_id}/deliveries/{message_id}/resend", Scope.ADMIN),
    ("POST", "/v1/alert-rules", Scope.ADMIN),
    ("GET", "/v1/alert-rules", Scope.ADMIN),
    ("POST", "/v1/alert-rules/dry-run", Scope.ADMIN),
    ("GET", "/v1/alert-rules/week", Scope.ADMIN),
    ("GET", "/v1/alert-rules/{rule_id}", Scope.ADMIN),
    ("PUT", "/v1/alert-rules/{rule_id}", Scope.ADMIN),
    ("DELETE", "/v1/alert-rules/{rule_id}", Scope.ADMIN),
    ("GET", "/v1/incidents/{incident_id}/mask-proposal", Scope.READ),
    ("POST", "/v1/incidents/{incident_id}/mask-proposal", Scope.ADMIN),
    ("POST", "/v1/permits", Scope.ADMIN),
    ("GET", "/v1/permits", Scope.READ),
    ("GET", "/v1/permits/{permit_id}", Scope.READ),
    ("DELETE", "/v1/permits/{permit_id}", Scope.ADMIN),
    ("GET", "/v1/audit", Scope.ADMIN),
    ("GET", "/v1/operation", Scope.READ),
    ("POST", "/v1/reports", Scope.READ),
    ("GET", "/v1/reports", Scope.READ),
    ("GET", "/v1/reports/{report_id}", Scope.READ),
    ("DELETE", "/v1/reports/{report_id}", Scope.ADMIN),
    ("GET", "/v1/reports/{report_id}/report.pdf", Scope.READ),
    ("GET", "/v1/reports/{report_id}/volumes/{volume}.pdf", Scope.READ),
    ("GET", "/metrics", Scope.READ),
]


def filled(template: str) -> str:
    """The path with something in the place of each parameter."""
    return re.sub(r"\{(\w+)\}", lambda found: _NAMES.get(found[1], _ID), template)


ROUTES = [(method, filled(template), scope) for method, template, scope in _TEMPLATES]
OPEN = ["/livez", "/readyz", "/docs", "/openapi.json"]

# What a key with exactly this scope may do.
GRANTS = {
    Scope.SUBMIT: {Scope.SUBMIT},
    Scope.READ: {Scope.READ},
    Scope.HANDLE: {Scope.HANDLE},
    Scope.ADMIN: set(Scope),
}


@pytest.fixture(scope="module")
def locked_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API with keys and two cameras."""
    runner = ApiRunner(tmp_path_factory.mktemp("locked"))
    api = runner.start(WebOptions(open_without_keys=True))
    for camera_id in ("gate-3", "gate-4"):
        api.service.cameras.records.create(CameraSettings("Gate"), camera_id)
    api.key(Scope.ADMIN)
    yield api
    runner.stop()


def ask(api: Api, method: str, path: str, key: str | None) -> httpx2.Response:
    """The answer to a request; a stream is not read."""
    with api.client(key) as client, client.stream(method, path) as response:
        if response.status_code != 200:
            response.read()
        return response


def test_every_route_is_listed_here(locked_api: Api) -> None:
    """A new route must be added to the table of this module."""
    with locked_api.client() as client:
        paths = client.get("/openapi.json").json()["paths"]
    documented = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    listed = {(method, template) for method, template, _ in _TEMPLATES}
    assert documented - {("GET", "/livez"), ("GET", "/readyz")} == listed


def test_no_route_is_hidden_from_the_document() -> None:
    """Only the documentation's own pages are; so the table above misses none."""
    hidden = set()
    prefix = "safety_detector.web."
    for module in pkgutil.walk_packages(safety_detector.web.__path__, prefix):
        router = getattr(importlib.import_module(module.name), "router", None)
        if isinstance(router, APIRouter):
            hidden |= {
                route.path
                for route in router.routes
                if isinstance(route, APIRoute)
                and not (route.include_in_schema and router.include_in_schema)
            }
    assert hidden == {"/docs", "/docs/start.js", "/openapi.json", "/problems/{code}"}


@pytest.mark.attack("authorisation")
@pytest.mark.parametrize(("method", "path", "_scope"), ROUTES)
@pytest.mark.parametrize("key", [None, "sdk_01KAJ8W4T0X2V7Q9R5N3M1B6CD_wrong", "x", "sdk__"])
def test_no_route_opens_without_a_good_key(
    locked_api: Api, method: str, path: str, _scope: Scope, key: str | None
) -> None:
    """Without a key, or with a wrong one, every route answers 401 and how to come in."""
    response = ask(locked_api, method, path, key)
    assert (response.status_code, response.json()["code"]) == (401, "key-required")
    challenge = response.headers["WWW-Authenticate"]
    # Devices at the receivers know Digest, and look no further than the first way.
    first = "Digest realm=" if "/receivers/" in path and method == "POST" else "Basic realm="
    assert challenge.startswith(first)
    assert ", Bearer realm=" in challenge


@pytest.mark.attack("authorisation")
@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for method, path, _ in ROUTES if method in ("POST", "PUT")]
)
def test_a_body_is_not_looked_at_before_its_sender(locked_api: Api, method: str, path: str) -> None:
    """Whoever has no key is told that, however long or broken the body is."""
    headers = {"Content-Type": "application/json"}
    with locked_api.client() as client:
        for body in (b"{", b"[" * 300_000):
            response = client.request(method, path, content=body, headers=headers)
            assert (response.status_code, response.json()["code"]) == (401, "key-required")


@pytest.mark.attack("authorisation")
@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
@pytest.mark.parametrize("granted", list(Scope))
def test_scope_decides(
    locked_api: Api, method: str, path: str, scope: Scope, granted: Scope
) -> None:
    """A key opens the routes of its scopes, and is told 403 at the others."""
    # Of a camera that is not there, so that none is removed.
    path = path.replace("gate-3", "gate-9")
    response = ask(locked_api, method, path, locked_api.key(granted))
    if scope in GRANTS[granted]:
        assert response.status_code not in (401, 403)
    else:
        assert (response.status_code, response.json()["code"]) == (403, "not-allowed")


@pytest.mark.attack("authorisation")
@pytest.mark.parametrize(("method", "path", "_scope"), ROUTES)
def test_camera_key_opens_its_own_frames_alone(
    locked_api: Api, method: str, path: str, _scope: Scope
) -> None:
    """A camera's key pushes to this camera, and may do nothing else."""
    own, other = (locked_api.key(camera_id=name) for name in ("gate-3", "gate-4"))
    if path in ("/v1/receivers/hikvision", "/v1/receivers/dahua"):
        return  # whose picture it is says the key: tests/integration/web/test_receivers.py
    assert ask(locked_api, method, path, other).status_code == 403
    allowed = path.endswith("/frames") or (method == "POST" and "/receivers/" in path)
    assert (ask(locked_api, method, path, own).status_code != 403) == allowed


@pytest.mark.parametrize("path", OPEN)
def test_probes_and_documentation_are_open(locked_api: Api, path: str) -> None:
    """Probes and documentation need no key."""
    assert ask(locked_api, "GET", path, None).status_code == 200


def test_refused_upload_is_not_read(locked_api: Api) -> None:
    """A body without a key is refused before any of it has come."""
    with socket.create_connection(("127.0.0.1", locked_api.port), timeout=120) as connection:
        connection.sendall(
            b"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
            b"Content-Length: 1000000\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")


def test_key_may_come_in_its_own_header(locked_api: Api) -> None:
    """X-API-Key does what Authorization does."""
    with locked_api.client() as client:
        headers = {"X-API-Key": locked_api.key(Scope.READ)}
        assert client.get("/v1/inspections", headers=headers).status_code == 200


@pytest.mark.parametrize("user", ["", "camera", "用户", "a b"])
def test_key_may_be_the_password_of_basic(locked_api: Api, user: str) -> None:
    """HTTP Basic with a key as its password and any user name opens what the key opens."""
    reader, camera = locked_api.key(Scope.READ), locked_api.key(camera_id="gate-3")
    with locked_api.client() as client:
        assert client.get("/v1/inspections", auth=(user, reader)).status_code == 200
        assert client.get("/v1/inspections", auth=(user, camera)).status_code == 403
        pushed = client.post("/v1/cameras/gate-3/frames", content=make_jpeg(), auth=(user, camera))
        assert pushed.status_code == 202


def test_password_of_a_proxy_is_no_key(locked_api: Api, client: httpx2.Client) -> None:
    """A proxy's own password is left alone: the key beside it counts, or none is needed."""
    with locked_api.client() as locked:
        headers = {"X-API-Key": locked_api.key(Scope.READ)}
        answer = locked.get("/v1/inspections", auth=("user", "secret"), headers=headers)
        assert answer.status_code == 200
    assert client.get("/v1/inspections", auth=("user", "secret")).status_code == 200


@pytest.mark.attack("authorisation")
@pytest.mark.parametrize(
    "credentials",
    [
        "====",
        "a2V5",
        "OnNka193cm9uZw==",
        "/////w==",
        "x" * 5000,
        base64.b64encode(b":").decode(),
    ],
)
def test_other_basic_credentials_are_refused(locked_api: Api, credentials: str) -> None:
    """Credentials that are broken, or hold no key of ours, are answered with a challenge."""
    with locked_api.client() as client:
        answer = client.get("/v1/inspections", headers={"Authorization": f"Basic {credentials}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "key-required")


@pytest.mark.attack("authorisation")
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://other.example"},
    ],
)
def test_foreign_pages_cannot_use_a_browser_that_knows_a_key(
    locked_api: Api, headers: dict[str, str]
) -> None:
    """What a browser adds by itself lets no page of another site change anything."""
    with locked_api.client() as client:
        auth = ("user", locked_api.key(Scope.ADMIN))
        removed = client.delete("/v1/cameras/gate-9", auth=auth, headers=headers)
        assert removed.status_code == 403
        own = {"Origin": locked_api.url, "Sec-Fetch-Site": "same-origin"}
        assert client.delete("/v1/cameras/gate-9", auth=auth, headers=own).status_code == 404


def test_revoked_key_is_refused(locked_api: Api) -> None:
    """A key that was revoked opens nothing from that moment on."""
    key, text = locked_api.service.access.keys.create("old", [Scope.READ])
    with locked_api.client(text) as client:
        assert client.get("/v1/inspections").status_code == 200
        locked_api.service.access.keys.revoke(key.id)
        assert client.get("/v1/inspections").status_code == 401


def test_submitter_is_noted(locked_api: Api) -> None:
    """Two callers may use the same idempotency key, each for its own pictures."""
    ids = []
    for seed in (1, 2):
        with locked_api.client(locked_api.key(Scope.SUBMIT)) as client:
            headers = {"Idempotency-Key": "same"}
            response = client.post("/v1/inspections", content=make_jpeg(seed), headers=headers)
            ids.append(response.json()["id"])
    assert len(set(ids)) == 2


def test_service_whose_last_key_is_revoked_stays_locked(runner: ApiRunner) -> None:
    """That nobody has a key any more does not open it to whoever reaches it through a proxy."""
    api = runner.start(WebOptions(open_without_keys=True))
    assert ask(api, "GET", "/v1/inspections", None).status_code == 200
    key, _ = api.service.access.keys.create("the only one", [Scope.READ])
    api.service.access.keys.revoke(key.id)
    assert ask(api, "GET", "/v1/inspections", None).status_code == 401


def test_closed_service_stays_closed_without_keys(runner: ApiRunner) -> None:
    """A service that listens beyond loopback answers nobody while there is no key."""
    api = runner.start(WebOptions(open_without_keys=False))
    assert ask(api, "GET", "/v1/inspections", None).status_code == 401


@pytest.mark.attack("authorisation")
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example:80"},
        {"Host": "[::ffff:10.0.0.1]"},
        {"Host": "["},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_foreign_pages_get_nothing_from_an_open_service(
    client: httpx2.Client, headers: dict[str, str]
) -> None:
    """Without keys, pages from elsewhere in the operator's browser are refused."""
    assert client.get("/v1/inspections", headers=headers).status_code == 403
    assert client.post("/v1/inspections", content=make_jpeg(), headers=headers).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "127.8.9.10:80", "[::1]:8000"])
def test_local_programs_are_served_by_an_open_service(client: httpx2.Client, host: str) -> None:
    """Without keys, programs on this machine are served under each of its names."""
    headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    assert client.get("/v1/inspections", headers=headers).status_code == 200


def test_rate_is_limited_a_key(runner: ApiRunner) -> None:
    """A caller beyond its rate gets 429 and when to come back; others are not affected."""
    api = runner.start(WebOptions(requests_per_second=0.001, burst=3))
    busy, calm = api.key(Scope.READ), api.key(Scope.READ)
    statuses = [ask(api, "GET", "/v1/inspections", busy).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = ask(api, "GET", "/v1/inspections", busy)
    assert (refused.json()["code"], refused.json()["limit"]) == ("rate-limited", 0.001)
    assert 800 <= int(refused.headers["Retry-After"]) <= 1000
    assert ask(api, "GET", "/v1/inspections", calm).status_code == 200
