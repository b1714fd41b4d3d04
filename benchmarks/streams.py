"""What pulling a camera's stream costs, beside plain ffmpeg on the same stream at the same time.

    python -m benchmarks.streams [--streams 4] [--seconds 60] [--every 2] [--clip FILE.h264]

GStreamer's RTSP server plays a clip of 1080p H.264 at 25 pictures a second with a key frame every
two seconds; so many pullers and as many ``ffmpeg -skip_frame nokey -vf fps=0.5 -f null`` read it.
Printed are CPU seconds a camera-hour of both, their ratio, the memory that a stream's process has
for itself, and how many such cameras two cores would pull if they did nothing else.  Needs Debian's
GStreamer (``tests/rtsp_server.py``) and ffmpeg, which also makes the clip.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from safety_detector.camera_sources.opening import PullOptions, open_puller
from safety_detector.camera_sources.puller import Puller
from safety_detector.camera_sources.source import parse_source
from tests.rtsp_server import clip_loop, rtsp_server, why_missing

_CORES = 2
_WARM_S = 8.0
_MAKE_CLIP = (
    "ffmpeg -v error -f lavfi -i testsrc2=size=1920x1080:rate=25 -t 20 -vf noise=alls=6:allf=t "
    "-c:v libx264 -preset veryfast -b:v 4M "
    "-x264-params keyint=50:min-keyint=50:scenecut=0:bframes=0 -f h264 -y"
)


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--every", type=float, default=2.0)
    parser.add_argument("--clip", type=Path)
    wanted = parser.parse_args()
    missing = why_missing()
    if missing:
        print(missing)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        clip = wanted.clip or Path(folder) / "clip.h264"
        if not wanted.clip:
            subprocess.run([*_MAKE_CLIP.split(), clip], check=True)
        with rtsp_server(clip_loop(clip)) as server:
            _measure(server.url(), wanted.streams, wanted.seconds, wanted.every)
    return 0


def _measure(url: str, streams: int, seconds: float, every_s: float) -> None:
    pullers = [open_puller(parse_source(url), every_s, PullOptions()) for _ in range(streams)]
    peers = [_ffmpeg(url) for _ in range(streams)]
    counts = [0] * streams
    stopped = threading.Event()
    threads = [
        threading.Thread(target=_read, args=(one, counts, place, stopped))
        for place, one in enumerate(pullers)
    ]
    try:
        for thread in threads:
            thread.start()
        time.sleep(_WARM_S)
        own = psutil.Process()
        (host,) = [one for one in own.children() if "stream_host" in " ".join(one.cmdline())]
        children = host.children()
        before, began = _cpu_s(children), time.monotonic()
        peer_before, own_before, counted = _cpu_s(peers), _cpu_s([own]), sum(counts)
        time.sleep(seconds)
        passed_s = time.monotonic() - began
        mine, theirs = _cpu_s(children) - before, _cpu_s(peers) - peer_before
        reading = _cpu_s([own]) - own_before
        memory = [one.memory_full_info() for one in children]
        peer_memory = [one.memory_full_info() for one in peers]
        pictures = sum(counts) - counted
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
        for peer in peers:
            peer.kill()
    hours = streams * passed_s / 3600
    share = (mine + reading) / passed_s / streams
    print(f"{streams} streams for {passed_s:.0f} s, a picture every {every_s:g} s: {pictures} came")
    handing = reading / hours
    print(f"  pulling:  {mine / hours:7.1f} CPU s a camera-hour, {handing:.1f} more to hand over")
    print(f"  ffmpeg:   {theirs / hours:7.1f} CPU s a camera-hour")
    print(f"  ratio:    {(mine + reading) / theirs:7.2f}")
    print(
        f"  memory of a stream's process: {_mean([one.uss for one in memory]):.0f} MB of its own, "
        f"{_mean([one.pss for one in memory]):.0f} with its share of what is common; "
        f"ffmpeg {_mean([one.uss for one in peer_memory]):.0f} MB of its own"
    )
    print(f"  {_CORES} cores pull {_CORES / share:.0f} such cameras and do nothing else")


def _mean(values: list[int]) -> float:
    return sum(values) / len(values) / 1e6


def _read(puller: Puller, counts: list[int], place: int, stopped: threading.Event) -> None:
    puller.start()
    while not stopped.is_set():
        counts[place] += puller.read(1.0) is not None
    puller.stop()


def _ffmpeg(url: str) -> psutil.Process:
    command = f"ffmpeg -v error -nostdin -threads 1 -skip_frame nokey -rtsp_transport tcp -i {url}"
    process = subprocess.Popen(
        [*command.split(), "-vf", "fps=0.5", "-f", "null", "-"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return psutil.Process(process.pid)


def _cpu_s(processes: list[psutil.Process]) -> float:
    times = [one.cpu_times() for one in processes]
    return sum(one.user + one.system for one in times)


if __name__ == "__main__":
    sys.exit(main())
