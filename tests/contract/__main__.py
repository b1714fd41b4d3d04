"""``python -m tests.contract VENV``: the contract tests against a real vLLM on this machine's CPU.

Starts the server with the flags of ``docker-compose.yml``, runs the tests of this folder through
our client and writes what the server said to ``docs/contract-vllm-<version>.md``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.compose_file import ROOT
from tests.contract.real_server import API_KEY, SHIM, vllm_server
from tests.contract.record import read_findings, write_record

FOLDER = Path(__file__).parent


def main() -> int:
    """Builds the model, runs the tests, writes the record; the exit status of the tests."""
    venv = Path(sys.argv[1]).absolute()
    work = venv.parent
    model = work / "tiny-model"
    log = work / "vllm.log"
    if not (model / "generation_config.json").exists():
        say(f"Building the model in {model}")
        builder = [venv / "bin" / "python", FOLDER / "tiny_model.py", model]
        subprocess.run(builder, check=True, env={**os.environ, "PYTHONPATH": str(SHIM)})
    say(f"Starting vLLM; its log is {log}")
    with vllm_server(venv, model, log) as url, tempfile.TemporaryDirectory() as temporary:
        findings = Path(temporary) / "findings.jsonl"
        environment = {
            **os.environ,
            "CONTRACT_URL": url,
            "CONTRACT_API_KEY": API_KEY,
            "CONTRACT_FINDINGS": str(findings),
        }
        tests = [sys.executable, "-m", "pytest", str(FOLDER), "-q", *sys.argv[2:]]
        status = subprocess.run(tests, env=environment, cwd=ROOT, check=False).returncode
        if status == 0 and not sys.argv[2:]:
            path = write_record(read_findings(findings), ROOT / "docs")
            say(f"Wrote {path.relative_to(ROOT)}")
    return status


def say(sentence: str) -> None:
    """Tells whoever waits how far it is."""
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
