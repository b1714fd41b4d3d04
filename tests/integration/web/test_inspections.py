"""Submitting pictures over HTTP and reading what came of them."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import httpx2
import numpy as np
import pytest

from safety_detector.ingest.fetching import FetchPolicy
from safety_detector.pictures.images import encode_jpeg
from safety_detector.web.app import WebOptions
from safety_detector.web.inspections.documents import (
    InspectionDocument,
    PageDocument,
    SubmittedDocument,
)
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.pictures import taken_by_a_camera

JPEG_TYPE = {"Content-Type": "image/jpeg"}


def submit(client: httpx2.Client, seed: int = 0, **query: str) -> dict[str, object]:
    """The document of a newly accepted picture."""
    response = client.post(
        "/v1/inspections", content=make_jpeg(seed), headers=JPEG_TYPE, params=query
    )
    assert response.status_code == 202, response.text
    return dict(response.json())


def test_raw_picture_is_accepted_then_found(client: httpx2.Client, api: Api, jpeg: bytes) -> None:
    """A raw body is answered with 202, its address and the queued inspection."""
    response = client.post("/v1/inspections", content=jpeg, headers=JPEG_TYPE)
    assert response.status_code == 202, response.text
    document = response.json()
    assert document["status"] == "queued"
    assert document["image"]["sha256"] == hashlib.sha256(jpeg).hexdigest()
    location = response.headers["Location"]
    assert location == f"/v1/inspections/{document['id']}" == document["links"]["self"]
    assert api.work() == 1
    found = client.get(location).json()
    assert (found["status"], found["verdict"]) == ("completed", "hazard")
    assert found["detections"][0]["bbox_2d"] == [80, 60, 160, 120]


@pytest.mark.parametrize("status", ["queued", "completed"])
def test_documents_are_as_documented(client: httpx2.Client, api: Api, status: str) -> None:
    """An inspection has the members that the OpenAPI document names, and no others."""
    submit(client, metadata='{"shift": "night"}', captured_at="2026-11-21T08:00:00Z")
    if status == "completed":
        api.work()
    page = client.get("/v1/inspections", params={"lang": "zh"}).json()
    PageDocument.read(page)
    assert page["inspections"][0]["status"] == status


def test_what_is_said_of_a_picture_comes_back(client: httpx2.Client) -> None:
    """Name, time and metadata are given back; a time comes back in UTC."""
    document = submit(
        client,
        name="门口3.jpg",
        captured_at="2026-11-21T16:00:00+08:00",
        metadata='{"shift": "night", "n": [1, 2.5, null]}',
    )
    assert document["image"]["name"] == "门口3.jpg"
    assert document["captured_at"] == "2026-11-21T08:00:00.000Z"
    assert document["metadata"] == {"shift": "night", "n": [1, 2.5, None]}


def test_lists_go_by_when_pictures_were_taken(client: httpx2.Client) -> None:
    """By what the client says, by EXIF, else by arrival; the document tells which."""
    old = submit(client, 1, captured_at="2026-11-14T08:00:00+08:00", name="old.jpg")
    exif = taken_by_a_camera("2026:11:14 08:30:00", "+08:00")
    by_camera = client.post("/v1/inspections", content=exif, headers=JPEG_TYPE).json()
    submit(client, 2)
    period = {"since": "2026-11-14T00:00:00Z", "until": "2026-11-14T00:30:00Z"}
    listed = client.get("/v1/inspections", params=period).json()["inspections"]
    assert [one["id"] for one in listed] == [old["id"]]
    assert (old["taken_from"], by_camera["taken_from"]) == ("captured_at", "exif")
    assert by_camera["taken_at"] == "2026-11-14T00:30:00.000Z"
    assert by_camera["captured_at"] is None
    later = {"since": "2026-11-14T00:30:00Z", "until": "2026-11-15T00:00:00Z"}
    listed = client.get("/v1/inspections", params=later).json()["inspections"]
    assert [one["id"] for one in listed] == [by_camera["id"]]
    files = [("files", ("a.jpg", exif, "image/jpeg")), ("files", ("b.jpg", make_jpeg(3), ""))]
    form = client.post("/v1/inspections", files=files).json()["inspections"]
    assert [one["taken_from"] for one in form] == ["exif", "arrival"]


def test_a_list_is_narrowed_and_ordered_as_asked(client: httpx2.Client, api: Api) -> None:
    """By state and by a part of the name; pages of each order hold together."""
    submit(client, 1, name="北门/Gate_3.jpg")
    api.work()
    submit(client, 2, name="gate4.jpg")

    def names(**params: str) -> list[str]:
        answer = client.get("/v1/inspections", params=params)
        assert answer.status_code == 200, answer.text
        return [one["image"]["name"] for one in answer.json()["inspections"]]

    assert names(name="gate") == ["gate4.jpg", "北门/Gate_3.jpg"]
    assert names(name="_") == ["北门/Gate_3.jpg"]
    assert names(name="北") == ["北门/Gate_3.jpg"]
    assert names(sub_label="helmet") == []
    assert names(order="urgency") == ["北门/Gate_3.jpg", "gate4.jpg"]
    for order in ("taken", "arrival", "urgency"):
        first = client.get("/v1/inspections", params={"order": order, "limit": "1"}).json()
        rest = {"order": order, "cursor": first["next_cursor"]}
        second = client.get("/v1/inspections", params=rest).json()
        both = [*first["inspections"], *second["inspections"]]
        assert [one["image"]["name"] for one in both] == names(order=order)


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"sub_label": "red"}, "sub_label"),
        ({"order": "size"}, "order"),
        ({"name": ""}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"since": "2026-11-02"}, "since"),
        ({"since": "2026-11-02T00:00:00Z", "until": "2026-11-01T00:00:00Z"}, "until"),
        ({"cursor": "T1-nonsense"}, "cursor"),
    ],
)
def test_a_filter_without_a_good_value_is_named(
    client: httpx2.Client, params: dict[str, str], named: str
) -> None:
    """Nobody gets a list of something else."""
    answer = client.get("/v1/inspections", params=params)
    assert answer.status_code in (400, 422), answer.text
    assert named in answer.text


def test_plus_of_a_zone_may_stand_unescaped(client: httpx2.Client, jpeg: bytes) -> None:
    """A time zone's "+" that a client forgot to escape is still read as one."""
    response = client.post(
        "/v1/inspections?captured_at=2026-11-21T16:00:00+08:00", content=jpeg, headers=JPEG_TYPE
    )
    assert response.json()["captured_at"] == "2026-11-21T08:00:00.000Z"


