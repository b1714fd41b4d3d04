"""``safety-detector batch --server``: a running service as the judge."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from safety_detector.batch.desk import Equipment
from safety_detector.batch.remote import RemoteService
from safety_detector.errors import ConfigurationInvalid, ModelUnreachable, UnexpectedFault
from safety_detector.fonts import find_fonts
from safety_detector.ingest.admission import Limits
from safety_detector.service.records import InspectionFilter, Scope
from tests import batch_stand, model_server
from tests.api_server import Api, ApiRunner, make_jpeg


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of eight pictures, and a broken one."""
    folder = tmp_path / "in"
    (folder / "gate").mkdir(parents=True)
    for number in range(8):
        (folder / "gate" / f"{number}.jpg").write_bytes(make_jpeg(number))
    (folder / "broken.jpg").write_bytes(make_jpeg(9)[:-200])
    return folder


@contextmanager
def working(api: Api) -> Iterator[None]:
    """A worker that inspects whatever is due."""
    ending = threading.Event()

    def work() -> None:
        while not ending.wait(0.01):
            api.work()

    worker = threading.Thread(target=work)
    worker.start()
    yield
    ending.set()
    worker.join()


@contextmanager
def judged_by(
    url: str, key: str | None = None, stop: threading.Event | None = None
) -> Iterator[Equipment]:
    """Equipment whose judge is the service there."""
    stop = stop or threading.Event()
    with RemoteService(url, key, "source", Limits(), 4, stop) as service:
        service.check()
        yield Equipment(
            service.judge, service.look, Limits(), find_fonts(), "en", begin=service.begin
        )


def test_the_outputs_are_those_of_a_local_run(api: Api, source: Path, tmp_path: Path) -> None:
    """Names, boxes and annotated pictures; what is no picture is not even sent."""
    with working(api), judged_by(api.url) as equipment:
        ended = batch_stand.run(source, tmp_path / "out", equipment=equipment)
    found = batch_stand.results(tmp_path / "out")
    assert ended.is_complete
    assert batch_stand.errors(tmp_path / "out") == {"broken.jpg": "picture-truncated"}
    assert found["gate/3.jpg"]["detections"][0]["label"] == "fire"
    assert found["gate/3.jpg"]["runs"][0]["model"] == "test"
    assert len(batch_stand.files(tmp_path / "out" / "annotated")) == 8
    assert ended.summary["service"] == api.url


def test_pictures_of_a_batch_belong_together_and_wait_for_others(
    api: Api, source: Path, tmp_path: Path
) -> None:
    """Reports and lists can be about the batch; a camera's frame goes before it."""
    with working(api), judged_by(api.url) as equipment:
        batch_stand.run(source, tmp_path / "out", equipment=equipment)
    everything = api.service.results.list(InspectionFilter(), 50).inspections
    (batch_id,) = {one.batch_id for one in everything}
    assert len(everything) == 8
    with api.client() as client:
        late = {"batch_id": batch_id, "name": "late.jpg"}
        headers = {"Content-Type": "image/jpeg"}
        client.post("/v1/inspections", params=late, content=make_jpeg(50), headers=headers)
        client.post("/v1/inspections", content=make_jpeg(51), headers=headers)
    claim = api.service.claims.claim("embedded", "worker-1")
    assert claim is not None
    assert claim.picture.name != "late.jpg"


def test_a_killed_client_finds_its_pictures_again(api: Api, source: Path, tmp_path: Path) -> None:
    """The service looks at no picture twice, although the client forgot that it had sent it."""
    out, found = tmp_path / "out", []
    for _ in range(2):
        with working(api), judged_by(api.url) as equipment:
            batch_stand.run(source, out, equipment=equipment)
        found.append(batch_stand.results(out))
        (out / "results.jsonl").write_bytes(b"")
    assert len(api.service.results.list(InspectionFilter(), 50).inspections) == 8
    assert found[0] == found[1]


def test_who_begins_anew_has_the_service_look_again(api: Api, source: Path, tmp_path: Path) -> None:
    """As a batch of its own; so does a run into another folder."""
    for folder, restart in (("one", False), ("one", True), ("two", False)):
        with working(api), judged_by(api.url) as equipment:
            batch_stand.run(source, tmp_path / folder, equipment=equipment, restart=restart)
    everything = api.service.results.list(InspectionFilter(), 50).inspections
    assert len(everything) == 24
    assert len({one.batch_id for one in everything}) == 3


