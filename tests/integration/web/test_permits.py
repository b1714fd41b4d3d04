"""Hot-work permits and rules of incidents over REST."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

CORNERS = [[0.1, 0.2], [0.6, 0.2], [0.6, 0.9]]


@pytest.fixture(autouse=True)
def _camera(client: httpx2.Client) -> None:
    zone = {"id": "tanks", "name": "Tanks", "polygon": CORNERS}
    body = {"id": "gate", "name": "Gate 3", "zones": [zone]}
    assert client.post("/v1/cameras", json=body).status_code == 201


def permit(**other: Any) -> dict[str, Any]:
    """The body of a permit that is in force."""
    now = datetime.now(UTC)
    until = now + timedelta(hours=2)
    return {
        "camera_id": "gate",
        "polygon": CORNERS,
        "from": now.isoformat(),
        "until": until.isoformat(),
        "number": "DH-114",
        "who": "王磊",
    } | other


def test_a_permit_is_entered_listed_and_revoked(client: httpx2.Client) -> None:
    """Revoked it is still there, and the audit log says who entered and revoked it."""
    entered = client.post("/v1/permits", json=permit())
    assert entered.status_code == 201, entered.text
    document = entered.json()
    assert (document["state"], document["who"]) == ("in_force", "王磊")
    assert document["polygon"] == CORNERS
    assert client.get(entered.headers["location"]).json() == document
    assert client.get("/v1/permits?camera_id=gate").json()["permits"] == [document]
    assert client.get("/v1/permits?camera_id=other").json()["permits"] == []
    revoked = client.delete(entered.headers["location"])
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    actions = [one["action"] for one in client.get("/v1/audit").json()["entries"]]
    assert {"permit-added", "permit-revoked"} <= set(actions)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"polygon": [[0, 0], [1, 1], [1, 0], [0, 0.5]]}, "polygon"),
        ({"polygon": [[0, 0], [2, 1], [1, 0]]}, "outside"),
        ({"until": "2020-01-01T00:00:00Z", "from": "2019-12-31T00:00:00Z"}, "over since"),
        ({"until": "2020-01-01T00:00:00Z"}, "later than from"),
        ({"until": "2999-01-01T00:00:00Z"}, "31 days"),
        ({"number": "  "}, "number"),
        ({"who": ""}, "who"),
        ({"hazards": ["fire"]}, "hazards"),
    ],
)
def test_a_permit_that_cannot_be_is_refused(
    client: httpx2.Client, other: dict[str, Any], named: str
) -> None:
    """With what is wrong."""
    answer = client.post("/v1/permits", json=permit(**other))
    assert answer.status_code == 422
    assert named in answer.json()["detail"]


def test_a_permit_needs_its_camera(client: httpx2.Client) -> None:
    """One of which nobody knows is no place."""
    assert client.post("/v1/permits", json=permit(camera_id="other")).status_code == 404
    assert client.get("/v1/permits/01KAJ9C3V5N8Q2R7W4X6Y0Z1AB").status_code == 404
    assert client.delete("/v1/permits/none").status_code == 404


def test_rules_of_incidents_come_back_as_they_were_sent(client: httpx2.Client) -> None:
    """What is not named of a camera stays; null takes them back."""
    rules = {
        "opening": {"fire": {"sightings": 1, "looks": 1, "opening_score": 0.5}},
        "zones": {"tanks": {"smoke": {"sightings": 1}}},
        "quiet_s": 90.0,
    }
    answer = client.put("/v1/cameras/gate", json={"name": "Gate 3", "incident_rules": rules})
    assert answer.status_code == 200, answer.text
    shown = client.get("/v1/cameras/gate").json()["incident_rules"]
    assert shown["opening"]["fire"] == {
        "sightings": 1, "looks": 1, "window_s": None, "opening_score": 0.5, "severe_at_once": None,
        "unsure_sightings": None, "unsure_looks": None,
    }  # fmt: skip
    assert (shown["quiet_s"], shown["merge_s"]) == (90.0, None)
    again = client.put("/v1/cameras/gate", json={"name": "Gate 3", "incident_rules": shown})
    assert again.json()["incident_rules"] == shown
    kept = client.put("/v1/cameras/gate", json={"name": "Gate 3"})
    assert kept.json()["incident_rules"] == shown
    none = client.put("/v1/cameras/gate", json={"name": "Gate 3", "incident_rules": None})
    assert none.json()["incident_rules"] is None


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ({"opening": {"flood": {}}}, "incident_rules.opening.flood"),
        ({"opening": {"camera_silent": {"sightings": 2}}}, "camera_silent"),
        ({"opening": {"fire": {"sightings": 4, "looks": 3}}}, "4 of 3 looks"),
        ({"opening": {"fire": {"sightings": 9}}}, "incident_rules.opening.fire: 9 of 3 looks"),
        ({"opening": {"fire": {"sightings": True}}}, "sightings"),
        ({"opening": {"fire": {"looks": "3"}}}, "looks"),
        ({"opening": {"fire": {"window_s": 0}}}, "window_s"),
        ({"opening": {"fire": {"opening_score": 1.5}}}, "opening_score"),
        ({"opening": {"fire": {"after": 2}}}, "after"),
        ({"zones": {"tank": {"fire": {"sightings": 1}}}}, "incident_rules.zones.tank"),
        ({"zones": {"tanks": {"smoke": {"looks": 1}}}}, "zones.tanks.smoke: 2 of 1 looks"),
        ({"quiet_s": -1}, "quiet_s"),
        ({"quiet": 5}, "quiet"),
    ],
)
def test_rules_by_which_nothing_could_open_are_refused(
    client: httpx2.Client, rules: dict[str, Any], named: str
) -> None:
    """With their place."""
    answer = client.put("/v1/cameras/gate", json={"name": "Gate 3", "incident_rules": rules})
    assert answer.status_code == 422
    assert named in answer.json()["detail"]


def test_a_zone_of_which_a_rule_speaks_does_not_go_unnoticed(client: httpx2.Client) -> None:
    """Whoever removes it is told; with the rule it goes."""
    rules = {"zones": {"tanks": {"fire": {"sightings": 1}}}}
    client.put("/v1/cameras/gate", json={"name": "G", "incident_rules": rules}).raise_for_status()
    refused = client.put("/v1/cameras/gate", json={"name": "G", "zones": []})
    assert refused.status_code == 422
    assert "zones.tanks" in refused.json()["detail"]
    gone = client.put("/v1/cameras/gate", json={"name": "G", "zones": [], "incident_rules": None})
    assert gone.status_code == 200
