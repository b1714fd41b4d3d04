"""How many frames of an empty night are left out, and whether anything that appears is.

    python -m benchmarks.unchanged ../shared/data [--apart] [--frames 1800] [--scenes 25]

First scenes in all weathers: a dozen empty frames, and eight in each of which a person of 40 pixels
or a flame of 20 appears.  Then the time of a comparison.  Last an hour of one scene, a frame every
two seconds, in noise and rain: the share of frames that need not be inspected, with a look every
minute at least.  ``--apart`` takes pictures that were kept apart while the bounds were chosen.

Things that stand out from what is behind them by less than ten grey levels are not counted: nobody
sees them either.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

from benchmarks.night_scenes import HEIGHT, WIDTH, CutOut, Pictures, Scene, Weather, load_pictures
from safety_detector.pictures.change import (
    Excess,
    SmallCopy,
    difference,
    is_change,
    packed,
    reduced,
    small_copy,
    unpacked,
)

_SEED = 20261129
_INTERVAL_S, _LONGEST_S = 2, 60
_LOOK_EVERY, _HISTORY = 3, 24  # frames between two entries of the history, and how many it has
_EMPTY, _APPEARING = 12, 8
_LEAST_CONTRAST = 10.0

NIGHT = Weather("night, noise and rain", noise=6, rain=120, jitter_px=0.3, flicker=0.01, quality=75)
WEATHERS = (
    Weather("quiet night"),
    Weather("noise", noise=10, quality=60),
    Weather("rain", rain=150),
    Weather("infrared, grain", infrared=True, noise=8, grain=1.0, gain=0.5),
    Weather("shaking", noise=4, jitter_px=1),
    Weather("changing light", drift=0.15, flicker=0.03),
    Weather("leaves", leaves=True),
    Weather("recorder's clock", clock=True),
    Weather("JPEG 40", quality=40, noise=6),
    Weather("all of it", noise=7, rain=150, jitter_px=1, flicker=0.02, quality=70),
    Weather("day", gain=1, noise=3, jitter_px=0.5),
    Weather("rain by day", gain=0.8, noise=3, rain=250),
    Weather("cloudburst", noise=8, rain=400, streak_px=3),
)


def main() -> None:
    """Prints all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--frames", type=int, default=1800)
    parser.add_argument("--scenes", type=int, default=25)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    pictures = load_pictures(asked.data, _SEED, asked.apart)
    print(
        f"{len(pictures.backgrounds)} backgrounds, {len(pictures.people)} people, "
        f"{len(pictures.flames)} flames{', held apart' if asked.apart else ''}"
    )
    if asked.scenes:
        _appearances(pictures, asked.scenes)
    _cost(pictures)
    if asked.frames:
        _hour(pictures, asked.frames)


def _small(data: bytes) -> SmallCopy:
    rgb = reduced(data)
    if rgb is None:
        raise SystemExit("a frame cannot be decoded")
    return unpacked(packed(small_copy(rgb)))


def _hour(pictures: Pictures, frames: int) -> None:
    scene = Scene(pictures.backgrounds[0], NIGHT, _SEED)
    last, looked_at, looks, changes = _small(scene.frame()), 0, 1, 0
    history: list[Excess] = []
    for number in range(1, frames):
        small = _small(scene.frame())
        excess = difference(last, small, history)
        changed = is_change(excess, history)
        changes += changed
        if number % _LOOK_EVERY == 0:
            history = [*history, excess][-_HISTORY:]
        if changed or (number - looked_at) * _INTERVAL_S >= _LONGEST_S:
            last, looked_at, looks = small, number, looks + 1
    print(
        f"{NIGHT.name}: {frames} frames, one every {_INTERVAL_S} s: {1 - looks / frames:.1%} "
        f"skipped; {looks} looks, {changes} of them for a change",
        flush=True,
    )


def _appearances(pictures: Pictures, scenes: int) -> None:
    rng = np.random.default_rng(_SEED)
    empty: defaultdict[str, list[bool]] = defaultdict(list)
    seen: defaultdict[str, list[bool]] = defaultdict(list)
    missed = []
    for number in range(scenes):
        weather = WEATHERS[number % len(WEATHERS)]
        background = pictures.backgrounds[1 + number % (len(pictures.backgrounds) - 1)]
        scene = Scene(background, weather, _SEED + number)
        last = _small(scene.frame())
        history: list[Excess] = []
        for _ in range(_EMPTY):
            excess = difference(last, _small(scene.frame()), history)
            empty[weather.name].append(is_change(excess, history))
            history.append(excess)
        for one in range(_APPEARING):
            thing, at = _somewhere(pictures, scene, rng, is_person=one % 2 == 0)
            excess = difference(last, _small(scene.frame(thing, at)), history)
            seen[weather.name].append(is_change(excess, history))
            if not seen[weather.name][-1]:
                kind = "flame" if thing.glows else "person"
                missed.append(
                    f"  {weather.name}: a {kind} with a contrast of {scene.contrast(thing, at):.0f}"
                )
    for name in empty:
        print(
            f"{name}: {1 - np.mean(empty[name]):.0%} of {len(empty[name])} empty frames skipped, "
            f"{seen[name].count(False)} of {len(seen[name])} appearances missed"
        )
    everything = [one for many in seen.values() for one in many]
    print(f"appearances missed: {everything.count(False)} of {len(everything)}")
    print("\n".join(missed), flush=True)


def _somewhere(
    pictures: Pictures, scene: Scene, rng: np.random.Generator, *, is_person: bool
) -> tuple[CutOut, tuple[int, int]]:
    """A thing, and a place at which it can be seen."""
    things = pictures.people if is_person else pictures.flames
    while True:
        thing = things[int(rng.integers(len(things)))]
        height, width = thing.share.shape
        at = (int(rng.integers(WIDTH - width)), int(rng.integers(HEIGHT - height)))
        if scene.contrast(thing, at) >= _LEAST_CONTRAST:
            return thing, at


def _cost(pictures: Pictures) -> None:
    scene = Scene(pictures.backgrounds[0], NIGHT, _SEED)
    kept = packed(_small(scene.frame()))
    frames = [scene.frame() for _ in range(10)]
    times: dict[str, list[float]] = {"decoding": [], "comparing": []}
    for data in frames:
        started = time.process_time()
        rgb = reduced(data)
        if rgb is None:
            raise SystemExit("a frame cannot be decoded")
        small = small_copy(rgb)
        decoded = time.process_time()
        difference(unpacked(kept), small, ())
        times["decoding"].append((decoded - started) * 1000)
        times["comparing"].append((time.process_time() - decoded) * 1000)
    costs = ", ".join(f"{name} {np.median(one):.1f} ms" for name, one in times.items())
    print(f"CPU time of a 1080p frame of {len(frames[0]) // 1000} kB: {costs}; kept: {len(kept)} B")


if __name__ == "__main__":
    main()
