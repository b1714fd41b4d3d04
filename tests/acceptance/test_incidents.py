"""One fire, one incident, one message: from a camera's pictures to somebody's receiver."""

from __future__ import annotations

import json
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.eventually import eventually
from tests.model_server import closed_port
from tests.webhook_receiver import webhook_receiver

from .conftest import ROOT, Serve, StartServe

FIRE = ROOT / "samples" / "fire-in-laboratory.jpg"
GATE = {"id": "gate", "name": "Gate 3"}


def push(serve: Serve) -> None:
    """A picture of the camera at the gate, and its result."""
    answer = serve.client.post(
        "/v1/cameras/gate/frames",
        content=FIRE.read_bytes(),
        headers={"Content-Type": "image/jpeg"},
    )
    assert answer.status_code == 202, answer.text
    serve.wait_for(answer.json()["inspection"]["id"])


def test_looks_with_fire_are_one_incident_and_one_signed_message(start_serve: StartServe) -> None:
    """Whoever checks the signature gets the incident, once; a wrong secret refuses it."""
    with webhook_receiver() as receiver:
        serve = start_serve(SAFETY_UNCHANGED_MAX="0")
        assert serve.client.post("/v1/cameras", json=GATE).is_success
        made = serve.client.post(
            "/v1/channels", json={"kind": "webhook", "name": "SOC", "url": receiver.url}
        )
        assert made.status_code == 201, made.text
        channel = made.json()
        assert "s3cret" not in serve.client.get("/v1/channels").text
        for _ in range(4):
            push(serve)
        eventually(lambda: len(receiver.received) >= 1, "a message")
        listed = serve.client.get("/v1/incidents").json()["incidents"]
        fires = [one for one in listed if "fire" in one["hazards"]]
        assert len(fires) == 1
        (incident,) = fires
        assert incident["camera_name"] == "Gate 3"
        assert incident["sightings"] == 4
        assert serve.client.get(incident["best"]["links"]["annotated"]).content[:2] == b"\xff\xd8"
        told = receiver.verified(channel["secret"])
        opened = [one for one in told if one["type"] == "incident.opened"]
        assert incident["id"] in [one["data"]["id"] for one in opened]
        assert len({one["data"]["id"] for one in opened}) == len(opened)
        assert "Gate 3" in opened[0]["data"]["sentence"]
        raw = receiver.received[0]
        other = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        with pytest.raises(WebhookVerificationError):
            other.verify(
                raw.body.decode(),
                {
                    "webhook-id": raw.id,
                    "webhook-timestamp": str(int(raw.at)),
                    "webhook-signature": raw.signature,
                },
            )
        sent = serve.client.get(f"/v1/channels/{channel['id']}/deliveries").json()["messages"]
        assert {one["status"] for one in sent} == {"delivered"}
        changes = serve.client.get(f"{incident['links']['self']}/changes").json()["changes"]
        assert changes[0]["kind"] == "opened"


def test_a_message_that_is_refused_is_sent_again_under_its_id(start_serve: StartServe) -> None:
    """The delivery log says what the receiver answered; the second try is the same message."""
    with webhook_receiver() as receiver:
        receiver.statuses = [500, 204]
        serve = start_serve()
        channel = serve.client.post(
            "/v1/channels", json={"kind": "webhook", "name": "SOC", "url": receiver.url}
        ).json()
        assert serve.client.post(f"/v1/channels/{channel['id']}/test").status_code == 202
        eventually(lambda: len(receiver.received) == 2, "a second try")
        first, second = receiver.received
        assert first.id == second.id
        deliveries = f"/v1/channels/{channel['id']}/deliveries"

        def is_delivered() -> bool:
            (message,) = serve.client.get(deliveries).json()["messages"]
            return bool(message["status"] == "delivered")

        eventually(is_delivered, "the message delivered")
        (message,) = serve.client.get(deliveries).json()["messages"]
        assert message["attempts"] == 2
        assert message["last"]["answer"] == 204


def test_a_camera_that_falls_silent_is_told_once_and_goes_quiet(start_serve: StartServe) -> None:
    """One incident without a picture, one message that says why; over when pictures come again."""
    with webhook_receiver() as receiver:
        serve = start_serve(SAFETY_CAMERA_GRACE="5")
        body = {"id": "gate", "name": "Gate 3", "every_s": 1}
        serve.client.post("/v1/cameras", json=body).raise_for_status()
        serve.client.post(
            "/v1/channels", json={"kind": "webhook", "name": "SOC", "url": receiver.url}
        ).raise_for_status()
        push(serve)

        def silence() -> list[dict[str, Any]]:
            listed = serve.client.get("/v1/incidents", params={"hazard": "camera_silent"})
            found: list[dict[str, Any]] = listed.json()["incidents"]
            return found

        eventually(lambda: len(silence()) == 1, "the silence is noticed", within_s=60)
        eventually(lambda: len(receiver.received) >= 1, "a message")
        (incident,) = silence()
        assert (incident["stage"], incident["best"]) == ("open", None)
        told = [json.loads(one.body) for one in receiver.received]
        (opened,) = [one for one in told if one["data"]["hazards"] == ["camera_silent"]]
        assert opened["type"] == "incident.opened"
        assert opened["data"]["sentence"].startswith("Gate 3: camera silent.")

        def is_quiet() -> bool:
            push(serve)
            return bool(silence()[0]["stage"] == "quiet")

        eventually(is_quiet, "it is over", within_s=60)
        (incident,) = silence()
        done = serve.client.post(f"{incident['links']['self']}/acts", json={"act": "acknowledge"})
        assert done.json()["state"] == "acknowledged"


def test_alarms_do_not_wait_for_a_model_that_is_away(start_serve: StartServe) -> None:
    """By default: the embedded detector looks, and the message says that nobody confirmed it.

    A single upload waits for the model meanwhile, and holds no frame up.
    """
    with webhook_receiver() as receiver:
        serve = start_serve(
            SAFETY_UNCHANGED_MAX="0", SAFETY_QWEN_URLS=f"http://127.0.0.1:{closed_port()}/v1"
        )
        assert serve.client.post("/v1/cameras", json=GATE).is_success
        channel = {"kind": "webhook", "name": "SOC", "url": receiver.url}
        made = serve.client.post("/v1/channels", json=channel).json()
        upload = serve.submit(FIRE)["id"]
        for _ in range(3):
            push(serve)
        eventually(lambda: len(receiver.received) >= 1, "a message")
        (opened,) = [
            one for one in receiver.verified(made["secret"])
            if one["type"] == "incident.opened" and "fire" in one["data"]["hazards"]
        ]  # fmt: skip
        assert opened["data"]["verified"] is False
        assert "unverified: the model server is away" in opened["data"]["sentence"]
        assert serve.client.get(f"/v1/inspections/{upload}").json()["status"] != "completed"
