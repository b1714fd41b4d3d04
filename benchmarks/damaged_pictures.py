"""How many damaged JPEGs are noticed, and how many sound ones are called damaged.

    python -m benchmarks.damaged_pictures --images ../shared/data/dev/images
    python -m benchmarks.damaged_pictures --sound ../shared/data/{dev,train,train2}/images

The first damages 150 files, each in one of eight ways, and decodes them as the product does
and as a program does that minds only a premature end, and overlooks every other warning as OpenCV
does.  A pixel is wrong that differs by more than 8 of 256 levels in a channel.  What stays
unnoticed are streams that are valid again after the damage, with another brightness or colour from
there on.  The second decodes files as they are.
"""

from __future__ import annotations

import argparse
import io
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import PIL.Image
import simplejpeg

from safety_detector.errors import PictureRefused
from safety_detector.ingest.admission import Limits, admit
from safety_detector.pictures.images import DecodedPicture, RgbImage, decode_picture

_DAMAGES = 150
_WRONG_LEVELS = 8
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}


def _scan(data: bytes) -> int:
    return data.index(b"\xff\xda") + 14


def _flip(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        out[rng.randrange(_scan(data), len(data) - 2)] ^= 1 << rng.randrange(8)
    return bytes(out)


def _zeros(data: bytes, rng: random.Random) -> bytes:
    count = rng.choice((1, 16, 512, 4096))
    at = rng.randrange(_scan(data), max(len(data) - 2 - count, _scan(data) + 1))
    return data[:at] + bytes(min(count, len(data) - 2 - at)) + data[at + count :]


def _noise(data: bytes, rng: random.Random) -> bytes:
    count = rng.choice((4, 64, 512))
    at = rng.randrange(_scan(data), max(len(data) - 2 - count, _scan(data) + 1))
    return data[:at] + rng.randbytes(count) + data[at + count :]


def _without_block(data: bytes, rng: random.Random) -> bytes:
    count = rng.choice((1, 64, 512, 4096))
    at = rng.randrange(_scan(data), max(len(data) - 2 - count, _scan(data) + 1))
    return data[:at] + data[min(at + count, len(data) - 2) :]


def _block_twice(data: bytes, rng: random.Random) -> bytes:
    count = rng.choice((1, 64, 512, 4096))
    at = rng.randrange(_scan(data), max(len(data) - 2 - count, _scan(data) + 1))
    return data[: at + count] + data[at:]


def _swapped_restarts(data: bytes, rng: random.Random) -> bytes:
    marks = [found.start() for found in _RESTART.finditer(data, _scan(data))]
    first, second = sorted(rng.sample(range(len(marks)), 2))
    out = bytearray(data)
    one, other = marks[first] + 1, marks[second] + 1
    out[one], out[other] = out[other], out[one]
    return bytes(out)


def _lost_restart(data: bytes, rng: random.Random) -> bytes:
    """Everything between two restart markers is gone, as a lost packet takes it."""
    marks = [found.start() for found in _RESTART.finditer(data, _scan(data))]
    at = rng.randrange(len(marks) - 1)
    return data[: marks[at]] + data[marks[at + 1] :]


def _cut_and_ended(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(_scan(data), len(data) - 2)] + b"\xff\xd9"


_WITH_RESTARTS = ("restarts swapped", "interval lost")
_WAYS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "bits flipped": _flip,
    "zeros": _zeros,
    "random bytes": _noise,
    "bytes missing": _without_block,
    "bytes twice": _block_twice,
    "restarts swapped": _swapped_restarts,
    "interval lost": _lost_restart,
    "cut, then ended": _cut_and_ended,
}


def main() -> None:
    """Runs what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, help="a folder of JPEG files to damage")
    parser.add_argument("--sound", type=Path, nargs="+", help="folders of files to decode as is")
    arguments = parser.parse_args()
    if arguments.images:
        _damage(sorted(arguments.images.glob("*.jp*g")))
    if arguments.sound:
        _decode_sound(arguments.sound)


def _damage(paths: list[Path]) -> None:
    rng = random.Random(7)
    outcomes: Counter[tuple[str, str]] = Counter()
    badly: Counter[str] = Counter()
    for number in range(_DAMAGES):
        way = list(_WAYS)[number % len(_WAYS)]
        data = _file(rng.choice(paths), rng, restarts=way in _WITH_RESTARTS)
        truth = _read(data)
        damaged = _WAYS[way](data, rng)
        if damaged == data or isinstance(truth, PictureRefused):
            continue
        seen = _read(damaged)
        outcome, pixels = "refused", None
        if isinstance(seen, DecodedPicture):
            outcome, pixels = "damaged" if seen.damage else "taken as whole", seen.rgb
        wrong = _wrong_share(truth.rgb, pixels)
        outcomes[way, outcome] += 1
        if outcome == "taken as whole":
            badly["as the product does"] += wrong > 0.05
            badly["as the product does, any"] += 1
            if wrong > 0.05:
                print(f"  not noticed: {way}, {wrong:.0%} of the pixels wrong")
        careless = _read_carelessly(damaged)
        if careless is not None:
            badly["minding a premature end alone"] += _wrong_share(truth.rgb, careless) > 0.05
            badly["minding a premature end alone, any"] += 1
    names = ("refused", "damaged", "taken as whole")
    print(f"{'damage':18}" + "".join(f"{name:>16}" for name in names))
    for way in _WAYS:
        print(f"{way:18}" + "".join(f"{outcomes[way, name]:16}" for name in names))
    for who in ("minding a premature end alone", "as the product does"):
        count, wrong = badly[f"{who}, any"], badly[who]
        print(f"{who}: {count} taken as whole, {wrong} with over 5 % wrong pixels")


def _file(path: Path, rng: random.Random, *, restarts: bool) -> bytes:
    """A photograph as a camera writes it: with or without restart markers, seldom progressive."""
    with PIL.Image.open(path) as picture:
        out = io.BytesIO()
        picture.convert("RGB").save(
            out,
            "JPEG",
            quality=rng.choice((75, 85, 92)),
            restart_marker_rows=1 if restarts else rng.choice((0, 0, 1)),
            progressive=not restarts and rng.random() < 0.15,
        )
    return out.getvalue()


def _read(data: bytes) -> DecodedPicture | PictureRefused:
    try:
        return decode_picture(data, admit(data, Limits()))
    except PictureRefused as exc:
        return exc


def _read_carelessly(data: bytes) -> RgbImage | None:
    try:
        return cast(RgbImage, simplejpeg.decode_jpeg(data, colorspace="RGB"))
    except ValueError as exc:
        if "premature end" in str(exc).lower():
            return None
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    return cast("RgbImage | None", decoded)


def _wrong_share(truth: RgbImage, seen: RgbImage | None) -> float:
    if seen is None or seen.shape != truth.shape:
        return 1.0
    difference = np.abs(truth.astype(np.int16) - seen.astype(np.int16)).max(axis=2)
    return float((difference > _WRONG_LEVELS).mean())


def _decode_sound(folders: Iterable[Path]) -> None:
    for folder in folders:
        paths = sorted(one for one in folder.rglob("*") if one.suffix.lower() in _SUFFIXES)
        called = 0
        for path in paths:
            seen = _read(path.read_bytes())
            words = str(seen) if isinstance(seen, PictureRefused) else seen.damage
            if words is not None:
                called += 1
                print(f"  {path.name}: {words}")
        print(f"{folder}: {len(paths)} files, {called} called damaged or refused")


if __name__ == "__main__":
    main()
