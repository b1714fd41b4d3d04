"""Kill -9 of everything while incidents open: is each there once, and was everybody told?

    python -m benchmarks.incident_kills [--seconds 120] [--cameras 4] [--kills 12] [--seed 3]
        [--database sqlite|postgresql]

Broker, API, worker (two processes, with a stand-in that says that what is red burns) and watcher
run as they are; cameras play clips in which it burns now and then, and a real receiver is told.
Meanwhile one of the four is killed with -9 at random and started again.  When all pictures are
final and all messages delivered:

* *incidents* have to be those of an undisturbed run: of ``replay`` over the same inspections, with
  equal ids, times and counts;
* *lost* messages: announced incidents of which the receiver was never told, not even under an id
  that they had before;
* *doubled*: the same event under two values of ``webhook-id``.

Exit status 1 where any of that is not as promised.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import httpx2
import numpy as np
from sqlalchemy import func, select

from benchmarks.cluster import Cluster
from benchmarks.kill_matrix import broker_command
from benchmarks.watch_kills import database
from safety_detector.database.engine import Database
from safety_detector.database.tables import inspections, jobs
from safety_detector.domain.incidents.incident import Incident
from safety_detector.domain.inspection import Status
from safety_detector.service.core import Service
from safety_detector.service.incidents.records import IncidentFilter, StoredIncident
from safety_detector.settings import Settings
from safety_detector.single_machine.children import Child, ChildSpec
from safety_detector.wiring import open_service
from tests.webhook_receiver import Receiver, webhook_receiver

NAMES = ("worker", "watch", "api", "broker")
_SIZE, _FPS = (320, 240), 4
_CALM_S, _BURNS_S = (4, 14), (6, 16)
_LAST_S = 180.0
_MANY = 10_000


def make_clip(path: Path, seconds: int, chance: random.Random) -> None:
    """A scene in which something red comes and goes, at several places."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), _FPS, _SIZE)
    rng = np.random.default_rng(chance.randrange(2**31))
    ground = rng.integers(40, 90, (_SIZE[1], _SIZE[0], 3), np.uint8)
    number = 0
    while number < seconds * _FPS:
        for limits, burns in ((_CALM_S, False), (_BURNS_S, True)):
            left, top = chance.randrange(_SIZE[0] - 60), chance.randrange(_SIZE[1] - 60)
            for _ in range(chance.randint(*limits) * _FPS):
                picture = ground.copy()
                if burns:
                    sway = chance.randrange(-4, 5)
                    corner = (max(left + sway, 0), top)
                    cv2.rectangle(picture, corner, (corner[0] + 40, top + 50), (10, 30, 240), -1)
                writer.write(picture)
                number += 1
    writer.release()


def add_cameras(client: httpx2.Client, clips: Sequence[Path]) -> None:
    """Cameras that play the clips."""
    for number, clip in enumerate(clips):
        source = {"kind": "file", "url": str(clip)}
        body = {"id": f"camera-{number}", "name": f"Camera {number}", "source": source}
        client.post("/v1/cameras", json=body | {"every_s": 1}).raise_for_status()


def disturb(cluster: Cluster, kills: int, seconds: float, chance: random.Random) -> None:
    """Kills one after the other, each started again after a while, for so long."""
    names = [NAMES[number % len(NAMES)] for number in range(kills)]
    chance.shuffle(names)
    for name in names:
        time.sleep(seconds / kills * chance.uniform(0.3, 0.9))
        cluster.kill(name)
        time.sleep(chance.uniform(0, 3))
        if name == "watch":
            cluster.children[name].start()
        else:
            cluster.revive(name)


def wait_until_done(opened: Database) -> None:
    """Returns when no picture is unfinished and no message is undelivered.

    Raises:
        SystemExit: something is left after some minutes.
    """
    final = (Status.COMPLETED, Status.FAILED)
    unfinished = select(func.count()).where(inspections.c.status.not_in(final))
    messages = select(func.count()).select_from(jobs).where(jobs.c.kind == "message")
    deadline = time.monotonic() + _LAST_S
    while True:
        with opened.read() as connection:
            left = connection.scalar(unfinished), connection.scalar(messages)
        if left == (0, 0):
            return
        if time.monotonic() > deadline:
            raise SystemExit(f"{left[0]} pictures and {left[1]} messages are left")
        time.sleep(0.5)


def facts(one: Incident | StoredIncident) -> tuple[Any, ...]:
    """What has to be equal of two incidents with one id."""
    return (
        one.camera_id, one.first_seen_at, one.opened_at, one.last_seen_at, one.stage,
        one.looks, one.sightings, one.peak_score, tuple(sorted(one.hazards)),
    )  # fmt: skip


