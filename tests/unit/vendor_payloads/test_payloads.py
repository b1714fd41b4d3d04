"""Vendors' payloads: a corpus of the documented forms, and what hostile senders make of them."""

from __future__ import annotations

import io
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety_detector.vendor_payloads.events import DeviceEvent, EventState, Make, as_mac, as_moment
from safety_detector.vendor_payloads.hikvision import possible_channels
from safety_detector.vendor_payloads.payload import (
    MOST_PARTS,
    Payload,
    part_bytes,
    read_events,
    read_payload,
)

CORPUS = Path(__file__).parents[2] / "data" / "vendor_payloads"
FILES = sorted(p for p in CORPUS.rglob("*") if p.parent != CORPUS and p.is_file())
MOMENT = datetime(2026, 11, 29, 10, 15, 30, tzinfo=timezone(timedelta(hours=8)))
MULTIPART = "multipart/form-data; boundary=boundary"


def payload(data: bytes, content_type: str) -> tuple[io.BytesIO, Payload]:
    """A body and its parts."""
    body = io.BytesIO(data)
    return body, read_payload(body, len(data), content_type)


def read(make: Make, data: bytes, content_type: str) -> tuple[list[DeviceEvent], list[bytes]]:
    """The events and the other parts of a body."""
    body, found = payload(data, content_type)
    events: list[DeviceEvent] = []
    others = []
    for part in found.parts:
        content = part_bytes(body, part, part.size)
        if part.is_text:
            events += read_events(make, content)
        else:
            others.append(content)
    return events, others


def of(name: str) -> tuple[list[DeviceEvent], list[bytes]]:
    """What is read of a file of the corpus."""
    kind = MULTIPART if name.endswith(".multipart") else "application/xml"
    return read(Make(name.partition("/")[0]), (CORPUS / name).read_bytes(), kind)


@pytest.mark.parametrize(
    "name",
    [p.relative_to(CORPUS).as_posix() for p in FILES if p.match("hikvision/event*")],
)
def test_event_of_hikvision_is_read_in_every_form(name: str) -> None:
    """Declaration, mark, encoding, prefix, stray bytes: the event says the same."""
    (event,), pictures = of(name)
    assert pictures == []
    assert event.fault is None
    assert (event.kind, event.state, event.count) == ("fireDetection", EventState.ACTIVE, 3)
    assert (event.address, event.mac) == ("192.168.1.64", "44:19:b6:0a:1b:2c")
    assert event.channel == 1
    assert event.happened_at == MOMENT
    assert not event.is_heartbeat
    named = {"event-gbk.xml": "厂房一号", "event-ampersand.xml": "Gate & yard"}
    assert event.channel_name == named.get(Path(name).name, "Gate 3")


@pytest.mark.parametrize(
    "name", [p.relative_to(CORPUS).as_posix() for p in FILES if p.match("hikvision/*.multipart")]
)
def test_event_and_picture_of_a_multipart_are_found(name: str) -> None:
    """However a device writes the body, its event and its pictures come out whole."""
    (event,), pictures = of(name)
    assert (event.kind, event.fault) == ("fireDetection", None)
    several = {"three-images.multipart": 3, "content-id.multipart": 2}
    assert len(pictures) == several.get(Path(name).name, 1)
    assert all(one.startswith(b"\xff\xd8") for one in pictures)
    if "half" not in name:
        assert all(one.rstrip(b"\r\n").endswith(b"\xff\xd9") for one in pictures)


def test_content_id_names_the_picture_of_an_event() -> None:
    """An event refers to a part by its Content-ID."""
    body, found = payload((CORPUS / "hikvision/content-id.multipart").read_bytes(), MULTIPART)
    (event,) = read_events(Make.HIKVISION, part_bytes(body, found.parts[0]))
    assert event.picture_ids == ("scene",)
    assert [part.content_id for part in found.parts] == ["", "scene", "thermal"]


