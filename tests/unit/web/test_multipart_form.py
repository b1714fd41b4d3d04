"""Multipart bodies, in whatever pieces they arrive."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from safety_detector.ingest.admission import Limits
from safety_detector.web.bodies.multipart_form import receive_form
from safety_detector.web.bodies.uploads import Form, Spool, UploadLimits

_BOUNDARY = b"simple-boundary"
_LIMITS = UploadLimits(picture=Limits(max_bytes=2000), max_files=50)


def _body(parts: list[tuple[bytes, bytes]]) -> bytes:
    body = b""
    for disposition, content in parts:
        head = b"Content-Disposition: form-data; " + disposition
        body += b"--" + _BOUNDARY + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n"
    return body + b"--" + _BOUNDARY + b"--\r\n"


def _receive(chunks: list[bytes]) -> tuple[Form, list[bytes | None]]:
    """The form, and the bytes of its whole files."""
    pending = list(chunks)

    async def receive() -> Message:
        chunk = pending.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(pending)}

    async def run() -> tuple[Form, list[bytes | None]]:
        content_type = b"multipart/form-data; boundary=" + _BOUNDARY
        scope = {"type": "http", "method": "POST", "headers": [(b"content-type", content_type)]}
        with Spool(None) as spool:
            form = await receive_form(Request(scope, receive), _LIMITS, spool)
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