@contextmanager
def working(api: Api, count: int) -> Iterator[None]:
    """Inspects so many pictures beside what happens meanwhile, as soon as they come."""

    def work() -> None:
        left, deadline = count, time.monotonic() + 60
        while left > 0 and time.monotonic() < deadline:
            time.sleep(0.1)
            left -= api.work()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()


def test_body_without_content_type_is_a_picture(client: httpx2.Client, jpeg: bytes) -> None:
    """A picture needs no Content-Type: its bytes say what it is."""
    assert client.post("/v1/inspections", content=jpeg).status_code == 202


def test_prefer_wait_gives_the_result(client: httpx2.Client, api: Api, jpeg: bytes) -> None:
    """With Prefer: wait the answer is 200 with the result as soon as it is there."""
    started = time.monotonic()
    with working(api, 1):
        response = client.post(
            "/v1/inspections",
            content=jpeg,
            headers={**JPEG_TYPE, "Prefer": "wait=50"},
            timeout=60,
        )
    waited_s = time.monotonic() - started
    assert response.status_code == 200
    assert response.json()["verdict"] == "hazard"
    assert response.headers["Preference-Applied"] == "wait=50"
    assert waited_s < 40


def test_prefer_wait_ends_with_202(client: httpx2.Client, jpeg: bytes) -> None:
    """When the result is not there in time, the answer is the 202 of an accepted picture."""
    response = client.post(
        "/v1/inspections", content=jpeg, headers={**JPEG_TYPE, "Prefer": "wait=1"}
    )
    assert response.status_code == 202
    assert response.json()["status"] == "queued"


