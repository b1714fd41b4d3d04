"""From a camera's pictures to a mailbox and to a broker, with the service that anybody starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.eventually import eventually
from tests.mail_server import mail_server
from tests.mqtt_broker import listening, mqtt_broker

from .conftest import ROOT, Serve, StartServe

FIRE = ROOT / "samples" / "fire-in-laboratory.jpg"


def push(serve: Serve) -> None:
    """A picture of the camera at the gate, and its result."""
    answer = serve.client.post(
        "/v1/cameras/gate/frames",
        content=FIRE.read_bytes(),
        headers={"Content-Type": "image/jpeg"},
    )
    assert answer.status_code == 202, answer.text
    serve.wait_for(answer.json()["inspection"]["id"])


def add(serve: Serve, **channel: Any) -> dict[str, Any]:
    """A channel."""
    made = serve.client.post("/v1/channels", json=channel)
    assert made.status_code == 201, made.text
    return dict(made.json())


def test_a_fire_is_in_a_mailbox_and_at_a_broker(start_serve: StartServe, tmp_path: Path) -> None:
    """The mail has the picture; the broker the event, what is now, and when the service goes."""
    with mail_server() as mails, mqtt_broker(tmp_path) as broker, listening(broker) as listener:
        serve = start_serve(SAFETY_UNCHANGED_MAX="0")
        assert serve.client.post("/v1/cameras", json={"id": "gate", "name": "Gate 3"}).is_success
        add(
            serve, kind="mail", name="Office", url=f"smtp://127.0.0.1:{mails.port}",
            encryption="none", sender="alarm@example.com", receivers=["ehs@example.com"],
        )  # fmt: skip
        control = add(serve, kind="mqtt", name="Control", url=f"mqtt://127.0.0.1:{broker.port}")
        assert control["settings"]["base_topic"] == "safety-detector"
        status, hazard = "safety-detector/status", "safety-detector/cameras/gate/hazards/fire"
        eventually(lambda: listener.last(status) == b"online", "online")
        assert listener.last(hazard) == b"OFF"
        for _ in range(4):
            push(serve)
        eventually(lambda: mails.received, "a mail")
        eventually(lambda: listener.last(hazard) == b"ON", "the hazard")
        mail = mails.received[0].mail
        assert "Gate 3" in mail["Subject"]
        (picture,) = [one for one in mail.walk() if one.get_content_type() == "image/jpeg"]
        assert picture.get_content().startswith(b"\xff\xd8")
        topic = "safety-detector/cameras/gate/events"
        eventually(lambda: listener.last(topic), "the event")
        told = json.loads(listener.last(topic) or b"")
        assert told["event_type"] == "incident.opened"
        eventually(lambda: listener.last("safety-detector/cameras/gate/picture"), "the picture")
        incidents = serve.client.get("/v1/incidents").json()["incidents"]
        assert told["data"]["id"] in [one["id"] for one in incidents]
        serve.stop()
        eventually(lambda: listener.last(status) == b"offline", "offline")
