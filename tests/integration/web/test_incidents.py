"""Incidents over REST: what people say of them and do about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from safety_detector.service.records import Scope
from tests.api_server import Api, make_jpeg

FRAMES = "/v1/cameras/gate-3/frames"


@pytest.fixture
def gate(client: httpx2.Client) -> httpx2.Client:
    """A client of an API with one camera."""
    made = client.post("/v1/cameras", json={"id": "gate-3", "name": "Gate 3"})
    assert made.status_code == 201, made.text
    return client


def burn(api: Api, client: httpx2.Client, seed: int = 0, age_s: float = 0) -> str:
    """A frame of the gate that shows a severe fire; returns its inspection."""
    taken_at = datetime.now(UTC) - timedelta(seconds=age_s)
    pushed = client.post(
        FRAMES,
        params={"captured_at": taken_at.isoformat()},
        content=make_jpeg(seed),
        headers={"Content-Type": "image/jpeg"},
    )
    assert pushed.status_code == 202, pushed.text
    api.work()
    return str(pushed.json()["inspection"]["id"])


def the_incident(client: httpx2.Client) -> dict[str, Any]:
    """The only one."""
    (found,) = client.get("/v1/incidents").json()["incidents"]
    assert isinstance(found, dict)
    return found


def act(client: httpx2.Client, incident: dict[str, Any], **body: object) -> httpx2.Response:
    """Does something about it."""
    return client.post(f"/v1/incidents/{incident['id']}/acts", json=body)


def in_days(days: float) -> str:
    """A moment in the future."""
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def test_what_a_person_says_of_the_hazard_is_kept_and_audited(
    api: Api, gate: httpx2.Client
) -> None:
    """Place, description, rule and level are a person's; what is left out stays, null takes it."""
    burn(api, gate)
    path = f"/v1/incidents/{the_incident(gate)['id']}"
    said = {"location": "油罐区 2 号泵", "description": "油布起火", "level": "major"}
    answer = gate.patch(path, json=said | {"basis": "GB 50016-2014"})
    assert answer.status_code == 200, answer.text
    assert gate.patch(path, json={"basis": None}).json()["location"] == "油罐区 2 号泵"
    found = gate.get(path).json()
    assert {name: found[name] for name in said} == said
    assert found["basis"] is None
    assert found["version"] == 2
    assert [one["act"] for one in gate.get(f"{path}/acts").json()["acts"]] == ["describe"] * 2
    audited = gate.get("/v1/audit", params={"action": "incident-act"}).json()["entries"]
    assert audited[0]["details"] == {"act": "describe", "changed": {"basis": None}}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, "Nothing is said"),
        ({"level": "huge"}, "level"),
        ({"location": " "}, "location"),
        ({"description": "a\0b"}, "description"),
        ({"severity": "minor"}, "severity"),
        ({"basis": "x" * 2001}, "basis"),
        ({"location": 3}, "location"),
    ],
)
def test_what_cannot_be_said_is_named(
    api: Api, gate: httpx2.Client, body: dict[str, object], fault: str
) -> None:
    """And nothing is changed; what cameras see is not a person's to change."""
    burn(api, gate)
    before = the_incident(gate)
    answer = gate.patch(before["links"]["self"], json=body)
    assert answer.status_code == 422, answer.text
    assert fault in answer.text
    assert the_incident(gate) == before


def test_an_assignment_holds_the_five_assurances(api: Api, gate: httpx2.Client) -> None:
    """Measure, person, money, time and plan; whoever gets more time keeps the rest."""
    burn(api, gate)
    incident = the_incident(gate)
    assert act(gate, incident, act="confirm").status_code == 201
    said = {
        "assignee": "王磊", "responsible_unit": "维修部", "measure": "清理油布", "funds": "500 元",
        "contingency_plan": "专人监护",
    }  # fmt: skip
    assigned = act(gate, incident, act="assign", due_at=in_days(3), **said)
    assert assigned.status_code == 201, assigned.text
    longer = act(gate, incident, act="assign", due_at=in_days(9)).json()
    assert {name: longer[name] for name in said} == said
    assert longer["due_at"] > assigned.json()["due_at"]
    late = act(gate, incident, act="assign", due_at=in_days(-1))
    assert late.status_code == 422
    assert "due_at" in late.text


def test_a_key_that_may_only_read_changes_nothing(api: Api, gate: httpx2.Client) -> None:
    """It sees incidents; acts and words are refused before their body is looked at."""
    burn(api, gate)
    path = f"/v1/incidents/{the_incident(gate)['id']}"
    for scope in (Scope.READ, Scope.SUBMIT):
        with api.client(api.key(scope)) as other:
            assert other.post(f"{path}/acts", json={"act": "confirm"}).status_code == 403
            assert other.patch(path, json={"level": "major"}).status_code == 403
    with api.client(api.key(Scope.READ)) as reader:
        assert reader.get(path).json()["version"] == 0
