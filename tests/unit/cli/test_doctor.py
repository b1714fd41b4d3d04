import json
import resource
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safety_detector.detectors.qwen.servers.server_state import Phase
from safety_detector.settings import load_settings
from safety_detector.wiring import build_qwen_detector
from tests.model_server import Reply, closed_port, running
from tests.valkey_server import valkey_server

from .conftest import Finished, RunCommand


def checks_of(done: Finished) -> dict[str, dict[str, Any]]:
    """The examination's lines by name."""
    return {check["name"]: check for check in json.loads(done.out)["checks"]}


def test_a_fresh_machine_is_well(run_command: RunCommand, tmp_path: Path) -> None:
    """Nothing is configured and nothing is missing; nothing is made by looking."""
    done = run_command("doctor", "--json")
    assert done.code == 0
    assert set(checks_of(done)) == {"program", "fonts", "data folder", "embedded detector"}
    assert list(tmp_path.iterdir()) == []


def test_a_limit_on_the_size_of_files_is_told(run_command: RunCommand) -> None:
    """Larger pictures would be answered with 503, however much room the disk has."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**30, former[1]))
    try:
        done = run_command("doctor", "--json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert "1,024.0 MiB at most (ulimit -f)" in checks_of(done)["data folder"]["detail"]


def test_servers_that_do_not_answer_are_named(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker or database that is away is a service that is unreachable: exit code 4."""
    port = closed_port()
    monkeypatch.setenv("SAFETY_REDIS_URL", f"redis://127.0.0.1:{port}/0")
    monkeypatch.setenv("SAFETY_DATABASE_URL", f"postgresql://u:secret@127.0.0.1:{port}/d")
    done = run_command("doctor", "--json")
    checks = checks_of(done)
    assert done.code == 4
    assert checks["broker"]["code"] == "broker-unavailable"
    assert checks["database"]["code"] == "database-unavailable"
    assert "secret" not in done.out + done.err


def test_a_model_server_that_is_not_there_has_its_remedy_named(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has to guess which setting holds its address."""
    monkeypatch.setenv("SAFETY_QWEN_URLS", f"http://127.0.0.1:{closed_port()}/v1")
    done = run_command("doctor", "--json")
    assert done.code == 4
    assert "Start it, or set SAFETY_QWEN_URLS" in checks_of(done)["model server"]["detail"]


@pytest.mark.processes
def test_each_model_server_is_examined_and_the_services_view_is_told(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two talks garbage: its line says so and that the service leaves it alone."""
    with (
        running(Reply("!" * 200)) as broken,
        running(Reply("[]")) as sound,
        valkey_server() as broker,
    ):
        monkeypatch.setenv("SAFETY_QWEN_URLS", f"{broken.url},{sound.url}")
        monkeypatch.setenv("SAFETY_REDIS_URL", broker.url)
        with closing(build_qwen_detector(load_settings())) as detector:
            detector.detect(np.zeros((56, 56, 3), np.uint8))
            while detector.server_statuses()[0].ejected_since is None:
                assert detector.server_statuses()[1].phase is Phase.IN_USE
        done = run_command("doctor", "--json")
    checks = checks_of(done)
    assert done.code == 3
    assert not checks["model server 1"]["ok"]
    assert "run of" in checks["model server 1"]["detail"]
    assert "does not use it since" in checks["model server 1"]["detail"]
    assert checks["model server 2"]["ok"]
    assert "0 of at most 8 pictures" in checks["model server 2"]["detail"]


def test_a_database_that_a_migration_is_due_for_says_so(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The remedy is named; after it the database is well."""
    monkeypatch.setenv("SAFETY_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "safety-detector.db").touch()
    before = checks_of(run_command("doctor", "--json"))["database"]
    assert not before["ok"]
    assert "migrate" in before["detail"]
    assert run_command("migrate").code == 0
    assert checks_of(run_command("doctor", "--json"))["database"]["ok"]


def test_folders_for_batches_are_looked_at(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A drive that is not mounted is found before a batch is refused for it."""
    drive = tmp_path / "drive"
    monkeypatch.setenv("SAFETY_BATCH_FOLDERS", str(drive))
    check = checks_of(run_command("doctor", "--json"))["batch folders"]
    assert (check["ok"], check["code"]) == (False, "unknown-folder")
    drive.mkdir()
    check = checks_of(run_command("doctor", "--json"))["batch folders"]
    assert "mounted" in check["detail"]
    (drive / "a.jpg").write_bytes(b"x")
    check = checks_of(run_command("doctor", "--json"))["batch folders"]
    assert (check["ok"], check["detail"]) == (True, str(drive))


def test_a_font_that_cannot_be_embedded_is_found(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The operator's own font is looked at before a report fails."""
    monkeypatch.setenv("SAFETY_DATA_DIR", str(tmp_path / "data"))
    font = tmp_path / "data" / "fonts" / "site.ttf"
    font.parent.mkdir(parents=True)
    font.write_bytes(b"no font")
    done = run_command("doctor", "--json")
    assert done.code == 2
    assert checks_of(done)["fonts"]["code"] == "font-invalid"


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "There are no weights at"), (b"not protobuf" * 50, "is not a readable ONNX file")],
    ids=["missing", "broken"],
)
def test_weights_that_cannot_be_used_are_named(
    content: bytes | None,
    said: str,
    run_command: RunCommand,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A mistyped or damaged file is found before the first picture is."""
    weights = tmp_path / "own.onnx"
    if content is not None:
        weights.write_bytes(content)
    monkeypatch.setenv("SAFETY_EMBEDDED_WEIGHTS", str(weights))
    done = run_command("doctor", "--json")
    check = checks_of(done)["embedded detector"]
    assert done.code != 0
    assert not check["ok"]
    assert check["code"] == "weights-invalid"
    assert said in check["detail"]
    assert str(weights) in check["detail"]