def test_a_stop_is_heard_while_the_service_works(api: Api, source: Path, tmp_path: Path) -> None:
    """Nobody works there; what was sent stays accepted."""
    stop = threading.Event()
    timer = threading.Thread(target=stop_when_sent, args=(api, stop))
    timer.start()
    with judged_by(api.url, stop=stop) as equipment:
        ended = batch_stand.run(source, tmp_path / "out", equipment=equipment, stop=stop)
    timer.join()
    assert not ended.is_complete


def stop_when_sent(api: Api, stop: threading.Event) -> None:
    """Sets the event when a picture has arrived."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if api.service.results.list(InspectionFilter(), 1).inspections:
            break
        time.sleep(0.01)
    stop.set()


def test_a_password_in_the_address_is_shown_to_nobody(
    api: Api, source: Path, tmp_path: Path, runner: ApiRunner
) -> None:
    """Neither in results nor in messages; the same address without it is the same service."""
    with working(api), judged_by(api.url.replace("//", "//me:secret@")) as equipment:
        batch_stand.run(source, tmp_path / "out", equipment=equipment)
        runner.stop()
        with pytest.raises(ModelUnreachable) as away:
            equipment.look(make_jpeg(50), "late.jpg")
    assert api.url in away.value.message
    assert "secret" not in away.value.message
    results = (tmp_path / "out" / "results.jsonl").read_text(encoding="utf-8")
    assert api.url in results
    assert "secret" not in results


def test_a_wrong_key_is_told_before_any_work(runner: ApiRunner) -> None:
    """And which setting holds it."""
    api = runner.start()
    key = api.key(Scope.SUBMIT)
    with pytest.raises(ConfigurationInvalid, match="SAFETY_SERVER_KEY"), judged_by(api.url, key):
        pass
    with judged_by(api.url, api.key(Scope.SUBMIT, Scope.READ)):
        pass


def test_a_service_that_is_away_is_waited_for_and_then_given_up(
    api: Api, source: Path, tmp_path: Path, runner: ApiRunner
) -> None:
    """As with a model server; an address that answers something else is wrong usage."""
    with judged_by(api.url) as equipment:
        runner.stop()
        with pytest.raises(ModelUnreachable, match="cannot be reached"):
            batch_stand.run(
                source, tmp_path / "out", equipment=equipment, patience=timedelta(seconds=0.1)
            )
    with (
        model_server.running() as other,
        pytest.raises(ConfigurationInvalid, match="no safety-detector service"),
        judged_by(other.url.removesuffix("/v1")),
    ):
        pass


class Faulty(BaseHTTPRequestHandler):
    """A service in which every picture provokes a fault; ``is_alive`` says whether it is well."""

    is_alive = True

    def do_GET(self) -> None:
        """As ``/livez`` and the list of inspections answer."""
        self._answer(HTTPStatus.OK if self.is_alive else HTTPStatus.SERVICE_UNAVAILABLE)

    def do_POST(self) -> None:
        """As the routes answer an unexpected fault."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(HTTPStatus.INTERNAL_SERVER_ERROR)

    def _answer(self, status: HTTPStatus) -> None:
        body = b'{"inspections": [], "detail": "A fault."}'
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.mark.parametrize(
    ("is_alive", "error"), [(True, UnexpectedFault), (False, ModelUnreachable)]
)
def test_a_picture_that_provokes_faults_does_not_end_the_batch(
    is_alive: bool, error: type[Exception]
) -> None:
    """After a few tries it is the picture's own, unless the service is not well at all."""
    handler = type("Handler", (Faulty,), {"is_alive": is_alive})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            with (
                RemoteService(url, None, "source", Limits(), 4, threading.Event()) as service,
                pytest.raises(error, match="A fault"),
            ):
                service.look(make_jpeg(1), "odd.jpg")
        finally:
            server.shutdown()


def test_results_of_a_service_and_of_this_machine_are_not_mixed(
    api: Api, source: Path, tmp_path: Path
) -> None:
    """Another judge in the same folder is wrong usage."""
    with working(api), judged_by(api.url) as equipment:
        batch_stand.run(source, tmp_path / "out", equipment=equipment)
    with pytest.raises(ConfigurationInvalid, match="the service at"):
        batch_stand.run(source, tmp_path / "out")
