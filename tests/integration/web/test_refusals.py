"""What a bad request gets: the right status, a stable code, and a sentence that helps."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import httpx2
import PIL.Image
import pytest

from safety_detector.ingest.admission import Limits
from safety_detector.service.records import Scope
from safety_detector.web.problems.documents import ProblemDocument
from tests.api_server import ApiRunner, make_jpeg, options_with

JPEG = {"Content-Type": "image/jpeg"}
FORM = {"Content-Type": "multipart/form-data; boundary=xxx"}
JSON = {"Content-Type": "application/json"}


def _png(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    PIL.Image.new("1", size).save(out, "PNG")
    return out.getvalue()


@dataclass(frozen=True)
class Bad:
    """A request that must be refused."""

    content: bytes
    status: int
    code: str
    headers: dict[str, str] = field(default_factory=lambda: JPEG)
    query: str = ""
    says: str = ""


def _part(disposition: str, content: bytes = b"x", end: bytes = b"--") -> bytes:
    head = f"--xxx\r\nContent-Disposition: {disposition}\r\n\r\n".encode()
    return head + content + b"\r\n--xxx" + end + b"\r\n"


BAD = {
    "nothing": Bad(b"", 422, "not-a-picture"),
    "text": Bad(b"hello, this is no picture", 422, "not-a-picture"),
    "zip": Bad(b"PK\x03\x04" + b"\0" * 60, 422, "not-a-picture", says="zip archive"),
    "pdf": Bad(b"%PDF-1.7\n" + b"\0" * 60, 422, "not-a-picture", says="application/pdf"),
    "truncated": Bad(make_jpeg()[:2000], 422, "picture-truncated"),
    "bytes": Bad(b"\xff" * 40_000, 413, "picture-too-large", says="limit is 30,000 bytes"),
    "pixels": Bad(_png((2000, 2000)), 413, "picture-too-large", says="limit is 1,000,000"),
    "form type": Bad(
        b"a=b",
        415,
        "media-type-unsupported",
        {"Content-Type": "application/x-www-form-urlencoded"},
        says="--data-binary",
    ),
    "no boundary": Bad(
        b"--xxx--", 400, "body-malformed", {"Content-Type": "multipart/form-data"}, says="boundary"
    ),
    "long boundary": Bad(
        b"--xxx--",
        400,
        "body-malformed",
        {"Content-Type": "multipart/form-data; boundary=" + "b" * 300},
    ),
    "other boundary": Bad(b"--yyy\r\n\r\n--yyy--", 400, "body-malformed", FORM),
    "no last boundary": Bad(
        _part('form-data; name="files"; filename="a"', end=b""), 400, "body-malformed", FORM
    ),
    "nameless part": Bad(_part("form-data"), 400, "body-malformed", FORM),
    "empty form": Bad(b"--xxx--\r\n", 422, "request-invalid", FORM),
    "form without files": Bad(
        _part('form-data; name="name"'), 422, "request-invalid", FORM, says="files"
    ),
    "file in a wrong field": Bad(
        _part('form-data; name="picture"; filename="a"'), 422, "request-invalid", FORM, says="files"
    ),
    "unknown field": Bad(
        _part('form-data; name="colour"'), 422, "request-invalid", FORM, says="colour: there is"
    ),
    "field without a file name": Bad(
        _part('form-data; name="files"'), 422, "request-invalid", FORM, says="no file name"
    ),
    "repeated field": Bad(
        _part('form-data; name="name"', end=b"")[:-7] + _part('form-data; name="name"'),
        422,
        "request-invalid",
        FORM,
        says="name: is there twice",
    ),
    "huge field": Bad(
        _part('form-data; name="name"', b"n" * 70_000), 413, "body-too-large", FORM, says="65,536"
    ),
    "huge part header": Bad(
        _part('form-data; name="' + "n" * 9000 + '"'), 400, "body-malformed", FORM
    ),
    "no json": Bad(b"{", 400, "body-malformed", JSON),
    "deep json": Bad(b"[" * 100_000, 400, "body-malformed", JSON),
    "not utf-8": Bad(b'{"url": "\xff"}', 400, "body-malformed", JSON),
    "list": Bad(b"[]", 422, "request-invalid", JSON),
    "no url": Bad(b"{}", 422, "request-invalid", JSON, says="url"),
    "extra member": Bad(b'{"url": "http://x/", "a": 1}', 422, "request-invalid", JSON),
    "large json": Bad(b" " * 300_000, 413, "body-too-large", JSON, says="262,144"),
    "file url": Bad(b'{"url": "file:///etc/passwd"}', 422, "address-refused", JSON, says="http"),
    "gopher url": Bad(b'{"url": "gopher://x/"}', 422, "address-refused", JSON),
    "metadata address": Bad(
        b'{"url": "http://169.254.169.254/latest"}', 422, "address-refused", JSON
    ),
    "mapped address": Bad(b'{"url": "http://[::ffff:127.0.0.1]/"}', 422, "address-refused", JSON),
    "no such host": Bad(b'{"url": "http://no-such-host.invalid/"}', 422, "fetch-failed", JSON),
    "url with a bracket": Bad(b'{"url": "http://["}', 422, "fetch-failed", JSON),
    "url with half a pair": Bad(b'{"url": "ftp://x/\\ud800"}', 422, "request-invalid", JSON),
    "http url with half a pair": Bad(b'{"url": "http://x/\\ud800"}', 422, "request-invalid", JSON),
    "member with half a pair": Bad(b'{"\\ud800": 1}', 422, "request-invalid", JSON),
    "url with a NUL": Bad(b'{"url": "http://x/\\u0000"}', 422, "address-refused", JSON),
    "unknown camera": Bad(make_jpeg(), 404, "unknown-camera", query="camera_id=gate-9"),
    "impossible camera": Bad(make_jpeg(), 422, "request-invalid", query="camera_id=..%2Fx"),
    "time without zone": Bad(
        make_jpeg(), 422, "request-invalid", query="captured_at=2026-11-21T08:00:00"
    ),
    "no time": Bad(make_jpeg(), 422, "request-invalid", query="captured_at=yesterday"),
    "metadata list": Bad(make_jpeg(), 422, "request-invalid", query="metadata=[1]"),
    "metadata NUL": Bad(
        make_jpeg(), 422, "request-invalid", query='metadata={"a":"%5Cu0000"}', says="NUL"
    ),
    "metadata surrogate": Bad(
        make_jpeg(), 422, "request-invalid", query='metadata={"a":"%5Cud800"}'
    ),
    "metadata NaN": Bad(make_jpeg(), 422, "request-invalid", query='metadata={"a":NaN}'),
    "metadata infinity": Bad(make_jpeg(), 422, "request-invalid", query='metadata={"a":1e999}'),
    "metadata size": Bad(
        make_jpeg(), 422, "request-invalid", query='metadata={"a":"' + "x" * 17_000 + '"}'
    ),
    "unknown language": Bad(make_jpeg(), 422, "request-invalid", query="lang=fr", says="lang"),
    "idempotency key with spaces": Bad(
        make_jpeg(), 422, "request-invalid", {**JPEG, "Idempotency-Key": "a b"}
    ),
    "idempotency key too long": Bad(
        make_jpeg(), 422, "request-invalid", {**JPEG, "Idempotency-Key": "a" * 300}
    ),
}


@pytest.fixture(scope="module")
def refusing_client(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A client of an API with low limits; nothing in this module is accepted."""
    runner = ApiRunner(tmp_path_factory.mktemp("refusals"))
    api = runner.start(options_with(picture=Limits(max_bytes=30_000, max_pixels=1_000_000)))
    with api.client() as client:
        yield client
    runner.stop()


