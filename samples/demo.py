"""The whole service on the samples.

``python samples/demo.py OUT`` starts ``safety-detector serve`` on a free port, uploads every sample
by REST, waits for the results, saves the annotated pictures and a PDF report to OUT, and stops the
service.  On a terminal it stays up until Ctrl-C, so that you can look around.  What the service
itself says is in OUT/serve.log: its advice is for services that stay.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

import httpx2

SAMPLES = Path(__file__).parent
MEDIA_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}
READY_TIMEOUT_S = 90.0
RESULT_TIMEOUT_S = 300.0


def main() -> None:
    """Runs the demonstration; exits with 1 and a sentence if a step fails."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text stream
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    out.mkdir(parents=True, exist_ok=True)
    environment = {
        "SAFETY_LOG_LEVEL": "WARNING",
        **os.environ,
        "SAFETY_DATA_DIR": str(out / "data"),
    }
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    pictures = sample_pictures()
    log_path = out / "serve.log"
    print(f"Starting the service on {url}; its log is {log_path} ...")
    with log_path.open("wb") as log:
        service = start_service(port, environment, log)
    try:
        with httpx2.Client(base_url=url, timeout=30, trust_env=False) as client:
            wait_until_ready(client, service)
            print(f"Inspecting {len(pictures)} pictures ...")
            uploaded = [upload(client, path) for path in pictures]
            results = [wait_for_result(client, one["id"]) for one in uploaded]
            print_results(results)
            for result in results:
                save_annotated(client, result, out)
        print("\nMaking the report ...")
        identifiers = [arg for one in results for arg in ("--inspection", one["id"])]
        report = [*program("report"), "--out", str(out / "report.pdf"), *identifiers]
        subprocess.run(report, env=environment, check=True)
        print(f"Annotated pictures and report.pdf are in {out}/.")
        if sys.stdin.isatty() and sys.stdout.isatty():
            print(f"The service is still running: {url}/docs. Stop it with Ctrl-C.")
            wait_for_ctrl_c(service)
    except SystemExit:
        sys.stderr.write(log_path.read_text(encoding="utf-8", errors="replace"))
        raise
    finally:
        stop(service)


def start_service(
    port: int, environment: dict[str, str], log: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Starts ``serve`` as a process of its own."""
    return subprocess.Popen(
        [*program("serve"), "--port", str(port)],
        env=environment,
        stdout=log,
        stderr=log,
        start_new_session=True,  # Ctrl-C comes to us first, and we stop it
    )


def program(command: str) -> list[str]:
    """How to run a command of this installation."""
    return [sys.executable, "-m", "safety_detector", command]


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sample_pictures() -> list[Path]:
    """The samples, in the order of their names."""
    return sorted(path for path in SAMPLES.iterdir() if path.suffix in MEDIA_TYPES)


def wait_until_ready(client: httpx2.Client, service: subprocess.Popen[bytes]) -> None:
    """Polls the readiness probe."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if service.poll() is not None:
            raise SystemExit(f"serve ended with code {service.returncode}")
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass  # it is still starting
        time.sleep(0.1)
    raise SystemExit(f"the service was not ready after {READY_TIMEOUT_S:.0f} s")


def upload(client: httpx2.Client, path: Path) -> dict[str, Any]:
    """Sends one picture as a raw body; the answer comes as soon as it is stored."""
    answer = client.post(
        "/v1/inspections",
        params={"name": path.name},
        content=path.read_bytes(),
        headers={"Content-Type": MEDIA_TYPES[path.suffix]},
    )
    if answer.status_code != 202:
        raise SystemExit(f"{path.name}: {answer.status_code} {answer.text}")
    document: dict[str, Any] = answer.json()
    return document


def wait_for_result(client: httpx2.Client, inspection_id: str) -> dict[str, Any]:
    """Polls one inspection until its status is final."""
    deadline = time.monotonic() + RESULT_TIMEOUT_S
    while True:
        document: dict[str, Any] = client.get(f"/v1/inspections/{inspection_id}").json()
        if document["status"] in ("completed", "failed"):
            return document
        if time.monotonic() >= deadline:
            raise SystemExit(f"no result after {RESULT_TIMEOUT_S:.0f} s: {document}")
        time.sleep(0.1)


def print_results(results: list[dict[str, Any]]) -> None:
    """One line a picture: name, verdict, what was found."""
    width = max(len(result["image"]["name"]) for result in results)
    for result in results:
        found = [f"{one['label']}/{one['sub_label']}" for one in result["detections"]]
        counted = [f"{found.count(kind)} × {kind}" for kind in dict.fromkeys(found)]
        said = ", ".join(counted) or (result["error"] or {}).get("reason", "–")
        print(f"{result['image']['name']:<{width}}  {result['verdict']:<12}  {said}")


def save_annotated(client: httpx2.Client, result: dict[str, Any], out: Path) -> None:
    """Downloads the annotated picture."""
    if result["status"] == "completed":
        answer = client.get(f"/v1/inspections/{result['id']}/annotated").raise_for_status()
        name = Path(result["image"]["name"]).stem
        (out / f"{name}-annotated.jpg").write_bytes(answer.content)


def wait_for_ctrl_c(service: subprocess.Popen[bytes]) -> None:
    """Returns on Ctrl-C, or when the service ends by itself."""
    try:
        service.wait()
    except KeyboardInterrupt:
        print()


def stop(service: subprocess.Popen[bytes]) -> None:
    """Asks the service to stop and waits until it has."""
    service.send_signal(signal.SIGTERM)
    code = service.wait(timeout=60)
    if code != 0:
        raise SystemExit(f"serve ended with code {code}")


if __name__ == "__main__":
    main()
