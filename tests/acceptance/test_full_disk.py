"""``serve`` and the operator's commands on a disk that is full."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from safety_detector.host.disk_room import DiskRoom
from tests.eventually import eventually
from tests.program_environment import program_environment
from tests.small_disk import fill, small_disk, use_up_files

from .conftest import DEADLINE_S, ROOT, StartServe

FIRE = ROOT / "samples" / "fire-in-laboratory.jpg"
RESERVE = 8 * 2**20
BY_DEFAULT = {"SAFETY_MIN_FREE_DISK": "", "SAFETY_DISK_RESERVE": ""}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A data folder on a disk of its own, of 64 MiB."""
    with small_disk(tmp_path / "data"):
        yield tmp_path / "data"


def command(disk: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """One of the operator's commands about that data folder."""
    return subprocess.run(
        [sys.executable, "-m", "safety_detector", *words],
        env={**program_environment(), **BY_DEFAULT, "SAFETY_DATA_DIR": str(disk)},
        capture_output=True, text=True, timeout=DEADLINE_S, check=False,
    )  # fmt: skip


def reserved(disk: Path) -> int:
    """Bytes of the reserve."""
    return DiskRoom(disk).reserved_bytes()


def checks(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """What doctor found, by name."""
    return {one["name"]: one for one in json.loads(done.stdout)["checks"]}


def test_a_disk_that_fills_up_loses_nothing_and_goes_on(
    start_serve: StartServe, disk: Path
) -> None:
    """Refused with 507 while it is full; what was accepted ends; free again, all goes on."""
    serve = start_serve(**BY_DEFAULT)
    assert reserved(disk) == RESERVE
    accepted = [serve.submit(FIRE)["id"] for _ in range(3)]
    ballast = fill(disk)
    eventually(lambda: reserved(disk) == 0, "the reserve is given up")
    picture = FIRE.read_bytes()
    refused = serve.client.post("/v1/inspections", content=picture)
    assert (refused.status_code, refused.json()["code"]) == (507, "storage-full")
    assert [serve.wait_for(one)["status"] for one in accepted] == ["completed"] * 3
    assert serve.health()["checks"]["storage"]["status"] == "failed"
    told = checks(command(disk, "doctor", "--json"))["data folder"]
    assert not told["ok"]
    assert "SAFETY_MIN_FREE_DISK" in told["detail"]
    ballast.unlink()
    eventually(lambda: reserved(disk) == RESERVE, "the reserve is made again")
    eventually(serve.ready, "it accepts again")
    assert serve.wait_for(serve.submit(FIRE)["id"])["status"] == "completed"
    metrics = serve.client.get("/metrics").text
    assert "safety_inspections_accepted_total 4.0" in metrics
    assert "safety_inspections_lost 0.0" in metrics


@pytest.mark.parametrize("lacking", ["bytes", "files"])
def test_a_full_disk_can_be_freed_from_a_cold_start(
    start_serve: StartServe, tmp_path: Path, lacking: str
) -> None:
    """Hold list, migrate, purge and serve work where nobody else can write a byte or a file."""
    disk = tmp_path / "data"
    with small_disk(disk, files=3000 if lacking == "files" else None):
        serve = start_serve(**BY_DEFAULT)
        done = serve.wait_for(serve.submit(FIRE)["id"])
        assert done["status"] == "completed"
        assert serve.stop() == 0
        if lacking == "files":
            use_up_files(disk)
        else:
            fill(disk)
        for words in (["hold", "list"], ["migrate"], ["purge", "--keep-days", "1"]):
            ran = command(disk, *words)
            assert ran.returncode == 0, ran.stderr
        held = command(disk, "hold", "set", done["id"], "--reason", "evidence")
        assert held.returncode == 0, held.stderr
        again = start_serve(is_ready=False, **BY_DEFAULT)
        assert again.process.poll() is None
        assert again.read(done["id"])["verdict"] == "hazard"
        answer = again.client.post("/v1/inspections", content=FIRE.read_bytes())
        assert answer.status_code == 507
        for path in disk.glob("ballast*"):
            path.unlink()
        eventually(again.ready, "it accepts again")
        assert again.wait_for(again.submit(FIRE)["id"])["status"] == "completed"


def test_a_full_disk_without_a_reserve_is_said_in_words(disk: Path) -> None:
    """Of a folder that an older version filled: what is wrong, and how much to free."""
    assert command(disk, "migrate").returncode == 0
    for path in (disk / "reserve").glob("*"):
        path.unlink()
    ballast = fill(disk)
    ran = command(disk, "hold", "list")
    assert ran.returncode != 0
    assert "disk" in ran.stderr
    assert "full" in ran.stderr
    assert "Traceback" not in ran.stderr
    ballast.unlink()
    assert command(disk, "hold", "list").returncode == 0
