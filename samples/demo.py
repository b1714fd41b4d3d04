"""The whole service on the samples.

``python samples/demo.py OUT`` starts ``safety-detector serve`` on a free port, uploads every sample
by REST, waits for the results, saves the annotated pictures and a PDF report to OUT, watches a
camera for half a minute (a clip of the samples, played over and over), prints what a receiver of
its own is told of the incidents that it sees, and stops the service.  On a terminal it stays up
until Ctrl-C, so that you can look around.  What the service itself says is in OUT/serve.log: its
advice is for services that stay.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

import cv2
import httpx2
from demo_receiver import DemoReceiver

SAMPLES = Path(__file__).parent
MEDIA_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}
READY_TIMEOUT_S = 90.0
RESULT_TIMEOUT_S = 300.0

CAMERA = "demo-camera"
CLIP_SAMPLES = ("pagoda-nothing", "fire-in-laboratory", "officer-cap-no-helmet")
CLIP_SIZE = (960, 540)
CLIP_FPS = 4
SECONDS_EACH = 5
WATCHED_S = 30.0


def main() -> None:
    """Runs the demonstration; exits with 1 and a sentence if a step fails."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text stream
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    out.mkdir(parents=True, exist_ok=True)
    environment = {
        "SAFETY_LOG_LEVEL": "WARNING",
        **os.environ,
        "SAFETY_DATA_DIR": str(out / "data"),
        "SAFETY_CAMERA_FOLDERS": str(out.absolute()),
    }
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    pictures = sample_pictures()
    log_path = out / "serve.log"
    print(f"Starting the service on {url}; its log is {log_path} ...")
    for ends in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal ends the service as well
        signal.signal(ends, lambda number, _frame: sys.exit(128 + number))
    with log_path.open("wb") as log:
        service = start_service(port, environment, log)
    try:
        with httpx2.Client(base_url=url, timeout=30, trust_env=False) as client:
            wait_until_ready(client, service)
            print(f"Inspecting {len(pictures)} pictures ...")
            uploaded = [upload(client, path) for path in pictures]
            results = [wait_for_result(client, one["id"]) for one in uploaded]
            print_results(results)
            for result in results:
                save_annotated(client, result, out)
            print("\nMaking the report ...")
            identifiers = [arg for one in results for arg in ("--inspection", one["id"])]
            report = [*program("report"), "--out", str(out / "report.pdf"), *identifiers]
            subprocess.run(report, env=environment, check=True)
            print(f"Annotated pictures and report.pdf are in {out}/.")
            stays = sys.stdin.isatty() and sys.stdout.isatty()
            watch_camera(client, make_clip(pictures, out / "camera.avi"), out, plays_on=stays)
        if stays:
            print(f"\nThe service is still running, and watches that camera. Open {url} in a")
            print(f"browser: the console shows its incidents, and {url}/wall its pictures.")
            print(f"The API is at {url}/docs. Stop with Ctrl-C.")
            wait_for_ctrl_c(service)
        else:
            print("Nobody sits at a terminal, so the service is stopped again.")
    except SystemExit as exc:
        if isinstance(exc.code, int):  # somebody ended it
            raise
        sys.stderr.write(log_path.read_text(encoding="utf-8", errors="replace"))
        raise
    finally:
        stop(service)


