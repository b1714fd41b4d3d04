"""Servers that lie, drip, freeze, flood or send garbage cost their own process, and nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import psutil
import pytest

from safety_detector.camera_sources import opening
from safety_detector.camera_sources.opening import PullOptions, open_puller
from safety_detector.camera_sources.puller import Puller
from safety_detector.camera_sources.source import parse_source
from safety_detector.camera_sources.stream_processes import StreamProcesses
from safety_detector.camera_sources.stream_puller import StreamPuller
from safety_detector.camera_sources.streams.job import StreamLimits
from safety_detector.errors import CameraStreamBroken, CameraUnavailable
from tests.eventually import eventually
from tests.rtsp_faults import BEGIN_AS_VIDEO, HANDSHAKES, NEVER_ANSWER, STREAMS
from tests.scripted_rtsp import ScriptedRtsp, Wire, mpeg4, play, scripted_rtsp, serving

pytestmark = pytest.mark.processes

LIMITS = replace(StreamLimits(), connect_s=60.0, answer_s=60.0, open_s=60.0, silence_s=60.0)
"""On the busiest machine these end nothing: what else is wrong is told."""
OPTIONS = PullOptions(limits=LIMITS)
NO_ANSWER = PullOptions(limits=replace(LIMITS, answer_s=2.0, open_s=5.0))
NO_VIDEO = PullOptions(limits=replace(LIMITS, open_s=5.0, silence_s=3.0))
NO_MORE = PullOptions(limits=replace(LIMITS, silence_s=8.0))
PATIENCE_S = 120.0


def brightness_is_even(picture: bytes) -> bool:
    """Whether a picture is of one grey, as those of ``mpeg4`` are: not pieces of two."""
    grey = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    return float(grey.std()) < 3


def stream_processes(of: psutil.Process | None = None) -> dict[int, psutil.Process]:
    """Processes of streams, by their ids."""
    parent = of or psutil.Process()
    found = {}
    for host in parent.children():
        with_host = " ".join(host.cmdline()) if host.is_running() else ""
        if "stream_host" in with_host:
            found |= {child.pid: child for child in host.children()}
    return found


@contextmanager
def pulling(address: str, every_s: float = 0.5, options: PullOptions = OPTIONS) -> Iterator[Puller]:
    """A started puller."""
    puller = open_puller(parse_source(address), every_s, options)
    puller.start()
    try:
        yield puller
    finally:
        puller.stop()


def first_picture(puller: Puller) -> None:
    """Waits for a picture."""
    deadline = time.monotonic() + PATIENCE_S
    while puller.read(1.0) is None:
        assert time.monotonic() < deadline


def fault_of(puller: Puller) -> CameraUnavailable:
    """Reads until something is wrong, and says what."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            puller.read(1.0)
        except CameraUnavailable as exc:
            return exc
    pytest.fail("nothing went wrong")


@pytest.mark.parametrize("case", HANDSHAKES)
def test_what_is_wrong_with_a_handshake_is_named(case: str) -> None:
    """The integrator reads what to look at, and waits no longer than a test may take."""
    fault = HANDSHAKES[case]
    options = NO_ANSWER if case in NEVER_ANSWER else OPTIONS
    with (
        scripted_rtsp(fault.script()) as address,
        pytest.raises(CameraUnavailable) as raised,
    ):
        opening.test_source(parse_source(address), options, PATIENCE_S)
    assert raised.value.reason.code in fault.codes, str(raised.value)


@pytest.mark.parametrize("case", STREAMS)
def test_what_is_wrong_with_a_stream_is_named(case: str) -> None:
    """A stream that breaks ends with a reason, and so does its process."""
    fault = STREAMS[case]
    options = NO_MORE if case in BEGIN_AS_VIDEO else NO_VIDEO
    if case == "ends":
        options = OPTIONS
    with scripted_rtsp(fault.script()) as address, pulling(address, options=options) as puller:
        if case in BEGIN_AS_VIDEO:
            first_picture(puller)
        error = fault_of(puller)
        assert error.reason.code in fault.codes, str(error)
    eventually(lambda: not stream_processes())


def test_what_ended_a_stream_is_told_after_its_last_picture() -> None:
    """Both may have come before anybody asked; the picture is handed over first."""
    fault = STREAMS["ends"]
    eventually(lambda: not stream_processes(), "those of other tests have ended")
    with scripted_rtsp(fault.script()) as address, pulling(address) as puller:
        stream = cast(StreamPuller, puller)
        eventually(lambda: stream.read(0.0) or stream.step.code != "camera-step-start")
        eventually(lambda: not stream_processes(), "it has ended")
        for _ in range(2):
            error = fault_of(puller)
            assert error.reason.code in fault.codes, str(error)


def test_a_real_stream_is_pulled_without_any_other_program() -> None:
    """RTSP works by what pip installs alone."""
    with scripted_rtsp(ScriptedRtsp(play(mpeg4()))) as address, pulling(address) as puller:
        for _ in range(3):
            first_picture(puller)


def test_a_hostile_stream_delays_no_other_one() -> None:
    """While one floods and one hangs, a third goes on."""
    with (
        scripted_rtsp(STREAMS["floods"].script()) as flooding,
        scripted_rtsp(HANDSHAKES["says nothing"].script()) as hanging,
        scripted_rtsp(ScriptedRtsp(play(mpeg4()))) as sound,
        pulling(flooding),
        pulling(hanging),
        pulling(sound, options=PullOptions()) as puller,
    ):
        for _ in range(6):
            first_picture(puller)