@pytest.mark.attack("HTTP")
@pytest.mark.parametrize("case", BAD)
def test_bad_submission_is_refused(refusing_client: httpx2.Client, case: str) -> None:
    """Each bad submission gets its status and code, says what is wrong, and leaves nothing."""
    bad = BAD[case]
    response = refusing_client.post(
        "/v1/inspections?" + bad.query, content=bad.content, headers=bad.headers
    )
    assert (response.status_code, response.json().get("code")) == (bad.status, bad.code)
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = ProblemDocument.read(response.json())
    assert problem.status == bad.status
    assert bad.says in problem.detail
    assert refusing_client.get("/v1/inspections").json()["inspections"] == []


@pytest.mark.attack("HTTP")
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/v1/inspections/", 404, "not-found"),
        ("DELETE", "/v1/inspections", 405, "method-not-allowed"),
        ("GET", "/v1/cameras/nobody", 404, "unknown-camera"),
        ("GET", "/v1/cameras/%00", 404, "unknown-camera"),
        ("DELETE", "/v1/cameras/nobody", 404, "unknown-camera"),
        ("GET", "/v1/inspections?limit=0", 422, "request-invalid"),
        ("GET", "/v1/inspections?limit=501", 422, "request-invalid"),
        ("GET", "/v1/inspections?status=done", 422, "request-invalid"),
        ("GET", "/v1/inspections?since=2026-11-21", 422, "request-invalid"),
        ("GET", "/v1/inspections?since=0433-01-14T02:07:07Z", 422, "request-invalid"),
        ("GET", "/v1/inspections?until=9999-12-31T23:59:59Z", 422, "request-invalid"),
        ("GET", "/v1/inspections?until=0.5", 422, "request-invalid"),
        ("GET", "/v1/inspections?camera_id=%00", 422, "request-invalid"),
        ("GET", "/v1/inspections?cursor=abc", 422, "cursor-invalid"),
        ("GET", "/v1/inspections?cursor=%00", 422, "cursor-invalid"),
        ("GET", "/v1/events?after=abc", 422, "cursor-invalid"),
        ("GET", "/v1/events?after=99999999999999999999999-1", 422, "cursor-invalid"),
        ("GET", "/v1/events?kind=eaten", 422, "request-invalid"),
    ],
)
def test_bad_address_is_refused(
    refusing_client: httpx2.Client, method: str, path: str, status: int, code: str
) -> None:
    """Wrong addresses, methods and parameters are problems as well."""
    response = refusing_client.request(method, path)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["Content-Type"] == "application/problem+json"


