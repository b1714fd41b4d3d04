import socket
from pathlib import Path

import pytest

from safety_detector.single_machine.data_folder_lock import locked_data_folder
from tests.model_server import closed_port

from .conftest import RunCommand


@pytest.mark.parametrize(
    "command",
    [["serve", "--port", str(closed_port())], ["worker", "--queue", "embedded"]],
    ids=["serve", "worker"],
)
def test_nothing_starts_on_weights_that_cannot_be_used(
    command: list[str], run_command: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that would take pictures and never inspect one does not start."""
    weights = tmp_path / "own.onnx"
    weights.write_bytes(b"not protobuf" * 50)
    monkeypatch.setenv("SAFETY_EMBEDDED_WEIGHTS", str(weights))
    monkeypatch.setenv("SAFETY_REDIS_URL", f"redis://127.0.0.1:{closed_port()}/0")
    done = run_command(*command)
    assert done.code != 0
    assert f"{weights} is not a readable ONNX file" in " ".join(done.err.split())


@pytest.mark.parametrize("command", ["serve", "api"])
@pytest.mark.parametrize("folder", ["new", "empty"])
def test_nothing_is_made_where_the_port_is_taken(
    command: str, folder: str, run_command: RunCommand, tmp_path: Path
) -> None:
    """What cannot run leaves no database, and in a new place no folder."""
    data = tmp_path / "data"
    if folder == "empty":
        data.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_command(command, "--port", str(port), "--data-dir", data)
    assert done.code == 2
    assert f"Port {port} on 127.0.0.1 cannot be used" in " ".join(done.err.split())
    assert data.exists() == (folder == "empty")
    assert [one.name for one in data.glob("*") if one.name != "serve.lock"] == []


def test_a_second_service_on_a_folder_hears_of_the_first(
    run_command: RunCommand, tmp_path: Path
) -> None:
    """Not of the port, which that one holds too: another would not help."""
    data = tmp_path / "data"
    with socket.create_server(("127.0.0.1", 0)) as taken, locked_data_folder(data):
        done = run_command("serve", "--port", str(taken.getsockname()[1]), "--data-dir", data)
    assert done.code == 2
    assert "is in use by another safety-detector serve" in " ".join(done.err.split())
