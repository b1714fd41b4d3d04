"""A folder on the server becomes a batch, whoever is killed on the way."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.eventually import eventually
from tests.pictures import jpeg
from tests.ports import free_port
from tests.program_environment import program_environment

from .conftest import DEADLINE_S, ROOT

KILLS = 5
A_FEW = 25  # pictures that are read between two kills


@contextmanager
def killed_api(folder: Path, pictures: Path) -> Iterator[httpx2.Client]:
    """An API that is killed when the block ends, at whatever it does then."""
    port = free_port()
    environment = program_environment() | {
        "SAFETY_DATA_DIR": str(folder / "data"),
        "SAFETY_BATCH_FOLDERS": str(pictures.parent),
        # A killed process has the folder for so long.
        "SAFETY_LEASE": "1.5",
        "SAFETY_HEARTBEAT": "0.5",
        # Nobody listens there: wake-ups are lost, and nothing else is.
        "SAFETY_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
    }
    with (folder / "api.log").open("ab") as log:
        api = subprocess.Popen(
            [sys.executable, "-m", "safety_detector", "api", "--port", str(port)],
            cwd=ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE_S, trust_env=False)
    try:
        eventually(lambda: answers(client), "the API answers")
        yield client
    finally:
        api.send_signal(signal.SIGKILL)
        api.wait()
        client.close()


def answers(client: httpx2.Client) -> bool:
    """Whether the API is there."""
    try:
        return client.get("/livez").status_code == 200
    except httpx2.TransportError:
        return False


def names_of(client: httpx2.Client, batch: dict[str, Any]) -> Counter[str]:
    """How often each picture was accepted."""
    names: Counter[str] = Counter()
    address = f"{batch['links']['inspections']}&limit=100"
    cursor = ""
    while True:
        page = client.get(address + (f"&cursor={cursor}" if cursor else "")).json()
        names.update(one["image"]["name"] for one in page["inspections"])
        cursor = page["next_cursor"]
        if cursor is None:
            return names


def test_each_picture_of_a_folder_is_accepted_once_though_its_reader_is_killed(
    tmp_path: Path,
) -> None:
    """Killed again and again, it ends with all pictures, each once, and a line for each bad one."""
    pictures = tmp_path / "pictures"
    wanted, bad = set(), set()
    for seed in range(300):
        name = f"gate-{seed % 7}/{seed // 50}/{seed:03}.jpg"
        (pictures / name).parent.mkdir(parents=True, exist_ok=True)
        (pictures / name).write_bytes(jpeg(seed) if seed % 10 else b"nonsense")
        (wanted if seed % 10 else bad).add(name)
    address, accepted = "", 0
    killed_at: list[int] = []

    def is_further(client: httpx2.Client) -> bool:
        reading = client.get(address).json()["reading"]
        return bool(reading["accepted"] >= accepted + A_FEW or reading["status"] == "completed")

    for _ in range(KILLS):
        with killed_api(tmp_path, pictures) as client:
            if not address:
                answer = client.post("/v1/batches", json={"source": str(pictures)})
                assert answer.status_code == 202, answer.text
                address = answer.headers["Location"]
            eventually(lambda client=client: is_further(client), "some more pictures are read")
            accepted = client.get(address).json()["reading"]["accepted"]
            killed_at.append(accepted)
    assert A_FEW <= killed_at[0] < len(wanted), "it was killed on the way"
    with killed_api(tmp_path, pictures) as client:
        eventually(
            lambda: client.get(address).json()["reading"]["status"] == "completed",
            "the folder is read",
        )
        batch = client.get(address).json()
        assert names_of(client, batch) == Counter(wanted)
        assert (batch["pictures"]["accepted"], batch["reading"]["accepted"]) == (
            len(wanted),
            len(wanted),
        )
        lines = client.get(batch["links"]["errors"]).text.splitlines()
        assert len(lines) == batch["reading"]["rejected"] == len(bad)
        assert "safety_inspections_lost 0.0" in client.get("/metrics").text
