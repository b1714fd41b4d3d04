"""What looking at large pictures in parts finds, costs, and raises in false alarms.

`python -m benchmarks.tiling --data ../shared/data [--threads 2]` composes large pictures out of the
labelled ones of `dev` and prints, without tiles (`off`) and with them (`auto`):

- heads found by their height where the network sees them;
- people found of 24 who stand in one picture of 4K;
- people found in a mosaic of 8000 × 4500 pixels;
- false alarms in pictures of nothing, enlarged to 4K;
- pictures per second.

Minutes on a quiet machine.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from safety_detector.detectors.embedded.detector import (
    EmbeddedOptions,
    OnnxDetector,
    load_onnx_detector,
)
from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.detectors.tiling import AUTO, OFF
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, intersection_area
from safety_detector.domain.hazards import Label
from safety_detector.evaluation.truth import LabelledPicture, TrueBox, read_labelled_pictures
from safety_detector.pictures.images import RgbImage, decode, read_header

HEADS = frozenset({RawClass.HEAD_HELMET, RawClass.HEAD_BARE})
FIRE_AND_SMOKE = frozenset({RawClass.FIRE, RawClass.SMOKE})
UHD_WH = (3840, 2160)
MOSAIC_WH = (8000, 4500)
HEAD_HEIGHTS_PX = (4, 6, 8, 10, 12, 16, 20, 28)
GREY = 114


def load(picture: LabelledPicture) -> RgbImage:
    """The pixels of a labelled picture."""
    data = picture.path.read_bytes()
    return decode(data, read_header(data))


def people(found: Sequence[Detection]) -> list[Box]:
    """Boxes of the people among the detections."""
    return [one.box for one in found if one.hazard.label is Label.PERSON]


def fill(
    pictures: Sequence[LabelledPicture], size_wh: tuple[int, int], head_px: float | None = None
) -> tuple[RgbImage, list[Box], int]:
    """A mosaic, its heads (shrunk to `head_px` if told), and how many pictures were used up."""
    width, height = size_wh
    canvas = np.full((height, width, 3), GREY, np.uint8)
    heads: list[Box] = []
    x = y = row = 0
    for number, picture in enumerate(pictures):
        own = [one.box for one in picture.boxes if one.kind in HEADS and not one.ignored]
        scale = 1.0 if head_px is None else head_px / median(one.height for one in own)
        w, h = round(picture.size.width * scale), round(picture.size.height * scale)
        if scale > 1 or w > width or h > height:
            continue
        if x + w > width:
            x, y, row = 0, y + row, 0
        if y + h > height:
            return canvas, heads, number
        canvas[y : y + h, x : x + w] = cv2.resize(
            load(picture), (w, h), interpolation=cv2.INTER_AREA
        )
        heads += [
            Box(x + b.x1 * scale, y + b.y1 * scale, x + b.x2 * scale, y + b.y2 * scale) for b in own
        ]
        x, row = x + w, max(row, h)
    return canvas, heads, len(pictures)


def count_found(boxes: Sequence[Box], heads: Sequence[Box]) -> int:
    """Heads whose centre a box of its own holds, the smallest first."""
    free = sorted(boxes, key=lambda one: one.area)
    found = 0
    for head in heads:
        owner = next(
            (b for b in free if b.contains(head.centre) and b.width < 8 * head.width), None
        )
        if owner is not None:
            free.remove(owner)
            found += 1
    return found


def stand_people(
    background: RgbImage, crops: Sequence[tuple[LabelledPicture, TrueBox]], height_px: int
) -> tuple[RgbImage, list[Box]]:
    """24 people of that height in one picture of 4K, and where each was put."""
    width, height = UHD_WH
    canvas = cv2.resize(background, UHD_WH, interpolation=cv2.INTER_CUBIC)
    places = []
    for number, (picture, person) in enumerate(islice(cycle(crops), 24)):
        margin = person.box.height / 10
        x1, y1 = max(person.box.x1 - margin, 0), max(person.box.y1 - margin, 0)
        x2, y2 = person.box.x2 + margin, person.box.y2 + margin
        scale = height_px / person.box.height
        crop = load(picture)[int(y1) : int(y2), int(x1) : int(x2)]
        small = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        h, w = small.shape[:2]
        # Not in step with the tiles, so that seams cut some of them.
        x = int((number % 6 + 0.5) * width / 6) + number * 37 % 300 - 150 - w // 2
        y = int((number // 6 + 0.5) * height / 4) + number * 53 % 240 - 120 - h // 2
        canvas[y : y + h, x : x + w] = small
        places.append(Box(x, y, x + w, y + h))
    return canvas, places


def print_standing(detectors: dict[str, OnnxDetector], dev: Sequence[LabelledPicture]) -> None:
    """People of several heights in 4K."""
    crops = [
        (picture, one)
        for picture in dev
        for one in picture.counted(RawClass.PERSON)
        if one.box.height >= max(180, 1.3 * one.box.width)
        and any(
            other.kind in HEADS and one.box.contains(other.box.centre) for other in picture.boxes
        )
    ]
    background = next(load(one) for one in dev if one.tag == "neg-site")
    for height_px in (160, 80, 40):
        canvas, places = stand_people(background, crops, height_px)
        for name, detector in detectors.items():
            boxes = people(detector.detect(canvas).detections)
            inside = [
                sum(intersection_area(b, place) > b.area / 2 for b in boxes) for place in places
            ]
            print(
                f"4K, 24 people of {height_px} px, {name}: {sum(map(bool, inside))} found, "
                f"{sum(n - 1 for n in inside if n)} doubled, {len(boxes) - sum(inside)} elsewhere"
            )


def print_mosaic(detectors: dict[str, OnnxDetector], crowd: Sequence[LabelledPicture]) -> None:
    """Every picture of people in one."""
    canvas, heads, _ = fill(crowd, MOSAIC_WH)
    for name, detector in detectors.items():
        boxes = people(detector.detect(canvas).detections)
        found = count_found(boxes, heads)
        print(f"8000 x 4500, {name}: {found} of {len(heads)} people found, {len(boxes)} reported")


def print_heads_by_size(detector: OnnxDetector, crowd: Sequence[LabelledPicture]) -> None:
    """How small a head may be where the network sees it."""
    side = detector.facts.input_size
    few = [one for one in crowd if sum(box.kind in HEADS for box in one.boxes) <= 6]
    for head_px in HEAD_HEIGHTS_PX:
        rest, found, total = few, 0, 0
        for _ in range(6):
            canvas, heads, used = fill(rest, (side, side), head_px)
            rest = rest[used:]
            found += count_found(people(detector.detect(canvas).detections), heads)
            total += len(heads)
        print(f"heads of {head_px} px where the network sees them: {found} of {total} found")


def print_false_alarms(
    detectors: dict[str, OnnxDetector], empty: Sequence[LabelledPicture]
) -> None:
    """Each tile is another chance to be wrong."""
    alarmed = dict.fromkeys(detectors, 0)
    for picture in empty:
        rgb = load(picture)
        scale = UHD_WH[0] / max(rgb.shape[:2])
        large = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        for name, detector in detectors.items():
            found = detector.detect(large).detections
            alarmed[name] += any(one.hazard.label is not Label.PERSON for one in found)
    for name, count in alarmed.items():
        print(f"{len(empty)} pictures without fire, enlarged to 4K, {name}: {count} alarmed")


def print_speed(detectors: dict[str, OnnxDetector], picture: LabelledPicture) -> None:
    """Pictures per second and CPU time, which a busy machine disturbs less; the best of three."""
    for width, height in ((1920, 1080), UHD_WH, MOSAIC_WH):
        rgb = cv2.resize(load(picture), (width, height))
        for name, detector in detectors.items():
            seconds, computing, tiles = [], [], 0
            for _ in range(3):
                started, cpu = time.perf_counter(), time.process_time()
                tiles = detector.detect(rgb).run.tiles
                seconds.append(time.perf_counter() - started)
                computing.append(time.process_time() - cpu)
            print(
                f"{width} x {height}, {name}: {tiles} tiles, {1 / min(seconds):.2f} pictures/s, "
                f"{min(computing) * 1000:.0f} ms of CPU time a picture"
            )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with dev/")
    parser.add_argument("--threads", type=int, default=0, help="0: one per core")
    arguments = parser.parse_args()
    detectors = {
        str(tiling): load_onnx_detector(
            threads=arguments.threads, options=EmbeddedOptions(tiling=tiling)
        )
        for tiling in (OFF, AUTO)
    }
    dev = list(read_labelled_pictures(arguments.data / "dev" / "annotations.json"))
    crowd = [one for one in dev if one.labelled >= HEADS and any(map(one.counted, HEADS))]
    empty = [
        one
        for one in dev
        if one.labelled >= FIRE_AND_SMOKE and not any(map(one.shows, FIRE_AND_SMOKE))
    ]
    random.Random(1).shuffle(crowd)
    print_speed(detectors, crowd[0])
    print_standing(detectors, dev)
    print_mosaic(detectors, crowd)
    print_heads_by_size(detectors["off"], crowd)
    print_false_alarms(detectors, empty[::3])


if __name__ == "__main__":
    main()
