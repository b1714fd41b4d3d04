"""The receivers of what vendors' devices push, asked as the devices do."""

from __future__ import annotations

import http.server
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from safety_detector.service.records import Scope
from safety_detector.web.app import WebOptions
from tests.api_server import NOBODY, Api, ApiRunner, make_jpeg

CORPUS = Path(__file__).parents[2] / "data" / "vendor_payloads"
FORM = "multipart/form-data; boundary=boundary"
HIKVISION = "/v1/receivers/hikvision"
DAHUA = "/v1/receivers/dahua"


@pytest.fixture
def api(runner: ApiRunner) -> Api:
    """An API with keys, two cameras of their own and a recorder's third."""
    api = runner.start(WebOptions())
    with api.client(api.key(Scope.ADMIN)) as admin:
        for one in ("gate-3", "gate-4", "yard"):
            assert admin.post("/v1/cameras", json={"id": one, "name": one}).status_code == 201
    return api


@pytest.fixture
def admin(api: Api) -> Iterator[httpx2.Client]:
    """The operator."""
    with api.client(api.key(Scope.ADMIN)) as client:
        yield client


def payload(name: str) -> bytes:
    """A file of the corpus."""
    return (CORPUS / name).read_bytes()


def push(
    api: Api, path: str, body: bytes, kind: str = FORM, auth: Any = None, **more: Any
) -> httpx2.Response:
    """What a device is answered."""
    with httpx2.Client(base_url=api.url, trust_env=False, verify=NOBODY, timeout=120) as device:
        headers = {"Content-Type": kind} if kind else {}
        return device.post(path, content=body, headers=headers, auth=auth, **more)


def last(admin: httpx2.Client, camera_id: str | None) -> dict[str, Any]:
    """The last delivery of a camera, or of none."""
    path = f"/v1/cameras/{camera_id}/deliveries" if camera_id else "/v1/receivers/deliveries"
    answer = admin.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()["deliveries"][0]


def frames(admin: httpx2.Client, camera_id: str = "gate-3") -> dict[str, int]:
    """What became of a camera's frames."""
    return admin.get(f"/v1/cameras/{camera_id}").json()["frames"]


@pytest.mark.parametrize(
    "name",
    sorted(
        path.relative_to(CORPUS).as_posix()
        for path in CORPUS.glob("hikvision/*.multipart")
        if "half" not in path.name
    ),
)
def test_event_with_picture_is_a_frame(api: Api, admin: httpx2.Client, name: str) -> None:
    """However a device writes its push: 200, an empty answer, one frame, and what was read."""
    key = api.key(camera_id="gate-3")
    answer = push(api, f"{HIKVISION}/gate-3?key={key}", payload(name))
    assert (answer.status_code, answer.content) == (200, b"")
    told = last(admin, "gate-3")
    assert told["outcome"] == "accepted"
    assert told["contents"]["events"][0]["kind"] == "fireDetection"
    inspection = admin.get(f"/v1/inspections/{told['inspection_id']}").json()
    assert inspection["camera_id"] == "gate-3"
    assert inspection["metadata"]["event"] == "fireDetection"
    assert frames(admin)["received"] == 1


def test_every_way_to_show_a_key(api: Api, admin: httpx2.Client) -> None:
    """In the query, by Basic, by Digest with MD5 and SHA-256, and as programs do."""
    key = api.key(camera_id="gate-3")
    body = payload("hikvision/image.multipart")
    path = f"{HIKVISION}/gate-3"
    assert push(api, f"{path}?key={key}&channel=1", body).status_code == 200
    assert push(api, path, body, auth=("admin", key)).status_code == 200
    assert push(api, path, body, auth=httpx2.DigestAuth("gate-3", key)).status_code == 200
    with api.client(key) as program:
        sent = program.post(path, content=body, headers={"Content-Type": FORM})
    assert sent.status_code == 200
    assert frames(admin)["received"] == 4


def test_challenges_of_digest_are_no_strays(api: Api, admin: httpx2.Client) -> None:
    """Each push by Digest asks without a key first; that buries no refusal that matters."""
    key = api.key(camera_id="gate-3")
    for _ in range(3):
        auth = httpx2.DigestAuth("gate-3", key)
        assert push(api, f"{HIKVISION}/gate-3", b"x", auth=auth).status_code == 200
    assert len(admin.get("/v1/receivers/deliveries").json()["deliveries"]) <= 1


