"""What ``safety-detector capacity`` reckons beside what a run measures, for three mixes.

    python -m benchmarks.capacity [--data ../shared/data] [--seconds 300] [--cache FILE]
        [--workers 3] [--postgresql]

The real service (API, broker, a worker of the ``qwen`` queue) before one stand-in for 4 × T4
(``t4_server --by-colour``, which says fire where a picture glows). Cameras push real pictures, cut
to 1280 × 720, at an even pace; which of them the product's own screen suspects, in whichever light
they are sent, was found out before, so that the share of suspects is the one that the plan is told.
People upload besides.

* *every frame whole*: SAFETY_SECOND_LOOK=off;
* *suspects*: 3 frames in 100 are suspected, one in 60 is shown whole;
* *busy*: 20 in 100, one in 20, and uploads.

Compared are requests to the model by kind, for how long its cards compute, pictures stored, bytes
on the disk, bytes to the service and to the model.  Each shall be within 15 %; exit status 1 where
one is not.  Shares of processors are not compared: other work of this machine is in them.  An
answer stands for a tenth of a second, so that each suspicion is asked about; and what shows nothing
new is looked at all the same, since the plan is told that there is none of it.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import httpx2
import numpy as np
import PIL.Image
import PIL.ImageOps

from benchmarks.deployment import RunningService, running_service
from benchmarks.outage import Client
from benchmarks.t4_answers import glowing_part
from benchmarks.t4_processes import T4Process, running_t4
from safety_detector.capacity.plan import Machines, Plan, Road, Workload, make_plan
from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.detectors.second_look.screen import EmbeddedScreen
from safety_detector.detectors.second_look.suspects import Place, is_same, places_of
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.pictures.images import decode, read_header
from safety_detector.settings import Settings
from safety_detector.wiring import build_embedded_detector, qwen_dialect
from tests.postgresql_server import postgresql_server

SIZE = ImageSize(1280, 720)
QUALITY = 80
WITHIN = 0.15
DARKER = (0.002, 0.02)
"""Of what a camera's next picture is taken for: so much less light than in the one before."""
NEEDED_CALM = 240
NEEDED_SUSPECT = 24
WORKER = (sys.executable, "-m", "safety_detector.worker", "--queue", "qwen")
PICTURE_FOLDERS = ("images", "marked_images")
START_S = 6.0
"""Before the window, in which the server is examined and the first answers are written."""


@dataclass(frozen=True, slots=True)
class Mix:
    """A workload, and what it is called."""

    name: str
    load: Workload


MIXES = (
    Mix("every frame whole", Workload(3, 2.5, road=Road.OFF, size=SIZE)),
    Mix("suspects", Workload(10, 2.0, suspects=0.03, full_every=60, size=SIZE)),
    Mix(
        "busy",
        Workload(6, 2.0, suspects=0.2, full_every=20, uploads_a_day=17_280.0, size=SIZE),
    ),
)


@dataclass(frozen=True, slots=True)
class Pictures:
    """JPEGs by what the screen says of them.

    Attributes:
        calm: nothing is suspected, and nothing glows.
        suspect: one place is suspected, and it is that which glows.
    """

    calm: Sequence[bytes]
    suspect: Sequence[bytes]

    def mixed(self, share: float) -> Iterator[bytes]:
        """Pictures without end, evenly so many of them suspect."""
        calm, suspect = itertools.cycle(self.calm), itertools.cycle(self.suspect)
        owed = 0.5
        while True:
            owed += share
            if owed >= 1:
                owed -= 1
                yield next(suspect)
            else:
                yield next(calm)

    def mean_bytes(self, share: float) -> float:
        """Of such a mixture."""
        calm, suspect = (sum(map(len, one)) / len(one) for one in (self.calm, self.suspect))
        return calm * (1 - share) + suspect * share


@dataclass(frozen=True, slots=True)
class Seen:
    """Counters of a run at one moment."""

    at_s: float
    stored: float
    whole: float
    places: float
    busy_s: float
    model_bytes: float
    disk_bytes: float
    sent_bytes: float


def load_pictures(data: Path, cache: Path) -> Pictures:
    """As many as are needed, in an order of chance; which ones is kept in the cache."""
    if cache.is_file():
        chosen = json.loads(cache.read_text())
    else:
        chosen = _choose(data)
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text(json.dumps(chosen))
    calm, suspect = (
        [_as_frame(data / name) for name in chosen[kind]] for kind in ("calm", "suspect")
    )
    return Pictures(calm, suspect)


