"""What may be said of a picture."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from safety_detector.service.records import Principal, Scope
from safety_detector.web.bodies.json_values import json_body
from safety_detector.web.inspections.fields import (
    SubmissionFields,
    name_in_url,
    numbered_key,
)
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import checked, printable_name

SOMEBODY = Principal("key-1", "test", frozenset({Scope.SUBMIT}))


@pytest.mark.parametrize(
    ("written", "printable"),
    [
        ("gate3.jpg", "gate3.jpg"),
        ("  门口 3.jpg ", "门口 3.jpg"),
        ("a\0b\r\nc", "a�b��c"),
        ("\ud800.jpg", "�.jpg"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe", "�gpj.exe"),
        ("x" * 1000, "x" * 255),
        ("folder/gate3.jpg", "folder/gate3.jpg"),
        ("", ""),
    ],
)
def test_names_are_made_printable(written: str, printable: str) -> None:
    """Control characters, half surrogates and overlong names become harmless text."""
    assert printable_name(written) == printable


def test_fields_become_a_submission() -> None:
    """Everything that was said is in the submission, with the holder of the key."""
    fields = checked(
        SubmissionFields,
        {
            "camera_id": "gate-3",
            "captured_at": "2026-11-21T16:00:00 08:00",
            "metadata": '{"a": [1, {"b": null}]}',
        },
    )
    submission = fields.submission("gate.jpg", SOMEBODY, "once")
    assert submission.name == "gate.jpg"
    assert submission.camera_id == "gate-3"
    assert submission.captured_at == datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert submission.metadata == {"a": [1, {"b": None}]}
    assert (submission.submitted_by, submission.idempotency_key) == ("key-1", "once")


def test_said_name_wins() -> None:
    """A name in the fields counts before the file's own; without any there is a plain one."""
    assert checked(SubmissionFields, {"name": "a"}).submission("b", SOMEBODY).name == "a"
    assert checked(SubmissionFields, {}).submission("\n", SOMEBODY).name == "�"
    assert checked(SubmissionFields, {}).submission(" ", SOMEBODY).name == "picture"


def test_empty_form_fields_say_nothing() -> None:
    """A form with empty fields is like one without them."""
    fields = checked(SubmissionFields, {"camera_id": "", "captured_at": "", "name": ""})
    assert (fields.camera_id, fields.captured_at, fields.name) == (None, None, None)


@pytest.mark.parametrize(
    "written",
    [
        {"colour": "red"},
        {"camera_id": "../x"},
        {"camera_id": "gate 3"},
        {"captured_at": "2026-11-21T16:00:00"},
        {"captured_at": "later"},
        {"captured_at": "0.5"},
        {"captured_at": 5},
        {"captured_at": "0001-01-01T00:00:00+14:00"},
        {"captured_at": "9999-12-31T23:59:59-14:00"},
        {"captured_at": "2026-13-01T00:00:00Z"},
        {"metadata": "x"},
        {"metadata": "[]"},
        {"metadata": '{"a": NaN}'},
        {"metadata": '{"a": -Infinity}'},
        {"metadata": '{"a": 1e400}'},
        {"metadata": '{"a\\u0000": 1}'},
        {"metadata": '{"a": ["\\udc00"]}'},
        {"metadata": '{"a": ' + "[" * 50_000},
        {"metadata": '{"a": ' + "[" * 500 + "]" * 500 + "}"},
        {"metadata": '{"a": ' + '{"b":' * 900 + "1" + "}" * 901},
        {"metadata": '{"a": ' + "9" * 5000 + "}"},
        {"metadata": {"a": "x" * 20_000}},
        {"metadata": None},
    ],
)
def test_senseless_fields_are_refused(written: dict[str, object]) -> None:
    """What cannot be kept, or means nothing, is named as invalid."""
    with pytest.raises(RequestProblem) as refused:
        checked(SubmissionFields, written)
    assert refused.value.code == "request-invalid"


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-21T16:00:00+08:00",
        "2026-11-21T16:00:00 08:00",
        "2026-11-21T16:00:00 0800",
        "2026-11-21 16:00:00.000+0800",
        "2026-11-21T08:00Z",
        "2026-11-21 08:00:00z",
    ],
)
def test_moments_are_read_as_people_write_them(written: str) -> None:
    """RFC 3339 and its near relatives mean the same moment."""
    fields = checked(SubmissionFields, {"captured_at": written})
    assert fields.captured_at == datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"NaN", b"[" * 100_000, b"nul"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    """A body that is no JSON is refused whatever is wrong with it."""
    with pytest.raises(RequestProblem) as refused:
        json_body(body)
    assert refused.value.code == "body-malformed"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://host/cameras/gate%203.jpg?token=secret#x", "gate 3.jpg"),
        ("http://host/", ""),
        ("http://host", ""),
        ("http://host/a/", "a"),
        ("http://[", ""),
    ],
)
def test_url_names_its_picture(url: str, name: str) -> None:
    """The picture behind a URL is named by the last part of its path, without query."""
    assert name_in_url(url) == name


def test_each_file_of_a_form_has_its_own_key() -> None:
    """Several files share the request's idempotency key, each with its number."""
    assert numbered_key("k", 0, 1) == "k"
    assert [numbered_key("k", index, 2) for index in range(2)] == ["k#0", "k#1"]
    assert numbered_key(None, 3, 5) is None