@pytest.mark.attack("receivers")
@pytest.mark.parametrize(
    "query", ["", "?key=", "?key=x", "?key=sdk_01KAJ8W4T0X2V7Q9R5N3M1B6CD_wrong", "?Key=sdk_1_2"]
)
@pytest.mark.parametrize("make", ["hikvision", "dahua"])
def test_no_key_and_wrong_key(api: Api, admin: httpx2.Client, make: str, query: str) -> None:
    """Without a good key nothing is taken; the answer names every way in, and an admin sees it."""
    path = f"/v1/receivers/{make}/gate-3{query}"
    answer = push(api, path, payload("hikvision/image.multipart"))
    assert (answer.status_code, answer.json()["code"]) == (401, "key-required")
    for way in ("Digest realm=", "algorithm=MD5", "algorithm=SHA-256", "Basic realm="):
        assert way in answer.headers["WWW-Authenticate"]
    assert frames(admin)["received"] == 0


@pytest.mark.attack("receivers")
def test_another_cameras_key_is_refused(api: Api, admin: httpx2.Client) -> None:
    """A key pushes to its own camera: neither a path nor what a payload says leads elsewhere."""
    admin.put("/v1/cameras/gate-4/device", json={"mac": "44-19-B6-0A-1B-2C"})
    key = api.key(camera_id="gate-3")
    for path in (f"{HIKVISION}/gate-4", HIKVISION):
        answer = push(api, f"{path}?key={key}", payload("hikvision/image.multipart"))
        assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
        assert last(admin, None)["outcome"] == "not-allowed"
    reader = api.key(Scope.READ)
    assert push(api, f"{HIKVISION}/gate-3?key={reader}", b"x").status_code == 403
    assert frames(admin, "gate-4")["received"] == 0


def test_unknown_camera_is_told_and_counted(api: Api, admin: httpx2.Client) -> None:
    """404, and the operator sees what the device said of itself."""
    key = api.key(Scope.SUBMIT)
    named = push(api, f"{HIKVISION}/nobody?key={key}", payload("hikvision/image.multipart"))
    assert (named.status_code, named.json()["code"]) == (404, "unknown-camera")
    answer = push(api, f"{HIKVISION}?key={key}", payload("hikvision/image.multipart"))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-camera")
    told = last(admin, None)
    assert told["outcome"] == "unknown-camera"
    assert told["contents"]["events"][0]["mac"] == "44:19:b6:0a:1b:2c"
    assert "44:19:b6:0a:1b:2c" in told["reason"]
    metrics = admin.get("/metrics").text
    line = 'safety_camera_deliveries_total{make="hikvision",outcome="unknown-camera"} 2.0'
    assert line in metrics


@pytest.mark.parametrize(
    ("devices", "name", "camera_id"),
    [
        ({"gate-4": {"mac": "4419b60a1b2c"}}, "hikvision/image.multipart", "gate-4"),
        ({"gate-4": {"address": "192.168.1.64"}}, "hikvision/image.multipart", "gate-4"),
        ({"gate-4": {"address": "127.0.0.1"}}, "dahua/snap.multipart", "gate-4"),
        (
            {
                "gate-3": {"mac": "44:19:b6:0a:1b:2c", "channel": 1},
                "gate-4": {"mac": "44:19:b6:0a:1b:2c", "channel": 2},
            },
            "hikvision/image.multipart",
            "gate-3",
        ),
        # The MAC address goes before the IP address.
        (
            {
                "gate-3": {"address": "192.168.1.64"},
                "gate-4": {"mac": "44:19:b6:0a:1b:2c"},
            },
            "hikvision/image.multipart",
            "gate-4",
        ),
        (
            {
                "gate-3": {"address": "127.0.0.1", "channel": 1},
                "gate-4": {"address": "127.0.0.1", "channel": 2},
            },
            "dahua/snap.multipart",
            "gate-4",
        ),
        # Two that would do are none: no picture gets another camera's name.
        (
            {
                "gate-3": {"mac": "44:19:b6:0a:1b:2c"},
                "gate-4": {"mac": "44:19:b6:0a:1b:2c"},
            },
            "hikvision/image.multipart",
            None,
        ),
        (
            {"gate-4": {"mac": "44:19:b6:0a:1b:2c", "channel": 7}},
            "hikvision/image.multipart",
            None,
        ),
    ],
)
def test_camera_is_known_by_its_device(
    api: Api, admin: httpx2.Client, devices: dict[str, Any], name: str, camera_id: str | None
) -> None:
    """By MAC address, else by IP address, then by channel."""
    for one, device in devices.items():
        assert admin.put(f"/v1/cameras/{one}/device", json=device).status_code == 200
    make = name.partition("/")[0]
    answer = push(api, f"/v1/receivers/{make}?key={api.key(Scope.SUBMIT)}", payload(name))
    assert answer.status_code == (200 if camera_id else 404), answer.text
    if camera_id:
        assert last(admin, camera_id)["outcome"] == "accepted"


