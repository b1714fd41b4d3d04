"""What an operator says of a camera by REST: sources, zones, masks, hours; and trying a source."""

from __future__ import annotations

import base64
import io
import socket
from typing import Any

import httpx2
import PIL.Image
import pytest

from safety_detector.service.records import Scope
from safety_detector.web.app import WebOptions
from safety_detector.web.cameras.documents import CameraDocument
from tests.api_server import Api, ApiRunner
from tests.rtsp_server import rtsp_server

PASSWORD = "s3cret-9Qx"  # noqa: S105 (of a test)
URL = "rtsp://10.0.0.7/Streaming/Channels/102"
SOURCE = {"kind": "rtsp", "url": URL, "username": "viewer", "password": PASSWORD}
TRIANGLE = [[0.1, 0.2], [0.6, 0.2], [0.6, 0.9]]
ZONE = {"id": "tanks", "name": "Tank farm", "polygon": TRIANGLE}
MASK = {"polygon": TRIANGLE, "reason": "flare stack"}
HOURS = {"days": ["mon"], "from": "07:00", "to": "19:00"}
WHOLE = {
    "id": "gate3",
    "name": "Gate 3",
    "location": "Plant 2 / Gate 3",
    "timezone": "Asia/Shanghai",
    "source": SOURCE,
    "every_s": 2,
    "expected": True,
    "zones": [{**ZONE, "watch": ["fire", "smoke"], "severity": "severe"}],
    "masks": [{**MASK, "hazards": ["fire", "smoke"]}],
    "schedule": [{**HOURS, "hazards": ["no_helmet"]}],
}


def test_everything_that_is_said_comes_back_but_the_password(client: httpx2.Client) -> None:
    """Under the names in which it was sent."""
    made = client.post("/v1/cameras", json=WHOLE)
    assert made.status_code == 201, made.text
    document = made.json()
    CameraDocument.read(document)
    for name, value in WHOLE.items():
        if name != "source":
            assert document[name] == value
    assert document["source"].items() >= {"kind": "rtsp", "url": URL, "username": "viewer"}.items()
    assert (document["login"], PASSWORD in made.text) == ("kept", False)
    assert client.get("/v1/cameras/gate3").json() == document
    again = {name: document[name] for name in WHOLE if name != "id"}
    assert client.put("/v1/cameras/gate3", json=again).json() == document


def test_clients_that_know_nothing_of_sources_change_nothing_of_them(
    client: httpx2.Client, api: Api
) -> None:
    """A PUT of an earlier client keeps what it does not name, the password too."""
    client.post("/v1/cameras", json=WHOLE)
    before = client.get("/v1/cameras/gate3").json()
    changed = client.put("/v1/cameras/gate3", json={"name": "Gate", "min_interval_ms": 500})
    assert changed.json() == before | {"name": "Gate", "min_interval_ms": 500}
    assert api.service.cameras.records.open_source("gate3").password == PASSWORD
    emptied = client.put(
        "/v1/cameras/gate3",
        json={"name": "Gate", "source": None, "zones": [], "location": None, "timezone": None},
    ).json()
    assert (emptied["source"]["kind"], emptied["login"]) == ("push", "none")
    assert (emptied["zones"], emptied["location"], emptied["every_s"]) == ([], None, None)
    assert emptied["masks"] == before["masks"]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ({"url": "rtsps://10.0.0.7/1"}, "rtsp"),
        ({"url": "http://10.0.0.7/axis-cgi/jpg/image.cgi"}, "snapshot"),
        ({"url": "http://10.0.0.7/axis-cgi/mjpg/video.cgi"}, "http"),
        ({"url": "http://10.0.0.7/live/stream.m3u8"}, "http"),
        ({"url": "http://10.0.0.7/picture", "kind": "snapshot"}, "snapshot"),
        ({"kind": "push"}, "push"),
    ],
)
def test_kind_of_a_source_is_told_by_its_address(
    client: httpx2.Client, source: dict[str, str], kind: str
) -> None:
    """Unless it is named."""
    made = client.post("/v1/cameras", json={"name": "x", "source": source})
    assert made.status_code == 201, made.text
    assert made.json()["source"]["kind"] == kind


