"""A camera's pictures are screened on the CPU, and the language model is asked where it matters."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.eventually import eventually
from tests.model_server import Reply, running

from .conftest import ROOT, Serve, StartServe

FIRE = ROOT / "samples" / "fire-in-laboratory.jpg"
NOTHING = ROOT / "samples" / "autumn-mountain-nothing.jpg"
SEEN = Reply(json.dumps({"answer": "火焰", "why": "桌面有明火"}, ensure_ascii=False))
NOT_SEEN = Reply(json.dumps({"answer": "都没有", "why": "橙色灯光"}, ensure_ascii=False))


def push(serve: Serve, camera: str, picture: Any = FIRE) -> dict[str, Any]:
    """The result of a picture that a camera sends."""
    answer = serve.client.post(
        f"/v1/cameras/{camera}/frames",
        content=picture.read_bytes(),
        headers={"Content-Type": "image/jpeg"},
    )
    assert answer.status_code == 202, answer.text
    return serve.wait_for(answer.json()["inspection"]["id"])


def incidents_of(serve: Serve, camera: str) -> list[dict[str, Any]]:
    """A camera's incidents with fire."""
    listed = serve.client.get("/v1/incidents").json()["incidents"]
    return [one for one in listed if "fire" in one["hazards"] and one["camera_id"] == camera]


def test_what_the_model_confirms_is_verified_and_what_it_refutes_opens_nothing(
    start_serve: StartServe,
) -> None:
    """The result says which road the picture took; uploads are shown whole as ever."""
    with running(SEEN) as server:
        serve = start_serve(
            SAFETY_QWEN_URLS=server.url,
            SAFETY_SECOND_LOOK="suspects",
            SAFETY_SECOND_LOOK_FULL_EVERY="0",
            SAFETY_UNCHANGED_MAX="0",
        )
        for camera in ("gate", "lamp", "yard"):
            assert serve.client.post("/v1/cameras", json={"id": camera, "name": camera}).is_success
        empty = push(serve, "yard", NOTHING)
        assert (empty["verdict"], [run["role"] for run in empty["runs"]]) == ("clear", ["screen"])
        assert server.seen == []
        for _ in range(4):
            result = push(serve, "gate")
        assert result["verdict"] == "hazard"
        assert [one["verified"] for one in result["detections"]] == [True]
        assert [run["role"] for run in result["runs"]] == ["screen", "second_look"]
        asked = result["runs"][1]["asked"]
        assert (asked["answer"], asked["reason"]) == ("fire", "桌面有明火")
        assert asked["age_s"] > 0  # it was given twice
        assert len(server.seen) == 2
        eventually(lambda: len(incidents_of(serve, "gate")) == 1, "an incident")
        assert incidents_of(serve, "gate")[0]["verified"]
        server.replies = [NOT_SEEN]
        for _ in range(4):
            result = push(serve, "lamp")
        assert result["verdict"] == "inconclusive"
        assert result["detections"] == []
        assert result["runs"][1]["asked"]["answer"] == "neither"
        assert incidents_of(serve, "lamp") == []
        server.replies = [Reply("[]")]
        upload = serve.wait_for(serve.submit(FIRE)["id"])
        assert [(run["backend"], run["role"]) for run in upload["runs"]] == [("qwen", "full")]
        # Workers tell what they did with their signs of life.
        screened = 'safety_detector_runs_total{backend="embedded",outcome="answered",role="screen"}'
        eventually(lambda: screened in serve.client.get("/metrics").text, "the screen's looks")
        page = serve.client.get(f"/pictures/{result['id']}")
        assert "橙色灯光" in page.text
        assert 'class="refuted"' in page.text  # where it was, for reviewers
        assert result["runs"][1]["asked"]["age_s"] > 0  # which took no time, and used no tokens
        assert "0.00" not in page.text
        assert "· </p>" not in page.text
        assert re.search("可能是误报|It may be a false alarm", page.text)
        assert serve.stop() == 0


def test_a_model_that_is_away_leaves_hazards_unverified(start_serve: StartServe) -> None:
    """Nobody waits for it, and nothing that is suspected becomes clear."""
    with running(SEEN) as server:
        serve = start_serve(
            SAFETY_QWEN_URLS=server.url, SAFETY_SECOND_LOOK="suspects", SAFETY_UNCHANGED_MAX="0"
        )
        assert serve.client.post("/v1/cameras", json={"id": "gate", "name": "Gate"}).is_success
        push(serve, "gate", NOTHING)
    for _ in range(3):
        result = push(serve, "gate")
    assert result["verdict"] == "hazard"
    assert [one["verified"] for one in result["detections"]] == [False]
    page = serve.client.get(f"/pictures/{result['id']}").text
    assert re.search(r'<span class="doubt">(not confirmed by|未经大模型确认)', page)
    (incident,) = incidents_of(serve, "gate")
    assert not incident["verified"]
    assert push(serve, "gate", NOTHING)["verdict"] == "clear"
    assert serve.stop() == 0
