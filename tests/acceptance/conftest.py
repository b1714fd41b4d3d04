import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from tests.eventually import eventually
from tests.ports import free_port
from tests.program_environment import program_environment

ROOT = Path(__file__).parents[2]
DEADLINE_S = 180.0  # the machine may be busy with other things

# Servers to be used in place of the bundled ones: our setting, and the variable that names it here.
SERVERS = {"SAFETY_REDIS_URL": "TEST_REDIS_URL", "SAFETY_DATABASE_URL": "TEST_DATABASE_URL"}


@dataclass
class Serve:
    """A running ``safety-detector serve``."""

    data_dir: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    certificate: str | None = None
    client: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        trusted = ssl.create_default_context(cafile=self.certificate)
        self.client = httpx2.Client(
            base_url=self.url, timeout=DEADLINE_S, trust_env=False, verify=trusted
        )

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    def ready(self) -> bool:
        """Whether it says that it is ready."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    def answers(self) -> bool:
        """Whether it answers, ready or not."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.client.get("/livez").status_code == 200
        except httpx2.TransportError:
            return False

    def health(self) -> dict[str, Any]:
        """What the readiness probe says."""
        document: dict[str, Any] = self.client.get("/readyz").json()
        return document

    def submit(self, picture: Path) -> dict[str, Any]:
        """Uploads a picture; the answer's document."""
        answer = self.client.post(
            "/v1/inspections",
            params={"name": picture.name},
            content=picture.read_bytes(),
            headers={"Content-Type": "image/jpeg"},
        )
        assert answer.status_code == 202, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def read(self, inspection_id: str) -> dict[str, Any]:
        """The inspection's present document."""
        document: dict[str, Any] = self.client.get(f"/v1/inspections/{inspection_id}").json()
        return document

    def wait_for(self, inspection_id: str) -> dict[str, Any]:
        """The inspection's document once its status is final."""
        eventually(
            lambda: self.read(inspection_id)["status"] in ("completed", "failed"),
            f"inspection {inspection_id} final",
        )
        return self.read(inspection_id)

    def workers(self) -> list[psutil.Process]:
        """The worker's processes, pool processes included."""
        return [
            process
            for process in psutil.Process(self.process.pid).children(recursive=True)
            if "safety_detector.worker" in process.cmdline()
        ]

    def stop(self) -> int:
        """Asks it to stop, as Ctrl-C in a terminal does; the exit code."""
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=DEADLINE_S)


StartServe = Callable[..., Serve]


@pytest.fixture
def start_serve(tmp_path: Path) -> Iterator[StartServe]:
    """Starts ``serve`` with its data below ``tmp_path``; everything is stopped afterwards."""
    running: list[Serve] = []

    def start(data: str = "data", *, is_ready: bool = True, **settings: str) -> Serve:
        port, log = free_port(), tmp_path / f"serve-{len(running)}.log"
        environment = {
            **program_environment(),
            **{name: os.environ[given] for name, given in SERVERS.items() if given in os.environ},
            "SAFETY_DATA_DIR": str(tmp_path / data),
            **settings,
        }
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "safety_detector", "serve", "--port", str(port)],
                env=environment, cwd=tmp_path, stdout=stream, stderr=stream,
            )  # fmt: skip
        serve = Serve(tmp_path / data, port, process, log, settings.get("SAFETY_TLS_CERT"))
        running.append(serve)
        eventually(serve.ready if is_ready else serve.answers, "serve ready")
        return serve

    yield start
    for serve in running:
        serve.stop()