@pytest.mark.parametrize(
    "url",
    [
        f"rtsp://viewer:{PASSWORD}@10.0.0.7/1",
        f"rtsp://10.0.0.7/user=viewer&password={PASSWORD}&channel=1&stream=0.sdp",
        f"http://10.0.0.7/cgi-bin/snapshot.cgi?loginuse=viewer&loginpas={PASSWORD}",
        f"http://10.0.0.7/snap.jpg?usr=viewer&pwd={PASSWORD}",
    ],
)
def test_password_in_an_address_is_taken_out_of_it(
    client: httpx2.Client, api: Api, url: str
) -> None:
    """Wherever makers put it; what is shown can be sent again."""
    made = client.post("/v1/cameras", json={"id": "x", "name": "x", "source": {"url": url}})
    assert made.status_code == 201, made.text
    assert PASSWORD not in made.text
    source = made.json()["source"]
    assert source["username"] == "viewer"
    again = client.put("/v1/cameras/x", json={"name": "x", "source": source})
    assert (again.status_code, again.json()["login"]) == (200, "kept")
    opened = api.service.cameras.records.open_source("x")
    assert (opened.username, opened.password) == ("viewer", PASSWORD)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"source": {"url": ""}}, "source"),
    ({"source": {"url": "ftp://10.0.0.7/1"}}, "source"),
    ({"source": {"url": "rtsp://"}}, "source"),
    ({"source": {"url": "rtsp://10.0.0.7:99999/1"}}, "source"),
    ({"source": {"url": "rtsp://10.0.0.7/\u0000"}}, "source.url"),
    ({"source": {"url": URL, "kind": "snapshot"}}, "source"),
    ({"source": {"url": URL, "kind": "laser"}}, "source.kind"),
    ({"source": {"url": URL, "transport": "pigeon"}}, "source.transport"),
    ({"source": {"url": URL, "colour": "red"}}, "source.colour"),
    ({"source": {"url": URL, "password": ["x"]}}, "source.password"),
    ({"source": {"url": URL, "password": "x" * 2000}}, "source.password"),
    ({"source": {"url": f"rtsp://a:{PASSWORD}@10.0.0.7/1", "password": "other"}}, "source"),
    ({"source": {"url": f"rtsp://a:{PASSWORD}/x@10.0.0.7/1"}}, "source"),
    ({"source": "rtsp://10.0.0.7"}, "source"),
    ({"every_s": 0}, "every_s"),
    ({"every_s": "2"}, "every_s"),
    ({"every_s": True}, "every_s"),
    ({"every_s": 1e9}, "every_s"),
    ({"expected": "yes"}, "expected"),
    ({"timezone": "Asia/Shanghi"}, "timezone"),
    ({"timezone": "../../etc/passwd"}, "timezone"),
    ({"timezone": "Asia"}, "timezone"),
    ({"location": ""}, "location"),
    ({"zones": [{**ZONE, "polygon": TRIANGLE[:2]}]}, "zones.0.polygon"),
    ({"zones": [ZONE, {**ZONE, "id": "b", "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}]},
     "zones.1.polygon"),
    ({"zones": [{**ZONE, "polygon": [[0, 0], [1.5, 0], [1, 1]]}]}, "zones.0.polygon"),
    ({"zones": [{**ZONE, "polygon": [[0, 0], ["1", 0], [1, 1]]}]}, "zones.0.polygon.1.0"),
    ({"zones": [{**ZONE, "polygon": [[0, 0], [1, 0, 1], [1, 1]]}]}, "zones.0.polygon.1"),
    ({"zones": [{**ZONE, "polygon": [[0, 0]] * 5000}]}, "zones.0.polygon"),
    ({"zones": [{**ZONE, "watch": ["flood"]}]}, "zones.0.watch.0"),
    ({"zones": [{**ZONE, "watch": []}]}, "zones.0.watch"),
    ({"zones": [{**ZONE, "severity": "deadly"}]}, "zones.0.severity"),
    ({"zones": [{**ZONE, "id": "a b"}]}, "zones.0.id"),
    ({"zones": [ZONE, ZONE]}, "zones"),
    ({"zones": [{**ZONE, "id": str(number)} for number in range(51)]}, "zones"),
    ({"zones": None}, "zones"),
    ({"masks": [{"polygon": TRIANGLE}]}, "masks.0.reason"),
    ({"masks": [{**MASK, "hazards": ["helmet"]}]}, "masks.0.hazards.0"),
    ({"masks": [MASK] * 51}, "masks"),
    ({"schedule": [{**HOURS, "days": ["monday"]}]}, "schedule.0.days.0"),
    ({"schedule": [{**HOURS, "days": []}]}, "schedule.0.days"),
    ({"schedule": [{**HOURS, "to": "07:00"}]}, "schedule.0"),
    ({"schedule": [{**HOURS, "from": "24:00"}]}, "schedule.0"),
    ({"schedule": [{**HOURS, "to": "24:01"}]}, "schedule.0.to"),
    ({"schedule": [{**HOURS, "from": "7:00"}]}, "schedule.0.from"),
    ({"schedule": [{**HOURS, "from": 7}]}, "schedule.0.from"),
    ({"schedule": [{**HOURS, "start": "07:00"}]}, "schedule.0.start"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "field"), BAD)
def test_what_cannot_be_is_refused_by_its_field(
    client: httpx2.Client, fault: dict[str, Any], field: str
) -> None:
    """With 422, in words that hold nothing secret; and nothing is saved."""
    refused = client.post("/v1/cameras", json={"id": "x", "name": "x", **fault})
    assert (refused.status_code, refused.json()["code"]) == (422, "request-invalid"), refused.text
    assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert PASSWORD not in refused.text
    assert client.get("/v1/cameras/x").status_code == 404


def test_hours_over_midnight_and_to_the_end_of_the_day_are_taken(client: httpx2.Client) -> None:
    """As night shifts work."""
    hours = [{**HOURS, "from": "22:00", "to": "06:00"}, {**HOURS, "from": "00:00", "to": "24:00"}]
    made = client.post("/v1/cameras", json={"name": "x", "schedule": hours})
    shown = [(one["from"], one["to"]) for one in made.json()["schedule"]]
    assert shown == [("22:00", "06:00"), ("00:00", "24:00")]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({"url": "rtsp://8.8.8.8/1"}, "SAFETY_CAMERA_NETWORKS"),
        ({"url": "http://169.254.169.254/latest/snapshot.jpg"}, "SAFETY_CAMERA_NETWORKS"),
        ({"url": "/etc/passwd"}, "SAFETY_CAMERA_FOLDERS"),
    ],
)
def test_source_that_is_not_allowed_is_neither_saved_nor_tried(
    client: httpx2.Client, source: dict[str, str], says: str
) -> None:
    """Both are answered with 422 and the setting that would allow it."""
    for path, body in (
        ("/v1/cameras", {"name": "x", "source": source}),
        ("/v1/cameras/test", {"source": source}),
    ):
        refused = client.post(path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "camera-address-refused")
        assert says in refused.json()["detail"]


