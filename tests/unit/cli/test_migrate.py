from pathlib import Path

import pytest

from .conftest import RunCommand

FIRST = "sdk_first_" + "0123456789abcdef" * 4


@pytest.fixture(autouse=True)
def first_key_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file of a deployment's secret, as compose mounts it."""
    path = tmp_path / "first_api_key"
    path.write_text(FIRST + "\n")
    monkeypatch.setenv("SAFETY_FIRST_API_KEY_FILE", str(path))
    return path


def test_migrate_registers_the_key_that_the_deployment_brings(run_command: RunCommand) -> None:
    """The secret file is enough to open the service; a second run changes nothing."""
    for _ in range(2):
        done = run_command("migrate")
        assert done.code == 0, done.err
        assert "warning" not in done.err
    keys = run_command("keys", "list").out
    assert keys.count("first key") == 1
    assert FIRST not in keys


def test_a_first_key_that_comes_too_late_is_said_to_open_nothing(
    run_command: RunCommand, first_key_file: Path
) -> None:
    """Whoever changes the file learns that the key did not change with it."""
    assert run_command("migrate").code == 0
    first_key_file.write_text(FIRST.replace("0", "1"))
    done = run_command("migrate")
    assert done.code == 0
    assert "SAFETY_FIRST_API_KEY opens nothing" in done.err
    assert "keys create" in done.err


def test_a_first_key_that_could_be_guessed_stops_the_deployment(
    run_command: RunCommand, first_key_file: Path
) -> None:
    """Exit 2 and how to make one, before anything listens."""
    first_key_file.write_text("password")
    done = run_command("migrate")
    assert done.code == 2
    assert "openssl rand" in done.err
