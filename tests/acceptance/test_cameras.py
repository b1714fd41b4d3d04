"""The first camera: one command, and its pictures are fetched, inspected and shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import httpx2
import psutil
import pytest

from tests.eventually import eventually
from tests.program_environment import program_environment
from tests.rtsp_server import picture_loop, rtsp_server, write_pictures

from .conftest import DEADLINE_S, ROOT, Serve, StartServe

pytestmark = pytest.mark.processes

PASSWORD = "pw-J7q2vX9m-unique"  # noqa: S105 (of a test)
FIRE = ROOT / "samples" / "fire-in-laboratory.jpg"
PLAIN = ROOT / "samples" / "coffee-nothing.jpg"
SIZE = (640, 480)


def command(serve: Serve, *arguments: str | Path, **environment: str) -> str:
    """What a command about this service prints; it has to work."""
    done = subprocess.run(
        [sys.executable, "-m", "safety_detector", *map(str, arguments)],
        env={**program_environment(), "SAFETY_DATA_DIR": str(serve.data_dir), **environment},
        capture_output=True, text=True, timeout=DEADLINE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def latest(serve: Serve, camera_id: str) -> httpx2.Response:
    """The newest picture, once there is one."""
    path = f"/v1/cameras/{camera_id}/latest.jpg"
    eventually(lambda: serve.client.get(path).status_code == 200, "a picture was inspected")
    return serve.client.get(path)


def test_camera_added_by_one_command_shows_its_newest_picture_with_its_age(
    start_serve: StartServe, tmp_path: Path
) -> None:
    """From a real RTSP server with a password; and once that dies, never as live."""
    serve = start_serve(SAFETY_CAMERA_GRACE="10", SAFETY_UNCHANGED_MAX="0")
    password = tmp_path / "password.txt"
    password.write_text(PASSWORD)
    pictures = write_pictures(tmp_path / "pictures", [FIRE, FIRE], SIZE)
    with rtsp_server(picture_loop(pictures), username="viewer", password=PASSWORD) as camera:
        said = command(
            serve, "cameras", "add", "gate3", camera.url(), "--username", "viewer",
            "--password-file", password, "--every", "1",
        )  # fmt: skip
        assert '"width": 640' in said
        shown = latest(serve, "gate3")
        assert shown.headers["X-Picture-Live"] == "true"
        assert int(shown.headers["X-Picture-Age-S"]) < 60
        inspection = serve.read(shown.headers["X-Inspection-Id"])
        assert (inspection["verdict"], inspection["camera_id"]) == ("hazard", "gate3")
        camera.kill()

    def is_told() -> bool:
        old = serve.client.get("/v1/cameras/gate3/latest.jpg")
        return old.headers["X-Picture-Live"] == "false" and old.content != shown.content

    eventually(is_told, "the picture is not shown as live any more")

    def is_said_why() -> bool:
        sighting = serve.client.get("/v1/cameras/gate3").json()["sighting"]
        return sighting is not None and sighting["last_error"] is not None

    eventually(is_said_why, "why nothing comes is said")


def test_camera_may_be_a_file_that_is_played_over_and_over(
    start_serve: StartServe, tmp_path: Path
) -> None:
    """Where there is no RTSP server: what was recorded is watched like a camera."""
    clip = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 5, SIZE)
    for picture in (FIRE, PLAIN):
        frame = cv2.resize(cv2.imread(str(picture)), SIZE)
        for _ in range(10):
            writer.write(frame)
    writer.release()
    serve = start_serve(SAFETY_CAMERA_FOLDERS=str(tmp_path))
    source = {"url": str(clip)}
    made = serve.client.post("/v1/cameras", json={"id": "yard", "name": "Yard", "source": source})
    assert made.status_code == 201, made.text
    assert latest(serve, "yard").headers["Content-Type"] == "image/jpeg"
    eventually(
        lambda: serve.client.get("/v1/cameras/yard").json()["frames"]["inspected"] >= 6,
        "it is played again and again",
    )


def test_password_stands_nowhere_in_clear(start_serve: StartServe) -> None:
    """Not in files, logs, answers, metrics, nor in what other users see of the processes.

    Tried with cameras that work, that refuse it, and that are not there.
    """
    serve = start_serve(SAFETY_LOG_LEVEL="DEBUG")
    seen: list[str] = []
    client = serve.client

    def post(path: str, body: object) -> None:
        seen.append(client.post(path, json=body, timeout=60).text)

    with (
        rtsp_server(username="viewer", password=PASSWORD) as right,
        rtsp_server(
            username="viewer",
            password="other",  # noqa: S106 (of a test)
            scheme="digest",
        ) as wrong,
    ):
        urls = {
            "works": right.url(),
            "refuses": wrong.url(),
            "away": "rtsp://127.0.0.1:1/live",
            "snapshot": "http://127.0.0.1:1/picture.jpg",
            "path": f"rtsp://127.0.0.1:1/user=viewer&password={PASSWORD}&channel=1",
            "query": f"http://127.0.0.1:1/snapshot.cgi?loginuse=viewer&loginpas={PASSWORD}",
            "info": f"rtsp://viewer:{PASSWORD}@127.0.0.1:1/live",
        }
        for camera_id, url in urls.items():
            source = {"url": url}
            if PASSWORD not in url:
                source |= {"username": "viewer", "password": PASSWORD}
            post("/v1/cameras", {"id": camera_id, "name": camera_id, "source": source})
            post("/v1/cameras/test", {"source": source})
            # Refused with words about it: none of them repeats it.
            post("/v1/cameras", {"name": "x", "source": {**source, "kind": "file"}})
            post("/v1/cameras", {"name": "x", "source": {**source, "password": [PASSWORD]}})
            post("/v1/cameras", {"name": "x", "source": f"{url}#{PASSWORD}"})
        latest(serve, "works")
        eventually(
            lambda: all(
                client.get(f"/v1/cameras/{one}").json()["sighting"] is not None for one in urls
            ),
            "all were tried",
        )
        processes = [
            psutil.Process(serve.process.pid),
            *psutil.Process(serve.process.pid).children(recursive=True),
        ]
        for process in processes:
            for name in ("cmdline", "environ"):
                try:
                    seen.append(Path(f"/proc/{process.pid}/{name}").read_text("latin-1"))
                except OSError:  # it has ended
                    continue
        of_service = ("/v1/cameras", "/v1/audit", "/metrics", "/readyz", "/openapi.json")
        seen += [client.get(path).text for path in of_service]
        seen += [client.get(f"/v1/cameras/{one}").text for one in urls]
        for arguments in (
            ("cameras", "list"),
            ("audit",),
            ("config",),
            ("cameras", "show", "path"),
        ):
            seen.append(command(serve, *arguments))
    assert serve.stop() == 0
    assert not any(PASSWORD in text for text in seen)
    assert "works" in serve.log.read_text()
    files = [serve.log, *serve.data_dir.rglob("*")]
    holding = [path for path in files if path.is_file() and PASSWORD.encode() in path.read_bytes()]
    assert holding == []
