"""``safety-detector alert-rules``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from safety_detector.settings import load_settings
from safety_detector.wiring import open_migrated_database

from .conftest import RunCommand


@pytest.fixture(autouse=True)
def data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A service that was there before."""
    monkeypatch.setenv("SAFETY_DATA_DIR", str(tmp_path / "data"))
    open_migrated_database(load_settings()).close()


@pytest.fixture
def channel_id(run_command: RunCommand) -> str:
    """A channel."""
    added = run_command("channels", "add", "webhook", "https://soc.example.com/h", "--name", "SOC")
    return str(json.loads(added.out)["id"])


def test_a_rule_is_added_listed_and_removed(run_command: RunCommand, channel_id: str) -> None:
    """With all that REST takes."""
    added = run_command(
        *("alert-rules", "add", "nights", "--channel", channel_id, "--hazard", "fire"),
        *("--hours", "fri-mon 19:00-07:00", "--hours", "12:00-13:00", "--tell", "opened"),
        *("--cool-down", "60", "--escalate-after", "600", "--escalate-to", channel_id),
    )
    assert added.code == 0, added.err
    rule = json.loads(added.out)
    assert rule["schedule"] == [
        {"days": ["fri", "sat", "sun", "mon"], "from": "19:00", "to": "07:00"},
        {
            "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
            "from": "12:00",
            "to": "13:00",
        },
    ]
    assert (rule["hazards"], rule["tell"], rule["cool_down_s"]) == (["fire"], ["opened"], 60)
    assert rule["escalate"] == {"after_s": 600, "channel_ids": [channel_id]}
    assert json.loads(run_command("alert-rules", "list").out)["alert_rules"] == [rule]
    assert run_command("alert-rules", "remove", rule["id"]).code == 0
    assert json.loads(run_command("alert-rules", "list").out)["alert_rules"] == []
    gone = run_command("alert-rules", "remove", rule["id"])
    assert (gone.code, "no alert rule" in gone.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--hours", "nights"), "Hours are written like"),
        (("--hours", "mon tue 08:00-09:00"), "Hours are written like"),
        (("--hours", "fun 08:00-09:00"), "schedule.0.days"),
        (("--hours", "08:00-08:00"), "the hours are empty"),
        (("--hazard", "flood"), "hazards"),
        (("--camera", "nowhere"), "no camera 'nowhere'"),
        (("--escalate-after", "60"), "belong together"),
        (("--escalate-to", "x"), "belong together"),
        (("--channel", "nobody"), "no channel 'nobody'"),
        (("--cool-down", "-1"), "cool_down_s"),
    ],
)
def test_what_cannot_be_is_told(
    run_command: RunCommand, channel_id: str, arguments: tuple[str, ...], says: str
) -> None:
    """In a sentence that names it."""
    refused = run_command("alert-rules", "add", "x", "--channel", channel_id, *arguments)
    assert refused.code == 2
    assert says in refused.err
