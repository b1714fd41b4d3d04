"""Frames as cameras push them, under whatever names and types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from safety_detector.service.records import Scope
from safety_detector.web.app import WebOptions
from tests.api_server import ApiRunner, make_jpeg

CASES = Path(__file__).parents[4] / "shared" / "cases"
NOW = datetime.now(UTC).replace(microsecond=0)
EVENT = f"""<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
<ipAddress>192.168.1.64</ipAddress><dateTime>{NOW.isoformat()}</dateTime>
<eventType>VMD</eventType></EventNotificationAlert>"""


@pytest.fixture
def frames(client: httpx2.Client) -> str:
    """The path to which a camera pushes."""
    assert client.post("/v1/cameras", json={"id": "gate-3", "name": "Gate"}).status_code == 201
    return "/v1/cameras/gate-3/frames"


def multipart(parts: Sequence[tuple[str, bytes]], boundary: str = "XbX", end: str = "--") -> bytes:
    """A body of parts, each with its header lines and content."""
    body = b"".join(
        f"--{boundary}\r\n".encode()
        + "".join(f"{line}\r\n" for line in head.split("\n") if line).encode()
        + b"\r\n"
        + content
        + b"\r\n"
        for head, content in parts
    )
    return body + (f"--{boundary}{end}\r\n".encode() if end else b"")


def push(client: httpx2.Client, path: str, body: bytes, content_type: str) -> httpx2.Response:
    """The answer to a body."""
    return client.post(path, content=body, headers={"Content-Type": content_type})


def name_of(response: httpx2.Response) -> str:
    """The name of the accepted frame."""
    assert response.status_code == 202, response.text
    return str(response.json()["inspection"]["image"]["name"])


JPEG_FILE = 'Content-Disposition: form-data; name="x"; filename="a.jpg"\n'
HEADS = (
    'Content-Disposition: form-data; name="imageFile"; filename="a.jpg"',
    'Content-Disposition: form-data; name="image"; filename="a.jpg"',
    'Content-Disposition: form-data; name="files[]"; filename="a.jpg"',
    'Content-Disposition: form-data; name="a.jpg"; filename="a.jpg"\nContent-Type: image/pjpeg',
    "Content-Disposition: form-data; name=\"x\"; filename*=UTF-8''a.jpg",
    JPEG_FILE + "Content-Type: application/octet-stream\nContent-Length: 99",
    JPEG_FILE + "Content-Type: text/plain",
    'Content-Disposition: attachment; filename="a.jpg"\nContent-Type: image/jpeg',
)


@pytest.mark.parametrize("head", HEADS)
def test_picture_is_found_under_any_name(client: httpx2.Client, frames: str, head: str) -> None:
    """The one part that is a picture is taken, whatever field and type its camera chose."""
    extra = ('Content-Disposition: form-data; name="deviceID"', b"DS-2CD2143")
    body = multipart([extra, (head, make_jpeg()), extra])
    assert name_of(push(client, frames, body, "multipart/form-data; boundary=XbX")) == "a.jpg"


@pytest.mark.parametrize(
    ("content_type", "boundary", "end"),
    [
        ("multipart/mixed; boundary=XbX", "XbX", "--"),
        ('multipart/related; boundary="XbX"', "XbX", "--"),
        ("multipart/form-data; boundary=--XbX", "XbX", "--"),
        ("multipart/form-data; boundary=--XbX", "--XbX", "--"),
        ("multipart/form-data", "XbX", "--"),
        ("multipart/form-data; boundary=XbX", "XbX", ""),
    ],
)
def test_parts_without_names_and_odd_boundaries_are_read(
    client: httpx2.Client, frames: str, content_type: str, boundary: str, end: str
) -> None:
    """A boundary that is badly announced, or missing at the end, loses no picture."""
    parts = [
        ("Content-Type: application/xml", EVENT.encode()),
        ("Content-Type: image/jpeg", make_jpeg()),
    ]
    answer = push(client, frames, multipart(parts, boundary, end), content_type)
    assert name_of(answer) == "frame"


def test_preamble_is_left_out(client: httpx2.Client, frames: str) -> None:
    """Text before the first boundary is nothing (RFC 2046)."""
    body = b"This is a message in MIME format.\r\n" + multipart([("", make_jpeg())])
    assert name_of(push(client, frames, body, "multipart/mixed; boundary=XbX")) == "frame"


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "text/plain", "application/json", "video/mjpeg", "x"],
)
def test_picture_under_a_wrong_type_is_taken(
    client: httpx2.Client, frames: str, content_type: str
) -> None:
    """A raw body that is a picture is one, whatever its Content-Type says."""
    assert push(client, frames, make_jpeg(), content_type).status_code == 202


def test_picture_may_come_in_chunks_and_with_a_name(client: httpx2.Client, frames: str) -> None:
    """A body of unknown length is taken, under the name in its Content-Disposition."""
    jpeg = make_jpeg()
    answer = client.post(
        frames,
        content=iter([jpeg[:100], jpeg[100:]]),
        headers={"Content-Disposition": "attachment; filename*=UTF-8''%E9%97%A8.jpg"},
    )
    assert name_of(answer) == "门.jpg"


def test_what_a_camera_adds_to_the_address_is_passed_over(
    client: httpx2.Client, frames: str
) -> None:
    """Nobody can tell a camera what to push to; a slip in one of our names is still refused."""
    assert push(client, f"{frames}?channel=1&_=17", make_jpeg(), "image/jpeg").status_code == 202
    refused = push(client, f"{frames}?captured-at=x", make_jpeg(), "image/jpeg")
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("text", "is_believed"),
    [
        (EVENT, True),
        (f'{{"eventType": "VMD", "dateTime": "{NOW.isoformat()}"}}', True),
        (EVENT.replace("+00:00", ""), False),
        (EVENT.replace(str(NOW.year), "1970"), False),
        (EVENT.replace(str(NOW.year), "2099"), False),
        (EVENT.replace(NOW.isoformat(), "2026-99-99T99:99:99+99:99"), False),
        ("<EventNotificationAlert>", False),
    ],
    # The texts hold the present moment, which is another one in each process of the tests.
    ids=["xml", "json", "no zone", "1970", "2099", "impossible", "cut"],
)
def test_event_tells_when_it_was(
    client: httpx2.Client, frames: str, text: str, is_believed: bool
) -> None:
    """The event's own time is that of the picture, unless the camera's clock is plainly wrong."""
    parts = [
        ('Content-Disposition: form-data; name="event"; filename="event.xml"', text.encode()),
        ('Content-Disposition: form-data; name="image"; filename="a.jpg"', make_jpeg()),
    ]
    answer = push(client, frames, multipart(parts), "multipart/form-data; boundary=XbX")
    captured_at = answer.json()["inspection"]["captured_at"]
    if is_believed:
        assert datetime.fromisoformat(captured_at) == NOW
    else:
        assert captured_at is None


def test_told_time_goes_before_the_event(client: httpx2.Client, frames: str) -> None:
    """captured_at in the query counts, whatever the event says."""
    told = NOW - timedelta(seconds=30)
    parts = [("Content-Type: application/xml", EVENT.encode()), ("", make_jpeg())]
    answer = client.post(
        frames,
        params={"captured_at": told.isoformat()},
        content=multipart(parts),
        headers={"Content-Type": "multipart/mixed; boundary=XbX"},
    )
    assert datetime.fromisoformat(answer.json()["inspection"]["captured_at"]) == told


def test_largest_of_several_pictures_is_the_scene(client: httpx2.Client, frames: str) -> None:
    """Beside the scene cameras push cuttings from it; they are named, and not taken for it."""
    parts = [
        ('Content-Disposition: form-data; name="a"; filename="face.jpg"', make_jpeg(1, (64, 64))),
        (
            'Content-Disposition: form-data; name="b"; filename="scene.jpg"',
            make_jpeg(2, (640, 480)),
        ),
        ('Content-Disposition: form-data; name="c"; filename="plate.jpg"', make_jpeg(3, (90, 30))),
    ]
    answer = push(client, frames, multipart(parts), "multipart/form-data; boundary=XbX")
    assert name_of(answer) == "scene.jpg"
    assert answer.json()["left_out"] == ["face.jpg", "plate.jpg"]


@pytest.mark.parametrize(
    ("parts", "status", "told"),
    [
        ([], 422, "no parts"),
        ([("Content-Type: application/xml", EVENT.encode())], 422, "application/xml"),
        ([('Content-Disposition: form-data; name="a"; filename="a.jpg"', b"")], 422, "a.jpg"),
        ([('Content-Disposition: form-data; name="a"; filename="a.jpg"', b"hello")], 422, "a.jpg"),
        ([("Content-Type: image/jpeg", b"hello")], 422, ""),
        ([("Content-Type: image/jpeg", make_jpeg()[:-500])], 422, ""),
        ([("", b"x")] * 60, 400, "More than 50 parts"),
    ],
)
def test_push_without_a_picture_is_told_so(
    client: httpx2.Client, frames: str, parts: list[tuple[str, bytes]], status: int, told: str
) -> None:
    """Where no part is a picture the answer names what came."""
    answer = push(client, frames, multipart(parts), "multipart/form-data; boundary=XbX")
    assert answer.status_code == status
    assert told in answer.json()["detail"]


def test_key_of_the_camera_is_its_password(runner: ApiRunner) -> None:
    """A camera that knows HTTP Basic alone pushes with its key as password, and nothing else."""
    api = runner.start(WebOptions())
    key = api.key(Scope.ADMIN)
    with api.client(key) as admin:
        admin.post("/v1/cameras", json={"id": "gate-3", "name": "Gate"})
    with api.client() as camera:
        path = "/v1/cameras/gate-3/frames"
        challenge = camera.post(path, content=make_jpeg())
        assert challenge.status_code == 401
        assert "Basic " in challenge.headers["WWW-Authenticate"]
        auth = ("admin", api.key(camera_id="gate-3"))
        assert camera.post(path, content=make_jpeg(), auth=auth).status_code == 202


def test_case_of_a_hikvision_camera(client: httpx2.Client, frames: str) -> None:
    """An event as a camera sent it, with its picture, is a frame."""
    case = CASES / "19-camera-event-push" / "hikvision.multipart"
    if not case.is_file():
        pytest.skip(f"{case} is missing")
    answer = push(client, frames, case.read_bytes(), "multipart/form-data; boundary=XbX")
    assert name_of(answer) == "detectionImage.jpg"


@pytest.mark.parametrize(
    ("case", "name"), [("gbk.multipart", "厂房一号.jpg"), ("only-star.multipart", "厂房.jpg")]
)
def test_cases_of_file_names(client: httpx2.Client, case: str, name: str) -> None:
    """Names in GBK, and in filename* alone, are those of the submitted pictures."""
    path = CASES / "08-file-names-in-forms" / case
    if not path.is_file():
        pytest.skip(f"{path} is missing")
    answer = push(client, "/v1/inspections", path.read_bytes(), "multipart/form-data; boundary=XbX")
    (accepted,) = answer.json()["inspections"]
    assert accepted["image"]["name"] == name