def test_picture_by_url_is_told() -> None:
    """The address of a picture in an event is kept, and nothing is fetched here."""
    (event,), _ = of("hikvision/url.xml")
    assert event.picture_urls == ("http://192.168.1.64/pic/1.jpg",)


def test_inactive_event_is_a_heartbeat() -> None:
    """Videoloss that is inactive says that the device is there, and no alarm."""
    (event,), _ = of("hikvision/heartbeat.xml")
    assert event.is_heartbeat


def test_channel_of_a_recorder() -> None:
    """Channel 34 is the 34th, or the second IP channel behind 32 analogue ones."""
    (event,), _ = of("hikvision/nvr-channel-34.xml")
    assert possible_channels(event.channel) == (34, 2)
    assert possible_channels(32) == (32,)


@pytest.mark.parametrize(
    ("name", "kind", "channel", "state"),
    [
        ("dahua/motion.txt", "VideoMotion", 1, EventState.ACTIVE),
        ("dahua/fields.txt", "SmokeDetection", 2, EventState.ACTIVE),
        ("dahua/push.json", "SmokeDetection", 2, EventState.ACTIVE),
    ],
)
def test_event_of_dahua(name: str, kind: str, channel: int, state: EventState) -> None:
    """Lines, fields and JSON tell the same; Dahua counts channels from 0, people from 1."""
    (event,), _ = of(name)
    assert (event.kind, event.channel, event.state) == (kind, channel, state)
    assert event.happened_at is not None
    assert event.happened_at.timestamp() == 1764382530


def test_stream_of_dahua() -> None:
    """Text, picture, heartbeat: each part is what it is, without a last boundary."""
    events, pictures = of("dahua/snap.multipart")
    assert [one.is_heartbeat for one in events] == [False, True]
    assert len(pictures) == 1
    two, _ = of("dahua/two-events.txt")
    assert [one.state for one in two] == [EventState.ACTIVE, EventState.INACTIVE]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "image/jpeg",
        "text/plain",
        "multipart/mixed",
        "multipart/x; boundary=--boundary",
        "🔥;;;",
    ],
)
def test_wrong_content_type_loses_nothing(path: Path, content_type: str) -> None:
    """What a body is, is found out from its bytes, whatever its Content-Type says."""
    make = Make(path.parent.name)
    told = MULTIPART if path.suffix == ".multipart" else "application/xml"
    assert read(make, path.read_bytes(), content_type) == read(make, path.read_bytes(), told)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_truncated_everywhere(path: Path) -> None:
    """Cut at any byte a payload gives what came before, or a reason, and never an exception."""
    data = path.read_bytes()
    make = Make(path.parent.name)
    for end in range(0, len(data), 7):
        for event in read(make, data[:end], MULTIPART)[0]:
            assert event.fault is None or event.fault.text("en")
            assert event.fault is None or event.fault.text("zh") != event.fault.code


def test_cut_event_tells_what_stood_before_the_cut() -> None:
    """Of an event that breaks off the device is known all the same, and the fault is told."""
    data = (CORPUS / "hikvision/event.xml").read_bytes()
    (event,), _ = read(Make.HIKVISION, data[: data.index(b"<eventState>")], "text/xml")
    assert (event.mac, event.kind) == ("44:19:b6:0a:1b:2c", "fireDetection")
    assert event.fault is not None
    assert "XML is broken" in event.fault.text("en")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_mutated_payloads_never_raise(path: Path) -> None:
    """Bytes changed, doubled and left out at random are read or refused with a reason."""
    data = path.read_bytes()
    chance = random.Random(path.name)  # noqa: S311 (no secret)
    for _ in range(150):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            place = chance.randrange(len(changed))
            match chance.randrange(4):
                case 0:
                    changed[place] = chance.randrange(256)
                case 1:
                    del changed[place : place + chance.randint(1, 40)]
                case 2:
                    changed[place:place] = changed[: chance.randint(1, 200)]
                case _:
                    changed[place:place] = chance.choice([b"--boundary", b"\r\n\r\n", b"<", b"&x;"])
            changed = changed or bytearray(b"x")
        for make in Make:
            read(make, bytes(changed), MULTIPART)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2000), st.text(max_size=60), st.sampled_from(Make))