def test_many_wait_at_once(client: httpx2.Client, api: Api) -> None:
    """Thirty clients that wait for their results all get them."""
    answers: list[int] = []

    def ask(seed: int) -> None:
        response = client.post(
            "/v1/inspections",
            content=make_jpeg(seed),
            headers={**JPEG_TYPE, "Prefer": "wait=60"},
            timeout=120,
        )
        answers.append(response.status_code)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(30)]
    for thread in threads:
        thread.start()
    while waiting := [thread for thread in threads if thread.is_alive()]:
        api.work()
        waiting[0].join(0.05)  # a worker that asks without a pause would keep all others out
    assert answers == [200] * 30


def test_files_of_a_form_are_judged_one_by_one(client: httpx2.Client, jpeg: bytes) -> None:
    """In a form a bad file is rejected alone, with its place, name and problem."""
    response = client.post(
        "/v1/inspections",
        files=[
            ("files", ("good.jpg", jpeg, "image/jpeg")),
            ("files", ("notes.txt", b"not a picture at all", "image/jpeg")),
            ("files", ("other.jpg", make_jpeg(2), "image/jpeg")),
        ],
        data={"metadata": '{"shift": 1}'},
    )
    assert response.status_code == 202, response.text
    answer = response.json()
    SubmittedDocument.read(answer)
    assert [one["image"]["name"] for one in answer["inspections"]] == ["good.jpg", "other.jpg"]
    assert all(one["metadata"] == {"shift": 1} for one in answer["inspections"])
    (rejected,) = answer["rejected"]
    assert (rejected["index"], rejected["name"]) == (1, "notes.txt")
    assert rejected["problem"]["code"] == "not-a-picture"


def test_form_of_one_file_tells_its_address(client: httpx2.Client, jpeg: bytes) -> None:
    """A form with one picture has the picture's Location."""
    response = client.post("/v1/inspections", files={"files": ("a.jpg", jpeg)})
    assert response.status_code == 202
    assert response.headers["Location"] == response.json()["inspections"][0]["links"]["self"]


def test_form_waits_for_all(client: httpx2.Client, api: Api, jpeg: bytes) -> None:
    """A form with Prefer: wait is answered with 200 when every file has its result."""
    with working(api, 2):
        response = client.post(
            "/v1/inspections",
            files=[("files", ("a.jpg", jpeg)), ("files", ("b.jpg", make_jpeg(1)))],
            headers={"Prefer": "wait=50"},
            timeout=60,
        )
    assert response.status_code == 200
    assert {one["status"] for one in response.json()["inspections"]} == {"completed"}


@pytest.mark.parametrize(
    ("contents", "status", "code"),
    [
        ([b"nothing"], 422, "not-a-picture"),
        ([b"nothing", b"GIF89a"], 422, "all-files-rejected"),
    ],
)
def test_form_without_a_good_file_is_a_problem(
    client: httpx2.Client, contents: list[bytes], status: int, code: str
) -> None:
    """When no file can be accepted the answer is a problem that lists each one's."""
    files = [("files", (f"{n}.jpg", content)) for n, content in enumerate(contents)]
    response = client.post("/v1/inspections", files=files)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == code
    assert problem["inspections"] == []
    assert len(problem["rejected"]) == len(contents)


