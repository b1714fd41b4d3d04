"""Prefixes, origins and addresses as people and proxies write them."""

from __future__ import annotations

import pytest

from safety_detector.network.addresses import OWN_PATHS, ip_address, network, origin, url_prefix
from safety_detector.web import app as web_app


@pytest.mark.parametrize(
    ("written", "prefix"),
    [
        ("", ""),
        ("/", ""),
        ("/safety", "/safety"),
        ("safety", "/safety"),
        ("/safety/", "/safety"),
        ("/plant-2/safety_v1.0~x", "/plant-2/safety_v1.0~x"),
        ("/safety/v1", "/safety/v1"),
    ],
)
def test_prefix_is_written_one_way(written: str, prefix: str) -> None:
    """With or without slashes at its ends, a prefix is the same."""
    assert url_prefix(written) == prefix


@pytest.mark.attack("forwarding")
@pytest.mark.parametrize(
    "written",
    [
        "//evil.example",
        "///evil.example/x",
        "/a//b",
        "//",
        "/\\evil.example",
        "/a\r\nSet-Cookie: x=1",
        "/a\n",
        "/a%0d%0ab",
        "/%2F%2Fevil.example",
        "https://evil.example",
        "/a/../b",
        "/./a",
        "/a?b",
        "/a#b",
        "/a b",
        "/<script>",
        '/"',
        "/安全",
        "/" + "x" * 300,
        " ",
    ],
)
def test_what_is_no_prefix_is_refused(written: str) -> None:
    """Nothing that could lead elsewhere, or end a header, is taken for a prefix."""
    with pytest.raises(ValueError, match="no path prefix"):
        url_prefix(written)


@pytest.mark.parametrize("path", sorted(OWN_PATHS))
def test_own_paths_are_no_prefix(path: str) -> None:
    """Below a prefix that is a path of the service nobody could tell the two apart."""
    with pytest.raises(ValueError, match="path of the service itself"):
        url_prefix(f"/{path}/")


def test_own_paths_are_all_named() -> None:
    """The first parts of all routes are known as such."""
    routers = [
        getattr(web_app, name).router
        for name in dir(web_app)
        if hasattr(getattr(web_app, name), "router")
    ]
    first = {route.path.split("/")[1] for router in routers for route in router.routes}
    assert first | {"docs", "openapi.json", "problems"} == OWN_PATHS


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("https://Console.Example", "https://console.example"),
        ("https://console.example/", "https://console.example"),
        ("https://console.example:443", "https://console.example"),
        ("http://10.0.0.5:8080", "http://10.0.0.5:8080"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_origin_is_written_as_browsers_do(written: str, normal: str) -> None:
    """Case, a last slash and the scheme's own port do not matter."""
    assert origin(written) == normal


@pytest.mark.parametrize(
    "written",
    ["*", "https://*", "console.example", "https://a/b", "null", "ftp://a", "https://a,b", ""],
)
def test_what_is_no_origin_is_refused(written: str) -> None:
    """Everybody (``*``) is no origin, and what browsers never send is none either."""
    with pytest.raises(ValueError, match="is no origin"):
        origin(written)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("unknown", None),
        ("_hidden", None),
        ("", None),
        ("1.2.3.4.5", None),
    ],
)
def test_address_of_a_peer_is_read_as_proxies_write_it(written: str, address: str | None) -> None:
    """Ports and brackets are left out; what is no address is none."""
    assert ip_address(written) == address


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("10.0.0.0/24", "10.0.0.0/24"),
        ("10.0.0.5/24", "10.0.0.0/24"),
        ("192.168.1.64", "192.168.1.64/32"),
        (" fd00::/8", "fd00::/8"),
    ],
)
def test_network_is_read_as_people_write_it(written: str, normal: str) -> None:
    """A single address is a network of one, and further bits do not matter."""
    assert str(network(written)) == normal


@pytest.mark.parametrize("written", ["nginx", "10.0.0.0/33", "*", "localhost", ""])
def test_what_is_no_network_is_told_so(written: str) -> None:
    """The refusal shows how a network is written."""
    with pytest.raises(ValueError, match=r"is no network; write it like"):
        network(written)