def test_any_bytes_are_read_or_refused(data: bytes, content_type: str, make: Make) -> None:
    """No body makes the reader fail."""
    read(make, data, content_type)
    read_events(make, data)


HOSTILE = {
    "billion laughs": b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a><b>&c;</b></a>',
    "external entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "1 MiB of attributes": b"<a " + b" ".join(b'a%d="x"' % n for n in range(100_000)) + b"/>",
    "one attribute of 1 MB": b'<a b="' + b"x" * 1_000_000 + b'"/>',
    "deep": b"<a>" * 300_000,
    "wide": b"<a>" + b"<b/>" * 250_000 + b"</a>",
    "ampersands": b"<a>" + b"&" * 1_000_000,
    "open brackets": b"<" * 1_000_000,
    "deep json": b"[" * 1_000_000,
    "deep objects": b'{"a":' * 200_000,
    "long number": b'{"eventType": ' + b"9" * 1_000_000 + b"}",
    "many members": b"{" + b",".join(b'"a%d":1' % n for n in range(80_000)) + b"}",
    "too long": b"<a>" + b"x" * 3_000_000,
    "boundaries": b"--b\r\n" * 400_000,
    "last boundaries": b"--b--\r\n" * 400_000,
    "almost boundaries": b"--b\r\n\r\n" + b"\n--bx" * 400_000,
    "dashes": b"-" * 2_000_000,
    "headers without end": b"--b\r\n" + b"a: b\r\n" * 400_000,
    "one endless header": b"--b\r\na: " + b"b" * 2_000_000,
    "nested": b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1)
        for n in range(2000)
    ),
    "many codes": b"Code=A;action=Start;index=0\r\n" * 40_000,
    "many events": b"".join(b"Events[%d].X=1\r\n" % n for n in range(60_000)),
}


@pytest.mark.attack("vendors' payloads")
@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_payload_is_bounded(name: str) -> None:
    """Bombs of any kind are read in part or refused; a quadratic reader would need minutes."""
    for make in Make:
        for content_type in ("text/xml", "multipart/mixed; boundary=b"):
            events, others = read(make, HOSTILE[name], content_type)
            assert len(events) <= 100 * MOST_PARTS
            assert len(others) <= MOST_PARTS
            for event in events:
                assert len(event.kind or "") <= 128


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("44:19:B6:0A:1B:2C", "44:19:b6:0a:1b:2c"),
        ("44-19-b6-0a-1b-2c", "44:19:b6:0a:1b:2c"),
        ("4419b60a1b2c", "44:19:b6:0a:1b:2c"),
        ("4419.b60a.1b2c", "44:19:b6:0a:1b:2c"),
        ("00:00:00:00:00:00", None),
        ("44:19", None),
        ("44:19:b6:0a:1b:2c:dd", None),
        ("", None),
    ],
)
def test_mac_addresses_compare_in_one_form(text: str, mac: str | None) -> None:
    """However a MAC address is written it is the same; that of no device is none."""
    assert as_mac(text) == mac


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-11-29T10:15:30+08:00", "2026-11-29T10:15:30+08:00"),
        ("2026-11-29T10:15:30+0800", "2026-11-29T10:15:30+08:00"),
        ("2026-11-29T10:15:30+8:00", "2026-11-29T10:15:30+08:00"),
        ("2026-11-29T10:15Z", "2026-11-29T10:15:00+00:00"),
        ("2026-11-29 10:15:30", "2026-11-29T10:15:30"),
        ("2026-1-9T1:15:30Z", "2026-01-09T01:15:30+00:00"),
        ("2026-13-29T10:15:30Z", None),
        ("2026-11-29T25:15:30+99:99", None),
        ("yesterday", None),
    ],
)
def test_moments_of_devices(text: str, iso: str | None) -> None:
    """Dates are read as devices write them; a zone that is not told is not made up."""
    found = as_moment(text)
    assert (found and found.isoformat()) == iso