def test_password_goes_to_no_other_server(client: httpx2.Client) -> None:
    """A changed host asks for it again; without one it is told so."""
    client.post("/v1/cameras", json=WHOLE)
    elsewhere = {"name": "x", "source": {"url": "rtsp://10.0.0.66/1"}}
    refused = client.put("/v1/cameras/gate3", json=elsewhere)
    assert (refused.status_code, refused.json()["code"]) == (422, "submission-refused")
    assert "another server" in refused.json()["detail"]
    elsewhere["source"]["password"] = None
    assert client.put("/v1/cameras/gate3", json=elsewhere).json()["login"] == "none"


def test_a_lost_key_is_told_where_the_password_is_needed(client: httpx2.Client, api: Api) -> None:
    """And nowhere else."""
    client.post("/v1/cameras", json=WHOLE)
    (api.service.storage.root / "keys" / "seal.key").write_bytes(b"")
    assert client.get("/v1/cameras/gate3").json()["login"] == "lost"
    refused = client.post("/v1/cameras/test", json={"camera_id": "gate3"})
    assert (refused.status_code, refused.json()["code"]) == (409, "secrets-lost")
    again = {"name": "x", "source": SOURCE}
    assert client.put("/v1/cameras/gate3", json=again).json()["login"] == "kept"