def test_a_crashed_decoder_is_named_and_costs_its_own_stream_alone() -> None:
    """What brings FFmpeg down brings nothing else down."""
    with (
        scripted_rtsp(ScriptedRtsp(play(mpeg4()))) as address,
        pulling(address) as first,
    ):
        first_picture(first)
        before = set(stream_processes())
        with pulling(address) as second:
            first_picture(second)
            (crashing,) = set(stream_processes()) - before
            os.kill(crashing, signal.SIGSEGV)
            error = fault_of(second)
        assert (type(error), error.reason.code) == (CameraStreamBroken, "camera-crashed")
        assert "SIGSEGV" in str(error)
        first_picture(first)


def test_streams_outlive_the_thread_that_opened_the_first() -> None:
    """A camera that is removed takes no other one along: each has a thread of its own."""
    processes = StreamProcesses()
    is_open, is_over = threading.Event(), threading.Event()

    def first() -> None:
        process = processes.start()
        is_open.set()
        is_over.wait(PATIENCE_S)
        process.end()

    thread = threading.Thread(target=first)
    thread.start()
    assert is_open.wait(PATIENCE_S)
    before = len(stream_processes())
    other = processes.start()
    eventually(lambda: len(stream_processes()) > before, "it runs")
    is_over.set()
    thread.join()
    other.channel.settimeout(2.0)
    with pytest.raises(TimeoutError):  # an end of file, if it had died
        other.channel.recv(1)
    other.end()
    processes.close()


def test_a_process_that_stands_still_is_ended() -> None:
    """Whatever holds a process up, its stream is told dead in time."""
    with (
        scripted_rtsp(ScriptedRtsp(play(mpeg4()))) as address,
        pulling(address, options=NO_MORE) as puller,
    ):
        first_picture(puller)
        (pid,) = stream_processes()
        os.kill(pid, signal.SIGSTOP)
        assert fault_of(puller).reason.code == "camera-hangs"
        eventually(lambda: not stream_processes())


def test_a_stream_that_wants_much_memory_is_ended() -> None:
    """A picture of a size that nobody allowed does not take the machine's memory."""
    options = PullOptions(limits=replace(LIMITS, memory_bytes=40 * 2**20))
    script = ScriptedRtsp(play(mpeg4((3840, 2160), frames=2)))
    with scripted_rtsp(script) as address, pulling(address, options=options) as puller:
        assert fault_of(puller).reason.code in {"camera-takes-memory", "camera-not-decoded"}
    few = PullOptions(limits=replace(LIMITS, max_pixels=1_000_000))
    with scripted_rtsp(script) as address, pulling(address, options=few) as puller:
        assert fault_of(puller).reason.code == "frame-too-large"


def test_a_stream_may_change_its_size() -> None:
    """A camera that is set to another resolution goes on, in its new size or after a new start."""
    small, large = mpeg4((320, 240)), mpeg4((640, 480))
    first = iter([small])

    def change(send: Wire) -> None:
        play(next(first, large), count=40, then=large)(send)

    with scripted_rtsp(ScriptedRtsp(change)) as address, pulling(address) as puller:
        sizes = set()
        deadline = time.monotonic() + PATIENCE_S
        while (640, 480) not in sizes:
            assert time.monotonic() < deadline, sizes
            frame = puller.read(1.0)
            if frame is not None:
                sizes.add((frame.facts.width, frame.facts.height))
                assert brightness_is_even(frame.jpeg)


def test_a_redirect_behind_the_check_gives_no_picture() -> None:
    """A server that leads FFmpeg elsewhere than it led us gains a question, and no more."""
    inner = ScriptedRtsp(play(mpeg4()))
    with serving(inner.serve, "127.0.0.2") as port:
        answer = f"RTSP/1.0 302 Moved\r\nCSeq: 2\r\nLocation: rtsp://127.0.0.2:{port}/live\r\n\r\n"
        outer = ScriptedRtsp(
            play(mpeg4()),
            later={"DESCRIBE": lambda connection: connection.sendall(answer.encode())},
        )
        with scripted_rtsp(outer) as address, pulling(address) as puller:
            error = fault_of(puller)
    assert error.reason.code == "camera-leads-elsewhere", inner.asked


SLEEPER = """
import sys, time
from safety_detector.camera_sources.opening import PullOptions, open_puller
from safety_detector.camera_sources.source import parse_source
from safety_detector.camera_sources.stream_processes import StreamProcesses
puller = open_puller(parse_source(sys.stdin.readline().strip()), 0.5, PullOptions())
puller.start()
while puller.read(5.0) is None:
    pass
print("ready", flush=True)
time.sleep(600)
"""


def test_processes_end_with_their_watcher_and_show_no_password() -> None:
    """A killed watcher leaves nothing behind; no list of processes tells a secret."""
    secret = "Tr0ub4dor-and-3"  # noqa: S105
    with scripted_rtsp(ScriptedRtsp(play(mpeg4()), password=secret)) as address:
        watcher = subprocess.Popen(
            [sys.executable, "-c", SLEEPER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "SAFETY_DATABASE_URL": f"postgresql://u:{secret}@h/d"},
        )
        try:
            watcher.stdin.write(address.replace("//", f"//admin:{secret}@") + "\n")
            watcher.stdin.flush()
            assert watcher.stdout.readline() == "ready\n"
            processes = psutil.Process(watcher.pid).children(recursive=True)
            assert len(processes) == 2
            for one in processes:
                for name in ("cmdline", "environ"):
                    shown = Path(f"/proc/{one.pid}/{name}").read_bytes()
                    assert secret.encode() not in shown
        finally:
            watcher.kill()
            watcher.wait()
            watcher.stdin.close()
            watcher.stdout.close()
        eventually(lambda: not any(one.is_running() for one in processes))
