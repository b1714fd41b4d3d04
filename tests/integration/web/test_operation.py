"""What operators do by REST: requeue, holds, audit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from safety_detector.errors import PictureBroken
from safety_detector.service.records import Scope
from safety_detector.web.audit.documents import AuditDocument
from safety_detector.web.holds.documents import HoldDocument, HoldsDocument
from safety_detector.web.inspections.requeue import RequeuedDocument
from tests.api_server import Api, make_jpeg
from tests.service_stand import fail, next_claim


@pytest.fixture
def admin(api: Api) -> Iterator[httpx2.Client]:
    """A client with an admin's key, whose name is ``test``."""
    with api.client(api.key(Scope.ADMIN)) as client:
        yield client


def submit(client: httpx2.Client, seed: int) -> str:
    """The id of an accepted picture."""
    return str(client.post("/v1/inspections", content=make_jpeg(seed)).json()["id"])


def fail_next(api: Api) -> None:
    """Ends the most urgent inspection without a result."""
    claim = next_claim(api.service, "worker-1")
    assert claim is not None
    assert fail(api.service.inspections.jobs, claim, PictureBroken("Cannot be decoded."))


def test_failed_ones_are_run_again_by_name(admin: httpx2.Client, api: Api) -> None:
    """What was not failed is left and told."""
    failed, queued = submit(admin, 1), submit(admin, 2)
    fail_next(api)
    response = admin.post("/v1/requeue", json={"inspection_ids": [failed, queued, "unknown"]})
    RequeuedDocument.read(response.json())
    assert response.json() == {"requeued": 1, "left": sorted([queued, "unknown"])}
    assert admin.get(f"/v1/inspections/{failed}").json()["status"] == "queued"
    assert api.work() == 2


def test_all_that_failed_since_a_moment_are_run_again(admin: httpx2.Client, api: Api) -> None:
    """After a model was replaced, one call repairs what the old one could not do."""
    for seed in range(3):
        submit(admin, seed)
        fail_next(api)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    response = admin.post("/v1/requeue", json={"failed_since": tomorrow.isoformat()})
    assert response.json() == {"requeued": 0, "left": []}
    response = admin.post("/v1/requeue", json={"failed_since": "2026-01-01T00:00:00Z"})
    assert response.json() == {"requeued": 3, "left": []}
    assert api.work() == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"inspection_ids": []},
        {"inspection_ids": ["x"], "failed_since": "2026-01-01T00:00:00Z"},
        {"inspection_ids": ["../x"]},
        {"failed_since": "yesterday"},
        {"all": True},
        [],
    ],
)
def test_an_unclear_requeue_is_refused(admin: httpx2.Client, body: object) -> None:
    """It would run more, or less, than was meant."""
    assert admin.post("/v1/requeue", json=body).status_code == 422


def test_a_hold_is_set_read_and_released(admin: httpx2.Client) -> None:
    """With its reason and the name of the key."""
    held = submit(admin, 1)
    response = admin.put(f"/v1/inspections/{held}/hold", json={"reason": "Accident 17"})
    HoldDocument.read(response.json())
    assert (response.json()["reason"], response.json()["set_by"]) == ("Accident 17", "test")
    listed = admin.get("/v1/holds").json()
    HoldsDocument.read(listed)
    assert [one["inspection_id"] for one in listed["holds"]] == [held]
    assert admin.delete(f"/v1/inspections/{held}/hold").status_code == 204
    assert admin.delete(f"/v1/inspections/{held}/hold").status_code == 404
    assert admin.get("/v1/holds").json() == {"holds": [], "next_cursor": None}


def test_holds_come_in_pages(admin: httpx2.Client) -> None:
    """The cursor leads on, and is null at the end."""
    ids = sorted(submit(admin, seed) for seed in range(3))
    for one in ids:
        admin.put(f"/v1/inspections/{one}/hold", json={"reason": "Accident 17"})
    first = admin.get("/v1/holds", params={"limit": 2}).json()
    second = admin.get("/v1/holds", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [one["inspection_id"] for one in first["holds"] + second["holds"]] == ids
    assert second["next_cursor"] is None


def test_a_hold_needs_a_reason_and_an_inspection(admin: httpx2.Client) -> None:
    """Nobody can judge a hold without a reason."""
    held = submit(admin, 1)
    for reason in ("", "  ", "\x00"):
        response = admin.put(f"/v1/inspections/{held}/hold", json={"reason": reason})
        assert response.status_code == 422 or reason == "\x00"
    missing = admin.put("/v1/inspections/unknown/hold", json={"reason": "x"})
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")


def test_the_audit_log_names_the_key_behind_each_act(admin: httpx2.Client, api: Api) -> None:
    """Holds, requeues and cameras by REST; found by action, in pages."""
    held = submit(admin, 1)
    fail_next(api)
    admin.post("/v1/requeue", json={"inspection_ids": [held]})
    admin.put(f"/v1/inspections/{held}/hold", json={"reason": "Accident 17"})
    admin.post("/v1/cameras", json={"id": "gate-3", "name": "Gate 3"})
    admin.put("/v1/cameras/gate-3", json={"name": "Gate three"})
    admin.delete("/v1/cameras/gate-3")
    log = admin.get("/v1/audit").json()
    AuditDocument.read(log)
    assert [entry["action"] for entry in log["entries"]] == [
        "camera-removed",
        "camera-changed",
        "camera-added",
        "hold-set",
        "requeued",
        "key-made",
    ]
    [key] = api.service.access.keys.list()
    by_key = {(entry["actor"], entry["key_id"]) for entry in log["entries"][:-1]}
    assert by_key == {("test", key.id)}
    [entry] = admin.get("/v1/audit", params={"action": "hold-set"}).json()["entries"]
    assert (entry["subject"], entry["details"]) == (held, {"reason": "Accident 17"})
    page = admin.get("/v1/audit", params={"limit": 5}).json()
    rest = admin.get("/v1/audit", params={"limit": 5, "cursor": page["next_cursor"]}).json()
    assert len(rest["entries"]) == 1
    assert rest["next_cursor"] is None


def test_what_waits_and_who_works_on_it_is_told(api: Api) -> None:
    """Queues with their workers, and the disk; a worker that is silent is not there any more."""
    with api.client(api.key(Scope.ADMIN)) as client:
        assert client.post("/v1/inspections", content=make_jpeg(77)).status_code == 202
        api.service.operation.upkeep.report_worker("embedded@here:1", "embedded", 3)
        told = client.get("/v1/operation").json()
        (queue,) = (one for one in told["queues"] if one["queue"] == "embedded")
        assert (queue["waiting"], queue["slots"], queue["paused_since"]) == (1, 3, None)
        assert [one["id"] for one in told["workers"]] == ["embedded@here:1"]
        assert told["storage"]["size_bytes"] >= told["storage"]["free_bytes"] > 0
        assert told["storage"]["full_at"] is None
        api.service.operation.upkeep.forget_worker("embedded@here:1")
        assert client.get("/v1/operation").json()["workers"] == []