def test_same_key_and_bytes_give_the_same_inspection(client: httpx2.Client, jpeg: bytes) -> None:
    """A submission that is sent again with its Idempotency-Key makes no second inspection."""
    headers = {**JPEG_TYPE, "Idempotency-Key": "gate3-0800"}
    ids = {
        client.post("/v1/inspections", content=jpeg, headers=headers).json()["id"] for _ in range(3)
    }
    assert len(ids) == 1
    other = client.post("/v1/inspections", content=make_jpeg(9), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-conflict")


def test_same_key_at_once_gives_one_inspection(client: httpx2.Client, jpeg: bytes) -> None:
    """Requests with the same key at the same time make one inspection."""
    ids: list[str] = []

    def ask() -> None:
        headers = {**JPEG_TYPE, "Idempotency-Key": "at-once"}
        ids.append(client.post("/v1/inspections", content=jpeg, headers=headers).json()["id"])

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 12
    assert len(set(ids)) == 1


def test_repeated_form_makes_nothing_new(client: httpx2.Client, jpeg: bytes) -> None:
    """A form that is sent again with its Idempotency-Key gives the same inspections."""
    files = [("files", ("a.jpg", jpeg)), ("files", ("b.jpg", make_jpeg(1)))]
    answers = [
        client.post("/v1/inspections", files=files, headers={"Idempotency-Key": "form-1"}).json()
        for _ in range(2)
    ]
    first, second = ([one["id"] for one in answer["inspections"]] for answer in answers)
    assert first == second
    assert len(set(first)) == 2


class _PictureHandler(BaseHTTPRequestHandler):
    seed = 5

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(make_jpeg(self.seed))

    def log_message(self, *_args: object) -> None:
        """Keeps the tests' output quiet."""


@pytest.fixture
def picture_url() -> object:
    """The address of a picture on another local server."""
    _PictureHandler.seed = 5
    with ThreadingHTTPServer(("127.0.0.1", 0), _PictureHandler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/cameras/gate%203.jpg?token=secret"
        server.shutdown()
        thread.join()


def test_a_wish_to_wait_is_passed_over_while_as_many_wait_as_may(runner: ApiRunner) -> None:
    """The picture is accepted all the same, and the answer says that nobody waited."""
    api = runner.start(WebOptions(open_without_keys=True, max_streams=0))
    with api.client(timeout_s=40) as client:
        headers = {**JPEG_TYPE, "Prefer": "wait=60"}
        response = client.post("/v1/inspections", content=make_jpeg(1), headers=headers)
        assert response.status_code == 202
        assert "Preference-Applied" not in response.headers
        link = response.json()["links"]["self"]
        assert client.get(link, headers={"Prefer": "wait=60"}).json()["status"] == "queued"


def test_a_url_sent_again_with_its_key_is_fetched_once(runner: ApiRunner, picture_url: str) -> None:
    """The answer to the first request may have been lost; the camera's picture is another now."""
    fetch = FetchPolicy(allow=(ip_network("127.0.0.0/8"),))
    api = runner.start(WebOptions(fetch=fetch, open_without_keys=True))
    headers = {"Idempotency-Key": "gate3-0800"}
    with api.client() as client:
        first = client.post("/v1/inspections", json={"url": picture_url}, headers=headers)
        _PictureHandler.seed += 1
        again = client.post("/v1/inspections", json={"url": picture_url}, headers=headers)
        other = client.post("/v1/inspections", json={"url": picture_url + "1"}, headers=headers)
    assert again.json()["id"] == first.json()["id"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-conflict")


def test_url_in_an_allowed_network_is_fetched(runner: ApiRunner, picture_url: str) -> None:
    """A picture named by its URL is fetched and durable before the answer."""
    fetch = FetchPolicy(allow=(ip_network("127.0.0.0/8"),))
    api = runner.start(WebOptions(fetch=fetch, open_without_keys=True))
    with api.client() as client:
        response = client.post("/v1/inspections", json={"url": picture_url, "metadata": {"a": 1}})
        assert response.status_code == 202, response.text
        document = response.json()
        assert document["image"]["name"] == "gate 3.jpg"
        assert document["image"]["sha256"] == hashlib.sha256(make_jpeg(5)).hexdigest()
        assert document["metadata"] == {"a": 1}
        original = client.get(document["links"]["original"])
        assert original.content == make_jpeg(5)


def test_url_in_a_private_network_is_refused(client: httpx2.Client, picture_url: str) -> None:
    """A URL that leads to this machine is refused unless the operator allows it."""
    response = client.post("/v1/inspections", json={"url": picture_url})
    assert (response.status_code, response.json()["code"]) == (422, "address-refused")
    assert "SAFETY_FETCH_ALLOW" in response.json()["detail"]
    assert "secret" not in response.text


def test_listing_pages_through_everything(client: httpx2.Client) -> None:
    """Pages are newest first, and their cursors lead through every inspection once."""
    ids = [submit(client, seed)["id"] for seed in range(7)]
    seen: list[object] = []
    cursor: str | None = None
    while True:
        params = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/inspections", params=params).json()
        seen += [one["id"] for one in page["inspections"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ids[::-1]


def test_listing_filters(client: httpx2.Client, api: Api) -> None:
    """Status, verdict, label, camera and times narrow the list."""
    client.post("/v1/cameras", json={"id": "gate-3", "name": "Gate 3"})
    done = submit(client, 1, camera_id="gate-3")
    api.work()
    waiting = submit(client, 2)

    def listed(**params: str) -> list[str]:
        page = client.get("/v1/inspections", params=params).json()
        return [one["id"] for one in page["inspections"]]

    assert listed(status="completed") == listed(verdict="hazard") == [done["id"]]
    assert listed(label="fire") == listed(camera_id="gate-3") == [done["id"]]
    assert listed(status="queued") == [waiting["id"]]
    assert listed(label="smoke") == listed(camera_id="gate-4") == []
    assert listed(since="2999-01-01T00:00:00Z") == []
    assert listed(until="2999-01-01T00:00:00+08:00") == [waiting["id"], done["id"]]


def test_language_adds_texts(client: httpx2.Client, api: Api) -> None:
    """With lang each detection says its names for people."""
    submit(client)
    api.work()
    (inspection,) = client.get("/v1/inspections", params={"lang": "zh"}).json()["inspections"]
    assert inspection["detections"][0]["label_text"] == "火焰"
    assert inspection["detections"][0]["sub_label_text"] == "严重"


def test_reading_waits_for_the_result(client: httpx2.Client, api: Api) -> None:
    """A GET with Prefer: wait is answered when the result is there."""
    document = submit(client)
    with working(api, 1):
        link = f"/v1/inspections/{document['id']}"
        found = client.get(link, headers={"Prefer": "wait=50"}, timeout=60).json()
    InspectionDocument.read(found)
    assert found["status"] == "completed"


@pytest.mark.parametrize("wrong", ["01KAJ8W4T0X2V7Q9R5N3M1B6CD", "x", "..%2f..", "%00", "a" * 65])
def test_unknown_inspection_is_404(client: httpx2.Client, wrong: str) -> None:
    """An id that nothing has, or that cannot be one, is answered with 404 or 422."""
    response = client.get(f"/v1/inspections/{wrong}")
    assert response.status_code in (404, 422)
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_picture_in_which_nothing_can_be_seen_says_so(client: httpx2.Client, api: Api) -> None:
    """The reason is stored with the run and told in the language asked for."""
    black = encode_jpeg(np.zeros((120, 160, 3), np.uint8), 90)
    accepted = client.post("/v1/inspections", content=black, headers=JPEG_TYPE).json()
    assert api.work() == 1
    found = client.get(accepted["links"]["self"], params={"lang": "zh"}).json()
    (run,) = found["runs"]
    (reason,) = run["incomplete_reasons"]
    assert (found["incomplete"], run["complete"]) == (True, False)
    assert (reason["code"], reason["text"]) == ("picture-too-dark", "画面过暗，无法看清内容")
    assert run["incomplete_reason"] == "the picture is too dark to see anything"
    assert run["picture"]["luminance"] == 0


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("大门\u3000三号.jpg", "大门\u3000三号.jpg"),
        ("Screenshot 3.41\u202fPM.png", "Screenshot 3.41 PM.png"),
        ("a\u00a0b.jpg", "a b.jpg"),
        ("cafe\u0301.jpg", "café.jpg"),
        ("か\u3099.jpg", "が.jpg"),
        ("\ufeff门\u200b口.jpg", "门口.jpg"),
        ("a\u202egpj.exe", "a\ufffdgpj.exe"),
        ("a\nb.jpg", "a\ufffdb.jpg"),
        ("\u3000\u200b\u00a0", "picture"),
    ],
)
def test_names_are_kept_as_people_read_them(client: httpx2.Client, sent: str, kept: str) -> None:
    """Whatever spaces and compositions their system writes; and found as people type them."""
    answer = client.post("/v1/inspections", content=make_jpeg(), params={"name": sent})
    assert answer.json()["image"]["name"] == kept
    (found,) = client.get("/v1/inspections", params={"name": kept}).json()["inspections"]
    assert found["id"] == answer.json()["id"]
