"""Schemathesis over the OpenAPI document: ``python -m tests.acceptance.fuzz SCHEMATHESIS``.

Starts an API on SQLite in a temporary folder, with a camera, a failed and a completed inspection,
and lets Schemathesis (the program that is named) make requests up from the document, good and bad,
and check the answers against it.  Prints its summary; the exit status is Schemathesis' own.

Left out is ``/v1/events``, a stream without end, and the check that all that fits the document is
accepted: an id of the right form need not be that of something.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from safety_detector.errors import PictureBroken
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import Submission
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.service_stand import fail, next_claim

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "use_after_free",
    "ensure_resource_availability",
    "unsupported_method",
)


def prepare(api: Api) -> None:
    """Something of everything that can be asked for."""
    service = api.service
    service.cameras.records.create(CameraSettings("Gate 3"), "gate-3")
    service.inspections.intake.accept(make_jpeg(1), Submission("1.jpg"))
    api.work()
    service.inspections.intake.accept(make_jpeg(2), Submission("2.jpg"))
    claim = next_claim(service, "fuzz")
    assert claim is not None
    fail(service.inspections.jobs, claim, PictureBroken("Cannot be decoded."))


def main() -> int:
    """Runs Schemathesis against a fresh API."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "schemathesis", type=Path, help="the program, from an environment of its own"
    )
    parser.add_argument("--examples", type=int, default=50, help="requests an operation")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        runner = ApiRunner(Path(folder))
        api = runner.start()
        prepare(api)
        command = [
            *(options.schemathesis.absolute(), "run", f"{api.url}/openapi.json"),
            *("--exclude-path", "/v1/events"),
            *("--checks", ",".join(CHECKS)),
            *("--max-examples", str(options.examples), "--seed", str(options.seed)),
            *("--continue-on-failure", "--generation-database", "none", "--no-color"),
        ]
        finished = subprocess.run(command, cwd=folder, check=False)
        runner.stop()
    return finished.returncode


if __name__ == "__main__":
    sys.exit(main())
