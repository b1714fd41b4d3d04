"""A folder on the server as a batch, beside the same pictures uploaded as zips in the same run.

    python -m benchmarks.folder_batch [--pictures 3000] [--delay 0.02] [--database-url URL]

The service runs with a detector that waits.  Once the pictures are uploaded as zips of 500, which
is what a client without ``SAFETY_BATCH_FOLDERS`` does, and once they are a folder that is read with
a backlog of 200.  Meanwhile single pictures are uploaded, which go before all of them.

Printed, for the zips and for the folder: pictures/s until all are done, the longest queue of the
batch, the API's largest memory, and what the single uploads waited for their 202; and the ratios of
folder to zips.  The folder should be as fast, and keep the queue within its backlog.
"""

from __future__ import annotations

import argparse
import io
import shutil
import statistics
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil

from benchmarks.deployment import running_service
from benchmarks.pictures import make_pictures

BACKLOG = 200
IN_A_ZIP = 500
WARM_UPS = 10
PAUSE_S = 0.1  # between two single uploads


@dataclass
class Figures:
    """What was seen of one batch.

    Attributes:
        seconds: from the first byte that is sent until all pictures are done.
        longest_queue: pictures of the batch that waited, at most.
        memory_mb: of the API, at most.
        uploads_ms: what each single upload waited for its 202.
    """

    pictures: int
    seconds: float = 0.0
    longest_queue: int = 0
    memory_mb: float = 0.0
    uploads_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.pictures / self.seconds

    def __str__(self) -> str:
        return (
            f"{self.rate:.1f} pictures/s, longest queue {self.longest_queue}, API "
            f"{self.memory_mb:.0f} MB, single uploads {statistics.median(self.uploads_ms):.1f} ms "
            f"(worst {max(self.uploads_ms):.0f})"
        )


class Bench:
    """A running service, and the pictures.

    Args:
        url: where it is.
        folder: holds the pictures.
        urgent: the picture that is uploaded meanwhile.
    """

    def __init__(self, url: str, folder: Path, urgent: bytes) -> None:
        self._client = httpx2.Client(base_url=url, timeout=120, trust_env=False)
        self._folder = folder
        self._urgent = urgent
        self._api = next(
            one
            for one in psutil.Process().children(recursive=True)
            if "api" in one.cmdline() and "safety_detector" in one.cmdline()
        )

    def warm_up(self) -> None:
        """Waits until the workers work."""
        headers = {"Content-Type": "image/jpeg", "Prefer": "wait=60"}
        for _ in range(WARM_UPS):
            self._client.post("/v1/inspections", content=self._urgent, headers=headers)

    def send_zips(self) -> Figures:
        """The pictures as several zips of one batch."""
        paths = sorted(path for path in self._folder.rglob("*.jpg"))
        figures, started, batch_id = Figures(len(paths)), time.perf_counter(), ""
        for first in range(0, len(paths), IN_A_ZIP):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                for path in paths[first : first + IN_A_ZIP]:
                    archive.write(path, path.relative_to(self._folder))
            answer = self._client.post(
                "/v1/batches",
                content=packed.getvalue(),
                headers={"Content-Type": "application/zip"},
                params={"batch_id": batch_id} if batch_id else {},
            ).raise_for_status()
            batch_id = answer.json()["batch"]["id"]
            self._look(batch_id, figures)
        return self._follow(batch_id, figures, started)

    def order_folder(self) -> Figures:
        """The pictures as a folder."""
        figures = Figures(sum(1 for _ in self._folder.rglob("*.jpg")))
        started = time.perf_counter()
        answer = self._client.post("/v1/batches", json={"source": str(self._folder)})
        return self._follow(answer.raise_for_status().json()["batch"]["id"], figures, started)

    def _follow(self, batch_id: str, figures: Figures, started: float) -> Figures:
        while not self._look(batch_id, figures):
            time.sleep(PAUSE_S)
        figures.seconds = time.perf_counter() - started
        return figures

    def _look(self, batch_id: str, figures: Figures) -> bool:
        """Uploads a single picture, and looks how the batch stands; whether it is done."""
        begun = time.perf_counter()
        self._client.post(
            "/v1/inspections", content=self._urgent, headers={"Content-Type": "image/jpeg"}
        ).raise_for_status()
        figures.uploads_ms.append((time.perf_counter() - begun) * 1000)
        batch = self._client.get(f"/v1/batches/{batch_id}").json()
        figures.longest_queue = max(figures.longest_queue, batch["pictures"]["queued"])
        figures.memory_mb = max(figures.memory_mb, self._api.memory_info().rss / 2**20)
        return bool(batch["done"]) and batch["pictures"]["accepted"] == figures.pictures


def fill(folder: Path, pictures: list[bytes], count: int) -> None:
    """Writes the pictures over and over, a hundred a folder, no two files alike."""
    for number in range(count):
        path = folder / f"{number // 100:04}" / f"{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        # What follows a JPEG's end belongs to no picture, and makes another hash.
        path.write_bytes(pictures[number % len(pictures)] + number.to_bytes(4, "big"))


def main() -> None:
    """Builds the service and measures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=3000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--delay", type=float, default=0.02, help="seconds that a picture takes")
    parser.add_argument("--database-url", help="a PostgreSQL database in place of SQLite")
    options = parser.parse_args()
    environment = {"SAFETY_BATCH_BACKLOG": str(BACKLOG), "BENCHMARK_DELAY_S": str(options.delay)}
    if options.database_url:
        environment["SAFETY_DATABASE_URL"] = options.database_url
    folder = Path(tempfile.mkdtemp(prefix="folder-batch-")).resolve()
    pictures = make_pictures(64)
    try:
        fill(folder / "in", pictures, options.pictures)
        environment["SAFETY_BATCH_FOLDERS"] = str(folder / "in")
        with running_service(folder, options.processes, **environment) as running:
            bench = Bench(running.url, folder / "in", pictures[-1])
            bench.warm_up()
            by_zip, by_folder = bench.send_zips(), bench.order_folder()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"zips    {by_zip}")
    print(f"folder  {by_folder}")
    uploads = statistics.median(by_folder.uploads_ms) / statistics.median(by_zip.uploads_ms)
    print(
        f"folder / zips: speed {by_folder.rate / by_zip.rate:.2f}, "
        f"single uploads {uploads:.2f}; queue at most {by_folder.longest_queue} of {BACKLOG}"
    )


if __name__ == "__main__":
    main()
