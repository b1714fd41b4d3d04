"""``safety-detector channels``."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from safety_detector.database.tables import channels
from safety_detector.message_texts.reason import Reason
from safety_detector.settings import load_settings
from safety_detector.wiring import open_migrated_database

from .conftest import RunCommand

ROBOT = "https://oapi.dingtalk.com/robot/send?access_token=geheim"


@pytest.fixture(autouse=True)
def data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A service that was there before."""
    monkeypatch.setenv("SAFETY_DATA_DIR", str(tmp_path / "data"))
    open_migrated_database(load_settings()).close()


def test_a_channel_is_added_with_all_that_its_kind_takes(
    run_command: RunCommand, tmp_path: Path
) -> None:
    """Secrets come from files and stdin, and are shown nowhere."""
    (tmp_path / "secret").write_text("SECgeheim\n")
    added = run_command(
        *("channels", "add", "dingtalk", "-", "--name", "值班群"),
        *("--secret-file", tmp_path / "secret", "--set", "mention_all=true"),
        *("--set", "mention_mobiles=13800000000", "--set", "mention_mobiles=13900000000"),
        stdin=ROBOT.encode(),
    )
    assert added.code == 0, added.err
    channel = json.loads(added.out)
    assert channel["language"] == "zh"
    assert channel["settings"] == {
        "mention_all": True,
        "mention_mobiles": ["13800000000", "13900000000"],
        "keyword": None,
    }
    listed = run_command("channels", "list")
    assert json.loads(listed.out)["channels"][0]["id"] == channel["id"]
    assert "geheim" not in added.out + listed.out


def test_a_mailbox_is_added_with_a_password_and_receivers(
    run_command: RunCommand, tmp_path: Path
) -> None:
    """The file's line is the password where the kind has one; a list is several options."""
    (tmp_path / "password").write_text("geheim\n")
    added = run_command(
        *("channels", "add", "mail", "smtp://mail.example.com", "--name", "office"),
        *("--secret-file", tmp_path / "password", "--set", "username=alarm@example.com"),
        *("--set", "sender=alarm@example.com", "--set", "receivers=ehs@example.com"),
    )
    assert added.code == 0, added.err
    assert json.loads(added.out)["settings"]["receivers"] == ["ehs@example.com"]
    assert "geheim" not in added.out


def test_the_secret_of_a_webhook_is_shown_once(run_command: RunCommand) -> None:
    """Its receiver needs it."""
    added = run_command("channels", "add", "webhook", "https://soc.example.com/h", "--name", "SOC")
    assert json.loads(added.out)["secret"].startswith("whsec_")
    assert "whsec_" not in run_command("channels", "list").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("pager", "x"), "there are webhook, dingtalk"),
        (("webhook", "ftp://x"), "url: that is no address"),
        (("dingtalk", ROBOT, "--set", "pictures=true"), "pictures: there is no such field"),
        (("dingtalk", ROBOT, "--set", "mention_all=often"), "mention_all: true or false"),
        (("dingtalk", ROBOT, "--set", "keyword"), "a name and a value are needed"),
        (("dingtalk", ROBOT, "--language", "de"), "language"),
        (("dingtalk", ROBOT, "--secret-file", "nowhere.txt"), "cannot be read, nowhere.txt"),
        (("dingtalk", "-"), "the first line of - is empty"),
    ],
)
def test_what_cannot_be_is_named(
    run_command: RunCommand, arguments: tuple[str, ...], says: str
) -> None:
    """And nothing is added."""
    done = run_command("channels", "add", *arguments, "--name", "x")
    assert done.code == 2
    assert says in done.err
    assert json.loads(run_command("channels", "list").out) == {"channels": []}


def test_without_a_service_the_message_waits_and_that_is_said(run_command: RunCommand) -> None:
    """Exit code 3; it is sent when one runs."""
    added = run_command("channels", "add", "webhook", "https://soc.example.com/h", "--name", "SOC")
    channel_id = json.loads(added.out)["id"]
    tried = run_command("channels", "test", channel_id, "--wait", "0")
    assert tried.code == 3
    assert "safety-detector serve" in tried.err
    assert json.loads(tried.out)["status"] == "waiting"


@pytest.mark.parametrize("command", ["test", "deliveries"])
def test_a_channel_that_is_not_there_is_said(run_command: RunCommand, command: str) -> None:
    """With its id."""
    done = run_command("channels", command, "01KAJA1Z8H5D2F4G6J8K0M3N5P")
    assert done.code == 2
    assert "01KAJA1Z8H5D2F4G6J8K0M3N5P" in done.err
    assert run_command("channels", "resend", "01K", "01K").code == 2


def test_a_channel_is_changed_and_what_is_not_named_stays(
    run_command: RunCommand, tmp_path: Path
) -> None:
    """Name and settings alone, or switched off; what is secret is shown nowhere and stays."""
    (tmp_path / "secret").write_text("SECgeheim\n")
    added = run_command(
        *("channels", "add", "dingtalk", "-", "--name", "值班群"),
        *("--secret-file", tmp_path / "secret", "--set", "keyword=安全"),
        stdin=ROBOT.encode(),
    )
    channel = json.loads(added.out)
    change = ("channels", "change", channel["id"])
    changed = run_command(*change, "--name", "夜班群", "--set", "mention_all=true")
    assert changed.code == 0, changed.err
    told = json.loads(changed.out)
    assert (told["name"], told["url"]) == ("夜班群", channel["url"])
    assert told["settings"] == {"mention_all": True, "mention_mobiles": [], "keyword": "安全"}
    off = json.loads(run_command(*change, "--off").out)
    assert off["disabled_details"]["code"] == "channel-switched-off"
    still = json.loads(run_command(*change, "--language", "en").out)
    assert (still["language"], still["disabled_reason"]) == ("en", off["disabled_reason"])
    assert json.loads(run_command(*change, "--on").out)["disabled_reason"] is None
    refused = run_command(*change, "--set", "mention_all=often")
    assert refused.code == 2
    assert "mention_all" in refused.err
    unknown = run_command("channels", "change", "01KAJA0C5V7N9M4R2T6Y8W1E3Q", "--off")
    assert unknown.code == 2
    assert "geheim" not in changed.out + still["url"] + refused.err


def test_a_change_leaves_the_receiver_s_word_that_it_is_off(run_command: RunCommand) -> None:
    """It becomes nobody's decision, and a test that arrives can still switch it on again."""
    added = run_command("channels", "add", "webhook", "https://soc.example.com/h", "--name", "SOC")
    channel_id = json.loads(added.out)["id"]
    gone = update(channels).values(disabled_reason=Reason("receiver-gone"))
    opened = closing(open_migrated_database(load_settings()))
    with opened as database, database.write() as connection:
        connection.execute(gone)
    renamed = run_command("channels", "change", channel_id, "--name", "SOC night")
    assert json.loads(renamed.out)["disabled_details"]["code"] == "receiver-gone"
