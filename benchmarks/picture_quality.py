"""How near real pictures come to the thresholds under which nothing can be seen.

    python -m benchmarks.picture_quality ../shared/data/dev/images ../shared/data/train2/images

Prints which pictures would be called so, then of each measure the pictures at its ends, then the
time of a look at 12 megapixels.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from safety_detector.domain.geometry import ImageSize
from safety_detector.pictures.images import RgbImage, decode, read_header, resize
from safety_detector.pictures.quality import PictureQuality, look_at

_NEAREST = 6
_ENDS: tuple[tuple[str, Callable[[PictureQuality], float]], ...] = (
    ("structure, least", lambda seen: seen.measures["structure"]),
    ("sharpness, least", lambda seen: seen.measures["sharpness"]),
    ("sharpness, most", lambda seen: -seen.measures["sharpness"]),
    ("contrast, least", lambda seen: seen.measures["contrast"]),
    ("luminance, least", lambda seen: seen.measures["luminance"]),
    ("luminance, most", lambda seen: -seen.measures["luminance"]),
)


def main() -> None:
    """Looks at every picture of the folders named."""
    seen: dict[Path, PictureQuality] = {}
    for folder in map(Path, sys.argv[1:]):
        paths = sorted(one for one in folder.iterdir() if one.is_file())
        called = []
        for path in paths:
            quality = look_at(_load(path))
            seen[path] = quality
            called += [(path.name, one.code, dict(one.facts)) for one in quality.reasons]
        print(f"{folder}: {len(paths)} pictures, {len(called)} reasons")
        for name, code, facts in called:
            print(f"  {name}: {code} {facts}")
    for name, measure in _ENDS:
        nearest = sorted(seen, key=lambda path: measure(seen[path]))[:_NEAREST]
        figures = (f"{abs(measure(seen[path])):.2f} {path.name}" for path in nearest)
        print(f"{name}: " + ", ".join(figures))
    if seen:
        _time(_load(next(iter(seen))))


def _time(rgb: RgbImage) -> None:
    large = resize(rgb, ImageSize(4000, 3000))
    for name, picture in (("a photograph", large), ("black", np.zeros_like(large))):
        times = []
        for _ in range(15):
            started = time.perf_counter()
            look_at(picture)
            times.append((time.perf_counter() - started) * 1000)
        print(f"12 megapixels, {name}: {min(times):.1f} ms at best, {np.median(times):.1f} median")


def _load(path: Path) -> RgbImage:
    data = path.read_bytes()
    return decode(data, read_header(data))


if __name__ == "__main__":
    main()