def test_channel_34_of_a_recorder_is_its_second_camera(api: Api, admin: httpx2.Client) -> None:
    """A recorder of Hikvision counts its IP channels from 33."""
    device = {"mac": "44:19:b6:0a:1b:2c", "channel": 2}
    assert admin.put("/v1/cameras/yard/device", json=device).json() == {
        **device,
        "address": None,
        "acknowledgement": "empty",
    }
    key = api.key(Scope.SUBMIT)
    body = payload("hikvision/nvr-channel-34.xml")
    assert push(api, f"{HIKVISION}?key={key}", body, "application/xml").status_code == 200
    assert last(admin, "yard")["outcome"] == "no-picture"


@pytest.mark.parametrize(
    ("make", "body", "kind", "outcome", "says"),
    [
        ("hikvision", payload("hikvision/heartbeat.xml"), "application/xml", "heartbeat", ""),
        ("dahua", b"Heartbeat", "text/plain", "heartbeat", ""),
        (
            "hikvision",
            payload("hikvision/event.xml"),
            "text/xml",
            "no-picture",
            "without a picture",
        ),
        ("dahua", payload("dahua/motion.txt"), "text/plain", "no-picture", "without a picture"),
        ("hikvision", b"hello", "text/plain", "unreadable", "neither XML nor JSON"),
        ("hikvision", b"", "", "unreadable", "neither"),
        ("hikvision", b"\0" * 100, "application/octet-stream", "unreadable", "neither"),
        ("hikvision", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "text/xml", "unreadable", "XML"),
        ("dahua", b'{"Code": ', "application/json", "unreadable", "JSON"),
        ("hikvision", b"x" * 9000, FORM, "unreadable", "boundary"),
    ],
)
def test_push_without_picture_is_received_and_told(
    api: Api, admin: httpx2.Client, make: str, body: bytes, kind: str, outcome: str, says: str
) -> None:
    """A heartbeat, an event alone and what cannot be read: 200, kept, with the reason."""
    key = api.key(camera_id="gate-3")
    assert push(api, f"/v1/receivers/{make}?key={key}", body, kind).status_code == 200
    told = last(admin, "gate-3")
    assert told["outcome"] == outcome
    assert says in (told["reason"] or "")
    assert told["size_bytes"] == len(body)
    assert told["peer"] == "127.0.0.1"
    assert frames(admin)["received"] == 0
    line = f'safety_camera_deliveries_total{{make="{make}",outcome="{outcome}"}} 1.0'
    assert line in admin.get("/metrics").text


def test_half_a_picture_is_refused_and_counted(api: Api, admin: httpx2.Client) -> None:
    """422 and counted against the camera: silence about it would look like a working one."""
    key = api.key(camera_id="gate-3")
    body = payload("hikvision/half-image.multipart")
    answer = push(api, f"{HIKVISION}/gate-3?key={key}", body)
    assert answer.status_code == 422
    assert answer.json()["code"].startswith("picture-")
    told = last(admin, "gate-3")
    assert (told["outcome"], told["reason"]) == ("refused", answer.json()["detail"])
    assert frames(admin)["refused"] == 1


def test_raw_picture_is_taken_too(api: Api, admin: httpx2.Client) -> None:
    """A device that sends its picture alone is understood, whatever type it names."""
    key = api.key(camera_id="gate-3")
    for kind in ("image/jpeg", "text/xml", ""):
        assert push(api, f"{DAHUA}/gate-3?key={key}", make_jpeg(), kind).status_code == 200
    assert frames(admin)["received"] == 3


@pytest.mark.parametrize(
    ("how", "content"), [("empty", b""), ("ok", b"OK"), ("json", b'{"Result":true}')]
)
def test_acknowledgement_is_the_cameras(
    api: Api, admin: httpx2.Client, how: str, content: bytes
) -> None:
    """Models differ in what they take for received."""
    admin.put("/v1/cameras/gate-3/device", json={"acknowledgement": how})
    path = f"{DAHUA}/gate-3?key={api.key(camera_id='gate-3')}"
    answer = push(api, path, payload("dahua/snap.multipart"))
    assert (answer.status_code, answer.content) == (200, content)


