"""What the service says of itself."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete, insert

from safety_detector.database.tables import camera_faults, camera_states
from safety_detector.detectors.qwen.servers.server_board import ServerStatus
from safety_detector.detectors.qwen.servers.server_state import Phase
from safety_detector.errors import ModelUnreachable
from safety_detector.message_texts.reason import Reason
from safety_detector.service.cameras.watching import WATCH_QUEUE
from safety_detector.service.records import Scope
from safety_detector.web.app import WebOptions
from safety_detector.web.health.documents import ReadinessDocument
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.eventually import eventually
from tests.service_stand import next_claim, put_back
from tests.watched_camera import add_watched, claim_camera


def readiness(client: httpx2.Client) -> tuple[int, str, dict[str, dict[str, Any]]]:
    """Status code, overall state and checks."""
    response = client.get("/readyz")
    document = response.json()
    ReadinessDocument.read(document)
    return response.status_code, document["status"], document["checks"]


def samples(client: httpx2.Client) -> dict[tuple[str, ...], float]:
    """The metrics by name and labels."""
    response = client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_alive(client: httpx2.Client) -> None:
    """The probe of life answers 200 whatever else is wrong."""
    assert client.get("/livez").json() == {"status": "ok"}


def test_ready_with_a_worker(client: httpx2.Client, api: Api) -> None:
    """With a worker and nothing wrong all checks are ok."""
    api.service.operation.upkeep.report_worker("worker-1", "embedded", 4)
    status, state, checks = readiness(client)
    assert (status, state) == (200, "ok")
    assert {check["status"] for check in checks.values()} == {"ok"}
    assert "4 pictures" in checks["workers"]["detail"]


def test_missing_worker_and_broker_degrade(client: httpx2.Client, api: Api) -> None:
    """Without workers or broker pictures are still accepted: 200, and what is missing."""
    api.broker_problem = "No connection to the broker."
    status, state, checks = readiness(client)
    assert (status, state) == (200, "degraded")
    assert checks["broker"] == {"status": "degraded", "detail": "No connection to the broker."}
    assert checks["workers"]["status"] == "degraded"


def test_cameras_without_a_watcher_are_told(client: httpx2.Client, api: Api) -> None:
    """They are silent, which must not look like safety: what to do is said."""
    upkeep = api.service.operation.upkeep
    upkeep.report_worker("worker-1", "embedded", 4)
    assert "watchers" not in readiness(client)[2]  # nobody is needed
    add_watched(api.service, "gate")
    status, state, checks = readiness(client)
    assert (status, state) == (200, "degraded")
    assert "Cameras that nobody watches: 1." in checks["watchers"]["detail"]
    assert "safety-detector watch" in checks["watchers"]["detail"]
    upkeep.report_worker("watcher-1", WATCH_QUEUE, 1)
    assert claim_camera(api.service) is not None
    assert readiness(client)[1] == "ok"
    add_watched(api.service, "gate-2")
    eventually(lambda: readiness(client)[1] == "degraded", "the second camera waits")
    assert "SAFETY_WATCH_STREAMS" in readiness(client)[2]["watchers"]["detail"]
    metrics = samples(client)
    assert metrics["safety_watch_cameras", "held"] == 1
    assert metrics["safety_watch_cameras", "waiting"] == 1
    assert metrics["safety_watch_slots",] == 1


def test_unreachable_model_is_told(client: httpx2.Client, api: Api) -> None:
    """A model outage is named with its reason; the inspection waits and says why."""
    inspection = client.post("/v1/inspections", content=make_jpeg()).json()
    claim = next_claim(api.service, "worker-1")
    assert claim is not None
    error = ModelUnreachable("No server answers.")
    put_back(api.service.inspections.jobs, claim, error, timedelta(seconds=30))
    status, state, checks = readiness(client)
    assert (status, state) == (200, "degraded")
    assert "No server answers." in checks["models"]["detail"]
    found = client.get(inspection["links"]["self"]).json()
    assert found["status"] == "queued"
    assert found["waiting_reason"].startswith("No server answers.")


SERVERS = (
    ServerStatus("http://10.0.0.5:8000/v1", Phase.IN_USE, in_flight=3, limit=12),
    ServerStatus(
        "http://10.0.0.6:8000/v1",
        Phase.EJECTED,
        in_flight=0,
        limit=8,
        ejected_since=datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC),
        reason=Reason.of_sentence("It answered with a run of '!'."),
    ),
)


def test_each_model_server_is_told(client: httpx2.Client, api: Api) -> None:
    """One of two that is not used degrades, with since when and why; load and limit are shown."""
    api.service.operation.upkeep.report_worker("worker-1", "embedded", 4)
    api.model_servers = SERVERS[:1]
    assert readiness(client)[1] == "ok"
    api.model_servers = SERVERS
    status, state, checks = readiness(client)
    assert (status, state) == (200, "degraded")
    told = checks["model_servers"]
    assert "10.0.0.6:8000/v1 is not used since 2026-11-22T01:02:03" in told["detail"]
    assert [(one["state"], one["in_flight"], one["limit"]) for one in told["servers"]] == [
        ("in-use", 3, 12),
        ("ejected", 0, 8),
    ]
    assert told["servers"][1]["reason"] == "It answered with a run of '!'."
    metrics = samples(client)
    assert metrics["safety_model_server_in_flight", "http://10.0.0.5:8000/v1"] == 3
    assert metrics["safety_model_server_limit", "http://10.0.0.5:8000/v1"] == 12
    assert metrics["safety_model_server_in_use", "http://10.0.0.6:8000/v1"] == 0
    since = metrics["safety_model_server_ejected_since_seconds", "http://10.0.0.6:8000/v1"]
    assert datetime.fromtimestamp(since, UTC) == SERVERS[1].ejected_since
    assert (
        "safety_model_server_ejected_since_seconds",
        "http://10.0.0.5:8000/v1",
    ) not in metrics


def test_strangers_see_no_addresses_of_model_servers(runner: ApiRunner) -> None:
    """Only that not all of them are well."""
    api = runner.start(WebOptions())
    api.model_servers = SERVERS
    with api.client() as stranger:
        assert readiness(stranger)[2]["model_servers"] == {"status": "degraded"}


def test_lost_storage_is_unready_and_refuses(client: httpx2.Client, api: Api) -> None:
    """Without its data folder the service is unready, and uploads get 503 and Retry-After."""
    shutil.rmtree(api.folder / "data")
    status, state, checks = readiness(client)
    assert (status, state, checks["storage"]["status"]) == (503, "failed", "failed")
    response = client.post("/v1/inspections", content=make_jpeg())
    assert (response.status_code, response.json()["code"]) == (503, "storage-unavailable")
    assert response.headers["Retry-After"]
    form = client.post("/v1/inspections", files={"files": ("a.jpg", make_jpeg())})
    assert (form.status_code, form.headers["Retry-After"]) == (503, "5")


def test_lost_database_is_unready_and_refuses(client: httpx2.Client, api: Api) -> None:
    """Without its database the service is unready, alive, and answers 503."""
    api.service.database.close()
    for path in api.folder.glob("test.db*"):
        path.unlink()
    (api.folder / "test.db").mkdir()
    status, state, checks = readiness(client)
    assert (status, state, checks["database"]["status"]) == (503, "failed", "failed")
    assert client.get("/livez").status_code == 200
    response = client.post("/v1/inspections", content=make_jpeg())
    assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")
    assert response.headers["Retry-After"]


def test_details_are_for_readers(runner: ApiRunner) -> None:
    """Where keys are needed, strangers see that something is wrong, but not what."""
    api = runner.start(WebOptions())
    api.broker_problem = "redis at 10.0.0.5 refuses"
    with api.client() as stranger, api.client(api.key(Scope.READ)) as reader:
        assert readiness(stranger)[2]["broker"] == {"status": "degraded"}
        assert "10.0.0.5" in readiness(reader)[2]["broker"]["detail"]


def test_counters_reconcile(client: httpx2.Client, api: Api) -> None:
    """What was accepted is the sum of what became of it."""
    for seed in range(3):
        client.post("/v1/inspections", content=make_jpeg(seed))
    api.work()
    client.post("/v1/inspections", content=make_jpeg(9))
    counted = samples(client)
    assert counted["safety_inspections_accepted_total",] == 4
    assert counted["safety_inspections_ended_total", "completed"] == 3
    assert counted["safety_inspections_in_flight", "queued"] == 1
    assert counted["safety_inspections_lost",] == 0


def test_requests_are_counted_by_route_and_status(client: httpx2.Client) -> None:
    """Ids and made-up paths and methods do not become labels; submissions are timed."""
    accepted = client.post("/v1/inspections", content=make_jpeg(1)).json()
    client.get(accepted["links"]["self"])
    client.get("/v1/inspections/unknown")
    client.get("/nothing/here")
    client.request("PROPFIND", "/nothing/here")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    }
    one = "/v1/inspections/{inspection_id}"
    assert samples["safety_http_requests_total", "POST", "/v1/inspections", "202"] == 1
    assert samples["safety_http_requests_total", "GET", one, "200"] == 1
    assert samples["safety_http_requests_total", "GET", one, "404"] == 1
    assert samples["safety_http_requests_total", "GET", "none", "404"] == 1
    assert samples["safety_http_requests_total", "other", "none", "404"] == 1
    assert samples["safety_accept_seconds_count",] == 1
    assert not any(accepted["id"] in label for sample in samples for label in sample)


@pytest.mark.parametrize("path", ["/livez", "/nothing", "/v1/inspections", "/docs", "/readyz"])
def test_every_answer_carries_the_security_headers(client: httpx2.Client, path: str) -> None:
    """Answers cannot be sniffed, framed, or leak their address, errors included."""
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "server" not in headers


def test_a_camera_with_a_fault_is_told_everywhere(client: httpx2.Client, api: Api) -> None:
    """`/readyz` names it, camera and list tell since when and why, and a series shows it."""
    body = {"id": "gate", "name": "Gate 3", "every_s": 0.2}
    assert client.post("/v1/cameras", json=body).json()["health"]["status"] == "unknown"
    for _ in range(2):
        client.post("/v1/cameras/gate/frames", content=b"nonsense")
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    with api.service.database.write() as connection:
        connection.execute(delete(camera_states))
        fault = {"camera_id": "gate", "fault": "silent", "since": long_ago, "noticed_at": long_ago}
        reason = Reason("camera-fault-never-seen")
        connection.execute(insert(camera_faults), fault | {"reason": reason})
    _, state, checks = readiness(client)
    assert state == "degraded"
    assert checks["cameras"]["detail"].startswith("gate silent since ")
    told = client.get("/v1/cameras/gate").json()["health"]
    assert (told["status"], told["faults"][0]["fault"]) == ("faulty", "silent")
    assert told["faults"][0]["reason"] == "No picture has ever come from the camera."
    assert client.get("/v1/cameras").json()["cameras"][0]["health"] == told
    since = samples(client)[("safety_camera_fault_since_seconds", "gate", "silent")]
    assert abs(since - long_ago.timestamp()) < 1
    assert client.post("/v1/cameras/gate/reference").status_code == 204
    assert client.post("/v1/cameras/other/reference").status_code == 404