def _is_of_camera(one: StoredIncident) -> bool:
    return any(hazard.startswith("camera_") for hazard in one.hazards)


def judge(service: Service, receiver: Receiver, secret: str, cameras: int) -> bool:
    """Prints what came of it; whether it is as promised."""
    every = service.incidents.records.list(IncidentFilter(), _MANY)
    # What is wrong with a camera comes from its pictures' times and looks: no replay gives it.
    stored = {one.id: facts(one) for one in every if not _is_of_camera(one)}
    undisturbed: dict[str, tuple[Any, ...]] = {}
    looks = 0
    for number in range(cameras):
        played = service.incidents.replay.run(f"camera-{number}", None, None, lambda same: same)
        looks += played.looks
        undisturbed |= {one.id: facts(one) for one in played.present.incidents}
    others = [one for one in stored.keys() | undisturbed.keys()
              if stored.get(one) != undisturbed.get(one)]  # fmt: skip
    bodies = receiver.verified(secret)
    message_ids: dict[tuple[Any, ...], set[str]] = {}
    told: set[str] = set()
    for received, body in zip(receiver.received, bodies, strict=True):
        data = body["data"]
        event = (data["id"], body["type"], body["timestamp"], tuple(data.get("because", ())))
        message_ids.setdefault(event, set()).add(received.id)
        now = service.incidents.records.get(data["id"])
        told |= {data["id"]} | ({now.id} if now is not None else set())
    lost = sorted({one.id for one in every} - told)
    doubled = [event for event, ids in message_ids.items() if len(ids) > 1]
    again = len(receiver.received) - len({one.id for one in receiver.received})
    print(f"inspections {looks}, incidents {len(stored)}, undisturbed {len(undisturbed)}; "
          f"other than undisturbed {len(others)} (0)")  # fmt: skip
    print(f"messages {len(message_ids)}, sent again under the same id {again}; incidents never "
          f"told {len(lost)} (0), events under two ids {len(doubled)} (0)")  # fmt: skip
    for one in others[:5]:
        print(f"  {one}\n    stored      {stored.get(one)}\n    undisturbed {undisturbed.get(one)}")
    for event in doubled[:5]:
        print(f"  doubled {event}")
    for one in lost[:5]:
        print(f"  never told {one} {stored.get(one, 'of a camera')}")
    return bool(stored) and not others and not lost and not doubled


def main() -> int:
    """Runs it; the exit status says whether the promise was kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--kills", type=int, default=12, help="of all four together")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="incident-kills-")))
        (folder / "data").mkdir(mode=0o700)
        clips = [folder / "clips" / f"{number}.avi" for number in range(asked.cameras)]
        clips[0].parent.mkdir()
        for clip in clips:
            make_clip(clip, 120, chance)
        receiver = stack.enter_context(webhook_receiver())
        url = stack.enter_context(database(asked.database, folder / "data"))
        cluster = Cluster(folder, url, broker_command("valkey", folder))
        cluster.settings.update(
            SAFETY_CAMERA_FOLDERS=str(clips[0].parent), SAFETY_UNCHANGED_MAX="0", BENCHMARK_RED="1"
        )
        stack.callback(cluster.stop)
        cluster.start()
        watch = ChildSpec("watch", [sys.executable, "-m", "safety_detector", "watch"],
                          cluster.settings, signs=folder / "watch.sock")  # fmt: skip
        cluster.children["watch"] = Child(watch)
        cluster.children["watch"].start()
        values = {"data_dir": folder / "data", "database_url": url}
        service = open_service(Settings.model_validate(values), lambda _queue: None)
        stack.callback(service.close)
        client = stack.enter_context(
            httpx2.Client(base_url=cluster.url, timeout=60, trust_env=False)
        )
        body = {"kind": "webhook", "name": "receiver", "url": receiver.url}
        made = client.post("/v1/channels", json=body)
        made.raise_for_status()
        add_cameras(client, clips)
        disturb(cluster, asked.kills, asked.seconds, chance)
        cluster.children["watch"].ask_to_stop()
        cluster.children["watch"].wait_until_stopped()
        opened = Database(url)
        stack.callback(opened.close)
        wait_until_done(opened)
        kills = ", ".join(f"{name} {times}" for name, times in sorted(cluster.kills.items()))
        print(f"{asked.database}, seed {asked.seed}; kills: {kills}")
        return 0 if judge(service, receiver, made.json()["secret"], asked.cameras) else 1


if __name__ == "__main__":
    sys.exit(main())
