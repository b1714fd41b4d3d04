"""Multipart bodies, in whatever pieces they arrive."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from safety_detector.ingest.admission import Limits
from safety_detector.web.bodies.multipart_form import receive_form
from safety_detector.web.bodies.uploads import Form, Spool, UploadLimits
from safety_detector.web.inspections.fields import UrlSubmission
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import checked

_BOUNDARY = b"simple-boundary"
_KNOWN = ("camera_id", "name", "metadata")
_LIMITS = UploadLimits(picture=Limits(max_bytes=2000), max_files=50)


def _body(parts: list[tuple[bytes, bytes]]) -> bytes:
    body = b""
    for disposition, content in parts:
        head = b"Content-Disposition: form-data; " + disposition
        body += b"--" + _BOUNDARY + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n"
    return body + b"--" + _BOUNDARY + b"--\r\n"


def _receive(chunks: list[bytes]) -> tuple[Form, list[bytes | None]]:
    """The form, and the bytes of its whole files; takes the chunks out of the list."""
    pending = chunks

    async def receive() -> Message:
        chunk = pending.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(pending)}

    async def run() -> tuple[Form, list[bytes | None]]:
        content_type = b"multipart/form-data; boundary=" + _BOUNDARY
        scope = {"type": "http", "method": "POST", "headers": [(b"content-type", content_type)]}
        with Spool(None) as spool:
            form = await receive_form(Request(scope, receive), _LIMITS, spool, _KNOWN)
            contents = [
                spool.read(file, _LIMITS.picture) if file.is_whole else None for file in form.files
            ]
            return form, contents

    return asyncio.run(run())


@given(
    files=st.lists(st.binary(max_size=2500), max_size=5),
    cuts=st.lists(st.integers(0, 8000), max_size=30),
)
def test_pieces_do_not_matter(files: list[bytes], cuts: list[int]) -> None:
    """However the body is cut, the same files come out; one beyond the limit is not whole."""
    parts = [(b'name="camera_id"', b"gate-3")]
    parts += [(b'name="files"; filename="%d.jpg"' % n, content) for n, content in enumerate(files)]
    body = _body(parts)
    places = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    form, contents = _receive([body[start:end] for start, end in pairwise(places)])
    assert form.fields == {"camera_id": "gate-3"}
    assert [file.name for file in form.files] == [f"{n}.jpg" for n in range(len(files))]
    assert [file.size_bytes for file in form.files] == [len(content) for content in files]
    assert contents == [content if len(content) <= 2000 else None for content in files]


def test_file_may_hold_what_looks_like_a_boundary() -> None:
    """Bytes that begin like the boundary but are not stay in the file."""
    content = b"\r\n--simple-boundar\r\n--simple\r\n-" * 3
    _, contents = _receive([_body([(b'name="files"; filename="a"', content)])])
    assert contents == [content]


def test_names_are_utf_8() -> None:
    """File names and fields in Chinese come through; other encodings do no harm."""
    form, _ = _receive(
        [
            _body(
                [
                    (b'name="name"', "门口".encode()),
                    ('name="files"; filename="门口.jpg"'.encode(), b"x"),
                    ('name="files"; filename="门口.jpg"'.encode("gbk"), b"x"),
                ]
            )
        ]
    )
    assert form.fields["name"] == "门口"
    assert form.files[0].name == "门口.jpg"
    assert form.files[1].name.endswith(".jpg")


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("x", 2000),  # unknown, always the same
        ("name", 2000),  # known, but not so often
        ("name", 2),
        ("_charset_", 2000),
        ("files", 2000),  # without file name
    ],
)
def test_a_form_of_countless_fields_ends_at_the_first_that_is_one_too_many(
    name: str, number: int
) -> None:
    """Tiny parts take the processor for as long as somebody sends them; nobody may send many."""
    body = _body([(b'name="%s"' % name.encode(), b"1")] * number)
    chunks = [body[start : start + 1000] for start in range(0, len(body), 1000)]
    unread = [*chunks]
    with pytest.raises(RequestProblem) as refusal:
        _receive(unread)
    assert name in refusal.value.detail
    assert len(unread) >= len(chunks) - 1


def test_a_fault_of_each_of_very_many_fields_is_told_for_some() -> None:
    """The answer to a small body with countless unknown fields is no larger than people read."""
    body = {f"k{number}": 1 for number in range(10_000)}
    with pytest.raises(RequestProblem) as refusal:
        checked(UrlSubmission, body)
    assert len(refusal.value.facts["errors"]) <= 50
