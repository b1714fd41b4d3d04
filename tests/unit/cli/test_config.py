import json
import re
from pathlib import Path

import pytest

from .conftest import RunCommand


def test_values_and_their_sources_are_shown(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An integrator sees why a value is what it is: environment before .env before default."""
    (tmp_path / ".env").write_text("SAFETY_LANGUAGE=zh\nSAFETY_DATA_DIR=/from/dotenv\n")
    monkeypatch.setenv("SAFETY_DATA_DIR", "/from/environment")
    document = json.loads(run_command("config", "--json").out)
    rows = {row["name"]: row for row in document["settings"]}
    assert rows["SAFETY_DATA_DIR"]["value"] == "/from/environment"
    assert rows["SAFETY_DATA_DIR"]["source"] == "environment"
    assert rows["SAFETY_LANGUAGE"]["value"] == "zh"
    assert rows["SAFETY_LANGUAGE"]["source"] == ".env"
    assert rows["SAFETY_QWEN_DEADLINE"]["value"] == 120.0
    assert rows["SAFETY_QWEN_DEADLINE"]["source"] == "default"
    assert document["backend"] == "embedded"


@pytest.mark.parametrize("way", ["environment", "file"])
def test_secrets_are_masked_wherever_they_come_from(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str
) -> None:
    """``config`` may be pasted into a ticket."""
    if way == "file":
        (tmp_path / "key").write_text("sk-secret\n")
        monkeypatch.setenv("SAFETY_QWEN_API_KEY_FILE", str(tmp_path / "key"))
    else:
        monkeypatch.setenv("SAFETY_QWEN_API_KEY", "sk-secret")
    done = run_command("config", "--json")
    rows = {row["name"]: row for row in json.loads(done.out)["settings"]}
    assert rows["SAFETY_QWEN_API_KEY"]["value"] == "********"
    assert rows["SAFETY_QWEN_API_KEY"]["source"] == way
    assert "sk-secret" not in done.out + done.err


def test_a_model_server_makes_qwen_the_backend(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Naming a server is enough; SAFETY_BACKEND still overrules."""
    monkeypatch.setenv("SAFETY_QWEN_URLS", "http://10.0.0.5:8000, http://10.0.0.6:8000/v1/")
    document = json.loads(run_command("config", "--json").out)
    rows = {row["name"]: row for row in document["settings"]}
    assert document["backend"] == "qwen"
    assert rows["SAFETY_QWEN_URLS"]["value"] == [
        "http://10.0.0.5:8000/v1",
        "http://10.0.0.6:8000/v1",
    ]
    monkeypatch.setenv("SAFETY_BACKEND", "embedded")
    assert json.loads(run_command("config", "--json").out)["backend"] == "embedded"


def test_a_password_in_an_address_is_masked(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses may carry credentials too."""
    monkeypatch.setenv("SAFETY_QWEN_URLS", "http://user:topsecret@10.0.0.5:8000/v1")
    done = run_command("config", "--json")
    assert "10.0.0.5" in done.out
    assert "topsecret" not in done.out


def test_a_secret_file_that_is_missing_is_an_error(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typo in the path must not mean "no key"."""
    monkeypatch.setenv("SAFETY_QWEN_API_KEY_FILE", "/nowhere/key")
    done = run_command("config", "--json")
    assert done.code == 2
    assert "SAFETY_QWEN_API_KEY_FILE" in done.err
    assert "/nowhere/key" in done.err


def test_a_bad_line_of_the_file_is_named_once(
    run_command: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the file and the line's number, and not with what may be half of a password."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(
        b"\xef\xbb\xbfSAFETY_LANGUAGE=zh\r\n\r\n\r\nthis is secret\r\nSAFETY_BACKEND\r\n"
    )
    done = run_command("config", "--json")
    values = {one["name"]: one["value"] for one in json.loads(done.out)["settings"]}
    assert values["SAFETY_LANGUAGE"] == "zh"
    warnings = [line for line in done.err.splitlines() if line]
    assert [re.search(r"line \d", line)[0] for line in warnings] == ["line 4", "line 5"]  # type: ignore[index]
    assert str(tmp_path / ".env") in done.err.replace("\n", "")
    assert "secret" not in done.err


def test_a_file_that_is_no_utf8_is_refused(
    run_command: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an editor of Chinese Windows saves it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes("A=1\nSAFETY_SITE=厂\n".encode("gbk"))
    done = run_command("config")
    assert done.code == 2
    assert "line 2 is no UTF-8" in done.err
