"""Five hundred alarms in one minute: what robots and webhooks are told, and how fast.

    python -m benchmarks.alarm_flood [--alarms 500] [--seconds 60] [--seed 1]

Broker, API and worker run as they are (the worker with a stand-in that says that what is red
burns).  Each of ``--alarms`` cameras sends one picture with a severe fire, spread over
``--seconds``.  Told are robots of DingTalk, WeCom and Feishu, whose servers are played by one of
the benchmark's own that answers as they do, and a webhook; no rule is set.  When nothing is left to
be sent, of each channel:

* *most in a minute*: requests in any 60 seconds; promised are at most 20 for a robot;
* *first after*: seconds from the first picture to the first request; promised are 5;
* *not named*: incidents that are in no message and in no digest; none.

Exit status 1 where any of that is not as promised.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import httpx2
import numpy as np
from sqlalchemy import func, select

from benchmarks.cluster import Cluster
from benchmarks.kill_matrix import broker_command
from benchmarks.watch_kills import database
from safety_detector.database.engine import Database
from safety_detector.database.tables import inspections, jobs
from safety_detector.domain.inspection import Status
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.records import IncidentFilter
from safety_detector.settings import Settings
from safety_detector.wiring import open_service

ROBOTS = ("dingtalk", "wecom", "feishu")
MOST_A_MINUTE, FIRST_WITHIN_S = 20, 5.0
_SETTLES_WITHIN_S = 420.0
_SENDERS = 8
_ANSWER = b'{"errcode": 0, "errmsg": "ok", "code": 0, "msg": "success"}'


@dataclass
class Requests:
    """What came in, by path: when, and the text."""

    url: str = ""
    came: dict[str, list[tuple[float, str]]] = field(default_factory=dict)


@contextmanager
def receivers() -> Iterator[Requests]:
    """One server that is all of them."""
    requests = Requests()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["content-length"])).decode()
            name = self.path.split("?")[0].strip("/").split("/")[0]
            requests.came.setdefault(name, []).append((time.time(), text))
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(_ANSWER)))
            self.end_headers()
            self.wfile.write(_ANSWER)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    requests.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield requests
    finally:
        server.shutdown()
        server.server_close()


def burning(chance: random.Random) -> bytes:
    """A picture in which much is red."""
    rng = np.random.default_rng(chance.randrange(2**31))
    picture = rng.integers(40, 90, (240, 320, 3), np.uint8)
    cv2.rectangle(picture, (80, 60), (260, 200), (10, 30, 240), -1)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def warm_up(client: httpx2.Client) -> None:
    """Returns when the worker works: nobody promises that it starts within seconds."""
    calm = cv2.imencode(".jpg", np.full((240, 320, 3), 60, np.uint8))[1].tobytes()
    made = client.post("/v1/inspections", content=calm)
    made.raise_for_status()
    while client.get(f"/v1/inspections/{made.json()['id']}").json()["status"] != "completed":
        time.sleep(0.2)


def raise_alarms(url: str, ids: Sequence[str], seconds: float, chance: random.Random) -> float:
    """Each camera sends its picture at its moment; when the first did."""
    began = time.time()
    moments = sorted((index * seconds / len(ids), one) for index, one in enumerate(ids))
    pictures = {one: burning(chance) for one in ids}
    began = time.time()

    def send(moment: tuple[float, str]) -> None:
        at_s, camera_id = moment
        time.sleep(max(began + at_s - time.time(), 0))
        with httpx2.Client(base_url=url, timeout=60, trust_env=False) as client:
            path = f"/v1/cameras/{camera_id}/frames"
            client.post(path, content=pictures[camera_id]).raise_for_status()

    with ThreadPoolExecutor(_SENDERS) as pool:
        list(pool.map(send, moments))
    print(f"{len(ids)} pictures sent in {time.time() - began:.0f} s", flush=True)
    return began


def wait_until_told(opened: Database) -> None:
    """Returns when every picture is final and nothing is left to be sent.

    Raises:
        SystemExit: something is left after some minutes.
    """
    final = (Status.COMPLETED, Status.FAILED)
    unfinished = select(func.count()).where(inspections.c.status.not_in(final))
    messages = select(func.count()).select_from(jobs).where(jobs.c.kind == "message")
    deadline = time.monotonic() + _SETTLES_WITHIN_S
    while True:
        with opened.read() as connection:
            left = connection.scalar(unfinished), connection.scalar(messages)
        if left == (0, 0):
            return
        if time.monotonic() > deadline:
            print(f"LEFT: {left[0]} pictures and {left[1]} messages")
            return
        time.sleep(0.5)


def most_in_a_minute(moments: Sequence[float]) -> int:
    """So many lie in the fullest 60 seconds."""
    ordered = sorted(moments)
    return max((sum(at <= one < at + 60 for one in ordered) for at in ordered), default=0)


def judge(requests: Requests, incidents: dict[str, str], began: float) -> bool:
    """Prints a line a channel; whether all is as promised."""
    print("| channel | requests | most in a minute | first after, s | last after, s | not named |")
    print("|---|---|---|---|---|---|")
    is_kept = True
    for name in (*ROBOTS, "webhook"):
        came = requests.came.get(name, [])
        text = "\n".join(one for _, one in came)
        missing = [
            one for one, camera in incidents.items() if one not in text and camera not in text
        ]
        most = most_in_a_minute([at for at, _ in came])
        first = min((at for at, _ in came), default=float("inf")) - began
        last = max((at for at, _ in came), default=float("inf")) - began
        print(f"| {name} | {len(came)} | {most} | {first:.1f} | {last:.0f} | {len(missing)} |")
        is_kept &= not missing and first <= FIRST_WITHIN_S
        is_kept &= name == "webhook" or most <= MOST_A_MINUTE
    return is_kept


def main() -> int:
    """Runs it; the exit status says whether the promise was kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--alarms", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alarm-flood-")))
        (folder / "data").mkdir(mode=0o700)
        url = stack.enter_context(database("sqlite", folder / "data"))
        requests = stack.enter_context(receivers())
        cluster = Cluster(folder, url, broker_command("valkey", folder), detect_s=0)
        cluster.settings.update(BENCHMARK_RED="1")
        stack.callback(cluster.stop)
        cluster.start()
        values = {"data_dir": folder / "data", "database_url": url}
        service = open_service(Settings.model_validate(values), lambda _queue: None)
        stack.callback(service.close)
        ids = [f"camera-{number:04}" for number in range(asked.alarms)]
        for camera_id in ids:
            service.cameras.records.create(CameraSettings(f"Gate {camera_id}"), camera_id)
        with httpx2.Client(base_url=cluster.url, timeout=60, trust_env=False) as client:
            for kind in (*ROBOTS, "webhook"):
                body = {"kind": kind, "name": kind, "url": f"{requests.url}/{kind}/send?key=s"}
                client.post("/v1/channels", json=body).raise_for_status()
            warm_up(client)
        began = raise_alarms(cluster.url, ids, asked.seconds, chance)
        opened = Database(url)
        stack.callback(opened.close)
        wait_until_told(opened)
        found = service.incidents.records.list(IncidentFilter(), 2 * asked.alarms)
        print(f"{len(found)} incidents")
        is_kept = judge(requests, {one.id: one.camera_id for one in found}, began)
        is_kept &= len(found) == asked.alarms
        print("kept" if is_kept else "NOT KEPT")
        return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