def start_service(
    port: int, environment: dict[str, str], log: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Starts ``serve`` as a process of its own."""
    return subprocess.Popen(
        [*program("serve"), "--port", str(port)],
        env=environment,
        stdout=log,
        stderr=log,
        start_new_session=True,  # Ctrl-C comes to us first, and we stop it
    )


def program(command: str) -> list[str]:
    """How to run a command of this installation."""
    return [sys.executable, "-m", "safety_detector", command]


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sample_pictures() -> list[Path]:
    """The samples, in the order of their names."""
    return sorted(path for path in SAMPLES.iterdir() if path.suffix in MEDIA_TYPES)


def wait_until_ready(client: httpx2.Client, service: subprocess.Popen[bytes]) -> None:
    """Polls the readiness probe."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if service.poll() is not None:
            raise SystemExit(f"serve ended with code {service.returncode}")
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass  # it is still starting
        time.sleep(0.1)
    raise SystemExit(f"the service was not ready after {READY_TIMEOUT_S:.0f} s")


def upload(client: httpx2.Client, path: Path) -> dict[str, Any]:
    """Sends one picture as a raw body; the answer comes as soon as it is stored."""
    answer = client.post(
        "/v1/inspections",
        params={"name": path.name},
        content=path.read_bytes(),
        headers={"Content-Type": MEDIA_TYPES[path.suffix]},
    )
    if answer.status_code != 202:
        raise SystemExit(f"{path.name}: {answer.status_code} {answer.text}")
    document: dict[str, Any] = answer.json()
    return document


def wait_for_result(client: httpx2.Client, inspection_id: str) -> dict[str, Any]:
    """Polls one inspection until its status is final."""
    deadline = time.monotonic() + RESULT_TIMEOUT_S
    while True:
        document: dict[str, Any] = client.get(f"/v1/inspections/{inspection_id}").json()
        if document["status"] in ("completed", "failed"):
            return document
        if time.monotonic() >= deadline:
            raise SystemExit(f"no result after {RESULT_TIMEOUT_S:.0f} s: {document}")
        time.sleep(0.1)


def print_results(results: list[dict[str, Any]]) -> None:
    """One line a picture: name, verdict, what was found."""
    width = max(len(result["image"]["name"]) for result in results)
    for result in results:
        found = [f"{one['label']}/{one['sub_label']}" for one in result["detections"]]
        counted = [f"{found.count(kind)} × {kind}" for kind in dict.fromkeys(found)]
        said = ", ".join(counted) or (result["error"] or {}).get("reason", "–")
        print(f"{result['image']['name']:<{width}}  {result['verdict']:<12}  {said}")


def save_annotated(client: httpx2.Client, result: dict[str, Any], out: Path) -> None:
    """Downloads the annotated picture."""
    if result["status"] == "completed":
        answer = client.get(f"/v1/inspections/{result['id']}/annotated").raise_for_status()
        name = Path(result["image"]["name"]).stem
        (out / f"{name}-annotated.jpg").write_bytes(answer.content)


def make_clip(pictures: list[Path], path: Path) -> Path:
    """A clip of some samples, one after the other, as a camera might see them."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), CLIP_FPS, CLIP_SIZE)
    for name in CLIP_SAMPLES:
        picture = next(one for one in pictures if one.stem == name)
        frame = cv2.resize(cv2.imread(str(picture)), CLIP_SIZE, interpolation=cv2.INTER_AREA)
        for _ in range(CLIP_FPS * SECONDS_EACH):
            writer.write(frame)
    writer.release()
    return path


def watch_camera(client: httpx2.Client, clip: Path, out: Path, *, plays_on: bool) -> None:
    """Adds the clip as a camera, lets it be watched for a while, and says what it saw.

    It stays where it plays on, for whoever looks around.
    """
    print(f"\nWatching a camera for {WATCHED_S:.0f} s, which plays {clip} ...")
    client.delete(f"/v1/cameras/{CAMERA}")  # of an earlier run
    receiver = DemoReceiver()
    channel = {"kind": "webhook", "name": "demo", "url": receiver.url}
    made = client.post("/v1/channels", json=channel).raise_for_status().json()
    receiver.secret = made["secret"]
    source = {"kind": "file", "url": str(clip.absolute())}
    body = {"id": CAMERA, "name": "Clip of the samples", "source": source, "every_s": 1}
    added = client.post("/v1/cameras", json=body)
    if added.status_code != 201:
        raise SystemExit(f"the camera was not added: {added.text}")
    wait_for_picture(client)
    time.sleep(WATCHED_S)
    frames = client.get(f"/v1/cameras/{CAMERA}").json()["frames"]
    latest = client.get(f"/v1/cameras/{CAMERA}/latest.jpg").raise_for_status()
    (out / "camera-latest.jpg").write_bytes(latest.content)
    counts = ", ".join(f"{frames[name]} {name}" for name in ("received", "inspected", "unchanged"))
    print(f"frames: {counts}")
    print(f"hazards: {hazards_of_camera(client, added.json()['created_at'])}")
    print_incidents(client, added.json()["created_at"])
    age_s = latest.headers["X-Picture-Age-S"]
    print(f"last picture: {age_s} s old, in {out / 'camera-latest.jpg'}")
    if not plays_on:
        client.delete(f"/v1/cameras/{CAMERA}").raise_for_status()
    client.delete(f"/v1/channels/{made['id']}").raise_for_status()
    receiver.close()
    if not receiver.messages:
        raise SystemExit("the receiver was told of no incident")


def print_incidents(client: httpx2.Client, since: str) -> None:
    """One line an incident, however many pictures show it."""
    query = {"camera_id": CAMERA, "since": since}
    for one in client.get("/v1/incidents", params=query).raise_for_status().json()["incidents"]:
        seen = f"seen in {one['sightings']} of {one['looks']} looks"
        print(f"incident: {' and '.join(one['hazards'])}, {one['severity']}, {seen}")


def wait_for_picture(client: httpx2.Client) -> None:
    """Polls the newest picture of the camera until there is one."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while (answer := client.get(f"/v1/cameras/{CAMERA}/latest.jpg")).status_code != 200:
        if time.monotonic() >= deadline:
            raise SystemExit(f"no picture came from the camera: {answer.text}")
        time.sleep(0.1)


def hazards_of_camera(client: httpx2.Client, since: str) -> str:
    """In how many of its pictures each hazard was found."""
    query = {"camera_id": CAMERA, "since": since, "verdict": "hazard", "limit": "100"}
    pictures = client.get("/v1/inspections", params=query).raise_for_status().json()
    kinds = [
        kind
        for one in pictures["inspections"]
        for kind in dict.fromkeys(hazard_names(one["detections"]))
    ]
    counted = [f"{kind} in {kinds.count(kind)} pictures" for kind in dict.fromkeys(kinds)]
    return ", ".join(counted) or "none"


def hazard_names(detections: list[dict[str, Any]]) -> list[str]:
    """What of the detections is a hazard."""
    names = [f"{one['label']}/{one['sub_label']}" for one in detections]
    return [one for one in names if one not in ("person/helmet", "person/uncertain")]


def wait_for_ctrl_c(service: subprocess.Popen[bytes]) -> None:
    """Returns on Ctrl-C, or when the service ends by itself."""
    try:
        service.wait()
    except KeyboardInterrupt:
        print()


def stop(service: subprocess.Popen[bytes]) -> None:
    """Asks the service to stop and waits until it has."""
    service.send_signal(signal.SIGTERM)
    code = service.wait(timeout=60)
    if code != 0:
        raise SystemExit(f"serve ended with code {code}")


if __name__ == "__main__":
    main()
