"""A real nginx before the API: prefixes, TLS, and clients that lie."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from safety_detector.service.records import Scope
from safety_detector.web.app import WebOptions
from safety_detector.web.connection.forwarding import ProxyOptions
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.certificates import make_certificate
from tests.nginx_server import nginx
from tests.ports import free_port

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
BY_HAND = ProxyOptions("/safety")
BY_HEADER = ProxyOptions("", LOOPBACK)

STRIPPING = "location /safety/ {{ proxy_pass http://127.0.0.1:{api}/; {headers} }}"
KEEPING = "location /safety/ {{ proxy_pass http://127.0.0.1:{api}; {headers} }}"
ALL_HEADERS = (
    "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr; "
    "proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $http_host; "
    "proxy_set_header X-Forwarded-Prefix /safety;"
)


@contextmanager
def behind(api: Api, folder: Path, location: str, headers: str) -> Iterator[str]:
    """The address of nginx with this location before the API."""
    port = free_port()
    inside = location.format(api=api.port, headers=headers)
    with nginx(folder, f"server {{ listen 127.0.0.1:{port}; {inside} }}", port):
        yield f"http://127.0.0.1:{port}"


def follow_everything(base: str, api: Api, verify: ssl.SSLContext | bool = True) -> None:
    """Submits a picture below the prefix and follows every link that comes back."""
    key = api.key(Scope.ADMIN)
    headers = {"Authorization": f"Bearer {key}"}
    with httpx2.Client(
        base_url=base, headers=headers, timeout=120, trust_env=False, verify=verify
    ) as client:
        submitted = client.post(
            "/safety/v1/inspections", content=make_jpeg(), headers={"Content-Type": "image/jpeg"}
        )
        assert submitted.status_code == 202, submitted.text
        api.work()
        assert client.get(submitted.headers["Location"]).status_code == 200
        for link in submitted.json()["links"].values():
            assert client.get(link).status_code == 200, link
        camera = client.post("/safety/v1/cameras", json={"id": "gate-3", "name": "Gate"})
        assert client.get(camera.headers["Location"]).json()["id"] == "gate-3"
        report = client.post("/safety/v1/reports", json={"camera_id": "gate-3"})
        assert client.get(report.headers["Location"]).status_code == 200
        refused = client.get("/safety/v1/inspections?limit=0")
        assert client.get(refused.json()["type"]).json()["code"] == "request-invalid"
        with client.stream("GET", "/safety/v1/events?after=0-0") as events:
            links = next(
                re.findall(r'"self":"([^"]+)"', line)
                for line in events.iter_lines()
                if '"self"' in line
            )
        assert client.get(links[0]).status_code == 200
        follow_pages(client)


def follow_pages(client: httpx2.Client) -> None:
    """Console and documentation load all that they name, and the document leads back."""
    for path in ("/safety/", "/safety/docs"):
        page = client.get(path)
        assert page.status_code == 200
        for name in re.findall(r'(?:src|href)="([^"#]+)"', page.text):
            assert client.get(page.url.join(name)).status_code == 200, name
    document = client.get(page.url.join("openapi.json"))
    (server,) = document.json()["servers"]
    base = document.url.join(server["url"])
    assert base.path == "/safety"
    assert client.get(f"{str(base).rstrip('/')}/livez").status_code == 200


@pytest.mark.parametrize("location", [STRIPPING, KEEPING], ids=["stripping", "keeping"])
@pytest.mark.parametrize(
    ("proxies", "headers"), [(BY_HAND, ""), (BY_HEADER, ALL_HEADERS)], ids=["option", "header"]
)
def test_all_links_lead_through_the_proxy(
    runner: ApiRunner, tmp_path: Path, location: str, proxies: ProxyOptions, headers: str
) -> None:
    """Below a prefix every address in an answer works, whether nginx takes it off or not."""
    api = runner.start(WebOptions(proxies=proxies))
    with behind(api, tmp_path, location, headers) as base:
        follow_everything(base, api)


def test_example_in_deploy_works(runner: ApiRunner, tmp_path: Path) -> None:
    """deploy/nginx.conf, with another port and certificate, serves everything over TLS."""
    api = runner.start(WebOptions(proxies=BY_HEADER))
    files, port = make_certificate(tmp_path), free_port()
    example = Path("deploy/nginx.conf").read_text(encoding="utf-8")
    for written, here in {
        "127.0.0.1:8000": f"127.0.0.1:{api.port}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/nginx/tls/safety.pem": str(files.cert),
        "/etc/nginx/tls/safety.key": str(files.key),
    }.items():
        assert written in example
        example = example.replace(written, here)
    with nginx(tmp_path, example, port):
        follow_everything(
            f"https://127.0.0.1:{port}", api, ssl.create_default_context(cafile=files.cert)
        )


@pytest.mark.attack("forwarding")
@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Prefix": "//evil.example"},
        {"X-Forwarded-Prefix": "/evil", "X-Forwarded-Host": "evil.example"},
        {"Forwarded": "for=127.0.0.1;host=evil.example;proto=https"},
        {"Host": "evil.example"},
    ],
)
def test_hostile_client_changes_no_address(runner: ApiRunner, headers: dict[str, str]) -> None:
    """Headers of a client whom nobody trusts appear in no address of an answer."""
    api = runner.start(WebOptions(proxies=BY_HAND))
    with api.client(api.key(Scope.ADMIN)) as client:
        answers = [
            client.post("/v1/inspections", content=make_jpeg(), headers=headers),
            client.get("/v1/inspections", headers=headers),
            client.get("/", headers=headers),
            client.get("/docs", headers=headers),
            client.get("/openapi.json", headers=headers),
            client.get("/nowhere", headers=headers),
        ]
    for answer in answers:
        assert "evil" not in answer.text + str(answer.headers)
    assert answers[0].headers["Location"].startswith("/safety/v1/inspections/")
    assert 'href="/safety/incidents"' in answers[2].text


@pytest.mark.attack("forwarding")
def test_open_service_is_closed_to_who_comes_through_a_proxy(
    runner: ApiRunner, tmp_path: Path
) -> None:
    """Without keys, a proxy on this machine opens the service to nobody on another machine."""
    api = runner.start(WebOptions(open_without_keys=True, proxies=BY_HAND))
    spoken = 'proxy_set_header Host localhost; proxy_set_header X-Forwarded-For "{}";'
    for client, status in (("192.0.2.9", 403), ("127.0.0.1", 200)):
        with behind(api, tmp_path, STRIPPING, spoken.format(client)) as base:
            answer = httpx2.get(f"{base}/safety/v1/inspections", trust_env=False)
            assert answer.status_code == status
