"""What reaches the disk before the answer 202, as the kernel sees it.

Killing a process shows nothing of this: what was written and not fsynced survives it.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from tests.eventually import eventually
from tests.pictures import jpeg
from tests.ports import free_port
from tests.program_environment import program_environment

from .conftest import DEADLINE_S, ROOT

STEPS = ["file fsync", "rename", "folder fsync", "database fsync", "202"]

_SYSTEM_CALLS = "fsync,fdatasync,rename,renameat,renameat2,write,writev,sendto,sendmsg"
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)")


@contextmanager
def traced_api(folder: Path, without: str) -> Iterator[tuple[str, Path]]:
    """An API, less one fsync; its address, and the log of its system calls from now on."""
    port, calls = free_port(), folder / "calls.log"
    environment = program_environment() | {
        "SAFETY_DATA_DIR": str(folder / "data"),
        # Nobody listens there: the order must be the same while the broker is away.
        "SAFETY_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
    }
    api = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.acceptance.durability_mutant", without),
            *("api", "--port", str(port)),
        ],
        cwd=ROOT,
        env=environment,
    )
    url = f"http://127.0.0.1:{port}"
    tracer = None
    try:
        eventually(lambda: answers(url), "the API answers")
        # -y shows which file a number stands for.
        tracer = subprocess.Popen(
            [
                *("strace", "-f", "-y", "-s", "64", "-e", f"trace={_SYSTEM_CALLS}"),
                *("-o", str(calls), "-p", str(api.pid)),
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert tracer.stderr is not None
        first = tracer.stderr.readline()
        if "attached" not in first:
            pytest.skip(f"strace may not look at processes here: {first.strip()}")
        yield url, calls
    finally:
        for process in (api, tracer):
            if process is not None:
                process.send_signal(signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    process.communicate(timeout=60)
                process.kill()


def answers(url: str) -> bool:
    """Whether the API is there."""
    try:
        return httpx2.get(f"{url}/livez", trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def steps_before_202(calls: str) -> list[str]:
    """The steps of a submission up to its answer, in their order; the last of each kind counts."""
    steps: list[str] = []
    for line in completed_calls(calls):
        step = step_of(line)
        if step is not None:
            steps = [one for one in steps if one != step] + [step]
        if step == "202":
            break
    return steps


def completed_calls(calls: str) -> Iterator[str]:
    """Each system call on one line, at the moment of its end.

    Of calls that are interrupted by those of other threads strace tells in two lines.
    """
    begun: dict[str, str] = {}
    for line in calls.splitlines():
        thread, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            begun[thread] = call.removesuffix("<unfinished ...>").rstrip()
        elif " resumed>" in call:
            yield begun.pop(thread, "") + call.partition(" resumed>")[2]
        else:
            yield call


def step_of(line: str) -> str | None:
    """Which of the steps a successful system call is."""
    found = _CALL.match(line)
    if found is None or int(found[3]) < 0:
        return None
    name, arguments = found[1], found[2]
    if name.startswith("rename"):
        return "rename" if "/images/" in arguments else None
    if name in ("fsync", "fdatasync"):
        if "/images/.incoming/" in arguments:
            return "file fsync"
        if re.search(r"/images/[0-9a-f]{2}>", arguments):
            return "folder fsync"
        return "database fsync" if "safety-detector.db" in arguments else None
    return "202" if "HTTP/1.1 202" in arguments else None


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize(
    ("without", "steps"),
    [
        ("nothing", STEPS),
        ("file", STEPS[1:]),
        ("folder", [step for step in STEPS if step != "folder fsync"]),
        ("database", [step for step in STEPS if step != "database fsync"]),
    ],
)
def test_a_picture_is_on_the_disk_before_the_answer(
    tmp_path: Path, without: str, steps: list[str]
) -> None:
    """File, its name in the folder, and the commit, in this order; a missing one is noticed."""
    with traced_api(tmp_path, without) as (url, calls):
        for seed in (1, 2):  # the first also makes connections and the database's own files
            answer = httpx2.post(
                f"{url}/v1/inspections", content=jpeg(seed), timeout=DEADLINE_S, trust_env=False
            )
            assert answer.status_code == 202, answer.text
        eventually(lambda: calls.read_text().count("HTTP/1.1 202") == 2, "both answers are logged")
        second = calls.read_text().partition("HTTP/1.1 202")[2].partition("\n")[2]
    assert steps_before_202(second) == steps
