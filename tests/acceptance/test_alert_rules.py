"""Rules as somebody uses them: one service, two receivers, and nobody who acknowledges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.eventually import eventually
from tests.webhook_receiver import Receiver, webhook_receiver

from .conftest import ROOT, Serve, StartServe

FIRE = ROOT / "samples" / "fire-in-laboratory.jpg"


def channel(serve: Serve, name: str, receiver: Receiver) -> dict[str, Any]:
    """A channel, with its secret."""
    made = serve.client.post(
        "/v1/channels", json={"kind": "webhook", "name": name, "url": receiver.url}
    )
    assert made.status_code == 201, made.text
    return dict(made.json())


def push(serve: Serve, camera_id: str, at: datetime) -> None:
    """A picture that a camera took then, and its result, however long that takes."""
    answer = serve.client.post(
        f"/v1/cameras/{camera_id}/frames",
        params={"captured_at": at.isoformat()},
        content=FIRE.read_bytes(),
        headers={"Content-Type": "image/jpeg"},
    )
    assert answer.status_code == 202, answer.text
    serve.wait_for(answer.json()["inspection"]["id"])


def test_the_named_channel_is_told_and_the_next_if_nobody_acknowledges(
    start_serve: StartServe,
) -> None:
    """Over a restart in between; whoever the rule does not name hears nothing of it."""
    with webhook_receiver() as soc, webhook_receiver() as chief, webhook_receiver() as other:
        serve = start_serve(SAFETY_UNCHANGED_MAX="0")
        for camera_id in ("gate", "yard"):
            camera = {
                "id": camera_id,
                "name": camera_id.title(),
                "expected": False,
                # A small flame of which the embedded detector is not sure enough otherwise.
                "incident_rules": {"opening": {"fire": {"opening_score": 0.5}}},
            }
            assert serve.client.post("/v1/cameras", json=camera).is_success
        first, second = channel(serve, "SOC", soc), channel(serve, "chief", chief)
        third = channel(serve, "helmets", other)
        for rule in (
            {
                "name": "fires",
                "hazards": ["fire", "smoke"],
                "min_severity": None,
                "camera_ids": ["gate"],
                "zone_ids": None,
                "schedule": None,
                "channel_ids": [first["id"]],
                "cool_down_s": 300,
                "escalate": {"after_s": 8, "channel_ids": [second["id"]]},
            },
            {"name": "helmets", "hazards": ["no_helmet"], "channel_ids": [third["id"]]},
        ):
            made = serve.client.post("/v1/alert-rules", json=rule)
            assert made.status_code == 201, made.text
        at = datetime.now(UTC)
        for number, camera_id in enumerate(("gate", "gate", "gate", "yard", "yard")):
            push(serve, camera_id, at + timedelta(seconds=number))
        eventually(lambda: len(soc.received) >= 1, "a message")
        assert serve.stop() == 0
        serve = start_serve(SAFETY_UNCHANGED_MAX="0")
        eventually(lambda: len(chief.received) >= 1, "the next one told")
        (opened,) = [one for one in soc.verified(first["secret"]) if one["data"]["because"] == []]
        (escalated, *more) = chief.verified(second["secret"])
        assert opened["type"] == "incident.opened"
        assert {one["data"]["camera_id"] for one in soc.verified(first["secret"])} == {"gate"}
        assert (escalated["type"], more) == ("incident.escalated", [])
        assert escalated["data"]["because"] == ["unacknowledged"]
        assert escalated["data"]["id"] == opened["data"]["id"]
        assert other.received == []
