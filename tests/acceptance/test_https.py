"""The whole service over https and below a prefix, and a batch that goes to it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from safety_detector.cli.exit_codes import DONE, WRONG_USAGE
from tests.acceptance.conftest import ROOT, StartServe
from tests.certificates import make_certificate
from tests.eventually import eventually
from tests.program_environment import program_environment


def test_batch_goes_to_a_service_with_a_certificate_of_its_own(
    start_serve: StartServe, tmp_path: Path
) -> None:
    """Serve becomes ready, tells its https address, and a batch that trusts it is inspected."""
    files = make_certificate(tmp_path)
    serve = start_serve(
        SAFETY_TLS_CERT=str(files.cert),
        SAFETY_TLS_KEY=str(files.key),
        SAFETY_ROOT_PATH="/safety",
    )
    ready = f"Ready: https://127.0.0.1:{serve.port}"
    eventually(lambda: ready in serve.log.read_text(), "its address is told")
    assert serve.client.get("/safety/livez").status_code == 200
    (document_server,) = serve.client.get("/openapi.json").json()["servers"]
    assert document_server["url"] == "/safety"

    def batch(out: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = ("batch", str(ROOT / "samples"), "--out", out, "--server", serve.url)
        return subprocess.run(
            [sys.executable, "-m", "safety_detector", *command, "--formats", "csv"],
            env=program_environment() | settings, cwd=tmp_path,
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    refused = batch("refused")
    assert refused.returncode == WRONG_USAGE
    assert "SAFETY_SERVER_CA" in refused.stderr
    done = batch("done", SAFETY_SERVER_CA=str(files.cert))
    assert done.returncode == DONE, done.stderr
    lines = (tmp_path / "done" / "results.jsonl").read_text().splitlines()
    assert all(json.loads(line)["status"] == "completed" for line in lines)
