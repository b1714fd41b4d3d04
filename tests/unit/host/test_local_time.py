"""The zone of people here: which it is, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.local_time import in_local_zone, local_time_zone, offset_changes
from safety_detector.settings import load_settings

BERLIN = ("+0100", "+0200")


@pytest.mark.parametrize(
    ("name", "offsets"),
    [
        ("Europe/Berlin", BERLIN),
        (":Europe/Berlin", BERLIN),
        ("posix/Europe/Berlin", BERLIN),
        ("right/Europe/Berlin", BERLIN),
        ("CET-1CEST,M3.5.0,M10.5.0/3", BERLIN),
        ("CST6CDT", ("-0600", "-0500")),
        ("UTC-8", ("+0800", "+0800")),
        ("<+0530>-5:30", ("+0530", "+0530")),
        ("Asia/Kathmandu", ("+0545", "+0545")),
        ("Australia/Sydney", ("+1100", "+1000")),
        ("", ("+0000", "+0000")),
        (":", ("+0000", "+0000")),
        ("UTC", ("+0000", "+0000")),
    ],
)
def test_a_zone_is_known_by_its_rule(
    monkeypatch: pytest.MonkeyPatch, name: str, offsets: tuple[str, str]
) -> None:
    """Whatever form ``TZ`` has, January and July each get the offset they have."""
    monkeypatch.setenv("TZ", name)
    months = (datetime(2026, month, 15, tzinfo=UTC) for month in (1, 7))
    assert tuple(in_local_zone(one).strftime("%z") for one in months) == offsets


def test_a_zone_may_be_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the C library takes it."""
    path = Path("/usr/share/zoneinfo/Asia/Shanghai")
    if not path.exists():
        pytest.skip("the system has no zones")
    monkeypatch.setenv("TZ", str(path))
    assert in_local_zone(datetime(2026, 7, 1, tzinfo=UTC)).strftime("%z") == "+0800"


@pytest.mark.parametrize(
    "name",
    [
        "Foo", "Europe", "Europe/Berln", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "/etc",
        "北京", "x" * 5000, "EST5EDT,garbage", "CET-1CEST,M13.5.0,M10.5.0", "8", "+08:00",
        "Asia/Shanghai\n", "Asia/Shanghai ",
    ],
)  # fmt: skip
def test_an_unknown_zone_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The C library would take it for UTC, and every time of a report would be wrong."""
    monkeypatch.setenv("TZ", name)
    for ask in (local_time_zone, load_settings):
        with pytest.raises(ConfigurationInvalid) as caught:
            ask()
        assert repr(name[:64]) in caught.value.message
        assert "Asia/Shanghai" in caught.value.message


def test_a_misspelt_zone_is_put_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest name is offered."""
    monkeypatch.setenv("TZ", "europe/berln")
    with pytest.raises(ConfigurationInvalid, match=r"Is Europe/Berlin meant\?"):
        local_time_zone()


def test_a_time_without_a_zone_is_what_the_clocks_here_show(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Midnight of a summer day is meant in summer time, whatever season it is now."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert in_local_zone(datetime(2026, 7, 1)).isoformat() == "2026-07-01T00:00:00+02:00"
    assert in_local_zone(datetime(2026, 12, 1)).isoformat() == "2026-12-01T00:00:00+01:00"


def test_changes_of_the_offset_are_found_to_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of a year; none where the clocks are never changed."""
    year = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert [one.isoformat() for one in offset_changes(local_time_zone(), *year)] == [
        "2026-03-29T01:00:00+00:00",
        "2026-10-25T01:00:00+00:00",
    ]
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    assert list(offset_changes(local_time_zone(), *year)) == []


@pytest.mark.parametrize(("zone", "code"), [("Europe/Berlin", 0), ("Europe/Berln", 2)])
def test_a_system_without_zones_knows_them(zone: str, code: int) -> None:
    """A slim container has no database of zones; the package has one."""
    done = subprocess.run(
        [sys.executable, "-m", "safety_detector", "config"],
        env={**os.environ, "PYTHONTZPATH": "", "TZ": zone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert ("Europe/Berln" in done.stderr) == (code == 2)
    assert "Traceback" not in done.stderr
