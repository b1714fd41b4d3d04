"""``python -m tests.killed_process STEP api|worker …``: the program up to a step, then kill -9.

The steps are those of accepting a picture, and those of a worker that inspects one; see ``STEPS``.
The whole process group is killed, before anything else can happen.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from safety_detector.database.engine import Database
from safety_detector.jobs.store import JobStore
from safety_detector.service.inspections import intake
from safety_detector.service.inspections.findings import Findings
from safety_detector.storage import local_folder
from safety_detector.storage.storage import Storage
from safety_detector.storage.upload import Upload
from safety_detector.worker import inspector

ACCEPTING: dict[str, tuple[object, str]] = {
    "the file is fsynced": (Upload, "flush"),
    "the file is renamed": (local_folder, "_rename"),
    "the folder is fsynced": (Upload, "commit"),
    "the rows are written": (Database, "write_grouped"),
    "the rows are committed": (intake.Intake, "_accept"),
}
INSPECTING: dict[str, tuple[object, str]] = {
    "the picture is claimed": (JobStore, "claim"),
    "the model has answered": (inspector, "inspect_picture"),
    "the annotated picture is stored": (Storage, "store_annotated"),
    "the result is committed": (Findings, "record"),
}
STEPS = ACCEPTING | INSPECTING


def kill_after(step: str) -> None:
    """Has this process group killed as soon as the step is done for the first time."""
    owner, name = STEPS[step]
    original: Callable[..., Any] = getattr(owner, name)

    @wraps(original)
    def run(*arguments: Any, **named: Any) -> Any:
        if step == "the rows are written":
            return original(arguments[0], _killed_at_its_end(arguments[1]))
        result = original(*arguments, **named)
        return result if result == [] else _kill()  # nothing was due: nothing is claimed yet

    setattr(owner, name, run)


def _killed_at_its_end(work: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: Any) -> NoReturn:
        work(*arguments)
        _kill()

    return run


def _kill() -> NoReturn:
    os.killpg(0, signal.SIGKILL)
    raise AssertionError("still alive")


if __name__ == "__main__":
    kill_after(sys.argv.pop(1))
    module = "tests.instant_worker" if sys.argv[1] == "worker" else "safety_detector"
    runpy.run_module(module, run_name="__main__")
