"""What trusted proxies say of a request, and what nobody else may."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from safety_detector.web.connection.forwarding import (
    ForwardedRequests,
    Hop,
    ProxyOptions,
    names_another_machine,
    outermost_hop,
)

TRUSTED = (
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("10.0.0.0/24"),
    ipaddress.ip_network("2001:db8:0::/64"),
)


def headers(*lines: tuple[str, str]) -> Headers:
    """Header lines, which may repeat a name."""
    return Headers(raw=[(name.lower().encode(), value.encode()) for name, value in lines])


@pytest.mark.parametrize(
    ("lines", "hop"),
    [
        ([], Hop()),
        (
            [("Forwarded", "for=192.0.2.9;proto=https;host=safety.example")],
            Hop("192.0.2.9", "https", "safety.example"),
        ),
        (
            [("Forwarded", 'For="[2001:db8:cafe::17]:4711";Proto=HTTPS')],
            Hop("2001:db8:cafe::17", "https"),
        ),
        (
            [("Forwarded", 'for="192.0.2.43:47011" ; host="a.example:8443"')],
            Hop("192.0.2.43", None, "a.example:8443"),
        ),
        ([("Forwarded", "for=[2001:db8:cafe::17]:80")], Hop("2001:db8:cafe::17")),
        ([("Forwarded", r'for="192.0.2\.43"')], Hop("192.0.2.43")),
        # The nearest proxy saw a trusted one, which saw the client; what is before that is hearsay.
        (
            [
                (
                    "Forwarded",
                    "for=6.6.6.6;host=b, for=192.0.2.9;host=a.example;proto=https, for=10.0.0.7",
                )
            ],
            Hop("192.0.2.9", "https", "a.example"),
        ),
        (
            [
                ("Forwarded", "for=6.6.6.6"),
                ("Forwarded", "for=192.0.2.9, for=10.0.0.7;proto=https"),
            ],
            Hop("192.0.2.9", "https"),
        ),
        ([("Forwarded", "for=unknown;proto=https")], Hop(None, "https")),
        ([("Forwarded", "for=6.6.6.6, for=_gate;proto=https")], Hop(None, "https")),
        ([("Forwarded", 'for="192.0.2.9')], Hop()),
        ([("Forwarded", "for=192.0.2.9;;;proto")], Hop()),
        ([("Forwarded", "proto=javascript;host=a/b")], Hop()),
        (
            [
                ("X-Forwarded-For", "192.0.2.9"),
                ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Host", "a.example"),
            ],
            Hop("192.0.2.9", "https", "a.example"),
        ),
        ([("X-Forwarded-For", "6.6.6.6, 192.0.2.9")], Hop("192.0.2.9")),
        (
            [("X-Forwarded-For", "6.6.6.6, 192.0.2.9, 10.0.0.7"), ("X-Forwarded-Proto", "https")],
            Hop("192.0.2.9", "https"),
        ),
        (
            [("X-Forwarded-For", "192.0.2.9, 10.0.0.7"), ("X-Forwarded-Proto", "https, http")],
            Hop("192.0.2.9", "https"),
        ),
        ([("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "192.0.2.9")], Hop("192.0.2.9")),
        ([("X-Forwarded-Host", "evil.example/path"), ("X-Forwarded-Proto", "gopher")], Hop()),
        ([("X-Forwarded-Host", "a.example\r\nX: y")], Hop()),
        # nginx hands on what a client wrote into the header that nginx does not know.
        ([("X-Forwarded-For", "192.0.2.9"), ("Forwarded", "for=127.0.0.1;host=localhost")], Hop()),
        (
            [("X-Forwarded-For", "192.0.2.9"), ("Forwarded", "for=192.0.2.9;proto=https")],
            Hop("192.0.2.9", "https"),
        ),
        ([("X-Forwarded-For", ",".join(["10.0.0.7"] * 1000))], Hop()),
        ([("Forwarded", ",".join(["for=10.0.0.7"] * 1000))], Hop()),
    ],
)
def test_outermost_trusted_proxy_tells_who_asks(lines: list[tuple[str, str]], hop: Hop) -> None:
    """Of several proxies each is believed as far as those behind it are trusted."""
    assert outermost_hop(headers(*lines), TRUSTED) == hop


def seen_by_app(
    path: str, *lines: tuple[str, str], peer: str = "127.0.0.1", root_path: str = ""
) -> dict[str, Any]:
    """The scope that the app gets."""
    seen: dict[str, Any] = {}

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.update(scope)

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        raise AssertionError(message)

    scope = {
        "type": "http",
        "client": (peer, 4711),
        "scheme": "http",
        "path": path,
        "headers": [(b"host", b"127.0.0.1:8000"), *headers(*lines).raw],
    }
    middleware = ForwardedRequests(app, ProxyOptions(root_path, TRUSTED))
    asyncio.run(middleware(scope, receive, send))
    return seen


@pytest.mark.parametrize("path", ["/v1/cameras", "/safety/v1/cameras"])
@pytest.mark.parametrize("by_header", [True, False])
def test_prefix_is_found_whether_taken_off_or_not(path: str, by_header: bool) -> None:
    """Proxies that take the prefix off and those that do not lead to the same route."""
    lines = [("X-Forwarded-Prefix", "/safety/")] if by_header else []
    seen = seen_by_app(path, *lines, root_path="" if by_header else "/safety")
    assert (seen["root_path"], seen["path"]) == ("/safety", "/safety/v1/cameras")


@pytest.mark.parametrize("path", ["/safety", "/safety/", "/"])
def test_bare_prefix_is_the_root(path: str) -> None:
    """The prefix itself, with or without a slash, is the service's first page."""
    assert seen_by_app(path, root_path="/safety")["path"] == "/safety/"


