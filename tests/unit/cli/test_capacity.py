from __future__ import annotations

import json

import pytest

from .conftest import RunCommand


def test_a_plan_is_printed_for_programs(run_command: RunCommand) -> None:
    """One JSON object with every figure and its arithmetic; nothing has to run or be set."""
    done = run_command("capacity", "--cameras", "60", "--every", "2s", "--suspects", "0.03")
    assert done.code == 0
    plan = json.loads(done.out)
    assert plan["figures"]["frames"] == {"value": 30.0, "unit": "/s", "arithmetic": "60 ÷ 2 s"}
    assert plan["machines"]["servers"] == 1
    assert plan["workload"]["size"] == [1920, 1080]


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        (("--every", "500ms"), "frames", 120.0),
        (("--every", "1m"), "frames", 1.0),
        (("--every", "4"), "frames", 15.0),
        (("--resolution", "720p", "--picture-size", "100kB"), "network_in", 30 * 800_000.0),
        (("--second-look", "off"), "whole_frames", 30.0),
        (("--resolution", "4k"), "screen", 16.2),
        (("--full-every", "0"), "whole_frames", 0.0),
    ],
)
def test_options_are_written_as_people_write_them(
    options: tuple[str, ...], name: str, value: float, run_command: RunCommand
) -> None:
    """Durations, sizes and bytes with their units, or without."""
    done = run_command("capacity", "--cameras", "60", *options)
    assert json.loads(done.out)["figures"][name]["value"] == pytest.approx(value)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--every", "soon", "write it like 2s"),
        ("--every", "0s", "write it like 2s"),
        ("--every", "9e9", "write it like 2s"),
        ("--resolution", "big", "write it like 1920x1080"),
        ("--resolution", "0x0", "write it like 1920x1080"),
        ("--resolution", "99999x99999", "sides from 28"),
        ("--disk", "much", "write it like 400kB"),
        ("--disk", "8", "write it like 400kB"),
        ("--picture-size", "-1kB", "write it like 400kB"),
        ("--suspects", "3", "less than or equal to 1"),
        ("--cameras", "0", "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    option: str, value: str, said: str, run_command: RunCommand
) -> None:
    """No plan from half of what was asked, and the error says how it is written."""
    done = run_command("capacity", "--cameras", "60", option, value)
    assert done.code == 2
    assert done.out == ""
    assert said in " ".join(done.err.replace("│", " ").split())


def test_a_picture_too_long_for_the_model_is_refused(run_command: RunCommand) -> None:
    """As an inspection of it would be."""
    done = run_command("capacity", "--cameras", "1", "--resolution", "20000x28")
    assert done.code != 0
    assert "longer than wide" in done.err or "200" in done.err


def test_settings_of_the_site_are_the_defaults(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers and a week of retention, as configured."""
    monkeypatch.setenv("SAFETY_QWEN_URLS", "http://127.0.0.1:1/v1,http://127.0.0.1:2/v1")
    monkeypatch.setenv("SAFETY_KEEP_DAYS", "7")
    plan = json.loads(run_command("capacity", "--cameras", "60").out)
    assert plan["machines"]["servers"] == 2
    assert plan["workload"]["kept_days"] == 7


def test_the_screen_is_timed_on_this_machine(run_command: RunCommand) -> None:
    """In place of a figure of another machine."""
    done = run_command("capacity", "--cameras", "1", "--measure", "--resolution", "480p")
    assert 0 < json.loads(done.out)["machines"]["screen_cpu_s"] < 10
