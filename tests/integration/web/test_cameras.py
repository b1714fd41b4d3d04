"""Cameras as records, and the frames that they push."""

from __future__ import annotations

import httpx2
import pytest

from safety_detector.web.cameras.documents import CameraDocument, FrameDocument
from tests.api_server import Api, make_jpeg

JPEG_TYPE = {"Content-Type": "image/jpeg"}


@pytest.fixture
def gate(client: httpx2.Client) -> str:
    """The path of a camera."""
    response = client.post("/v1/cameras", json={"id": "gate-3", "name": "门口"})
    assert response.status_code == 201, response.text
    assert response.headers["Location"] == "/v1/cameras/gate-3"
    return "/v1/cameras/gate-3"


def push(client: httpx2.Client, gate: str, seed: int) -> httpx2.Response:
    """The answer to a raw frame."""
    return client.post(f"{gate}/frames", content=make_jpeg(seed), headers=JPEG_TYPE)


def test_camera_is_kept_changed_and_removed(client: httpx2.Client, gate: str) -> None:
    """A camera is read back, replaced by PUT, and gone after DELETE."""
    CameraDocument.read(client.get(gate).json())
    changed = client.put(gate, json={"name": "Gate", "enabled": False, "min_interval_ms": 500})
    assert changed.status_code == 200
    (listed,) = client.get("/v1/cameras").json()["cameras"]
    assert listed == changed.json()
    assert (listed["name"], listed["enabled"], listed["min_interval_ms"]) == ("Gate", False, 500)
    assert client.put(gate, json={"name": "Gate"}).json()["enabled"] is True
    assert client.delete(gate).status_code == 204
    assert client.get(gate).status_code == 404


def test_id_is_made_up_where_none_is_given(client: httpx2.Client) -> None:
    """A camera without an id gets one that can be used."""
    created = client.post("/v1/cameras", json={"name": "Gate"})
    assert client.get(created.headers["Location"]).json()["id"] == created.json()["id"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"id": "gate-3", "name": "again"}, 409, "camera-exists"),
        ({"id": "../x", "name": "x"}, 422, "request-invalid"),
        ({"name": ""}, 422, "request-invalid"),
        ({"name": "\u0000"}, 201, None),
        ({"name": "x" * 300}, 422, "request-invalid"),
        ({"name": "x", "min_interval_ms": -1}, 422, "request-invalid"),
        ({"name": "x", "min_interval_ms": 10**30}, 422, "request-invalid"),
        ({"name": "x", "colour": "red"}, 422, "request-invalid"),
        ([], 422, "request-invalid"),
    ],
)
def test_only_sensible_cameras_are_kept(
    client: httpx2.Client, gate: str, body: object, status: int, code: str | None
) -> None:
    """A camera with a taken id or a senseless setting is refused."""
    assert gate
    response = client.post("/v1/cameras", json=body)
    assert (response.status_code, response.json().get("code")) == (status, code)


def test_frame_becomes_an_inspection(client: httpx2.Client, api: Api, gate: str) -> None:
    """A raw frame is accepted, inspected, and counted."""
    response = push(client, gate, 1)
    assert response.status_code == 202, response.text
    receipt = response.json()
    FrameDocument.read(receipt)
    assert receipt["disposition"] == "accepted"
    assert receipt["inspection"]["camera_id"] == "gate-3"
    api.work()
    found = client.get(receipt["inspection"]["links"]["self"]).json()
    assert found["verdict"] == "hazard"
    assert client.get(gate).json()["frames"]["inspected"] == 1


def test_frame_may_come_as_a_form(client: httpx2.Client, gate: str, jpeg: bytes) -> None:
    """A multipart frame with fields is accepted as well."""
    response = client.post(
        f"{gate}/frames",
        files={"file": ("frame.jpg", jpeg)},
        data={"captured_at": "2026-11-21T08:00:00Z"},
    )
    assert response.status_code == 202, response.text
    assert response.json()["inspection"]["captured_at"] == "2026-11-21T08:00:00.000Z"


def test_newest_frame_wins(client: httpx2.Client, api: Api, gate: str) -> None:
    """A waiting frame is replaced by a newer one, and its address says by which."""
    older = push(client, gate, 1).json()["inspection"]
    receipt = push(client, gate, 2).json()
    newer = receipt["inspection"]
    assert receipt["replaces"] == older["id"]
    gone = client.get(older["links"]["self"])
    assert (gone.status_code, gone.json()["code"]) == (410, "frame-replaced")
    assert gone.json()["replaced_by"] == newer["id"]
    assert api.work() == 1
    frames = client.get(gate).json()["frames"]
    assert (frames["received"], frames["inspected"], frames["replaced"]) == (2, 1, 1)


def test_frame_of_a_camera_that_is_off_is_skipped(client: httpx2.Client, gate: str) -> None:
    """A skipped frame is answered with 200 and the reason, and makes no inspection."""
    client.put(gate, json={"name": "Gate", "enabled": False})
    response = push(client, gate, 1)
    assert response.status_code == 200
    FrameDocument.read(response.json())
    assert response.json()["disposition"] == "skipped"
    assert "off" in response.json()["reason"]
    assert client.get("/v1/inspections").json()["inspections"] == []


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"no picture", JPEG_TYPE, 422, "not-a-picture"),
        (b"{}", {"Content-Type": "application/json"}, 415, "media-type-unsupported"),
    ],
)
def test_bad_frame_is_refused(
    client: httpx2.Client,
    gate: str,
    content: bytes,
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    """What is no picture is no frame."""
    response = client.post(f"{gate}/frames", content=content, headers=headers)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_last_of_two_like_files_is_the_frame(client: httpx2.Client, gate: str, jpeg: bytes) -> None:
    """Of pictures of one size in one push the newest wins, and the answer names the other."""
    files = [("files", ("a.jpg", jpeg)), ("files", ("b.jpg", jpeg))]
    receipt = client.post(f"{gate}/frames", files=files).json()
    assert (receipt["inspection"]["image"]["name"], receipt["left_out"]) == ("b.jpg", ["a.jpg"])


def test_frame_of_an_unknown_camera_is_404(client: httpx2.Client, jpeg: bytes) -> None:
    """A camera must be added before it can push."""
    response = client.post("/v1/cameras/nobody/frames", content=jpeg, headers=JPEG_TYPE)
    assert (response.status_code, response.json()["code"]) == (404, "unknown-camera")


def test_what_is_wrong_with_a_camera_is_said_in_words(client: httpx2.Client) -> None:
    """Which letters an id may have, and that a change needs the whole camera; no expression."""
    refused = client.post("/v1/cameras", json={"id": "三号", "name": "三号"})
    assert refused.status_code == 422
    assert "ASCII letters" in refused.json()["detail"]
    assert "other letters can stand in a name" in refused.json()["detail"]
    assert "^[" not in refused.text
    client.post("/v1/cameras", json={"id": "gate-3", "name": "三号"})
    refused = client.put("/v1/cameras/gate-3", json={"min_interval_ms": 5000})
    assert (refused.status_code, refused.json()["detail"]) == (
        422,
        "name: it is needed and was not given.",
    )
