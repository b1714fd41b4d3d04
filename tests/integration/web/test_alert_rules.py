"""Alert rules over REST: what they are, and what none can be."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from safety_detector.web.alert_rules.documents import AlertRuleDocument

_ZONE = {
    "id": "tanks",
    "name": "Tank farm",
    "polygon": [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]],
    "watch": ["no_helmet"],
}


@pytest.fixture
def channel_id(client: httpx2.Client) -> str:
    """A channel, and a camera with a zone."""
    assert client.post(
        "/v1/cameras", json={"id": "gate", "name": "Gate", "zones": [_ZONE]}
    ).is_success
    return added(client, "SOC")


def added(client: httpx2.Client, name: str) -> str:
    """A channel's id."""
    channel = {"kind": "webhook", "name": name, "url": "https://soc.example.com/hook"}
    return str(client.post("/v1/channels", json=channel).json()["id"])


def wanted(channel_id: str, **changed: Any) -> dict[str, Any]:
    """A rule as the documentation shows it."""
    return {
        "name": "nights",
        "hazards": ["fire", "smoke"],
        "min_severity": None,
        "camera_ids": None,
        "zone_ids": None,
        "schedule": None,
        "channel_ids": [channel_id],
        "cool_down_s": 300,
        "escalate": {"after_s": 600, "channel_ids": [channel_id]},
    } | changed


def test_a_rule_is_added_read_changed_and_removed(client: httpx2.Client, channel_id: str) -> None:
    """What was sent is what is shown; each act is in the audit log."""
    made = client.post("/v1/alert-rules", json=wanted(channel_id))
    assert made.status_code == 201, made.text
    rule = made.json()
    assert made.headers["Location"] == f"/v1/alert-rules/{rule['id']}"
    for name, value in wanted(channel_id).items():
        assert rule[name] == value
    assert rule["tell"] == ["opened", "escalated"]
    at = made.headers["Location"]
    assert client.get(at).json() == rule == AlertRuleDocument.read(rule).as_json()
    assert client.get("/v1/alert-rules").json() == {"alert_rules": [rule]}
    hours = {"days": ["sat", "sun"], "from": "22:00", "to": "06:00"}
    changed = client.put(
        at, json=wanted(channel_id, schedule=[hours], zone_ids=["tanks"], hazards=["no_helmet"])
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["schedule"] == [hours]
    assert changed.json()["id"] == rule["id"]
    assert client.delete(at).status_code == 204
    assert client.get(at).status_code == 404
    assert client.put(at, json=wanted(channel_id)).status_code == 404
    acts = [one["action"] for one in client.get("/v1/audit").json()["entries"]][:3]
    assert acts == ["alert-rule-removed", "alert-rule-changed", "alert-rule-added"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"hazards": ["flood"]}, "hazards"),
        ({"hazards": []}, "hazards"),
        ({"min_severity": "dire"}, "min_severity"),
        ({"camera_ids": ["gate", "nowhere"]}, "camera_ids"),
        ({"camera_ids": []}, "camera_ids"),
        ({"zone_ids": ["nowhere"], "hazards": None}, "zone_ids"),
        ({"zone_ids": ["tanks"], "hazards": ["fire"]}, "zone 'tanks'"),
        ({"schedule": []}, "schedule"),
        ({"schedule": [{"days": ["mon"], "from": "07:00", "to": "07:00"}]}, "schedule"),
        ({"schedule": [{"days": [], "from": "07:00", "to": "08:00"}]}, "schedule"),
        ({"schedule": [{"days": ["mon"], "from": "7", "to": "25:00"}]}, "schedule"),
        ({"channel_ids": []}, "channel_ids"),
        ({"channel_ids": ["01KAJA0C5V7N9M4R2T6Y8W1E3Q"]}, "channel_ids"),
        ({"channel_ids": ["\0"]}, "channel_ids"),
        ({"cool_down_s": -1}, "cool_down_s"),
        ({"cool_down_s": "300"}, "cool_down_s"),
        ({"cool_down_s": True}, "cool_down_s"),
        ({"tell": []}, "tell"),
        ({"tell": ["sometimes"]}, "tell"),
        ({"escalate": {"after_s": 0, "channel_ids": ["x"]}}, "escalate.after_s"),
        ({"escalate": {"after_s": 60, "channel_ids": []}}, "escalate.channel_ids"),
        ({"escalate": {"after_s": 60, "channel_ids": ["x"]}}, "escalate.channel_ids"),
        ({"hazards": ["camera_silent"], "zone_ids": ["tanks"]}, "zone 'tanks'"),
        ({"hazards": ["camera_silent"], "min_severity": "severe"}, "min_severity"),
        ({"hazards": ["no_helmet"], "permitted": "only"}, "permits"),
        ({"tell": ["closed"]}, "escalate"),
        ({"name": " "}, "name"),
        ({"priority": 3}, "priority"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_name(
    client: httpx2.Client, channel_id: str, changed: dict[str, Any], field: str
) -> None:
    """Neither added nor put in the place of one that is good."""
    good = client.post("/v1/alert-rules", json=wanted(channel_id)).json()
    for answer in (
        client.post("/v1/alert-rules", json=wanted(channel_id, **changed)),
        client.put(f"/v1/alert-rules/{good['id']}", json=wanted(channel_id, **changed)),
    ):
        assert answer.status_code == 422, answer.text
        assert field in answer.json()["detail"]
    assert client.get("/v1/alert-rules").json() == {"alert_rules": [good]}


def test_a_channel_that_is_removed_leaves_the_rules(client: httpx2.Client, channel_id: str) -> None:
    """Who was to be told later is told at once where nobody else is left."""
    next_id, last_id = added(client, "chief"), added(client, "mail")
    alone = client.post("/v1/alert-rules", json=wanted(channel_id)).json()["id"]
    escalate = {"after_s": 60, "channel_ids": [next_id]}
    shared = client.post(
        "/v1/alert-rules", json=wanted(channel_id, channel_ids=[channel_id, last_id])
    ).json()["id"]
    moved = client.post("/v1/alert-rules", json=wanted(channel_id, escalate=escalate)).json()["id"]
    assert client.delete(f"/v1/channels/{channel_id}").status_code == 204
    assert client.get(f"/v1/alert-rules/{alone}").status_code == 404
    rule = client.get(f"/v1/alert-rules/{shared}").json()
    assert (rule["channel_ids"], rule["escalate"]) == ([last_id], None)
    rule = client.get(f"/v1/alert-rules/{moved}").json()
    assert rule["channel_ids"] == [next_id]