def test_last_twenty_are_kept(api: Api, admin: httpx2.Client) -> None:
    """Newest first, and no more of a camera that pushes much."""
    key = api.key(camera_id="gate-3")
    for number in range(25):
        body = payload("hikvision/event.xml").replace(b">3<", f">{number}<".encode())
        push(api, f"{HIKVISION}?key={key}", body, "text/xml")
    told = admin.get("/v1/cameras/gate-3/deliveries").json()["deliveries"]
    counts = [one["contents"]["events"][0]["count"] for one in told]
    assert counts == list(range(24, 4, -1))
    assert admin.get("/v1/cameras/nobody/deliveries").status_code == 404


def test_deliveries_go_with_their_camera(api: Api, admin: httpx2.Client) -> None:
    """A new camera of the same name begins with none."""
    push(api, f"{HIKVISION}?key={api.key(camera_id='gate-3')}", b"x")
    admin.delete("/v1/cameras/gate-3")
    admin.post("/v1/cameras", json={"id": "gate-3", "name": "another"})
    assert admin.get("/v1/cameras/gate-3/deliveries").json() == {"deliveries": []}


@pytest.mark.attack("receivers")
def test_no_secret_is_kept_or_logged(
    api: Api, admin: httpx2.Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Keys and passwords stand in no log, delivery, problem or metric."""
    caplog.set_level(logging.DEBUG)
    key = api.key(camera_id="gate-3")
    secret = key.rpartition("_")[2]
    body = payload("hikvision/event.xml").replace(
        b"<channelName>Gate 3",
        f"<password>h0rse-battery</password><url>http://u:h0rse-battery@127.0.0.1:1/{key}</url>"
        "<channelName>Gate".encode(),
    )
    answers = [
        push(api, f"{HIKVISION}/gate-3?key={key}", body, "text/xml"),
        push(api, f"{HIKVISION}/gate-4?key={key}", body, "text/xml"),
        push(api, f"{HIKVISION}/gate-3?key={key}x", body, "text/xml"),
        push(api, f"{HIKVISION}/gate-3?captured-at={key}", body, "text/xml"),
        push(api, f"{HIKVISION}/gate-3?{key}", body, "text/xml"),
    ]
    shown = [answer.text for answer in answers] + [
        admin.get(path).text
        for path in ("/v1/cameras/gate-3/deliveries", "/v1/receivers/deliveries", "/metrics")
    ]
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("safety")]
    for number, text in enumerate((*shown, *ours)):
        assert secret not in text, number
        assert "h0rse-battery" not in text


@pytest.fixture
def picture_server() -> Iterator[int]:
    """A camera that serves the picture of its event; its port."""

    class Camera(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/pic/1.jpg" else 404)
            self.end_headers()
            self.wfile.write(make_jpeg(5))

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_picture_by_url_is_fetched_from_camera_networks(
    api: Api, admin: httpx2.Client, picture_server: int
) -> None:
    """The picture that an event names is fetched before the answer; a lost one is told."""
    key = api.key(camera_id="gate-3")
    for place, outcome in (("1", "accepted"), ("2", "no-picture")):
        body = payload("hikvision/url.xml").replace(
            b"192.168.1.64/pic/1", f"127.0.0.1:{picture_server}/pic/{place}".encode()
        )
        assert push(api, f"{HIKVISION}?key={key}", body, "text/xml").status_code == 200
        assert last(admin, "gate-3")["outcome"] == outcome
    assert "404" in last(admin, "gate-3")["reason"]


@pytest.mark.attack("receivers")
@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://8.8.8.8/pic.jpg",
        "http://[::ffff:169.254.169.254]/",
        "http://0.0.0.0/pic.jpg",
        "http://224.0.0.1/pic.jpg",
        "http://100.100.100.200/latest",
    ],
)
def test_picture_by_url_leads_to_no_other_network(api: Api, admin: httpx2.Client, url: str) -> None:
    """A device's word on where its picture is opens no address but cameras'."""
    key = api.key(camera_id="gate-3")
    body = payload("hikvision/url.xml").replace(b"http://192.168.1.64/pic/1.jpg", url.encode())
    assert push(api, f"{HIKVISION}?key={key}", body, "text/xml").status_code == 200
    told = last(admin, "gate-3")
    assert told["outcome"] == "no-picture"
    assert told["details"]["facts"]["cause"]["code"] == "camera-network-not-allowed"


@pytest.mark.parametrize(
    "body",
    [{"mac": "x"}, {"address": "gate"}, {"channel": 0}, {"acknowledgement": "x"}, {"macs": "x"}],
)
def test_senseless_device_is_refused(admin: httpx2.Client, body: dict[str, Any]) -> None:
    """What is wrong is named."""
    answer = admin.put("/v1/cameras/gate-3/device", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")