MISTYPED = [
    ("GET", "/v1/inspections?camera=cam7&verdit=clear", ["did you mean camera_id?", "verdict?"]),
    ("POST", "/v1/inspections?captured-at=2026-11-21T16:00:00%2B08:00", ["captured_at?"]),
    ("POST", "/v1/cameras/gate-3/frames?capturedAt=x", ["did you mean captured_at?"]),
    ("GET", "/v1/inspections?Verdict=clear", ["Verdict: ", "did you mean verdict?"]),
    ("GET", "/v1/inspections?_=1764404", ["known here: status, verdict"]),
    ("GET", "/v1/inspections?=x", ["'': unknown"]),
    ("GET", "/v1/events?kinds=done", ["did you mean kind?"]),
    ("GET", "/v1/audit?untill=2026-11-21T16:00:00Z", ["did you mean until?"]),
    ("GET", "/v1/inspections/X/report.pdf?language=zh", ["did you mean lang?"]),
    ("PUT", "/v1/cameras/gate-3?name=gate", ["none is known here"]),
    ("HEAD", "/v1/inspections?verdit=clear", []),
]


@pytest.mark.parametrize(("method", "path", "says"), MISTYPED)
def test_mistyped_parameter_is_refused(
    refusing_client: httpx2.Client, method: str, path: str, says: list[str]
) -> None:
    """An unknown parameter is refused with what was probably meant; nothing is accepted."""
    response = refusing_client.request(method, path, content=make_jpeg() if says else None)
    assert response.status_code == 422
    if method != "HEAD":
        assert response.json()["code"] == "request-invalid"
        assert all(text in response.json()["detail"] for text in says)
    assert refusing_client.get("/v1/inspections").json()["inspections"] == []


