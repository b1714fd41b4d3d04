"""Who is silent for too long, and who only was not listened to."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from safety_detector.host.signs_of_life import Signs, SignSocket, Silence, without_listener


def listen_until(silence: Silence, first_s: float, last_s: float) -> list[bool]:
    """What is answered each second."""
    seconds = range(round(first_s), round(last_s) + 1)
    return [silence.lasts_too_long(float(second)) for second in seconds]


def test_whoever_gives_signs_is_left_alone() -> None:
    """A sign every five seconds is enough for a limit of twenty."""
    silence = Silence(20, now_s=0)
    for second in range(0, 100, 5):
        silence.heard(second)
        assert not any(listen_until(silence, second, second + 4))


def test_silence_ends_patience_once_the_limit_has_passed() -> None:
    """Neither before nor much later."""
    silence = Silence(20, now_s=0)
    silence.heard(0)
    assert listen_until(silence, 1, 25).index(True) == 20


def test_a_start_may_take_longer() -> None:
    """Until the first sign another limit counts."""
    silence = Silence(20, now_s=0, first_limit_s=100)
    assert listen_until(silence, 1, 120).index(True) == 100
    silence = Silence(20, now_s=0, first_limit_s=100)
    assert not any(listen_until(silence, 1, 90))
    silence.heard(90)
    assert listen_until(silence, 91, 130).index(True) == 20


@pytest.mark.parametrize("absence_s", [10.0, 25.0, 3600.0, 86400.0])
def test_while_nobody_listened_nobody_was_silent(absence_s: float) -> None:
    """A machine that slept, or a listener that was stopped, asks everybody anew first."""
    silence = Silence(20, now_s=0)
    silence.heard(0)
    assert not any(listen_until(silence, 1, 10))
    awake_s = round(10 + absence_s)
    assert listen_until(silence, awake_s, awake_s + 30).index(True) == 6


def test_who_listens_rarely_finds_out_as_well() -> None:
    """A loop that is slow each time must not excuse whoever is silent."""
    silence = Silence(20, now_s=0)
    silence.heard(0)
    assert [silence.lasts_too_long(moment) for moment in range(10, 80, 10)].index(True) == 4


def test_a_sign_reaches_who_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As systemd's protocol has it; what else comes there is no sign of life."""
    listener = SignSocket(tmp_path / "1.sock")
    for name, value in listener.environment(20).items():
        monkeypatch.setenv(name, value)
    assert not listener.receive()
    signs = Signs()
    assert signs.every_s == 5
    signs.give()
    assert listener.receive()
    assert not listener.receive()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.sendto(b"STATUS=busy", str(tmp_path / "1.sock"))
    assert not listener.receive()
    # A cleaner of folders takes the name away, and not the connection.
    (tmp_path / "1.sock").unlink()
    signs.give()
    assert listener.receive()
    for _ in range(1000):  # a listener that is stopped does not stop who speaks
        signs.give()
    assert listener.receive()
    listener.close()
    signs.give()
    signs.close()


def test_where_nobody_listens_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """No listener, one that is gone, and one that meant another process."""
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    Signs().give()
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/at/all.sock")
    monkeypatch.setenv("WATCHDOG_USEC", "20000000")
    Signs().give()
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid() + 1))
    assert Signs().every_s == 0
    assert "NOTIFY_SOCKET" not in without_listener(os.environ)