def test_prefixes_of_several_proxies_follow_each_other() -> None:
    """Two proxies that both take a prefix off are one behind the other."""
    seen = seen_by_app("/livez", ("X-Forwarded-Prefix", "/plant"), ("X-Forwarded-Prefix", "safety"))
    assert seen["root_path"] == "/plant/safety"


def test_path_that_only_begins_alike_is_another() -> None:
    """/safetyx does not lie below /safety."""
    assert seen_by_app("/safetyx", root_path="/safety")["path"] == "/safety/safetyx"


@pytest.mark.attack("forwarding")
@pytest.mark.parametrize(
    "prefix", ["//evil.example", "/a\r\nX: y", "/../x", "https://evil.example"]
)
def test_hostile_prefix_is_left_out(prefix: str) -> None:
    """A prefix that could lead elsewhere is none; the operator's own stays."""
    seen = seen_by_app("/livez", ("X-Forwarded-Prefix", prefix), root_path="/safety")
    assert seen["root_path"] == "/safety"


@pytest.mark.attack("forwarding")
@pytest.mark.parametrize("peer", ["192.0.2.9", "10.0.1.1", "2001:db8:1::5", "::ffff:192.0.2.9"])
def test_untrusted_client_is_not_believed(peer: str) -> None:
    """Whoever is no trusted proxy changes neither address nor name nor prefix by headers."""
    lines = [
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Prefix", "/evil"),
        ("Forwarded", "for=127.0.0.1;host=evil.example;proto=https"),
    ]
    seen = seen_by_app("/livez", *lines, peer=peer)
    assert (seen["client"][0], seen["scheme"], seen["root_path"]) == (peer, "http", "")
    assert Headers(scope=seen)["host"] == "127.0.0.1:8000"


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.1", "::ffff:10.0.0.1", "2001:db8::5"])
def test_trusted_proxy_is_believed(peer: str) -> None:
    """Address, scheme and name are those of the client's own request."""
    lines = [("Forwarded", 'for="[2001:db8:1::9]:5";proto=https;host="safety.example:8443"')]
    seen = seen_by_app("/livez", *lines, peer=peer)
    assert (seen["client"][0], seen["scheme"]) == ("2001:db8:1::9", "https")
    assert Headers(scope=seen).getlist("host") == ["safety.example:8443"]


@pytest.mark.parametrize(
    ("lines", "other"),
    [
        ([], False),
        ([("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Host", "localhost:8080")], False),
        ([("Forwarded", 'for="[::1]:80";host=localhost')], False),
        ([("X-Forwarded-For", "127.0.0.1, 192.0.2.9")], True),
        ([("X-Forwarded-For", "192.0.2.9, 127.0.0.1")], True),
        ([("X-Real-IP", "192.0.2.9")], True),
        ([("X-Forwarded-Host", "safety.example")], True),
        ([("Forwarded", "for=192.0.2.9")], True),
        ([("Forwarded", "for=unknown")], True),
        ([("Forwarded", "nonsense")], True),
    ],
)
def test_other_machines_are_noticed(lines: list[tuple[str, str]], other: bool) -> None:
    """What passed a proxy from elsewhere does not come from this machine, whoever says so."""
    assert names_another_machine(headers(*lines)) == other