def test_every_route_refuses_what_it_does_not_document(refusing_client: httpx2.Client) -> None:
    """Each address under /v1 refuses a parameter that the OpenAPI document does not name."""
    paths = refusing_client.get("/openapi.json").json()["paths"]
    answers = {
        (method, path): refusing_client.request(
            method.upper(), path.replace("{", "").replace("}", "") + "?sort_of=1"
        ).status_code
        for path, operations in paths.items()
        for method in operations
        if path.startswith("/v1")
    }
    assert answers
    # Cameras add parameters of their own to the addresses that they push to.
    pushed_to = ["/v1/cameras/{camera_id}/frames"]
    for make in ("hikvision", "dahua"):
        pushed_to += [f"/v1/receivers/{make}", f"/v1/receivers/{make}/{{camera_id}}"]
    assert {answers.pop(("post", path)) for path in pushed_to} == {404}  # no such camera
    assert {one: status for one, status in answers.items() if status != 422} == {}


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/docs", "/openapi.json"])
def test_probes_and_pages_take_further_parameters(
    refusing_client: httpx2.Client, path: str
) -> None:
    """Monitors and browsers may add parameters of their own."""
    assert refusing_client.get(f"{path}?_=1764404").status_code == 200


def test_key_in_the_address_is_not_repeated(runner: ApiRunner) -> None:
    """A key in a query is refused with where it belongs; without another one it opens nothing."""
    api = runner.start()
    key = api.key(Scope.READ)
    with api.client() as nobody, api.client(key) as reader:
        assert nobody.get("/v1/inspections", params={"api_key": key}).status_code == 401
        for query in ({"api_key": key}, {key: ""}):
            refused = reader.get("/v1/inspections", params=query)
            assert refused.status_code == 422
            assert "Authorization: Bearer" in refused.json()["detail"]
            assert key not in refused.text


def test_limit_is_a_number_in_the_problem(refusing_client: httpx2.Client) -> None:
    """A program can read the limit that was exceeded."""
    response = refusing_client.post("/v1/inspections", content=b"x" * 50_000, headers=JPEG)
    problem = response.json()
    assert (problem["limit"], problem["actual"]) == (30_000, 50_000)


def test_large_file_in_a_form_is_413_with_the_limit(refusing_client: httpx2.Client) -> None:
    """The only file of a form gets the same answer as a raw body."""
    response = refusing_client.post("/v1/inspections", files={"files": ("a.jpg", b"x" * 50_000)})
    assert (response.status_code, response.json()["limit"]) == (413, 30_000)


def test_problem_types_explain_themselves(refusing_client: httpx2.Client) -> None:
    """A problem's type leads to what this kind of problem means."""
    problem = refusing_client.get("/nothing").json()
    meaning = refusing_client.get(problem["type"]).json()
    assert (meaning["code"], meaning["status"]) == ("not-found", 404)
    assert meaning["meaning"]


def test_wrong_method_is_told_the_right_ones(refusing_client: httpx2.Client) -> None:
    """Allow names every method of the address."""
    response = refusing_client.request("OPTIONS", "/v1/cameras/gate-3")
    assert (response.status_code, response.headers["Allow"]) == (405, "HEAD, GET, PUT, DELETE")


@pytest.mark.parametrize("path", ["/v1/reports", "/v1/cameras", "/v1/inspections", "/v1/requeue"])
@pytest.mark.parametrize("content", [b"[]", b'"x"', b"null", b"7"])
def test_json_that_is_no_object_is_refused_in_our_words(
    client: httpx2.Client, path: str, content: bytes
) -> None:
    """The sentence says what is needed, and names no class of the program."""
    response = client.post(path, content=content, headers=JSON)
    assert response.status_code == 422
    assert "a JSON object is needed" in response.json()["detail"]
