"""CPU time to annotate a 1080p picture with ten boxes and Chinese labels, beside supervision.

Run it where both are installed; supervision is no dependency of this project::

    python3.11 -m venv /tmp/annotation-venv
    /tmp/annotation-venv/bin/pip install supervision opencv-python-headless pillow numpy simplejpeg
    PYTHONPATH=. /tmp/annotation-venv/bin/python benchmarks/annotation.py

Both draw the same boxes and the same words in the same font and size, on a copy of the same
picture, with one OpenCV thread.  supervision draws with ``BoxAnnotator`` and, since OpenCV cannot
write Chinese, ``RichLabelAnnotator``: once as it comes, which lets labels cover each other and
leave the picture, and once with ``smart_position``, which spreads them.

Goal: at most 1.0 times the CPU time of supervision as it comes.  Exit status 1 where it is missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from safety_detector.annotation.draw import annotate
from safety_detector.annotation.style import scale_for
from safety_detector.appearance.fonts import FontFiles, find_fonts
from safety_detector.domain.detections import Detection, by_urgency
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import SUB_LABELS, Hazard, Label
from safety_detector.pictures.images import RgbImage

SIZE = ImageSize(1920, 1080)
BOXES = 10
SCENES = 20
GOAL = 1.0

Draw = Callable[[Sequence[Detection]], RgbImage]


def main() -> int:
    """Measures, prints a table, and says by its exit status whether the goal is reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="times each scene is drawn")
    rounds = parser.parse_args().rounds
    cv2.setNumThreads(1)
    picture = _picture()
    fonts = find_fonts()
    drawers = _supervision(picture, fonts)
    if not drawers:
        print("supervision is not installed here; see the top of this file for how to run this.")
        return 2
    drawers = {"safety_detector": lambda found: annotate(picture, found, fonts, "zh"), **drawers}
    print(f"{SCENES} scenes of {SIZE} with {BOXES} boxes, Chinese labels; CPU ms per picture")
    for title, scenes in (
        ("boxes apart", [_apart(seed) for seed in range(SCENES)]),
        ("boxes in a crowd", [_crowd(seed) for seed in range(SCENES)]),
    ):
        medians = _measure(drawers, scenes, rounds)
        ours, plain, *_ = medians.values()
        print(f"\n{title}")
        for name, milliseconds in medians.items():
            print(f"  {name:<45} {milliseconds:7.2f}")
        print(f"  ours / supervision as it comes: {ours / plain:.2f} (goal: {GOAL:.1f} or less)")
        if ours > GOAL * plain:
            return 1
    return 0


def _supervision(picture: RgbImage, fonts: FontFiles) -> dict[str, Draw]:
    """Supervision's annotators without and with spreading; empty if it is not installed."""
    try:
        import supervision as sv
    except ImportError:
        return {}
    scale = scale_for(SIZE)
    palette = sv.ColorPalette.from_hex(["#ff3028", "#2882ff", "#00c853"])
    box = sv.BoxAnnotator(color=palette, thickness=scale.line_px)

    def drawer(smart: bool) -> Draw:
        label = sv.RichLabelAnnotator(
            color=palette,
            font_path=str(fonts.bold),
            font_size=scale.text_px,
            text_padding=6,
            smart_position=smart,
        )

        def draw(found: Sequence[Detection]) -> RgbImage:
            detections = sv.Detections(
                xyxy=np.array([one.box.xyxy for one in found]),
                class_id=np.array([list(Label).index(one.hazard.label) for one in found]),
            )
            words = [
                f"{number} {one.hazard.text('zh')} {one.score:.2f}"
                for number, one in enumerate(found, start=1)
            ]
            scene = box.annotate(picture.copy(), detections)
            return np.asarray(label.annotate(scene, detections, labels=words))

        return draw

    version = f"supervision {sv.__version__}"
    return {version: drawer(False), f"{version}, smart_position": drawer(True)}


def _measure(
    drawers: dict[str, Draw], scenes: Sequence[Sequence[Detection]], rounds: int
) -> dict[str, float]:
    """Median over rounds of the mean CPU milliseconds per picture, the drawers taking turns."""
    times: dict[str, list[float]] = {name: [] for name in drawers}
    for _ in range(rounds):
        for name, draw in drawers.items():
            start = time.process_time()
            for scene in scenes:
                draw(scene)
            times[name].append((time.process_time() - start) / len(scenes) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def _picture() -> RgbImage:
    """Smooth colours with some noise, as a photograph has."""
    rnd = np.random.default_rng(1)
    small = rnd.integers(0, 255, (9, 16, 3), dtype=np.uint8)
    smooth = cv2.resize(small, (SIZE.width, SIZE.height), interpolation=cv2.INTER_CUBIC)
    grain = rnd.integers(-12, 13, smooth.shape, dtype=np.int16)
    return np.clip(smooth + grain, 0, 255).astype(np.uint8)


def _apart(seed: int) -> tuple[Detection, ...]:
    """Boxes of all kinds and sizes, anywhere in the picture."""
    rnd = np.random.default_rng(seed)
    return by_urgency(
        _detection(rnd, rnd.uniform(0, 1700), rnd.uniform(0, 900), rnd.uniform(30, 300))
        for _ in range(BOXES)
    )


def _crowd(seed: int) -> tuple[Detection, ...]:
    """People close together, as in a queue at a gate."""
    rnd = np.random.default_rng(seed)
    return by_urgency(
        _detection(rnd, 300 + 110 * place, rnd.uniform(250, 450), rnd.uniform(120, 220), tall=True)
        for place in range(BOXES)
    )


def _detection(
    rnd: np.random.Generator, left: float, top: float, width: float, *, tall: bool = False
) -> Detection:
    label = Label.PERSON if tall else list(Label)[rnd.integers(len(Label))]
    height = width * (2.5 if tall else rnd.uniform(0.5, 2.5))
    box = Box(round(left), round(top), round(left + width), round(min(top + height, SIZE.height)))
    state = SUB_LABELS[label][rnd.integers(len(SUB_LABELS[label]))]
    return Detection(box, Hazard(label, state), round(rnd.random(), 2))


if __name__ == "__main__":
    sys.exit(main())
