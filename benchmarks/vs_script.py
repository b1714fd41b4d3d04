"""Pictures a second beside the straightforward script, on a stand-in for Qwen2.5-VL on 4 × T4.

    python -m benchmarks.vs_script [--quick] [--speed 5] [--sizes 480p 720p 1080p]

At each size, each on a fresh stand-in (``t4_server``, whose constants and their sources stand in
``t4_timing``):

- *ours*: the whole way of a picture with the ``qwen`` detector, in as many threads as a worker has
  for one server: decode, resize, ask, read the answer, map the boxes back, draw them, encode;
- *the script* (``first_script``): the picture as it is and before the text, no schema, the whole
  answer awaited; one picture at a time, and the same in 16 threads;
- *the server's own maximum*: the very requests that ours sends, prepared beforehand and sent by
  nothing but ``http.client`` over more connections than the server works on at a time;
- *ours without* one lever at a time: in one thread; at the size of the upload; on a server without
  prefix cache, which is what a picture before the text comes to; on a server that refuses the
  schema, so that it answers as it does without one.

Pictures are all different, so that nothing but the instruction can be reused.  Figures are
pictures per second of the machine's time; with many in flight they are taken behind the first two
rounds and before the last one, when the machine is full.  ``--speed`` divides the machine's times,
not ours: it is honest as long as the client needs well below one core (its part is printed) and the
stand-in keeps its time (its mean lateness is printed, in steps).  On two idle cores that is so up
to 5.

Goals: 9 times the script at 480p, 1.3 times the script in 16 threads, 0.95 of the server's own
maximum.  Exit status 1 where one is missed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import openai

from benchmarks import first_script
from benchmarks.pictures import make_pictures
from benchmarks.rates import Inspect, run_all, steady_rate
from benchmarks.t4_processes import T4Process, running_t4
from benchmarks.t4_prompt import DIALECT
from safety_detector.detectors.canary import CANARY_SIZES
from safety_detector.detectors.qwen_vl import DEFAULT_MAX_PIXELS, QwenVlDetector
from safety_detector.domain.geometry import ImageSize
from safety_detector.fonts import find_fonts
from safety_detector.ingest.admission import Limits
from safety_detector.pipeline import inspect_picture
from tests.chat_wire import CHAT_PATH, MODEL
from tests.model_server import running

SIZES = {"480p": ImageSize(640, 480), "720p": ImageSize(1280, 720), "1080p": ImageSize(1920, 1080)}
SCRIPT_THREADS = 16
ONE_AT_A_TIME = 20  # pictures; answers repeat their lengths every twenty
TIMEOUT_S = 600.0
LATE = "stand_in:late_seconds_total"

GOAL_SCRIPT = {"480p": 9.0}
GOAL_THREADS = 1.3
GOAL_MAXIMUM = 0.95


@dataclass(frozen=True, slots=True)
class Figure:
    """How one side did.

    Attributes:
        pictures_s: pictures per second of the machine's time.
        cores: the client's CPU time per second of real time.
        late: how late the stand-in's steps ended in the mean, in mean steps.
    """

    pictures_s: float
    cores: float
    late: float


@dataclass(frozen=True, slots=True)
class Bench:
    """What all sides have in common.

    Attributes:
        speed: the machine's times are divided by it.
        threads: in which ours works.
        pictures: of one size.
    """

    speed: float
    threads: int
    pictures: Sequence[bytes]

    def measure(self, t4: T4Process, inspect: Inspect, threads: int) -> Figure:
        """Has every picture inspected (one at a time: the first twenty) and times it."""
        pictures = self.pictures if threads > 1 else self.pictures[:ONE_AT_A_TIME]
        late_s, cpu_s = t4.metrics()[LATE], time.process_time()
        started = time.perf_counter()
        ended = run_all(inspect, pictures, threads)
        real_s = time.perf_counter() - started
        return Figure(
            pictures_s=steady_rate(started, ended, threads) / self.speed,
            cores=(time.process_time() - cpu_s) / real_s,
            late=(t4.metrics()[LATE] - late_s) / real_s,
        )

    def ours(
        self, *options: str, threads: int | None = None, max_pixels: int = DEFAULT_MAX_PIXELS
    ) -> Figure:
        """Our client on a stand-in with those options."""
        fonts, limits = find_fonts(), Limits()
        with running_t4(*self._speed, *options) as t4, detector_of(t4.url, max_pixels) as detector:

            def inspect(data: bytes) -> bytes:
                inspected = inspect_picture(data, "picture.jpg", detector, limits)
                return inspected.annotated_jpeg(fonts, "zh")

            return self.measure(t4, inspect, threads or self.threads)

    def script(self, threads: int) -> Figure:
        """The straightforward script in so many threads."""
        with (
            running_t4(*self._speed) as t4,
            openai.OpenAI(base_url=t4.url, api_key="none", timeout=TIMEOUT_S) as client,
        ):
            return self.measure(t4, lambda data: first_script.inspect(client, data), threads)

    def maximum(self) -> Figure:
        """The requests of ours, sent by nothing of ours."""
        requests = dict(zip(self.pictures, self._requests(), strict=True))
        with running_t4(*self._speed) as t4:
            connections = Connections(t4.port)
            return self.measure(t4, lambda data: connections.ask(requests[data]), self.threads)

    @property
    def _speed(self) -> tuple[str, str]:
        return "--speed", str(self.speed)

    def _requests(self) -> list[bytes]:
        """What ours sends about each picture."""
        canaries = {(size.width, size.height) for size in CANARY_SIZES}
        with running() as listener, detector_of(listener.url, DEFAULT_MAX_PIXELS) as detector:
            for data in self.pictures:
                inspect_picture(data, "picture.jpg", detector, Limits())
            seen = [one for one in listener.seen if one.picture.size not in canaries]
        return [json.dumps(one.body).encode() for one in seen]


class Connections:
    """One connection a thread, with nothing around it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._local = threading.local()

    def ask(self, body: bytes) -> bytes:
        """Sends a request and reads the answer to its end."""
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection("127.0.0.1", self._port)
        connection: http.client.HTTPConnection = self._local.connection
        connection.request("POST", CHAT_PATH, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != http.HTTPStatus.OK or b"[DONE]" not in text:
            raise SystemExit(f"a bare request failed: {answer.status} {text[:300]!r}")
        return text


@contextmanager
def detector_of(url: str, max_pixels: int) -> Iterator[QwenVlDetector]:
    """Our client for one server."""
    detector = QwenVlDetector([url], MODEL, DIALECT, max_pixels=max_pixels, timeout_s=TIMEOUT_S)
    try:
        yield detector
    finally:
        detector.close()


def compare(name: str, bench: Bench) -> bool:
    """Prints the table of one size; whether its goals are reached."""
    size = SIZES[name]
    print(f"\n{name} ({size}), pictures/s of the machine's time", flush=True)
    ours = bench.ours()
    show(f"ours, {bench.threads} threads", ours)
    reached = [
        beside("the server's own maximum", bench.maximum(), ours, GOAL_MAXIMUM),
        beside("the script, one at a time", bench.script(1), ours, GOAL_SCRIPT.get(name)),
        beside(
            f"the script in {SCRIPT_THREADS} threads",
            bench.script(SCRIPT_THREADS),
            ours,
            GOAL_THREADS,
        ),
    ]
    beside("ours without concurrency", bench.ours(threads=1), ours)
    if size.pixels > DEFAULT_MAX_PIXELS:
        beside("ours without resizing", bench.ours(max_pixels=DIALECT.max_pixels), ours)
    beside("ours without prefix reuse", bench.ours("--no-prefix-cache"), ours)
    beside("ours with answers as without schema", bench.ours("--refuse-schema"), ours)
    return all(reached)


def beside(name: str, other: Figure, ours: Figure, goal: float | None = None) -> bool:
    """Prints another side and how many times as fast ours is; whether the goal is reached."""
    times = ours.pictures_s / other.pictures_s
    aim = "" if goal is None else f" (goal: {goal:g} or more)"
    show(name, other, f"ours {times:5.2f} ×{aim}")
    return goal is None or times >= goal


def show(name: str, figure: Figure, remark: str = "") -> None:
    """Prints one line of the table."""
    print(
        f"  {name:<36}{figure.pictures_s:6.2f}   client {figure.cores:4.2f} cores, "
        f"late {figure.late:5.3f}   {remark}",
        flush=True,
    )


def main() -> int:
    """Measures each size; the exit status says whether all goals are reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="480p alone, and fewer pictures")
    parser.add_argument("--speed", type=float, default=5.0, help="divides the machine's times")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=[*SIZES])
    parser.add_argument("--pictures", type=int, default=160, help="where many are in flight")
    parser.add_argument("--threads", type=int, default=20, help="of ours and of bare requests")
    options = parser.parse_args()
    sizes, count = (["480p"], 100) if options.quick else (options.sizes, options.pictures)
    cv2.setNumThreads(1)  # as in a worker
    print(f"the machine's times divided by {options.speed:g}; {count} pictures a side")
    reached = [
        compare(name, Bench(options.speed, options.threads, make_pictures(count, SIZES[name])))
        for name in sizes
    ]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
