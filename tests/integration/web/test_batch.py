"""``safety-detector batch --server``: a running service as the judge."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from safety_detector.appearance.fonts import find_fonts
from safety_detector.batch.picture_runner import Equipment
from safety_detector.batch.remote import RemoteService
from safety_detector.errors import ConfigurationInvalid, ModelUnreachable, UnexpectedFault
from safety_detector.ingest.admission import Limits
from safety_detector.service.records import InspectionFilter, Scope
from tests import batch_stand, model_server
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.ports import free_port
from tests.service_stand import next_claim


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
    try:
        yield
    finally:
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
    everything = api.service.inspections.results.list(InspectionFilter(), 50).items
    (batch_id,) = {one.batch_id for one in everything}
    assert len(everything) == 8
    with api.client() as client:
        late = {"batch_id": batch_id, "name": "late.jpg"}
        headers = {"Content-Type": "image/jpeg"}
        client.post("/v1/inspections", params=late, content=make_jpeg(50), headers=headers)
        client.post("/v1/inspections", content=make_jpeg(51), headers=headers)
    claim = next_claim(api.service, "worker-1")
    assert claim is not None
    assert claim.subject.picture.name != "late.jpg"


def test_a_killed_client_finds_its_pictures_again(api: Api, source: Path, tmp_path: Path) -> None:
    """The service looks at no picture twice, although the client forgot that it had sent it."""
    out, found = tmp_path / "out", []
    for _ in range(2):
        with working(api), judged_by(api.url) as equipment:
            batch_stand.run(source, out, equipment=equipment)
        found.append(batch_stand.results(out))
        (out / "results.jsonl").write_bytes(b"")
    assert len(api.service.inspections.results.list(InspectionFilter(), 50).items) == 8
    assert found[0] == found[1]


def test_who_begins_anew_has_the_service_look_again(api: Api, source: Path, tmp_path: Path) -> None:
    """As a batch of its own; so does a run into another folder."""
    for folder, restart in (("one", False), ("one", True), ("two", False)):
        with working(api), judged_by(api.url) as equipment:
            batch_stand.run(source, tmp_path / folder, equipment=equipment, restart=restart)
    everything = api.service.inspections.results.list(InspectionFilter(), 50).items
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
        if api.service.inspections.results.list(InspectionFilter(), 1).items:
            break
        time.sleep(0.01)
    stop.set()


def test_a_password_in_the_address_is_shown_to_nobody(
    api: Api, source: Path, tmp_path: Path, runner: ApiRunner
) -> None:
    """Neither in results nor in messages; the same address without it is the same service."""
    secret = api.key(Scope.SUBMIT, Scope.READ)
    with working(api), judged_by(api.url.replace("//", f"//me:{secret}@")) as equipment:
        batch_stand.run(source, tmp_path / "out", equipment=equipment)
        runner.stop()
        with pytest.raises(ModelUnreachable) as away:
            equipment.look(make_jpeg(50), "late.jpg")
    assert api.url in away.value.message
    assert secret not in away.value.message
    results = (tmp_path / "out" / "results.jsonl").read_text(encoding="utf-8")
    assert api.url in results
    assert secret not in results


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


class Proxy(BaseHTTPRequestHandler):
    """Something between the batch and a service, served under ``/safety``.

    ``odd`` answers in the place of the service: a status, a type, and words for each request that
    it is about; None lets the request through.
    """

    target = ""
    odd: Callable[[str, int], tuple[int, str, str] | None]

    def do_GET(self) -> None:
        """Passes it on."""
        self._pass(None)

    def do_POST(self) -> None:
        """Passes it on with its body."""
        self._pass(self.rfile.read(int(self.headers["Content-Length"])))

    def _pass(self, body: bytes | None) -> None:
        instead = type(self).odd(self.command, len(body or b""))
        if instead is not None:
            status, kind, words = instead
            self._answer(status, {"Content-Type": kind}, words.encode())
        elif self.path.startswith("/safety/"):
            self._ask(body)
        else:
            self._answer(404, {"Content-Type": "text/html"}, b"<h1>Not Found</h1>")

    def _ask(self, body: bytes | None) -> None:
        kept = ("Content-Type", "Idempotency-Key", "Prefer")
        headers = {name: self.headers[name] for name in kept if name in self.headers}
        answer = httpx2.request(
            self.command,
            self.target + self.path.removeprefix("/safety"),
            content=body,
            headers=headers,
            timeout=60,
        )
        kept = ("Content-Type", "Preference-Applied")
        told = {name: answer.headers[name] for name in kept if name in answer.headers}
        self._answer(answer.status_code, told, answer.content)

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def behind_proxy(
    target: str, odd: Callable[[str, int], tuple[int, str, str] | None] = lambda *_: None
) -> Iterator[str]:
    """The address of a service behind a proxy."""
    handler = type("Handler", (Proxy,), {"target": target, "odd": staticmethod(odd)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/safety"
        finally:
            server.shutdown()


@pytest.mark.parametrize("end", ["", "/"])
def test_a_service_under_a_path_is_found(api: Api, source: Path, tmp_path: Path, end: str) -> None:
    """With or without a slash; without the path at all the message says what may be missing."""
    with behind_proxy(api.url) as url:
        with working(api), judged_by(url + end) as equipment:
            ended = batch_stand.run(source, tmp_path / "out", equipment=equipment)
        assert ended.summary["verdicts"]["hazard"] == 8
        with (
            pytest.raises(ConfigurationInvalid, match="needs that path"),
            judged_by(url.removesuffix("/safety")),
        ):
            pass


def test_a_proxys_limit_is_said_in_words_and_fails_one_picture(
    api: Api, source: Path, tmp_path: Path
) -> None:
    """Which limit, and what to change; when that is done the same command goes on."""
    (source / "large.jpg").write_bytes(make_jpeg(77) + b"\0" * 100_000)

    def odd(_method: str, size: int) -> tuple[int, str, str] | None:
        return (413, "text/html", "<h1>Too Large</h1>") if size > 90_000 else None

    with behind_proxy(api.url, odd) as url, working(api), judged_by(url) as equipment:
        ended = batch_stand.run(source, tmp_path / "out", equipment=equipment)
    assert ended.summary["verdicts"]["hazard"] == 8
    lines = (tmp_path / "out" / "errors.jsonl").read_text().splitlines()
    (error,) = [one for one in map(json.loads, lines) if one["path"] == "large.jpg"]
    assert error["code"] == "request-turned-away"
    assert "client_max_body_size" in error["reason"]
    with working(api), judged_by(api.url) as equipment:
        Path(tmp_path / "out" / "results.jsonl").write_text(
            (tmp_path / "out" / "results.jsonl").read_text().replace(url, api.url)
        )
        again = batch_stand.run(source, tmp_path / "out", equipment=equipment)
    assert again.summary["verdicts"]["hazard"] == 9


@pytest.mark.parametrize(
    "answer",
    [
        (502, "text/html", "<html><style>b</style><h1>Bad Gateway</h1></html>"),
        (503, "text/plain", "upstream connect error"),
        (504, "application/json", '{"message": "The upstream server is timing out"}'),
        (200, "text/html", "<html><body>Please log in</body></html>"),
        (302, "text/html", "moved"),
        (511, "text/html", "Network Authentication Required"),
        (404, "application/json", '{"message": "no Route matched"}'),
        (200, "application/json", "[]"),
    ],
)
def test_what_answers_in_the_place_of_the_service_is_no_result(
    api: Api, source: Path, tmp_path: Path, answer: tuple[int, str, str]
) -> None:
    """A proxy without its service, or a captive portal: the pictures wait, and none is lost."""
    answers = iter([answer] * 3)

    def odd(method: str, _size: int) -> tuple[int, str, str] | None:
        return next(answers, None) if method == "POST" else None

    with behind_proxy(api.url, odd) as url, working(api), judged_by(url) as equipment:
        ended = batch_stand.run(source, tmp_path / "out", equipment=equipment, workers=1)
    assert ended.is_complete
    assert batch_stand.errors(tmp_path / "out") == {"broken.jpg": "picture-truncated"}
    assert ended.summary["verdicts"]["hazard"] == 8


def test_the_command_waits_for_a_service_that_is_not_there_yet(
    api: Api, source: Path, tmp_path: Path
) -> None:
    """From the first moment on: a batch that starts with the machine may be there first."""
    port = free_port()
    command = [sys.executable, "-m", "safety_detector", "batch", str(source)]
    command += ["--out", str(tmp_path / "out"), "--formats", "csv"]
    command += ["--server", f"http://127.0.0.1:{port}/safety"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.readline().decode()
        assert "cannot be reached" in said
        assert "Waiting up to 600 s" in said
        odd = staticmethod(lambda *_: None)
        handler = type("Handler", (Proxy,), {"target": api.url, "odd": odd})
        with ThreadingHTTPServer(("127.0.0.1", port), handler) as server, working(api):
            threading.Thread(target=server.serve_forever, args=(0.01,)).start()
            output, _ = process.communicate(timeout=120)
            server.shutdown()
    assert process.returncode == 3  # for the broken one
    assert json.loads(output)["verdicts"]["hazard"] == 8


def test_results_of_a_service_and_of_this_machine_are_not_mixed(
    api: Api, source: Path, tmp_path: Path
) -> None:
    """Another judge in the same folder is wrong usage."""
    with working(api), judged_by(api.url) as equipment:
        batch_stand.run(source, tmp_path / "out", equipment=equipment)
    with pytest.raises(ConfigurationInvalid, match="the service at"):
        batch_stand.run(source, tmp_path / "out")
