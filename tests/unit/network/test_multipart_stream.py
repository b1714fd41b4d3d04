"""Multipart bodies as devices write them."""

from __future__ import annotations

import random

import pytest

from safety_detector.network.multipart_stream import (
    MultipartBroken,
    MultipartStream,
    PartBegins,
    PartEnds,
)


def taken_apart(
    body: bytes, content_type: str, chunk: int, *, by_length: bool = False
) -> list[tuple[dict[bytes, bytes], bytes]]:
    """The parts of a body that arrives in pieces."""
    stream = MultipartStream(content_type, by_length=by_length)
    parts: list[tuple[dict[bytes, bytes], bytearray]] = []
    begun: list[int] = []
    pieces = [body[place : place + chunk] for place in range(0, len(body), chunk)]
    for piece in [*pieces, None]:
        for event in stream.close() if piece is None else stream.feed(piece):
            if isinstance(event, PartBegins):
                parts.append((dict(event.headers), bytearray()))
                begun.append(event.start)
            elif isinstance(event, PartEnds):
                assert body[begun[-1] : event.end] == parts[-1][1]
            else:
                parts[-1][1].extend(event)
    return [(headers, bytes(content)) for headers, content in parts]


PICTURE = b"\xff\xd8\r\n--\n--XbY\r\n-\n\r\n\xff\xd9"


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 64, 10_000])
@pytest.mark.parametrize(
    ("content_type", "body", "contents"),
    [
        (
            "multipart/mixed; boundary=XbX",
            b"--XbX\r\n\r\n" + PICTURE + b"\r\n--XbX--",
            [PICTURE],
        ),
        (
            'multipart/mixed; boundary="--XbX"',
            b"--XbX\nA: b\n\n" + PICTURE + b"\n--XbX",
            [PICTURE],
        ),
        (
            "multipart/mixed",
            b"\r\n----XbX\r\n\r\none\r\n----XbX\r\n\r\ntwo\r\n----XbX--\r\n",
            [b"one", b"two"],
        ),
        (
            "multipart/mixed; boundary=XbX",
            b"--XbX\r\n--XbX\r\n\r\none\r\n--XbX--\r\n--XbX\r\n\r\ntwo",
            [b"one", b"two"],
        ),
        (
            "multipart/mixed; boundary=XbX",
            b"--XbX\r\nContent-Length: 2\r\n\r\nlonger\r\n--XbX \t\r\n\r\n--XbX--",
            [b"longer", b""],
        ),
        (
            "multipart/mixed; boundary=XbX",
            b"--XbX\r\nContent-Type: text/plain\r\nCode=A;action=Start\r\n--XbX\r\n<a/>",
            [b"Code=A;action=Start", b"<a/>"],
        ),
    ],
)
def test_parts_are_those_that_were_meant(
    content_type: str, body: bytes, contents: list[bytes], chunk: int
) -> None:
    """However the bytes arrive, and however badly the boundaries are written."""
    assert [content for _, content in taken_apart(body, content_type, chunk)] == contents


def test_part_of_a_stream_ends_with_its_length() -> None:
    """A picture is there when its bytes are, and not when the next part begins an hour later."""
    stream = MultipartStream("multipart/x-mixed-replace; boundary=m", by_length=True)
    got = list(stream.feed(b"--m\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\nabcd"))
    assert isinstance(got[0], PartBegins)
    assert got[1:] == [b"abcd", PartEnds(got[0].start + 4)]
    got = list(stream.feed(b"\r\n--m\r\nContent-Length: 99\r\n\r\nxy\r\n--m\r\n"))
    assert [one for one in got if isinstance(one, bytes)] == [b"xy"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/mixed", b"x" * 5000),
        ("multipart/mixed; boundary=b", b"x" * 5000),
        ("multipart/mixed; boundary=b", b"--b\r\n" + b"a: b\r\n" * 5000),
        ("multipart/mixed; boundary=b", b"--b\r\n" * 50_000),
        ("multipart/mixed; boundary=b", b"--b\r\n\r\n" + b"\n--bx" * 50_000),
    ],
)
def test_what_is_no_multipart_is_refused(content_type: str, body: bytes) -> None:
    """Bytes without boundary, headers without end and boundaries without content are refused."""
    with pytest.raises(MultipartBroken):
        taken_apart(body, content_type, 1000)


def test_pieces_do_not_matter() -> None:
    """Random bodies give the same parts whole and in random pieces."""
    chance = random.Random(7)  # noqa: S311 (no secret)
    alphabet = [b"--XbX", b"\r\n", b"\n", b"--", b"a: b", b"\xff\xd8", b" ", b"\r", b"x", b"<"]
    for _ in range(2000):
        body = b"--XbX\r\n" + b"".join(chance.choices(alphabet, k=chance.randint(0, 25)))
        whole = taken_apart(body, "multipart/mixed; boundary=XbX", len(body))
        for chunk in (1, 2, chance.randint(3, 30)):
            assert taken_apart(body, "multipart/mixed; boundary=XbX", chunk) == whole, body