def _choose(data: Path) -> dict[str, list[str]]:
    """The names of pictures, by what the screen says of them."""
    detector = build_embedded_detector(Settings(embedded_threads=1))
    screen = EmbeddedScreen(detector, {}, 1)
    paths = [path for part in ("train", "train2") for path in (data / part / "images").iterdir()]
    random.Random(7).shuffle(paths)
    calm: list[str] = []
    suspect: list[str] = []
    for path in paths:
        if len(calm) >= NEEDED_CALM and len(suspect) >= NEEDED_SUSPECT:
            break
        jpeg = _as_frame(path)
        kinds = {_kind_of(screen, _darker(jpeg, shade)) for shade in (0.0, *DARKER)}
        if kinds == {"calm"} and len(calm) < NEEDED_CALM:
            calm.append(str(path.relative_to(data)))
        elif kinds == {"suspect"} and len(suspect) < NEEDED_SUSPECT:
            suspect.append(str(path.relative_to(data)))
    screen.close()
    return {"calm": calm, "suspect": suspect}


def _kind_of(screen: EmbeddedScreen, jpeg: bytes) -> str:
    """``calm``, ``suspect``, or neither."""
    rgb = decode(jpeg, read_header(jpeg))
    places, part = places_of(screen.screen(rgb)), glowing_part(PIL.Image.fromarray(rgb))
    if not places and part is None:
        return "calm"
    return "suspect" if len(places) == 1 and part and _is_there(part, places[0]) else ""


def _darker(jpeg: bytes, shade: float) -> bytes:
    """The picture, darker by a hair: a server that has seen it computes it anew, as a camera's."""
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError("no picture")
    darker = cv2.convertScaleAbs(pixels, alpha=1 - shade)
    body: bytes = cv2.imencode(".jpg", darker, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
    return body


def _is_there(part: tuple[float, float, float, float], place: Place) -> bool:
    """Whether what glows is what is suspected; else the model would see what nobody suspects."""
    x1, y1, x2, y2 = part
    box = Box(x1 * SIZE.width, y1 * SIZE.height, x2 * SIZE.width, y2 * SIZE.height)
    fire = Detection(box, Hazard(Label.FIRE, SubLabel.MINOR))
    return any(is_same(fire, one.detection) for one in place.suspects)


def measure(
    mix: Mix, pictures: Pictures, seconds: float, workers: int, *, postgresql: bool
) -> tuple[Plan, dict[str, float]]:
    """The plan of a mix, and what a run of it comes to."""
    load = replace(
        mix.load,
        picture_bytes=pictures.mean_bytes(mix.load.suspects),
        boxes=mix.load.suspects,
    )
    settings = Settings()
    machines = Machines(
        servers=1,
        cores=2,
        dialect=qwen_dialect(settings),
        language=settings.qwen_prompt_language,
        max_pixels=settings.qwen_max_pixels,
    )
    plan = make_plan(load, machines)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_t4("--by-colour") as server,
        _database(postgresql=postgresql) as database,
        running_service(
            Path(folder),
            2,
            worker=WORKER,
            workers=workers,
            **database,
            SAFETY_BACKEND="qwen",
            SAFETY_QWEN_URLS=server.url,
            SAFETY_SECOND_LOOK=load.road.value,
            SAFETY_SECOND_LOOK_FULL_EVERY=str(load.full_every),
            SAFETY_SECOND_LOOK_STANDS="0.1",
            SAFETY_UNCHANGED_MAX="0",
        ) as service,
    ):
        site = _Site(service, server, Path(folder) / "data", load, pictures)
        first, last = site.run(seconds)
    passed = last.at_s - first.at_s
    return plan, {
        "whole": (last.whole - first.whole) / passed,
        "questions": (last.places - first.places) / passed,
        "gpu_busy": (last.busy_s - first.busy_s) / passed * machines.timing.cards,
        "stored": (last.stored - first.stored) / passed,
        "disk": (last.disk_bytes - first.disk_bytes) / passed,
        "network_in": (last.sent_bytes - first.sent_bytes) / passed * 8,
        "network_model": (last.model_bytes - first.model_bytes) / passed * 8,
    }


@contextmanager
def _database(*, postgresql: bool) -> Iterator[dict[str, str]]:
    """The variable that names a database; none for the usual SQLite file."""
    if not postgresql:
        yield {}
        return
    with postgresql_server() as url:
        database = Database(url)
        migrate(database)
        database.close()
        yield {"SAFETY_DATABASE_URL": url}


def planned(plan: Plan) -> dict[str, float]:
    """The same figures as the plan has them."""
    return {
        "whole": plan["whole_frames"] + plan["uploads"],
        "questions": plan["questions"],
        "gpu_busy": plan["gpu_busy"],
        "stored": plan["pictures_a_day"] / 86_400,
        "disk": plan["disk_a_day"] / 86_400,
        "network_in": plan["network_in"],
        "network_model": plan["network_model"],
    }


