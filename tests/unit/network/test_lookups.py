"""Addresses of hosts: looked up in bounded time, whatever the name servers do, and checked."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from safety_detector.camera_sources.streams.connecting import resolve
from safety_detector.errors import CameraTimedOut, FetchFailed
from safety_detector.ingest import fetching
from safety_detector.ingest.fetching import FetchPolicy, fetch_picture
from safety_detector.network import lookups
from safety_detector.network.lookups import NameNotResolved, NoAddressAllowed, look_up
from safety_detector.network.permitted import AllowedNetworks, is_permitted
from safety_detector.notifications import posting

WITHIN_S = 20.0


class Resolver:
    """The system's resolver, whose name servers say nothing until they are let.

    Attributes:
        asked: names that they were asked for.
        answers: may answer.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = threading.Event()

    def getaddrinfo(self, host: str, port: Any, *_: Any, **__: Any) -> list[Any]:
        """Hangs, as the system's does where a name server is silent."""
        self.asked.append(host)
        self.answers.wait(WITHIN_S)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", port))]


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """Name servers that say nothing."""
    resolver = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", resolver.getaddrinfo)
    yield resolver
    resolver.answers.set()
    _wait_until_idle()


def _wait_until_idle() -> None:
    deadline = time.monotonic() + WITHIN_S
    while any(one.name == "name-lookup" for one in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_picture_is_not_waited_for_longer_than_its_deadline(silent: Resolver) -> None:
    """The whole fetch ends in time, though the resolver does not."""
    policy = FetchPolicy(deadline=timedelta(seconds=0.2))
    with pytest.raises(FetchFailed, match=r"0\.2"):
        fetch_picture("http://silent.example/a.jpg", policy)
    assert not silent.answers.is_set()


@pytest.mark.usefixtures("silent")
def test_a_fetch_says_that_the_name_server_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is time left it says which step took too long."""
    monkeypatch.setattr(fetching, "_LOOKUP_S", 0.2)
    with pytest.raises(FetchFailed, match="no name server answered"):
        fetch_picture("http://silent.example/a.jpg", FetchPolicy())


@pytest.mark.usefixtures("silent")
def test_a_camera_says_that_the_name_server_is_silent() -> None:
    """Opening a stream ends within the time for connections."""
    with pytest.raises(CameraTimedOut, match=r"No name server.*silent\.example"):
        resolve("silent.example", 554, AllowedNetworks(), 0.2)


@pytest.mark.usefixtures("silent")
def test_a_webhook_says_that_the_name_server_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The delivery log has the step."""
    monkeypatch.setattr(posting, "_LOOKUP_S", 0.2)
    attempt = posting.post("https://silent.example/", {}, b"{}", posting.Reach()).attempt
    assert not attempt.is_delivered
    assert attempt.reason is not None
    assert "no name server answered" in attempt.reason.text("en")


def test_one_name_has_one_look_at_a_time(silent: Resolver) -> None:
    """Who asks again for a name that hangs costs no further thread; all get the answer."""
    waiting = [look_up("silent.example", lambda _address: True) for _ in range(20)]
    assert silent.asked == ["silent.example"]
    silent.answers.set()
    for one in waiting:
        assert one.result(WITHIN_S) == (ipaddress.ip_address("192.0.2.7"),)


def test_the_next_question_is_asked_anew(silent: Resolver) -> None:
    """An answer is not kept: what a name leads to changes."""
    silent.answers.set()
    for _ in range(2):
        look_up("silent.example", lambda _address: True).result(WITHIN_S)
        _wait_until_idle()
    assert silent.asked == ["silent.example"] * 2


def test_silent_names_keep_few_threads(silent: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many the next is refused at once, and goes through when they are done."""
    monkeypatch.setattr(lookups, "_MOST_AT_ONCE", 3)
    waiting = [look_up(f"{number}.example", lambda _address: True) for number in range(3)]
    with pytest.raises(NameNotResolved, match="many other names"):
        look_up("another.example", lambda _address: True).result(WITHIN_S)
    silent.answers.set()
    for one in waiting:
        one.result(WITHIN_S)
    _wait_until_idle()
    assert look_up("another.example", lambda _address: True).result(WITHIN_S)


def test_who_gives_up_waiting_harms_nobody_else(silent: Resolver) -> None:
    """A loop that stops waiting leaves the look to the others who want the name."""

    async def give_up() -> None:
        async with asyncio.timeout(0.05):
            await asyncio.wrap_future(look_up("silent.example", lambda _address: True))

    other = look_up("silent.example", lambda _address: True)
    with pytest.raises(TimeoutError):
        asyncio.run(give_up())
    silent.answers.set()
    assert other.result(WITHIN_S)


@pytest.mark.parametrize(
    "host", ["", "a..b", "x" * 70 + ".example", "a\0b", "nobody.invalid", "1.2.3.4.5", "[::1]"]
)
def test_what_is_no_host_is_said(host: str) -> None:
    """Each ends as an unknown name, not as a fault of the program."""
    with pytest.raises(NameNotResolved):
        look_up(host, lambda _address: True).result(WITHIN_S)


@pytest.mark.attack("Addresses in disguise")
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001", "::1", "::ffff:127.0.0.1",
     "localhost", "0.0.0.0", "fe80::1%lo"],
)  # fmt: skip
def test_a_disguised_address_is_no_public_one(host: str) -> None:
    """However this machine is written, it is what is checked."""
    with pytest.raises((NoAddressAllowed, NameNotResolved)):
        look_up(host, lambda address: is_permitted(address, ())).result(WITHIN_S)


@pytest.mark.attack("Addresses in disguise")
@pytest.mark.parametrize("prefix", ["", "::ffff:", "64:ff9b::"])
@pytest.mark.parametrize("allow", [(), ("192.0.0.0/8",), ("192.0.0.192/32",)])
def test_a_cloud_s_own_address_in_the_public_ranges_is_no_public_one(
    prefix: str, allow: tuple[str, ...]
) -> None:
    """Oracle's lies where some versions of Python say that everybody may reach it."""
    address = ipaddress.ip_address(f"{prefix}192.0.0.192")
    assert not is_permitted(address, [ipaddress.ip_network(one) for one in allow])


@pytest.mark.attack("Addresses in disguise")
@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "169.254.170.2", "100.100.100.200",
     "fd00:ec2::254", "224.0.0.1", "0.0.0.0", "::"],
)  # fmt: skip
def test_a_wide_network_never_holds_the_cloud_s_own_addresses(address: str) -> None:
    """Who allows all addresses did not mean the keys of the machine."""
    everything = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    assert not is_permitted(ipaddress.ip_address(address), everything)
