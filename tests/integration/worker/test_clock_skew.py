"""Machines whose clocks differ share one database server."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from safety_detector.database.tables import inspections, jobs
from tests.eventually import eventually
from tests.integration.worker.conftest import SLOTS, Cluster
from tests.pictures import jpeg

AHEAD_S = 45  # longer than any lease, and than a worker may be silent
_SHIFTED_CLOCK = Path(__file__).parents[3] / "benchmarks" / "shifted_clock.c"

_ACCEPT = """
import sys
from pathlib import Path
from safety_detector import wiring
from safety_detector.service.records import Submission
from safety_detector.settings import load_settings
service = wiring.open_service(load_settings(), wake_up=lambda _: None)
service.inspections.intake.accept(Path(sys.argv[1]).read_bytes(), Submission("early.jpg"))
service.close()
"""


@pytest.fixture
def shifted(cluster: Cluster, quick_path: Path) -> dict[str, str]:
    """The environment of a process whose wall clock is ahead."""
    if cluster.service.database.is_sqlite:
        pytest.skip("the processes of one machine have one clock")
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler for the library that shifts a process's clock")
    library = quick_path / "shifted_clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, _SHIFTED_CLOCK], check=True)
    (quick_path / "shift").write_text(str(AHEAD_S))
    return {"LD_PRELOAD": str(library), "SHIFTED_CLOCK": str(quick_path / "shift")}


def test_workers_whose_clocks_differ_take_nothing_from_each_other(
    cluster: Cluster, shifted: dict[str, str]
) -> None:
    """No live claim is taken back, none of them counts as absent, and all pictures are done."""
    service, most_present = cluster.service, 0
    # Less than clocks differ, and more than a busy machine lets a process wait.
    cluster.environment["SAFETY_LEASE"] = "20"
    taken_back: set[str] = set()
    is_completed = cluster.all_completed(24)

    def look() -> bool:
        nonlocal most_present
        with service.database.read() as connection:
            taken_back.update(
                connection.scalars(select(jobs.c.subject_id).where(jobs.c.losses > 0))
            )
        most_present = max(most_present, len(service.operation.figures.present_workers()))
        return is_completed()

    with (
        cluster.worker(TEST_DETECT_S="0.5"),
        cluster.worker(TEST_DETECT_S="0.5", **shifted),
    ):
        eventually(lambda: len(service.operation.figures.present_workers()) == 2 * SLOTS)
        accepted = cluster.accept(24)
        eventually(look)
    cluster.check_nothing_lost(accepted)
    assert taken_back == set()
    assert most_present == 2 * SLOTS
    with service.database.read() as connection:
        assert set(connection.scalars(select(inspections.c.fence))) == {1}


def test_what_a_machine_ahead_accepts_is_due_at_once(
    cluster: Cluster, shifted: dict[str, str], quick_path: Path
) -> None:
    """Nothing waits until the other clocks have come as far."""
    picture = quick_path / "early.jpg"
    picture.write_bytes(jpeg())
    environment = {**cluster.environment, **shifted}
    subprocess.run([sys.executable, "-c", _ACCEPT, picture], env=environment, check=True)
    assert cluster.service.operation.figures.count_due("embedded", 10) == 1
    assert len(cluster.service.inspections.jobs.claim("embedded", "worker-1")) == 1