class _Site:
    """Cameras and people that send, and what is counted meanwhile."""

    def __init__(
        self,
        service: RunningService,
        server: T4Process,
        data: Path,
        load: Workload,
        pictures: Pictures,
    ) -> None:
        self._client = Client(service.url)
        self._url = service.url
        self._server = server
        self._data = data
        self._load = load
        self._pictures = pictures
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._sent_bytes = 0
        self._errors: list[str] = []

    def run(self, seconds: float) -> tuple[Seen, Seen]:
        """The counters at the window's begin and end."""
        load = self._load
        every_frame = self._pictures.mixed(load.suspects)
        threads = [
            threading.Thread(target=self._send, args=(f"cam{number}", every_frame, number))
            for number in range(load.cameras)
        ]
        if load.uploads_a_day:
            uploaded = self._pictures.mixed(load.suspects)
            threads.append(threading.Thread(target=self._upload, args=(uploaded,)))
        for thread in threads:
            thread.start()
        try:
            time.sleep(max(START_S, load.every_s))
            first = self._look()
            time.sleep(seconds)
            return first, self._look()
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()
            self._client.close()
            if self._errors:
                raise SystemExit(self._errors[0])

    def _send(self, camera: str, frames: Iterator[bytes], number: int) -> None:
        load = self._load
        with httpx2.Client(base_url=self._url, timeout=60, trust_env=False) as http:
            made = http.post("/v1/cameras", json={"id": camera, "name": camera})
            if not made.is_success:
                self._errors.append(f"{camera}: {made.status_code} {made.text[:300]}")
            due = time.monotonic() + load.every_s * number / load.cameras
            while not self._stop.wait(max(due - time.monotonic(), 0)):
                due += load.every_s
                self._post(http, f"/v1/cameras/{camera}/frames", self._next(frames))

    def _upload(self, pictures: Iterator[bytes]) -> None:
        every_s = 86_400 / self._load.uploads_a_day
        with httpx2.Client(base_url=self._url, timeout=60, trust_env=False) as http:
            due = time.monotonic()
            while not self._stop.wait(max(due - time.monotonic(), 0)):
                due += every_s
                self._post(http, "/v1/inspections", self._next(pictures))

    def _next(self, pictures: Iterator[bytes]) -> bytes:
        with self._lock:
            return next(pictures)

    def _post(self, http: httpx2.Client, path: str, jpeg: bytes) -> None:
        body = _darker(jpeg, random.uniform(*DARKER))
        answer = http.post(path, content=body, headers={"Content-Type": "image/jpeg"})
        if not answer.is_success:
            self._errors.append(f"{path}: {answer.status_code} {answer.text[:300]}")
        with self._lock:
            self._sent_bytes += len(body)

    def _look(self) -> Seen:
        metrics = self._server.metrics()
        return Seen(
            at_s=time.monotonic(),
            stored=self._client.counts().accepted,
            whole=metrics["stand_in:whole_pictures_total"],
            places=metrics["stand_in:places_total"],
            busy_s=metrics["stand_in:busy_seconds_total"],
            model_bytes=metrics["stand_in:received_bytes_total"],
            disk_bytes=float(
                sum(
                    path.stat().st_size
                    for folder in PICTURE_FOLDERS
                    for path in (self._data / folder).rglob("*")
                    if path.is_file()
                )
            ),
            sent_bytes=self._sent_bytes,
        )


def _as_frame(path: Path) -> bytes:
    with PIL.Image.open(path) as picture:
        fitted = PIL.ImageOps.fit(picture.convert("RGB"), (SIZE.width, SIZE.height))
    data = io.BytesIO()
    fitted.save(data, "JPEG", quality=QUALITY)
    return data.getvalue()


def main() -> int:
    """Runs each mix and prints both columns."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path("/var/tmp/safety-bench/capacity/steady-pictures.json"),  # noqa: S108 - of names, not of secrets
    )
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--workers", type=int, default=1, help="that share the cameras")
    parser.add_argument("--postgresql", action="store_true", help="in place of SQLite")
    parser.add_argument("--mix", choices=[mix.name for mix in MIXES], help="one alone")
    options = parser.parse_args()
    pictures = load_pictures(options.data, options.cache)
    print(f"{len(pictures.calm)} calm pictures, {len(pictures.suspect)} suspect ones", flush=True)
    worst = 0.0
    for mix in MIXES:
        if options.mix not in (None, mix.name):
            continue
        plan, measured = measure(
            mix, pictures, options.seconds, options.workers, postgresql=options.postgresql
        )
        print(f"\n{mix.name}: {mix.load.cameras} cameras, a frame every {mix.load.every_s:g} s")
        for name, reckoned in planned(plan).items():
            if not reckoned and not measured[name]:
                continue
            off = measured[name] / reckoned - 1 if reckoned else float("inf")
            worst = max(worst, abs(off))
            print(
                f"  {name:<14} planned {reckoned:14,.3f}  measured {measured[name]:14,.3f}"
                f"  {off:+.1%}"
            )
    print(f"\nworst {worst:.1%} (goal: {WITHIN:.0%} or less)")
    return int(worst > WITHIN)


if __name__ == "__main__":
    sys.exit(main())
