"""Masks where false alarms were, over REST."""

from __future__ import annotations

import httpx2

from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import decide_verdict
from safety_detector.service.records import Finding
from tests.api_server import Api
from tests.pictures import jpeg
from tests.service_stand import next_claim


def open_one(client: httpx2.Client, api: Api) -> str:
    """An incident of a camera's; gives its address."""
    assert client.post("/v1/cameras", json={"id": "gate", "name": "Gate 3"}).status_code == 201
    for _ in range(3):
        client.post(
            "/v1/cameras/gate/frames", content=jpeg(), headers={"Content-Type": "image/jpeg"}
        ).raise_for_status()
        claim, runs = next_claim(api.service), (DetectorRun("embedded", "a model"),)
        assert claim is not None
        fire = Detection(Box(6, 8, 14, 16), Hazard(Label.FIRE, SubLabel.MINOR), 0.9)
        finding = Finding(claim, (fire,), runs, decide_verdict((fire,), runs), b"annotated")
        assert api.service.inspections.findings.record([finding]) == [True]
    (incident,) = client.get("/v1/incidents").json()["incidents"]
    return str(incident["links"]["self"])


def test_a_false_alarm_is_masked_with_two_requests(client: httpx2.Client, api: Api) -> None:
    """One says that it is one, the other takes the mask; before it nothing is proposed."""
    incident = open_one(client, api)
    early = client.get(f"{incident}/mask-proposal")
    assert (early.status_code, early.json()["code"]) == (409, "act-refused")
    act = {"act": "dismiss", "text": "sun on the lamp"}
    client.post(f"{incident}/acts", json=act).raise_for_status()
    proposal = client.get(f"{incident}/mask-proposal").json()
    assert (proposal["reason"], proposal["hazards"]) == ("sun on the lamp", ["fire"])
    accepted = client.post(f"{incident}/mask-proposal", json={})
    assert accepted.status_code == 201, accepted.text
    (mask,) = client.get("/v1/cameras/gate").json()["masks"]
    assert mask == {name: proposal[name] for name in ("polygon", "reason", "hazards")}
    again = client.post(f"{incident}/mask-proposal", json={})
    assert again.status_code == 409
    assert "sun on the lamp" in again.json()["detail"]
    entries = client.get("/v1/audit").json()["entries"]
    assert any("sun on the lamp" in str(one["details"]) for one in entries)


def test_what_is_not_there_is_not_found(client: httpx2.Client) -> None:
    """Whoever asks for it, or accepts it."""
    path = "/v1/incidents/01KAJ8W4T02M5QCZXK1D7H3R9N/mask-proposal"
    assert client.get(path).status_code == 404
    assert client.post(path, json={}).status_code == 404
    refused = client.post(path, json={"reason": " "})
    assert refused.status_code == 422