@pytest.mark.processes
def test_source_that_works_shows_its_picture(client: httpx2.Client) -> None:
    """With what the stream says of itself; nothing is saved."""
    with rtsp_server(username="viewer", password=PASSWORD) as server:
        source = {"url": server.url(), "username": "viewer", "password": PASSWORD}
        tried = client.post("/v1/cameras/test", json={"source": source})
        wrong = client.post("/v1/cameras/test", json={"source": {**source, "password": "no"}})
        client.post("/v1/cameras", json={"id": "x", "name": "x", "source": source})
        kept = client.post("/v1/cameras/test", json={"camera_id": "x"})
    assert tried.status_code == 200, tried.text
    answer = tried.json()
    assert (answer["codec"], answer["width"], answer["height"]) == ("h264", 640, 360)
    picture = PIL.Image.open(io.BytesIO(base64.b64decode(answer["picture"])))
    assert (picture.format, picture.size) == ("JPEG", (640, 360))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "camera-login-failed")
    assert kept.status_code == 200
    assert PASSWORD not in tried.text + wrong.text + kept.text


@pytest.mark.processes
def test_source_that_does_not_answer_is_told_so(client: httpx2.Client) -> None:
    """Nothing listens; and something that never says a word, within 15 seconds."""
    closed = client.post("/v1/cameras/test", json={"source": {"url": "rtsp://127.0.0.1:1/x"}})
    assert (closed.status_code, closed.json()["code"]) == (422, "camera-unreachable")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"rtsp://127.0.0.1:{mute.getsockname()[1]}/x"
        silent = client.post("/v1/cameras/test", json={"source": {"url": url}})
    assert (silent.status_code, silent.json()["code"]) == (422, "camera-timed-out")


@pytest.mark.processes
def test_change_of_a_source_is_tried_with_the_kept_password(client: httpx2.Client) -> None:
    """Before it is saved; another server is not shown the password."""
    with rtsp_server(username="viewer", password=PASSWORD) as server:
        source = {"url": server.url(), "username": "viewer", "password": PASSWORD}
        client.post("/v1/cameras", json={"id": "x", "name": "x", "source": source})
        changed = {"url": server.url(), "transport": "tcp"}
        kept = client.post("/v1/cameras/test", json={"camera_id": "x", "source": changed})
        wrong = {**changed, "password": "no"}
        given = client.post("/v1/cameras/test", json={"camera_id": "x", "source": wrong})
    other = {"url": "rtsp://127.0.0.1:1/x"}
    elsewhere = client.post("/v1/cameras/test", json={"camera_id": "x", "source": other})
    assert kept.status_code == 200, kept.text
    assert (given.status_code, given.json()["code"]) == (422, "camera-login-failed")
    assert elsewhere.status_code == 422
    assert elsewhere.json()["details"]["code"] == "camera-password-needed"


@pytest.mark.parametrize("body", [{}, {"source": None}, {"camera_id": "../x"}])
def test_what_is_to_be_tried_is_named(client: httpx2.Client, body: dict[str, Any]) -> None:
    """A source, a camera, or a source that a camera might get."""
    assert client.post("/v1/cameras/test", json=body).status_code == 422


def test_camera_that_pushes_or_is_unknown_cannot_be_tried(client: httpx2.Client) -> None:
    """And is told so."""
    client.post("/v1/cameras", json={"id": "x", "name": "x"})
    pushed = client.post("/v1/cameras/test", json={"camera_id": "x"})
    assert (pushed.status_code, pushed.json()["code"]) == (422, "camera-stream-missing")
    assert client.post("/v1/cameras/test", json={"camera_id": "y"}).status_code == 404


def test_only_admins_say_where_the_service_connects_to(runner: ApiRunner) -> None:
    """Readers see cameras and their pictures, camera keys neither."""
    api = runner.start(WebOptions())
    admin, reader = api.key(Scope.ADMIN), api.key(Scope.READ)
    with api.client(admin) as client:
        assert client.post("/v1/cameras", json={"id": "x", "name": "x"}).status_code == 201
    for key, reads in ((reader, 404), (api.key(camera_id="x"), 403), (api.key(Scope.SUBMIT), 403)):
        with api.client(key) as client:
            assert client.post("/v1/cameras/test", json={"source": SOURCE}).status_code == 403
            assert client.post("/v1/cameras", json={"name": "x"}).status_code == 403
            assert client.get("/v1/cameras/x/latest.jpg").status_code == reads
