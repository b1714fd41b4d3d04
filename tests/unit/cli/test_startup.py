from pathlib import Path

import pytest

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
