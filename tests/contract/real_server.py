"""Starts and stops ``vllm serve`` on this machine's CPU."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2

from tests.compose_file import read_compose

API_KEY = "contract-key"
SHIM = Path(__file__).with_name("shim")

# Quiet, a machine with two cores takes 45 s.
_START_TIMEOUT_S = 1200.0
_STOP_TIMEOUT_S = 60.0

# Of the deployment's flags, those that mean four cards with 16-bit floats.
_FOR_FOUR_CARDS = ("--tensor-parallel-size", "--dtype", "--disable-custom-all-reduce")


def serve_command(venv: Path, model: Path, port: int) -> list[str]:
    """The deployment's own flags, without those for its cards and with those for a CPU."""
    flags = read_compose()["services"]["vllm"]["command"][1:]
    return [
        str(venv / "bin" / "vllm"),
        "serve",
        str(model),
        *(flag for flag in flags if not flag.startswith(_FOR_FOUR_CARDS)),
        *("--host", "127.0.0.1", "--port", str(port)),
        "--enforce-eager",
        "--block-size=32",
    ]


@contextmanager
def vllm_server(venv: Path, model: Path, log: Path) -> Iterator[str]:
    """Runs the server; gives its base URL once it is well.

    Args:
        venv: where vLLM is installed.
        model: folder of the model.
        log: gets what the server says.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(SHIM),
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_API_KEY": API_KEY,
        "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
        "VLLM_HOST_IP": "127.0.0.1",
        "TORCHDYNAMO_DISABLE": "1",  # there is no compiler for it
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            serve_command(venv, model, port),
            env=environment, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_well(process, url, log)
        yield f"{url}/v1"
    finally:
        _end_session(process)


def _wait_until_well(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with suppress(httpx2.HTTPError):
            if httpx2.get(f"{url}/health", timeout=5, trust_env=False).status_code == 200:
                return
        time.sleep(0.5)
    raise SystemExit(f"vLLM did not start; see {log}")


def _end_session(process: subprocess.Popen[bytes]) -> None:
    """Ends the server and the processes of its engine."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_TIMEOUT_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
